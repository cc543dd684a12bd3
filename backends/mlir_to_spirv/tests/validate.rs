//! The judges: what they find, where, and what happens without them.

use bundle::manifest::LineOrigin;
use emit::Source;
use emit_simt::testing;
use mlir_to_spirv::validate::{Judges, by_opt, by_val};
use vendor::{Outcome, Tools};

fn norm() -> Source {
    mlir_to_spirv::print(&testing::norm()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The tools, unless they are not installed.
fn judges() -> Option<Judges> {
    let judges = Judges::find(&Tools::default());
    if let Err(absent) = judges.val.as_ref().and(judges.opt.as_ref()) {
        println!("skipped: {absent}");
        return None;
    }
    Some(judges)
}

#[test]
fn every_construct_passes() {
    let Some(judges) = judges() else { return };
    let mut kernels = testing::all();
    kernels.retain(|kernel| kernel.name != "vectors");
    kernels.extend(testing::vectors_by_elem());
    for kernel in kernels {
        let source = mlir_to_spirv::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
        for verdict in judges.judge(&source) {
            assert!(matches!(verdict.outcome, Outcome::Passed(_)), "{}: {}", kernel.name, verdict.outcome);
        }
    }
}

/// A word is changed in the module; the text stays, so that the line is known.
#[test]
fn a_finding_is_at_the_users_line() {
    let Some(judges) = judges() else { return };
    let mut source = norm();
    let line = source.text.lines().position(|line| line.contains("%start_1 = OpIAdd")).expect("an addition") as u32 + 1;
    source.kernel.lines.push(LineOrigin { emitted: line, file: "user.rs".to_owned(), line: 77 });
    let binary = source.binary.as_mut().expect("a module");
    // The last `OpIAdd` (128) before the first `OpULessThan` would do; the one of the text is found by its number.
    let number = source.text.lines().take(line as usize).filter(|line| is_instruction(line)).count();
    let at = start_of(&binary.bytes, number);
    let word = u32::from_le_bytes(binary.bytes[at..at + 4].try_into().expect("a word"));
    assert_eq!(word & 0xffff, 128, "OpIAdd");
    // `OpFAdd` (129) of integers.
    binary.bytes[at..at + 4].copy_from_slice(&(word + 1).to_le_bytes());
    for outcome in [by_val(judges.val.as_ref(), &source), by_opt(judges.opt.as_ref(), &source)] {
        let Outcome::Findings(findings) = outcome else { panic!("{outcome:?}") };
        let origin = findings[0].origin.as_ref().map(|origin| (origin.file.as_str(), origin.line));
        assert_eq!((findings[0].line, origin), (Some(line), Some(("user.rs", 77))), "{findings:?}");
        assert!(findings[0].message.contains("FAdd"), "{findings:?}");
    }
}

fn is_instruction(line: &str) -> bool {
    !line.trim_start().is_empty() && !line.trim_start().starts_with(';')
}

/// The first byte of an instruction, counted from 1.
fn start_of(bytes: &[u8], number: usize) -> usize {
    let mut at = 20;
    for _ in 1..number {
        at += 4 * usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]]));
    }
    at
}

#[test]
fn what_is_no_module_is_refused() {
    let Some(judges) = judges() else { return };
    let mut cut = norm();
    cut.binary.as_mut().expect("a module").bytes.truncate(400);
    let mut without = norm();
    without.binary = None;
    for source in [cut, without] {
        for verdict in judges.judge(&source) {
            assert!(matches!(verdict.outcome, Outcome::Findings(_)), "{}", verdict.outcome);
        }
    }
}

#[test]
fn absent_tools_are_skipped() {
    let nowhere = Tools { path: "".into(), ..Tools::default() };
    for verdict in Judges::find(&nowhere).judge(&norm()) {
        assert!(matches!(&verdict.outcome, Outcome::Skipped(absent) if absent.tool == verdict.judge), "{verdict:?}");
    }
}
