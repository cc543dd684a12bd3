//! Intervals of integers in scalar code, with what they are multiples of.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{BinaryOp, ParamKind};

use crate::ir::{Convert, CoreKernel, Expr, Scalar, StmtKind, Var};

/// The integers from `lo` to `hi` that are multiples of `step` (0: the number 0 only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Smallest.
    pub lo: i64,
    /// Largest.
    pub hi: i64,
    /// What all are multiples of.
    pub step: u64,
}

impl Interval {
    /// One number.
    #[must_use]
    pub const fn number(n: i64) -> Interval {
        Interval { lo: n, hi: n, step: n.unsigned_abs() }
    }

    /// Whether all are multiples of `n`.
    #[must_use]
    pub const fn is_multiple_of(self, n: u64) -> bool {
        self.step.is_multiple_of(n)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

type Known = BTreeMap<Var, Interval>;

/// What is known of the variables of a kernel, for a walk over it in order.
#[derive(Clone, Debug)]
pub struct Ranges<'a> {
    kernel: &'a CoreKernel,
    /// Variables that change: nothing is known of them.
    changing: BTreeSet<Var>,
    known: Known,
}

impl<'a> Ranges<'a> {
    /// Before the first statement.
    #[must_use]
    pub fn new(kernel: &'a CoreKernel) -> Ranges<'a> {
        let mut changing = BTreeSet::new();
        for stmt in &kernel.body {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::Assign { var, .. } = &stmt.kind {
                    changing.insert(*var);
                }
            });
        }
        Ranges { kernel, changing, known: Known::new() }
    }

    /// Whether the variable is assigned somewhere.
    #[must_use]
    pub fn changes(&self, var: Var) -> bool {
        self.changing.contains(&var)
    }

    /// What is known of an integer; `None` if nothing.
    #[must_use]
    pub fn of(&self, expr: &Expr) -> Option<Interval> {
        interval(self.kernel, &self.known, expr)
    }

    /// Notes what a variable is from its definition on.
    pub fn define(&mut self, var: Var, value: Option<Interval>) {
        match value {
            Some(value) if !self.changing.contains(&var) => {
                self.known.insert(var, value);
            }
            Some(_) | None => {
                self.known.remove(&var);
            }
        }
    }

    /// What the variable of a loop is in its turns.
    #[must_use]
    pub fn turns(&self, lower: &Expr, upper: &Expr, step: &Expr) -> Option<Interval> {
        match (self.of(lower), self.of(upper), self.of(step)) {
            (Some(lower), Some(upper), Some(step)) if step.lo > 0 => {
                let every = if step.lo == step.hi { step.step } else { 1 };
                let every = gcd(lower.step, every).max(1);
                // The last turn starts below the bound, and at a multiple.
                let last = upper.hi.saturating_sub(1).max(lower.lo);
                let exact = lower.lo == lower.hi && step.lo == step.hi;
                let hi = if exact { lower.lo + (last - lower.lo) / step.lo * step.lo } else { last };
                Some(Interval { lo: lower.lo, hi, step: every })
            }
            (_, _, _) => None,
        }
    }

    /// Whether the result of an operation on integers is known to be a number of their type.
    #[must_use]
    pub fn stays(&self, expr: &Expr) -> bool {
        let fits = |x: Interval| match expr.scalar(self.kernel) {
            Scalar::I32 => i32::try_from(x.lo).is_ok() && i32::try_from(x.hi).is_ok(),
            Scalar::F32 | Scalar::Bool | Scalar::I64 => true,
        };
        self.of(expr).is_some_and(fits)
    }
}

fn interval(kernel: &CoreKernel, known: &Known, expr: &Expr) -> Option<Interval> {
    let of = |expr: &Expr| interval(kernel, known, expr);
    match expr {
        Expr::Int(_, n) => Some(Interval::number(*n)),
        Expr::Var(var) => known.get(var).copied(),
        Expr::Core => Some(Interval { lo: 0, hi: kernel.cores as i64 - 1, step: 1 }),
        Expr::Param(param) => match &kernel.params.get(*param)?.kind {
            ParamKind::Scalar(scalar) => {
                let bound = i64::try_from(scalar.bound?).ok()?;
                Some(Interval { lo: 0, hi: bound - 1, step: 1 })
            }
            ParamKind::View(_) => None,
        },
        // Whatever the other one is.
        Expr::Binary(BinaryOp::MinU, x, y) => {
            let hi = [of(x), of(y)].into_iter().flatten().filter(|side| side.lo >= 0).map(|side| side.hi).min()?;
            Some(Interval { lo: 0, hi, step: 1 })
        }
        Expr::Binary(BinaryOp::And, x, y) => {
            let hi = [of(x), of(y)].into_iter().flatten().filter(|side| side.lo >= 0).map(|side| side.hi).min()?;
            Some(Interval { lo: 0, hi, step: 1 })
        }
        Expr::Binary(op, x, y) => {
            let (x, y) = (of(x)?, of(y)?);
            let (lo, hi, step) = match op {
                BinaryOp::Add => (x.lo.checked_add(y.lo)?, x.hi.checked_add(y.hi)?, gcd(x.step, y.step)),
                BinaryOp::Sub => (x.lo.checked_sub(y.hi)?, x.hi.checked_sub(y.lo)?, gcd(x.step, y.step)),
                BinaryOp::Mul => {
                    let ends = [
                        x.lo.checked_mul(y.lo)?,
                        x.lo.checked_mul(y.hi)?,
                        x.hi.checked_mul(y.lo)?,
                        x.hi.checked_mul(y.hi)?,
                    ];
                    let (lo, hi) = (ends.iter().min().copied()?, ends.iter().max().copied()?);
                    (lo, hi, x.step.checked_mul(y.step)?)
                }
                // Without a sign as with one, where there is none.
                BinaryOp::DivS | BinaryOp::DivU if x.lo >= 0 && y.lo == y.hi && y.lo > 0 => {
                    let by = y.lo.unsigned_abs();
                    let step = if x.step.is_multiple_of(by) { x.step / by } else { 1 };
                    (x.lo / y.lo, x.hi / y.lo, step)
                }
                BinaryOp::RemS | BinaryOp::RemU if x.lo >= 0 && y.lo == y.hi && y.lo > 0 => {
                    (0, x.hi.min(y.lo - 1), gcd(x.step, y.lo.unsigned_abs()))
                }
                BinaryOp::ShrS | BinaryOp::ShrU if x.lo >= 0 && y.lo == y.hi && (0..63).contains(&y.lo) => {
                    (x.lo >> y.lo, x.hi >> y.lo, 1)
                }
                BinaryOp::Shl if x.lo >= 0 && y.lo == y.hi && (0..62).contains(&y.lo) => {
                    let by = 1_i64 << y.lo;
                    (x.lo.checked_mul(by)?, x.hi.checked_mul(by)?, x.step.checked_mul(by.unsigned_abs())?)
                }
                BinaryOp::MaxU if x.lo >= 0 && y.lo >= 0 => (x.lo.max(y.lo), x.hi.max(y.hi), gcd(x.step, y.step)),
                BinaryOp::MinS => (x.lo.min(y.lo), x.hi.min(y.hi), gcd(x.step, y.step)),
                BinaryOp::MaxS => (x.lo.max(y.lo), x.hi.max(y.hi), gcd(x.step, y.step)),
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
                | BinaryOp::ShrU => return None,
            };
            Some(Interval { lo, hi, step })
        }
        Expr::Select(_, x, y) => {
            let (x, y) = (of(x)?, of(y)?);
            Some(Interval { lo: x.lo.min(y.lo), hi: x.hi.max(y.hi), step: gcd(x.step, y.step) })
        }
        Expr::Convert(Convert::Unsigned(..), x) if x.scalar(kernel) == Scalar::Bool => {
            Some(Interval { lo: 0, hi: 1, step: 1 })
        }
        Expr::Convert(convert @ (Convert::Signed(_, bits) | Convert::Unsigned(_, bits)), x) => {
            let x = of(x)?;
            let top = if *bits >= 63 { i64::MAX } else { (1 << (bits - 1)) - 1 };
            let least = if matches!(convert, Convert::Signed(..)) { -top - 1 } else { 0 };
            (x.lo >= least && x.hi <= top).then_some(x)
        }
        Expr::Float(_) | Expr::Bool(_) | Expr::Unary(..) | Expr::Fma(..) | Expr::Compare(..) | Expr::Convert(..) => {
            None
        }
    }
}
