//! Operations of the matrix unit.

use half::{bf16, f16};

use super::LANES;
use crate::build::{MMA_BF16, MMA_F16};

/// Carries out operation `op`. `payloads` are the addresses of each lane's operands and results.
pub(super) fn run(op: u32, payloads: &[usize; LANES]) -> Result<(), String> {
    match op {
        MMA_BF16 => mma(payloads, |bits| bf16::from_bits(bits).to_f32()),
        MMA_F16 => mma(payloads, |bits| f16::from_bits(bits).to_f32()),
        2 => multiply(payloads),
        3 => return same(payloads),
        _ => return Err(format!("no matrix operation {op}")),
    }
    Ok(())
}

/// Word `index` of a payload.
fn word(payload: usize, index: usize) -> u32 {
    // SAFETY: the headers and `build::ptx` pass arrays on the lane's stack with as many words as the operation has.
    unsafe { (payload as *const u32).add(index).read() }
}

fn set(payload: usize, index: usize, value: f32) {
    // SAFETY: see `word`.
    unsafe { (payload as *mut f32).add(index).write(value) }
}

/// `m16n8k16`: in each lane 4 words of the left matrix, 2 of the right one, 4 sums, then 4 results; two elements a word,
/// the lower column or row in the lower half. Products are exact; sums are f32, in ascending order of k.
fn mma(payloads: &[usize; LANES], widen: impl Fn(u16) -> f32) {
    let mut a = [[0.0_f32; 16]; 16];
    let mut b = [[0.0_f32; 8]; 16];
    for (lane, payload) in payloads.iter().enumerate() {
        let (group, pair) = (lane / 4, lane % 4 * 2);
        for element in 0..8 {
            let bits = word(*payload, element / 2) >> (element % 2 * 16);
            let (row, column) = (group + element / 2 % 2 * 8, pair + element % 2 + element / 4 * 8);
            a[row][column] = widen(bits as u16);
        }
        for element in 0..4 {
            let bits = word(*payload, 4 + element / 2) >> (element % 2 * 16);
            b[pair + element % 2 + element / 2 * 8][group] = widen(bits as u16);
        }
    }
    for (lane, payload) in payloads.iter().enumerate() {
        for element in 0..4 {
            let (row, column) = (lane / 4 + element / 2 * 8, lane % 4 * 2 + element % 2);
            let start = f32::from_bits(word(*payload, 6 + element));
            let sum = (0..16).fold(start, |sum, k| sum + a[row][k] * b[k][column]);
            set(*payload, 10 + element, sum);
        }
    }
}

/// Where a lane's two neighbouring elements of an 8x8 matrix are: row and first column. The header loads by the same rule.
fn place(lane: usize) -> (usize, usize) {
    let quad = lane / 4;
    ((quad & 4) + lane / 2 % 4, (quad & 2) * 2 + lane % 2 * 2)
}

/// 8x8: in each lane two elements of a, b, c and the result, all f32.
fn multiply(payloads: &[usize; LANES]) {
    let mut a = [[0.0_f32; 8]; 8];
    let mut b = [[0.0_f32; 8]; 8];
    for (lane, payload) in payloads.iter().enumerate() {
        let (row, column) = place(lane);
        for element in 0..2 {
            a[row][column + element] = f32::from_bits(word(*payload, element));
            b[row][column + element] = f32::from_bits(word(*payload, 2 + element));
        }
    }
    for (lane, payload) in payloads.iter().enumerate() {
        let (row, column) = place(lane);
        for element in 0..2 {
            let start = f32::from_bits(word(*payload, 4 + element));
            let sum = (0..8).fold(start, |sum, k| a[row][k].mul_add(b[k][column + element], sum));
            set(*payload, 6 + element, sum);
        }
    }
}

/// All lanes must name the same matrix in memory: three 64-bit numbers.
fn same(payloads: &[usize; LANES]) -> Result<(), String> {
    let numbers = |payload: usize| -> [u32; 6] { std::array::from_fn(|index| word(payload, index)) };
    let first = numbers(payloads[0]);
    match payloads.iter().position(|payload| numbers(*payload) != first) {
        Some(lane) => Err(format!("lane {lane} names another matrix in memory than lane 0")),
        None => Ok(()),
    }
}
