//! Intervals of integers in scalar code, with what they are multiples of.

use std::collections::BTreeMap;

use tile_ir::{BinaryOp, ParamKind};

use crate::ir::{Convert, CoreKernel, Expr, Var};

/// The integers from `lo` to `hi` that are multiples of `step` (0: the number 0 only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) lo: i64,
    pub(super) hi: i64,
    pub(super) step: u64,
}

impl Interval {
    pub(super) const fn number(n: i64) -> Interval {
        Interval { lo: n, hi: n, step: n.unsigned_abs() }
    }

    pub(super) const fn is_multiple_of(self, n: u64) -> bool {
        self.step.is_multiple_of(n)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What is known of variables.
pub(super) type Known = BTreeMap<Var, Interval>;

/// What is known of an integer; `None` if nothing.
pub(super) fn interval(kernel: &CoreKernel, known: &Known, expr: &Expr) -> Option<Interval> {
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
                BinaryOp::DivS if x.lo >= 0 && y.lo == y.hi && y.lo > 0 => {
                    let by = y.lo.unsigned_abs();
                    let step = if x.step.is_multiple_of(by) { x.step / by } else { 1 };
                    (x.lo / y.lo, x.hi / y.lo, step)
                }
                BinaryOp::RemS if x.lo >= 0 && y.lo == y.hi && y.lo > 0 => {
                    (0, x.hi.min(y.lo - 1), gcd(x.step, y.lo.unsigned_abs()))
                }
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
        Expr::Convert(Convert::Signed(_, bits) | Convert::Unsigned(_, bits), x) => {
            let x = of(x)?;
            let top = if *bits >= 63 { i64::MAX } else { (1 << (bits - 1)) - 1 };
            (x.lo >= 0 && x.hi <= top).then_some(x)
        }
        Expr::Float(_) | Expr::Bool(_) | Expr::Unary(..) | Expr::Fma(..) | Expr::Compare(..) | Expr::Convert(..) => {
            None
        }
    }
}
