//! Comparisons and selections. A mask has a bit per element.

use emit_dma::{Area, Arg, Lines};
use tile_ir::Predicate;

use super::BARRIER;
use super::tiles::{self, Instruction, Tile};

/// `dst = a op b`.
pub(super) fn compare(
    predicate: Predicate,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let mode = match predicate {
        Predicate::FEq => "CmpMode::EQ",
        Predicate::FNe => "CmpMode::NE",
        Predicate::FLt => "CmpMode::LT",
        Predicate::FLe => "CmpMode::LE",
        Predicate::FGt => "CmpMode::GT",
        Predicate::FGe => "CmpMode::GE",
        Predicate::IEq
        | Predicate::INe
        | Predicate::SLt
        | Predicate::SLe
        | Predicate::SGt
        | Predicate::SGe
        | Predicate::ULt
        | Predicate::ULe
        | Predicate::UGt
        | Predicate::UGe => return Err("a comparison of integers".to_owned()),
    };
    // `NE` turns every bit of the tile, those between its rows too. Source: pto-isa, npu/a2a3/TCmp.hpp and TCmps.hpp.
    let between = predicate == Predicate::FNe && !tiles::is_own(dst);
    let rows = |areas: &[Area<'_>]| areas.iter().map(tiles::rows).collect();
    match b {
        Arg::Span(b) => {
            let apart = between || a.pitch.max(b.pitch) > dst.pitch;
            Instruction { name: "TCMP", rest: &[mode] }.each(apart, &[dst, a, b], None, lines, rows);
            Ok(())
        }
        Arg::Scalar(number) => {
            let apart = between || a.pitch > dst.pitch;
            Instruction { name: "TCMPS", rest: &[&number.text, mode] }.each(apart, &[dst, a], None, lines, rows);
            Ok(())
        }
        Arg::Row(_) | Arg::Column(_) => Err("a comparison with a row or column".to_owned()),
    }
}

/// `dst = mask ? a : b`. All selections share one scratch tile. Source: pto-isa, npu/a2a3/TSel.hpp.
pub(super) fn select(dst: &Area<'_>, mask: &Area<'_>, a: &Area<'_>, b: &Area<'_>, lines: &mut Lines<'_>) {
    let apart = !tiles::are_alike(&[dst, a, b]);
    Instruction { name: "TSEL", rest: &[] }.each(apart, &[dst, mask, a, b], Some(BARRIER), lines, |areas| {
        areas.iter().map(tiles::rows).chain([Tile::scratch()]).collect()
    });
}
