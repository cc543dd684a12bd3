//! Integers. Engines compute in `f32`, which is exact up to 2^24; beyond, operations on 32-bit integers alone are exact on GpSimd, and
//! operators on bits everywhere (source: aws-neuron-sdk, nki/api/nki/isa/__init__.py, tensor_tensor and tensor_scalar).

use tile_ir::analysis::Range;
use tile_ir::{BinaryOp, Elem, Op, Predicate};

use super::calc::{Arg, Size};
use super::state::{Lower, Result};
use crate::ir::{Alu, Dtype, Span};
use crate::limits::EXACT;

/// The sign bit of 32.
const SIGN: i64 = i32::MIN as i64;

fn within(range: Range, limit: i64) -> bool {
    range.lo() >= -limit && range.hi() <= limit
}

/// Range of a sum, difference or product before it wraps around.
fn unwrapped(op: Alu, a: Range, b: Range) -> (i128, i128) {
    let ends = |r: Range| [i128::from(r.lo()), i128::from(r.hi())];
    let of = |x: i128, y: i128| match op {
        Alu::Add => x + y,
        Alu::Subtract => x - y,
        _other => x * y,
    };
    let all = ends(a).into_iter().flat_map(|x| ends(b).map(|y| of(x, y)));
    all.fold((i128::MAX, i128::MIN), |(low, high), n| (low.min(n), high.max(n)))
}

impl Lower<'_> {
    /// `left op right` on integers of type `elem`.
    pub(super) fn int_binary(
        &mut self,
        op: &Op,
        kind: BinaryOp,
        elem: Elem,
        [left, right]: [&Arg; 2],
        [a, b]: [Range; 2],
        size: Size,
    ) -> Result<Span> {
        if elem == Elem::I1 {
            let kind = match kind {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Xor => Alu::Xor,
                BinaryOp::Mul | BinaryOp::And | BinaryOp::MinU | BinaryOp::MinS => Alu::And,
                BinaryOp::Or | BinaryOp::MaxU | BinaryOp::MaxS => Alu::Or,
                BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => {
                    return self.refuse(op, elem, "divide numbers of 32 bits");
                }
                BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => {
                    return self.refuse(op, elem, "shift numbers of 32 bits");
                }
                BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => return self.broken("floats among integers"),
            };
            let (left, right) = if left.span().is_none() { (right, left) } else { (left, right) };
            return self.alu(kind, Dtype::U8, left, right, size);
        }
        let narrow = elem == Elem::I8;
        let dtype = Dtype::held(elem);
        match kind {
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => {
                let kind = match kind {
                    BinaryOp::And => Alu::And,
                    BinaryOp::Or => Alu::Or,
                    _other => Alu::Xor,
                };
                let (left, right) = if left.span().is_none() { (right, left) } else { (left, right) };
                return self.alu(kind, dtype, left, right, size);
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => {
                let kind = match kind {
                    BinaryOp::Add => Alu::Add,
                    BinaryOp::Sub => Alu::Subtract,
                    _other => Alu::Multiply,
                };
                let (low, high) = unwrapped(kind, a, b);
                let limit = if narrow { i128::from(i8::MAX) } else { i128::from(EXACT) };
                if within(a, EXACT) && within(b, EXACT) && low >= -limit && high <= limit {
                    return self.alu(kind, dtype, left, right, size);
                }
                if matches!(elem, Elem::I64 | Elem::Index) && (low < SIGN.into() || high > i32::MAX.into()) {
                    return self.refuse(op, elem, "numbers here leave 32 bits; use `u32` or bound the parameters");
                }
                let [left, right] = [self.widened(left)?, self.widened(right)?];
                let result = self.exact(kind, Dtype::I32, &left, &right, size)?;
                return if narrow { self.wrapped_to_8(&result, size) } else { Ok(result) };
            }
            BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::MinU | BinaryOp::MaxU => {
                let signed = matches!(kind, BinaryOp::MinS | BinaryOp::MaxS) || (a.lo() >= 0 && b.lo() >= 0);
                let min = matches!(kind, BinaryOp::MinS | BinaryOp::MinU);
                let kind = if min { Alu::Minimum } else { Alu::Maximum };
                if signed && within(a, EXACT) && within(b, EXACT) {
                    return self.alu(kind, dtype, left, right, size);
                }
                let [left, right] = [self.widened(left)?, self.widened(right)?];
                let result = if signed {
                    self.exact(kind, Dtype::I32, &left, &right, size)?
                } else {
                    // Unsigned numbers are in the order of signed ones with the other sign bit.
                    let [left, right] = [self.flipped(&left, size)?, self.flipped(&right, size)?];
                    let result = self.exact(kind, Dtype::I32, &left, &right, size)?;
                    self.alu(Alu::Xor, Dtype::I32, &result.into(), &Arg::Int(SIGN), size)?
                };
                return if narrow { self.cast(&result, Dtype::I8) } else { Ok(result) };
            }
            BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => {
                if matches!(elem, Elem::I64 | Elem::Index) && (kind == BinaryOp::Shl || a.lo() < 0) {
                    return self.refuse(op, elem, "shift numbers of 32 bits");
                }
                let [left, right] = [self.widened(left)?, self.widened(right)?];
                let left = Arg::Span(self.spread(&left, Dtype::I32, size)?);
                let result = match kind {
                    BinaryOp::Shl => self.alu(Alu::Left, Dtype::I32, &left, &right, size)?,
                    BinaryOp::ShrS => self.alu(Alu::Right, Dtype::I32, &left, &right, size)?,
                    _other => {
                        let left = if narrow {
                            self.alu(Alu::And, Dtype::I32, &left, &Arg::Int(255), size)?.into()
                        } else {
                            left
                        };
                        let left = self.exact(Alu::Add, Dtype::U32, &left, &Arg::Int(0), size)?;
                        let amount = match &right {
                            Arg::Span(span) => {
                                self.exact(Alu::Add, Dtype::U32, &Arg::Span(span.clone()), &Arg::Int(0), size)?.into()
                            }
                            Arg::Int(_) | Arg::Float(_) => right.clone(),
                        };
                        let shifted = self.alu(Alu::Right, Dtype::U32, &left.into(), &amount, size)?;
                        self.exact(Alu::Add, Dtype::I32, &shifted.into(), &Arg::Int(0), size)?
                    }
                };
                return if narrow { self.wrapped_to_8(&result, size) } else { Ok(result) };
            }
            BinaryOp::DivU | BinaryOp::RemU
                if matches!(elem, Elem::I64 | Elem::Index) && (a.lo() < 0 || b.lo() < 0) =>
            {
                return self.refuse(op, elem, "divide numbers of 32 bits");
            }
            BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => {}
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => return self.broken("floats among integers"),
        }
        let [mut left, mut right] = [self.widened(left)?, self.widened(right)?];
        let signed = matches!(kind, BinaryOp::DivS | BinaryOp::RemS) && (a.lo() < 0 || b.lo() < 0);
        if narrow && !signed {
            left = self.alu_wide(Alu::And, &left, 255, size)?;
            right = self.alu_wide(Alu::And, &right, 255, size)?;
        }
        let left = self.spread(&left, Dtype::I32, size)?;
        let [quotient, rest] =
            if signed { self.divide_signed(&left, &right, size)? } else { self.divide_unsigned(&left, &right, size)? };
        let result = if matches!(kind, BinaryOp::DivS | BinaryOp::DivU) { quotient } else { rest };
        if narrow { self.wrapped_to_8(&result, size) } else { Ok(result) }
    }

    fn alu_wide(&mut self, op: Alu, arg: &Arg, with: i64, size: Size) -> Result<Arg> {
        Ok(match arg {
            Arg::Int(n) if op == Alu::And => Arg::Int(n & with),
            Arg::Span(_) | Arg::Int(_) | Arg::Float(_) => self.alu(op, Dtype::I32, arg, &Arg::Int(with), size)?.into(),
        })
    }

    /// In 32 bits.
    pub(super) fn widened(&mut self, arg: &Arg) -> Result<Arg> {
        Ok(match arg {
            Arg::Span(span) if self.dtype(span) != Dtype::I32 => Arg::Span(self.cast(span, Dtype::I32)?),
            Arg::Span(_) | Arg::Int(_) | Arg::Float(_) => arg.clone(),
        })
    }

    fn flipped(&mut self, arg: &Arg, size: Size) -> Result<Arg> {
        Ok(match arg {
            Arg::Int(n) => Arg::Int(i64::from((*n as i32) ^ i32::MIN)),
            Arg::Span(_) | Arg::Float(_) => self.alu(Alu::Xor, Dtype::I32, arg, &Arg::Int(SIGN), size)?.into(),
        })
    }

    /// The low 8 bits, with their sign.
    pub(super) fn wrapped_to_8(&mut self, wide: &Span, size: Size) -> Result<Span> {
        let up = self.alu(Alu::Left, Dtype::I32, &Arg::Span(wide.clone()), &Arg::Int(24), size)?;
        let down = self.alu(Alu::Right, Dtype::I32, &up.into(), &Arg::Int(24), size)?;
        self.cast(&down, Dtype::I8)
    }

    /// A comparison of integers as a mask.
    pub(super) fn int_compare(
        &mut self,
        predicate: Predicate,
        [left, right]: [&Arg; 2],
        [a, b]: [Range; 2],
        size: Size,
    ) -> Result<Span> {
        let (op, unsigned) = match predicate {
            Predicate::IEq => (Alu::Equal, false),
            Predicate::INe => (Alu::NotEqual, false),
            Predicate::SLt => (Alu::Less, false),
            Predicate::SLe => (Alu::LessEqual, false),
            Predicate::SGt => (Alu::Greater, false),
            Predicate::SGe => (Alu::GreaterEqual, false),
            Predicate::ULt => (Alu::Less, true),
            Predicate::ULe => (Alu::LessEqual, true),
            Predicate::UGt => (Alu::Greater, true),
            Predicate::UGe => (Alu::GreaterEqual, true),
            Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
                return self.broken("a comparison of floats among integers");
            }
        };
        let unsigned = unsigned && (a.lo() < 0 || b.lo() < 0);
        // Rounding keeps the order, and a number that is exact is not passed by another.
        if !unsigned && (within(a, EXACT - 1) || within(b, EXACT - 1)) {
            return self.alu(op, Dtype::U8, left, right, size);
        }
        let [mut left, mut right] = [self.widened(left)?, self.widened(right)?];
        if unsigned {
            [left, right] = [self.flipped(&left, size)?, self.flipped(&right, size)?];
        }
        let wide = self.exact(op, Dtype::I32, &left, &right, size)?;
        self.cast(&wide, Dtype::U8)
    }

    /// Quotient and rest of unsigned 32-bit integers: two estimates in `f32`, then the last step.
    ///
    /// The first estimate is off by less than `quotient * 2^-22 + 1`, so that the rest, as a number with sign, has at most 11 bits more
    /// than the divisor; the second leaves an error of 1. Divisors from 2^31 on have quotients 0 and 1, which the last step finds.
    pub(super) fn divide_unsigned(&mut self, left: &Span, right: &Arg, size: Size) -> Result<[Span; 2]> {
        let x = Arg::Span(left.clone());
        let divisor = self.spread(right, Dtype::I32, size)?;
        let d = Arg::Span(divisor.clone());
        let as_float = |lower: &mut Self, arg: &Arg| {
            let bits = lower.exact(Alu::Add, Dtype::U32, arg, &Arg::Int(0), size)?;
            lower.cast(&bits, Dtype::F32)
        };
        let (float_x, float_d) = (as_float(self, &x)?, as_float(self, &d)?);
        let reciprocal = self.quotient(&Arg::Float(1.0), &float_d.into(), Dtype::F32, size)?;
        let inverse = Arg::Span(reciprocal);
        let first = self.alu(Alu::Multiply, Dtype::U32, &float_x.into(), &inverse, size)?;
        let mut quotient = Arg::Span(self.exact(Alu::Add, Dtype::I32, &first.into(), &Arg::Int(0), size)?);
        let rest = |lower: &mut Self, quotient: &Arg| {
            let product = lower.exact(Alu::Multiply, Dtype::I32, quotient, &d, size)?;
            lower.exact(Alu::Subtract, Dtype::I32, &x, &product.into(), size)
        };
        let left_over = rest(self, &quotient)?;
        let left_over = self.cast(&left_over, Dtype::F32)?;
        let second = self.alu(Alu::Multiply, Dtype::I32, &left_over.into(), &inverse, size)?;
        let large = self.alu(Alu::Less, Dtype::I32, &Arg::Span(divisor), &Arg::Float(0.0), size)?;
        // Of a divisor from 2^31 on, begin with 0.
        let small = self.alu(Alu::Subtract, Dtype::I32, &Arg::Float(1.0), &Arg::Span(large.clone()), size)?;
        quotient = self.exact(Alu::Add, Dtype::I32, &quotient, &second.into(), size)?.into();
        quotient = self.exact(Alu::Multiply, Dtype::I32, &quotient, &small.clone().into(), size)?.into();
        // One too many leaves a rest that is negative, for divisors that are not that large.
        let left_over = rest(self, &quotient)?;
        let negative = self.alu(Alu::Less, Dtype::I32, &Arg::Span(left_over), &Arg::Float(0.0), size)?;
        let over = self.exact(Alu::Multiply, Dtype::I32, &negative.into(), &small.into(), size)?;
        quotient = self.exact(Alu::Subtract, Dtype::I32, &quotient, &over.into(), size)?.into();
        // One too few leaves a rest that is not below the divisor.
        let left_over = rest(self, &quotient)?;
        let [a, b] = [self.flipped(&left_over.into(), size)?, self.flipped(&d, size)?];
        let under = self.exact(Alu::GreaterEqual, Dtype::I32, &a, &b, size)?;
        let result = self.exact(Alu::Add, Dtype::I32, &quotient, &under.into(), size)?;
        let left_over = rest(self, &Arg::Span(result.clone()))?;
        Ok([result, left_over])
    }

    /// Quotient toward zero and rest of signed 32-bit integers, by their magnitudes.
    fn divide_signed(&mut self, left: &Span, right: &Arg, size: Size) -> Result<[Span; 2]> {
        let divisor = self.spread(right, Dtype::I32, size)?;
        // All ones of a negative number, else 0.
        let sign = |lower: &mut Self, span: &Span| {
            lower.alu(Alu::Right, Dtype::I32, &Arg::Span(span.clone()), &Arg::Int(31), size)
        };
        let with_sign = |lower: &mut Self, span: &Span, sign: &Span| {
            let bits = lower.alu(Alu::Xor, Dtype::I32, &Arg::Span(span.clone()), &Arg::Span(sign.clone()), size)?;
            lower.exact(Alu::Subtract, Dtype::I32, &bits.into(), &Arg::Span(sign.clone()), size)
        };
        let (a, b) = (sign(self, left)?, sign(self, &divisor)?);
        let (x, d) = (with_sign(self, left, &a)?, with_sign(self, &divisor, &b)?);
        let [quotient, rest] = self.divide_unsigned(&x, &Arg::Span(d), size)?;
        let both = self.alu(Alu::Xor, Dtype::I32, &Arg::Span(a.clone()), &Arg::Span(b), size)?;
        Ok([with_sign(self, &quotient, &both)?, with_sign(self, &rest, &a)?])
    }
}
