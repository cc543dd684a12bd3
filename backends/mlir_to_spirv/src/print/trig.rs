//! Sine and cosine of f32.
//!
//! The argument is reduced by integer arithmetic (Payne and Hanek, 1983): of 2/pi in binary, only the 96 bits matter whose
//! products with the argument's 24 are neither whole turns nor far below its fraction. So every argument has a good
//! result, and no contraction can spoil it.

use spirv::{GlslStd450Op as GLOp, Op, StorageClass};

use super::Printer;
use crate::asm::{Id, Operand, Ty};

/// A word of zeros, then the first 224 binary places of 2/pi.
const TWO_OVER_PI: [u32; 8] =
    [0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];

impl Printer<'_> {
    pub(super) fn sin(&mut self, x: Id) -> Id {
        self.call("sin", (Ty::Float, &[Ty::Float]), &[x], |printer, args| {
            let (rest, quarter) = printer.reduced(args[0]);
            let result = printer.wave(rest, quarter);
            // sin(-x) = -sin(x)
            let (bits, of) =
                (printer.op(Op::Bitcast, Ty::Uint, &[result]), printer.op(Op::Bitcast, Ty::Uint, &[args[0]]));
            let mask = printer.module.uint(1 << 31);
            let sign = printer.op(Op::BitwiseAnd, Ty::Uint, &[of, mask]);
            let bits = printer.op(Op::BitwiseXor, Ty::Uint, &[bits, sign]);
            let result = printer.op(Op::Bitcast, Ty::Float, &[bits]);
            printer.unless_infinite(args[0], result)
        })
    }

    pub(super) fn cos(&mut self, x: Id) -> Id {
        self.call("cos", (Ty::Float, &[Ty::Float]), &[x], |printer, args| {
            let (rest, quarter) = printer.reduced(args[0]);
            // cos(x) = sin(x + pi/2)
            let one = printer.module.uint(1);
            let quarter = printer.op(Op::IAdd, Ty::Uint, &[quarter, one]);
            let result = printer.wave(rest, quarter);
            printer.unless_infinite(args[0], result)
        })
    }

    /// The sine and cosine of infinity are no numbers.
    fn unless_infinite(&mut self, x: Id, result: Id) -> Id {
        let (infinity, nan) = (self.module.float(f32::INFINITY), self.module.float(f32::NAN));
        let magnitude = self.glsl(GLOp::FAbs, Ty::Float, &[x]);
        let finite = self.op(Op::FOrdLessThan, Ty::Bool, &[magnitude, infinity]);
        self.choose(Ty::Float, finite, result, nan)
    }

    /// The sine of `quarter * pi/2 + rest`, with `rest` between -pi/4 and pi/4.
    fn wave(&mut self, rest: Id, quarter: Id) -> Id {
        let square = self.float_op(Op::FMul, &[rest, rest]);
        let odd = self.horner(square, &[-1.951_529_6e-4, 8.332_161e-3, -0.166_666_55]);
        let odd = self.float_op(Op::FMul, &[odd, square]);
        let sine = self.fma(odd, rest, rest);
        let even = self.horner(square, &[2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2, -0.5, 1.0]);
        let (bit, two, zero) = (self.module.uint(1), self.module.uint(2), self.module.uint(0));
        let swapped = self.op(Op::BitwiseAnd, Ty::Uint, &[quarter, bit]);
        let swapped = self.op(Op::INotEqual, Ty::Bool, &[swapped, zero]);
        let result = self.choose(Ty::Float, swapped, even, sine);
        let turned = self.op(Op::BitwiseAnd, Ty::Uint, &[quarter, two]);
        let turned = self.op(Op::INotEqual, Ty::Bool, &[turned, zero]);
        let negative = self.op(Op::FNegate, Ty::Float, &[result]);
        self.choose(Ty::Float, turned, negative, result)
    }

    /// The magnitude of `x` as `quarter * pi/2 + rest`; `quarter` modulo 4.
    fn reduced(&mut self, x: Id) -> (Id, Id) {
        let x = self.glsl(GLOp::FAbs, Ty::Float, &[x]);
        let bits = self.op(Op::Bitcast, Ty::Uint, &[x]);
        // x = whole * 2^(exponent - 23); the window starts `exponent + 7` places into the table.
        let (hidden, zero) = (self.module.uint(0x0080_0000), self.module.uint(0));
        let whole = self.bit_field(bits, 0, 23);
        let whole = self.op(Op::BitwiseOr, Ty::Uint, &[whole, hidden]);
        let bias = self.module.uint(127 - 7);
        let exponent = self.shifted_right(bits, 23);
        let start = self.op(Op::ISub, Ty::Uint, &[exponent, bias]);
        let last = self.module.uint(127 + 7);
        let start = self.glsl(GLOp::SMax, Ty::Uint, &[start, zero]);
        let start = self.glsl(GLOp::SMin, Ty::Uint, &[start, last]);
        let window = self.window(start);
        let [high, low] = self.turns(whole, window);
        // The two highest bits are the quarters; the rest, read as signed, is the nearest fraction of one.
        let round = self.module.uint(1 << 29);
        let quarter = self.op(Op::IAdd, Ty::Uint, &[high, round]);
        let quarter = self.shifted_right(quarter, 30);
        let (upper, lower) = (self.shifted_left(high, 2), self.shifted_right(low, 30));
        let upper = self.op(Op::BitwiseOr, Ty::Uint, &[upper, lower]);
        let lower = self.shifted_left(low, 2);
        let upper = self.op(Op::ConvertSToF, Ty::Float, &[upper]);
        let lower = self.op(Op::ConvertUToF, Ty::Float, &[lower]);
        let unit = self.module.float(f32::from_bits(0x2f80_0000));
        let fraction = self.fma(lower, unit, upper);
        let scale = self.module.float((std::f64::consts::FRAC_PI_2 / (1u64 << 32) as f64) as f32);
        let rest = self.float_op(Op::FMul, &[fraction, scale]);
        // Small arguments are their own rest.
        let limit = self.module.float(0.5);
        let small = self.op(Op::FOrdLessThan, Ty::Bool, &[x, limit]);
        (self.choose(Ty::Float, small, x, rest), self.choose(Ty::Uint, small, zero, quarter))
    }

    /// Three words of the table from a bit on, the highest first.
    fn window(&mut self, start: Id) -> [Id; 3] {
        let array = self.module.array(Ty::Uint, TWO_OVER_PI.len() as u32);
        let words: Vec<Id> = TWO_OVER_PI.iter().map(|&word| self.module.uint(word)).collect();
        let table = self.module.composite(array, &words, "two_over_pi");
        let places = self.local(array, "places");
        self.write(places, table);
        let first = self.shifted_right(start, 5);
        let by = self.bit_field(start, 0, 5);
        let one = self.module.uint(1);
        // A shift by 32 is one by 1 and one by 31.
        let most = self.module.uint(31);
        let back = self.op(Op::ISub, Ty::Uint, &[most, by]);
        let words: Vec<Id> = (0..4)
            .map(|word| {
                let word = self.module.uint(word);
                let at = self.op(Op::IAdd, Ty::Uint, &[first, word]);
                let place = self.element(StorageClass::Function, places, Ty::Uint, at);
                self.read(place, Ty::Uint)
            })
            .collect();
        [0, 1, 2].map(|word| {
            let high = self.op(Op::ShiftLeftLogical, Ty::Uint, &[words[word], by]);
            let low = self.op(Op::ShiftRightLogical, Ty::Uint, &[words[word + 1], one]);
            let low = self.op(Op::ShiftRightLogical, Ty::Uint, &[low, back]);
            self.op(Op::BitwiseOr, Ty::Uint, &[high, low])
        })
    }

    /// The two highest words of the product modulo 2^96.
    fn turns(&mut self, whole: Id, [high, middle, low]: [Id; 3]) -> [Id; 2] {
        let [_, low] = self.wide_product(whole, low);
        let [middle_low, middle_high] = self.wide_product(whole, middle);
        let high = self.op(Op::IMul, Ty::Uint, &[whole, high]);
        let sum = self.op(Op::IAdd, Ty::Uint, &[low, middle_low]);
        let carries = self.op(Op::ULessThan, Ty::Bool, &[sum, low]);
        let (one, zero) = (self.module.uint(1), self.module.uint(0));
        let carry = self.choose(Ty::Uint, carries, one, zero);
        let high = self.op(Op::IAdd, Ty::Uint, &[high, middle_high]);
        let high = self.op(Op::IAdd, Ty::Uint, &[high, carry]);
        [high, sum]
    }

    /// Low and high word of a product.
    fn wide_product(&mut self, a: Id, b: Id) -> [Id; 2] {
        let pair = self.module.pair();
        let product = self.typed(Op::UMulExtended, pair, [a.into(), b.into()]);
        let uint = self.module.ty(Ty::Uint);
        [0, 1].map(|word| self.typed(Op::CompositeExtract, uint, [product.into(), Operand::Word(word)]))
    }
}
