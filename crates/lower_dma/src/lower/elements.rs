//! Elementwise operations on chunks, by vector operations where the target has them and they are exact.
//!
//! 16-bit floats are held as `f32` and rounded after each operation. Booleans are held as 1.0 and 0.0, so that logic is arithmetic; a
//! mask is made where one is needed. Integers are compared as `f32` where they are known to be exact there.

use tile_ir::{BinaryOp, CastOp, Elem, Op, OpKind, Predicate, Value};

use super::exprs::{add, int, mul};
use super::facts::EXACT;
use super::scalar::{from_held, to_held};
use super::state::{Chunk, Lower, Result};
use crate::ir::{Expr, Operand, Span, StmtKind, VectorOp};

impl Lower<'_> {
    /// An elementwise operation on a chunk.
    pub(super) fn elementwise(&mut self, op: &Op, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let result = op.results[0];
        let elem = self.facts.ty(result).elem;
        if elem.is_float() && elem != Elem::F32 && !matches!(op.kind, OpKind::Cast(CastOp::ExtF, _)) {
            if let OpKind::Select { .. } = op.kind {
                return self.plain(op, chunk, into);
            }
            let wide = self.plain(op, chunk, None)?;
            let wide = self.spread(wide, Elem::F32, chunk.rows, chunk.cols)?;
            let narrow = self.temp(elem, chunk.rows, chunk.cols);
            self.vector(VectorOp::Cast, &narrow, vec![Operand::Span(wide)]);
            let dst = self.target_of(into, Elem::F32, chunk.rows, chunk.cols);
            self.vector(VectorOp::Cast, &dst, vec![Operand::Span(narrow)]);
            return Ok(Operand::Span(dst));
        }
        self.plain(op, chunk, into)
    }

    /// Without rounding to 16 bits.
    fn plain(&mut self, op: &Op, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let result = op.results[0];
        let (rows, cols, held) = (chunk.rows, chunk.cols, self.facts.held(result));
        match &op.kind {
            OpKind::Unary(kind, x) => {
                let x = self.eval(*x, chunk, None)?;
                return self.unary(op, *kind, x, rows, cols, into);
            }
            OpKind::Binary(kind, x, y) => {
                let elem = self.facts.ty(*x).elem;
                let (a, b) = (self.eval(*x, chunk, None)?, self.eval(*y, chunk, None)?);
                if elem.is_float() {
                    return self.arithmetic(*kind, a, b, Elem::F32, chunk, into);
                }
                if elem == Elem::I1 {
                    return self.logic(*kind, a, b, chunk, into);
                }
                let held_as = |elem| [*x, *y, result].iter().all(|&value| self.facts.held(value) == elem);
                if let Some(float) = as_float(*kind)
                    && held_as(Elem::F32)
                    && self.stays(*kind, *x, *y, elem)
                {
                    return self.arithmetic(float, a, b, Elem::F32, chunk, into);
                }
                let wraps = self.facts.target.vectors.is_some() && elem == Elem::I32;
                // Other numbers are held with their signs.
                let signed = elem == Elem::I32 || keeps_signs(*kind);
                if held_as(Elem::I32)
                    && self.facts.target.binary_i32.contains(kind)
                    && signed
                    && (wraps || self.stays(*kind, *x, *y, elem))
                {
                    return self.arithmetic(*kind, a, b, Elem::I32, chunk, into);
                }
            }
            OpKind::Fma(x, y, z) => {
                let parts = [x, y, z].iter().map(|value| self.eval_span(**value, chunk)).collect::<Result<Vec<_>>>()?;
                let dst = self.target_of(into, Elem::F32, rows, cols);
                self.vector(VectorOp::Fma, &dst, parts.into_iter().map(Operand::Span).collect());
                return Ok(Operand::Span(dst));
            }
            OpKind::Compare(predicate, x, _) if self.facts.ty(*x).elem == Elem::I1 => {
                return self.compare_bools(*predicate, op, chunk, into);
            }
            OpKind::Compare(..) => {
                if let Some(mask) = self.compare_mask(op, chunk)? {
                    let one = self.temp(Elem::F32, rows, cols);
                    self.vector(VectorOp::Copy, &one, vec![Operand::Scalar(Expr::Float(1.0))]);
                    let zero = self.temp(Elem::F32, rows, cols);
                    self.vector(VectorOp::Copy, &zero, vec![Operand::Scalar(Expr::Float(0.0))]);
                    let dst = self.target_of(into, Elem::F32, rows, cols);
                    self.vector(VectorOp::Select, &dst, [mask, one, zero].map(Operand::Span).to_vec());
                    return Ok(Operand::Span(dst));
                }
            }
            OpKind::Select { cond, on_true, on_false } if self.facts.ty(*cond).is_scalar() => {
                return self.choose(*cond, *on_true, *on_false, held, chunk, into);
            }
            OpKind::Select { cond, on_true, on_false } => {
                let same = [*on_true, *on_false].iter().all(|&value| self.facts.held(value) == held);
                if same && held != Elem::I64 {
                    let mask = self.mask(*cond, chunk)?;
                    let (x, y) = (self.eval_span(*on_true, chunk)?, self.eval_span(*on_false, chunk)?);
                    let dst = self.target_of(into, held, rows, cols);
                    self.vector(VectorOp::Select, &dst, [mask, x, y].map(Operand::Span).to_vec());
                    return Ok(Operand::Span(dst));
                }
            }
            OpKind::Cast(cast, x) => {
                if let Some(operand) = self.cast(*cast, *x, result, chunk, into)? {
                    return Ok(operand);
                }
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Constant(_)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => return self.broken("no elementwise operation"),
        }
        let mut operands = Vec::new();
        for value in op.kind.operands() {
            let (elem, held) = (self.facts.ty(value).elem, self.facts.held(value));
            operands.push((self.eval(value, chunk, None)?, elem, held));
        }
        let dst = self.target_of(into, held, rows, cols);
        self.loop_elements(op, &operands, chunk, &dst)?;
        Ok(Operand::Span(dst))
    }

    /// Whether no result leaves the range of the type, so that it does not matter what the vector unit does then.
    fn stays(&self, kind: BinaryOp, x: Value, y: Value, elem: Elem) -> bool {
        let (Some(x), Some(y)) = (self.facts.analysis.range(x), self.facts.analysis.range(y)) else { return false };
        let wide = |n: i64| i128::from(n);
        let ends = [(x.lo(), y.lo()), (x.lo(), y.hi()), (x.hi(), y.lo()), (x.hi(), y.hi())];
        let results = ends.map(|(a, b)| match kind {
            BinaryOp::Add => wide(a) + wide(b),
            BinaryOp::Sub => wide(a) - wide(b),
            BinaryOp::Mul => wide(a) * wide(b),
            // One of the operands, or what is not asked about.
            BinaryOp::DivF
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
            | BinaryOp::ShrU => wide(a),
        });
        let (lo, hi) = match elem {
            Elem::I8 => (i128::from(i8::MIN), i128::from(i8::MAX)),
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => {
                (i128::from(i32::MIN), i128::from(i32::MAX))
            }
        };
        results.iter().all(|n| (lo..=hi).contains(n))
    }

    /// Arithmetic of two operands in any form.
    pub(super) fn arithmetic(
        &mut self,
        kind: BinaryOp,
        a: Operand,
        b: Operand,
        held: Elem,
        chunk: &Chunk,
        into: Option<&Span>,
    ) -> Result<Operand> {
        let (rows, cols) = (chunk.rows, chunk.cols);
        let is_span = |operand: &Operand| matches!(operand, Operand::Span(_));
        let is_scalar = |operand: &Operand| matches!(operand, Operand::Scalar(_));
        let commutes = match kind {
            BinaryOp::Add | BinaryOp::Mul | BinaryOp::MinF | BinaryOp::MaxF | BinaryOp::MinS | BinaryOp::MaxS => true,
            BinaryOp::Sub
            | BinaryOp::DivF
            | BinaryOp::DivS
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
            | BinaryOp::ShrU => false,
        };
        let (a, b) = if commutes && !is_span(&a) && is_span(&b) { (b, a) } else { (a, b) };
        if let (BinaryOp::Sub, Elem::F32, Operand::Scalar(x), true) = (kind, held, &b, is_span(&a)) {
            let negative = match x {
                Expr::Float(x) => Expr::Float(-x),
                x => Expr::Unary(tile_ir::UnaryOp::Neg, Box::new(x.clone())),
            };
            return self.arithmetic(BinaryOp::Add, a, Operand::Scalar(negative), held, chunk, into);
        }
        let a = self.spread(a, held, rows, cols)?;
        let b = if is_scalar(&b) && !commutes { Operand::Span(self.spread(b, held, rows, cols)?) } else { b };
        let dst = self.target_of(into, held, rows, cols);
        self.vector(VectorOp::Binary(kind), &dst, vec![Operand::Span(a), b]);
        Ok(Operand::Span(dst))
    }

    /// `and`, `or`, `xor` of ones and zeros.
    fn logic(&mut self, kind: BinaryOp, a: Operand, b: Operand, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        match kind {
            BinaryOp::And => self.arithmetic(BinaryOp::MinF, a, b, Elem::F32, chunk, into),
            BinaryOp::Or => self.arithmetic(BinaryOp::MaxF, a, b, Elem::F32, chunk, into),
            BinaryOp::Xor => self.distance(a, b, chunk, into),
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
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => self.broken("booleans have no such operation"),
        }
    }

    /// `|a - b|`.
    fn distance(&mut self, a: Operand, b: Operand, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let apart = self.arithmetic(BinaryOp::Sub, a, b, Elem::F32, chunk, None)?;
        let dst = self.target_of(into, Elem::F32, chunk.rows, chunk.cols);
        self.vector(VectorOp::Unary(tile_ir::UnaryOp::Abs), &dst, vec![apart]);
        Ok(Operand::Span(dst))
    }

    fn compare_bools(&mut self, predicate: Predicate, op: &Op, chunk: &Chunk, into: Option<&Span>) -> Result<Operand> {
        let operands = op.kind.operands();
        let (a, b) = (self.eval(operands[0], chunk, None)?, self.eval(operands[1], chunk, None)?);
        // One where `x` is one and `y` is zero.
        let above = |lower: &mut Self, x, y, into: Option<&Span>| {
            let apart = lower.arithmetic(BinaryOp::Sub, x, y, Elem::F32, chunk, None)?;
            lower.arithmetic(BinaryOp::MaxF, apart, Operand::Scalar(Expr::Float(0.0)), Elem::F32, chunk, into)
        };
        let not = |lower: &mut Self, x, into: Option<&Span>| {
            let one = Operand::Scalar(Expr::Float(1.0));
            lower.arithmetic(BinaryOp::Sub, one, x, Elem::F32, chunk, into)
        };
        match predicate {
            Predicate::INe => self.distance(a, b, chunk, into),
            Predicate::IEq => {
                let apart = self.distance(a, b, chunk, None)?;
                not(self, apart, into)
            }
            Predicate::UGt => above(self, a, b, into),
            Predicate::ULt => above(self, b, a, into),
            Predicate::ULe => {
                let greater = above(self, a, b, None)?;
                not(self, greater, into)
            }
            Predicate::UGe => {
                let less = above(self, b, a, None)?;
                not(self, less, into)
            }
            Predicate::SLt
            | Predicate::SLe
            | Predicate::SGt
            | Predicate::SGe
            | Predicate::FEq
            | Predicate::FNe
            | Predicate::FLt
            | Predicate::FLe
            | Predicate::FGt
            | Predicate::FGe => self.broken("booleans have no such comparison"),
        }
    }

    /// The mask of a comparison of numbers, if the vector unit can make it.
    fn compare_mask(&mut self, op: &Op, chunk: &Chunk) -> Result<Option<Span>> {
        let OpKind::Compare(predicate, x, y) = op.kind else { return Ok(None) };
        let float = match predicate {
            Predicate::IEq => Predicate::FEq,
            Predicate::INe => Predicate::FNe,
            Predicate::SLt | Predicate::ULt => Predicate::FLt,
            Predicate::SLe | Predicate::ULe => Predicate::FLe,
            Predicate::SGt | Predicate::UGt => Predicate::FGt,
            Predicate::SGe | Predicate::UGe => Predicate::FGe,
            Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
                predicate
            }
        };
        let (rows, cols) = (chunk.rows, chunk.cols);
        let (a, b);
        if predicate.is_float() {
            (a, b) = (self.eval_span(x, chunk)?, self.eval(y, chunk, None)?);
        } else {
            let unsigned = matches!(predicate, Predicate::ULt | Predicate::ULe | Predicate::UGt | Predicate::UGe);
            let least = if unsigned { 0 } else { -EXACT };
            let exact = [x, y].iter().all(|&value| {
                let held = self.facts.held(value);
                let made = held == Elem::F32 || self.facts.target.casts.contains(&(held, Elem::F32));
                made && self.facts.analysis.range(value).is_some_and(|r| r.lo() >= least && r.hi() <= EXACT)
            });
            if !exact {
                return Ok(None);
            }
            (a, b) = match (self.as_float(x, chunk)?, self.as_float(y, chunk)?) {
                (a @ (Operand::Row(_) | Operand::Column(_) | Operand::Scalar(_)), b) => {
                    (self.spread(a, Elem::F32, rows, cols)?, b)
                }
                (Operand::Span(a), b) => (a, b),
            };
        }
        let b = match b {
            b @ (Operand::Row(_) | Operand::Column(_)) => Operand::Span(self.spread(b, Elem::F32, rows, cols)?),
            b @ (Operand::Span(_) | Operand::Scalar(_)) => b,
        };
        let mask = self.temp(Elem::I1, rows, cols);
        self.vector(VectorOp::Compare(float), &mask, vec![Operand::Span(a), b]);
        Ok(Some(mask))
    }

    /// A chunk of integers as `f32`.
    fn as_float(&mut self, value: Value, chunk: &Chunk) -> Result<Operand> {
        if self.facts.held(value) == Elem::F32 {
            return self.eval(value, chunk, None);
        }
        Ok(match self.eval(value, chunk, None)? {
            Operand::Scalar(Expr::Int(_, number)) => Operand::Scalar(Expr::Float(number as f32)),
            Operand::Scalar(number) => {
                Operand::Scalar(Expr::Convert(crate::ir::Convert::SignedToFloat, Box::new(number)))
            }
            operand @ (Operand::Span(_) | Operand::Row(_) | Operand::Column(_)) => {
                let span = self.spread(operand, Elem::I32, chunk.rows, chunk.cols)?;
                let float = self.temp(Elem::F32, chunk.rows, chunk.cols);
                self.vector(VectorOp::Cast, &float, vec![Operand::Span(span)]);
                Operand::Span(float)
            }
        })
    }

    /// The mask of a chunk of booleans.
    pub(super) fn mask(&mut self, value: Value, chunk: &Chunk) -> Result<Span> {
        if let Some(mask) = self.masks.get(&value) {
            return Ok(mask.clone());
        }
        let mut mask = None;
        if let Some(op) = self.facts.defs[value.index()]
            && let OpKind::Compare(_, x, _) = op.kind
            && self.storage[value.index()].is_none()
            && !self.memo.contains_key(&value)
            && self.facts.ty(x).elem != Elem::I1
        {
            mask = self.compare_mask(op, chunk)?;
        }
        let mask = match mask {
            Some(mask) => mask,
            None => {
                let numbers = self.eval_span(value, chunk)?;
                let mask = self.temp(Elem::I1, chunk.rows, chunk.cols);
                let parts = vec![Operand::Span(numbers), Operand::Scalar(Expr::Float(0.0))];
                self.vector(VectorOp::Compare(Predicate::FNe), &mask, parts);
                mask
            }
        };
        self.masks.insert(value, mask.clone());
        Ok(mask)
    }

    /// One of two tiles, by a number.
    fn choose(
        &mut self,
        cond: Value,
        on_true: Value,
        on_false: Value,
        held: Elem,
        chunk: &Chunk,
        into: Option<&Span>,
    ) -> Result<Operand> {
        let (mut x, mut y) = (self.eval(on_true, chunk, None)?, self.eval(on_false, chunk, None)?);
        for (value, operand) in [(on_true, &mut x), (on_false, &mut y)] {
            if self.facts.held(value) != held {
                let elem = self.facts.ty(value).elem;
                *operand = self.reheld(operand.clone(), elem, self.facts.held(value), held, chunk)?;
            }
        }
        let dst = self.target_of(into, held, chunk.rows, chunk.cols);
        let condition = self.scalar(cond)?;
        let then = self.inside(|lower| lower.copy_into(&dst, x))?;
        let otherwise = self.inside(|lower| lower.copy_into(&dst, y))?;
        self.emit(StmtKind::If { condition, then, otherwise });
        Ok(Operand::Span(dst))
    }

    /// Elements held in another type, whose values fit.
    fn reheld(&mut self, operand: Operand, elem: Elem, from: Elem, to: Elem, chunk: &Chunk) -> Result<Operand> {
        if let Operand::Scalar(value) = operand {
            return Ok(Operand::Scalar(to_held(from_held(value, elem, from), elem, to)));
        }
        let dst = self.temp(to, chunk.rows, chunk.cols);
        self.each(chunk.rows, chunk.cols, |lower, row, col| {
            let value = lower.element(&operand, row, col, elem, from);
            let offset = add(dst.offset.clone(), add(mul(row.clone(), int(dst.pitch)), col.clone()));
            lower.write(&dst, offset, value, elem);
            Ok(())
        })?;
        Ok(Operand::Span(dst))
    }
}

/// The operation on `f32` that does the same to integers that are exact there.
const fn as_float(kind: BinaryOp) -> Option<BinaryOp> {
    match kind {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => Some(kind),
        BinaryOp::MinS => Some(BinaryOp::MinF),
        BinaryOp::MaxS => Some(BinaryOp::MaxF),
        BinaryOp::DivF
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinF
        | BinaryOp::MaxF
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

/// Whether an operation on numbers held with their signs gives what it gives on their bits.
const fn keeps_signs(op: BinaryOp) -> bool {
    match op {
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor => true,
        BinaryOp::DivF
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinF
        | BinaryOp::MaxF
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => false,
    }
}
