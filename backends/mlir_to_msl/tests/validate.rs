//! Judges of Metal: rules, and a script in the place of `xcrun`.
#![cfg(unix)]

mod common;

use std::fs;
use std::time::Duration;

use common::{rust_line, script, source};
use mlir_to_msl::validate::{Judges, by_metal, check};
use tempfile::TempDir;
use vendor::{Outcome, Tools};

const DOUBLE: &str = "#include <metal_stdlib>\nusing namespace metal;\nkernel void twice(device float* x [[buffer(0)]],\n\
                      uint tid [[thread_index_in_threadgroup]]) {\n  x[tid] = x[tid] + x[tid];\n}\n";

#[test]
fn printed_texts_keep_the_rules() {
    let mut kernels = emit_simt::testing::all();
    kernels.extend(mlir_to_msl::limits::TARGET.matrix.iter().map(emit_simt::testing::product));
    for kernel in kernels {
        let source = mlir_to_msl::print(&kernel).expect("prints");
        let (slots, others): (Vec<_>, Vec<_>) =
            check(&source).into_iter().partition(|finding| finding.message.contains("there are 31 slots"));
        assert_eq!(others, []);
        // One of these programs has more parameters than Metal has slots.
        assert_eq!(slots.len(), kernel.params.len().saturating_sub(31), "{slots:?}");
    }
    let mut large = source("twice", DOUBLE);
    assert_eq!(check(&large), []);
    large.kernel.block = [1025, 1, 1];
    assert!(check(&large)[0].message.contains("1024 at most"));
}

/// Judges with this script as `xcrun`, which lies in the folder.
fn judges(lines: &str) -> (TempDir, Judges) {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "xcrun", lines);
    let path = std::env::join_paths([folder.path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let judges = Judges::find(&Tools { path, limit: Duration::from_secs(60) });
    (folder, judges)
}

fn metal(lines: &str) -> Outcome {
    let (_folder, judges) = judges(&format!("[ \"$4\" = --version ] && exit 0\n{lines}"));
    by_metal(judges.xcrun.as_ref(), &source("twice", DOUBLE))
}

#[test]
fn metal_is_called_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let outcome = metal(&format!("echo \"$@\" > {seen}; cat twice.metal >> {seen}", seen = seen.display()));
    assert_eq!(outcome, Outcome::Passed(Vec::new()));
    let seen = fs::read_to_string(seen).unwrap();
    let (arguments, text) = seen.split_once('\n').unwrap();
    let expected = "-sdk macosx metal -std=metal3.1 -O2 -fno-fast-math -Wall -Wextra -c twice.metal -o out.air";
    assert_eq!(arguments, expected);
    assert_eq!(text, DOUBLE);
}

#[test]
fn metal_refuses_or_crashes() {
    let lines = "echo 'twice.metal:5:3: error: unknown type name' >&2; echo '1 error generated.' >&2; exit 1";
    let Outcome::Findings(findings) = metal(lines) else { panic!("an error") };
    assert_eq!((findings.len(), findings[0].line), (1, Some(5)));
    assert_eq!(findings[0].origin.as_ref().map(|origin| origin.line), Some(rust_line(5)));
    let Outcome::Findings(findings) = metal("echo 'twice.metal:5:3: warning: unused'") else { panic!("a warning") };
    assert_eq!(findings.len(), 1);
    let Outcome::Findings(findings) = metal("kill -SEGV $$") else { panic!("a crash") };
    assert!(findings[0].message.contains("signal: 11"), "{}", findings[0]);
}

#[test]
fn metal_is_absent() {
    let folder = tempfile::tempdir().unwrap();
    let absent = Judges::find(&Tools { path: folder.path().into(), limit: Duration::from_secs(1) });
    let said: Vec<String> =
        absent.judge(&source("twice", DOUBLE)).iter().map(|verdict| verdict.outcome.to_string()).collect();
    assert_eq!(said, ["ok", "skipped: xcrun: not found on PATH"]);

    let (_folder, without) = judges("echo 'xcrun: error: unable to find utility \"metal\"' >&2; exit 72");
    let reason = without.xcrun.expect_err("no compiler").to_string();
    assert_eq!(reason, "xcrun: xcrun: error: unable to find utility \"metal\"");
}
