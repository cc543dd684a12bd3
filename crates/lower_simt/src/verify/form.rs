//! Integer expressions as functions of the thread.
//!
//! A form says: in thread `t` the value is `base[t]`, plus a sum of factors times values that never change and are the same for
//! all threads, plus an unknown multiple of `modulus` that may differ between threads and over time. Every integer
//! expression has one: at worst the modulus is 1.

use std::collections::BTreeMap;

use tile_ir::{Access, BinaryOp};

use super::align::{self, Table};
use super::constants::{Definitions, Values};
use crate::interp::arithmetic;
use crate::ir::{Builtin, Convert, Expr, LaneKernel, Memory, Scalar, StmtKind, Var};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) base: Vec<i64>,
    /// Factors of unchanging values, by the spelling of the value.
    pub(super) atoms: BTreeMap<String, i64>,
    /// 0 if nothing is unknown.
    pub(super) modulus: u64,
}

pub(super) fn gcd(x: u64, y: u64) -> u64 {
    if y == 0 { x } else { gcd(y, x % y) }
}

impl Form {
    fn new(base: Vec<i64>) -> Form {
        Form { base, atoms: BTreeMap::new(), modulus: 0 }
    }

    /// Whether it is known in every thread.
    pub(super) fn exact(&self) -> bool {
        self.atoms.is_empty() && self.modulus == 0
    }

    fn constant(&self) -> Option<i64> {
        let first = *self.base.first()?;
        (self.exact() && self.base.iter().all(|&value| value == first)).then_some(first)
    }

    fn add(mut self, other: &Form, sign: i64) -> Form {
        self.base.iter_mut().zip(&other.base).for_each(|(x, y)| *x = x.wrapping_add(y.wrapping_mul(sign)));
        for (atom, factor) in &other.atoms {
            let slot = self.atoms.entry(atom.clone()).or_default();
            *slot = slot.wrapping_add(factor.wrapping_mul(sign));
        }
        self.atoms.retain(|_, factor| *factor != 0);
        self.modulus = gcd(self.modulus, other.modulus);
        self
    }

    fn scale(mut self, by: i64) -> Form {
        self.base.iter_mut().for_each(|x| *x = x.wrapping_mul(by));
        self.atoms.values_mut().for_each(|factor| *factor = factor.wrapping_mul(by));
        self.atoms.retain(|_, factor| *factor != 0);
        self.modulus = self.modulus.wrapping_mul(by.unsigned_abs());
        self
    }

    /// Whether everything but the base is a multiple of `by`.
    fn rest_divides(&self, by: u64) -> bool {
        self.modulus.is_multiple_of(by) && self.atoms.values().all(|factor| factor.unsigned_abs().is_multiple_of(by))
    }

    /// Divided by a positive constant, toward minus infinity; the value is not negative.
    fn divide(mut self, by: i64) -> Option<Form> {
        if by < 1 || !self.rest_divides(by as u64) {
            return None;
        }
        self.base.iter_mut().for_each(|x| *x = x.div_euclid(by));
        self.atoms.values_mut().for_each(|factor| *factor /= by);
        self.modulus /= by as u64;
        Some(self)
    }

    /// The remainder by a positive constant; the value is not negative.
    fn remainder(self, by: i64) -> Option<Form> {
        if by < 1 || !self.rest_divides(by as u64) {
            return None;
        }
        Some(Form::new(self.base.into_iter().map(|x| x.rem_euclid(by)).collect()))
    }
}

/// Loops by their variable.
type Loops<'a> = BTreeMap<Var, (&'a Expr, &'a Expr)>;

/// What forms are made from.
pub(super) struct Forms<'a> {
    kernel: &'a LaneKernel,
    pub(super) definitions: Definitions<'a>,
    /// First value and step of every loop variable.
    pub(super) loops: Loops<'a>,
    table: Table,
}

impl<'a> Forms<'a> {
    pub(super) fn new(kernel: &'a LaneKernel) -> Forms<'a> {
        let mut loops = BTreeMap::new();
        for stmt in &kernel.body {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::For { var, lower, step, .. } = &stmt.kind {
                    loops.insert(*var, (lower, step));
                }
            });
        }
        let definitions = super::constants::definitions(kernel);
        Forms { kernel, definitions, loops, table: align::table(kernel) }
    }

    /// The form of an integer or boolean expression, with loop variables of known values.
    pub(super) fn of(&self, expr: &Expr, values: &Values) -> Form {
        self.known(expr, values).unwrap_or_else(|| {
            let low = align::low(self.kernel, &self.table, expr).unwrap_or(align::Low { bits: 0, value: 0 });
            Form { modulus: 1 << low.bits, ..self.same(low.value as i64) }
        })
    }

    fn same(&self, value: i64) -> Form {
        Form::new(vec![value; self.kernel.threads as usize])
    }

    /// A value that never changes and is the same for all threads, as it stands.
    fn atom(&self, expr: &Expr) -> Option<Form> {
        if !self.stable(expr) {
            return None;
        }
        let mut form = self.same(0);
        form.atoms.insert(format!("{expr:?}"), 1);
        Some(form)
    }

    fn stable(&self, expr: &Expr) -> bool {
        let itself = match expr {
            Expr::Var(var) => self.definitions.get(var).is_some_and(|value| self.stable(value)),
            Expr::Builtin(builtin) => matches!(builtin, Builtin::Program(_)),
            Expr::Load(place) => match place.memory {
                Memory::Global(view) => self.kernel.view(view).is_some_and(|view| view.access != Access::Write),
                Memory::Shared(_) => false,
            },
            Expr::Element(..) => false,
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => true,
        };
        itself && expr.operands().into_iter().all(|operand| self.stable(operand))
    }

    fn known(&self, expr: &Expr, values: &Values) -> Option<Form> {
        let threads = i64::from(self.kernel.threads);
        match expr {
            Expr::Int(scalar, bits) => Some(self.same(arithmetic::signed(*scalar, *bits))),
            Expr::Bool(bit) => Some(self.same(i64::from(*bit))),
            Expr::Builtin(Builtin::Thread) => Some(Form::new((0..threads).collect())),
            Expr::Builtin(Builtin::Lane) => Some(Form::new((0..threads).map(|thread| thread % 32).collect())),
            Expr::Builtin(Builtin::Subgroup) => Some(Form::new((0..threads).map(|thread| thread / 32).collect())),
            Expr::Var(var) => {
                if let Some(value) = values.get(var) {
                    return Some(self.same(*value));
                }
                if let Some(value) = self.definitions.get(var) {
                    return self.known(value, values).or_else(|| self.atom(expr));
                }
                let (lower, step) = self.loops.get(var)?;
                let step = self.of(step, values).constant()?;
                let mut form = self.of(lower, values);
                form.modulus = gcd(form.modulus, step.unsigned_abs());
                Some(form)
            }
            Expr::Binary(op, x, y) => self.binary(*op, x, y, values).or_else(|| self.atom(expr)),
            Expr::Compare(predicate, x, y) if !predicate.is_float() => {
                let (mut left, right) = (self.known(x, values)?, self.known(y, values)?);
                (left.exact() && right.exact()).then(|| {
                    arithmetic::compare_many(*predicate, x.scalar(self.kernel), &mut left.base, &right.base);
                    left
                })
            }
            Expr::Select(condition, x, y) => {
                let condition = self.known(condition, values).filter(Form::exact)?;
                let (mut x, y) = (self.of(x, values), self.of(y, values));
                if x.atoms != y.atoms {
                    return self.atom(expr);
                }
                let choices = condition.base.iter().zip(y.base);
                x.base.iter_mut().zip(choices).for_each(|(x, (&yes, y))| *x = if yes != 0 { *x } else { y });
                x.modulus = gcd(x.modulus, y.modulus);
                Some(x)
            }
            Expr::Convert(Convert::SignExtend(_) | Convert::ZeroExtend(_), x)
                if x.scalar(self.kernel) == Scalar::I32 =>
            {
                self.known(x, values)
            }
            Expr::Builtin(Builtin::Program(_)) | Expr::Param(_) | Expr::Load(_) | Expr::Convert(..) => self.atom(expr),
            Expr::Float(_) | Expr::Element(..) | Expr::Unary(..) | Expr::Fma(..) | Expr::Compare(..) => None,
        }
    }

    fn binary(&self, op: BinaryOp, x: &Expr, y: &Expr, values: &Values) -> Option<Form> {
        let scalar = x.scalar(self.kernel);
        if scalar == Scalar::F32 {
            return None;
        }
        let (left, right) = (self.of(x, values), self.of(y, values));
        if left.exact() && right.exact() {
            let mut result = left;
            // Booleans are 0 and 1 here; the operations they have keep that in any width.
            let scalar = if scalar == Scalar::Bool { Scalar::I8 } else { scalar };
            return arithmetic::many(op, scalar, &mut result.base, &right.base).then_some(result);
        }
        let by = right.constant();
        let power = by.filter(|by| (0..31).contains(by)).map(|by| 1i64 << by);
        match op {
            BinaryOp::Add => Some(left.add(&right, 1)),
            BinaryOp::Sub => Some(left.add(&right, -1)),
            BinaryOp::Mul => match (left.constant(), by) {
                (_, Some(by)) => Some(left.scale(by)),
                (Some(by), None) => Some(right.scale(by)),
                (None, None) => None,
            },
            BinaryOp::Shl => Some(left.scale(power?)),
            BinaryOp::DivS | BinaryOp::DivU => left.divide(by?),
            BinaryOp::ShrS | BinaryOp::ShrU => left.divide(power?),
            BinaryOp::RemS | BinaryOp::RemU => left.remainder(by?),
            BinaryOp::And => left.remainder(by?.checked_add(1).filter(|by| by.count_ones() == 1)?),
            BinaryOp::DivF
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::Or
            | BinaryOp::Xor => None,
        }
    }

    /// Loop variables with known values that an expression depends on.
    pub(super) fn loop_vars(&self, expr: &Expr, known: &BTreeMap<Var, Vec<i64>>, found: &mut Vec<Var>) {
        expr.for_each(&mut |expr| {
            let Expr::Var(var) = expr else { return };
            if known.contains_key(var) {
                found.push(*var);
            } else if let Some(value) = self.definitions.get(var) {
                self.loop_vars(value, known, found);
            } else if let Some((lower, _)) = self.loops.get(var) {
                self.loop_vars(lower, known, found);
            }
        });
    }
}
