//! Arithmetic, functions, conversions.

use emit_dma::{Area, Arg, Lines};
use lower_dma::ir::{Pipe, VectorOp};
use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::fill::spread;
use super::forms::{Side, binary_tail, each, unary_tail};
use super::{BARRIER, pipe};

pub(super) fn unary(op: UnaryOp, dst: &Area<'_>, x: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let name = match op {
        UnaryOp::Abs => "Abs",
        UnaryOp::Exp => "Exp",
        UnaryOp::Log => "Ln",
        UnaryOp::Sqrt => "Sqrt",
        UnaryOp::Neg | UnaryOp::Rsqrt | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos | UnaryOp::Floor => {
            return Err(format!("pipe {} has no {op:?}", pipe(Pipe::Vector)));
        }
    };
    each(&[Side::of(dst), Side::of(x)], dst.rows, dst.cols, lines, &|places, extent| {
        format!("{name}({}, {}, {});", places[0], places[1], unary_tail(extent))
    });
    Ok(())
}

/// Names of an operation on two tensors, and on a tensor and a number.
fn names(op: BinaryOp) -> Option<(&'static str, Option<&'static str>)> {
    Some(match op {
        BinaryOp::Add => ("Add", Some("Adds")),
        BinaryOp::Sub => ("Sub", None),
        BinaryOp::Mul => ("Mul", Some("Muls")),
        BinaryOp::DivF => ("Div", None),
        BinaryOp::MinF | BinaryOp::MinS => ("Min", Some("Mins")),
        BinaryOp::MaxF | BinaryOp::MaxS => ("Max", Some("Maxs")),
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
        | BinaryOp::ShrU => return None,
    })
}

pub(super) fn binary(
    op: BinaryOp,
    dst: &Area<'_>,
    x: &Area<'_>,
    y: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let missing = || format!("pipe {} has no {:?}", pipe(Pipe::Vector), VectorOp::Binary(op));
    let (name, with_number) = names(op).ok_or_else(missing)?;
    match y {
        Arg::Span(y) => three(name, [Side::of(dst), Side::of(x), Side::of(y)], dst.rows, dst.cols, lines),
        Arg::Row(y) => three(name, [Side::of(dst), Side::of(x), Side::row(y)], dst.rows, dst.cols, lines),
        Arg::Column(y) => spread(dst, y, lines, &|dst, blocks, lines| {
            let x = Area { offset: x.at(&dst.first, 0), ..x.clone() };
            three(name, [Side::of(&dst.area), Side::of(&x), blocks.clone()], dst.area.rows, dst.area.cols, lines);
        }),
        Arg::Scalar(number) => {
            let name = with_number.ok_or_else(missing)?;
            let number = if dst.elem() == Elem::I32 {
                format!("(int32_t){}", number.at_least(emit::Prec::Unary))
            } else {
                number.text.clone()
            };
            each(&[Side::of(dst), Side::of(x)], dst.rows, dst.cols, lines, &|places, extent| {
                format!("{name}({}, {}, {number}, {});", places[0], places[1], unary_tail(extent))
            });
        }
    }
    Ok(())
}

/// An instruction on two tensors.
pub(super) fn three(name: &str, sides: [Side; 3], rows: u64, cols: u64, lines: &mut Lines<'_>) {
    each(&sides, rows, cols, lines, &|places, extent| {
        format!("{name}({}, {}, {}, {});", places[0], places[1], places[2], binary_tail(extent))
    });
}

/// `x * y + z`.
pub(super) fn fma(dst: &Area<'_>, [x, y, z]: [&Area<'_>; 3], lines: &mut Lines<'_>) {
    let (rows, cols) = (dst.rows, dst.cols);
    let same = |area: &Area<'_>| area.name == dst.name && area.offset == dst.offset;
    if same(z) {
        three("MulAddDst", [Side::of(dst), Side::of(x), Side::of(y)], rows, cols, lines);
        return;
    }
    three("Mul", [Side::of(dst), Side::of(x), Side::of(y)], rows, cols, lines);
    lines.line(BARRIER);
    three("Add", [Side::of(dst), Side::of(dst), Side::of(z)], rows, cols, lines);
}

/// How a conversion rounds: to the nearest, ties to even; float to integer toward zero.
pub(super) fn rounding(from: Elem, to: Elem) -> Result<&'static str, String> {
    match (from, to) {
        (Elem::Bf16 | Elem::F16, Elem::F32) | (Elem::I8, Elem::F16) => Ok("CAST_NONE"),
        (Elem::F32, Elem::Bf16 | Elem::F16) | (Elem::I32, Elem::F32) => Ok("CAST_RINT"),
        (Elem::F32, Elem::I32) => Ok("CAST_TRUNC"),
        (_, _) => Err(format!("no conversion from {from} to {to}")),
    }
}

pub(super) fn cast(dst: &Area<'_>, x: &Area<'_>, round: &str, lines: &mut Lines<'_>) {
    each(&[Side::of(dst), Side::of(x)], dst.rows, dst.cols, lines, &|places, extent| {
        format!("Cast({}, {}, RoundMode::{round}, {});", places[0], places[1], unary_tail(extent))
    });
}
