//! Comparisons and selections. A mask has a bit per element.

use emit_dma::{Area, Arg, Lines};
use tile_ir::Predicate;

use super::tiles;
use super::{BARRIER, limits};

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
    match b {
        Arg::Span(b) => {
            let apart = between || a.pitch.max(b.pitch) > dst.pitch;
            tiles::each(apart, &[dst, a, b], lines, |areas, lines| {
                tiles::instruction("TCMP", areas.iter().map(tiles::rows).collect(), &[mode], lines);
            });
            Ok(())
        }
        Arg::Scalar(number) => {
            tiles::each(between || a.pitch > dst.pitch, &[dst, a], lines, |areas, lines| {
                tiles::instruction("TCMPS", areas.iter().map(tiles::rows).collect(), &[&number.text, mode], lines);
            });
            Ok(())
        }
        Arg::Row(_) | Arg::Column(_) => Err("a comparison with a row or column".to_owned()),
    }
}

/// `dst = mask ? a : b`.
pub(super) fn select(dst: &Area<'_>, mask: &Area<'_>, a: &Area<'_>, b: &Area<'_>, lines: &mut Lines<'_>) {
    // One scratch tile for all selections. Source: pto-isa, npu/a2a3/TSel.hpp.
    lines.line(BARRIER);
    let apart = a.pitch != dst.pitch || b.pitch != dst.pitch;
    let several = apart && dst.rows > 1;
    tiles::each(apart, &[dst, mask, a, b], lines, |areas, lines| {
        tiles::with(areas.iter().map(tiles::rows).collect(), lines, |names, lines| {
            lines.scope(|lines| {
                let scratch = lines.name("scratch");
                lines.line(&format!("Rows<uint32_t, 1, {}> {scratch};", limits::SCRATCH / 4));
                lines.line(&format!("TASSIGN({scratch}, {});", limits::TARGET.local_bytes));
                lines.line(&format!("TSEL({}, {scratch});", names.join(", ")));
            });
        });
        if several {
            lines.line(BARRIER);
        }
    });
}
