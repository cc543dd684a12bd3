//! What a kernel asks for before the kernels in front of it have ended.

use tile_ir::{Access, BinaryOp, CastOp, Literal, Number, OpKind, Value, View};

use super::plan::Facts;
use crate::ir::{Early, Prefetch};

/// An index that is a sum of multiples of the program's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Affine {
    constant: u64,
    per_program: [u64; 3],
}

impl Affine {
    fn add(self, other: Affine) -> Option<Affine> {
        let mut per_program = [0; 3];
        for (sum, (a, b)) in per_program.iter_mut().zip(self.per_program.into_iter().zip(other.per_program)) {
            *sum = a.checked_add(b)?;
        }
        Some(Affine { constant: self.constant.checked_add(other.constant)?, per_program })
    }

    fn scale(self, by: u64) -> Option<Affine> {
        let mut per_program = [0; 3];
        for (product, step) in per_program.iter_mut().zip(self.per_program) {
            *product = step.checked_mul(by)?;
        }
        Some(Affine { constant: self.constant.checked_mul(by)?, per_program })
    }

    fn is_constant(self) -> bool {
        self.per_program == [0; 3]
    }
}

/// The start of a kernel on a target whose kernels run ahead: the weights that it reads as one range per program.
pub(super) fn early(facts: &Facts<'_>, grid: [u64; 3]) -> Option<Early> {
    let ahead = facts.target.ahead?;
    let mut prefetches: Vec<Prefetch> = Vec::new();
    facts.kernel.body.for_each_op(&mut |op| {
        let OpKind::Load { view: id, indices, mask: None, .. } = &op.kind else { return };
        let (Some(view), Some(result)) = (facts.kernel.view(*id), op.result()) else { return };
        if view.access != Access::Weights {
            return;
        }
        let Some((start, count)) = range(facts, view, indices, facts.kernel.ty(result).shape.dims()) else { return };
        let size = view.elem.bytes();
        let mut prefetch = Prefetch {
            view: *id,
            programs: [0, grid[0]],
            first: start.constant,
            per_program: start.per_program,
            bytes: count * size,
        };
        let inside = prefetch.last_first(grid).saturating_add(count) <= view.shape.count();
        let narrow = view.shape.count() <= i32::MAX as u64;
        // What all programs read, the first of them brings in time.
        let own = !start.is_constant() || grid == [1, 1, 1];
        prefetch.bytes -= prefetch.bytes % Prefetch::UNIT;
        let aligned =
            start.per_program.iter().chain([&start.constant]).all(|step| (step * size).is_multiple_of(Prefetch::UNIT));
        if inside && narrow && own && aligned && prefetch.bytes > 0 && !prefetches.contains(&prefetch) {
            prefetches.push(prefetch);
        }
    });
    let programs = grid.iter().fold(1, |product: u64, &n| product.saturating_mul(n));
    let together = programs.min(ahead.threads / facts.threads).max(1);
    let each = ahead.bytes / together / (prefetches.len() as u64).max(1);
    for prefetch in &mut prefetches {
        prefetch.bytes = prefetch.bytes.min(each - each % Prefetch::UNIT);
    }
    prefetches.retain(|prefetch| prefetch.bytes > 0);
    Some(Early { prefetches })
}

/// First element and number of elements of a tile whose elements are neighbours in the view.
fn range(facts: &Facts<'_>, view: &View, indices: &[Value], tile: &[u64]) -> Option<(Affine, u64)> {
    let extents = view.shape.dims();
    // A tile of lower rank covers the view's last dimensions.
    let missing = extents.len().checked_sub(tile.len())?;
    let mut start = Affine::default();
    let mut count = 1;
    let mut stride = 1;
    for dim in (0..extents.len()).rev() {
        let size = if dim < missing { 1 } else { tile[dim - missing] };
        // Everything further in is whole, or there is only one row of it.
        if size > 1 && count != stride {
            return None;
        }
        let index = affine(facts, *indices.get(dim)?)?;
        start = start.add(index.scale(stride)?)?;
        count *= size;
        stride *= extents[dim];
    }
    Some((start, count))
}

/// The index as a sum, if it is one.
fn affine(facts: &Facts<'_>, value: Value) -> Option<Affine> {
    match &facts.defs[value.index()]?.kind {
        OpKind::ProgramId(axis) => {
            let mut per_program = [0; 3];
            per_program[axis.index()] = 1;
            Some(Affine { constant: 0, per_program })
        }
        OpKind::Constant(Literal::Splat(Number::Int(n))) => {
            Some(Affine { constant: u64::try_from(*n).ok()?, per_program: [0; 3] })
        }
        OpKind::Binary(BinaryOp::Add, x, y) => affine(facts, *x)?.add(affine(facts, *y)?),
        OpKind::Binary(BinaryOp::Mul, x, y) => {
            let (x, y) = (affine(facts, *x)?, affine(facts, *y)?);
            match (x.is_constant(), y.is_constant()) {
                (_, true) => x.scale(y.constant),
                (true, false) => y.scale(x.constant),
                (false, false) => None,
            }
        }
        OpKind::Cast(CastOp::IndexS | CastOp::IndexU | CastOp::ExtS | CastOp::ExtU, x) => affine(facts, *x),
        _ => None,
    }
}
