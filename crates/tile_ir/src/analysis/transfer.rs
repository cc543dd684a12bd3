//! What operations do to ranges. Tiles are known by one range that holds for every element.

use super::range::{Range, gcd};
use crate::op::{BinaryOp, CastOp, Predicate};
use crate::types::Elem;

/// Result of an integer operation whose operands are in `a` and `b`.
pub(super) fn binary(op: BinaryOp, a: Range, b: Range, elem: Elem) -> Range {
    // A shift by a constant is a product or a quotient.
    let power = b.as_constant().filter(|amount| (0..63).contains(amount)).map(|amount| 1i64 << amount);
    let exact = match op {
        BinaryOp::Add => return add(a, b).wrapped(elem),
        BinaryOp::Sub => return sub(a, b).wrapped(elem),
        BinaryOp::Mul => return mul(a, b).wrapped(elem),
        BinaryOp::Shl => {
            return power.map_or(Range::all(elem), |power| mul(a, Range::constant(power)).wrapped(elem));
        }
        BinaryOp::MinS => Some(extreme(a, b, Ord::min)),
        BinaryOp::MaxS => Some(extreme(a, b, Ord::max)),
        BinaryOp::ShrS | BinaryOp::ShrU if a.lo() >= 0 => power.and_then(|power| divide(a, power)),
        BinaryOp::RemU => match b.as_constant() {
            Some(by) if by > 0 && a.lo() >= 0 => rest(a, by),
            Some(by) if by > 0 => Range::new(0, by - 1, 1),
            Some(_) | None => None,
        },
        BinaryOp::DivS | BinaryOp::DivU if a.lo() >= 0 => match b.as_constant() {
            Some(by) if by > 0 => divide(a, by),
            // Dividing by something from 1 on makes a number no larger.
            _ if b.lo() > 0 => Range::new(0, a.hi() / b.lo(), 1),
            _ => None,
        },
        BinaryOp::RemS if a.lo() >= 0 => match b.as_constant() {
            Some(by) if by > 0 => rest(a, by),
            _ if b.lo() > 0 => Range::new(0, a.hi().min(b.hi() - 1), 1),
            _ => None,
        },
        BinaryOp::MinU if a.lo() >= 0 && b.lo() >= 0 => Some(extreme(a, b, Ord::min)),
        BinaryOp::MaxU if a.lo() >= 0 && b.lo() >= 0 => Some(extreme(a, b, Ord::max)),
        BinaryOp::And => and(a, b),
        BinaryOp::Or | BinaryOp::Xor => or(op, a, b),
        BinaryOp::ShrS
        | BinaryOp::ShrU
        | BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::DivF
        | BinaryOp::MinF
        | BinaryOp::MaxF => None,
    };
    let all = Range::all(elem);
    exact.filter(|&range| all.includes(range)).unwrap_or(all)
}

/// A range before it is cut to a width: `lo, lo + step, .., hi`.
pub(super) struct Wide {
    lo: i128,
    hi: i128,
    step: u128,
}

impl Wide {
    /// `n` times a number of the range, each time another.
    pub(super) fn sum(range: Range, n: u64) -> Wide {
        let times = |x: i64| i128::from(x) * i128::from(n);
        Wide { lo: times(range.lo()), hi: times(range.hi()), step: range.step().into() }
    }

    pub(super) fn add(self, range: Range) -> Wide {
        Wide {
            lo: self.lo + i128::from(range.lo()),
            hi: self.hi + i128::from(range.hi()),
            step: gcd(self.step, range.step().into()),
        }
    }

    /// The range after wrapping at the type's width. Where it wraps, divisibility by powers of two is all that is left.
    pub(super) fn wrapped(self, elem: Elem) -> Range {
        let all = Range::all(elem);
        if let Some(range) = Range::wide(self.lo, self.hi, self.step).filter(|&range| all.includes(range)) {
            return range;
        }
        let power = 1u128 << self.step.trailing_zeros().min(elem.bits() as u32 - 1);
        let first = i128::from(all.lo()) + self.lo.rem_euclid(power as i128);
        Range::wide(first, all.hi().into(), power).unwrap_or(all)
    }
}

fn add(a: Range, b: Range) -> Wide {
    Wide::sum(a, 1).add(b)
}

fn sub(a: Range, b: Range) -> Wide {
    let lo = i128::from(a.lo()) - i128::from(b.hi());
    let hi = i128::from(a.hi()) - i128::from(b.lo());
    Wide { lo, hi, step: gcd(a.step().into(), b.step().into()) }
}

fn mul(a: Range, b: Range) -> Wide {
    let product = |x: i64, y: i64| i128::from(x) * i128::from(y);
    let (first, corners) =
        (product(a.lo(), b.lo()), [product(a.lo(), b.hi()), product(a.hi(), b.lo()), product(a.hi(), b.hi())]);
    // (a0 + s i) (b0 + t j) = a0 b0 + a0 t j + b0 s i + s t i j.
    let size = |x: i64| u128::from(x.unsigned_abs());
    let (s, t) = (u128::from(a.step()), u128::from(b.step()));
    Wide {
        lo: corners.into_iter().fold(first, Ord::min),
        hi: corners.into_iter().fold(first, Ord::max),
        step: gcd(gcd(size(a.lo()) * t, size(b.lo()) * s), s * t),
    }
}

/// Result of `min` or `max`: one of the operands.
fn extreme(a: Range, b: Range, pick: fn(i64, i64) -> i64) -> Range {
    let both = a.join(b);
    both.clamp(pick(a.lo(), b.lo()), pick(a.hi(), b.hi())).unwrap_or(both)
}

/// Quotient of numbers from 0 on by a positive one.
fn divide(a: Range, by: i64) -> Option<Range> {
    let step = if a.divisible_by(by.unsigned_abs()) { a.step() / by.unsigned_abs() } else { 1 };
    Range::new(a.lo() / by, a.hi() / by, step)
}

/// Remainder of numbers from 0 on by a positive one.
fn rest(a: Range, by: i64) -> Option<Range> {
    if a.hi() < by {
        return Some(a);
    }
    let step = gcd(a.step().into(), by.unsigned_abs().into());
    let lo = if step == 0 { 0 } else { u128::from(a.lo().unsigned_abs()) % step };
    match a.as_constant() {
        Some(n) => Some(Range::constant(n % by)),
        None => Range::wide(lo as i128, i128::from(by) - 1, step),
    }
}

fn and(a: Range, b: Range) -> Option<Range> {
    if let (Some(a), Some(b)) = (a.as_constant(), b.as_constant()) {
        return Some(Range::constant(a & b));
    }
    // A side without sign clears the sign; trailing zeros of a constant mask stay zero.
    let largest = match (a.lo() >= 0, b.lo() >= 0) {
        (true, true) => a.hi().min(b.hi()),
        (true, false) => a.hi(),
        (false, true) => b.hi(),
        (false, false) => return None,
    };
    let zeros = [a, b].into_iter().filter_map(Range::as_constant).map(i64::trailing_zeros).max().unwrap_or(0);
    Range::wide(0, largest.into(), 1 << zeros.min(63))
}

fn or(op: BinaryOp, a: Range, b: Range) -> Option<Range> {
    if let (Some(a), Some(b)) = (a.as_constant(), b.as_constant()) {
        return Some(Range::constant(if op == BinaryOp::Or { a | b } else { a ^ b }));
    }
    if a.lo() < 0 || b.lo() < 0 {
        return None;
    }
    // No bit above the highest of either side.
    let bits = 64 - a.hi().max(b.hi()).leading_zeros();
    let lo = if op == BinaryOp::Or { a.lo().max(b.lo()) } else { 0 };
    Range::wide(lo.into(), (1i128 << bits) - 1, 1)
}

/// Result of a comparison, if it is the same for all numbers. `elem` is the operands' type.
pub(super) fn compare(predicate: Predicate, a: Range, b: Range, elem: Elem) -> Option<bool> {
    // Numbers without sign compare alike either way.
    let plain = (a.lo() >= 0 && b.lo() >= 0) || elem == Elem::I1;
    let less = |a: Range, b: Range| {
        if a.hi() < b.lo() {
            Some(true)
        } else if a.lo() >= b.hi() {
            Some(false)
        } else {
            None
        }
    };
    let equal = match (a.as_constant(), b.as_constant()) {
        (Some(a), Some(b)) => Some(a == b),
        _ if apart(a, b) => Some(false),
        _ => None,
    };
    match predicate {
        Predicate::IEq => equal,
        Predicate::INe => equal.map(|equal| !equal),
        Predicate::SLt => less(a, b),
        Predicate::SGe => less(a, b).map(|less| !less),
        Predicate::SGt => less(b, a),
        Predicate::SLe => less(b, a).map(|less| !less),
        Predicate::ULt if plain => less(a, b),
        Predicate::UGe if plain => less(a, b).map(|less| !less),
        Predicate::UGt if plain => less(b, a),
        Predicate::ULe if plain => less(b, a).map(|less| !less),
        Predicate::ULt | Predicate::UGe | Predicate::UGt | Predicate::ULe => None,
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => None,
    }
}

/// Whether the ranges have no number in common.
fn apart(a: Range, b: Range) -> bool {
    if a.hi() < b.lo() || b.hi() < a.lo() {
        return true;
    }
    let step = gcd(a.step().into(), b.step().into());
    let distance = (i128::from(a.lo()) - i128::from(b.lo())).unsigned_abs();
    step != 0 && !distance.is_multiple_of(step)
}

/// The numbers of `a` for which `a predicate b` can hold; all of `a` where that is unknown or impossible.
pub(super) fn refine(predicate: Predicate, a: Range, b: Range) -> Range {
    let plain = a.lo() >= 0 && b.lo() >= 0;
    // Below an unsigned bound without sign, a number has none either.
    let below = |hi: i64| if b.lo() >= 0 { a.clamp(0, hi) } else { None };
    let kept = match predicate {
        Predicate::IEq => a.clamp(b.lo(), b.hi()),
        Predicate::SLt => b.hi().checked_sub(1).and_then(|hi| a.clamp(i64::MIN, hi)),
        Predicate::SLe => a.clamp(i64::MIN, b.hi()),
        Predicate::SGt => b.lo().checked_add(1).and_then(|lo| a.clamp(lo, i64::MAX)),
        Predicate::SGe => a.clamp(b.lo(), i64::MAX),
        Predicate::ULt => b.hi().checked_sub(1).and_then(below),
        Predicate::ULe => below(b.hi()),
        Predicate::UGt if plain => b.lo().checked_add(1).and_then(|lo| a.clamp(lo, i64::MAX)),
        Predicate::UGe if plain => a.clamp(b.lo(), i64::MAX),
        Predicate::UGt | Predicate::UGe | Predicate::INe => None,
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => None,
    };
    kept.unwrap_or(a)
}

/// `b swapped(predicate) a` is `a predicate b`.
pub(super) fn swapped(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::IEq | Predicate::INe | Predicate::FEq | Predicate::FNe => predicate,
        Predicate::SLt => Predicate::SGt,
        Predicate::SLe => Predicate::SGe,
        Predicate::SGt => Predicate::SLt,
        Predicate::SGe => Predicate::SLe,
        Predicate::ULt => Predicate::UGt,
        Predicate::ULe => Predicate::UGe,
        Predicate::UGt => Predicate::ULt,
        Predicate::UGe => Predicate::ULe,
        Predicate::FLt => Predicate::FGt,
        Predicate::FLe => Predicate::FGe,
        Predicate::FGt => Predicate::FLt,
        Predicate::FGe => Predicate::FLe,
    }
}

/// The integer predicate that holds where this does not; `None` for floats, where NaN breaks the symmetry.
pub(super) fn negated(predicate: Predicate) -> Option<Predicate> {
    Some(match predicate {
        Predicate::IEq => Predicate::INe,
        Predicate::INe => Predicate::IEq,
        Predicate::SLt => Predicate::SGe,
        Predicate::SLe => Predicate::SGt,
        Predicate::SGt => Predicate::SLe,
        Predicate::SGe => Predicate::SLt,
        Predicate::ULt => Predicate::UGe,
        Predicate::ULe => Predicate::UGt,
        Predicate::UGt => Predicate::ULe,
        Predicate::UGe => Predicate::ULt,
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
            return None;
        }
    })
}

/// Result of a conversion to an integer type; `a` is nothing for a float operand.
pub(super) fn cast(op: CastOp, a: Option<Range>, from: Elem, to: Elem) -> Range {
    let exact = match op {
        CastOp::ExtS | CastOp::IndexS | CastOp::TruncI if from == Elem::I1 => {
            a.map(|a| sub(Range::constant(0), a).wrapped(to))
        }
        CastOp::ExtS | CastOp::IndexS | CastOp::TruncI => a,
        CastOp::ExtU | CastOp::IndexU => match a {
            Some(a) if a.lo() >= 0 => Some(a),
            Some(_) if from.bits() < 64 => Range::new(0, (1 << from.bits()) - 1, 1),
            Some(_) | None => None,
        },
        CastOp::FpToUInt
        | CastOp::FpToSInt
        | CastOp::Bitcast
        | CastOp::ExtF
        | CastOp::TruncF
        | CastOp::SIntToFp
        | CastOp::UIntToFp => None,
    };
    let all = Range::all(to);
    exact.filter(|&range| all.includes(range)).unwrap_or(all)
}
