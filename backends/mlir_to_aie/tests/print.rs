//! Locks the texts of core programs that together use every construct, and of what stands beside them.

use dma_testing::programs::all;
use lower_dma::ir::CoreKernel;
use lower_dma::verify::verify;
use mlir_to_aie::limits::TARGET;

fn programs() -> Vec<CoreKernel> {
    all(&TARGET).into_iter().map(|hand| hand.core).collect()
}

#[test]
fn texts_are_locked() {
    for kernel in programs() {
        verify(&kernel, &TARGET).unwrap_or_else(|errors| panic!("{}: {errors:?}", kernel.name));
        let source = mlir_to_aie::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        insta::assert_snapshot!(format!("{}.py", kernel.name), source.text);
        for part in &source.parts {
            insta::assert_snapshot!(format!("{}.cc", kernel.name), part.text);
        }
    }
}

#[test]
fn companions_are_locked() {
    let kernels = programs();
    let some = kernels.iter().filter(|kernel| matches!(kernel.name.as_str(), "extents" | "control"));
    let sources: Vec<_> = some.map(|kernel| mlir_to_aie::print(kernel).expect("prints")).collect();
    for companion in mlir_to_aie::companions(&sources) {
        insta::assert_snapshot!(companion.file.as_str(), companion.text);
    }
    assert!(mlir_to_aie::companions(&[]).is_empty());
}

#[test]
fn every_line_of_the_map_follows_its_comment() {
    for kernel in programs() {
        let source = mlir_to_aie::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        dma_testing::lines_follow_comments(&source, "#");
    }
}
