//! Promises that loads and stores are inside their view.

use super::Analysis;
use crate::kernel::Kernel;
use crate::op::OpKind;
use crate::types::Shape;

/// What [`prove_in_bounds`] changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    /// Dimensions newly promised to be in bounds.
    pub dimensions: usize,
    /// Masks removed because they are true everywhere.
    pub masks: usize,
}

/// Sets the `in_bounds` promises of the kernel's loads and stores that can be proven, and drops masks that are true
/// everywhere. Promises already made are kept. The kernel must be valid, and stays so.
pub fn prove_in_bounds(kernel: &mut Kernel) -> Proven {
    let analysis = Analysis::new(kernel);
    let mut shapes: Vec<Option<Shape>> = Vec::new();
    kernel.body.for_each_op(&mut |op| {
        let tile = if let OpKind::Store { value, .. } = &op.kind { Some(*value) } else { op.result() };
        shapes.push(tile.map(|tile| kernel.ty(tile).shape));
    });
    let mut facts = analysis.accesses.iter().zip(&shapes);
    let mut proven = Proven::default();
    let params = &kernel.params;
    kernel.body.for_each_op_mut(&mut |op| {
        let Some((Some(access), Some(tile))) = facts.next() else {
            return;
        };
        let (OpKind::Load { view, mask, in_bounds, .. } | OpKind::Store { view, mask, in_bounds, .. }) = &mut op.kind
        else {
            return;
        };
        let crate::kernel::ParamKind::View(view) = &view.param(params).kind else {
            return;
        };
        if access.mask_true && mask.take().is_some() {
            proven.masks += 1;
        }
        let leading = view.shape.rank() - tile.rank();
        let dims = access.starts.iter().zip(view.shape.dims()).skip(leading).zip(tile.dims());
        for (promise, ((start, &extent), &size)) in in_bounds.iter_mut().zip(dims) {
            let end = i128::from(start.hi()) + i128::from(size);
            if !*promise && start.lo() >= 0 && end <= i128::from(extent) {
                *promise = true;
                proven.dimensions += 1;
            }
        }
    });
    proven
}
