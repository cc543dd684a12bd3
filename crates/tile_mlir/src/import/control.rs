//! Loops and branches. Attribute `tenfold.names` has the user's names for what they carry and give.

use tile_ir::{Block, OpKind, Type, Value};

use super::{Importer, Site};
use crate::errors::ImportError;
use crate::location;
use crate::raw::{self, Attribute};

/// The attribute.
const NAMES: &str = "tenfold.names";

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
        let args = body.args.clone();
        self.name_all(site, &args)?;
        self.push(site, block, OpKind::For { lower, upper, step, init, body })?;
        self.name_results(block, args.get(1..).unwrap_or_default());
        Ok(())
    }

    pub(super) fn scf_while(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let init = self.values(site, site.op.operands())?;
        let (before, condition) = self.region(site, 0, 1)?;
        let cond: Value = self.operand(&condition, 0)?;
        let (after, _) = self.region(site, 1, 0)?;
        let given = after.args.clone();
        let args: Vec<Value> = before.args.iter().chain(&given).copied().collect();
        self.name_all(site, &args)?;
        self.push(site, block, OpKind::While { init, before, cond, after })?;
        self.name_results(block, &given);
        Ok(())
    }

    pub(super) fn scf_if(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        let cond = self.operand(site, 0)?;
        let (then, _) = self.region(site, 0, 0)?;
        let otherwise = if site.op.blocks(1).is_empty() { Block::default() } else { self.region(site, 1, 0)?.0 };
        self.push(site, block, OpKind::If { cond, then, otherwise })?;
        let results = block.ops.last().map_or(Vec::new(), |op| op.results.clone());
        self.name_all(site, &results)
    }

    /// Gives values the names that the attribute lists, an empty one for none. A list of another length is from before a
    /// pass took some values away: nobody knows which, so it is dropped.
    fn name_all(&mut self, site: &Site<'m>, values: &[Value]) -> Result<(), ImportError> {
        let Some(attribute) = site.op.attribute(NAMES) else { return Ok(()) };
        let names: Option<Vec<&str>> =
            attribute.as_array().and_then(|names| names.into_iter().map(Attribute::as_str).collect());
        let names =
            names.ok_or_else(|| site.form(format!("has an attribute `{NAMES}` that is no list of texts"), None))?;
        if names.len() == values.len() {
            for (value, name) in values.iter().zip(names).filter(|(_, name)| location::is_name(name)) {
                self.kernel.values[value.index()].name = Some(name.to_owned());
            }
        }
        Ok(())
    }

    /// The results of the last operation are what `carried` was last.
    fn name_results(&mut self, block: &Block, carried: &[Value]) {
        let results = block.ops.last().map_or(&[][..], |op| &op.results);
        for (result, from) in results.iter().zip(carried) {
            if let Some(name) = self.kernel.values[from.index()].name.clone() {
                self.kernel.values[result.index()].name = Some(name);
            }
        }
    }
}
