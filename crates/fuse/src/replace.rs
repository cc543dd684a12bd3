//! A tile in place of the loads of a view.

use std::collections::BTreeMap;

use tile_ir::{Block, Kernel, Loc, Op, OpKind, Shape, Value, ViewId};

use crate::error::Error;

/// Takes the consumer's loads of the producer's output away.
pub(crate) struct Replace<'a> {
    pub(crate) consumer: &'a Kernel,
    /// Its view.
    pub(crate) input: usize,
    /// The output as a tile.
    pub(crate) tile: Value,
    /// Its shape, and the view's.
    pub(crate) tile_shape: Shape,
    /// The consumer's index constants.
    pub(crate) constants: BTreeMap<Value, i64>,
    /// Results of loads of the whole view: what stands for them.
    pub(crate) gone: BTreeMap<Value, Value>,
}

impl Replace<'_> {
    /// Rewrites a block and those inside it; [`Replace::gone`] says what its values became.
    pub(crate) fn block(&mut self, block: &mut Block) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(block.ops.len());
        for mut op in std::mem::take(&mut block.ops) {
            if op.kind.view() == Some(ViewId(self.input as u32)) {
                match self.load(&op)? {
                    None => continue,
                    Some(slice) => op.kind = slice,
                }
            }
            for inner in op.kind.blocks_mut() {
                self.block(inner)?;
            }
            kept.push(op);
        }
        block.ops = kept;
        Ok(())
    }

    /// What an access of the view becomes; `None` if the whole tile stands for its result.
    fn load(&mut self, op: &Op) -> Result<Option<OpKind>, Error> {
        let whole = self.tile_shape;
        let (OpKind::Load { indices, mask: None, .. }, Some(result)) = (&op.kind, op.result()) else {
            return Err(self.refuse("element by element or under a mask", &op.loc));
        };
        let starts: Option<Vec<i64>> = indices.iter().map(|index| self.constants.get(index).copied()).collect();
        let Some(starts) = starts else {
            return Err(self.refuse("at a place that depends on the program or a loop", &op.loc));
        };
        let part = self.consumer.ty(result).shape;
        if part == whole && starts.iter().all(|&start| start == 0) {
            self.gone.insert(result, self.tile);
            return Ok(None);
        }
        let inside = part.rank() == whole.rank()
            && starts.iter().zip(part.dims().iter().zip(whole.dims())).all(|(&start, (&size, &extent))| {
                u64::try_from(start).is_ok_and(|start| start.checked_add(size).is_some_and(|end| end <= extent))
            });
        if !inside {
            return Err(self.refuse("past its end", &op.loc));
        }
        let offsets = starts.into_iter().map(i64::unsigned_abs).collect();
        Ok(Some(OpKind::Slice { value: self.tile, offsets }))
    }

    fn refuse(&self, what: &str, loc: &Loc) -> Error {
        Error::Part {
            kernel: self.consumer.name.clone(),
            arg: self.consumer.params[self.input].name.clone(),
            what: what.to_owned(),
            loc: loc.clone(),
        }
    }
}
