//! Integers of the compiler: arithmetic on the variables of its loops.

use std::collections::{BTreeMap, BTreeSet};

/// A variable of a loop of the compiler: an index into [`super::Program::vars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// An integer that the compiler knows. Constants are folded when expressions are made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A number.
    Int(i64),
    /// A variable.
    Var(Var),
    /// Sum.
    Add(Box<Expr>, Box<Expr>),
    /// Difference.
    Sub(Box<Expr>, Box<Expr>),
    /// Product.
    Mul(Box<Expr>, Box<Expr>),
    /// Quotient, rounded down; the divisor is positive.
    Div(Box<Expr>, i64),
    /// Remainder of [`Expr::Div`], which is not negative.
    Rem(Box<Expr>, i64),
    /// The smaller.
    Min(Box<Expr>, Box<Expr>),
    /// The larger.
    Max(Box<Expr>, Box<Expr>),
}

/// Values of variables.
pub type Env = BTreeMap<Var, i64>;

impl Expr {
    /// The number, if it is one.
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Expr::Int(n) => Some(*n),
            Expr::Var(_)
            | Expr::Add(..)
            | Expr::Sub(..)
            | Expr::Mul(..)
            | Expr::Div(..)
            | Expr::Rem(..)
            | Expr::Min(..)
            | Expr::Max(..) => None,
        }
    }

    /// `self + other`.
    #[must_use]
    pub fn plus(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.saturating_add(b)),
            (a, Expr::Int(0)) | (Expr::Int(0), a) => a,
            // Numbers stand last, as one.
            (Expr::Int(a), b) => b.plus(Expr::Int(a)),
            (Expr::Add(a, b), Expr::Int(c)) if b.as_int().is_some() => a.plus(b.plus(Expr::Int(c))),
            (Expr::Sub(a, b), Expr::Int(c)) if b.as_int().is_some() => a.plus(Expr::Int(c).minus(*b)),
            (a, Expr::Int(b)) if b < 0 => Expr::Sub(Box::new(a), Box::new(Expr::Int(b.saturating_neg()))),
            (a, Expr::Add(b, c)) if c.as_int().is_some() => a.plus(*b).plus(*c),
            (a, b) => Expr::Add(Box::new(a), Box::new(b)),
        }
    }

    /// `self - other`.
    #[must_use]
    pub fn minus(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.saturating_sub(b)),
            (a, Expr::Int(b)) => a.plus(Expr::Int(b.saturating_neg())),
            (a, b) if a == b => Expr::Int(0),
            (a, b) => Expr::Sub(Box::new(a), Box::new(b)),
        }
    }

    /// `self * other`.
    #[must_use]
    pub fn times(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.saturating_mul(b)),
            (_, Expr::Int(0)) | (Expr::Int(0), _) => Expr::Int(0),
            (a, Expr::Int(1)) | (Expr::Int(1), a) => a,
            (Expr::Int(a), b) => b.times(Expr::Int(a)),
            (Expr::Mul(a, b), Expr::Int(c)) if b.as_int().is_some() => a.times(b.times(Expr::Int(c))),
            (Expr::Add(a, b), Expr::Int(c)) if b.as_int().is_some() => {
                a.times(Expr::Int(c)).plus(b.times(Expr::Int(c)))
            }
            (a, b) => Expr::Mul(Box::new(a), Box::new(b)),
        }
    }

    /// `self // divisor`; `divisor` is positive.
    #[must_use]
    pub fn over(self, divisor: i64) -> Expr {
        match self {
            Expr::Int(a) => Expr::Int(a.div_euclid(divisor)),
            a if divisor == 1 => a,
            Expr::Mul(a, b) if b.as_int() == Some(divisor) => *a,
            a => Expr::Div(Box::new(a), divisor),
        }
    }

    /// `self % divisor`; `divisor` is positive.
    #[must_use]
    pub fn modulo(self, divisor: i64) -> Expr {
        match self {
            Expr::Int(a) => Expr::Int(a.rem_euclid(divisor)),
            _ if divisor == 1 => Expr::Int(0),
            a => Expr::Rem(Box::new(a), divisor),
        }
    }

    /// The smaller.
    #[must_use]
    pub fn min(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.min(b)),
            (a, b) if a == b => a,
            (a, b) => Expr::Min(Box::new(a), Box::new(b)),
        }
    }

    /// The larger.
    #[must_use]
    pub fn max(self, other: Expr) -> Expr {
        match (self, other) {
            (Expr::Int(a), Expr::Int(b)) => Expr::Int(a.max(b)),
            (a, b) if a == b => a,
            (a, b) => Expr::Max(Box::new(a), Box::new(b)),
        }
    }

    /// Its value; `None` where a variable has none, or above 64 bits.
    pub fn eval(&self, env: &Env) -> Option<i64> {
        match self {
            Expr::Int(n) => Some(*n),
            Expr::Var(var) => env.get(var).copied(),
            Expr::Add(a, b) => a.eval(env)?.checked_add(b.eval(env)?),
            Expr::Sub(a, b) => a.eval(env)?.checked_sub(b.eval(env)?),
            Expr::Mul(a, b) => a.eval(env)?.checked_mul(b.eval(env)?),
            Expr::Div(a, b) => Some(a.eval(env)?.div_euclid(*b)),
            Expr::Rem(a, b) => Some(a.eval(env)?.rem_euclid(*b)),
            Expr::Min(a, b) => Some(a.eval(env)?.min(b.eval(env)?)),
            Expr::Max(a, b) => Some(a.eval(env)?.max(b.eval(env)?)),
        }
    }

    /// Adds the variables in it.
    pub fn vars(&self, into: &mut BTreeSet<Var>) {
        match self {
            Expr::Int(_) => {}
            Expr::Var(var) => {
                into.insert(*var);
            }
            Expr::Add(a, b) | Expr::Sub(a, b) | Expr::Mul(a, b) | Expr::Min(a, b) | Expr::Max(a, b) => {
                a.vars(into);
                b.vars(into);
            }
            Expr::Div(a, _) | Expr::Rem(a, _) => a.vars(into),
        }
    }
}

impl From<u64> for Expr {
    fn from(n: u64) -> Expr {
        Expr::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
