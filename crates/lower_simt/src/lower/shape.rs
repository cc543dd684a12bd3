//! Shape operations: other positions of the same elements.

use tile_ir::{BinaryOp, Index, Predicate, Value};

use super::index::{Ix, Known, integer};
use super::{Ex, Lower, Result};
use crate::ir::{Expr, Scalar};

impl Lower<'_> {
    /// The position in a smaller tile that is broadcast.
    pub(crate) fn broadcast(&self, x: Value, pos: &[Ix]) -> Vec<Ix> {
        let shape = self.kernel.ty(x).shape;
        let skip = pos.len() - shape.rank();
        shape
            .dims()
            .iter()
            .zip(&pos[skip..])
            .map(|(&size, ix)| if size == 1 { Ix::default() } else { ix.clone() })
            .collect()
    }

    /// Indices given as numbers or scalars.
    pub(crate) fn static_or_dynamic(&mut self, indices: &[Index]) -> Result<Vec<Ix>> {
        indices
            .iter()
            .map(|index| match index {
                Index::Static(n) => Ok(Ix::constant(*n as i64)),
                Index::Dynamic(value) => self.sum(*value),
            })
            .collect()
    }

    /// The element of `part` where `conditions` hold, else of `into`.
    fn choose(&mut self, conditions: Vec<Ex>, part: (Value, Vec<Ix>), into: Value, pos: &[Ix]) -> Result<Ex> {
        let other = self.eval(into, pos)?;
        let Some(condition) = all(conditions) else {
            return self.eval(part.0, &part.1);
        };
        self.guards.push(condition.clone());
        let inner = self.eval(part.0, &part.1);
        self.guards.pop();
        let inner = inner?;
        let to = self.scalar(part.0).max(self.scalar(into));
        let x = super::index::resize(inner.expr, self.scalar(part.0), to, self.signed(part.0));
        let y = super::index::resize(other.expr, self.scalar(into), to, self.signed(into));
        let depth = condition.depth.max(inner.depth).max(other.depth);
        Ok(Ex { expr: Expr::Select(Box::new(condition.expr), Box::new(x), Box::new(y)), depth })
    }

    pub(crate) fn insert_slice(&mut self, part: Value, into: Value, offsets: &[u64], pos: &[Ix]) -> Result<Ex> {
        let sizes = self.kernel.ty(part).shape;
        let mut conditions = Vec::new();
        let mut inner = Vec::new();
        for ((ix, &offset), &size) in pos.iter().zip(offsets).zip(sizes.dims()) {
            let shifted = self.atoms.plus(ix, -(offset as i64));
            match self.atoms.below(&shifted, size as i64, true) {
                Known::Always => {}
                Known::Never => return self.eval(into, pos),
                Known::Unknown(shifted) => {
                    let ex = self.index(&shifted, Scalar::I32);
                    let bound = integer(Scalar::I32, size as i64);
                    conditions.push(Ex { expr: super::index::less(ex.expr, bound, true), depth: ex.depth });
                }
            }
            inner.push(shifted);
        }
        self.choose(conditions, (part, inner), into, pos)
    }

    pub(crate) fn insert(&mut self, part: Value, into: Value, indices: &[Index], pos: &[Ix]) -> Result<Ex> {
        let at = self.static_or_dynamic(indices)?;
        let mut conditions = Vec::new();
        for (ix, at) in pos.iter().zip(&at) {
            let minus = self.atoms.scale(at, -1);
            let difference = self.atoms.add(ix, &minus);
            match (difference.as_constant(), self.atoms.range(&difference)) {
                (Some(0), _) => {}
                (Some(_), _) => return self.eval(into, pos),
                (None, Some((lo, hi))) if lo > 0 || hi < 0 => return self.eval(into, pos),
                (None, _) => {
                    let (x, y) = (self.index(ix, Scalar::I32), self.index(at, Scalar::I32));
                    let depth = x.depth.max(y.depth);
                    let expr = Expr::Compare(Predicate::IEq, Box::new(x.expr), Box::new(y.expr));
                    conditions.push(Ex { expr, depth });
                }
            }
        }
        let inner = pos[at.len()..].to_vec();
        self.choose(conditions, (part, inner), into, pos)
    }

    /// Whether the position is below the bounds.
    pub(crate) fn mask(&mut self, bounds: &[Index], pos: &[Ix]) -> Result<Ex> {
        let bounds = self.static_or_dynamic(bounds)?;
        let mut conditions = Vec::new();
        for (ix, bound) in pos.iter().zip(&bounds) {
            let minus = self.atoms.scale(bound, -1);
            let difference = self.atoms.add(ix, &minus);
            match self.atoms.below(&difference, 0, false) {
                Known::Always => {}
                Known::Never => return Ok(Ex { expr: Expr::Bool(false), depth: 0 }),
                Known::Unknown(_) => {
                    let wide = self.atoms.wide(ix) || self.atoms.wide(bound);
                    let scalar = if wide { Scalar::I64 } else { Scalar::I32 };
                    let (x, y) = (self.index(ix, scalar), self.index(bound, scalar));
                    let depth = x.depth.max(y.depth);
                    conditions.push(Ex { expr: super::index::less(x.expr, y.expr, false), depth });
                }
            }
        }
        Ok(all(conditions).unwrap_or(Ex { expr: Expr::Bool(true), depth: 0 }))
    }
}

/// Whether all conditions hold; `None` if there are none.
pub(crate) fn all(conditions: Vec<Ex>) -> Option<Ex> {
    conditions.into_iter().filter(|ex| ex.expr != Expr::Bool(true)).reduce(|a, b| Ex {
        depth: a.depth.max(b.depth),
        expr: Expr::Binary(BinaryOp::And, Box::new(a.expr), Box::new(b.expr)),
    })
}
