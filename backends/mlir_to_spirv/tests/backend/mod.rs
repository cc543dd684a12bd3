//! The backend as the shared tests take it.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::process::Command;

use emit::Source;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use simt_testing::{Backend, Runs};

pub(crate) const BACKEND: Backend =
    Backend { target: &mlir_to_spirv::limits::TARGET, runs: Runs::On("vulkan"), print: mlir_to_spirv::print };

/// Lavapipe's bits of a subgroup: 4, 8 and 16 lanes of 32 bits.
const WIDTHS: [&str; 3] = ["128", "256", "512"];

/// Whether there is a device; says so if not.
pub(crate) fn available() -> bool {
    let available = simt_testing::available("vulkan");
    if let Err(why) = &available {
        println!("skipped: {why}");
    }
    available.is_ok()
}

/// Runs this file's test `name` again for each size of subgroups; false in such a run itself.
pub(crate) fn at_every_width(name: &str) -> bool {
    if std::env::var_os("LP_NATIVE_VECTOR_WIDTH").is_some() {
        return false;
    }
    for width in WIDTHS {
        let mut test = Command::new(std::env::current_exe().expect("this program"));
        let output = test.args(["--exact", name]).env("LP_NATIVE_VECTOR_WIDTH", width).output().expect("it starts");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{width} bits:\n{text}");
    }
    true
}

/// The passes of `spirv-opt -O`, but for `ccp`: that of SPIRV-Tools 2023.1 takes a minimum that a loop carries for its first
/// value, where the other operand is a constant (random kernel 105).
const PASSES: [&str; 24] = [
    "--wrap-opkill",
    "--eliminate-dead-branches",
    "--merge-return",
    "--inline-entry-points-exhaustive",
    "--eliminate-dead-functions",
    "--eliminate-dead-code-aggressive",
    "--private-to-local",
    "--eliminate-local-single-block",
    "--eliminate-local-single-store",
    "--eliminate-dead-code-aggressive",
    "--scalar-replacement=100",
    "--convert-local-access-chains",
    "--ssa-rewrite",
    "--eliminate-dead-code-aggressive",
    "--loop-unroll",
    "--eliminate-dead-branches",
    "--redundancy-elimination",
    "--combine-access-chains",
    "--simplify-instructions",
    "--eliminate-dead-inserts",
    "--if-conversion",
    "--copy-propagate-arrays",
    "--reduce-load-size",
    "--merge-blocks",
];

/// Prints a kernel; its module is what `spirv-opt` makes of it.
pub(crate) fn optimised(kernel: &LaneKernel) -> Result<Source, Error> {
    let mut source = mlir_to_spirv::print(kernel)?;
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before.spv"), folder.path().join("after.spv"));
    let binary = source.binary.as_mut().expect("a module has words");
    std::fs::write(&before, &binary.bytes).expect("it is written");
    let run =
        Command::new("spirv-opt").args(PASSES).args(["--target-env=vulkan1.2", "-o"]).args([&after, &before]).output();
    let run = run.expect("spirv-opt runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    binary.bytes = std::fs::read(&after).expect("it made a module");
    Ok(source)
}

/// Prints a kernel whose number of lanes the device cannot set, so that all lanes meet in shared memory.
pub(crate) fn without_subgroups(kernel: &LaneKernel) -> Result<Source, Error> {
    let mut source = mlir_to_spirv::print(kernel)?;
    let binary = source.binary.as_mut().expect("a module has words");
    let mut words: Vec<u32> =
        binary.bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect();
    let mut at = 5;
    while at < words.len() {
        // `OpDecorate X SpecId 0`, which becomes another number.
        if words[at] == 4 << 16 | 71 && words[at + 2] == 1 {
            words[at + 3] = 77;
        }
        at += (words[at] >> 16) as usize;
    }
    binary.bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    Ok(source)
}
