//! Which views a kernel reads.

use tile_ir::{Block, Kernel, OpKind, ViewId};

/// Whether the kernel's body reads view parameter `view`.
pub(crate) fn reads(kernel: &Kernel, view: ViewId) -> bool {
    block_reads(&kernel.body, view)
}

fn block_reads(block: &Block, target: ViewId) -> bool {
    block.ops.iter().any(|op| match &op.kind {
        OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } | OpKind::Gather { view, .. } => *view == target,
        OpKind::For { body, .. } => block_reads(body, target),
        OpKind::While { before, after, .. } => block_reads(before, target) || block_reads(after, target),
        OpKind::If { then, otherwise, .. } => block_reads(then, target) || block_reads(otherwise, target),
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
        | OpKind::Store { .. }
        | OpKind::StoreScalar { .. } => false,
    })
}
