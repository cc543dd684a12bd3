//! Loops and branches.

use tile_ir::{Block, OpKind, Type, Value};

use super::{Importer, Site};
use crate::errors::ImportError;
use crate::raw;

impl<'m> Importer<'m> {
    /// The only block of a region.
    fn only_block(&self, site: &Site<'m>, region: usize) -> Result<raw::Block<'m>, ImportError> {
        match site.op.blocks(region)[..] {
            [block] => Ok(block),
            _ => Err(site.form("has a region of several blocks", Some("use scf.for, scf.while and scf.if"))),
        }
    }

    /// Imports a region of one block: its arguments, its operations, and the terminator's operands from `skip` on.
    fn region(&mut self, site: &Site<'m>, region: usize, skip: usize) -> Result<(Block, Site<'m>), ImportError> {
        let from = self.only_block(site, region)?;
        let mut block = Block::default();
        for arg in from.args() {
            block.args.push(self.define(site, arg)?);
        }
        let end = self.body(from, &mut block)?;
        let end = end.ok_or_else(|| site.form("has a region without an end", None))?;
        block.yields = self.values(&end, end.op.operands().skip(skip))?;
        Ok((block, end))
    }

    pub(super) fn scf_for(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let (lower, upper, step) = (self.operand(site, 0)?, self.operand(site, 1)?, self.operand(site, 2)?);
        let ty = self.ty(lower);
        if ty != Type::INDEX {
            return Err(
                site.form(format!("counts in {ty}"), Some("count in `index`, and convert with `arith.index_cast`"))
            );
        }
        let init = self.values(site, site.op.operands().skip(3))?;
        let (body, _) = self.region(site, 0, 0)?;
        self.push(site, block, OpKind::For { lower, upper, step, init, body })
    }

    pub(super) fn scf_while(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let init = self.values(site, site.op.operands())?;
        let (before, condition) = self.region(site, 0, 1)?;
        let cond: Value = self.operand(&condition, 0)?;
        let (after, _) = self.region(site, 1, 0)?;
        self.push(site, block, OpKind::While { init, before, cond, after })
    }

    pub(super) fn scf_if(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let cond = self.operand(site, 0)?;
        let (then, _) = self.region(site, 0, 0)?;
        let otherwise = if site.op.blocks(1).is_empty() { Block::default() } else { self.region(site, 1, 0)?.0 };
        self.push(site, block, OpKind::If { cond, then, otherwise })
    }
}
