//! How a reduction or product is spread over threads.

use tile_ir::{ContractSpec, Elem, Kernel, Op, OpKind, Value};

use super::layout::Layout;
use super::matrix_plan::{MatrixPlan, matrix};
use super::plan::Facts;

/// Five ways to sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// The threads of a group share the terms of each output and add up at the end.
    Lanes {
        /// The layout of the result: outputs, row-major, as rows.
        layout: Layout,
        /// Neighbouring terms a thread takes at once.
        vector: u64,
    },
    /// Each thread owns outputs and sums all of their terms.
    Owned(Layout),
    /// Teams of `threads` threads have all outputs, each thread `vector` neighbours, and share the terms; the teams' sums
    /// are added up through shared memory.
    Teams {
        /// Threads of a team, a power of two.
        threads: u64,
        /// Neighbouring outputs of a thread.
        vector: u64,
        /// The layout of the result.
        layout: Layout,
    },
    /// The threads that hold a tile in registers sum its rows where they are; the groups' sums are added up through shared
    /// memory.
    Columns {
        /// The layout of the operand.
        operand: Layout,
        /// The layout of the result.
        layout: Layout,
    },
    /// Subgroups multiply fragments.
    Matrix(MatrixPlan),
}

/// How often each element of an operand of a product is used.
pub(crate) fn repetition(kernel: &Kernel, product: &OpKind, map: &[usize]) -> u64 {
    let OpKind::Contract { spec, acc, .. } = product else { return 1 };
    let sizes = kernel.ty(*acc).shape;
    spec.acc.iter().zip(sizes.dims()).filter(|(iterator, _)| !map.contains(iterator)).map(|(_, size)| size).product()
}

/// Size of each iterator of a product.
pub(crate) fn iterator_sizes(kernel: &Kernel, spec: &ContractSpec, lhs: Value, rhs: Value) -> Vec<u64> {
    let mut sizes = vec![1; spec.reduced.len()];
    for (value, map) in [(lhs, &spec.lhs), (rhs, &spec.rhs)] {
        for (&iterator, &size) in map.iter().zip(kernel.ty(value).shape.dims()) {
            sizes[iterator] = size;
        }
    }
    sizes
}

/// Terms of each sum of a product (`reduced`), or its outputs, from the sizes of its iterators.
pub(crate) fn iterations(spec: &ContractSpec, sizes: &[u64], reduced: bool) -> u64 {
    sizes.iter().zip(&spec.reduced).filter(|(_, is)| **is == reduced).map(|(size, _)| size).product()
}

/// Terms of each output of a reduction of `value` over `dims`.
pub(crate) fn reduced_terms(kernel: &Kernel, value: Value, dims: &[usize]) -> u64 {
    let shape = kernel.ty(value).shape;
    dims.iter().map(|&d| shape.dims()[d]).product()
}

/// Chooses for a `Reduce` or `Contract`.
pub(crate) fn strategy(facts: &Facts<'_>, op: &Op) -> Strategy {
    match &op.kind {
        OpKind::Contract { lhs, rhs, spec, .. } => match matrix(facts, op) {
            Some(plan) => Strategy::Matrix(plan),
            None => contract(facts, *lhs, *rhs, spec, op),
        },
        OpKind::Reduce { value, dims, .. } => {
            let shape = facts.kernel.ty(*value).shape;
            let terms = reduced_terms(facts.kernel, *value, dims);
            let outputs = shape.count() / terms.max(1);
            if dims.contains(&(shape.rank() - 1)) {
                // As wide as tiles of that many rows are spread, so that their registers can be summed where they are.
                let cols = shape.dims()[shape.rank() - 1];
                let stream = facts.streams.get(&(outputs, cols)).filter(|_| cols == terms);
                let vector = stream.map_or_else(|| width(facts, *value, cols), |stream| stream.vector);
                let layout = Layout::rows_only(outputs, facts.lanes_per_row(outputs, cols));
                let every = stream.is_some_and(|stream| stream.every);
                Strategy::Lanes { layout: Layout { every, ..layout }, vector }
            } else {
                columns(facts, *value, dims).unwrap_or_else(|| owned(facts, op))
            }
        }
        _ => owned(facts, op),
    }
}

fn owned(facts: &Facts<'_>, op: &Op) -> Strategy {
    match op.result() {
        Some(result) => teams(facts, op, result).unwrap_or_else(|| Strategy::Owned(facts.spread(result))),
        None => Strategy::Owned(Layout::rows_only(1, facts.threads)),
    }
}

/// By columns, where the operand is in registers, or made of what is, and its rows are what is summed.
fn columns(facts: &Facts<'_>, value: Value, dims: &[usize]) -> Option<Strategy> {
    let shape = facts.kernel.ty(value).shape;
    let rows_only = dims.len() + 1 == shape.rank() && !dims.contains(&(shape.rank() - 1));
    if !facts.teams || !rows_only || !facts.held(value) || facts.spread(value).every {
        return None;
    }
    let operand = facts.spread(value);
    let groups = operand.groups(facts.threads);
    let few = operand.col_slots() * operand.vector * 2 <= u64::from(facts.target.tile_registers);
    let room = groups * operand.cols * 4 <= facts.target.shared_bytes / 4;
    let layout = if operand.cols == 1 {
        Layout::rows_only(1, facts.threads)
    } else if groups == 1 {
        // The sums are where the columns are.
        Layout { rows: 1, ..operand }
    } else {
        Layout::spread(1, operand.cols, facts.threads)
    };
    (few && room).then_some(Strategy::Columns { operand, layout })
}

/// Teams, where there are more threads than vectors of outputs and terms enough for each.
fn teams(facts: &Facts<'_>, op: &Op, result: Value) -> Option<Strategy> {
    let kernel = facts.kernel;
    if !facts.teams || kernel.ty(result).is_scalar() {
        return None;
    }
    let (rows, cols) = facts.rows_cols(result);
    // Neighbouring outputs come from neighbours of the operands whose last dimension is the result's.
    let (terms, across): (u64, Vec<Value>) = match &op.kind {
        OpKind::Reduce { value, dims, .. } => (reduced_terms(kernel, *value, dims), vec![*value]),
        OpKind::Contract { lhs, rhs, spec, .. } => {
            let terms = iterations(spec, &iterator_sizes(kernel, spec, *lhs, *rhs), true);
            let operands = [(*lhs, &spec.lhs), (*rhs, &spec.rhs)];
            let across = operands.into_iter().filter(|(_, map)| map.last() == spec.acc.last());
            (terms, across.map(|(value, _)| value).collect())
        }
        _ => return None,
    };
    let widest = across.into_iter().map(|value| width(facts, value, cols)).max()?;
    (0..=widest.ilog2()).rev().map(|power| 1_u64 << power).find_map(|vector| {
        let threads = (rows * cols / vector).next_power_of_two();
        let teams = facts.threads / threads;
        let shared = teams.saturating_mul(rows * cols * 4);
        let room = shared <= facts.target.shared_bytes / 4;
        (teams >= 2 && terms >= 2 * teams && room).then(|| Strategy::Teams {
            threads,
            vector,
            layout: facts.spread(result),
        })
    })
}

pub(crate) fn contract(facts: &Facts<'_>, lhs: Value, rhs: Value, spec: &ContractSpec, op: &Op) -> Strategy {
    let kernel = facts.kernel;
    let count = |value: Value| kernel.ty(value).shape.count();
    let reduced_last = |map: &[usize]| map.last().is_some_and(|&iterator| spec.reduced[iterator]);
    let by_terms = match count(lhs).cmp(&count(rhs)) {
        std::cmp::Ordering::Greater => reduced_last(&spec.lhs),
        std::cmp::Ordering::Less => reduced_last(&spec.rhs),
        std::cmp::Ordering::Equal => reduced_last(&spec.lhs) && reduced_last(&spec.rhs),
    };
    if !by_terms {
        return owned(facts, op);
    }
    let sizes = iterator_sizes(kernel, spec, lhs, rhs);
    let (outputs, terms) = (iterations(spec, &sizes, false), iterations(spec, &sizes, true));
    let last = spec.reduced.iter().rposition(|&reduced| reduced).map_or(1, |iterator| sizes[iterator]);
    let operands = [(lhs, &spec.lhs), (rhs, &spec.rhs)].into_iter().filter(|(_, map)| reduced_last(map));
    let widths = operands.map(|(value, _)| width(facts, value, last));
    // From shared memory, threads that take more than 16 neighbouring bytes each get in each other's way: banks of 4 bytes.
    let copied = [lhs, rhs].into_iter().any(|value| facts.copies.contains_key(&loaded(facts, value)));
    let vector = if copied { widths.min() } else { widths.max() }.unwrap_or(1);
    let rows = [&spec.lhs, &spec.rhs].map(|map| -> u64 {
        map.iter().filter(|&&iterator| !spec.reduced[iterator]).map(|&iterator| sizes[iterator]).product()
    });
    let bytes = [lhs, rhs].map(|value| memory_bytes(facts, value));
    // A number is one that all threads know.
    let number = op.result().is_some_and(|result| kernel.ty(result).is_scalar());
    let lanes = if number { facts.threads } else { cheapest(facts.threads, outputs, terms, vector, rows, bytes) };
    Strategy::Lanes { layout: Layout::rows_only(outputs, lanes), vector }
}

/// The number of threads per output that needs the fewest loads and exchanges.
fn cheapest(threads: u64, outputs: u64, terms: u64, vector: u64, rows: [u64; 2], bytes: [u64; 2]) -> u64 {
    let cost = |lanes: u64| -> u64 {
        let slots = outputs.div_ceil(threads / lanes);
        let chunks = terms.div_ceil(lanes * vector);
        let loads: u64 = rows
            .iter()
            .zip(bytes)
            .map(|(&rows, bytes)| {
                let words = (vector * bytes).div_ceil(16);
                // A group that reads less than 64 neighbouring bytes wastes the rest of the line.
                let waste = (64 / (lanes * vector * bytes).min(64)).min(4);
                chunks * slots.min(rows) * words * waste
            })
            .sum();
        let exchanges = slots * u64::from(lanes.min(32).ilog2());
        let combine = if lanes > 32 { 12 + slots * lanes / 32 } else { 0 };
        2 * loads + exchanges + combine
    };
    let choices = (0..=threads.ilog2()).map(|power| 1_u64 << power);
    choices.min_by_key(|&lanes| cost(lanes)).unwrap_or(1)
}

/// Elements a thread should take at once from the last dimension (of size `last`) of a tile.
pub(crate) fn width(facts: &Facts<'_>, value: Value, last: u64) -> u64 {
    let most = (facts.target.vector_bytes / memory_bytes(facts, value)).clamp(1, 8);
    let mut width = most.next_power_of_two();
    while width > 1 && !last.is_multiple_of(width) {
        width /= 2;
    }
    width
}

/// Bytes per element of the memory that a tile comes from.
fn memory_bytes(facts: &Facts<'_>, value: Value) -> u64 {
    let from = loaded(facts, value);
    match facts.defs[from.index()].map(|op| &op.kind) {
        Some(OpKind::Load { view, .. } | OpKind::Gather { view, .. }) => {
            facts.kernel.view(*view).map_or(4, |view| view.elem.bytes())
        }
        _ if facts.kernel.ty(from).elem == Elem::I8 => 1,
        _ => 4,
    }
}

/// What a tile is made of by elementwise operations, followed through their first operands: the result of a load, or of
/// something else.
fn loaded(facts: &Facts<'_>, value: Value) -> Value {
    let mut at = value;
    while let Some(OpKind::Cast(_, from) | OpKind::Unary(_, from) | OpKind::Binary(_, from, _)) =
        facts.defs[at.index()].map(|op| &op.kind)
    {
        at = *from;
    }
    at
}
