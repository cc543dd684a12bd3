//! Operands of operations without nested blocks.

use tile_ir::{Index, OpKind, Value};

/// Calls `change` on every operand of `kind`, in order. Nested blocks are not entered.
pub(crate) fn for_each_mut(kind: &mut OpKind, change: &mut dyn FnMut(&mut Value)) {
    match kind {
        OpKind::ProgramId(_) | OpKind::NumPrograms(_) | OpKind::Constant(_) => {}
        OpKind::Unary(_, a)
        | OpKind::Cast(_, a)
        | OpKind::Broadcast(a)
        | OpKind::Reshape(a)
        | OpKind::Transpose { value: a, .. }
        | OpKind::Slice { value: a, .. } => change(a),
        OpKind::Binary(_, a, b)
        | OpKind::Compare(_, a, b)
        | OpKind::InsertSlice { value: a, into: b, .. }
        | OpKind::Reduce { value: a, acc: b, .. } => {
            change(a);
            change(b);
        }
        OpKind::Fma(a, b, c)
        | OpKind::Select { cond: a, on_true: b, on_false: c }
        | OpKind::Contract { lhs: a, rhs: b, acc: c, .. }
        | OpKind::Gather { offsets: a, mask: b, passthru: c, .. } => {
            change(a);
            change(b);
            change(c);
        }
        OpKind::Extract { value, indices } => {
            change(value);
            dynamic(indices, change);
        }
        OpKind::Insert { value, into, indices } => {
            change(value);
            change(into);
            dynamic(indices, change);
        }
        OpKind::CreateMask { bounds } => dynamic(bounds, change),
        OpKind::Load { indices, pad, mask, .. } => {
            indices.iter_mut().for_each(&mut *change);
            change(pad);
            mask.iter_mut().for_each(change);
        }
        OpKind::Store { value, indices, mask, .. } => {
            change(value);
            indices.iter_mut().for_each(&mut *change);
            mask.iter_mut().for_each(change);
        }
        OpKind::LoadScalar { indices, .. } => indices.iter_mut().for_each(change),
        OpKind::StoreScalar { value, indices, .. } => {
            change(value);
            indices.iter_mut().for_each(change);
        }
        OpKind::For { lower, upper, step, init, .. } => {
            change(lower);
            change(upper);
            change(step);
            init.iter_mut().for_each(change);
        }
        OpKind::While { init, .. } => init.iter_mut().for_each(change),
        OpKind::If { cond, .. } => change(cond),
    }
}

fn dynamic(indices: &mut [Index], change: &mut dyn FnMut(&mut Value)) {
    for index in indices {
        match index {
            Index::Static(_) => {}
            Index::Dynamic(value) => change(value),
        }
    }
}

/// The operands of `kind`, in order; nested blocks are not entered.
pub(crate) fn of(kind: &OpKind) -> Vec<Value> {
    let mut values = Vec::new();
    // Blocks are not needed, and cloning them would be costly.
    let mut copy = match kind {
        OpKind::For { lower, upper, step, init, .. } => {
            return [*lower, *upper, *step].into_iter().chain(init.iter().copied()).collect();
        }
        OpKind::While { init, .. } => return init.clone(),
        OpKind::If { cond, .. } => return vec![*cond],
        other => other.clone(),
    };
    for_each_mut(&mut copy, &mut |value| values.push(*value));
    values
}

/// Whether the operation writes memory itself (nested blocks are not entered).
pub(crate) fn writes(kind: &OpKind) -> bool {
    match kind {
        OpKind::Store { .. } | OpKind::StoreScalar { .. } => true,
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
        | OpKind::Gather { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => false,
    }
}

/// Blocks nested in the operation, to change them.
pub(crate) fn nested_mut(kind: &mut OpKind) -> Vec<&mut tile_ir::Block> {
    match kind {
        OpKind::For { body, .. } => vec![body],
        OpKind::While { before, after, .. } => vec![before, after],
        OpKind::If { then, otherwise, .. } => vec![then, otherwise],
        _ => Vec::new(),
    }
}
