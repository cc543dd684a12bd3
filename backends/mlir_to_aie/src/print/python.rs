//! Expressions of the sequence, in Python: integers have no width there, so that what may leave its type is brought back.

use std::collections::{BTreeMap, BTreeSet};

use emit::{FloatClass, Namer, Prec, Text, float_literal};
use emit_dma::{plus, times};
use lower_dma::ir::{Convert, CoreKernel, Expr, Scalar, Var};
use lower_dma::ranges::Ranges;
use tile_ir::{BinaryOp, Predicate};

/// Helper functions that a text may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Helper {
    /// `signed(x, bits)`.
    Signed,
    /// `quotient(x, y)`.
    Quotient,
}

impl Helper {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Helper::Signed => {
                "def signed(x, bits):
    \"\"\"The number of so many bits that has the lowest bits of `x`.\"\"\"
    return (x + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)"
            }
            Helper::Quotient => {
                "def quotient(x, y):
    \"\"\"Toward zero.\"\"\"
    return abs(x) // abs(y) if (x < 0) == (y < 0) else -(abs(x) // abs(y))"
            }
        }
    }
}

/// Writes expressions.
pub(super) struct Python<'a> {
    kernel: &'a CoreKernel,
    /// Names of parameters.
    params: &'a [String],
    pub(super) namer: Namer,
    pub(super) ranges: Ranges<'a>,
    vars: BTreeMap<Var, String>,
    /// Variables that are not negative.
    natural: BTreeSet<Var>,
    pub(super) helpers: BTreeSet<Helper>,
}

const fn width(scalar: Scalar) -> u32 {
    match scalar {
        Scalar::Bool => 1,
        Scalar::F32 | Scalar::I32 => 32,
        Scalar::I64 => 64,
    }
}

impl<'a> Python<'a> {
    pub(super) fn new(kernel: &'a CoreKernel, params: &'a [String], namer: Namer) -> Python<'a> {
        let (vars, natural, helpers) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Python { kernel, params, namer, ranges: Ranges::new(kernel), vars, natural, helpers }
    }

    /// The name of a variable, given at its first definition.
    pub(super) fn define(&mut self, var: Var) -> String {
        if let Some(name) = self.vars.get(&var) {
            return name.clone();
        }
        let name = self.namer.name(&self.kernel.var(var).name);
        self.vars.insert(var, name.clone());
        name
    }

    /// Notes what a variable holds.
    pub(super) fn note(&mut self, var: Var, value: &Expr) {
        let known = self.ranges.of(value);
        self.ranges.define(var, known);
        if self.is_natural(value) && !self.ranges.changes(var) {
            self.natural.insert(var);
        }
    }

    /// Notes the variable of a loop.
    pub(super) fn turns(&mut self, var: Var, [lower, upper, step]: [&Expr; 3]) {
        let known = self.ranges.turns(lower, upper, step);
        self.ranges.define(var, known);
        if self.is_natural(lower) {
            self.natural.insert(var);
        }
    }

    fn is_natural(&self, expr: &Expr) -> bool {
        if self.ranges.of(expr).is_some_and(|range| range.lo >= 0) {
            return true;
        }
        match expr {
            Expr::Var(var) => self.natural.contains(var),
            Expr::Convert(Convert::Unsigned(Scalar::I64, bits), _) => *bits < 64,
            Expr::Binary(
                BinaryOp::Add | BinaryOp::Mul | BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS,
                x,
                y,
            ) => expr.scalar(self.kernel) == Scalar::I64 && self.is_natural(x) && self.is_natural(y),
            Expr::Select(_, x, y) => self.is_natural(x) && self.is_natural(y),
            Expr::Convert(Convert::Signed(Scalar::I64, 64), x) => self.is_natural(x),
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Convert(..) => false,
        }
    }

    /// Brings a number into its type unless it is known to be in it. Those of 64 bits are offsets, which no view is large enough to
    /// let leave their type.
    fn within(&mut self, expr: &Expr, text: Text) -> Text {
        match expr.scalar(self.kernel) {
            Scalar::I32 if !self.ranges.stays(expr) => self.signed(&text, 32),
            Scalar::I32 | Scalar::I64 | Scalar::F32 | Scalar::Bool => text,
        }
    }

    fn signed(&mut self, x: &Text, bits: u32) -> Text {
        self.helpers.insert(Helper::Signed);
        Text::call("signed", &[x.clone(), Text::atom(bits.to_string())])
    }

    /// A number of so many bits as one without a sign.
    fn unsigned(&self, expr: &Expr, text: &Text, bits: u32) -> Text {
        if self.is_natural(expr) {
            return text.clone();
        }
        let mask = Text::atom(format!("{:#x}", (1u128 << bits) - 1));
        Text::binary(text, "&", &mask, Prec::BitAnd, false)
    }

    /// An expression that the sequence knows.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<Text, String> {
        Ok(match expr {
            Expr::Float(value) => match float_literal(*value) {
                FloatClass::Number(_) => {
                    let prec = if value.is_sign_negative() { Prec::Unary } else { Prec::Postfix };
                    Text::new(format!("{:?}", f64::from(*value)), prec)
                }
                FloatClass::Infinity { negative: false } => Text::atom("float(\"inf\")"),
                FloatClass::Infinity { negative: true } => Text::atom("float(\"-inf\")"),
                FloatClass::Nan(_) => Text::atom("float(\"nan\")"),
            },
            Expr::Int(_, value) => Text::new(value.to_string(), if *value < 0 { Prec::Unary } else { Prec::Postfix }),
            Expr::Bool(value) => Text::atom(if *value { "True" } else { "False" }),
            Expr::Var(var) => match self.vars.get(var) {
                Some(name) => Text::atom(name.clone()),
                None => return Err(format!("the sequence does not define `{}`", self.kernel.var(*var).name)),
            },
            Expr::Core => Text::atom("core"),
            Expr::Param(param) => match self.params.get(*param) {
                Some(name) => Text::atom(name.clone()),
                None => return Err(format!("parameter {param} does not exist")),
            },
            Expr::Binary(op, x, y) => self.binary(*op, expr, x, y)?,
            Expr::Compare(predicate, x, y) => self.compare(*predicate, x, y)?,
            Expr::Select(condition, x, y) => {
                let [condition, x, y] = [self.expr(condition)?, self.expr(x)?, self.expr(y)?];
                let text = [&x, &condition, &y].map(|text| text.at_least(Prec::Or));
                Text::new(format!("{} if {} else {}", text[0], text[1], text[2]), Prec::Conditional)
            }
            Expr::Convert(convert, x) => self.convert(*convert, x)?,
            Expr::Unary(..) | Expr::Fma(..) => return Err("the sequence computes with floats".to_owned()),
        })
    }

    fn convert(&mut self, convert: Convert, x: &Expr) -> Result<Text, String> {
        let from = x.scalar(self.kernel);
        let text = self.expr(x)?;
        let text = if from == Scalar::Bool { Text::call("int", &[text]) } else { text };
        let fits = |bits: u32| {
            let below = |hi: i64| bits > 63 || hi < 1 << (bits - 1);
            from == Scalar::Bool && bits > 1 || self.ranges.of(x).is_some_and(|range| range.lo >= 0 && below(range.hi))
        };
        Ok(match convert {
            Convert::Signed(_, bits) | Convert::Unsigned(_, bits) if fits(bits) => text,
            Convert::Signed(_, bits) if bits >= width(from) => text,
            Convert::Signed(_, bits) => self.signed(&text, bits),
            Convert::Unsigned(to, bits) if bits >= width(to) => self.signed(&text, width(to)),
            Convert::Unsigned(_, bits) => {
                let mask = Text::atom(format!("{:#x}", (1u128 << bits) - 1));
                Text::binary(&text, "&", &mask, Prec::BitAnd, false)
            }
            Convert::ToBool => {
                let bit = Text::binary(&text, "&", &Text::atom("1"), Prec::BitAnd, false);
                Text::binary(&bit, "!=", &Text::atom("0"), Prec::Equality, false)
            }
            Convert::Round(_)
            | Convert::SignedToFloat
            | Convert::UnsignedToFloat
            | Convert::FloatToSigned(..)
            | Convert::FloatToUnsigned(..)
            | Convert::Bits(_) => return Err("the sequence computes with floats".to_owned()),
        })
    }

    fn compare(&mut self, predicate: Predicate, x: &Expr, y: &Expr) -> Result<Text, String> {
        let (op, unsigned) = match predicate {
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
        };
        let bits = width(x.scalar(self.kernel));
        let (mut left, mut right) = (self.expr(x)?, self.expr(y)?);
        if unsigned {
            (left, right) = (self.unsigned(x, &left, bits), self.unsigned(y, &right, bits));
        }
        let prec = if matches!(op, "==" | "!=") { Prec::Equality } else { Prec::Relational };
        Ok(Text::binary(&left, op, &right, prec, false))
    }

    fn binary(&mut self, op: BinaryOp, whole: &Expr, x: &Expr, y: &Expr) -> Result<Text, String> {
        let scalar = x.scalar(self.kernel);
        let (left, right) = (self.expr(x)?, self.expr(y)?);
        if scalar == Scalar::Bool {
            return match op {
                BinaryOp::And => Ok(Text::binary(&left, "and", &right, Prec::And, true)),
                BinaryOp::Or => Ok(Text::binary(&left, "or", &right, Prec::Or, true)),
                BinaryOp::Xor => {
                    let sides = [left, right].map(|side| Text::atom(format!("({})", side.text)));
                    Ok(Text::binary(&sides[0], "!=", &sides[1], Prec::Equality, false))
                }
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
                | BinaryOp::ShrU => Err("arithmetic on truths".to_owned()),
            };
        }
        let bits = width(scalar);
        let natural = self.is_natural(x) && self.is_natural(y);
        let unsigned = [self.unsigned(x, &left, bits), self.unsigned(y, &right, bits)];
        let text = match op {
            BinaryOp::Add => plus(&left, &right),
            BinaryOp::Sub => Text::binary(&left, "-", &right, Prec::Sum, false),
            BinaryOp::Mul => match y.as_int().and_then(|by| u64::try_from(by).ok()) {
                Some(by) => times(&left, by),
                None => Text::binary(&left, "*", &right, Prec::Product, true),
            },
            BinaryOp::DivS if natural => return Ok(Text::binary(&left, "//", &right, Prec::Product, false)),
            BinaryOp::RemS if natural => return Ok(Text::binary(&left, "%", &right, Prec::Product, false)),
            BinaryOp::DivS | BinaryOp::RemS => {
                self.helpers.insert(Helper::Quotient);
                let quotient = Text::call("quotient", &[left.clone(), right.clone()]);
                if op == BinaryOp::DivS {
                    quotient
                } else {
                    let taken = Text::binary(&quotient, "*", &right, Prec::Product, false);
                    Text::binary(&left, "-", &taken, Prec::Sum, false)
                }
            }
            BinaryOp::MinS => return Ok(Text::call("min", &[left, right])),
            BinaryOp::MaxS => return Ok(Text::call("max", &[left, right])),
            BinaryOp::MinU if natural => return Ok(Text::call("min", &[left, right])),
            BinaryOp::MaxU if natural => return Ok(Text::call("max", &[left, right])),
            BinaryOp::MinU => self.signed(&Text::call("min", &unsigned), bits),
            BinaryOp::MaxU => self.signed(&Text::call("max", &unsigned), bits),
            BinaryOp::DivU => {
                let text = Text::binary(&unsigned[0], "//", &unsigned[1], Prec::Product, false);
                self.signed(&text, bits)
            }
            BinaryOp::RemU => {
                let text = Text::binary(&unsigned[0], "%", &unsigned[1], Prec::Product, false);
                self.signed(&text, bits)
            }
            BinaryOp::And => return Ok(Text::binary(&left, "&", &right, Prec::BitAnd, false)),
            BinaryOp::Or => return Ok(Text::binary(&left, "|", &right, Prec::BitOr, false)),
            BinaryOp::Xor => return Ok(Text::binary(&left, "^", &right, Prec::BitXor, false)),
            BinaryOp::Shl => {
                let text = Text::binary(&left, "<<", &right, Prec::Shift, false);
                return Ok(self.signed(&text, bits));
            }
            BinaryOp::ShrS => return Ok(Text::binary(&left, ">>", &right, Prec::Shift, false)),
            BinaryOp::ShrU => {
                let text = Text::binary(&unsigned[0], ">>", &right, Prec::Shift, false);
                self.signed(&text, bits)
            }
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => return Err("floats in the sequence".to_owned()),
        };
        Ok(self.within(whole, text))
    }
}
