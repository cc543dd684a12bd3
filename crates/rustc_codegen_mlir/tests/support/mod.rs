//! Compiling test kernels: rustc, then this crate.

#![allow(dead_code, reason = "not every test file uses all of it")]

pub(crate) mod native;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use diagnostics::Report;
use rustc_codegen_mlir::{Group, Options, compile};

/// The workspace.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace exists")
}

/// A file of `tests/cases`.
pub(crate) fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).with_extension("rs")
}

/// Folder with the kernel language's libraries, built as the driver builds them.
fn language() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--quiet", "--profile", "kernel", "--target-dir", "target/kernels", "--package", "tile"])
            .current_dir(root())
            .status()
            .expect("cargo starts");
        assert!(status.success(), "the kernel language builds");
        root().join("target/kernels/kernel")
    })
}

/// Bitcode of one Rust file. `flags` are added to rustc's.
pub(crate) fn bitcode(source: &Path, flags: &[&str]) -> Vec<u8> {
    let built = language();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("kernels.bc");
    // Paths relative to the workspace make the tests' output the same everywhere.
    let source = source.canonicalize().expect("the source exists");
    let source = source.strip_prefix(root()).expect("the source is in the workspace");
    let result = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "kernels", "-Awarnings"])
        .args(["-Copt-level=3", "-Cpanic=abort", "-Cdebuginfo=full", "-Ccodegen-units=1"])
        .args(["-Coverflow-checks=off", "-Cno-prepopulate-passes"])
        .args(flags)
        .arg("--out-dir")
        .arg(folder.path())
        .arg(format!("--emit=llvm-bc={}", output.display()))
        .args(["--extern", &format!("tile={}", built.join("libtile.rlib").display())])
        .args(["-L", &format!("dependency={}", built.join("deps").display())])
        .arg(source)
        .current_dir(root())
        .output()
        .expect("rustc starts");
    assert!(
        result.status.success(),
        "rustc refuses {}:\n{}",
        source.display(),
        String::from_utf8_lossy(&result.stderr)
    );
    std::fs::read(&output).expect("rustc wrote bitcode")
}

/// Options that give paths relative to the workspace.
pub(crate) fn options() -> Options {
    Options { group: None, root: Some(root()) }
}

/// The only group of a file of kernels.
pub(crate) fn group(source: &Path) -> Group {
    match compile(&bitcode(source, &[]), &options()) {
        Ok(mut groups) if groups.len() == 1 => groups.remove(0),
        Ok(groups) => panic!("{} groups", groups.len()),
        Err(reports) => panic!("refused:\n{}", rendered(&reports)),
    }
}

/// Reports as the user sees them.
pub(crate) fn rendered(reports: &[Report]) -> String {
    // Snippets are read from the file as the report names it.
    std::env::set_current_dir(root()).expect("the workspace exists");
    reports.iter().map(|report| format!("{report}\n")).collect::<Vec<_>>().join("\n")
}

/// Stock MLIR must accept the text.
pub(crate) fn verify(text: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("kernels.mlir");
    std::fs::write(&path, text).expect("the file is written");
    let prefix = std::env::var_os("MLIR_SYS_190_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-19".into());
    let result = Command::new(Path::new(&prefix).join("bin/mlir-opt"))
        .arg(&path)
        .args(["-o", "/dev/null"])
        .output()
        .expect("mlir-opt starts (`./x` installs it)");
    assert!(result.status.success(), "mlir-opt refuses:\n{}", String::from_utf8_lossy(&result.stderr));
}

/// The text without locations, which would change with every edit of a test file.
pub(crate) fn without_locations(text: &str) -> String {
    text.lines()
        .map(|line| line.find(" loc(").map_or(line.to_owned(), |at| format!("{}{}", &line[..at], tail(&line[at..]))))
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// What follows a location at the end of a line: the comma after a parameter.
fn tail(location: &str) -> &str {
    if location.ends_with(',') { "," } else { "" }
}
