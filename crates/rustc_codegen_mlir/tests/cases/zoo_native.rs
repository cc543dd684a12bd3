//! The functions of `zoo.rs` as a program: reads pairs of `u32` and writes the result of every function for every pair,
//! all as little-endian bytes.

use std::io::{Read, Write};

/// As `tile::range`, which has no native code to call.
fn range(start: usize, end: usize, step: usize) -> impl Iterator<Item = usize> {
    (start..end).step_by(step)
}

macro_rules! zoo {
    ($(fn $name:ident($a:ident, $b:ident) $body:block)*) => {
        $(fn $name($a: u32, $b: u32) -> u32 $body)*
        const ZOO: &[fn(u32, u32) -> u32] = &[$($name,)*];
    };
}

include!("zoo.rs");

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    let numbers: Vec<u32> = input.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect();
    let mut output = Vec::new();
    for function in ZOO {
        for pair in numbers.chunks_exact(2) {
            output.extend(function(pair[0], pair[1]).to_le_bytes());
        }
    }
    std::io::stdout().write_all(&output).unwrap();
}
