//! What a kernel asks for before the kernels in front of it have ended.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{Access, BinaryOp, CastOp, Kernel, Literal, Number, Op, OpKind, Value, View};

use super::matrix_plan::matrix;
use super::plan::{Facts, Form};
use crate::ir::{Early, LaneKernel, Memory, Stmt, StmtKind, WeightRange};
use crate::target::{CopyAhead, Target};

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

/// The start of a kernel on a target whose kernels run ahead: the weights that it reads as one range per program, and
/// that it does not copy.
pub(super) fn early(facts: &Facts<'_>) -> Option<Early> {
    let ahead = facts.target.ahead?;
    let grid = facts.kernel.grid;
    let mut prefetches: Vec<WeightRange> = Vec::new();
    facts.kernel.body.for_each_op(&mut |op| {
        let copied = op.result().is_some_and(|result| facts.copies.contains_key(&result));
        let Some(mut range) = weights(facts, op).filter(|_| !copied) else { return };
        if range.per_program == [0; 3] {
            // What all programs read, the first of them asks for.
            range.programs[1] = 1;
        }
        range.bytes -= range.bytes % WeightRange::UNIT;
        if range.bytes > 0 && !prefetches.contains(&range) {
            prefetches.push(range);
        }
    });
    let programs = grid.iter().fold(1, |product: u64, &n| product.saturating_mul(n));
    let together = programs.min(ahead.threads / facts.threads).max(1);
    let each = ahead.bytes / together / (prefetches.len() as u64).max(1);
    for prefetch in &mut prefetches {
        prefetch.bytes = prefetch.bytes.min(each - each % WeightRange::UNIT);
    }
    prefetches.retain(|prefetch| prefetch.bytes > 0);
    Some(Early { prefetches, copies: Vec::new() })
}

/// The loads of weights that a program may copy into shared memory before it starts, in order: those of a kernel that uses each
/// weight once, in a product.
fn copyable(facts: &Facts<'_>, copy: CopyAhead) -> Vec<(Value, WeightRange)> {
    let (mut products, mut fragments) = (false, false);
    facts.kernel.body.for_each_op(&mut |op| {
        if let OpKind::Contract { .. } = op.kind {
            products = true;
            fragments |= matrix(facts, op).is_some();
        }
    });
    if !products || fragments {
        return Vec::new();
    }
    // Loads inside of loops and branches may not run.
    let whole = |op: &Op| {
        let result = op.result().filter(|result| facts.uses[result.index()] > 0)?;
        let range = weights(facts, op)?;
        // What all programs read is in the cache when most of them come: a copy of it would wait behind the large ones.
        let own = range.per_program != [0; 3] || facts.kernel.programs() == 1;
        (own && range.bytes >= copy.least && range.bytes.is_multiple_of(WeightRange::UNIT)).then_some((result, range))
    };
    facts.kernel.body.ops.iter().filter_map(whole).collect()
}

/// Bytes that each program would copy.
pub(super) fn copyable_bytes(kernel: &Kernel, target: &Target, copy: CopyAhead) -> u64 {
    let facts = Facts::new(kernel, target, target.busy_threads, Form::ALL);
    copyable(&facts, copy).iter().map(|(_, range)| range.bytes).sum()
}

/// What of it is copied: as much as there is room for.
pub(super) fn copies(facts: &Facts<'_>, copy: CopyAhead) -> BTreeMap<Value, WeightRange> {
    let mut room = copy.bytes;
    let fits = |(_, range): &(Value, WeightRange)| {
        let fits = range.bytes <= room;
        room -= if fits { range.bytes } else { 0 };
        fits
    };
    copyable(facts, copy).into_iter().filter(fits).collect()
}

/// Puts a wait before the first statement that reads an array which weights are copied to.
pub(super) fn await_copies(kernel: &mut LaneKernel) {
    let mut left = kernel.copied();
    for stmt in std::mem::take(&mut kernel.body) {
        let mut read = BTreeSet::new();
        stmt.for_each(&mut |stmt| {
            read.extend(stmt.reads().into_iter().filter_map(|place| match place.memory {
                Memory::Shared(array) => left.contains(&array).then_some(array),
                Memory::Global(_) => None,
            }));
        });
        for array in read {
            left.remove(&array);
            kernel.body.push(Stmt { kind: StmtKind::AwaitCopy { array }, loc: stmt.loc.clone() });
        }
        kernel.body.push(stmt);
    }
}

/// The range of weights that an operation loads, if all programs find theirs inside the view and aligned.
fn weights(facts: &Facts<'_>, op: &Op) -> Option<WeightRange> {
    let OpKind::Load { view: id, indices, mask: None, .. } = &op.kind else { return None };
    let (view, grid) = (facts.kernel.view(*id)?, facts.kernel.grid);
    if view.access != Access::Weights {
        return None;
    }
    let (start, count) = range(facts, view, indices, facts.kernel.ty(op.result()?).shape.dims())?;
    let size = view.elem.bytes();
    let range = WeightRange {
        view: *id,
        programs: [0, grid[0]],
        first: start.constant,
        folded: None,
        per_program: start.per_program,
        bytes: count * size,
    };
    let inside = range.last_first(grid).saturating_add(count) <= view.shape.count();
    let narrow = view.shape.count() <= i32::MAX as u64;
    (inside && narrow && range.starts_units(size)).then_some(range)
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
