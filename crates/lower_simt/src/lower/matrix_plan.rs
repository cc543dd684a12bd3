//! Which products run on the matrix unit, and how subgroups share them.

use tile_ir::{CastOp, ContractSpec, Elem, Op, OpKind, Value};

use super::layout::Layout;
use super::plan::Facts;
use super::product::iterator_sizes;
use crate::target::MatrixUnit;

/// Parallel sizes and terms from which fragments are worth their padding.
const SMALLEST: u64 = 8;

/// A product `m x k` times `k x n`, `batch` times over, on the matrix unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MatrixPlan {
    pub(crate) unit: MatrixUnit,
    pub(crate) batch: u64,
    pub(crate) m: u64,
    pub(crate) n: u64,
    pub(crate) k: u64,
    /// Terms whose operands are in shared memory at once: a multiple of the unit's.
    pub(crate) chunk: u64,
    /// Subgroups along batch, rows and columns of fragments.
    pub(crate) split: [u64; 3],
    /// Registers for the result, should it be copied there.
    pub(crate) layout: Layout,
}

impl MatrixPlan {
    /// Fragments along batch, rows and columns.
    pub(crate) fn fragments(&self) -> [u64; 3] {
        [self.batch, self.m.div_ceil(u64::from(self.unit.m)), self.n.div_ceil(u64::from(self.unit.n))]
    }

    /// Fragments of one subgroup along batch, rows and columns.
    pub(crate) fn each(&self) -> [u64; 3] {
        let count = self.fragments();
        [0, 1, 2].map(|d| count[d].div_ceil(self.split[d]))
    }

    /// Rows and columns of the padded result.
    pub(crate) fn padded(&self) -> [u64; 2] {
        [self.m.next_multiple_of(self.unit.m.into()), self.n.next_multiple_of(self.unit.n.into())]
    }

    /// Whether all terms are in shared memory at once.
    pub(crate) fn whole(&self) -> bool {
        self.chunk >= self.k
    }
}

/// What the iterators of a product are, each list ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Groups {
    pub(crate) batch: Vec<usize>,
    pub(crate) rows: Vec<usize>,
    pub(crate) cols: Vec<usize>,
    pub(crate) terms: Vec<usize>,
}

/// Sorts the iterators; `None` if the product is no matrix product, such as where only one side is summed over.
pub(crate) fn groups(spec: &ContractSpec) -> Option<Groups> {
    let mut groups = Groups { batch: Vec::new(), rows: Vec::new(), cols: Vec::new(), terms: Vec::new() };
    for (iterator, &reduced) in spec.reduced.iter().enumerate() {
        let (left, right) = (spec.lhs.contains(&iterator), spec.rhs.contains(&iterator));
        match (reduced, left, right) {
            (true, true, true) => groups.terms.push(iterator),
            (false, true, true) => groups.batch.push(iterator),
            (false, true, false) => groups.rows.push(iterator),
            (false, false, true) => groups.cols.push(iterator),
            (true, _, _) | (false, false, false) => return None,
        }
    }
    Some(groups)
}

/// Whether a tile's staged copy has its terms along the rows: the terms are not what lies together in the tile.
pub(crate) fn terms_first(spec: &ContractSpec, groups: &Groups, map: &[usize]) -> bool {
    let last = map.iter().rev().find(|&iterator| !groups.batch.contains(iterator));
    last.is_some_and(|&iterator| !spec.reduced[iterator])
}

/// Elements from one staged row to the next: a multiple of 8 that is no multiple of 16, so that rows start in different banks
/// of shared memory.
pub(crate) const fn stride(cols: u64) -> u64 {
    let cols = cols.next_multiple_of(8);
    if cols.is_multiple_of(16) { cols + 8 } else { cols }
}

/// The plan for a product, if it is one for the matrix unit.
pub(crate) fn matrix(facts: &Facts<'_>, op: &Op) -> Option<MatrixPlan> {
    let OpKind::Contract { lhs, rhs, spec, .. } = &op.kind else { return None };
    let groups = groups(spec)?;
    let sizes = iterator_sizes(facts.kernel, spec, *lhs, *rhs);
    let size = |group: &[usize]| -> u64 { group.iter().map(|&iterator| sizes[iterator]).product() };
    let [batch, m, n, k] = [&groups.batch, &groups.rows, &groups.cols, &groups.terms].map(|group| size(group));
    if m < SMALLEST || n < SMALLEST || k < SMALLEST {
        return None;
    }
    let unit = unit(facts, *lhs, *rhs)?;
    let mut plan = MatrixPlan {
        unit,
        batch,
        m,
        n,
        k,
        chunk: k.next_multiple_of(unit.k.into()),
        split: [1, 1, 1],
        layout: facts.spread(op.result()?),
    };
    plan.split = split(&plan, facts.threads / 32)?;
    let registers = plan.each().iter().product::<u64>() * u64::from(unit.m * unit.n) / 32;
    if registers > 2 * u64::from(facts.target.tile_registers) {
        return None;
    }
    let [rows, cols] = plan.padded();
    let bytes = |chunk: u64| -> u64 {
        let operand = |map: &[usize], other: u64| {
            if terms_first(spec, &groups, map) { chunk * stride(other) } else { other * stride(chunk) }
        };
        let elements = operand(&spec.lhs, rows).saturating_add(operand(&spec.rhs, cols));
        batch.saturating_mul(elements).saturating_mul(unit.elem.bytes())
    };
    while bytes(plan.chunk) > facts.target.shared_bytes / 2 {
        let half = (plan.chunk / 2).next_multiple_of(unit.k.into());
        if half >= plan.chunk {
            return None;
        }
        plan.chunk = half;
    }
    Some(plan)
}

/// The unit for two operands: of 16 bits where both hold nothing else, else of 32.
fn unit(facts: &Facts<'_>, lhs: Value, rhs: Value) -> Option<MatrixUnit> {
    let unit = |elem: Elem| facts.target.matrix.iter().find(|unit| unit.elem == elem).copied();
    let (left, right) = (exact_elem(facts, lhs), exact_elem(facts, rhs));
    let small = if left == right { unit(left) } else { None };
    small.or_else(|| unit(Elem::F32))
}

/// The smallest type that holds every element of a tile, as far as its making shows.
fn exact_elem(facts: &Facts<'_>, value: Value) -> Elem {
    let mut at = value;
    loop {
        let elem = facts.kernel.ty(at).elem;
        if elem != Elem::F32 {
            return elem;
        }
        match facts.defs[at.index()].map(|op| &op.kind) {
            Some(
                OpKind::Cast(CastOp::ExtF, from)
                | OpKind::Broadcast(from)
                | OpKind::Reshape(from)
                | OpKind::Transpose { value: from, .. }
                | OpKind::Slice { value: from, .. }
                | OpKind::Extract { value: from, .. },
            ) => at = *from,
            Some(_) | None => return elem,
        }
    }
}

/// Shares the fragments among subgroups: the fewest products and loads for the busiest one.
fn split(plan: &MatrixPlan, subgroups: u64) -> Option<[u64; 3]> {
    let powers = || (0..=subgroups.ilog2()).map(|power| 1_u64 << power);
    let choices = powers().flat_map(|rows| powers().map(move |cols| (rows, cols)));
    choices
        .filter(|(rows, cols)| subgroups.is_multiple_of(rows * cols))
        .map(|(rows, cols)| [subgroups / (rows * cols), rows, cols])
        .min_by_key(|&split| {
            let [batch, rows, cols] = MatrixPlan { split, ..*plan }.each();
            batch * (4 * rows * cols + rows + cols)
        })
}
