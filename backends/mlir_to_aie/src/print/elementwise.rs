//! Functions of one and two operands.

use emit_dma::{Area, Arg, Lines};
use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::helpers;
use super::lanes::{LANES, Place, each, rows, spread, store};

/// `dst = op(a)`.
pub(super) fn unary(op: UnaryOp, dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let function = match op {
        UnaryOp::Abs => "aie::abs",
        UnaryOp::Sqrt => helpers::root(lines.helpers),
        UnaryOp::Rsqrt => helpers::inverse_root(lines.helpers),
        UnaryOp::Exp => helpers::exponential(lines.helpers),
        UnaryOp::Log => helpers::logarithm(lines.helpers),
        UnaryOp::Floor => helpers::round_down(lines.helpers),
        UnaryOp::Neg | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => {
            return Err(format!("no vector function is {}", op.mlir_name()));
        }
    };
    if dst.elem() != Elem::F32 {
        return Err(format!("no arithmetic on vectors of {}", dst.elem()));
    }
    each(lines, &[dst, a], LANES, |lines, at| {
        store(lines, &at.pointer(dst), &format!("{function}({})", at.load(a)));
    });
    Ok(())
}

/// The function of an operation on `f32` or `i32`.
fn function(op: BinaryOp, elem: Elem, lines: &mut Lines<'_>) -> Result<&'static str, String> {
    match (op, elem) {
        (BinaryOp::Add, Elem::F32 | Elem::I32) => Ok("aie::add"),
        (BinaryOp::Sub, Elem::F32 | Elem::I32) => Ok("aie::sub"),
        (BinaryOp::MinF, Elem::F32) | (BinaryOp::MinS, Elem::I32) => Ok("aie::min"),
        (BinaryOp::MaxF, Elem::F32) | (BinaryOp::MaxS, Elem::I32) => Ok("aie::max"),
        (BinaryOp::Mul, Elem::F32) => Ok(helpers::product(lines.helpers)),
        (BinaryOp::DivF, Elem::F32) => Ok(helpers::quotient(lines.helpers)),
        (
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU,
            _,
        ) => Err(format!("no vector function is {} of {elem}", op.mlir_name(elem.is_float()))),
    }
}

/// `dst = a op b`.
pub(super) fn binary(
    op: BinaryOp,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    let function = function(op, dst.elem(), lines)?;
    let put = |lines: &mut Lines<'_>, at: &Place<'_>, b: &str| {
        store(lines, &at.pointer(dst), &format!("{function}({}, {b})", at.load(a)));
    };
    match b {
        Arg::Span(b) => each(lines, &[dst, a, b], LANES, |lines, at| put(lines, at, &at.load(b))),
        Arg::Row(row) => rows(lines, dst, LANES, |lines, at| {
            put(lines, at, &super::lanes::load(&at.in_row(row)));
        }),
        Arg::Column(column) => rows(lines, dst, LANES, |lines, at| {
            put(lines, at, &spread(dst.elem(), &at.of_row(column).text));
        }),
        Arg::Scalar(value) => each(lines, &[dst, a], LANES, |lines, at| {
            put(lines, at, &spread(dst.elem(), &value.text));
        }),
    }
    Ok(())
}

/// `dst = a * b + c`.
pub(super) fn fma(dst: &Area<'_>, [a, b, c]: [&Area<'_>; 3], lines: &mut Lines<'_>) -> Result<(), String> {
    if dst.elem() != Elem::F32 {
        return Err(format!("no arithmetic on vectors of {}", dst.elem()));
    }
    let function = helpers::product_and_sum(lines.helpers);
    each(lines, &[dst, a, b, c], LANES, |lines, at| {
        let value = format!("{function}({}, {}, {})", at.load(a), at.load(b), at.load(c));
        store(lines, &at.pointer(dst), &value);
    });
    Ok(())
}
