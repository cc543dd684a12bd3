//! Arithmetic, comparisons and selection, element by element.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{I32, I32X4};
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{BinaryOp, Elem, Literal, Number, OpKind, Predicate, Value};

use super::chunk::Chunk;
use super::{Lower, Result};
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Binary operation on elements of type `elem`.
    pub(crate) fn binary(&mut self, op: BinaryOp, elem: Elem, x: &Chunk, y: &Chunk) -> Chunk {
        match Reg::of(elem) {
            Reg::Float => {
                let result = self.zip(x, y, |this, x, y| this.float_binary(op, x, y));
                self.round_to(elem, &result)
            }
            Reg::Int => {
                let (x, y) = match (op, elem) {
                    (BinaryOp::DivU | BinaryOp::RemU | BinaryOp::ShrU, Elem::I8) => {
                        (self.low_byte(x), self.low_byte(y))
                    }
                    _ => (x.clone(), y.clone()),
                };
                let result = if lane_by_lane(op) {
                    self.per_lane(Reg::Int, Reg::Int, &[&x, &y], |this, e| this.int_binary(op, e[0], e[1]))
                } else {
                    self.zip(&x, &y, |this, x, y| this.int_binary(op, x, y))
                };
                if elem == Elem::I8 { self.sign_extend_byte(&result) } else { result }
            }
            Reg::Long => self.zip(x, y, |this, x, y| this.int_binary(op, x, y)),
            Reg::Bool => self.zip(x, y, |this, x, y| this.bool_binary(op, x, y)),
        }
    }

    fn float_binary(&mut self, op: BinaryOp, x: ir::Value, y: ir::Value) -> ir::Value {
        match op {
            BinaryOp::Add => self.b.ins().fadd(x, y),
            BinaryOp::Sub => self.b.ins().fsub(x, y),
            BinaryOp::Mul => self.b.ins().fmul(x, y),
            BinaryOp::DivF => self.b.ins().fdiv(x, y),
            BinaryOp::MinF => self.number_of(FloatCC::LessThan, x, y),
            BinaryOp::MaxF => self.number_of(FloatCC::GreaterThan, x, y),
            // The capability table refuses these on floats.
            BinaryOp::DivS
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
            | BinaryOp::ShrU => x,
        }
    }

    /// minNum or maxNum: the one that compares so, or the number where the other is NaN.
    fn number_of(&mut self, cc: FloatCC, x: ir::Value, y: ir::Value) -> ir::Value {
        // Operand order lets the code generator use its min and max instructions.
        let (less, more) = if cc == FloatCC::LessThan { (x, y) } else { (y, x) };
        let wins = self.b.ins().fcmp(FloatCC::LessThan, less, more);
        let best = self.choose(wins, x, y);
        let nan = self.b.ins().fcmp(FloatCC::Unordered, y, y);
        self.choose(nan, x, best)
    }

    fn int_choose(&mut self, cc: IntCC, x: ir::Value, y: ir::Value) -> ir::Value {
        let wins = self.b.ins().icmp(cc, x, y);
        self.choose(wins, x, y)
    }

    /// Integer operation on 32 or 64 bits, scalar or vector.
    fn int_binary(&mut self, op: BinaryOp, x: ir::Value, y: ir::Value) -> ir::Value {
        match op {
            BinaryOp::Add => self.b.ins().iadd(x, y),
            BinaryOp::Sub => self.b.ins().isub(x, y),
            BinaryOp::Mul => self.b.ins().imul(x, y),
            BinaryOp::DivS | BinaryOp::RemS | BinaryOp::DivU | BinaryOp::RemU => self.divide(op, x, y),
            BinaryOp::MinS => self.int_choose(IntCC::SignedLessThan, x, y),
            BinaryOp::MaxS => self.int_choose(IntCC::SignedGreaterThan, x, y),
            BinaryOp::MinU => self.int_choose(IntCC::UnsignedLessThan, x, y),
            BinaryOp::MaxU => self.int_choose(IntCC::UnsignedGreaterThan, x, y),
            BinaryOp::And => self.b.ins().band(x, y),
            BinaryOp::Or => self.b.ins().bor(x, y),
            BinaryOp::Xor => self.b.ins().bxor(x, y),
            BinaryOp::Shl => self.b.ins().ishl(x, y),
            BinaryOp::ShrS => self.b.ins().sshr(x, y),
            BinaryOp::ShrU => self.b.ins().ushr(x, y),
            // The capability table refuses these on integers.
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => x,
        }
    }

    /// Division that cannot fault: by zero it gives the dividend, and the one overflow wraps.
    fn divide(&mut self, op: BinaryOp, x: ir::Value, y: ir::Value) -> ir::Value {
        let ty = self.b.func.dfg.value_type(y);
        let zero = self.b.ins().iconst(ty, 0);
        let one = self.b.ins().iconst(ty, 1);
        let is_zero = self.b.ins().icmp(IntCC::Equal, y, zero);
        let safe = self.b.ins().select(is_zero, one, y);
        if op == BinaryOp::DivU {
            return self.b.ins().udiv(x, safe);
        }
        if op == BinaryOp::RemU {
            return self.b.ins().urem(x, safe);
        }
        let minus = self.b.ins().iconst(ty, -1);
        let is_minus = self.b.ins().icmp(IntCC::Equal, y, minus);
        let safe = self.b.ins().select(is_minus, one, safe);
        if op == BinaryOp::DivS {
            let quotient = self.b.ins().sdiv(x, safe);
            let negated = self.b.ins().ineg(x);
            self.b.ins().select(is_minus, negated, quotient)
        } else {
            let remainder = self.b.ins().srem(x, safe);
            self.b.ins().select(is_minus, zero, remainder)
        }
    }

    /// Operation modulo 2. As a signed number, true is -1, the smaller.
    fn bool_binary(&mut self, op: BinaryOp, x: ir::Value, y: ir::Value) -> ir::Value {
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Xor => self.b.ins().bxor(x, y),
            BinaryOp::Mul | BinaryOp::And | BinaryOp::MaxS | BinaryOp::MinU => self.b.ins().band(x, y),
            BinaryOp::Or | BinaryOp::MinS | BinaryOp::MaxU => self.b.ins().bor(x, y),
            // The capability table refuses these on bools.
            BinaryOp::DivF
            | BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => x,
        }
    }

    /// The amount of a shift by one known amount.
    pub(crate) fn uniform_shift(&self, op: BinaryOp, amount: Value) -> Option<i64> {
        if !matches!(op, BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU) {
            return None;
        }
        let kind = &self.plan.defs[amount.index()]?.kind;
        if let OpKind::Constant(Literal::Splat(Number::Int(amount))) = kind {
            return Some(*amount);
        }
        if let OpKind::Broadcast(value) = kind { self.uniform_shift(op, *value) } else { None }
    }

    /// Shifts all elements by one amount.
    pub(crate) fn shift_all(&mut self, op: BinaryOp, elem: Elem, x: &Chunk, amount: i64) -> Chunk {
        let x = if op == BinaryOp::ShrU && elem == Elem::I8 { self.low_byte(x) } else { x.clone() };
        let result = self.map(&x, |this, part| {
            let amount = this.b.ins().iconst(I32, amount);
            this.int_binary(op, part, amount)
        });
        if elem == Elem::I8 { self.sign_extend_byte(&result) } else { result }
    }

    /// Bytes as unsigned numbers.
    pub(crate) fn low_byte(&mut self, x: &Chunk) -> Chunk {
        self.map(x, |this, part| {
            let ty = this.b.func.dfg.value_type(part);
            let mask = this.int_const(ty, 0xff);
            this.b.ins().band(part, mask)
        })
    }

    /// Brings the result of byte arithmetic back to its register form.
    pub(crate) fn sign_extend_byte(&mut self, x: &Chunk) -> Chunk {
        self.map(x, |this, part| {
            let by = this.b.ins().iconst(I32, 24);
            let high = this.b.ins().ishl(part, by);
            this.b.ins().sshr(high, by)
        })
    }

    /// Comparison of elements of class `reg`.
    pub(crate) fn compare(&mut self, predicate: Predicate, reg: Reg, x: &Chunk, y: &Chunk) -> Chunk {
        let float = |cc: FloatCC| (Some(cc), IntCC::Equal);
        let int = |cc: IntCC| (None, cc);
        let (float, int) = match predicate {
            Predicate::FEq => float(FloatCC::Equal),
            Predicate::FNe => float(FloatCC::NotEqual),
            Predicate::FLt => float(FloatCC::LessThan),
            Predicate::FLe => float(FloatCC::LessThanOrEqual),
            Predicate::FGt => float(FloatCC::GreaterThan),
            Predicate::FGe => float(FloatCC::GreaterThanOrEqual),
            Predicate::IEq => int(IntCC::Equal),
            Predicate::INe => int(IntCC::NotEqual),
            Predicate::SLt => int(IntCC::SignedLessThan),
            Predicate::SLe => int(IntCC::SignedLessThanOrEqual),
            Predicate::SGt => int(IntCC::SignedGreaterThan),
            Predicate::SGe => int(IntCC::SignedGreaterThanOrEqual),
            Predicate::ULt => int(IntCC::UnsignedLessThan),
            Predicate::ULe => int(IntCC::UnsignedLessThanOrEqual),
            Predicate::UGt => int(IntCC::UnsignedGreaterThan),
            Predicate::UGe => int(IntCC::UnsignedGreaterThanOrEqual),
        };
        let one = |this: &mut Self, x: ir::Value, y: ir::Value| match float {
            Some(cc) => this.b.ins().fcmp(cc, x, y),
            None => this.b.ins().icmp(int, x, y),
        };
        if reg == Reg::Long && x.lanes > 1 {
            return self.per_lane(Reg::Long, Reg::Bool, &[x, y], |this, e| one(this, e[0], e[1]));
        }
        self.zip(x, y, |this, x, y| one(this, x, y))
    }

    /// `cond ? yes : no` on elements of class `reg`.
    pub(crate) fn select(&mut self, reg: Reg, cond: &Chunk, yes: &Chunk, no: &Chunk) -> Chunk {
        let lanes = yes.lanes;
        if lanes == 1 || reg.vector().is_some() {
            let pairs: Vec<_> = yes.parts.iter().copied().zip(no.parts.iter().copied()).collect();
            let parts =
                pairs.into_iter().zip(&cond.parts).map(|((yes, no), &cond)| self.choose(cond, yes, no)).collect();
            return Chunk { lanes, parts };
        }
        let conds = self.all_lanes(Reg::Bool, cond);
        let parts = conds
            .into_iter()
            .zip(yes.parts.iter().zip(&no.parts))
            .map(|(cond, (&yes, &no))| self.b.ins().select(cond, yes, no))
            .collect();
        Chunk { lanes, parts }
    }

    /// `x * y + z`, rounded once.
    pub(crate) fn fused(&mut self, x: &Chunk, y: &Chunk, z: &Chunk) -> Result<Chunk> {
        if self.features.fma() {
            let parts =
                x.parts.iter().zip(&y.parts).zip(&z.parts).map(|((&x, &y), &z)| self.b.ins().fma(x, y, z)).collect();
            return Ok(Chunk { lanes: x.lanes, parts });
        }
        let call = self.maths("fmaf", 3)?;
        Ok(self.per_lane(Reg::Float, Reg::Float, &[x, y, z], |this, e| this.call(call, e)))
    }

    /// `x * y + z`, rounded once or twice, whichever is fast. `x` should be the operand not used again: x86 overwrites it.
    pub(crate) fn multiply_add(&mut self, x: ir::Value, y: ir::Value, z: ir::Value) -> ir::Value {
        if self.features.fma() {
            self.b.ins().fma(x, y, z)
        } else {
            let product = self.b.ins().fmul(x, y);
            self.b.ins().fadd(product, z)
        }
    }

    /// Whether every lane of a chunk of bools is true, as a scalar bool.
    pub(crate) fn all_true(&mut self, cond: &Chunk) -> ir::Value {
        if cond.lanes == 1 {
            return cond.parts[0];
        }
        let mut all = cond.parts[0];
        for &part in &cond.parts[1..] {
            all = self.b.ins().band(all, part);
        }
        let all = self.recast(I32X4, all);
        self.b.ins().vall_true(all)
    }
}

/// Operations without a vector instruction that takes an amount per lane.
fn lane_by_lane(op: BinaryOp) -> bool {
    match op {
        BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => true,
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::DivF
        | BinaryOp::MinF
        | BinaryOp::MaxF
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor => false,
    }
}
