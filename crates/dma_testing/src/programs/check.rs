//! Texts against the interpreter of core programs.

use judge::{ArgValue, Buffer, Case, CaseArg, Outputs};
use lower_dma::verify::verify;
use rayon::prelude::*;
use tile_ir::{Elem, ParamKind};

use super::{Hand, all};
use crate::program::SEEDS;
use crate::{Backend, Program, SCHEDULES, core_outputs};

/// The arguments of a program as a case, which the interpreter and the devices take.
fn case(hand: &Hand) -> Case {
    let args = hand.core.params.iter().zip(&hand.contents).filter_map(|(param, bytes)| match &param.kind {
        ParamKind::View(view) => {
            let buffer = Buffer { elem: view.elem, shape: view.shape, bytes: bytes.clone() };
            Some(CaseArg { name: param.name.clone(), value: ArgValue::View { buffer, access: view.access } })
        }
        ParamKind::Scalar(_) => None,
    });
    Case { family: hand.core.family.clone(), seed: 0, args: args.collect() }
}

fn float(elem: Elem, bytes: &[u8]) -> Option<f32> {
    match elem {
        Elem::F32 => Some(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
        Elem::F16 => Some(half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()),
        Elem::Bf16 => Some(half::bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32()),
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => None,
    }
}

/// The first element that differs by more than a few roundings.
fn differs(elem: Elem, found: &[u8], expected: &[u8]) -> Option<String> {
    let bytes = elem.bytes() as usize;
    let pairs = found.chunks(bytes).zip(expected.chunks(bytes)).enumerate();
    let wrong = |(x, y): (&[u8], &[u8])| match float(elem, x).zip(float(elem, y)) {
        Some((x, y)) if x.is_finite() && y.is_finite() => (x - y).abs() > 2e-6 * x.abs().max(y.abs()).max(0.5),
        Some((x, y)) => x.to_bits() != y.to_bits() && !(x.is_nan() && y.is_nan()),
        None => x != y,
    };
    let (at, (x, y)) = pairs.into_iter().find(|(_, pair)| wrong(*pair))?;
    Some(format!("element {at}: {:?} {x:x?}, expected {:?} {y:x?}", float(elem, x), float(elem, y)))
}

/// The first difference of two runs.
fn compare(found: &Outputs, expected: &Outputs) -> Result<(), String> {
    for ((name, found), (_, expected)) in found.0.iter().zip(&expected.0) {
        if found.bytes.len() != expected.bytes.len() {
            return Err(format!("`{name}` has {} bytes, expected {}", found.bytes.len(), expected.bytes.len()));
        }
        if let Some(what) = differs(expected.elem, &found.bytes, &expected.bytes) {
            return Err(format!("`{name}`, {what}"));
        }
    }
    Ok(())
}

fn check(hand: &Hand, backend: &Backend) -> Result<(), String> {
    let case = case(hand);
    verify(&hand.core, backend.target).map_err(|errors| format!("verifier: {errors:?}"))?;
    let mut expected: Option<Outputs> = None;
    for schedule in SCHEDULES {
        let (written, _) = core_outputs(&hand.core, backend.target, &case, schedule)
            .map_err(|problem| format!("interpreter, {schedule:?}: {problem}"))?;
        if let Some(expected) = &expected {
            compare(&written, expected).map_err(|what| format!("interpreter, {schedule:?}: {what}"))?;
        }
        expected = Some(written);
    }
    let expected = expected.ok_or("no schedules")?;
    let program = Program::new(&hand.core, backend)?;
    for seed in SEEDS {
        let checked = program.run(&case, seed).and_then(|written| compare(&written, &expected));
        checked.map_err(|what| format!("text, schedule {seed}: {what}\n{}", program.text()))?;
    }
    Ok(())
}

/// Executes every program by hand as printed text under every kind of schedule, and compares with the interpreter of core programs.
///
/// # Panics
/// If one fails.
pub fn hand(backend: &Backend) {
    let programs = all(backend.target);
    let failure = |hand: &Hand| Some(format!("{}: {}", hand.core.name, check(hand, backend).err()?));
    let failed: Vec<String> = programs.par_iter().filter_map(failure).collect();
    assert!(failed.is_empty(), "{}: {} fail:\n{}", backend.target.name, failed.len(), failed.join("\n\n"));
}
