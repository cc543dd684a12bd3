//! Conversions.

use tile_ir::analysis::Range;
use tile_ir::{CastOp, Elem, Op};

use super::calc::{Arg, Size};
use super::state::{Lower, Result};
use crate::ir::{Alu, Dtype, Span};

fn fits(range: Range) -> bool {
    range.lo() >= i32::MIN.into() && range.hi() <= i32::MAX.into()
}

impl Lower<'_> {
    /// Whether a conversion keeps every element as it is held.
    pub(super) fn is_alias(&self, op: &Op, kind: CastOp) -> bool {
        let (Some(&result), [operand]) = (op.results.first(), &op.kind.operands()[..]) else { return false };
        let (from, to) = (self.ty(*operand).elem, self.ty(result).elem);
        let range = self.analysis.range(*operand).unwrap_or(Range::all(from));
        let same = Dtype::held(from) == Dtype::held(to);
        match kind {
            CastOp::ExtF => true,
            CastOp::ExtS | CastOp::IndexS => same,
            CastOp::ExtU | CastOp::IndexU => same && range.lo() >= 0,
            // From 64 bits to 32, where 32 hold the number.
            CastOp::TruncI => same && fits(range),
            CastOp::Bitcast => same && from == to,
            CastOp::TruncF | CastOp::SIntToFp | CastOp::UIntToFp | CastOp::FpToSInt | CastOp::FpToUInt => false,
        }
    }

    /// A conversion that is not an alias.
    pub(super) fn convert_elements(&mut self, op: &Op, kind: CastOp, x: &Span, size: Size) -> Result<Span> {
        let operand = op.kind.operands()[0];
        let (from, to) = (self.ty(operand).elem, self.ty(op.results[0]).elem);
        let range = self.analysis.range(operand).unwrap_or(Range::all(from));
        let (dtype, arg) = (Dtype::held(to), Arg::Span(x.clone()));
        match kind {
            CastOp::ExtF | CastOp::TruncF => self.cast(x, dtype),
            CastOp::SIntToFp if from == Elem::I1 => self.alu(Alu::Multiply, dtype, &arg, &Arg::Float(-1.0), size),
            CastOp::SIntToFp => self.cast(x, dtype),
            CastOp::UIntToFp if range.lo() >= 0 || from == Elem::I1 => self.cast(x, dtype),
            CastOp::UIntToFp if matches!(from, Elem::I64 | Elem::Index) => {
                self.refuse(op, from, "convert numbers of 32 bits")
            }
            CastOp::UIntToFp => {
                let unsigned = self.unsigned(from, x, size)?;
                let bits = self.exact(Alu::Add, Dtype::U32, &unsigned.into(), &Arg::Int(0), size)?;
                self.cast(&bits, dtype)
            }
            CastOp::FpToSInt => {
                let whole = self.truncated(x, size)?;
                self.cast(&whole, dtype)
            }
            CastOp::FpToUInt => {
                let whole = self.truncated(x, size)?;
                let whole = self.alu(Alu::Maximum, Dtype::F32, &whole.into(), &Arg::Float(0.0), size)?;
                if to == Elem::I8 {
                    let whole = self.alu(Alu::Minimum, Dtype::I32, &whole.into(), &Arg::Float(255.0), size)?;
                    return self.wrapped_to_8(&whole, size);
                }
                let bits = self.cast(&whole, Dtype::U32)?;
                self.exact(Alu::Add, Dtype::I32, &bits.into(), &Arg::Int(0), size)
            }
            CastOp::ExtS if from == Elem::I1 => self.alu(Alu::Multiply, dtype, &arg, &Arg::Float(-1.0), size),
            CastOp::ExtS | CastOp::IndexS => self.cast(x, dtype),
            CastOp::ExtU | CastOp::IndexU if range.lo() >= 0 || from == Elem::I1 => self.cast(x, dtype),
            CastOp::ExtU | CastOp::IndexU if from == Elem::I8 => self.unsigned(from, x, size),
            CastOp::ExtU | CastOp::IndexU => {
                // Numbers from 2^31 on are outside of every view; the largest of 32 bits stands for them.
                let negative = self.alu(Alu::Less, Dtype::U8, &arg, &Arg::Float(0.0), size)?;
                self.choose(&negative, &Arg::Int(i32::MAX.into()), &arg, Dtype::I32)
            }
            CastOp::TruncI => {
                let wide = self.widened(&arg)?;
                let Arg::Span(wide) = wide else { return self.broken("a conversion of a number") };
                match to {
                    Elem::I1 => {
                        let bit = self.alu(Alu::And, Dtype::I32, &wide.into(), &Arg::Int(1), size)?;
                        self.cast(&bit, Dtype::U8)
                    }
                    Elem::I8 => self.wrapped_to_8(&wide, size),
                    Elem::I32 | Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => {
                        self.refuse(op, from, "numbers here leave 32 bits; use `u32` or bound the parameters")
                    }
                }
            }
            CastOp::Bitcast => self.refuse(op, from, "no instruction reads the bits of one type as another"),
        }
    }

    /// As an unsigned number in 32 bits.
    fn unsigned(&mut self, from: Elem, x: &Span, size: Size) -> Result<Span> {
        if from != Elem::I8 {
            return Ok(x.clone());
        }
        let wide = self.cast(x, Dtype::I32)?;
        self.alu(Alu::And, Dtype::I32, &wide.into(), &Arg::Int(255), size)
    }
}
