//! Decides, before any code is made, where each value lives.
//!
//! A tile is *virtual* where possible: it has no storage, its elements are computed where they are used, so a chain of
//! elementwise operations, shape changes and loads becomes one loop. It gets a *buffer* in scratch memory where it
//! must exist as a whole (products, reductions, loop-carried tiles, loads from a view that the kernel also writes), and
//! where keeping it is cheaper than computing its elements again. Values of one element are machine values.

mod cost;
mod scratch;
mod share;

use tile_ir::{Kernel, Op, Value};

use crate::error::Error;

/// A piece of scratch memory: an index into [`Plan::buffers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BufferId(pub(crate) usize);

/// Where a value lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: nothing needs it.
    Dead,
    /// In a machine value: one element.
    Scalar,
    /// Computed where it is used.
    Virtual,
    /// In scratch memory.
    Buffer(BufferId),
    /// In the scratch memory that a loop's carried tile has in the current iteration.
    Carried,
    /// In the scratch memory that the carried tile behind this block argument has in the next iteration.
    Next(Value),
}

/// Scratch memory of one tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    /// Size.
    pub(crate) bytes: u64,
    /// Place in the scratch buffer; tiles not alive at once may share memory.
    pub(crate) offset: u64,
}

/// The decisions for one kernel.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// By value.
    pub(crate) places: Vec<Place>,
    /// Scratch memory.
    pub(crate) buffers: Vec<Buffer>,
    /// By result value of a counted loop: the two buffers its carried tile alternates between.
    pub(crate) carries: Vec<Option<[BufferId; 2]>>,
    /// By value: the operation that defines it; `None` for block arguments and scalar parameters.
    pub(crate) defs: Vec<Option<&'a Op>>,
    /// Scratch bytes a program needs.
    pub(crate) scratch_bytes: u64,
}

/// Bytes of a tile in scratch memory.
pub(crate) fn tile_bytes(kernel: &Kernel, value: Value) -> u64 {
    let ty = kernel.ty(value);
    ty.shape.count().saturating_mul(ty.elem.bytes())
}

/// Plans a valid kernel.
///
/// # Errors
/// [`Error::Limit`] if it needs too much scratch memory.
pub(crate) fn plan(kernel: &Kernel) -> Result<Plan<'_>, Error> {
    let mut defs: Vec<Option<&Op>> = vec![None; kernel.values.len()];
    kernel.body.for_each_op(&mut |op| {
        for result in &op.results {
            defs[result.index()] = Some(op);
        }
    });
    let mut plan = Plan {
        places: vec![Place::Dead; kernel.values.len()],
        buffers: Vec::new(),
        carries: vec![None; kernel.values.len()],
        defs,
        scratch_bytes: 0,
    };
    cost::place(kernel, &mut plan);
    share::cut_chains(kernel, &mut plan);
    share::share(kernel, &kernel.body, &mut plan);
    scratch::assign(kernel, &mut plan)?;
    Ok(plan)
}
