//! Conversions.

use emit::{Prec, Text};
use lower_simt::ir::{Convert, Expr, Scalar};
use tile_ir::Elem;

use super::Printer;
use super::expr::Constant;
use crate::number::Number;

impl Printer<'_> {
    pub(super) fn convert(&mut self, convert: Convert, x: &Expr) -> Text {
        let from = x.scalar(self.kernel);
        let is_int = |scalar: Scalar| scalar != Scalar::F32;
        let fits = match convert {
            Convert::Round(elem) => from == Scalar::F32 && elem.is_float(),
            Convert::SignedToFloat | Convert::UnsignedToFloat => is_int(from),
            Convert::FloatToSigned(to) | Convert::FloatToUnsigned(to) => from == Scalar::F32 && is_int(to),
            Convert::SignExtend(to) | Convert::ZeroExtend(to) => is_int(from) && is_int(to) && from.bits() < to.bits(),
            Convert::Truncate(to) => is_int(from) && is_int(to) && from.bits() > to.bits(),
            Convert::Bits(to) => {
                matches!((from, to), (Scalar::F32, Scalar::I32) | (Scalar::I32, Scalar::F32))
            }
        };
        if !fits {
            self.fail(format!("conversion {convert:?} of {from:?}"));
            return Text::atom(String::new());
        }
        match convert {
            Convert::Round(elem) => self.round(elem, x),
            Convert::SignedToFloat => self.signed_to_float(from, x),
            Convert::UnsignedToFloat => self.cast(Number::F32, x),
            Convert::FloatToSigned(to) => self.float_to(to, Number::of(to).signed(), x),
            Convert::FloatToUnsigned(to) => self.float_to(to, Number::of(to), x),
            Convert::SignExtend(to) => self.sign_extend(from, to, x),
            Convert::ZeroExtend(to) => match x {
                Expr::Int(_, value) => self.int(to, *value, Constant::Typed),
                _ => self.cast(Number::of(to), x),
            },
            Convert::Truncate(Scalar::Bool) => {
                let bit = Text::binary(&self.typed(x), "&", &Text::atom("1"), Prec::BitAnd, true);
                Text::binary(&bit, "!=", &Text::atom("0"), Prec::Equality, false)
            }
            Convert::Truncate(to) => self.cast(Number::of(to), x),
            Convert::Bits(Scalar::F32) => {
                let x = self.typed(x);
                self.dialect.float_from_bits(&x)
            }
            Convert::Bits(_) => {
                let x = self.expr(x);
                self.dialect.float_bits(&x)
            }
        }
    }

    fn cast(&mut self, to: Number, x: &Expr) -> Text {
        let x = self.typed(x);
        self.dialect.cast(to, &x)
    }

    fn round(&mut self, elem: Elem, x: &Expr) -> Text {
        if elem == Elem::F32 {
            return self.expr(x);
        }
        let x = self.expr(x);
        let narrow = self.dialect.narrow(elem, &x, &mut self.helpers);
        self.dialect.widen(elem, &narrow, &mut self.helpers)
    }

    fn signed_to_float(&mut self, from: Scalar, x: &Expr) -> Text {
        if from == Scalar::Bool {
            let (minus_one, zero) = (self.dialect.float(-1.0), self.dialect.float(0.0));
            return Text::conditional(&self.expr(x), &minus_one, &zero);
        }
        if self.bound(x).is_some() {
            return self.cast(Number::F32, x);
        }
        let x = self.signed(x);
        self.dialect.cast(Number::F32, &x)
    }

    /// Toward zero, by way of `number`; narrow results go through 32 bits, which keep the low ones.
    fn float_to(&mut self, to: Scalar, number: Number, x: &Expr) -> Text {
        let wide = match number {
            Number::U8 | Number::Bool => Number::U32,
            Number::S8 => Number::S32,
            Number::F32 | Number::U32 | Number::S32 | Number::U64 | Number::S64 => number,
        };
        let value = self.cast(wide, x);
        match to {
            Scalar::Bool => {
                let bit = Text::binary(&value, "&", &Text::atom("1"), Prec::BitAnd, true);
                Text::binary(&bit, "!=", &Text::atom("0"), Prec::Equality, false)
            }
            Scalar::F32 | Scalar::I8 | Scalar::I32 | Scalar::I64 => {
                let exact = Number::of(to);
                if wide == exact { value } else { self.dialect.cast(exact, &value) }
            }
        }
    }

    fn sign_extend(&mut self, from: Scalar, to: Scalar, x: &Expr) -> Text {
        let number = Number::of(to);
        if from == Scalar::Bool {
            let ones = u64::MAX >> (64 - to.bits());
            let (ones, zero) = (self.int(to, ones, Constant::Typed), self.int(to, 0, Constant::Typed));
            return Text::conditional(&self.expr(x), &ones, &zero);
        }
        if self.bound(x).is_some() {
            return self.cast(number, x);
        }
        let x = self.signed(x);
        self.dialect.cast(number, &x)
    }
}
