//! A script in the place of `cncc`, which is not to be had without a CNToolkit.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use emit::Source;
use lower_dma::ir::Expr;
use lower_dma::testing::Build;
use mlir_to_bang::limits::TARGET;
use mlir_to_bang::validate::{Judges, by_cncc};
use tile_ir::{Access, Elem};
use vendor::{Outcome, Severity, Tools};

/// A kernel whose `__memcpy_async` has a line in the user's source.
fn source() -> Source {
    let mut b = Build::new("moved", &TARGET);
    let x = b.view("x", Elem::F32, &[64], Access::Read);
    let a = b.buffer("a", Elem::F32, 1, 64);
    b.load(a, x, Expr::int(0));
    mlir_to_bang::print(&b.finish()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Judges with a `cncc` that does what `lines` say.
fn judges(folder: &Path, lines: &str) -> Judges {
    let path = folder.join("cncc");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    Judges::find(&Tools { path, limit: Duration::from_secs(60) })
}

#[test]
fn cncc_is_called_for_each_arch() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let judges = judges(folder.path(), &format!("echo \"$@\" >> {0}; cat moved.mlu >> {0}", seen.display()));
    let source = source();
    let verdicts = judges.judge(&source);
    let said: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} {} {}", verdict.judge, verdict.kernel, verdict.outcome)).collect();
    assert_eq!(said, ["cncc moved ok"]);
    let call = |arch: &str| {
        let options = "--bang-device-only -S -O3 -std=c++17 -Wall";
        format!("{options} --bang-mlu-arch={arch} -o out.mlisa moved.mlu\n{}", source.text)
    };
    assert_eq!(fs::read_to_string(seen).unwrap(), call("mtp_372") + &call("mtp_592"));
}

#[test]
fn findings_are_at_the_users_line() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let line = source.text.lines().position(|line| line.contains("__memcpy_async")).unwrap() + 1;
    let lines = format!(
        "case \"$*\" in *mtp_372*) echo 'moved.mlu:{line}:5: error: not supported on mtp_372' >&2; exit 1;; esac"
    );
    let Outcome::Findings(findings) = by_cncc(judges(folder.path(), &lines).cncc.as_ref(), &source) else {
        panic!("no findings");
    };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Error, Some(line as u32)));
    assert!(findings[0].message.contains("not supported on mtp_372"), "{findings:?}");
    let origin = findings[0].origin.as_ref().expect("a line of the user's");
    assert_eq!((origin.file.as_str(), origin.line), ("core.rs", 1));
}

#[test]
fn an_absent_compiler_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let judges = Judges::find(&Tools { path: folder.path().into(), limit: Duration::from_secs(60) });
    let verdicts = judges.judge(&source());
    assert_eq!(verdicts[0].outcome.to_string(), "skipped: cncc: not found on PATH");
}
