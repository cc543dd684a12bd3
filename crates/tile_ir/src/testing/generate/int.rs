//! Integer operations, comparisons and selections.

use super::{Generator, Item};
use crate::builder::KernelBuilder;
use crate::op::{BinaryOp, Literal, Number, Predicate};
use crate::types::{Elem, Type};

impl Generator<'_, '_> {
    pub(super) fn int_op(&mut self, b: &mut KernelBuilder) {
        let x = self.pick(|item| item.ty.elem.is_int());
        let Some(x) = x else { return };
        let bitwise = [BinaryOp::And, BinaryOp::Or, BinaryOp::Xor];
        let ops: Vec<BinaryOp> = BinaryOp::ALL.iter().copied().filter(|op| op.takes(false)).collect();
        let op = if x.ty.elem == Elem::I1 { self.choose(&bitwise) } else { self.choose(&ops) };
        let y = match op {
            BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => {
                let divisor = 1 + self.below(9) as i64;
                b.constant(x.ty, Literal::Splat(Number::Int(divisor)))
            }
            BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => {
                let amount = self.below(x.ty.elem.bits()) as i64;
                b.constant(x.ty, Literal::Splat(Number::Int(amount)))
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::DivF
            | BinaryOp::MinF
            | BinaryOp::MaxF => self.make(b, x.ty).value,
        };
        let value = b.binary(op, x.value, y);
        self.push(b, value);
    }

    /// A comparison of exact values, then perhaps a selection by it.
    pub(super) fn mask_op(&mut self, b: &mut KernelBuilder) {
        let Some(x) = self.pick(|item| item.exact) else {
            return;
        };
        let y = self.make_exact(b, x.ty);
        let predicates: Vec<Predicate> = Predicate::ALL
            .iter()
            .map(|row| row.0)
            .filter(|predicate| predicate.is_float() == x.ty.elem.is_float())
            .filter(|predicate| {
                let signed = matches!(predicate, Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe);
                x.ty.elem != Elem::I1 || !signed
            })
            .collect();
        let predicate = self.choose(&predicates);
        let cond = b.compare(predicate, x.value, y.value);
        self.push(b, cond);
        let shape = x.ty.shape;
        let Some(on_true) = self.pick(|item| item.ty.shape == shape || shape.rank() == 0) else {
            return;
        };
        let on_false = self.make(b, on_true.ty);
        if on_false.exact != on_true.exact && !matches!(on_true.ty.elem, Elem::F32) {
            return;
        }
        let value = b.select(cond, on_true.value, on_false.value);
        let (size, exact) = (on_true.size.max(on_false.size), on_true.exact && on_false.exact);
        self.pool.push(Item { value, ty: on_true.ty, size, exact });
    }

    /// A condition: a comparison of an integer scalar with a small constant.
    pub(super) fn condition(&mut self, b: &mut KernelBuilder) -> crate::op::Value {
        let x = self.pick(|item| item.ty == Type::INDEX || item.ty == Type::I32);
        let x = x.unwrap_or_else(|| self.make(b, Type::INDEX));
        let limit = self.below(5) as i64;
        let limit = b.int(x.ty.elem, limit);
        let predicate = self.choose(&[Predicate::SLt, Predicate::UGe, Predicate::IEq, Predicate::ULt]);
        b.compare(predicate, x.value, limit)
    }
}
