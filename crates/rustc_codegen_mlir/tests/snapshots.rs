//! The MLIR of small kernels. Stock MLIR accepts all of it.

mod support;

use std::path::Path;

/// Compiles and verifies a case, twice: the bytes are the same.
fn mlir(name: &str) -> String {
    let bitcode = support::bitcode(&support::case(name), &[]);
    let text = || match rustc_codegen_mlir::compile(&bitcode, &support::options()) {
        Ok(groups) => groups.into_iter().map(|group| group.text).collect::<String>(),
        Err(reports) => panic!("{name} is refused:\n{}", support::rendered(&reports)),
    };
    let first = text();
    assert_eq!(first, text(), "two runs differ");
    support::verify(&first);
    first
}

fn snapshot(name: &str) {
    insta::assert_snapshot!(name, support::without_locations(&mlir(name)));
}

#[test]
fn arrays() {
    snapshot("arrays");
}

#[test]
fn branches() {
    snapshot("branches");
}

#[test]
fn loops() {
    snapshot("loops");
}

#[test]
fn names() {
    snapshot("names");
}

#[test]
fn operations() {
    snapshot("operations");
}

#[test]
fn parameters() {
    snapshot("parameters");
}

/// This one with locations: all of them in the user's file, none in the kernel language or Rust's libraries.
#[test]
fn early_exit() {
    let text = mlir("early_exit");
    let file = format!("(\"{}\":", Path::new("crates/rustc_codegen_mlir/tests/cases/early_exit.rs").display());
    for line in text.lines().filter(|line| line.contains(" = ")) {
        let constant = line.contains("arith.constant") || line.contains("tenfold.");
        assert!(constant || line.ends_with('{') || line.contains(&file), "{line}");
    }
    insta::assert_snapshot!("early_exit", text);
}
