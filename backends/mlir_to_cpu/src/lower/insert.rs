//! Tiles with a part replaced.

use cranelift_codegen::ir;
use tile_ir::{OpKind, Value};

use super::access::Mem;
use super::index::{Ix, Pos};
use super::nest::WIDTHS;
use super::site::lane_dim;
use super::{Lower, Result};

impl Lower<'_, '_> {
    /// Writes every element of `value` to a tile in memory of the same shape.
    pub(crate) fn copy(&mut self, value: Value, mem: Mem) -> Result<()> {
        let shape = self.kernel.ty(value).shape;
        self.versioned(&[value], None, &mut |this| {
            this.nest(shape.dims(), lane_dim(shape.dims()), WIDTHS, &mut |this, pos| {
                let chunk = this.eval(value, &pos)?;
                this.write(&mem, &pos, &chunk);
                Ok(())
            })?;
            Ok(Vec::new())
        })
        .map(drop)
    }

    /// Carries out an insertion into `dest`, or as a machine value if the result has one element.
    pub(crate) fn insert(&mut self, kind: &OpKind, result: Value, dest: Option<Mem>) -> Result<Option<ir::Value>> {
        let (OpKind::InsertSlice { value: part, into, .. } | OpKind::Insert { value: part, into, .. }) = kind else {
            return Ok(None);
        };
        let (part, into) = (*part, *into);
        let Some(mem) = dest else {
            let pos = self.origin(part);
            return Ok(self.eval(part, &pos)?.parts.first().copied());
        };
        if self.mem[into.index()] != Some(mem.base) {
            self.copy(into, mem)?;
        }
        let rank = self.kernel.ty(result).shape.rank();
        let mut corner = Pos::origin(rank);
        if let OpKind::InsertSlice { offsets, .. } = kind {
            for (d, &offset) in offsets.iter().enumerate() {
                corner = corner.with(d, Ix::known(offset));
            }
        }
        if let OpKind::Insert { indices, .. } = kind {
            for (d, &index) in indices.iter().enumerate() {
                let size = self.kernel.ty(result).shape.dims()[d];
                corner = corner.with(d, self.checked_index(index, size)?);
            }
        }
        let shape = self.kernel.ty(part).shape;
        let leading = rank - shape.rank();
        self.versioned(&[part], None, &mut |this| {
            this.nest(shape.dims(), lane_dim(shape.dims()), WIDTHS, &mut |this, pos| {
                let mut target = corner;
                for (d, &ix) in pos.indices().iter().enumerate() {
                    let at = this.ix_sum(corner.at(d + leading), ix);
                    target = target.with(d + leading, at);
                }
                let chunk = this.eval(part, &pos)?;
                this.write(&mem, &target.lanes(pos.lanes, pos.dim + leading), &chunk);
                Ok(())
            })?;
            Ok(Vec::new())
        })?;
        Ok(None)
    }
}
