//! Kernels whose groups are members of an index space: their tensors in order, and which elements each group touches.

use crate::manifest::{Access, ArgKind, Kernel, Own};

/// Tensors that a kernel takes (source: docs.habana.ai, TPC-C Language).
pub const TENSORS: usize = 16;

/// Whether every written view is an input too, for so many views of which so many are written; else only those are of which a launch
/// writes the element that a number names, and which it keeps otherwise. One tensor is kept for scratch memory.
#[must_use]
pub const fn all_are_inputs(views: usize, written: usize) -> bool {
    views + written < TENSORS
}

/// A tensor of such a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tensor {
    /// An argument as an input: those that are written with what they held before.
    Input(usize),
    /// An argument as an output, with the memory of its input if it has one.
    Output(usize),
    /// The scratch memory of all groups.
    Scratch,
}

/// The tensors of a kernel in the order in which it takes them: inputs, outputs, scratch memory. Numbers come behind them.
#[must_use]
pub fn tensors(kernel: &Kernel) -> Vec<Tensor> {
    // By view: the argument, whether it is written, whether elements of it are kept.
    let views = kernel.args.iter().enumerate().filter_map(|(at, arg)| match &arg.kind {
        ArgKind::View { access, own, .. } => {
            Some((at, *access == Access::Write, own.iter().any(|own| matches!(own, Own::At { .. }))))
        }
        ArgKind::Scalar { .. } => None,
    });
    let views: Vec<(usize, bool, bool)> = views.collect();
    let all = all_are_inputs(views.len(), views.iter().filter(|(_, written, _)| *written).count());
    let inputs = views.iter().filter(|(_, written, kept)| !written || all || *kept);
    let outputs = views.iter().filter(|(_, written, _)| *written);
    let scratch = (kernel.scratch_bytes > 0).then_some(Tensor::Scratch);
    inputs.map(|view| Tensor::Input(view.0)).chain(outputs.map(|view| Tensor::Output(view.0))).chain(scratch).collect()
}

/// Elements of a view, row-major, that group `m` touches: from `m * step` to `m * step + last`, the last one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Elements from one group to the next.
    pub step: u64,
    /// The last element of group 0.
    pub last: u64,
}

/// The stretch of argument `arg` that each group of `kernel` touches; `None` where a group may touch any element: of what is read, and
/// where groups have other than one program each, or their parts are not stretches.
#[must_use]
pub fn stretch(kernel: &Kernel, arg: usize) -> Option<Stretch> {
    let ArgKind::View { shape, access: Access::Write, own, .. } = &kernel.args.get(arg)?.kind else { return None };
    let programs: u64 = kernel.grid.iter().product();
    if kernel.workgroups.unwrap_or(kernel.grid) != [programs, 1, 1] || programs < 2 {
        return None;
    }
    let first = own.iter().position(|own| *own != Own::Whole)?;
    let Own::Block { axis, size } = own[first] else { return None };
    let alone = kernel.grid.get(axis) == Some(&programs);
    let whole = own[first + 1..].iter().all(|own| *own == Own::Whole);
    if !alone || !whole || shape[..first].iter().any(|dim| *dim != 1) {
        return None;
    }
    let step = shape[first + 1..].iter().try_fold(size, |all, dim| all.checked_mul(*dim))?;
    Some(Stretch { step, last: step.checked_sub(1)? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::{Arg, Dtype, Layout};

    fn kernel(grid: [u64; 3], groups: u64, shape: &[u64], own: &[Own], access: Access) -> Kernel {
        let (shape, own) = (shape.to_vec(), own.to_vec());
        let kind = ArgKind::View { dtype: Dtype::F32, shape, access, layout: Layout::RowMajor, own };
        Kernel {
            name: "k".to_owned(),
            entry: "main".to_owned(),
            file: "k.c".to_owned(),
            parts: vec![],
            tuning: BTreeMap::new(),
            grid,
            block: [1, 1, 1],
            args: vec![Arg { name: "y".to_owned(), kind }],
            budgets: BTreeMap::new(),
            dependent: false,
            needs: vec![],
            push_constant_bytes: 0,
            workgroups: Some([groups, 1, 1]),
            scratch_bytes: 0,
            host_reads: vec![],
            lines: vec![],
        }
    }

    #[test]
    fn rows_of_a_program_are_a_stretch() {
        let block = Own::Block { axis: 0, size: 4 };
        let rows = kernel([6, 1, 1], 6, &[24, 10], &[block.clone(), Own::Whole], Access::Write);
        assert_eq!(stretch(&rows, 0), Some(Stretch { step: 40, last: 39 }));
        let deep = kernel([6, 1, 1], 6, &[1, 24], &[Own::Whole, block], Access::Write);
        assert_eq!(stretch(&deep, 0), Some(Stretch { step: 4, last: 3 }));
    }

    #[test]
    fn written_views_are_inputs_too() {
        let mut one = kernel([1, 1, 1], 1, &[4], &[Own::Whole], Access::Write);
        let read = kernel([1, 1, 1], 1, &[4], &[], Access::Read).args.remove(0);
        one.args.insert(0, Arg { name: "n".to_owned(), kind: ArgKind::Scalar { dtype: Dtype::I32, bound: None } });
        one.args.push(read);
        assert_eq!(tensors(&one), [Tensor::Input(1), Tensor::Input(2), Tensor::Output(1)]);
        one.scratch_bytes = 256;
        assert_eq!(tensors(&one).last(), Some(&Tensor::Scratch));
    }

    #[test]
    fn anything_else_is_all() {
        let block = |axis| Own::Block { axis, size: 4 };
        let all = [
            kernel([6, 1, 1], 6, &[24, 10], &[block(0), Own::Whole], Access::Read),
            // Several programs a group.
            kernel([6, 1, 1], 3, &[24, 10], &[block(0), Own::Whole], Access::Write),
            // Columns, and parts along two axes.
            kernel([6, 1, 1], 6, &[10, 24], &[Own::Whole, block(0)], Access::Write),
            kernel([6, 2, 1], 12, &[24, 8], &[block(0), block(1)], Access::Write),
            kernel([1, 1, 1], 1, &[4], &[block(0)], Access::Write),
            kernel([6, 1, 1], 6, &[24], &[Own::Whole], Access::Write),
        ];
        assert!(all.iter().all(|kernel| stretch(kernel, 0).is_none()));
        assert_eq!(stretch(&all[0], 1), None);
    }
}
