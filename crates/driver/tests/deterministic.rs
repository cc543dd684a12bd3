//! Two runs of the compiler give the same bytes, at every stage.

use driver::frontend::{Output, Source, text};
use driver::{names, pipeline, targets};

#[test]
fn every_stage_of_every_suite() {
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        for output in [Output::Llvm, Output::Mlir] {
            let first = text(&source, output).expect("it compiles");
            let second = text(&source, output).expect("it compiles");
            assert!(first == second, "{suite}: {output:?} differs between runs");
        }
        let (first, second) = (pipeline::module(&source), pipeline::module(&source));
        let (first, second) = (first.expect("it compiles"), second.expect("it compiles"));
        assert!(first == second, "{suite}: the typed IR differs between runs");
        let (first, second) = (targets::compile(&first), targets::compile(&second));
        let (first, second) = (first.expect("it compiles"), second.expect("it compiles"));
        assert!(first.source == second.source, "{suite}: the source differs between runs");
        assert!(first.object_bytes() == second.object_bytes(), "{suite}: the object differs between runs");
    }
}

/// Locations, and so everything printed, are relative to the workspace: the same on every machine.
#[test]
fn no_absolute_paths() {
    let root = driver::tools::workspace_root().canonicalize().expect("the workspace is there");
    let root = root.to_string_lossy().into_owned();
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let (mlir, _) = pipeline::mlir(&source).expect("it compiles");
        assert!(!mlir.contains(&root), "{suite}: the MLIR names {root}");
        let compiled = targets::compile(&pipeline::module(&source).expect("it compiles")).expect("it compiles");
        assert!(!compiled.source.contains(&root), "{suite}: the source names {root}");
    }
}
