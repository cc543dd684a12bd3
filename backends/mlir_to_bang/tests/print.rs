//! Locks the text of core programs that together use every construct, and of what stands beside it.

use dma_testing::programs::all;
use emulator::Checks;
use emulator::bang::Program;
use lower_dma::ir::CoreKernel;
use lower_dma::verify::verify;
use mlir_to_bang::limits::TARGET;

fn programs() -> Vec<CoreKernel> {
    all(&TARGET).into_iter().map(|hand| hand.core).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in programs() {
        verify(&kernel, &TARGET).unwrap_or_else(|errors| panic!("{}: {errors:?}", kernel.name));
        let source = mlir_to_bang::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(kernel.name.as_str(), source.text);
    }
}

#[test]
fn companions_are_locked() {
    let kernels = programs();
    let some = kernels.iter().filter(|kernel| matches!(kernel.name.as_str(), "copies" | "control"));
    let sources: Vec<_> = some.map(|kernel| mlir_to_bang::print(kernel).expect("prints")).collect();
    for companion in mlir_to_bang::companions(&sources) {
        insta::assert_snapshot!(companion.file.as_str(), companion.text);
    }
    assert!(mlir_to_bang::companions(&[]).is_empty());
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs() {
        let source = mlir_to_bang::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        dma_testing::lines_follow_comments(&source, "//");
    }
}

/// Nothing more is declared than the manifest says, but for the rounding of arrays.
#[test]
fn the_manifest_tells_what_a_text_declares() {
    for name in ["fills", "moves"] {
        let kernel = programs().into_iter().find(|kernel| kernel.name == name).expect("there is one");
        let source = mlir_to_bang::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        let budget = source.kernel.budgets["nram"];
        let compiled = Program::compile_all(None, &source.text, &source.kernel.entry, Checks::Memory);
        for program in compiled.unwrap_or_else(|error| panic!("{error} {:?}", error.diagnostics())) {
            assert_eq!(program.nram_bytes().next_multiple_of(64), budget.next_multiple_of(64), "{name}");
        }
    }
}
