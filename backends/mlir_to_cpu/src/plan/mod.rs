//! Decides, before any code is made, where each value lives.
//!
//! A tile is *virtual* where possible: it has no storage, its elements are computed where they are used, so a chain of
//! elementwise operations, shape changes and loads becomes one loop. It gets a *buffer* in scratch memory where it
//! must exist as a whole (products, reductions, loop-carried tiles, loads from a view that the kernel also writes), and
//! where keeping it is cheaper than computing its elements again. Values of one element are machine values.

mod cost;
mod operands;
mod scratch;

use tile_ir::{Block, Kernel, Op, OpKind, Value};

use crate::error::Error;
use crate::limits;

pub(crate) use operands::operands;

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

/// Calls `visit` for every operation of a block and of the blocks inside it, in order.
pub(crate) fn walk<'a>(block: &'a Block, visit: &mut impl FnMut(&'a Op)) {
    for op in &block.ops {
        visit(op);
        for inner in blocks(&op.kind) {
            walk(inner, visit);
        }
    }
}

/// The blocks inside an operation, in order of execution.
pub(crate) fn blocks(kind: &OpKind) -> Vec<&Block> {
    match kind {
        OpKind::For { body, .. } => vec![body],
        OpKind::While { before, after, .. } => vec![before, after],
        OpKind::If { then, otherwise, .. } => vec![then, otherwise],
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Unary(..)
        | OpKind::Binary(..)
        | OpKind::Fma(..)
        | OpKind::Compare(..)
        | OpKind::Select { .. }
        | OpKind::Cast(..)
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
        | OpKind::Slice { .. }
        | OpKind::InsertSlice { .. }
        | OpKind::Extract { .. }
        | OpKind::Insert { .. }
        | OpKind::Reduce { .. }
        | OpKind::Contract { .. }
        | OpKind::CreateMask { .. }
        | OpKind::Load { .. }
        | OpKind::Store { .. }
        | OpKind::LoadScalar { .. }
        | OpKind::StoreScalar { .. }
        | OpKind::Gather { .. } => Vec::new(),
    }
}

fn nesting(block: &Block, depth: u32) -> u32 {
    if depth > limits::MAX_NESTING {
        return depth;
    }
    let inner = block.ops.iter().flat_map(|op| blocks(&op.kind)).map(|block| nesting(block, depth + 1));
    inner.max().unwrap_or(depth)
}

/// Bytes of a tile in scratch memory.
pub(crate) fn tile_bytes(kernel: &Kernel, value: Value) -> u64 {
    let ty = kernel.ty(value);
    ty.shape.count().saturating_mul(ty.elem.bytes())
}

/// Plans a kernel.
///
/// # Errors
/// [`Error::Limit`] if it nests too deeply or needs too much scratch memory.
pub(crate) fn plan(kernel: &Kernel) -> Result<Plan<'_>, Error> {
    let depth = nesting(&kernel.body, 0);
    if depth > limits::MAX_NESTING {
        return Err(Error::Limit {
            kernel: kernel.name.clone(),
            what: "nesting of loops and branches",
            needed: u64::from(depth),
            limit: u64::from(limits::MAX_NESTING),
            loc: kernel.loc.clone(),
            help: "nest fewer loops".to_owned(),
        });
    }
    let mut defs: Vec<Option<&Op>> = vec![None; kernel.values.len()];
    walk(&kernel.body, &mut |op| {
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
    scratch::assign(kernel, &mut plan)?;
    Ok(plan)
}
