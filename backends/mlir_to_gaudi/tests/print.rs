//! Locks the text of core programs that together use every construct, and of what stands beside it.

use dma_testing::programs::all;
use emulator::Checks;
use emulator::gaudi::Program;
use lower_dma::ir::CoreKernel;
use lower_dma::verify::verify;
use mlir_to_gaudi::limits::TARGET;

fn programs() -> Vec<CoreKernel> {
    all(&TARGET).into_iter().map(|hand| hand.core).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in programs() {
        verify(&kernel, &TARGET).unwrap_or_else(|errors| panic!("{}: {errors:?}", kernel.name));
        let source = mlir_to_gaudi::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

#[test]
fn companions_are_locked() {
    let kernels = programs();
    let some = kernels.iter().filter(|kernel| matches!(kernel.name.as_str(), "copies" | "control"));
    let sources: Vec<_> = some.map(|kernel| mlir_to_gaudi::print(kernel).expect("prints")).collect();
    for companion in mlir_to_gaudi::companions(&sources) {
        insta::assert_snapshot!(companion.file.as_str(), companion.text);
    }
    assert!(mlir_to_gaudi::companions(&[]).is_empty());
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs() {
        let source = mlir_to_gaudi::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        dma_testing::lines_follow_comments(&source, "//");
    }
}

/// What the manifest says is what a text declares.
#[test]
fn the_manifest_tells_what_a_text_declares() {
    for kernel in programs() {
        let source = mlir_to_gaudi::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        let program = Program::compile(&source.text, Checks::Memory).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(program.vlm_bytes(), source.kernel.budgets["vlm"], "{}", kernel.name);
        assert_eq!(source.kernel.scratch_bytes > 0, source.text.contains("tensor scratch"), "{}", kernel.name);
    }
}
