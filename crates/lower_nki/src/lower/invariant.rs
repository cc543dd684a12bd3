//! Values that are the same in all programs of a launch and all turns of loops: they are made once, whatever parts loops are cut into.

use std::collections::BTreeSet;

use tile_ir::{Access, Block, Kernel, Literal, OpKind, ParamKind, Value};

/// Finds them.
pub(super) fn find(kernel: &Kernel) -> BTreeSet<Value> {
    let mut found = BTreeSet::new();
    for param in &kernel.params {
        if let ParamKind::Scalar(scalar) = &param.kind {
            found.insert(scalar.value);
        }
    }
    let mut numbers = BTreeSet::new();
    kernel.body.for_each_op(&mut |op| {
        if matches!(op.kind, OpKind::Constant(Literal::Splat(_))) {
            numbers.extend(op.results.iter().copied());
        }
    });
    look(kernel, &kernel.body, &numbers, &mut found);
    found
}

fn look(kernel: &Kernel, block: &Block, numbers: &BTreeSet<Value>, found: &mut BTreeSet<Value>) {
    for op in &block.ops {
        let own = match &op.kind {
            OpKind::ProgramId(_) | OpKind::Store { .. } | OpKind::StoreScalar { .. } => false,
            OpKind::For { .. } | OpKind::While { .. } | OpKind::If { .. } => false,
            OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } | OpKind::Gather { view, .. } => {
                kernel.view(*view).is_some_and(|view| view.access != Access::Write)
            }
            // Numbers cost nothing.
            OpKind::Constant(literal) => !matches!(literal, Literal::Splat(_)),
            OpKind::NumPrograms(_)
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
        };
        if own && op.kind.operands().iter().all(|value| found.contains(value) || numbers.contains(value)) {
            found.extend(op.results.iter().copied());
        }
        op.kind.blocks().into_iter().for_each(|inner| look(kernel, inner, numbers, found));
    }
}
