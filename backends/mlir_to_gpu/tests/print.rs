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
