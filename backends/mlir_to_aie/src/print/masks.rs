//! Comparisons and choices. Masks in memory are 1 and 0 as `float`.

use emit_dma::{Area, Arg, Lines};
use tile_ir::{Elem, Predicate};

use super::lanes::{LANES, each, spread, store};

/// `dst = a ? b`.
pub(super) fn compare(
    predicate: Predicate,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let function = match predicate {
        Predicate::FEq => "aie::eq",
        Predicate::FNe => "aie::neq",
        Predicate::FLt => "aie::lt",
        Predicate::FLe => "aie::le",
        Predicate::FGt => "aie::gt",
        Predicate::FGe => "aie::ge",
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => return Err("no comparison of integers gives a mask of numbers".to_owned()),
    };
    let put = |lines: &mut Lines<'_>, to: &str, a: &str, b: &str| {
        let (no, yes) = (spread(Elem::F32, "0.0f"), spread(Elem::F32, "1.0f"));
        store(lines, to, &format!("aie::select({no}, {yes}, {function}({a}, {b}))"));
    };
    match b {
        Arg::Span(b) => each(lines, &[dst, a, b], LANES, |lines, at| {
            put(lines, &at.pointer(dst), &at.load(a), &at.load(b));
        }),
        Arg::Scalar(value) => each(lines, &[dst, a], LANES, |lines, at| {
            put(lines, &at.pointer(dst), &at.load(a), &spread(Elem::F32, &value.text));
        }),
        Arg::Row(_) | Arg::Column(_) => return Err("a comparison with a row or column".to_owned()),
    }
    Ok(())
}

/// `dst = mask ? a : b`.
pub(super) fn select(
    dst: &Area<'_>,
    mask: &Area<'_>,
    [a, b]: [&Area<'_>; 2],
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    if dst.elem().bytes() != 4 {
        return Err(format!("no choice between elements of {}", dst.elem()));
    }
    each(lines, &[dst, mask, a, b], LANES, |lines, at| {
        let chosen = format!("aie::neq({}, {})", at.load(mask), spread(Elem::F32, "0.0f"));
        store(lines, &at.pointer(dst), &format!("aie::select({}, {}, {chosen})", at.load(b), at.load(a)));
    });
    Ok(())
}
