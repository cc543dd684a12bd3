//! Functions of one and two operands.

use emit::Text;
use emit_dma::{Area, Arg, Dialect, Lines};
use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::runs::{Run, call, runs, same};
use super::{Bang, helpers, quotients};

/// `dst = op(a)`.
pub(super) fn unary(op: UnaryOp, dst: &Area<'_>, a: &Area<'_>, lines: &mut Lines<'_>) -> Result<(), String> {
    let function = match op {
        UnaryOp::Abs => "__bang_abs",
        UnaryOp::Sqrt => "__bang_sqrt",
        UnaryOp::Rsqrt => "__bang_rsqrt",
        UnaryOp::Exp => helpers::exponential(lines.helpers),
        UnaryOp::Log => helpers::logarithm(lines.helpers),
        // The destination of this one must not be its source (source: BANG C Developer Guide 4.7.2, `__bang_floor`).
        UnaryOp::Floor if same(dst, a) => helpers::round_down(lines.helpers),
        UnaryOp::Floor => "__bang_floor",
        UnaryOp::Neg | UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos => {
            return Err(format!("no vector function is {}", op.mlir_name()));
        }
    };
    runs(lines, &[dst, a], |lines, run, n| {
        call(lines, function, &[run[0].pointer(), run[1].pointer(), n.to_string()]);
    });
    Ok(())
}

/// The functions of one operation: of two vectors, of a vector and a number, of a vector and one that is repeated.
struct Names {
    vector: &'static str,
    scalar: &'static str,
    cycle: &'static str,
    /// Whether the destination may be the second source.
    any: bool,
}

fn names(op: BinaryOp) -> Result<Names, String> {
    let of = |vector, scalar, cycle, any| Ok(Names { vector, scalar, cycle, any });
    match op {
        BinaryOp::Add => of("__bang_add", "__bang_add_scalar", "__bang_cycle_add", true),
        BinaryOp::Sub => of("__bang_sub", "__bang_sub_scalar", "__bang_cycle_sub", true),
        BinaryOp::Mul => of("__bang_mul", "__bang_mul_scalar", "__bang_cycle_mul", true),
        // With the first source only (source: BANG C Developer Guide 4.7.2, `__bang_maxequal`).
        BinaryOp::MaxF => of("__bang_maxequal", "__bang_maxeq_scalar", "__bang_cycle_maxequal", false),
        BinaryOp::MinF => of("__bang_minequal", "__bang_mineq_scalar", "__bang_cycle_minequal", false),
        BinaryOp::DivF
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => Err(format!("no vector function is {}", op.mlir_name(false))),
    }
}

/// `dst = a op b`.
pub(super) fn binary(
    bang: &Bang,
    op: BinaryOp,
    dst: &Area<'_>,
    a: &Area<'_>,
    b: &Arg<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), String> {
    if dst.elem() != Elem::F32 {
        return Err(format!("no arithmetic on vectors of {}", dst.elem()));
    }
    if op == BinaryOp::DivF {
        quotients::quotient(bang, dst, a, b, lines);
        return Ok(());
    }
    let names = names(op)?;
    match b {
        Arg::Span(b) => spans(&names, dst, [a, b], lines),
        Arg::Row(row) if dst.rows == 1 => spans(&names, dst, [a, row], lines),
        Arg::Row(row) if dst.is_dense() && a.is_dense() => {
            let [dst_at, a, row] = [dst, a, row].map(|area| Run::first(area).pointer());
            call(lines, names.cycle, &[dst_at, a, row, dst.count().to_string(), dst.cols.to_string()]);
        }
        Arg::Row(row) => lines.times(dst.rows, "row", |lines, number| {
            let [to, a] = [dst, a].map(|area| Run::row(area, number).pointer());
            call(lines, names.vector, &[to, a, Run::first(row).pointer(), dst.cols.to_string()]);
        }),
        Arg::Column(column) => lines.times(dst.rows, "row", |lines, number| {
            let [to, a] = [dst, a].map(|area| Run::row(area, number).pointer());
            call(lines, names.scalar, &[to, a, element(bang, column, number).text, dst.cols.to_string()]);
        }),
        Arg::Scalar(value) => runs(lines, &[dst, a], |lines, run, n| {
            call(lines, names.scalar, &[run[0].pointer(), run[1].pointer(), value.text.clone(), n.to_string()]);
        }),
    }
    Ok(())
}

fn spans(names: &Names, dst: &Area<'_>, [a, b]: [&Area<'_>; 2], lines: &mut Lines<'_>) {
    let [a, b] = if !names.any && same(dst, b) { [b, a] } else { [a, b] };
    // The larger of a vector and itself.
    if !names.any && same(dst, b) {
        return;
    }
    runs(lines, &[dst, a, b], |lines, run, n| {
        call(lines, names.vector, &[run[0].pointer(), run[1].pointer(), run[2].pointer(), n.to_string()]);
    });
}

/// Element `number` of a row, as scalar code reads it.
pub(super) fn element(bang: &Bang, row: &Area<'_>, number: &Text) -> Text {
    bang.read(row, "float", Run::first(row).after(number).index())
}

/// `dst = a * b + c`, rounded twice.
pub(super) fn fma(dst: &Area<'_>, [a, b, c]: [&Area<'_>; 3], lines: &mut Lines<'_>) -> Result<(), String> {
    if dst.elem() != Elem::F32 {
        return Err(format!("no arithmetic on vectors of {}", dst.elem()));
    }
    // The destination may be the first source only (source: BANG C Developer Guide 4.7.2, `__bang_fusion`).
    let [a, b] = if same(dst, b) { [b, a] } else { [a, b] };
    let apart = !same(dst, b) && !same(dst, c);
    let function = if apart { "" } else { helpers::multiply_add(lines.helpers) };
    runs(lines, &[dst, a, b, c], |lines, run, n| {
        let list: Vec<String> = run.iter().map(Run::pointer).collect();
        let n = n.to_string();
        match apart {
            true => call(lines, "__bang_fusion", &[vec!["FUSION_FMA".to_owned()], list, vec![n.clone(), n]].concat()),
            false => call(lines, function, &[list, vec![n]].concat()),
        }
    });
    Ok(())
}
