//! Vector operations and copies.

use tile_ir::{BinaryOp, Elem, Number, ReduceOp};

use super::arith;
use super::local::{Local, Num};
use super::queue::{At, Value};
use super::trap::TrapKind;
use crate::ir::VectorOp;

impl At {
    pub(super) const fn index(&self, row: u64, col: u64) -> u64 {
        self.first + row * self.pitch + col
    }
}

impl Local {
    fn read(&self, at: &At, row: u64, col: u64) -> Option<Num> {
        self.get(at.elem, at.base, at.index(row, col))
    }

    /// Makes undefined what an operation may write beside its result.
    pub(super) fn spoil(&mut self, at: &At) {
        for row in 0..at.rows {
            for col in at.cols..at.wide {
                self.set(at.elem, at.base, at.index(row, col), None);
            }
        }
    }
}

fn value(local: &Local, value: &Value, row: u64, col: u64) -> Option<Num> {
    match value {
        Value::Span(at) => local.read(at, row, col),
        Value::Row(at) => local.read(at, 0, col),
        Value::Column(at) => local.read(at, 0, row),
        Value::Scalar(value) => Some(*value),
    }
}

const fn elem(value: &Value) -> Option<Elem> {
    match value {
        Value::Span(at) | Value::Row(at) | Value::Column(at) => Some(at.elem),
        Value::Scalar(_) => None,
    }
}

/// The operation of two operands that reduces.
pub(super) const fn combine(op: ReduceOp) -> BinaryOp {
    match op {
        ReduceOp::Add => BinaryOp::Add,
        ReduceOp::MinF => BinaryOp::MinF,
        ReduceOp::MaxF => BinaryOp::MaxF,
        ReduceOp::MinS => BinaryOp::MinS,
        ReduceOp::MaxS => BinaryOp::MaxS,
        ReduceOp::MinU => BinaryOp::MinU,
        ReduceOp::MaxU => BinaryOp::MaxU,
    }
}

/// Runs one vector operation.
pub(super) fn vector(local: &mut Local, op: VectorOp, dst: &At, args: &[Value]) -> Result<(), TrapKind> {
    let width = |elem: Elem| if elem == Elem::I1 { 1 } else { elem.bits() as u32 };
    let reduced = |op: ReduceOp, mut list: Vec<Option<Num>>| -> Result<Option<Num>, TrapKind> {
        let Some(mut sum) = list.pop() else { return Err(TrapKind::Type) };
        for item in list.into_iter().rev() {
            sum = match (sum, item) {
                (Some(x), Some(y)) => Some(arith::binary(combine(op), x, y, width(dst.elem)).ok_or(TrapKind::Type)?),
                (_, _) => None,
            };
        }
        Ok(sum)
    };
    match (op, args) {
        (VectorOp::ReduceRows(kind), [Value::Span(src)]) => {
            for row in 0..src.rows {
                let list = (0..src.cols).map(|col| local.read(src, row, col)).collect();
                let sum = reduced(kind, list)?;
                local.set(dst.elem, dst.base, dst.index(0, row), sum);
            }
            destroy(local, src);
        }
        (VectorOp::ReduceRows(kind), [Value::Span(src), Value::Span(start)]) => {
            for row in 0..src.rows {
                let own = (0..src.cols).map(|col| local.read(src, row, col));
                let list = own.chain([local.read(start, 0, row)]).collect();
                let sum = reduced(kind, list)?;
                local.set(dst.elem, dst.base, dst.index(0, row), sum);
            }
            destroy(local, src);
            return Ok(());
        }
        (VectorOp::ReduceCols(kind), [Value::Span(src)]) => {
            for col in 0..src.cols {
                let list = (0..src.rows).map(|row| local.read(src, row, col)).collect();
                let sum = reduced(kind, list)?;
                local.set(dst.elem, dst.base, dst.index(0, col), sum);
            }
            destroy(local, src);
        }
        (
            VectorOp::Copy
            | VectorOp::Unary(_)
            | VectorOp::Binary(_)
            | VectorOp::Fma
            | VectorOp::Compare(_)
            | VectorOp::Select
            | VectorOp::Cast
            | VectorOp::Iota,
            _,
        ) => {
            for row in 0..dst.rows {
                for col in 0..dst.cols {
                    let operands: Option<Vec<Num>> = args.iter().map(|arg| value(local, arg, row, col)).collect();
                    let result = match operands {
                        Some(operands) => Some(element(op, dst.elem, args, &operands, col)?),
                        None => None,
                    };
                    local.set(dst.elem, dst.base, dst.index(row, col), result);
                }
            }
        }
        (VectorOp::ReduceRows(_) | VectorOp::ReduceCols(_), _) => return Err(TrapKind::Type),
    }
    local.spoil(dst);
    Ok(())
}

/// The operand of a reduction is used up.
fn destroy(local: &mut Local, src: &At) {
    for row in 0..src.rows {
        for col in 0..src.wide.max(src.cols) {
            local.set(src.elem, src.base, src.index(row, col), None);
        }
    }
}

fn element(op: VectorOp, to: Elem, args: &[Value], x: &[Num], col: u64) -> Result<Num, TrapKind> {
    let bits = |elem: Elem| if elem == Elem::I1 { 1 } else { elem.bits() as u32 };
    match (op, x) {
        (VectorOp::Copy, [a]) => Ok(*a),
        (VectorOp::Unary(op), [Num::F(a)]) => Ok(Num::F(arith::unary(op, *a))),
        (VectorOp::Binary(op), [a, b]) => arith::binary(op, *a, *b, bits(to)).ok_or(TrapKind::Type),
        (VectorOp::Fma, [Num::F(a), Num::F(b), Num::F(c)]) => Ok(Num::F(a.mul_add(*b, *c))),
        (VectorOp::Compare(predicate), [a, b]) => {
            let from = args.first().and_then(elem).ok_or(TrapKind::Type)?;
            arith::compare(predicate, *a, *b, bits(from)).map(|c| Num::I(i64::from(c))).ok_or(TrapKind::Type)
        }
        (VectorOp::Select, [m, a, b]) => Ok(if m.int() != 0 { *a } else { *b }),
        (VectorOp::Cast, [a]) => Ok(match (a, to.is_float()) {
            (Num::F(a), true) => Num::F(arith::round(to, *a)),
            (Num::F(a), false) => Num::I(arith::to_signed(*a, bits(to))),
            (Num::I(a), true) => Num::F(arith::round(to, *a as f32)),
            (Num::I(a), false) => Num::I(arith::wrap(*a, bits(to))),
        }),
        (VectorOp::Iota, [a]) => Ok(Num::I(arith::wrap(a.int() + col as i64, bits(to)))),
        (
            VectorOp::Copy
            | VectorOp::Unary(_)
            | VectorOp::Binary(_)
            | VectorOp::Fma
            | VectorOp::Compare(_)
            | VectorOp::Select
            | VectorOp::Cast
            | VectorOp::Iota
            | VectorOp::ReduceRows(_)
            | VectorOp::ReduceCols(_),
            _,
        ) => Err(TrapKind::Type),
    }
}

/// A pad as a number in memory.
pub(super) const fn number(number: Number) -> Num {
    match number {
        Number::Float(x) => Num::F(x),
        Number::Int(x) => Num::I(x),
    }
}
