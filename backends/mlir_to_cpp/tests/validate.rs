//! Judges of the text: absent ones say so, present ones are called as documented.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use dma_testing::programs::all;
use emit::Source;
use mlir_to_cpp::limits::TARGET;
use mlir_to_cpp::validate::{Judges, by_bisheng};
use vendor::{Outcome, Severity, Tools};

const MINUTE: Duration = Duration::from_secs(60);

fn source() -> Source {
    mlir_to_cpp::print(&all(&TARGET).remove(0).core).unwrap_or_else(|error| panic!("{error:?}"))
}

/// An executable shell script.
fn script(folder: &Path, name: &str, lines: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn tools(folder: &Path) -> Tools {
    let path = std::env::join_paths([folder, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    Tools { path, limit: MINUTE }
}

#[test]
fn an_absent_compiler_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { path: folder.path().into(), limit: MINUTE };
    let verdicts = Judges::find(&tools).judge(&source());
    let said: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} {}: {}", verdict.judge, verdict.kernel, verdict.outcome)).collect();
    assert_eq!(said, ["bisheng unary: skipped: bisheng: not found on PATH"]);
}

#[test]
fn bisheng_is_called_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    script(folder.path(), "bisheng", &format!("echo \"$@\" > {0}; cat unary.asc >> {0}", seen.display()));
    let judges = Judges::find(&tools(folder.path()));
    let source = source();
    assert_eq!(by_bisheng(judges.bisheng.as_ref(), &source).to_string(), "ok");
    let options = "-x asc --npu-arch=dav-2201 --cce-auto-sync=off -std=c++17 -O2";
    let wanted = format!("{options} -c unary.asc -o out.o\n{}", source.text);
    assert_eq!(fs::read_to_string(seen).unwrap(), wanted);
}

#[test]
fn findings_are_at_the_users_line() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let origin = &source.kernel.lines[0];
    let lines = format!("echo 'unary.asc:{}:5: error: no matching function' >&2; exit 1", origin.emitted);
    script(folder.path(), "bisheng", &lines);
    let judges = Judges::find(&tools(folder.path()));
    let Outcome::Findings(findings) = by_bisheng(judges.bisheng.as_ref(), &source) else { panic!("an error") };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].severity, findings[0].line), (Severity::Error, Some(origin.emitted)));
    assert!(findings[0].message.contains("no matching function"), "{findings:?}");
    assert_eq!(findings[0].origin.as_ref().map(|found| found.line), Some(origin.line));
}
