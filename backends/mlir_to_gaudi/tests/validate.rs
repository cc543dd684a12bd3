//! A script in the place of `tpc-clang`, which is not to be had without habanatools.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use emit::Source;
use lower_dma::ir::Expr;
use lower_dma::testing::Build;
use mlir_to_gaudi::limits::TARGET;
use mlir_to_gaudi::validate::{Judges, by_tpc_clang};
use tile_ir::{Access, Elem};
use vendor::{Outcome, Severity, Tools};

/// A kernel whose load has a line in the user's source.
fn source() -> Source {
    let mut b = Build::new("moved", &TARGET);
    let x = b.view("x", Elem::F32, &[64], Access::Read);
    let a = b.buffer("a", Elem::F32, 1, 64);
    b.load(a, x, Expr::int(0));
    mlir_to_gaudi::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Judges with a `tpc-clang` that does what `lines` say.
fn judges(folder: &Path, lines: &str) -> Judges {
    let path = folder.join("tpc-clang");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    Judges::find(&Tools { path, limit: Duration::from_secs(60) })
}

#[test]
fn tpc_clang_makes_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let judges = judges(folder.path(), &format!("echo \"$@\" >> {0}; cat moved.c >> {0}", seen.display()));
    let source = source();
    let verdicts = judges.judge(&source);
    let said: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} {} {}", verdict.judge, verdict.kernel, verdict.outcome)).collect();
    assert_eq!(said, ["tpc-clang moved ok"]);
    let call = "-Wall -Werror -march=gaudi2 -O2 -c moved.c -o out.o\n";
    assert_eq!(fs::read_to_string(seen).unwrap(), format!("{call}{}", source.text));
}

#[test]
fn findings_are_at_the_users_line() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let line = source.text.lines().position(|line| line.contains("v_f32_ld_tnsr_b")).unwrap() + 1;
    let lines = format!("echo 'moved.c:{line}:5: error: use of undeclared identifier' >&2; exit 1");
    let Outcome::Findings(findings) = by_tpc_clang(judges(folder.path(), &lines).tpc_clang.as_ref(), &source) else {
        panic!("no findings");
    };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Error, Some(line as u32)));
    let origin = findings[0].origin.as_ref().expect("an origin");
    assert_eq!((origin.file.as_str(), origin.line), ("core.rs", 1));
}

#[test]
fn an_absent_compiler_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let judges = Judges::find(&Tools { path: folder.path().into(), limit: Duration::from_secs(60) });
    let verdicts = judges.judge(&source());
    assert_eq!(verdicts[0].outcome.to_string(), "skipped: tpc-clang: not found on PATH");
}
