//! Expressions of vectors that have the same number in all lanes. Truths are 1 and 0.

use emit::{Prec, Text};
use lower_dma::ir::{Convert, Expr, Scalar};
use tile_ir::{BinaryOp, Elem, UnaryOp};

use super::integers::{signed, unsigned, word};
use super::{Printer, helpers};

/// Whether the operation needs vectors on both sides, because they are cast.
const fn casts(op: BinaryOp) -> bool {
    match op {
        BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::ShrU => true,
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::DivF
        | BinaryOp::MinF
        | BinaryOp::MaxF
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor
        | BinaryOp::Shl
        | BinaryOp::ShrS => false,
    }
}

impl Printer<'_> {
    pub(super) fn is_uniform(&self, expr: &Expr) -> bool {
        self.kinds.of(expr, self.kernel)
    }

    /// An expression as a vector.
    pub(super) fn uniform(&mut self, expr: &Expr) -> Text {
        if !self.is_uniform(expr) {
            let text = self.scalar(expr);
            let ty = match expr.scalar(self.kernel) {
                Scalar::F32 => "(float64)",
                Scalar::Bool => "(int64)(int)",
                Scalar::I32 | Scalar::I64 => "(int64)",
            };
            return Text::new(format!("{ty}{}", text.at_least(Prec::Unary)), Prec::Unary);
        }
        match expr {
            Expr::Var(var) => Text::atom(self.var(*var)),
            Expr::Unary(op, x) => {
                let x = self.uniform(x);
                self.function(*op, &x)
            }
            Expr::Binary(op, x, y) => match x.scalar(self.kernel) {
                Scalar::F32 => {
                    let (x, y) = self.sides(x, y);
                    self.real(*op, &x, &y)
                }
                Scalar::Bool => {
                    let (x, y) = (self.uniform(x), self.uniform(y));
                    self.whole(*op, &x, &y)
                }
                Scalar::I32 | Scalar::I64 => {
                    self.operands_of(*op, x, y);
                    let (x, y) = if casts(*op) { (self.uniform(x), self.uniform(y)) } else { self.sides(x, y) };
                    self.whole(*op, &x, &y)
                }
            },
            Expr::Fma(x, y, z) => {
                let args = [self.uniform(x), self.uniform(y), self.uniform(z)];
                Text::call("v_f32_mac_b", &args)
            }
            Expr::Compare(predicate, x, y) => {
                let float = x.scalar(self.kernel) == Scalar::F32;
                let (word, without_sign) = word(*predicate);
                let natural = self.are_natural(x, y);
                let without_sign = without_sign || natural;
                if natural {
                    // Compared without a sign.
                } else if without_sign {
                    self.unsigned_numbers(&[x, y], "compared");
                } else {
                    self.whole_numbers(&[x, y], "compared");
                }
                let truths = x.scalar(self.kernel) == Scalar::Bool;
                let (x, y) = if without_sign || truths { (self.uniform(x), self.uniform(y)) } else { self.sides(x, y) };
                let (of, x, y) = match (float, without_sign) {
                    (true, _) => ("f32", x, y),
                    (false, false) => ("i32", x, y),
                    (false, true) => ("u32", unsigned(&x), unsigned(&y)),
                };
                Text::call(&format!("v_i32_sel_{word}_{of}_b"), &[x, y, Text::atom("1"), Text::atom("0")])
            }
            Expr::Select(condition, x, y) => {
                let (on_true, on_false) = (self.uniform(x), self.uniform(y));
                if self.is_uniform(condition) {
                    let condition = self.uniform(condition);
                    self.chosen(x.scalar(self.kernel), &condition, &on_true, &on_false)
                } else {
                    let condition = self.scalar(condition);
                    Text::conditional(&condition, &on_true, &on_false)
                }
            }
            Expr::Convert(convert, x) => self.convert(*convert, x),
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Core | Expr::Param(_) => {
                self.fail("a scalar as a vector");
                Text::atom("0")
            }
        }
    }

    /// `condition ? on_true : on_false` of vectors.
    pub(super) fn chosen(&mut self, scalar: Scalar, condition: &Text, on_true: &Text, on_false: &Text) -> Text {
        let tag = if scalar == Scalar::F32 { "f32" } else { "i32" };
        let args = [condition.clone(), Text::atom("0"), on_true.clone(), on_false.clone()];
        Text::call(&format!("v_{tag}_sel_neq_i32_b"), &args)
    }

    /// Two operands, at least one of which is a vector.
    fn sides(&mut self, x: &Expr, y: &Expr) -> (Text, Text) {
        let side = |printer: &mut Self, expr: &Expr| {
            if printer.is_uniform(expr) { printer.uniform(expr) } else { printer.scalar(expr) }
        };
        if self.is_uniform(x) || self.is_uniform(y) {
            return (side(self, x), side(self, y));
        }
        (self.uniform(x), self.scalar(y))
    }

    /// Demands that operands of 64 bits fit where it matters.
    fn operands_of(&mut self, op: BinaryOp, x: &Expr, y: &Expr) {
        match op {
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::DivF
            | BinaryOp::MinF
            | BinaryOp::MaxF => {}
            BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::ShrS => {
                self.whole_numbers(&[x, y], "divided, compared or shifted");
            }
            BinaryOp::DivU | BinaryOp::RemU | BinaryOp::MinU | BinaryOp::MaxU | BinaryOp::ShrU => {
                self.unsigned_numbers(&[x, y], "divided, compared or shifted");
            }
        }
    }

    /// A function of a vector of `float`.
    pub(super) fn function(&mut self, op: UnaryOp, x: &Text) -> Text {
        let function = match op {
            UnaryOp::Neg => return Text::prefix("-", x),
            UnaryOp::Floor => return Text::call("v_f32_nearbyint_b", &[x.clone(), Text::atom("SW_RD")]),
            UnaryOp::Abs => "v_f32_abs_b",
            UnaryOp::Exp => "v_exp_cephes_f32",
            UnaryOp::Log => "v_log_f32",
            UnaryOp::Sqrt => "v_sqrt_f32",
            UnaryOp::Rsqrt => "v_rsqrt_f32",
            UnaryOp::Tanh => "v_tanh_f32",
            UnaryOp::Sin => "v_sin_f32",
            UnaryOp::Cos => "v_cos_f32",
        };
        Text::call(function, std::slice::from_ref(x))
    }

    fn convert(&mut self, convert: Convert, x: &Expr) -> Text {
        let from = x.scalar(self.kernel);
        let text = self.uniform(x);
        let shifted =
            |op, x: &Text, bits: u32| Text::binary(x, op, &Text::atom((32 - bits).to_string()), Prec::Shift, false);
        let masked = |bits: u32| {
            let mask = Text::atom(((1_u32 << bits) - 1).to_string());
            Text::binary(&text, "&", &mask, Prec::BitAnd, true)
        };
        match convert {
            Convert::Round(elem @ (Elem::F16 | Elem::Bf16)) => {
                let function = helpers::round(elem, &mut self.helpers);
                Text::call(function, &[text])
            }
            Convert::Round(_) => text,
            Convert::SignedToFloat => {
                self.whole_numbers(&[x], "made a float");
                Text::call("v_convert_i32_to_f32_b", &[text])
            }
            Convert::UnsignedToFloat if from == Scalar::Bool => Text::call("v_convert_i32_to_f32_b", &[text]),
            Convert::UnsignedToFloat => {
                self.unsigned_numbers(&[x], "made a float");
                Text::call("v_convert_u32_to_f32_b", &[unsigned(&text)])
            }
            Convert::FloatToSigned(_, bits @ ..=32) => {
                let function = helpers::cut(true, bits, &mut self.helpers);
                Text::call(&function, &[text])
            }
            // Held as the signed number with the same bits.
            Convert::FloatToUnsigned(to, bits @ ..=32) if bits < 32 || to != Scalar::I64 => {
                let function = helpers::cut(false, bits, &mut self.helpers);
                Text::call(&function, &[text])
            }
            Convert::FloatToSigned(..) | Convert::FloatToUnsigned(..) => {
                self.leaves("an integer made of a float");
                text
            }
            Convert::Signed(_, 1) if from == Scalar::Bool => Text::prefix("-", &text),
            Convert::Signed(_, 1) => Text::prefix("-", &masked(1)),
            Convert::Unsigned(..) if from == Scalar::Bool => text,
            Convert::Signed(_, bits @ 2..32) => shifted(">>", &shifted("<<", &text, bits), bits),
            Convert::Unsigned(_, bits @ 1..32) => masked(bits),
            // The lowest 32 bits are what they were.
            Convert::Signed(..) | Convert::Unsigned(..) => text,
            Convert::ToBool if from == Scalar::Bool => text,
            Convert::ToBool => masked(1),
            Convert::Bits(Scalar::F32) => Text::call("as_float64", &[text]),
            Convert::Bits(_) => Text::call("as_int64", &[text]),
        }
    }

    /// The lanes' numbers, counted from 0, as signed ones.
    pub(super) fn lane_numbers() -> Text {
        signed(&Text::atom("read_lane_id_4b_b()"))
    }
}
