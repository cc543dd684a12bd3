//! Locks the text of lane programs that together use every construct.

use emit_simt::testing;
use lower_simt::ir::LaneKernel;

fn kernels() -> Vec<LaneKernel> {
    let mut kernels = testing::all();
    kernels.extend(mlir_to_gpu::limits::TARGET.matrix.iter().map(testing::product));
    kernels
}

#[test]
fn texts_are_locked() {
    for kernel in kernels() {
        let source = mlir_to_gpu::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

/// clang reads every text against headers that declare what the language has.
#[test]
fn texts_are_valid() {
    for kernel in kernels() {
        let source = mlir_to_gpu::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        if let Err(error) = emulator::check(emulator::Language::Cuda, &source.text) {
            panic!("{}: {error:?}", kernel.name);
        }
    }
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in kernels() {
        let source = mlir_to_gpu::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        let lines: Vec<&str> = source.text.lines().collect();
        assert!(!source.kernel.lines.is_empty(), "{}", kernel.name);
        for origin in &source.kernel.lines {
            let comment = lines[origin.emitted as usize - 2].trim_start();
            assert_eq!(comment, format!("// {}:{}", origin.file, origin.line));
        }
    }
}

#[test]
fn large_shared_memory_is_allocated_at_launch() {
    let mut kernel = testing::norm();
    kernel.shared[0].len = 20_000;
    let source = mlir_to_gpu::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(source.kernel.budgets.get("dynamic_shared"), Some(&80_000));
    assert!(source.text.contains("extern __shared__ __align__(16) unsigned char shared_memory[];"), "{}", source.text);
    assert!(source.text.contains("float* const partial = (float*)shared_memory;"), "{}", source.text);
    emulator::check(emulator::Language::Cuda, &source.text).unwrap_or_else(|error| panic!("{error:?}"));

    let small = mlir_to_gpu::print(&testing::norm()).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(small.kernel.budgets.get("dynamic_shared"), None);
    assert_eq!(small.kernel.budgets.get("shared"), Some(&32));
    assert_eq!(small.kernel.block, [256, 1, 1]);
}

#[test]
fn broken_programs_are_errors() {
    let mut kernel = testing::norm();
    kernel.vars[0].scalar = lower_simt::ir::Scalar::I64;
    let error = mlir_to_gpu::print(&kernel).expect_err("the array does not hold bf16");
    assert!(matches!(error, lower_simt::Error::Broken { target: "cuda", .. }), "{error:?}");
}
