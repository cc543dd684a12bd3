//! Arithmetic on `index` around counted loops.

use tile_ir::{BinaryOp, CastOp, Elem, Loc, Number, Op, OpKind, Type, Value};

use super::structure::Structurer;

/// Emits scalar arithmetic on `index`.
pub(super) struct Emit<'a> {
    /// Place of what is emitted.
    pub(super) loc: Loc,
    /// Where it is appended.
    pub(super) ops: &'a mut Vec<Op>,
}

impl Emit<'_> {
    fn op(&mut self, s: &mut Structurer, kind: OpKind, ty: Type) -> Value {
        let result = s.cfg.value(ty);
        self.ops.push(Op { kind, results: vec![result], loc: self.loc.clone() });
        result
    }

    pub(super) fn index(&self, s: &mut Structurer, number: i64) -> Value {
        s.cfg.constant(Type::INDEX, Number::Int(number), &self.loc)
    }

    pub(super) fn as_index(&mut self, s: &mut Structurer, value: Value, signed: bool) -> Value {
        match s.cfg.integer(value) {
            Some(number) if signed || number >= 0 => self.index(s, number),
            _ => self.op(s, OpKind::Cast(index_cast(signed), value), Type::INDEX),
        }
    }

    pub(super) fn as_integer(&mut self, s: &mut Structurer, value: Value, elem: Elem, signed: bool) -> Value {
        self.op(s, OpKind::Cast(index_cast(signed), value), Type::scalar(elem))
    }

    pub(super) fn add(&mut self, s: &mut Structurer, value: Value, number: i64) -> Value {
        if number == 0 {
            return value;
        }
        match s.cfg.integer(value) {
            Some(known) => self.index(s, known.saturating_add(number)),
            None => {
                let number = self.index(s, number);
                self.op(s, OpKind::Binary(BinaryOp::Add, value, number), Type::INDEX)
            }
        }
    }

    pub(super) fn sub(&mut self, s: &mut Structurer, a: Value, b: Value) -> Value {
        match (s.cfg.integer(a), s.cfg.integer(b)) {
            (Some(a), Some(b)) => self.index(s, a.saturating_sub(b)),
            (_, Some(0)) => a,
            _ => self.op(s, OpKind::Binary(BinaryOp::Sub, a, b), Type::INDEX),
        }
    }

    /// `init + (induction - lower) * factor`, in `init`'s type.
    pub(super) fn moved(&mut self, s: &mut Structurer, moves: (Value, i64), induction: Value, lower: Value) -> Value {
        let (init, factor) = moves;
        let ty = s.cfg.ty(init);
        let distance = self.sub(s, induction, lower);
        let distance = self.as_integer(s, distance, ty.elem, false);
        let (op, factor) = if factor < 0 { (BinaryOp::Sub, factor.wrapping_neg()) } else { (BinaryOp::Add, factor) };
        let distance = match factor {
            1 => distance,
            factor => {
                let factor = s.cfg.constant(ty, Number::Int(factor), &self.loc);
                self.op(s, OpKind::Binary(BinaryOp::Mul, distance, factor), ty)
            }
        };
        if op == BinaryOp::Add && s.cfg.integer(init) == Some(0) {
            return distance;
        }
        self.op(s, OpKind::Binary(op, init, distance), ty)
    }
}

fn index_cast(signed: bool) -> CastOp {
    if signed { CastOp::IndexS } else { CastOp::IndexU }
}
