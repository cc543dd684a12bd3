//! Scripts in the place of Peano and `aiecc`, which are to be had with mlir-aie alone.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use emit::Source;
use lower_dma::ir::Expr;
use lower_dma::testing::Build;
use mlir_to_aie::limits::TARGET;
use mlir_to_aie::validate::Judges;
use tile_ir::{Access, Elem};
use vendor::{Outcome, Severity, Tools};

/// A kernel whose copy has a line in the user's source.
fn source() -> Source {
    let mut b = Build::new("moved", &TARGET);
    let x = b.view("x", Elem::F32, &[64], Access::Read);
    let y = b.view("y", Elem::F32, &[64], Access::Write);
    let a = b.buffer("a", Elem::F32, 1, 64);
    b.load(a, x, Expr::int(0));
    b.store(a, y, Expr::int(0));
    mlir_to_aie::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn script(path: &Path, lines: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Judges with tools that do what the lines say: Peano, Python, `aiecc`.
fn judges(folder: &Path, [peano, python, aiecc]: [&str; 3]) -> Judges {
    script(&folder.join("peano/bin/clang++"), peano);
    script(&folder.join("python3"), python);
    script(&folder.join("aiecc"), aiecc);
    let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let tools = Tools { path, limit: Duration::from_secs(60) };
    Judges::find_at(&tools, [Some(folder.join("peano")), Some(folder.join("aie"))])
}

#[test]
fn both_texts_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let tell = |name: &str| format!("echo {name} \"$@\" >> {}", seen.display());
    let judges = judges(folder.path(), [&tell("peano"), &tell("python"), &tell("aiecc")]);
    let verdicts = judges.judge(&source());
    let said: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} {} {}", verdict.judge, verdict.kernel, verdict.outcome)).collect();
    assert_eq!(said, ["peano moved ok", "aiecc moved ok"]);
    let calls = fs::read_to_string(seen).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls.len(), 4, "{calls:?}");
    assert!(calls[0].contains("--target=aie2p-none-unknown-elf") && calls[0].ends_with("-c moved.cc -o core.o"));
    assert!(calls[1].ends_with("-c moved.cc -o moved.o"), "{calls:?}");
    assert_eq!(calls[2], "python moved.py");
    assert!(calls[3].starts_with("aiecc --peano=") && calls[3].ends_with("design.mlir"), "{calls:?}");
}

#[test]
fn findings_are_at_the_users_line() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let text = &source.parts[0].text;
    let line = text.lines().position(|line| line.trim_start().starts_with("unpack(object")).unwrap() + 1;
    let lines = format!("echo 'moved.cc:{line}:5: error: no such function' >&2; exit 1");
    let verdicts = judges(folder.path(), [&lines, "true", "true"]).judge(&source);
    let Outcome::Findings(findings) = &verdicts[0].outcome else { panic!("no findings") };
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Error, Some(line as u32)));
    let origin = findings[0].origin.as_ref().expect("a line of the user's");
    assert_eq!((origin.file.as_str(), origin.line), ("core.rs", 1));
}

#[test]
fn absent_tools_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { path: folder.path().into(), limit: Duration::from_secs(60) };
    let told = |folders| {
        let verdicts = Judges::find_at(&tools, folders).judge(&source());
        verdicts.iter().map(|verdict| verdict.outcome.to_string()).collect::<Vec<_>>()
    };
    let unset = "skipped: peano: PEANO_INSTALL_DIR is not set";
    assert_eq!(told([None, None]), [unset, unset]);
    let gone = "skipped: clang++: not found on PATH";
    assert_eq!(told([Some(folder.path().to_owned()), None]), [gone, gone]);
}
