//! The user's names for variables, from Rust to every printed text.

use std::path::Path;

use driver::frontend::Source;
use driver::targets::{self, Target};
use driver::{names, pipeline};

/// The identifiers of a text, in order.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

/// Checks that all of these identifiers are in a text, and none of those.
fn assert_words(what: &str, text: &str, wanted: &[&str], unwanted: &[&str]) {
    let found = words(text);
    for word in wanted {
        assert!(found.contains(word), "{what} lacks `{word}`:\n{text}");
    }
    for word in unwanted {
        assert!(!found.contains(word), "{what} has `{word}`:\n{text}");
    }
}

#[test]
fn every_stage_has_the_users_names() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/names.rs");
    let source = Source::parse(&path.to_string_lossy()).expect("a file");
    let (mlir, _) = pipeline::mlir(&source).expect("it compiles");
    // Two variables are called `x`: the second gets a number.
    let all = ["line", "x", "x_0", "row", "mean", "larger", "float", "template"];
    assert_words("MLIR", &mlir, &all, &[]);
    let module = pipeline::module(&source).expect("it compiles");
    assert_words("the typed IR", &pipeline::print(&module).expect("valid"), &all, &[]);
    for target in [Target::Cuda, Target::Msl, Target::Musa] {
        let lowered = targets::lowered(target, &module).expect("it lowers");
        // Here names that occur twice have a number behind them.
        let plain: String = lowered
            .split('_')
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
            .collect::<Vec<_>>()
            .join(" ");
        assert_words("the lane program", &plain, &["line", "mean", "larger", "float", "template"], &["carried"]);
        let text = targets::compile(target, &module).expect("it compiles").source();
        // Both are words of these languages.
        let wanted = ["line", "mean", "larger", "float_1", "template_1"];
        assert_words(target.name(), &text, &wanted, &["template", "carried"]);
    }
}

/// A fused kernel has two authors.
#[test]
fn fused_kernels_have_the_names_of_both() {
    let (suite, _) = names::SUITES.iter().find(|(suite, _)| *suite == "qwen2-reduced").expect("the suite");
    let source = Source::parse(suite).expect("the suite is known");
    let (module, fusions) = pipeline::module_with_fusions(&source).expect("it compiles");
    for target in [Target::Cuda, Target::Msl, Target::Musa] {
        let compiled = targets::compile_fused(target, &module, &fusions).expect("it compiles");
        let fused = compiled.texts().iter().find(|text| text.file.contains("norm_gate_up")).expect("the fused kernel");
        assert_words(target.name(), &fused.text, &["mean_square", "scale", "gate", "up"], &[]);
    }
}
