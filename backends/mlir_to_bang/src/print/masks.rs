//! Comparisons and choices. Masks are 1 and 0 as `float`.

use emit_dma::{Area, Arg, Lines};
use tile_ir::Predicate;

use super::helpers;
use super::runs::{call, runs};

/// `dst = a ? b`.
pub(super) fn compare(
    predicate: Predicate,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let function = match predicate {
        Predicate::FEq => "__bang_eq",
        Predicate::FNe => "__bang_ne",
        Predicate::FLt => "__bang_lt",
        Predicate::FLe => "__bang_le",
        Predicate::FGt => "__bang_gt",
        Predicate::FGe => "__bang_ge",
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => return Err("no vector function compares integers".to_owned()),
    };
    match b {
        Arg::Span(b) => runs(lines, &[dst, a, b], |lines, run, n| {
            call(lines, function, &[run[0].pointer(), run[1].pointer(), run[2].pointer(), n.to_string()]);
        }),
        Arg::Scalar(value) => runs(lines, &[dst, a], |lines, run, n| {
            let function = format!("{function}_scalar");
            call(lines, &function, &[run[0].pointer(), run[1].pointer(), value.text.clone(), n.to_string()]);
        }),
        Arg::Row(_) | Arg::Column(_) => return Err("a comparison with a row or column".to_owned()),
    }
    Ok(())
}

/// `dst = mask ? a : b`, by bits, so that nothing of what is not chosen gets into the result.
pub(super) fn select(
    dst: &Area<'_>,
    mask: &Area<'_>,
    [a, b]: [&Area<'_>; 2],
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    if dst.elem().bytes() != 4 {
        return Err(format!("no choice between elements of {}", dst.elem()));
    }
    helpers::choose(lines.helpers);
    runs(lines, &[dst, mask, a, b], |lines, run, n| {
        let [dst, a, b] = [0, 2, 3].map(|at: usize| run[at].pointer_as("char"));
        call(lines, "choose", &[dst, run[1].pointer(), a, b, n.to_string()]);
    });
    Ok(())
}
