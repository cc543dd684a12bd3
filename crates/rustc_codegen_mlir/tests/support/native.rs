//! Functions over pairs of `u32` (`zoo.rs` files): natively, and as interpreted kernels.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tile_ir::interp::{Arg, Buffer, Options, run};
use tile_ir::{Elem, Kernel};

/// Small numbers, powers of two, edges, floats of interest, and mixtures.
pub(crate) fn inputs() -> Vec<(u32, u32)> {
    let small = [0, 1, 2, 3, 7, 8, 25, 100, 127, 128, 255, 256, 32767, 65535];
    let edges = [1 << 31, u32::MAX, u32::MAX - 1, i32::MAX as u32];
    let floats = [1.5f32, -1.5, -0.0, 127.9, 255.5, 256.0, 4.0e9, -3.0e9, 1e20];
    let odd = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    let special: Vec<u32> =
        (small.into_iter().chain(edges)).chain(floats.into_iter().chain(odd).map(f32::to_bits)).collect();
    let mut pairs: Vec<(u32, u32)> = special.iter().flat_map(|&a| special.iter().map(move |&b| (a, b))).collect();
    let mut state = 0x1234_5678_9ABC_DEF1_u64;
    for i in 0..400 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (a, b) = ((state >> 32) as u32, (state >> 7) as u32);
        pairs.push(if i % 2 == 0 { (a, b) } else { (a % 100, b % 100) });
    }
    pairs
}

/// Results of every function for every input, from a native program (`zoo_native.rs`) made by the same rustc with the
/// same flags.
pub(crate) fn native(source: &Path, inputs: &[(u32, u32)]) -> Vec<u32> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("zoo");
    let status = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "-Awarnings", "-Copt-level=1", "-Coverflow-checks=off"])
        .arg(source)
        .arg("-o")
        .arg(&program)
        .status()
        .expect("rustc starts");
    assert!(status.success(), "rustc refuses the native program");
    let mut child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let bytes: Vec<u8> = inputs.iter().flat_map(|&(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect();
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let words = output.stdout.chunks_exact(4);
    words.map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn interpreted(kernel: &Kernel, a: u32, b: u32) -> Result<u32, String> {
    let mut output = Buffer::zeros(Elem::I32, &[1, 1]).expect("a buffer");
    let mut args = [Arg::I32(a as i32), Arg::I32(b as i32), Arg::Out(&mut output)];
    run(kernel, &mut args, &Options::default()).map_err(|trap| trap.to_string())?;
    Ok(output.to_ints().expect("integers")[0] as u32)
}

/// Compares both ways for a folder with `zoo.rs`, `zoo_native.rs` and `zoo_kernels.rs`. `names` are the functions' in
/// order. Returns the differences.
pub(crate) fn differences(folder: &Path, names: &[&str]) -> Vec<String> {
    let group = super::group(&folder.join("zoo_kernels.rs"));
    super::verify(&group.text);
    assert_eq!(group.module.kernels.len(), names.len());
    let inputs = inputs();
    let expected = native(&folder.join("zoo_native.rs"), &inputs);
    assert_eq!(expected.len(), names.len() * inputs.len());
    let mut wrong = Vec::new();
    for (&name, expected) in names.iter().zip(expected.chunks_exact(inputs.len())) {
        let kernel = group.module.kernel(name).expect("every function is a kernel");
        let mut cases = inputs.iter().zip(expected);
        let difference = cases.find_map(|(&(a, b), &expected)| {
            let found = interpreted(kernel, a, b);
            let text = format!("{name}({a:#x}, {b:#x}) is {expected:#x}, found {found:x?}");
            (found != Ok(expected)).then_some(text)
        });
        wrong.extend(difference);
    }
    wrong
}
