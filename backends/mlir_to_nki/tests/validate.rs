//! A script in the place of Python with the vendor's package, which is not to be had without its index.
#![cfg(unix)]

mod backend;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use emit::Source;
use mlir_to_nki::validate::{Judges, by_nki};
use vendor::{Outcome, Severity, Tools};

fn source() -> Source {
    let kernel = backend::hand().into_iter().find(|kernel| kernel.name == "append").expect("there is one");
    backend::text(&kernel).unwrap_or_else(|error| panic!("{error}")).expect("lowered")
}

/// Judges with a `python3` that does what `lines` say.
fn judges(folder: &Path, lines: &str) -> Judges {
    let path = folder.join("python3");
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    Judges::find(&Tools { path, limit: Duration::from_secs(60) })
}

#[test]
fn the_package_is_asked_for_each_kernel() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let judges = judges(
        folder.path(),
        &format!("case \"$2\" in *simulate\\(*) echo \"$3 $4\" >> {0}; cat append.py >> {0};; esac", seen.display()),
    );
    let source = source();
    let verdicts = judges.judge(&source);
    let said: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} {} {}", verdict.judge, verdict.kernel, verdict.outcome)).collect();
    assert_eq!(said, ["nki append ok"]);
    assert_eq!(fs::read_to_string(seen).unwrap(), format!("append.py append\n{}", source.text));
}

#[test]
fn findings_are_at_the_users_line() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let line = source.text.lines().position(|line| line.contains("nisa.dma_copy")).unwrap() + 1;
    let lines =
        format!("case \"$2\" in *simulate\\(*) echo 'append.py:{line}:5: error: not on trn2' >&2; exit 1;; esac");
    let Outcome::Findings(findings) = by_nki(judges(folder.path(), &lines).nki.as_ref(), &source) else {
        panic!("no findings");
    };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Error, Some(line as u32)));
    let origin = findings[0].origin.as_ref().expect("a line of the user's");
    assert_eq!(origin.file, "kernels.rs");
}

/// Neither without Python nor with one that has no such package, or another one of this name.
#[test]
fn an_absent_package_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let absent = Judges::find(&Tools { path: folder.path().into(), limit: Duration::from_secs(60) });
    assert_eq!(absent.judge(&source())[0].outcome.to_string(), "skipped: python3: not found on PATH");
    let other = judges(folder.path(), "echo \"ModuleNotFoundError: No module named 'nki'\" >&2; exit 1");
    let said = other.judge(&source())[0].outcome.to_string();
    assert_eq!(said, "skipped: python3: ModuleNotFoundError: No module named 'nki'");
}
