//! Positions in tiles: an index per dimension, and which dimension the lanes of a vector run along.

use cranelift_codegen::ir::{self, InstBuilder, types::I64};
use tile_ir::MAX_RANK;

use super::Lower;

/// `base + add`, in elements. `multiple` divides `base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ix {
    pub(crate) base: Option<ir::Value>,
    pub(crate) add: u64,
    multiple: u64,
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Ix {
    /// A known index.
    pub(crate) const fn known(add: u64) -> Ix {
        Ix { base: None, add, multiple: 0 }
    }

    /// A run-time index that `multiple` divides.
    pub(crate) const fn dynamic(base: ir::Value, multiple: u64) -> Ix {
        Ix { base: Some(base), add: 0, multiple }
    }

    /// The index `n` further.
    pub(crate) const fn plus(self, n: u64) -> Ix {
        Ix { add: self.add.wrapping_add(n), ..self }
    }

    /// Whether `n` divides the index.
    pub(crate) const fn is_multiple_of(self, n: u64) -> bool {
        self.add.is_multiple_of(n) && (self.base.is_none() || self.multiple.is_multiple_of(n))
    }

    /// Largest known divisor; 0 for index 0.
    fn divisor(self) -> u64 {
        if self.base.is_some() { gcd(self.multiple, self.add) } else { self.add }
    }
}

/// Position of a chunk of elements in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pos {
    idx: [Ix; MAX_RANK],
    rank: usize,
    /// Elements: 1, or a multiple of the vector length.
    pub(crate) lanes: u32,
    /// Dimension along which the elements lie; 0 for one element.
    pub(crate) dim: usize,
}

impl Pos {
    /// The first element of a tile of this rank.
    pub(crate) const fn origin(rank: usize) -> Pos {
        Pos { idx: [Ix::known(0); MAX_RANK], rank, lanes: 1, dim: 0 }
    }

    /// Number of dimensions.
    pub(crate) const fn rank(&self) -> usize {
        self.rank
    }

    /// Index in dimension `d` (of the first lane).
    pub(crate) fn at(&self, d: usize) -> Ix {
        self.idx[d]
    }

    /// The indices.
    pub(crate) fn indices(&self) -> &[Ix] {
        &self.idx[..self.rank]
    }

    /// The same with another index in dimension `d`.
    pub(crate) fn with(mut self, d: usize, ix: Ix) -> Pos {
        self.idx[d] = ix;
        self
    }

    /// The same with `lanes` elements along `dim`.
    pub(crate) const fn lanes(mut self, lanes: u32, dim: usize) -> Pos {
        self.lanes = lanes;
        self.dim = if lanes == 1 { 0 } else { dim };
        self
    }

    /// The one element at lane `lane`.
    pub(crate) fn lane(self, lane: u32) -> Pos {
        let mut one = self;
        if self.lanes > 1 {
            one.idx[self.dim] = self.idx[self.dim].plus(u64::from(lane));
        }
        one.lanes(1, 0)
    }
}

impl Lower<'_, '_> {
    /// An `i64` constant.
    pub(crate) fn long(&mut self, value: i64) -> ir::Value {
        self.b.ins().iconst(I64, value)
    }

    /// The index as an `i64`.
    pub(crate) fn ix_value(&mut self, ix: Ix) -> ir::Value {
        match ix.base {
            None => self.long(ix.add as i64),
            Some(base) if ix.add == 0 => base,
            Some(base) => {
                let add = self.long(ix.add as i64);
                self.b.ins().iadd(base, add)
            }
        }
    }

    /// The index times a constant.
    pub(crate) fn ix_times(&mut self, ix: Ix, n: u64) -> Ix {
        if n == 1 {
            return ix;
        }
        let base = ix.base.map(|base| {
            let factor = self.b.ins().iconst(I64, n as i64);
            self.b.ins().imul(base, factor)
        });
        Ix { base, add: ix.add.wrapping_mul(n), multiple: ix.multiple.saturating_mul(n) }
    }

    /// Sum of two indices.
    pub(crate) fn ix_sum(&mut self, x: Ix, y: Ix) -> Ix {
        let add = x.add.wrapping_add(y.add);
        match (x.base, y.base) {
            (base, None) => Ix { base, add, multiple: x.multiple },
            (None, base) => Ix { base, add, multiple: y.multiple },
            (Some(left), Some(right)) => {
                let base = Some(self.b.ins().iadd(left, right));
                Ix { base, add, multiple: gcd(x.multiple, y.multiple) }
            }
        }
    }

    /// Quotient and remainder by a constant.
    pub(crate) fn ix_divide(&mut self, ix: Ix, n: u64) -> (Ix, Ix) {
        if ix.base.is_none() {
            return (Ix::known(ix.add / n), Ix::known(ix.add % n));
        }
        let value = self.ix_value(ix);
        let (quotient, remainder) = if n.is_power_of_two() {
            let shift = self.long(i64::from(n.trailing_zeros()));
            let mask = self.long(n as i64 - 1);
            (self.b.ins().ushr(value, shift), self.b.ins().band(value, mask))
        } else {
            let divisor = self.long(n as i64);
            let quotient = self.b.ins().udiv(value, divisor);
            let whole = self.b.ins().imul(quotient, divisor);
            (quotient, self.b.ins().isub(value, whole))
        };
        let divisor = ix.divisor();
        let exact = if divisor.is_multiple_of(n) { divisor / n } else { 1 };
        (Ix::dynamic(quotient, exact), Ix::dynamic(remainder, gcd(divisor, n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors() {
        assert!(Ix::known(24).is_multiple_of(8));
        let base = ir::Value::from_u32(0);
        assert!(Ix::dynamic(base, 16).plus(8).is_multiple_of(8));
        assert!(!Ix::dynamic(base, 16).plus(4).is_multiple_of(8));
        assert_eq!(Ix::dynamic(base, 16).plus(8).divisor(), 8);
    }

    #[test]
    fn one_lane_has_no_dimension() {
        let pos = Pos::origin(2).with(1, Ix::known(8)).lanes(4, 1);
        assert_eq!(pos.lane(3), Pos::origin(2).with(1, Ix::known(11)));
    }
}
