//! Simplifications that any pass may run. Each keeps a valid kernel valid and its results the same, to the bit; what
//! would have trapped may no longer be there to trap.

mod common;
mod dead;
#[cfg(test)]
mod tests;

pub use common::merge_common;
pub use dead::remove_dead;

use crate::kernel::{Access, Kernel};
use crate::op::{Op, OpKind};

/// Whether an operation does something besides defining its results: stores, or may run for ever.
fn has_effect(op: &Op) -> bool {
    match &op.kind {
        OpKind::Store { .. } | OpKind::StoreScalar { .. } | OpKind::While { .. } => true,
        OpKind::For { body, .. } => body.ops.iter().any(has_effect),
        OpKind::If { then, otherwise, .. } => then.ops.iter().chain(&otherwise.ops).any(has_effect),
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
        | OpKind::LoadScalar { .. }
        | OpKind::Gather { .. } => false,
    }
}

/// Whether an operation always gives the same result for the same operands, wherever it stands.
fn is_repeatable(kernel: &Kernel, kind: &OpKind) -> bool {
    match kind {
        OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } | OpKind::Gather { view, .. } => {
            kernel.view(*view).is_some_and(|view| view.access != Access::Write)
        }
        OpKind::Store { .. }
        | OpKind::StoreScalar { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => false,
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
        | OpKind::CreateMask { .. } => true,
    }
}
