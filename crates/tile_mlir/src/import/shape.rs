//! Broadcasts, reshapes, transposes, slices, elements, masks.

use tile_ir::{Block, Index, OpKind, Type, Value};

use super::{Importer, Site};
use crate::errors::ImportError;
use crate::raw;

impl<'m> Importer<'m> {
    pub(super) fn broadcast(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        self.push(site, block, OpKind::Broadcast(value))
    }

    pub(super) fn shape_cast(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        self.push(site, block, OpKind::Reshape(value))
    }

    pub(super) fn transpose(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        let perm = site.sizes("permutation")?.into_iter().map(|d| d as usize).collect();
        self.push(site, block, OpKind::Transpose { value, perm })
    }

    pub(super) fn extract_slice(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        self.unit_strides(site)?;
        let mut offsets = site.sizes("offsets")?;
        // Dimensions behind the listed ones are taken whole.
        offsets.resize(self.ty(value).shape.rank(), 0);
        self.push(site, block, OpKind::Slice { value, offsets })
    }

    pub(super) fn insert_slice(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (value, into) = (self.operand(site, 0)?, self.operand(site, 1)?);
        self.unit_strides(site)?;
        let offsets = site.sizes("offsets")?;
        let value = self.of_rank(site, block, value, offsets.len())?;
        self.push(site, block, OpKind::InsertSlice { value, into, offsets })
    }

    /// `value` with leading dimensions of 1 up to `rank`.
    fn of_rank(&mut self, site: &Site<'m>, block: &mut Block, value: Value, rank: usize) -> Result<Value, ImportError> {
        let ty = self.ty(value);
        let missing = rank.saturating_sub(ty.shape.rank());
        if missing == 0 {
            return Ok(value);
        }
        let mut dims = vec![1; missing];
        dims.extend_from_slice(ty.shape.dims());
        let wide = Type::tile(ty.elem, &dims).ok_or_else(|| site.form("has too many dimensions", None))?;
        Ok(self.helper(site, block, OpKind::Reshape(value), wide))
    }

    fn unit_strides(&self, site: &Site<'m>) -> Result<(), ImportError> {
        if site.ints("strides")?.iter().all(|&stride| stride == 1) {
            return Ok(());
        }
        Err(site.form("has strides other than 1", Some("take single rows with `vector.extract`")))
    }

    pub(super) fn extract(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let value = self.operand(site, 0)?;
        let indices = self.positions(site, 1)?;
        self.push(site, block, OpKind::Extract { value, indices })
    }

    pub(super) fn insert(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (value, into) = (self.operand(site, 0)?, self.operand(site, 1)?);
        let indices = self.positions(site, 2)?;
        self.push(site, block, OpKind::Insert { value, into, indices })
    }

    /// Static and dynamic positions in order; dynamic ones are the operands from `first` on.
    fn positions(&self, site: &Site<'m>, first: usize) -> Result<Vec<Index>, ImportError> {
        let positions = site.ints("static_position")?;
        let mut dynamic = site.op.operands().skip(first);
        if positions.is_empty() {
            return Err(site.form("names no position", Some("use the value itself")));
        }
        positions
            .into_iter()
            .map(|position| match u64::try_from(position) {
                Ok(position) => Ok(Index::Static(position)),
                // MLIR marks a dynamic position by the smallest number.
                Err(_) => {
                    let value = dynamic.next().ok_or_else(|| site.form("has a negative position", None))?;
                    Ok(Index::Dynamic(self.value(site, value)?))
                }
            })
            .collect()
    }

    pub(super) fn extract_element(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (value, at) = (self.operand(site, 0)?, self.element_position(site, block, 1)?);
        self.push(site, block, OpKind::Extract { value, indices: vec![at] })
    }

    pub(super) fn insert_element(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (value, into) = (self.operand(site, 0)?, self.operand(site, 1)?);
        let at = self.element_position(site, block, 2)?;
        self.push(site, block, OpKind::Insert { value, into, indices: vec![at] })
    }

    fn element_position(&mut self, site: &Site<'m>, block: &mut Block, operand: usize) -> Result<Index, ImportError> {
        let at = self.operand(site, operand)?;
        Ok(Index::Dynamic(self.as_index(site, block, at)))
    }

    pub(super) fn create_mask(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let bounds = site.op.operands().map(|bound| {
            match bound.definition().and_then(raw::Operation::constant_int) {
                // A negative bound masks everything off.
                Some(constant) => Ok(Index::Static(u64::try_from(constant).unwrap_or(0))),
                None => Ok(Index::Dynamic(self.value(site, bound)?)),
            }
        });
        let bounds = bounds.collect::<Result<_, ImportError>>()?;
        self.push(site, block, OpKind::CreateMask { bounds })
    }

    pub(super) fn constant_mask(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let bounds = site.sizes("mask_dim_sizes")?.into_iter().map(Index::Static).collect();
        self.push(site, block, OpKind::CreateMask { bounds })
    }
}
