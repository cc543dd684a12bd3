//! Conversions.

use emit::{Prec, Text};
use lower_dma::ir::{Convert, Expr, Scalar};
use tile_ir::Elem;

use super::Printer;
use crate::number::{self, c_type, unsigned_type};

impl Printer<'_> {
    pub(super) fn convert(&mut self, convert: Convert, x: &Expr) -> Text {
        let from = x.scalar(self.kernel);
        let fitting = self.ranges.of(x);
        let text = self.typed(x);
        let function = self.function();
        match convert {
            Convert::Round(elem @ (Elem::F16 | Elem::Bf16)) => {
                let bits = number::narrow(elem, &text, function, &mut self.helpers);
                number::widen(elem, &bits, function, &mut self.helpers)
            }
            Convert::Round(_) => text,
            Convert::SignedToFloat => self.cast("float", &text),
            Convert::UnsignedToFloat => {
                let number = if from == Scalar::Bool { text } else { self.cast(unsigned_type(from), &text) };
                self.cast("float", &number)
            }
            Convert::FloatToSigned(to, bits) => {
                let cut = number::cut(&text, true, bits, function, &mut self.helpers);
                if to == Scalar::I64 && bits < 64 { self.cast(c_type(to), &cut) } else { cut }
            }
            // Held as the signed number with the same bits.
            Convert::FloatToUnsigned(to, bits) => {
                let cut = number::cut(&text, false, bits, function, &mut self.helpers);
                let signed = self.cast(&format!("int{bits}_t"), &cut);
                if bits == 8 || to == Scalar::I64 && bits < 64 { self.cast(c_type(to), &signed) } else { signed }
            }
            Convert::Signed(to, bits) | Convert::Unsigned(to, bits)
                if fitting.is_some_and(|range| range.lo >= 0 && fits(range.hi, bits)) && from != Scalar::Bool =>
            {
                if from == to { text } else { self.cast(c_type(to), &text) }
            }
            Convert::Signed(to, 1) => {
                let bit = self.bit(from, &text);
                let (minus_one, zero) = (number::int(to, -1), Text::atom("0"));
                let value = Text::conditional(&bit, &minus_one, &zero);
                self.cast(c_type(to), &value)
            }
            Convert::Unsigned(to, 1) => {
                let bit = self.bit(from, &text);
                self.cast(c_type(to), &bit)
            }
            Convert::Signed(to, bits) => self.cut_to(to, &format!("int{bits}_t"), bits, &text),
            Convert::Unsigned(to, bits) => self.cut_to(to, &format!("uint{bits}_t"), bits, &text),
            Convert::ToBool => self.bit(from, &text),
            Convert::Bits(Scalar::F32) => {
                let bits = self.cast("uint32_t", &text);
                number::of_bits(&bits, function, &mut self.helpers)
            }
            Convert::Bits(to) => {
                let bits = number::bits_of(&text, function, &mut self.helpers);
                self.cast(c_type(to), &bits)
            }
        }
    }

    /// The lowest bits, by way of the type that has them.
    fn cut_to(&self, to: Scalar, narrow: &str, bits: u32, x: &Text) -> Text {
        let cut = self.cast(narrow, x);
        if narrow == c_type(to) || bits == 0 { cut } else { self.cast(c_type(to), &cut) }
    }

    /// The lowest bit as a truth.
    fn bit(&self, from: Scalar, x: &Text) -> Text {
        if from == Scalar::Bool {
            return x.clone();
        }
        let bit = Text::binary(x, "&", &Text::atom("1"), Prec::BitAnd, true);
        Text::binary(&bit, "!=", &Text::atom("0"), Prec::Equality, false)
    }
}

/// Whether a number is one of a signed type of so many bits, so that neither reading changes it.
const fn fits(value: i64, bits: u32) -> bool {
    bits > 63 || value < 1 << (bits - 1)
}
