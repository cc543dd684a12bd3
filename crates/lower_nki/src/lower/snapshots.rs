//! Views that a kernel reads and then writes at addresses of the run: what order such accesses have is not documented (source:
//! aws-neuron-sdk, nki/deep-dives/nki-aps.rst, dynamic access). No program touches what another owns, so that all may read before the first one writes: what
//! they own is copied into a private tensor before the loop over programs, and they read that.

use std::collections::BTreeSet;

use tile_ir::{Access, Block, OpKind, Own, Shape, ViewId};

use super::moves::Dim;
use super::plan::LoopKey;
use super::state::{Lower, Result};
use super::values::Val;
use crate::ir::{Base, Dtype, Expr, Hbm, Mem};
use crate::limits::PARTITIONS;

/// What is known of a view along the body of a program.
#[derive(Default)]
struct Seen {
    loaded: BTreeSet<ViewId>,
    stored: BTreeSet<ViewId>,
    /// Loaded after a store, or in a loop with one.
    again: BTreeSet<ViewId>,
}

fn look(block: &Block, seen: &mut Seen) {
    for op in &block.ops {
        match &op.kind {
            OpKind::Load { view, .. } | OpKind::LoadScalar { view, .. } => {
                seen.loaded.insert(*view);
                if seen.stored.contains(view) {
                    seen.again.insert(*view);
                }
            }
            // Elements are found by their place in the view itself.
            OpKind::Gather { view, .. } => {
                seen.again.insert(*view);
            }
            kind => {
                seen.stored.extend(kind.view_written());
                let turns = if matches!(kind, OpKind::If { .. }) { 1 } else { 2 };
                for _ in 0..turns {
                    kind.blocks().into_iter().for_each(|inner| look(inner, seen));
                }
            }
        }
    }
}

impl Lower<'_> {
    /// Dimensions of a snapshot that have one element.
    pub(super) fn owned_elements(&self, view: ViewId, load: bool) -> BTreeSet<usize> {
        match self.kernel.view(view) {
            Some(data) if load && self.snapshots.contains_key(&view) => data
                .own
                .iter()
                .enumerate()
                .filter(|(_, own)| matches!(own, Own::At { .. }))
                .map(|(dim, _)| dim)
                .collect(),
            Some(_) | None => BTreeSet::new(),
        }
    }

    /// Makes the snapshots that the kernel needs.
    pub(super) fn take_snapshots(&mut self) -> Result<()> {
        let mut seen = Seen::default();
        look(&self.kernel.body, &mut seen);
        let programs_at_run_time = (0..3).any(|axis| self.plan.at_run_time.contains(&LoopKey::Axis(axis)));
        for &view in seen.loaded.difference(&seen.again) {
            let Some(data) = self.kernel.view(view).filter(|data| data.access == Access::Write) else { continue };
            let at_run_time = data.own.iter().any(|own| matches!(own, Own::At { .. }));
            let several = self.kernel.programs() > 1;
            if seen.stored.contains(&view) && several && (at_run_time || programs_at_run_time) {
                self.take_snapshot(view)?;
            }
        }
        Ok(())
    }

    fn take_snapshot(&mut self, view: ViewId) -> Result<()> {
        let (Some(data), Some(param)) = (self.kernel.view(view), self.kernel.params.get(view.index())) else {
            return self.broken("a view that is a scalar");
        };
        let Some(dtype) = Dtype::of_view(data.elem) else { return self.broken("a view of 64 bits") };
        let strides = data.shape.strides();
        let (mut sizes, mut dims, mut indices) = (Vec::new(), Vec::new(), Vec::new());
        for (dim, own) in data.own.iter().enumerate() {
            let extent = data.shape.dims()[dim];
            match own {
                Own::At { param } => {
                    sizes.push(1);
                    indices.push((dim, *param));
                }
                Own::Whole | Own::Block { .. } => {
                    sizes.push(extent);
                    dims.push(Dim { count: extent, step: strides[dim] });
                }
            }
        }
        let shape = Shape::new(&sizes).unwrap_or_default();
        let dynamic = match indices[..] {
            [] => None,
            [(dim, param)] => match &self.kernel.params[param].kind {
                tile_ir::ParamKind::Scalar(scalar) => {
                    let Val::Tile(id) = self.value(scalar.value)? else {
                        return self.broken("a parameter that is known");
                    };
                    let index = self.form(id, PARTITIONS)?;
                    Some(self.dynamic(index, dim))
                }
                tile_ir::ParamKind::View(_) => return self.broken("a place given by a view"),
            },
            // One address has one number of the run; the kernel is right if programs do not meet in one order or another.
            [_, ..] => return Ok(()),
        };
        let name = param.name.clone();
        let scratch = self.scratch(&name, dtype, shape.count());
        let pairs: Vec<(u64, u64)> = dims.iter().map(|dim| (dim.step, dim.count)).collect();
        let mut pattern = crate::ir::merged(&pairs);
        if pattern.is_empty() {
            pattern.push((1, 1));
        }
        let mut there: Vec<(u64, u64)> = Vec::new();
        let mut behind = 1;
        for dim in pattern.iter().rev() {
            there.insert(0, (behind, dim.1));
            behind *= dim.1;
        }
        let src = Hbm { base: Base::Param(view.index()), offset: Expr::Int(0), dims: pattern, dynamic };
        self.dma(Mem::Hbm(Hbm { dims: there, ..scratch.clone() }), Mem::Hbm(src));
        self.snapshots.insert(view, (scratch, shape));
        Ok(())
    }
}
