//! Integers of 64 bits on targets that have 32: which of them are known to fit.
//!
//! Sums, differences, products and bits are right in their lowest 32 bits whatever their operands leave out, and a number that says where
//! an element is fits if the element exists. Only what is compared, divided, shifted to the right or made a float, and bounds, must be known to fit.

use tile_ir::{BinaryOp, Predicate};

use crate::Error;
use crate::ir::{Convert, CoreKernel, Expr, Scalar, Stmt, StmtKind, Var};
use crate::ranges::Ranges;
use crate::target::Target;

const fn in_32_bits(lo: i64, hi: i64) -> bool {
    lo >= i32::MIN as i64 && hi <= i32::MAX as i64
}

/// What is known of the integers of a kernel, for a walk over it in order.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    kernel: &'a CoreKernel,
    /// By variable: whether it fits.
    exact: Vec<bool>,
    /// By variable: whether it is one of 32 bits without a sign.
    natural: Vec<bool>,
}

impl<'a> Words<'a> {
    /// Before the first statement: variables that change are known to fit where all that they are given does.
    #[must_use]
    pub fn new(kernel: &'a CoreKernel) -> Words<'a> {
        let ranges = Ranges::new(kernel);
        let exact = (0..kernel.vars.len()).map(|at| ranges.changes(Var(at as u32))).collect();
        let natural = vec![false; kernel.vars.len()];
        let mut words = Words { kernel, exact, natural };
        loop {
            let before = words.clone();
            for stmt in &kernel.body {
                stmt.for_each(&mut |stmt| {
                    if let StmtKind::Let { var, value } | StmtKind::Assign { var, value } = &stmt.kind
                        && !before.fits(&ranges, value)
                    {
                        words.note(*var, false);
                    }
                });
            }
            if words.exact == before.exact {
                return words;
            }
        }
    }

    /// Notes whether a variable fits from its definition on.
    pub fn note(&mut self, var: Var, fits: bool) {
        if let Some(known) = self.exact.get_mut(var.0 as usize) {
            *known = fits;
        }
    }

    /// Notes a variable that does not change.
    pub fn define(&mut self, ranges: &Ranges<'_>, var: Var, value: &Expr) {
        if !ranges.changes(var) {
            let (fits, natural) = (self.fits(ranges, value), self.is_natural(ranges, value));
            self.note(var, fits);
            self.note_natural(var, natural);
        }
    }

    /// Notes whether a variable is a number of 32 bits without a sign.
    pub fn note_natural(&mut self, var: Var, natural: bool) {
        if let Some(known) = self.natural.get_mut(var.0 as usize) {
            *known = natural;
        }
    }

    /// Whether an integer of 64 bits is known to be a number of 32 bits without a sign.
    #[must_use]
    pub fn is_natural(&self, ranges: &Ranges<'_>, expr: &Expr) -> bool {
        if ranges.of(expr).is_some_and(|range| range.lo >= 0 && range.hi <= i64::from(u32::MAX)) {
            return true;
        }
        match expr {
            Expr::Var(var) => self.natural.get(var.0 as usize).copied().unwrap_or(false),
            Expr::Convert(Convert::Unsigned(Scalar::I64, bits), x) => {
                *bits <= 32 && x.scalar(self.kernel) == Scalar::I32
            }
            Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..) => false,
        }
    }

    /// Whether a loop counts numbers without a sign, one by one, up to a bound that need not fit with one.
    #[must_use]
    pub fn counts(&self, ranges: &Ranges<'_>, lower: &Expr, upper: &Expr, step: &Expr) -> bool {
        !self.fits(ranges, upper)
            && step.as_int() == Some(1)
            && self.is_natural(ranges, lower)
            && self.is_natural(ranges, upper)
    }

    /// Whether an integer is known to be a number of 32 bits.
    #[must_use]
    pub fn fits(&self, ranges: &Ranges<'_>, expr: &Expr) -> bool {
        if expr.scalar(self.kernel) != Scalar::I64
            || ranges.of(expr).is_some_and(|range| in_32_bits(range.lo, range.hi))
        {
            return true;
        }
        let of = |expr: &Expr| self.fits(ranges, expr);
        match expr {
            Expr::Int(_, number) => in_32_bits(*number, *number),
            Expr::Var(var) => self.exact.get(var.0 as usize).copied().unwrap_or(false),
            // The host passes 32 bits.
            Expr::Param(_) | Expr::Core => true,
            Expr::Select(_, x, y) => of(x) && of(y),
            Expr::Binary(op, x, y) => match op {
                BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => of(x) && of(y),
                BinaryOp::RemS | BinaryOp::ShrS => of(x),
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::DivF
                | BinaryOp::DivS
                | BinaryOp::DivU
                | BinaryOp::RemU
                | BinaryOp::MinF
                | BinaryOp::MaxF
                | BinaryOp::MinU
                | BinaryOp::MaxU
                | BinaryOp::Shl
                | BinaryOp::ShrU => false,
            },
            Expr::Convert(convert, _) => match convert {
                Convert::Signed(_, bits) | Convert::FloatToSigned(_, bits) => *bits <= 32,
                Convert::Unsigned(_, bits) | Convert::FloatToUnsigned(_, bits) => *bits < 32,
                Convert::Round(_)
                | Convert::SignedToFloat
                | Convert::UnsignedToFloat
                | Convert::ToBool
                | Convert::Bits(_) => false,
            },
            Expr::Float(_) | Expr::Bool(_) | Expr::Unary(..) | Expr::Fma(..) | Expr::Compare(..) => false,
        }
    }

    /// Whether a number without a sign is known to be one of 32 bits, or has 32 anyway.
    #[must_use]
    pub fn fits_unsigned(&self, ranges: &Ranges<'_>, expr: &Expr) -> bool {
        expr.scalar(self.kernel) != Scalar::I64 || self.is_natural(ranges, expr)
    }

    /// Whether two integers are known to have in 32 bits without a sign the order that they have in 64: numbers without a sign do, and two
    /// that fit with one, since the negative ones are the larger ones either way.
    #[must_use]
    pub fn keep_order(&self, ranges: &Ranges<'_>, pair: [&Expr; 2]) -> bool {
        pair.iter().all(|side| self.fits_unsigned(ranges, side)) || pair.iter().all(|side| self.fits(ranges, side))
    }

    /// The first number in an expression that must be known to fit and is not.
    #[must_use]
    pub fn unknown<'e>(&self, ranges: &Ranges<'_>, expr: &'e Expr) -> Option<&'e Expr> {
        let wide = |expr: &&'e Expr| !self.fits(ranges, expr);
        let wide_unsigned = |expr: &&'e Expr| !self.fits_unsigned(ranges, expr);
        let found = match expr {
            Expr::Compare(predicate, x, y) => {
                let unsigned = matches!(predicate, Predicate::ULt | Predicate::ULe | Predicate::UGt | Predicate::UGe);
                let pair = [x.as_ref(), y.as_ref()];
                if pair.iter().all(|side| self.is_natural(ranges, side)) || unsigned && self.keep_order(ranges, pair) {
                    None
                } else if unsigned {
                    pair.into_iter().find(wide_unsigned)
                } else {
                    pair.into_iter().find(wide)
                }
            }
            Expr::Binary(op, x, y) => {
                let pair = [x.as_ref(), y.as_ref()];
                match op {
                    BinaryOp::DivS | BinaryOp::RemS | BinaryOp::MinS | BinaryOp::MaxS | BinaryOp::ShrS => {
                        pair.into_iter().find(wide)
                    }
                    BinaryOp::MinU | BinaryOp::MaxU if self.keep_order(ranges, pair) => None,
                    BinaryOp::DivU | BinaryOp::RemU | BinaryOp::MinU | BinaryOp::MaxU | BinaryOp::ShrU => {
                        pair.into_iter().find(wide_unsigned)
                    }
                    BinaryOp::Shl => [y.as_ref()].into_iter().find(wide),
                    BinaryOp::Add
                    | BinaryOp::Sub
                    | BinaryOp::Mul
                    | BinaryOp::DivF
                    | BinaryOp::MinF
                    | BinaryOp::MaxF
                    | BinaryOp::And
                    | BinaryOp::Or
                    | BinaryOp::Xor => None,
                }
            }
            Expr::Convert(Convert::SignedToFloat, x) => [x.as_ref()].into_iter().find(wide),
            Expr::Convert(Convert::UnsignedToFloat, x) => [x.as_ref()].into_iter().find(wide_unsigned),
            Expr::Convert(Convert::FloatToSigned(_, 33..) | Convert::FloatToUnsigned(_, 33..), _) => Some(expr),
            // Of a constant all bits are known, and not those of 32 alone.
            Expr::Int(Scalar::I64, number) if !in_32_bits(*number, *number) => Some(expr),
            Expr::Int(..)
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Var(_)
            | Expr::Core
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Fma(..)
            | Expr::Select(..)
            | Expr::Convert(..) => None,
        };
        found.or_else(|| expr.operands().into_iter().find_map(|operand| self.unknown(ranges, operand)))
    }
}

/// Refuses a kernel with a number that must fit in 32 bits and is not known to.
pub(crate) fn check(kernel: &CoreKernel, target: &Target) -> Result<(), Error> {
    let (mut words, mut ranges) = (Words::new(kernel), Ranges::new(kernel));
    match block(&kernel.body, &mut words, &mut ranges) {
        None => Ok(()),
        Some(stmt) => Err(Error::Limit {
            target: target.name,
            kernel: kernel.name.clone(),
            what: "a number of 64 bits that is not known to fit in `i32`".to_owned(),
            needed: 64,
            limit: 32,
            loc: stmt.loc.clone(),
            help: "the target has no numbers of 64 bits: bound the number, or use `i32`".to_owned(),
        }),
    }
}

/// The first statement of a block that needs more than is known.
fn block<'s>(stmts: &'s [Stmt], words: &mut Words<'_>, ranges: &mut Ranges<'_>) -> Option<&'s Stmt> {
    for stmt in stmts {
        let unknown = stmt.exprs().into_iter().any(|expr| words.unknown(ranges, expr).is_some());
        let bounds = match &stmt.kind {
            StmtKind::For { lower, upper, step, .. } => {
                // The variable passes the bound by less than a step.
                let passes = |hi: i64| step.as_int().is_some_and(|step| hi <= i64::from(i32::MAX) - step);
                let ends = step.as_int() == Some(1) || ranges.of(upper).is_some_and(|range| passes(range.hi));
                let fit = ends && [lower, upper, step].into_iter().all(|bound| words.fits(ranges, bound));
                fit || words.counts(ranges, lower, upper, step)
            }
            StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => {
                [&copy.rows, &copy.cols].into_iter().all(|extent| words.fits(ranges, extent))
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => true,
        };
        if unknown || !bounds {
            return Some(stmt);
        }
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                words.define(ranges, *var, value);
                let known = ranges.of(value);
                ranges.define(*var, known);
            }
            StmtKind::For { var, lower, upper, step, .. } => {
                let counts = words.counts(ranges, lower, upper, step);
                words.note(*var, !counts);
                words.note_natural(*var, counts);
                let known = ranges.turns(lower, upper, step);
                ranges.define(*var, known);
            }
            StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
        for inner in stmt.blocks() {
            if let Some(found) = block(inner, words, ranges) {
                return Some(found);
            }
        }
    }
    None
}
