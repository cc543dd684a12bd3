//! Two runs of the compiler give the same bytes, at every stage.

use std::process::Command;

use driver::frontend::{Output, Source, text};
use driver::targets::Target;
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
        for target in Target::ALL {
            let compiled = [&first, &second].map(|module| targets::compile(target, module).expect("it compiles"));
            let [a, b] = &compiled;
            assert!(!a.texts().is_empty(), "{suite}: no text for {target}");
            assert!(a.texts() == b.texts(), "{suite}: the source for {target} differs between runs");
            assert!(a.kernels() == b.kernels(), "{suite}: the manifest for {target} differs between runs");
            assert!(a.object_bytes() == b.object_bytes(), "{suite}: the object for {target} differs between runs");
        }
    }
}

/// Settings that the environment has for other builds of cargo leave the kernels alone.
#[test]
fn settings_of_other_builds_change_nothing() {
    let printed = |settings: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold"));
        let command = command.args(["emit", "qwen2-reduced", "--stage", "mlir"]).envs(settings.iter().copied());
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let settings =
        [("CARGO_INCREMENTAL", "1"), ("CARGO_PROFILE_KERNEL_DEBUG", "0"), ("CARGO_PROFILE_RELEASE_DEBUG", "0")];
    assert!(printed(&[]) == printed(&settings), "the environment changes the kernels");
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
        let module = pipeline::module(&source).expect("it compiles");
        for compiled in targets::compile_all(&Target::ALL, &module, &[]).expect("it compiles") {
            assert!(!compiled.source().contains(&root), "{suite}: the source for {} names {root}", compiled.target);
        }
    }
}
