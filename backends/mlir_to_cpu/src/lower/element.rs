//! Single elements of views, and gathers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Value, View, ViewId};

use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::{Lower, Result};
use crate::types::Reg;

impl Lower<'_, '_> {
    /// Position of one element of a view, and whether it is inside.
    fn locate(&mut self, view: &View, indices: &[Value]) -> Result<(Pos, ir::Value)> {
        let mut pos = Pos::origin(indices.len());
        let mut inside = self.b.ins().iconst(Reg::Bool.scalar(), 1);
        for (d, &index) in indices.iter().enumerate() {
            let value = self.scalar(index)?;
            let extent = self.long(view.shape.dims()[d] as i64);
            let here = self.b.ins().icmp(IntCC::UnsignedLessThan, value, extent);
            inside = self.b.ins().band(inside, here);
            pos = pos.with(d, Ix::dynamic(value, 1));
        }
        Ok((pos, inside))
    }

    /// One element; outside the view, where the interpreter stops, its first element.
    pub(crate) fn load_scalar(&mut self, id: ViewId, indices: &[Value]) -> Result<Chunk> {
        let (view, base) = self.view(id, indices.first().copied().unwrap_or(Value(0)))?;
        let mem = self.view_mem(view, base);
        let (pos, inside) = self.locate(view, indices)?;
        let address = self.element_address(&mem, &pos);
        let address = self.b.ins().select(inside, address, base);
        Ok(Chunk::one(self.read_one(&mem, address, 0)))
    }

    /// Writes one element; outside the view, where the interpreter stops, nothing.
    pub(crate) fn store_scalar(&mut self, id: ViewId, value: Value, indices: &[Value]) -> Result<()> {
        let (view, base) = self.view(id, value)?;
        let mem = self.view_mem(view, base);
        let (pos, inside) = self.locate(view, indices)?;
        let element = self.scalar(value)?;
        self.branch(
            inside,
            &mut |this| {
                this.write(&mem, &pos, &Chunk::one(element));
                Ok(Vec::new())
            },
            &mut |_| Ok(Vec::new()),
        )
        .map(drop)
    }

    /// Elements of a view at computed offsets.
    pub(crate) fn eval_gather(
        &mut self,
        id: ViewId,
        offsets: Value,
        mask: Value,
        passthru: Value,
        pos: &Pos,
    ) -> Result<Chunk> {
        let (view, base) = self.view(id, offsets)?;
        let mem = self.view_mem(view, base);
        let size = self.long(view.elem.bytes() as i64);
        let count = self.long(view.shape.count() as i64);
        let from = self.reg(offsets);
        let (offsets, mask) = (self.eval(offsets, pos)?, self.eval(mask, pos)?);
        let passthru = self.eval(passthru, pos)?;
        let reg = Reg::of(view.elem);
        let mut elements = Vec::new();
        for lane in 0..pos.lanes {
            let mut offset = self.lane(from, &offsets, lane);
            if from != Reg::Long {
                offset = self.b.ins().uextend(I64, offset);
            }
            let wanted = self.lane(Reg::Bool, &mask, lane);
            let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, offset, count);
            let inside = self.b.ins().band(wanted, inside);
            let bytes = self.b.ins().imul(offset, size);
            let address = self.b.ins().iadd(base, bytes);
            let address = self.b.ins().select(inside, address, base);
            let element = self.read_one(&mem, address, 0);
            let otherwise = self.lane(reg, &passthru, lane);
            elements.push(self.b.ins().select(inside, element, otherwise));
        }
        Ok(self.gather_lanes(reg, elements))
    }
}
