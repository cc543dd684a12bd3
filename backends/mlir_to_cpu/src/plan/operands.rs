//! Operands of an operation.

use tile_ir::{Index, OpKind, Value};

fn dynamic(indices: &[Index]) -> impl Iterator<Item = Value> + '_ {
    indices.iter().filter_map(|index| match index {
        Index::Static(_) => None,
        Index::Dynamic(value) => Some(*value),
    })
}

/// The values an operation reads itself, without those its inner blocks read.
pub(crate) fn operands(kind: &OpKind) -> Vec<Value> {
    match kind {
        OpKind::ProgramId(_) | OpKind::NumPrograms(_) | OpKind::Constant(_) => Vec::new(),
        OpKind::Unary(_, x) | OpKind::Cast(_, x) | OpKind::Broadcast(x) | OpKind::Reshape(x) => vec![*x],
        OpKind::Binary(_, x, y) | OpKind::Compare(_, x, y) => vec![*x, *y],
        OpKind::Fma(x, y, z) => vec![*x, *y, *z],
        OpKind::Select { cond, on_true, on_false } => vec![*cond, *on_true, *on_false],
        OpKind::Transpose { value, .. } | OpKind::Slice { value, .. } => vec![*value],
        OpKind::InsertSlice { value, into, .. } => vec![*value, *into],
        OpKind::Extract { value, indices } => std::iter::once(*value).chain(dynamic(indices)).collect(),
        OpKind::Insert { value, into, indices } => [*value, *into].into_iter().chain(dynamic(indices)).collect(),
        OpKind::Reduce { value, acc, .. } => vec![*value, *acc],
        OpKind::Contract { lhs, rhs, acc, .. } => vec![*lhs, *rhs, *acc],
        OpKind::CreateMask { bounds } => dynamic(bounds).collect(),
        OpKind::Load { indices, pad, mask, .. } => {
            indices.iter().copied().chain([*pad]).chain(mask.iter().copied()).collect()
        }
        OpKind::Store { value, indices, mask, .. } => {
            std::iter::once(*value).chain(indices.iter().copied()).chain(mask.iter().copied()).collect()
        }
        OpKind::LoadScalar { indices, .. } => indices.clone(),
        OpKind::StoreScalar { value, indices, .. } => {
            std::iter::once(*value).chain(indices.iter().copied()).collect()
        }
        OpKind::Gather { offsets, mask, passthru, .. } => vec![*offsets, *mask, *passthru],
        OpKind::For { lower, upper, step, init, .. } => {
            [*lower, *upper, *step].into_iter().chain(init.iter().copied()).collect()
        }
        OpKind::While { init, .. } => init.clone(),
        OpKind::If { cond, .. } => vec![*cond],
    }
}
