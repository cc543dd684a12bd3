//! Elements by their place.

use tile_ir::{Op, OpKind};

use super::calc::{Arg, Size};
use super::state::{Lower, Result};
use super::values::{Origin, Val};
use crate::ir::{Base, Dtype, Expr, Hbm, Mem, Span, StmtKind};
use crate::limits::PARTITIONS;

impl Lower<'_> {
    /// Single elements, one copy each.
    pub(super) fn gather_op(&mut self, op: &Op) -> Result<Val> {
        let OpKind::Gather { view, offsets, mask, passthru } = &op.kind else { return self.broken("no gather") };
        let result = op.results[0];
        let (ty, name) = (self.ty(result), self.name_of(result, "gathered"));
        let (count, dtype) = (ty.shape.count(), Dtype::held(ty.elem));
        let written = self.kernel.view(*view).is_some_and(|view| view.access == tile_ir::Access::Write);
        let before = std::mem::replace(&mut self.naming, name.clone());
        let [offsets, mask, other] = [*offsets, *mask, *passthru].map(|value| self.value(value));
        let (offsets, mask, other) = (offsets?, mask?, other?);
        let level = if written {
            self.innermost()
        } else {
            [&offsets, &mask, &other].map(|val| self.level_of(val)).into_iter().max().unwrap_or(0)
        };
        let val = self.at_level(level, |lower| {
            let size = Size { parts: 1, free: count };
            let mask = lower.arg(&mask, size)?;
            if let Arg::Int(0) = mask {
                return Ok(other);
            }
            let offsets = lower.arg(&offsets, size)?;
            let mut places = lower.spread(&offsets, Dtype::I32, size)?;
            if let Arg::Span(mask) = &mask {
                // What is masked off is read from the first element, and not used.
                places = lower.choose(mask, &places.into(), &Arg::Int(0), Dtype::I32)?;
            }
            if places.merged().len() > 1 {
                places = lower.contiguous(&places)?;
            }
            let step = places.merged().first().map_or(0, |dim| dim.0);
            let dst = lower.temp(dtype, 1, count);
            let var = lower.var("element");
            let at = Expr::Var(var);
            let dim = lower.view_shape(*view)?.rank() - 1;
            let index = Span {
                offset: places.offset.clone().plus(at.clone().times(Expr::from(step))),
                dims: vec![(1, 1)],
                ..places.clone()
            };
            let body = lower.inside(|lower| {
                let dynamic = Some(lower.dynamic(index, dim));
                let src =
                    Hbm { base: Base::Param(view.index()), offset: Expr::Int(0), dims: vec![(1, 1), (1, 1)], dynamic };
                lower.dma(Mem::Chip(Span { offset: at.clone(), dims: vec![(1, 1)], ..dst.clone() }), Mem::Hbm(src));
                Ok(())
            })?;
            lower.put(StmtKind::For { var, lower: Expr::Int(0), upper: Expr::from(count), step: 1, body });
            let span = match &mask {
                Arg::Span(mask) => {
                    let other = lower.arg(&other, size)?;
                    lower.choose(mask, &dst.into(), &other, dtype)?
                }
                Arg::Int(_) | Arg::Float(_) => dst,
            };
            let span = if count == 1 { lower.on_all_partitions(&span, PARTITIONS)? } else { span };
            Ok(Val::Tile(lower.new_forms(&name, dtype, count, Origin::Forms, vec![span])))
        });
        self.naming = before;
        val
    }
}
