//! Expressions of the scalar unit.

use emit::{FloatClass, Prec, Text, float_literal};
use lower_dma::ir::{Convert, Expr, Scalar};
use tile_ir::{BinaryOp, Predicate, UnaryOp};

use super::Printer;

/// `(ty)x`.
fn cast(ty: &str, x: &Text) -> Text {
    Text::new(format!("({ty}){}", x.at_least(Prec::Unary)), Prec::Unary)
}

/// A constant. Infinities and NaN are made of their bits.
pub(super) fn float(value: f32) -> Text {
    let bits = |bits: u32, remark: &str| Text::atom(format!("as_float({bits:#010x}u /* {remark} */)"));
    match float_literal(value) {
        FloatClass::Number(text) if text.starts_with('-') => Text::new(format!("{text}f"), Prec::Unary),
        FloatClass::Number(text) => Text::atom(format!("{text}f")),
        FloatClass::Infinity { negative } => bits(value.to_bits(), if negative { "-infinity" } else { "infinity" }),
        FloatClass::Nan(of) => bits(of, "NaN"),
    }
}

/// A constant of 32 bits.
pub(super) fn int(value: i32) -> Text {
    match value {
        i32::MIN => Text::new("(int)0x80000000u", Prec::Unary),
        0.. => Text::atom(value.to_string()),
        _ => Text::new(value.to_string(), Prec::Unary),
    }
}

/// The operator of a comparison, and whether it is of unsigned numbers.
const fn operator(predicate: Predicate) -> (&'static str, bool) {
    match predicate {
        Predicate::FEq | Predicate::IEq => ("==", false),
        Predicate::FNe | Predicate::INe => ("!=", false),
        Predicate::FLt | Predicate::SLt => ("<", false),
        Predicate::FLe | Predicate::SLe => ("<=", false),
        Predicate::FGt | Predicate::SGt => (">", false),
        Predicate::FGe | Predicate::SGe => (">=", false),
        Predicate::ULt => ("<", true),
        Predicate::ULe => ("<=", true),
        Predicate::UGt => (">", true),
        Predicate::UGe => (">=", true),
    }
}

impl Printer<'_> {
    /// An expression that is no vector. Of an integer of 64 bits that is not known to fit, the lowest 32.
    pub(super) fn scalar(&mut self, expr: &Expr) -> Text {
        match expr {
            Expr::Float(value) => float(*value),
            Expr::Int(_, value) => match i32::try_from(*value) {
                Ok(value) => int(value),
                Err(_) => {
                    self.leaves(&format!("the constant {value}"));
                    Text::atom("0")
                }
            },
            Expr::Bool(value) => Text::atom(if *value { "true" } else { "false" }),
            Expr::Var(var) => Text::atom(self.var(*var)),
            Expr::Core => Text::atom(self.member.clone()),
            Expr::Param(index) => match self.params.get(*index) {
                Some(name) => Text::atom(name.clone()),
                None => {
                    self.fail(format!("parameter {index} does not exist"));
                    Text::atom("0")
                }
            },
            Expr::Unary(UnaryOp::Neg, x) => Text::prefix("-", &self.scalar(x)),
            Expr::Unary(op, _) => {
                self.fail(format!("{op:?} as a scalar"));
                Text::atom("0")
            }
            Expr::Binary(op, x, y) => match x.scalar(self.kernel) {
                Scalar::F32 => {
                    let (x, y) = (self.scalar(x), self.scalar(y));
                    self.real(*op, &x, &y)
                }
                Scalar::Bool => self.logic(*op, x, y),
                Scalar::I32 | Scalar::I64 => self.arithmetic(*op, expr, x, y),
            },
            Expr::Fma(x, y, z) => {
                let (x, y, z) = (self.scalar(x), self.scalar(y), self.scalar(z));
                Text::binary(&Text::binary(&x, "*", &y, Prec::Product, false), "+", &z, Prec::Sum, false)
            }
            Expr::Compare(predicate, x, y) => {
                let (op, unsigned) = operator(*predicate);
                let natural = self.are_natural(x, y);
                if !natural {
                    self.whole_numbers(&[x, y], "compared");
                }
                let unsigned = unsigned || (natural && !(self.fits(x) && self.fits(y)));
                let (mut left, mut right) = (self.scalar(x), self.scalar(y));
                if unsigned && x.scalar(self.kernel) != Scalar::Bool && !(self.natural(x) && self.natural(y)) {
                    (left, right) = (cast("unsigned", &left), cast("unsigned", &right));
                }
                let prec = if matches!(op, "==" | "!=") { Prec::Equality } else { Prec::Relational };
                Text::binary(&left, op, &right, prec, false)
            }
            Expr::Select(condition, x, y) => {
                let (condition, x, y) = (self.scalar(condition), self.scalar(x), self.scalar(y));
                Text::conditional(&condition, &x, &y)
            }
            Expr::Convert(convert, x) => self.convert_scalar(*convert, x),
        }
    }

    /// Demands that numbers of 64 bits fit in 32.
    pub(super) fn whole_numbers(&mut self, list: &[&Expr], done: &str) {
        if !list.iter().all(|expr| self.fits(expr)) {
            self.leaves(&format!("a number that is {done}"));
        }
    }

    /// Whether two numbers of 64 bits are known to be of 32 without a sign, so that they are compared as such.
    pub(super) fn are_natural(&self, x: &Expr, y: &Expr) -> bool {
        x.scalar(self.kernel) == Scalar::I64 && [x, y].into_iter().all(|expr| self.words.is_natural(&self.ranges, expr))
    }

    /// Whether a number is known not to be negative.
    pub(super) fn natural(&self, expr: &Expr) -> bool {
        self.ranges.of(expr).is_some_and(|range| range.lo >= 0)
    }

    fn logic(&mut self, op: BinaryOp, x: &Expr, y: &Expr) -> Text {
        let (x, y) = (self.scalar(x), self.scalar(y));
        match op {
            BinaryOp::And => Text::binary(&x, "&&", &y, Prec::And, true),
            BinaryOp::Or => Text::binary(&x, "||", &y, Prec::Or, true),
            BinaryOp::Xor => Text::binary(&x, "!=", &y, Prec::Equality, false),
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
            | BinaryOp::ShrU => {
                self.fail(format!("{op:?} on truths"));
                x
            }
        }
    }

    /// Integers. What may leave 32 bits is computed without signs, so that it wraps.
    fn arithmetic(&mut self, op: BinaryOp, whole: &Expr, x: &Expr, y: &Expr) -> Text {
        let stays = self
            .ranges
            .of(whole)
            .is_some_and(|range| i32::try_from(range.lo).is_ok() && i32::try_from(range.hi).is_ok());
        let (left, right) = (self.scalar(x), self.scalar(y));
        let plain = |op, prec, associative| Text::binary(&left, op, &right, prec, associative);
        let wrapped = |op, prec| {
            let (left, right) = (cast("unsigned", &left), cast("unsigned", &right));
            cast("int", &Text::binary(&left, op, &right, prec, false))
        };
        let call = |function: &str| Text::call(function, &[left.clone(), right.clone()]);
        let unsigned =
            |function: &str| cast("int", &Text::call(function, &[cast("unsigned", &left), cast("unsigned", &right)]));
        let divided = |mode: &str| {
            let args = [cast("unsigned", &left), cast("unsigned", &right), Text::atom(mode), Text::atom("0")];
            cast("int", &Text::call("u32_udiv", &args))
        };
        match op {
            BinaryOp::Add if stays => plain("+", Prec::Sum, true),
            BinaryOp::Add => wrapped("+", Prec::Sum),
            BinaryOp::Sub if stays => plain("-", Prec::Sum, false),
            BinaryOp::Sub => wrapped("-", Prec::Sum),
            BinaryOp::Mul if stays => plain("*", Prec::Product, true),
            BinaryOp::Mul => wrapped("*", Prec::Product),
            BinaryOp::And => plain("&", Prec::BitAnd, true),
            BinaryOp::Or => plain("|", Prec::BitOr, true),
            BinaryOp::Xor => plain("^", Prec::BitXor, true),
            BinaryOp::Shl => cast("int", &Text::binary(&cast("unsigned", &left), "<<", &right, Prec::Shift, false)),
            BinaryOp::ShrS => {
                self.whole_numbers(&[x, y], "shifted");
                plain(">>", Prec::Shift, false)
            }
            BinaryOp::ShrU => {
                self.unsigned_numbers(&[x, y], "shifted");
                cast("int", &Text::binary(&cast("unsigned", &left), ">>", &right, Prec::Shift, false))
            }
            BinaryOp::MinS => {
                self.whole_numbers(&[x, y], "compared");
                call("s_i32_min")
            }
            BinaryOp::MaxS => {
                self.whole_numbers(&[x, y], "compared");
                call("s_i32_max")
            }
            BinaryOp::MinU => {
                self.ordered_numbers(x, y);
                unsigned("s_u32_min")
            }
            BinaryOp::MaxU => {
                self.ordered_numbers(x, y);
                unsigned("s_u32_max")
            }
            BinaryOp::DivS | BinaryOp::RemS if self.natural(x) && self.natural(y) => {
                self.whole_numbers(&[x, y], "divided");
                let power = y.as_int().filter(|by| by.count_ones() == 1 && *by <= 1 << 30);
                match (op, power) {
                    (BinaryOp::DivS, Some(by)) => {
                        let bits = Text::atom(by.trailing_zeros().to_string());
                        Text::binary(&left, ">>", &bits, Prec::Shift, false)
                    }
                    (_, Some(by)) => Text::binary(&left, "&", &Text::atom((by - 1).to_string()), Prec::BitAnd, true),
                    (BinaryOp::DivS, None) => divided("SW_DIV_MODE_DIV"),
                    (_, None) => divided("SW_DIV_MODE_MOD"),
                }
            }
            BinaryOp::DivS | BinaryOp::RemS => {
                self.whole_numbers(&[x, y], "divided");
                super::quotients::divide_scalars(&mut self.helpers);
                call(if op == BinaryOp::DivS { "divide" } else { "remainder" })
            }
            BinaryOp::DivU => {
                self.unsigned_numbers(&[x, y], "divided");
                divided("SW_DIV_MODE_DIV")
            }
            BinaryOp::RemU => {
                self.unsigned_numbers(&[x, y], "divided");
                divided("SW_DIV_MODE_MOD")
            }
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => {
                self.fail(format!("{op:?} on whole numbers"));
                left
            }
        }
    }

    /// Demands that numbers of 64 bits without signs are in their order in 32.
    fn ordered_numbers(&mut self, x: &Expr, y: &Expr) {
        if !self.words.keep_order(&self.ranges, [x, y]) {
            self.leaves("a number without a sign that is compared");
        }
    }

    /// Demands that numbers of 64 bits without signs fit in 31.
    pub(super) fn unsigned_numbers(&mut self, list: &[&Expr], done: &str) {
        if !list.iter().all(|expr| self.words.fits_unsigned(&self.ranges, expr)) {
            self.leaves(&format!("a number without a sign that is {done}"));
        }
    }

    fn convert_scalar(&mut self, convert: Convert, x: &Expr) -> Text {
        let from = x.scalar(self.kernel);
        let text = self.scalar(x);
        let bit = Text::binary(&text, "&", &Text::atom("1"), Prec::BitAnd, true);
        match convert {
            Convert::SignedToFloat => {
                self.whole_numbers(&[x], "made a float");
                cast("float", &text)
            }
            Convert::UnsignedToFloat if from == Scalar::Bool => cast("float", &text),
            Convert::UnsignedToFloat => {
                self.unsigned_numbers(&[x], "made a float");
                cast("float", &cast("unsigned", &text))
            }
            Convert::Signed(_, 1) if from == Scalar::Bool => {
                Text::conditional(&text, &Text::new("-1", Prec::Unary), &Text::atom("0"))
            }
            Convert::Signed(_, 1) => Text::prefix("-", &bit),
            Convert::Unsigned(..) if from == Scalar::Bool => cast("int", &text),
            Convert::Signed(_, bits @ 2..32) => {
                let by = Text::atom((32 - bits).to_string());
                let up = Text::binary(&cast("unsigned", &text), "<<", &by, Prec::Shift, false);
                Text::binary(&cast("int", &up), ">>", &by, Prec::Shift, false)
            }
            Convert::Unsigned(_, bits @ 1..32) => {
                Text::binary(&text, "&", &Text::atom(((1_u32 << bits) - 1).to_string()), Prec::BitAnd, true)
            }
            // The lowest 32 bits are what they were.
            Convert::Signed(..) | Convert::Unsigned(..) => text,
            Convert::ToBool if from == Scalar::Bool => text,
            Convert::ToBool => Text::binary(&bit, "!=", &Text::atom("0"), Prec::Equality, false),
            Convert::Bits(Scalar::F32) => Text::call("as_float", &[text]),
            Convert::Bits(_) => Text::call("as_int", &[text]),
            Convert::Round(_) | Convert::FloatToSigned(..) | Convert::FloatToUnsigned(..) => {
                self.fail("a conversion that only vectors have");
                text
            }
        }
    }
}
