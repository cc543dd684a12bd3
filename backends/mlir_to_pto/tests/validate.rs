//! Judges of the text: absent ones say so, present ones are called as documented.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use dma_testing::programs::all;
use emit::Source;
use mlir_to_pto::limits::TARGET;
use mlir_to_pto::validate::{Judges, by_bisheng, by_simulation};
use tile_ir::testing::kernel_from_seed;
use vendor::{Outcome, Tools};

const MINUTE: Duration = Duration::from_secs(60);

fn source() -> Source {
    mlir_to_pto::print(&all(&TARGET).remove(0).core).unwrap_or_else(|error| panic!("{error:?}"))
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
fn absent_judges_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { path: folder.path().into(), limit: MINUTE };
    let judges = Judges::find_at(&tools, None);
    let said: Vec<String> =
        judges.judge(&source()).iter().map(|verdict| format!("{}: {}", verdict.judge, verdict.outcome)).collect();
    assert_eq!(
        said,
        ["bisheng: skipped: bisheng: not found on PATH", "pto-isa: skipped: pto-isa: PTO_ISA_ROOT is not set"]
    );
    let judges = Judges::find_at(&tools, Some(folder.path().to_path_buf()));
    let Outcome::Skipped(absent) = by_simulation(judges.simulation.as_ref(), &source()) else { panic!("no library") };
    assert!(absent.reason.ends_with("include/pto/pto-inst.hpp is no file"), "{absent}");
}

#[test]
fn bisheng_is_called_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    script(folder.path(), "bisheng", &format!("echo \"$@\" > {}", seen.display()));
    let judges = Judges::find_at(&tools(folder.path()), Some("/opt/pto".into()));
    let outcome = by_bisheng(judges.bisheng.as_ref(), Some("/opt/pto".as_ref()), &source());
    assert_eq!(outcome.to_string(), "ok");
    let wanted =
        "-fPIC -shared -xcce --npu-arch=dav-2201 -DMEMORY_BASE -O2 -std=c++17 -I/opt/pto/include unary.cpp -o out.so\n";
    assert_eq!(fs::read_to_string(seen).unwrap(), wanted);
}

#[test]
fn bisheng_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let source = source();
    let origin = &source.kernel.lines[0];
    let lines = format!("echo 'unary.cpp:{}:5: error: no matching function' >&2; exit 1", origin.emitted);
    script(folder.path(), "bisheng", &lines);
    let judges = Judges::find_at(&tools(folder.path()), None);
    let Outcome::Findings(findings) = by_bisheng(judges.bisheng.as_ref(), None, &source) else { panic!("an error") };
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].line, Some(origin.emitted));
    assert_eq!(findings[0].origin.as_ref().map(|found| found.line), Some(origin.line));
}

/// The library's own declarations take every text, where they are there.
#[test]
fn the_library_takes_the_texts() {
    let judges = Judges::find(&Tools::default());
    if let Err(absent) = &judges.simulation {
        eprintln!("skipped: {absent}");
        return;
    }
    // And those of random kernels, which lowerings make.
    let lowered = (0..12).filter_map(|seed| dma_testing::lower(&kernel_from_seed(seed), &TARGET).ok());
    for kernel in all(&TARGET).into_iter().map(|hand| hand.core).chain(lowered) {
        let source = mlir_to_pto::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        let outcome = by_simulation(judges.simulation.as_ref(), &source);
        println!("{}: {outcome}", kernel.name);
        assert!(matches!(outcome, Outcome::Passed(_)), "{}: {outcome}\n{}", kernel.name, source.text);
    }
    let mut wrong = source();
    wrong.text = wrong.text.replace("TEXP(", "TEXPONENT(");
    let outcome = by_simulation(judges.simulation.as_ref(), &wrong);
    assert!(matches!(outcome, Outcome::Findings(_)), "{outcome}");
}
