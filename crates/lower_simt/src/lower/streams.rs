//! Tiles that are read as streams of whole vectors.
//!
//! A tile spread over threads by its rows alone has few threads per row, which read few neighbouring bytes each and many rows
//! at a time, or all threads for one row, of which a product's group of threads has a part only. Two kinds of tiles are
//! spread otherwise:
//!
//! - Where a loop carries a tile to which it adds, element by element, tiles of that shape that it loads, rows are read by as
//!   many threads as have a whole vector each: all loads of a step are on their way at once, and sums over rows
//!   stay within a thread as far as they can.
//! - A row that a product multiplies with many rows is held by every group of threads that makes outputs, in the registers of
//!   those threads that need its elements: it is read once, before the rows, and sums over it need no other group.

use std::collections::BTreeMap;

use tile_ir::{Access, Block, Op, OpKind, Value};

use super::layout::{Layout, lanes_per_row};
use super::matrix_plan::matrix;
use super::plan::Facts;
use super::product::{Strategy, contract, width};

/// How tiles of one shape are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Threads of a row.
    pub(crate) lanes: u64,
    /// Neighbours of a thread.
    pub(crate) vector: u64,
    /// Every group of threads holds all of it.
    pub(crate) every: bool,
}

/// By rows and columns: how tiles are spread, where not as usual.
pub(crate) type Streams = BTreeMap<(u64, u64), Stream>;

/// Finds the streams of a kernel.
pub(crate) fn streams(facts: &Facts<'_>) -> Streams {
    let mut found = Streams::new();
    let mut unfit = Vec::new();
    facts.kernel.body.for_each_op(&mut |op| match &op.kind {
        OpKind::For { body, .. } => found.extend(added_to(facts, body)),
        OpKind::Contract { lhs, rhs, .. } => {
            for value in [*lhs, *rhs] {
                let Some((shape, stream)) = shared_row(facts, op, value) else { continue };
                if found.insert(shape, stream).is_some_and(|other| other != stream) {
                    unfit.push(shape);
                }
            }
        }
        // All groups would have to wait for the one that writes.
        OpKind::Store { value, .. } => unfit.push(facts.rows_cols(*value)),
        _ => {}
    });
    found.retain(|shape, stream| !(stream.every && unfit.contains(shape)));
    found
}

/// Tiles that a loop adds to loaded ones.
fn added_to<'a>(facts: &'a Facts<'_>, body: &'a Block) -> impl Iterator<Item = ((u64, u64), Stream)> + 'a {
    body.args.iter().skip(1).zip(&body.yields).filter_map(|(&arg, &next)| {
        let (rows, cols) = facts.rows_cols(arg);
        let elementwise = facts.defs[next.index()]
            .is_some_and(|op| matches!(op.kind, OpKind::Binary(..) | OpKind::Fma(..) | OpKind::Select { .. }));
        if rows < 2 || cols < 2 || !elementwise {
            return None;
        }
        let vector = loads(facts, body, arg).map(|load| width(facts, load, cols)).max()?;
        let lanes = 1 << (cols / vector).clamp(1, 32).ilog2();
        let layout = Layout::with_lanes(rows, cols, lanes, vector, facts.threads);
        let stream = Stream { lanes, vector, every: false };
        (lanes > lanes_per_row(rows, facts.threads) && facts.fits(layout)).then_some(((rows, cols), stream))
    })
}

/// The tiles of the shape of `like` that a block loads from what the kernel does not write.
fn loads<'a>(facts: &'a Facts<'_>, block: &'a Block, like: Value) -> impl Iterator<Item = Value> + 'a {
    let shape = facts.kernel.ty(like).shape;
    block.ops.iter().filter_map(move |op| match &op.kind {
        OpKind::Load { view, .. } if !facts.written.contains(view) => {
            op.result().filter(|&result| facts.kernel.ty(result).shape == shape)
        }
        _ => None,
    })
}

/// An operand of a product that is one row, of which each group of threads uses every element for several outputs.
fn shared_row(facts: &Facts<'_>, op: &Op, value: Value) -> Option<((u64, u64), Stream)> {
    let OpKind::Contract { lhs, rhs, spec, .. } = &op.kind else { return None };
    let (rows, cols) = facts.rows_cols(value);
    if rows != 1 || cols < 2 || matrix(facts, op).is_some() || is_sum_of_rows(facts, value) {
        return None;
    }
    let Strategy::Lanes { layout, vector } = contract(facts, *lhs, *rhs, spec, op) else { return None };
    let (lanes, slots) = (layout.lanes, layout.row_slots(facts.threads));
    let row = Layout { rows, cols, lanes, vector, every: lanes < facts.threads };
    let fits = row.registers(facts.threads) <= facts.stream_registers();
    let whole = cols.is_multiple_of(vector) && cols >= lanes * vector;
    // What is only read, and once, is as well read where it is multiplied.
    let read = facts.defs[value.index()].is_some_and(|op| matches!(op.kind, OpKind::Load { .. }));
    let again = slots > 1 || !read || facts.uses[value.index()] > 1;
    (again && fits && whole).then_some(((rows, cols), Stream { lanes, vector, every: row.every }))
}

/// Whether each element of a tile is a sum of elements of a larger one: then every group would read all of that.
fn is_sum_of_rows(facts: &Facts<'_>, value: Value) -> bool {
    match facts.defs[value.index()].map(|op| &op.kind) {
        Some(OpKind::Reduce { value: larger, .. }) => {
            let sums = facts.kernel.ty(value).shape.count();
            sums > 1 && facts.kernel.ty(*larger).shape.count() > sums
        }
        Some(OpKind::Reshape(from)) => is_sum_of_rows(facts, *from),
        Some(_) | None => false,
    }
}

impl Facts<'_> {
    /// Registers that a tile of a stream may take: groups of few threads leave more to each.
    fn stream_registers(&self) -> u64 {
        let share = (u64::from(self.target.busy_threads) / self.threads).clamp(1, 2);
        share * u64::from(self.target.tile_registers)
    }

    /// Whether a tile is spread as a stream, which fits into registers.
    pub(crate) fn in_stream(&self, value: Value) -> bool {
        self.streams.contains_key(&self.rows_cols(value))
    }

    /// Whether a load should be made where it stands, and its elements wait in registers.
    pub(crate) fn streamed(&self, value: Value) -> bool {
        let again = self.uses[value.index()] > 1 || self.depth(value) > 0 || self.repeated.contains(&value);
        self.in_stream(value) && (again || self.read_early(value))
    }

    /// Whether a load is of weights, which a kernel may read before those in front of it have ended.
    fn read_early(&self, value: Value) -> bool {
        let Some(OpKind::Load { view, .. }) = self.defs[value.index()].map(|op| &op.kind) else { return false };
        let weights = self.kernel.view(*view).is_some_and(|view| view.access == Access::Weights);
        weights && self.target.ahead.is_some() && self.depth(value) == 0
    }
}
