//! A small model and its kernels, for tests that decode with them.

use bundle::Bundle;
use decode::Model;
use driver::frontend::Source;
use driver::pipeline;
use driver::targets::{self, Target};
use tile_ir::Module;

/// The suite of the small model.
pub(crate) const SUITE: &str = "qwen2-reduced";

/// A suite's kernels and the fusions it declares.
pub(crate) fn suite(name: &str) -> (Module, Vec<fuse::Declaration>) {
    let source = Source::parse(name).expect("the suite is known");
    pipeline::module_with_fusions(&source).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The small model and the bundle of its kernels for a target, fused ones included.
pub(crate) fn small_model(target: Target) -> (Model, Bundle, tempfile::TempDir) {
    let (module, fusions) = suite(SUITE);
    let compiled = targets::compile_fused(target, &module, &fusions).expect("it compiles");
    let folder = tempfile::tempdir().expect("a folder");
    targets::write_bundle(&module.name, &compiled, folder.path()).expect("a bundle");
    let bundle = Bundle::open(folder.path()).expect("it opens");
    let model = Model::synthetic(&format!("synthetic:{SUITE}")).expect("the model is built in");
    (model, bundle, folder)
}

/// Checks that tokens are not nearly all the same: such would agree whatever made them.
pub(crate) fn assert_telling(target: Target, tokens: &[u32]) {
    let distinct: std::collections::BTreeSet<u32> = tokens.iter().copied().collect();
    assert!(distinct.len() > tokens.len() / 2, "{target}: tokens that say little: {tokens:?}");
}

/// Whether the target's device is here; says so loudly if it is not, which only Vulkan's may be.
pub(crate) fn is_here(target: Target) -> bool {
    match decode::open_device(target.device(), Some(1)) {
        Ok(_) => true,
        Err(error) => {
            eprintln!("SKIPPED: nothing is decoded on `{}`: {error}", target.device());
            assert_eq!(target, Target::Spirv, "{error}");
            false
        }
    }
}
