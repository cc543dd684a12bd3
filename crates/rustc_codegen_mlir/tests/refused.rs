//! What is refused, and how it reads: one snapshot of the rendered report for each file of `refused/`.

mod support;

use std::path::{Path, PathBuf};

use diagnostics::Report;
use rustc_codegen_mlir::{Options, compile, optimised_llvm};

/// Names of our own types and of LLVM's workings that no message may show.
const FORBIDDEN: [&str; 12] = [
    "Value(",
    "Problem",
    "Lifted",
    "Cfg",
    "Some(",
    "None",
    "ElemCode",
    "LLVMValue",
    "phi",
    "llvm.",
    "getelementptr",
    "_ZN",
];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// rustc's flags in a file's first line: `// flags: ..`.
fn flags(source: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(source).expect("the source is readable");
    let first = text.lines().next().and_then(|line| line.strip_prefix("// flags: "));
    first.map_or(Vec::new(), |flags| flags.split(' ').map(str::to_owned).collect())
}

fn check_quality(reports: &[Report]) {
    for report in reports {
        let text = support::rendered(std::slice::from_ref(report));
        assert_eq!(text.matches("error:").count(), 1, "one error in:\n{text}");
        for word in FORBIDDEN {
            let written = report.notes.iter().chain([&report.message, &report.label]).chain(&report.help);
            assert!(written.into_iter().all(|part| !part.contains(word)), "`{word}` in:\n{text}");
        }
    }
}

#[test]
fn reports() {
    for source in files() {
        let flags = flags(&source);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let bitcode = support::bitcode(&source, &flags);
        let name = source.file_stem().expect("a name").to_string_lossy().into_owned();
        match compile(&bitcode, &support::options()) {
            Ok(_) => panic!("{name} is accepted"),
            Err(reports) => {
                assert!(reports.iter().all(|report| report.span.is_some()), "{name}: {reports:#?}");
                check_quality(&reports);
                insta::assert_snapshot!(name, support::rendered(&reports));
            }
        }
    }
}

/// One good kernel.
fn good() -> Vec<u8> {
    support::bitcode(&support::case("early_exit"), &[])
}

#[test]
fn groups() {
    let bitcode = good();
    let options = Options { group: Some("tests".into()), ..support::options() };
    let reports = compile(&bitcode, &options).expect_err("there is no such group");
    insta::assert_snapshot!("unknown_group", support::rendered(&reports));
}

#[test]
fn no_kernels() {
    let folder = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder");
    let source = folder.path().join("empty.rs");
    std::fs::write(&source, "#![no_std]\npub fn f(x: u32) -> u32 { x + 1 }\n").expect("written");
    let reports = compile(&support::bitcode(&source, &[]), &support::options()).expect_err("it has no kernel");
    insta::assert_snapshot!("no_kernels", support::rendered(&reports));
}

#[test]
fn damaged_bitcode() {
    let bitcode = good();
    assert!(compile(&bitcode, &support::options()).is_ok());
    let reports = compile(b"no bitcode", &support::options()).expect_err("it is text");
    insta::assert_snapshot!("not_bitcode", support::rendered(&reports));
    assert!(compile(&[], &support::options()).is_err());
    // Cut anywhere: an error, in every stage.
    for part in 1..40 {
        let cut = &bitcode[..bitcode.len() * part / 40];
        let reports = compile(cut, &support::options()).expect_err("it is cut");
        check_quality(&reports);
        assert!(optimised_llvm(cut, &support::options()).is_err());
    }
}
