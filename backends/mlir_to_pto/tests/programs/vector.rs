//! Vector operations.

use lower_dma::ir::{CoreKernel, Expr, Operand, Scalar, VectorOp};
use tile_ir::{BinaryOp, Elem, Predicate, ReduceOp, UnaryOp};

use super::Program;

fn number(value: f32) -> Operand {
    Operand::Scalar(Expr::Float(value))
}

pub(super) fn unary() -> CoreKernel {
    let mut p = Program::new("unary");
    let x = p.input("x", Elem::F32, 3, 60);
    let positive = p.result(Elem::F32, 3, 60);
    let span = p.span(x);
    p.build.vector(VectorOp::Unary(UnaryOp::Abs), positive, std::slice::from_ref(&span));
    p.output(positive);
    for op in [UnaryOp::Exp, UnaryOp::Floor] {
        p.stored(VectorOp::Unary(op), Elem::F32, [3, 60], std::slice::from_ref(&span));
    }
    for op in [UnaryOp::Log, UnaryOp::Sqrt] {
        let span = p.span(positive);
        p.stored(VectorOp::Unary(op), Elem::F32, [3, 60], &[span]);
    }
    // A part of rows, in place.
    let part = p.part(x, 8, 24);
    p.vector(VectorOp::Unary(UnaryOp::Exp), part.clone(), vec![Operand::Span(part)]);
    p.output(x);
    p.finish()
}

pub(super) fn binary() -> CoreKernel {
    use BinaryOp::{Add, DivF, MaxF, MinF, Mul, Sub};
    let mut p = Program::new("binary");
    let (x, y) = (p.input("x", Elem::F32, 9, 72), p.input("y", Elem::F32, 9, 72));
    let (row, column) = (p.input("row", Elem::F32, 1, 72), p.input("column", Elem::F32, 1, 9));
    for op in [Add, Sub, Mul, DivF, MinF, MaxF] {
        let op = VectorOp::Binary(op);
        for other in [p.span(y), p.row(row), p.column(column)] {
            let span = p.span(x);
            p.stored(op, Elem::F32, [9, 72], &[span, other]);
        }
    }
    for op in [Add, Mul, MinF, MaxF] {
        let span = p.span(x);
        p.stored(VectorOp::Binary(op), Elem::F32, [9, 72], &[span, number(0.75)]);
    }
    // More rows than repeats, and 5 of 8 columns.
    let (tall, short) = (p.input("tall", Elem::F32, 300, 5), p.input("short", Elem::F32, 1, 5));
    let (span, short) = (p.span(tall), p.row(short));
    p.build.vector(VectorOp::Binary(Mul), tall, &[span, short]);
    p.output(tall);
    // Rows that are farther apart than repeats may be.
    let (wide, one) = (p.input("wide", Elem::F32, 2, 2100), p.input("one", Elem::F32, 1, 2100));
    let (span, one) = (p.span(wide), p.row(one));
    p.build.vector(VectorOp::Binary(Sub), wide, &[span, one]);
    p.output(wide);
    // Parts of buffers whose rows are different distances apart.
    let (a, b) = (p.part(x, 8, 32), p.part(y, 16, 32));
    let result = p.result(Elem::F32, 9, 40);
    let dst = p.part(result, 0, 32);
    p.vector(VectorOp::Binary(Add), dst, vec![Operand::Span(a), Operand::Span(b)]);
    let rest = p.part(result, 32, 8);
    p.vector(VectorOp::Copy, rest, vec![number(-1.0)]);
    p.output(result);
    p.finish()
}

pub(super) fn integers() -> CoreKernel {
    use BinaryOp::{Add, MaxS, MinS, Mul, Sub};
    let mut p = Program::new("integers");
    let (x, y) = (p.input("x", Elem::I32, 4, 24), p.input("y", Elem::I32, 4, 24));
    let (row, column) = (p.input("row", Elem::I32, 1, 24), p.input("column", Elem::I32, 1, 4));
    for op in [Add, Sub, Mul, MinS, MaxS] {
        for other in [p.span(y), p.row(row), p.column(column)] {
            let span = p.span(x);
            p.stored(VectorOp::Binary(op), Elem::I32, [4, 24], &[span, other]);
        }
    }
    for op in [Add, Mul, MinS, MaxS] {
        let (span, three) = (p.span(x), Operand::Scalar(Expr::Int(Scalar::I32, -3)));
        p.stored(VectorOp::Binary(op), Elem::I32, [4, 24], &[span, three]);
    }
    p.finish()
}

pub(super) fn fused() -> CoreKernel {
    let mut p = Program::new("fused");
    for at in 0..5 {
        let [a, b, c] = ["a", "b", "c"].map(|name| p.input(&format!("{name}{at}"), Elem::F32, 2, 44));
        let args = [a, b, c].map(|buffer| p.span(buffer));
        // Into each of the operands, into one that is two of them, and into none.
        match at {
            0..3 => {
                let dst = [a, b, c][at];
                p.build.vector(VectorOp::Fma, dst, &args);
                p.output(dst);
            }
            3 => {
                let [a_span, b_span, _] = args;
                p.build.vector(VectorOp::Fma, a, &[a_span.clone(), b_span, a_span]);
                p.output(a);
            }
            _ => {
                p.stored(VectorOp::Fma, Elem::F32, [2, 44], &args);
            }
        }
    }
    p.finish()
}

pub(super) fn casts() -> CoreKernel {
    let mut p = Program::new("casts");
    let x = p.input("x", Elem::F32, 3, 40);
    for elem in [Elem::Bf16, Elem::F16, Elem::I32] {
        let span = p.span(x);
        let narrow = p.stored(VectorOp::Cast, elem, [3, 40], &[span]);
        let span = p.span(narrow);
        p.stored(VectorOp::Cast, Elem::F32, [3, 40], &[span]);
    }
    let bytes = p.input("bytes", Elem::I8, 3, 40);
    let span = p.span(bytes);
    p.stored(VectorOp::Cast, Elem::F16, [3, 40], &[span]);
    p.finish()
}

pub(super) fn fills() -> CoreKernel {
    let mut p = Program::new("fills");
    let numbers =
        [(Elem::F32, Expr::Float(f32::NEG_INFINITY)), (Elem::F16, Expr::Float(0.3)), (Elem::Bf16, Expr::Float(-0.3))];
    for (elem, value) in numbers.into_iter().chain([(Elem::I32, Expr::Int(Scalar::I32, -7))]) {
        p.stored(VectorOp::Copy, elem, [5, 20], &[Operand::Scalar(value)]);
        let name = format!("{elem}");
        let row = p.input(&format!("row_{name}"), elem, 1, 20);
        let column = p.input(&format!("column_{name}"), elem, 1, 5);
        for arg in [p.row(row), p.column(column)] {
            p.stored(VectorOp::Copy, elem, [5, 20], &[arg]);
        }
    }
    for elem in [Elem::F32, Elem::Bf16, Elem::I8, Elem::I32, Elem::I64] {
        let from = p.input(&format!("from_{elem}"), elem, 3, 36);
        let span = p.span(from);
        p.stored(VectorOp::Copy, elem, [3, 36], &[span]);
    }
    // Into the middle of rows: what is beside it stays.
    for (elem, value) in [(Elem::F32, Expr::Float(2.5)), (Elem::Bf16, Expr::Float(2.5))] {
        let wide = p.input(&format!("wide_{elem}"), elem, 6, 96);
        let column = p.input(&format!("middle_{elem}"), elem, 1, 6);
        let parts = [p.part(wide, 16, 32), p.part(wide, 64, 16)];
        p.vector(VectorOp::Copy, parts[0].clone(), vec![Operand::Scalar(value)]);
        let column = p.column(column);
        p.vector(VectorOp::Copy, parts[1].clone(), vec![column]);
        p.output(wide);
        // Between rows of different distances.
        let small = p.result(elem, 6, 32);
        let dst = p.build.all(small);
        p.vector(VectorOp::Copy, dst, vec![Operand::Span(parts[0].clone())]);
        p.output(small);
    }
    p.finish()
}

pub(super) fn masks() -> CoreKernel {
    use Predicate::{FEq, FGe, FGt, FLe, FLt, FNe};
    let mut p = Program::new("masks");
    let (x, y) = (p.input("x", Elem::F32, 5, 300), p.input("y", Elem::F32, 5, 300));
    let mask = p.build.buffer("mask", Elem::I1, 5, 300);
    let result = p.result(Elem::F32, 5, 300);
    let arguments = [(FLt, p.span(y)), (FGe, p.span(y)), (FNe, p.span(x)), (FEq, p.span(y))];
    let numbers = [(FLe, number(0.25)), (FGt, number(-0.5)), (FNe, number(0.0))];
    for (predicate, other) in arguments.into_iter().chain(numbers) {
        let span = p.span(x);
        p.build.vector(VectorOp::Compare(predicate), mask, &[span, other]);
        let args = [p.span(mask), p.span(x), p.span(y)];
        p.build.vector(VectorOp::Select, result, &args);
        p.output(result);
    }
    // Columns 256 to 299 of the mask only; then rows of different distances.
    let (low, high) = (p.part(mask, 0, 256), p.part(mask, 256, 44));
    let (left, right) = (p.part(x, 0, 256), p.part(x, 256, 44));
    p.vector(VectorOp::Compare(FGe), low, vec![Operand::Span(left), number(0.0)]);
    p.vector(VectorOp::Compare(FNe), high, vec![Operand::Span(right), number(0.0)]);
    let args = [p.span(mask), p.span(y), p.span(x)];
    p.build.vector(VectorOp::Select, result, &args);
    p.output(result);
    let small = p.result(Elem::F32, 5, 40);
    let (dst, mask) = (p.build.all(small), p.part(mask, 0, 40));
    let (a, b) = (p.part(x, 0, 40), p.part(y, 0, 40));
    p.vector(VectorOp::Select, dst, vec![Operand::Span(mask), Operand::Span(a), Operand::Span(b)]);
    p.output(small);
    let (i, j) = (p.input("i", Elem::I32, 1, 64), p.input("j", Elem::I32, 1, 64));
    let whole = p.build.buffer("which", Elem::I1, 1, 64);
    let first = p.input("first", Elem::F32, 1, 64);
    let span = p.span(first);
    p.build.vector(VectorOp::Compare(FGt), whole, &[span, number(0.0)]);
    let args = [whole, i, j].map(|buffer| p.span(buffer));
    p.stored(VectorOp::Select, Elem::I32, [1, 64], &args);
    p.finish()
}

pub(super) fn rows() -> CoreKernel {
    let mut p = Program::new("rows");
    let shapes = [(1, 1536), (1, 5), (8, 100), (5, 64), (3, 65), (300, 24), (9, 200)];
    for (at, (rows, cols)) in shapes.into_iter().enumerate() {
        let op = [ReduceOp::Add, ReduceOp::MinF, ReduceOp::MaxF][at % 3];
        let x = p.input(&format!("x{at}"), Elem::F32, rows, cols);
        let span = p.span(x);
        p.stored(VectorOp::ReduceRows(op), Elem::F32, [1, rows], &[span]);
    }
    p.finish()
}

pub(super) fn cols() -> CoreKernel {
    let mut p = Program::new("cols");
    let shapes = [(1, 20), (2, 64), (7, 60), (64, 16), (33, 130)];
    for (at, (rows, cols)) in shapes.into_iter().enumerate() {
        let op = [ReduceOp::MaxF, ReduceOp::Add, ReduceOp::MinF][at % 3];
        let x = p.input(&format!("x{at}"), Elem::F32, rows, cols);
        let span = p.span(x);
        p.stored(VectorOp::ReduceCols(op), Elem::F32, [1, cols], &[span]);
    }
    p.finish()
}

/// Rows that one instruction cannot take together.
pub(super) fn long_rows() -> CoreKernel {
    let mut p = Program::new("long_rows");
    let x = p.input("x", Elem::F32, 2, 16_500);
    let part = p.part(x, 0, 16_400);
    p.vector(VectorOp::Binary(BinaryOp::Mul), part.clone(), vec![Operand::Span(part), number(-2.0)]);
    p.output(x);
    p.finish()
}
