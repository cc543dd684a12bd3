//! Sets of integers: an arithmetic progression.

use std::fmt;

use crate::types::Elem;

/// The integers `lo, lo + step, .., hi`. Numbers are held as everywhere: sign-extended, `i1` as 0 or 1.
///
/// Knowing the step is knowing divisibility: the start of a block of 16 is a range of step 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    lo: i64,
    hi: i64,
    /// 0 for a single number, otherwise positive and a divisor of `hi - lo`.
    step: u64,
}

impl Range {
    /// The single number `n`.
    pub const fn constant(n: i64) -> Range {
        Range { lo: n, hi: n, step: 0 }
    }

    /// Every number from `lo` to `hi` that is a multiple of `step` above `lo`; `None` if `hi < lo`. A step of 0 counts
    /// as 1.
    pub fn new(lo: i64, hi: i64, step: u64) -> Option<Range> {
        Range::wide(i128::from(lo), i128::from(hi), u128::from(step))
    }

    /// As [`Range::new`]; `None` also if a bound does not fit 64 bits.
    pub(super) fn wide(lo: i128, hi: i128, step: u128) -> Option<Range> {
        let span = u128::try_from(hi.checked_sub(lo)?).ok()?;
        let step = step.max(1);
        // The step divides the span, so where it is above 64 bits the span is 0.
        let hi = lo + (span - span % step) as i128;
        let step = if hi == lo { 0 } else { u64::try_from(step).ok()? };
        Some(Range { lo: i64::try_from(lo).ok()?, hi: i64::try_from(hi).ok()?, step })
    }

    /// Every number of an integer type.
    pub fn all(elem: Elem) -> Range {
        let (lo, hi) = match elem {
            Elem::I1 => (0, 1),
            Elem::I8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
            Elem::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => (i64::MIN, i64::MAX),
        };
        Range { lo, hi, step: 1 }
    }

    /// Smallest number.
    pub const fn lo(self) -> i64 {
        self.lo
    }

    /// Largest number.
    pub const fn hi(self) -> i64 {
        self.hi
    }

    /// Distance of neighbours; 0 for a single number.
    pub const fn step(self) -> u64 {
        self.step
    }

    /// The number, if it is only one.
    pub fn as_constant(self) -> Option<i64> {
        (self.lo == self.hi).then_some(self.lo)
    }

    /// Whether `n` is among the numbers.
    pub fn contains(self, n: i64) -> bool {
        let distance = (i128::from(n) - i128::from(self.lo)).unsigned_abs();
        self.lo <= n && n <= self.hi && distance.is_multiple_of(u128::from(self.step.max(1)))
    }

    /// Whether every number of `other` is among the numbers.
    pub fn includes(self, other: Range) -> bool {
        self.join(other) == self
    }

    /// Whether every number is a multiple of `n`.
    pub fn divisible_by(self, n: u64) -> bool {
        n != 0 && self.lo.unsigned_abs().is_multiple_of(n) && self.step.is_multiple_of(n)
    }

    /// The smallest range with the numbers of both.
    pub fn join(self, other: Range) -> Range {
        let apart = (i128::from(self.lo) - i128::from(other.lo)).unsigned_abs();
        let step = gcd(gcd(self.step.into(), other.step.into()), apart);
        let (lo, hi) = (self.lo.min(other.lo), self.hi.max(other.hi));
        Range::wide(lo.into(), hi.into(), step).unwrap_or(Range { lo, hi, step: 1 })
    }

    /// The numbers from `lo` to `hi` only; `None` if there are none.
    pub(super) fn clamp(self, lo: i64, hi: i64) -> Option<Range> {
        let step = i128::from(self.step.max(1));
        let (first, hi) = (i128::from(self.lo), self.hi.min(hi));
        let missing = (i128::from(lo) - first).max(0);
        Range::wide(first + (missing + step - 1) / step * step, hi.into(), step.unsigned_abs())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            0 => write!(f, "{}", self.lo),
            step => write!(f, "{}..={} step {step}", self.lo, self.hi),
        }
    }
}

/// Greatest common divisor; of 0 and `n` it is `n`.
pub(super) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
