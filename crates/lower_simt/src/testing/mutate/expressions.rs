//! Damaged expressions.

use tile_ir::{BinaryOp, Predicate, UnaryOp};

use super::operators::{inverse, neighbour, one, other_binary, other_float, other_unary};
use crate::ir::{Builtin, Convert, Expr, LaneKernel, Scalar, Stmt, StmtKind};

/// Name of the damaged operation, what was done, the expression in its place.
pub(super) type ExprChange = (String, String, Expr);

pub(super) fn expressions(kernel: &LaneKernel, stmt: &Stmt, expr: &Expr, parent: Option<&Expr>) -> Vec<ExprChange> {
    let change = |op: String, change: &str, by: Expr| (op, change.to_string(), by);
    match expr {
        Expr::Float(value) => vec![change("Float".into(), "another value", Expr::Float(other_float(*value)))],
        // Bounds are damaged by a whole step, with their loop.
        Expr::Int(..) if parent.is_none() && matches!(stmt.kind, StmtKind::For { .. }) => vec![],
        Expr::Int(scalar, bits) => {
            // Where one thread is chosen to do what any could do, another would do it as well: choose nobody.
            let chooses = matches!(parent, Some(Expr::Compare(Predicate::IEq, ..)));
            let by = if chooses { 1 << 20 } else { 1 };
            let next = bits.wrapping_add(by) & (u64::MAX >> (64 - scalar.bits()));
            vec![change("Int".into(), if chooses { "far from it" } else { "one more" }, Expr::Int(*scalar, next))]
        }
        Expr::Bool(bit) => vec![change("Bool".into(), "inverted", Expr::Bool(!bit))],
        // Their definitions are damaged.
        Expr::Var(_) | Expr::Element(..) => vec![],
        Expr::Builtin(builtin) => {
            let other = match builtin {
                Builtin::Thread => Expr::Builtin(Builtin::Lane),
                Builtin::Lane => Expr::Builtin(Builtin::Thread),
                Builtin::Subgroup | Builtin::Program(_) => Expr::int(0),
            };
            let name = format!("Builtin::{builtin:?}");
            vec![change(name, "another number", other)]
        }
        Expr::Param(_) => vec![change("Param".into(), "constant 1", one(expr.scalar(kernel)))],
        Expr::Unary(op, x) => {
            let name = format!("Unary::{op:?}");
            let other = Expr::Unary(other_unary(*op), x.clone());
            vec![change(name.clone(), "dropped", (**x).clone()), change(name, "another operation", other)]
        }
        Expr::Binary(op, x, y) => {
            let name = format!("Binary::{op:?}");
            let other = other_binary(*op, x.scalar(kernel));
            let swapped = Expr::Binary(other, x.clone(), y.clone());
            let all = change(name.clone(), &format!("{other:?} instead"), swapped);
            vec![all, change(name, "left operand only", (**x).clone())]
        }
        Expr::Fma(x, y, z) => {
            let product = Expr::Binary(BinaryOp::Mul, x.clone(), y.clone());
            let sum = Expr::Binary(BinaryOp::Add, x.clone(), z.clone());
            vec![change("Fma".into(), "addend dropped", product), change("Fma".into(), "factor dropped", sum)]
        }
        Expr::Compare(predicate, x, y) => {
            let inverse = Expr::Compare(inverse(*predicate), x.clone(), y.clone());
            let neighbour = Expr::Compare(neighbour(*predicate), x.clone(), y.clone());
            let name = format!("Compare::{predicate:?}");
            vec![change(name.clone(), "inverted", inverse), change(name, "neighbour", neighbour)]
        }
        Expr::Select(_, x, y) => vec![
            change("Select".into(), "first always", (**x).clone()),
            change("Select".into(), "second always", (**y).clone()),
        ],
        Expr::Convert(convert, x) => damaged_convert(kernel, *convert, x),
        Expr::Load(place) => {
            let mut next = place.clone();
            let step = one(place.offset.scalar(kernel));
            next.offset = Box::new(Expr::Binary(BinaryOp::Add, next.offset, Box::new(step)));
            vec![change("Load".into(), "next element", Expr::Load(next))]
        }
    }
}

fn damaged_convert(kernel: &LaneKernel, convert: Convert, x: &Expr) -> Vec<ExprChange> {
    let name = format!("Convert::{convert:?}");
    let of = |convert| Expr::Convert(convert, Box::new(x.clone()));
    // Where both are defined, conversions to signed and unsigned numbers agree: the value is damaged.
    let twice = || Box::new(Expr::Binary(BinaryOp::Add, Box::new(x.clone()), Box::new(x.clone())));
    let changed = match convert {
        Convert::Round(_) => {
            let whole = Expr::Unary(UnaryOp::Floor, Box::new(x.clone()));
            return vec![(name.clone(), "dropped".into(), x.clone()), (name, "to whole numbers".into(), whole)];
        }
        Convert::SignedToFloat => (name, "as unsigned".into(), of(Convert::UnsignedToFloat)),
        Convert::UnsignedToFloat => match x.scalar(kernel) {
            Scalar::Bool => (name, "constant 1".into(), Expr::Float(1.0)),
            Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64 => {
                (name, "as signed".into(), of(Convert::SignedToFloat))
            }
        },
        Convert::FloatToSigned(to) => {
            (name, "of twice the value".into(), Expr::Convert(Convert::FloatToSigned(to), twice()))
        }
        Convert::FloatToUnsigned(to) => {
            (name, "of twice the value".into(), Expr::Convert(Convert::FloatToUnsigned(to), twice()))
        }
        Convert::SignExtend(to) => (name, "zero-extended".into(), of(Convert::ZeroExtend(to))),
        Convert::ZeroExtend(to) => (name, "sign-extended".into(), of(Convert::SignExtend(to))),
        Convert::Truncate(to) => (name, "constant 1".into(), one(to)),
        Convert::Bits(to) => {
            let by = if to == Scalar::F32 { Convert::SignedToFloat } else { Convert::FloatToSigned(to) };
            (name, "by value".into(), of(by))
        }
    };
    vec![changed]
}
