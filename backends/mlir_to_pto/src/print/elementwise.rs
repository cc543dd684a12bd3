//! Arithmetic of elements, and conversions.

use emit_dma::{Area, Arg, Lines};
use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::BARRIER;
use super::tiles::{self, Instruction};
use crate::{limits, types};

/// An operation of one operand.
pub(super) fn unary(op: UnaryOp, dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let (name, rest): (&str, &[&str]) = match op {
        UnaryOp::Exp => ("TEXP", &[]),
        UnaryOp::Log => ("TLOG", &[]),
        UnaryOp::Sqrt => ("TSQRT", &[]),
        UnaryOp::Abs => ("TABS", &[]),
        // To a whole number in the same type.
        UnaryOp::Floor => ("TCVT", &["RoundMode::CAST_FLOOR"]),
        // `TNEG` is a product, and `TRSQRT` coarse: what is left to the lowering. Source: pto-isa, npu/a2a3/TUnaryOp.hpp.
        UnaryOp::Neg | UnaryOp::Rsqrt | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => {
            return Err(format!("{op:?}, which is no instruction"));
        }
    };
    each(name, &[dst, a], rest, lines);
    Ok(())
}

/// One instruction on areas of the same shape; where their rows are different distances apart, which not every form of the library
/// takes, on each row. Source: pto-isa, cpu/TBinOp.hpp beside npu/a2a3/TBinOp.hpp.
fn each(name: &str, areas: &[&Area<'_>], rest: &[&str], lines: &mut Lines<'_>) {
    let apart = tiles::is_long(areas) || !tiles::are_alike(areas);
    Instruction { name, rest }.each(apart, areas, None, lines, |areas| areas.iter().map(tiles::rows).collect());
}

/// What instructions of two operands are called after: `TADD`, `TADDS`, `TCOLEXPANDADD`, `TROWEXPANDADD`.
const fn word(op: BinaryOp) -> Option<&'static str> {
    match op {
        BinaryOp::Add => Some("ADD"),
        BinaryOp::Sub => Some("SUB"),
        BinaryOp::Mul => Some("MUL"),
        BinaryOp::DivF => Some("DIV"),
        BinaryOp::MinF | BinaryOp::MinS => Some("MIN"),
        BinaryOp::MaxF | BinaryOp::MaxS => Some("MAX"),
        BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => None,
    }
}

/// `dst = a op b` of areas of the same shape.
pub(super) fn spans(
    op: BinaryOp,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Area<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let word = word(op).ok_or_else(|| format!("{op:?}, which is no instruction"))?;
    each(&format!("T{word}"), &[dst, a, b], &[], lines);
    Ok(())
}

/// An operation of two operands.
pub(super) fn binary(
    op: BinaryOp,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let word = word(op).ok_or_else(|| format!("{op:?}, which is no instruction"))?;
    match b {
        Arg::Span(b) => spans(op, dst, a, b, lines)?,
        Arg::Scalar(number) => each(&format!("T{word}S"), &[dst, a], &[&number.text], lines),
        Arg::Row(row) => with_row(&format!("TCOLEXPAND{word}"), dst, a, row, lines),
        Arg::Column(column) => {
            // The column is spread in memory of the library's own. Source: pto-isa, npu/a2a3/TRowExpandBinOp.hpp.
            lines.once(BARRIER);
            let tiles = vec![tiles::rows(dst), tiles::rows(a), tiles::column(column, types::element(column.elem()))];
            Instruction { name: &format!("TROWEXPAND{word}"), rest: &[] }.write(tiles, lines);
        }
    }
    Ok(())
}

/// An instruction that takes one row again and again. Rows and their distance are counted in 8 bits, which nothing checks.
/// Source: pto-isa, npu/a2a3/TColExpandBinOp.hpp, `TColExpandBinaryNormMode`.
fn with_row(name: &str, dst: &Area<'_>, a: &Area<'_>, row: &Area<'_>, lines: &mut Lines<'_>) {
    let size = limits::TARGET.elem_bytes(dst.elem());
    let far = [dst, a].iter().any(|area| area.pitch * size > limits::REPEAT_PITCH);
    let instruction = Instruction { name, rest: &[] };
    let apart = far || !tiles::are_alike(&[dst, a]);
    let mut first = 0;
    while first < dst.rows {
        let count = if apart { dst.rows } else { (dst.rows - first).min(limits::REPEATS) };
        let parts = [dst, a].map(|area| tiles::some_rows(area, first, count));
        instruction.each(apart, &[&parts[0], &parts[1]], None, lines, |areas| {
            areas.iter().chain([row]).map(tiles::rows).collect()
        });
        first += count;
    }
}

/// `dst = a * b + c`.
pub(super) fn fma(dst: &Area<'_>, [a, b, c]: [&Area<'_>; 3], lines: &mut Lines<'_>) {
    if dst == c {
        each("TMULADDDST", &[dst, a, b], &[], lines);
    } else if dst == a {
        each("TFUSEDMULADD", &[dst, b, c], &[], lines);
    } else if dst == b {
        each("TFUSEDMULADD", &[dst, a, c], &[], lines);
    } else {
        each("TMUL", &[dst, a, b], &[], lines);
        lines.line(BARRIER);
        each("TADD", &[dst, dst, c], &[], lines);
    }
}

/// A conversion.
pub(super) fn cast(dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let mode = match (a.elem(), dst.elem()) {
        // Exact. Source: pto-isa, npu/a2a3/TCvt.hpp.
        (Elem::Bf16 | Elem::F16, Elem::F32) | (Elem::I8, Elem::F16) => "CAST_NONE",
        // To the nearest, ties to even.
        (Elem::F32, Elem::Bf16 | Elem::F16) | (Elem::I32, Elem::F32) => "CAST_RINT",
        (Elem::F32, Elem::I32) => "CAST_TRUNC",
        (from, to) => return Err(format!("a conversion from {from} to {to}, which is no instruction")),
    };
    each("TCVT", &[dst, a], &[&format!("RoundMode::{mode}")], lines);
    Ok(())
}
