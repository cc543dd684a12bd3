//! Layouts for tiles that a loop adds rows of memory to.
//!
//! A tile spread over threads by its rows alone has few threads per row, which read few neighbouring bytes each and many rows
//! at a time. Where a loop carries a tile to which it adds, element by element, tiles of that shape that it loads, rows are
//! read by as many threads as have a whole vector each instead: all loads of a step are on their way at once, and
//! sums over rows stay within a thread as far as they can.

use std::collections::BTreeMap;

use tile_ir::{Block, OpKind, Value};

use super::layout::{Layout, lanes_per_row};
use super::plan::Facts;
use super::product::width;

/// Threads of a row, and neighbours of a thread, for tiles of one number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) lanes: u64,
    pub(crate) vector: u64,
}

/// By number of rows: how tiles with that many rows are spread, where not as usual.
pub(crate) type Streams = BTreeMap<u64, Stream>;

/// Finds the loops of a kernel that stream.
pub(crate) fn streams(facts: &Facts<'_>) -> Streams {
    let mut found = Streams::new();
    facts.kernel.body.for_each_op(&mut |op| {
        let OpKind::For { body, .. } = &op.kind else { return };
        for (&arg, &next) in body.args.iter().skip(1).zip(&body.yields) {
            let (rows, cols) = facts.rows_cols(arg);
            let elementwise = facts.defs[next.index()]
                .is_some_and(|op| matches!(op.kind, OpKind::Binary(..) | OpKind::Fma(..) | OpKind::Select { .. }));
            if rows < 2 || cols < 2 || !elementwise {
                continue;
            }
            let Some(vector) = loads(facts, body, arg).map(|load| width(facts, load, cols)).max() else { continue };
            let lanes = 1 << (cols / vector).clamp(1, 32).ilog2();
            let layout = Layout::with_lanes(rows, cols, lanes, vector, facts.threads);
            if lanes > lanes_per_row(rows, facts.threads) && facts.fits(layout) {
                found.insert(rows, Stream { lanes, vector });
            }
        }
    });
    found
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

impl Facts<'_> {
    /// Whether a load should be made where it stands, and its elements wait in registers: it is part of a stream.
    pub(crate) fn streamed(&self, value: Value) -> bool {
        let (rows, cols) = self.rows_cols(value);
        let load = matches!(self.defs[value.index()].map(|op| &op.kind), Some(OpKind::Load { .. }));
        load && cols > 1 && self.streams.contains_key(&rows) && self.depth(value) > 0
    }
}
