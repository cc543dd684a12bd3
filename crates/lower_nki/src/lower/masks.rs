//! Masks: boxes that the compiler knows cut a tile, others are tiles.

use tile_ir::{Index, Op, Shape, Value};

use super::calc::Size;
use super::memory::Place;
use super::state::{Lower, Result};
use super::values::{FormsId, Origin, Val};
use crate::ir::{Alu, Dtype, Expr, Number};

/// What is left of a mask after the part of the tile is cut.
pub(super) enum Rest {
    Nothing,
    /// Nothing is chosen.
    Empty,
    Mask(FormsId),
}

impl Lower<'_> {
    pub(super) fn mask_level(&mut self, mask: Value) -> Result<usize> {
        if let Some(bounds) = self.boxes.get(&mask) {
            let bounds = bounds.clone();
            return Ok(bounds.iter().map(|bound| self.level_of(bound)).max().unwrap_or(0));
        }
        let val = self.value(mask)?;
        Ok(self.level_of(&val))
    }

    /// Cuts the part of a tile by a mask, as far as it is a box that the compiler knows.
    pub(super) fn clip(&mut self, mask: Value, place: &mut Place, rank: usize) -> Result<Rest> {
        let leading = place.sizes.len() - rank;
        if let Some(bounds) = self.boxes.get(&mask).cloned() {
            let mut run: Vec<(usize, FormsId)> = Vec::new();
            for (d, bound) in bounds.iter().enumerate() {
                match bound {
                    Val::Int(expr) => {
                        let (first, count) = place.inside[leading + d];
                        let end = self.decide(&[expr], |bound| bound[0].clamp(0, (first + count) as i64) as u64)?;
                        if end <= first {
                            return Ok(Rest::Empty);
                        }
                        place.inside[leading + d] = (first, end - first);
                    }
                    Val::Tile(id) => run.push((d, *id)),
                    Val::Float(_) => return self.broken("a bound that is a float"),
                }
            }
            if run.is_empty() {
                return Ok(Rest::Nothing);
            }
            let shape = self.ty(mask).shape;
            return Ok(Rest::Mask(self.box_mask(&shape, &run)?));
        }
        match self.value(mask)? {
            Val::Int(expr) => {
                let on = self.decide(&[&expr], |values| values[0] & 1)?;
                Ok(if on == 0 { Rest::Empty } else { Rest::Nothing })
            }
            Val::Tile(id) => Ok(Rest::Mask(id)),
            Val::Float(_) => self.broken("a mask that is a float"),
        }
    }

    /// The mask of elements whose index is below each of these bounds.
    pub(super) fn box_mask(&mut self, shape: &Shape, bounds: &[(usize, FormsId)]) -> Result<FormsId> {
        let before = std::mem::replace(&mut self.naming, "inside".to_owned());
        let mut result: Option<FormsId> = None;
        for &(d, bound) in bounds {
            let index = self.iota(shape, d)?;
            let parts = self.choose_parts(&[index], shape);
            let size = Size { parts, free: if shape.count() == 1 { 1 } else { shape.count() / parts } };
            let (index, bound) = (self.arg(&Val::Tile(index), size)?, self.arg(&Val::Tile(bound), size)?);
            let mut span = self.alu(Alu::Less, Dtype::U8, &index, &bound, size)?;
            if let Some(other) = result {
                let other = self.arg(&Val::Tile(other), size)?;
                span = self.alu(Alu::And, Dtype::U8, &other, &span.into(), size)?;
            }
            result = Some(self.new_forms("inside", Dtype::U8, shape.count(), Origin::Forms, vec![span]));
        }
        self.naming = before;
        match result {
            Some(id) => Ok(id),
            None => self.broken("a mask without bounds"),
        }
    }

    /// A mask that is not only cut by, as a tile.
    pub(super) fn mask_value(&mut self, mask: Value) -> Result<Val> {
        let Some(bounds) = self.boxes.get(&mask).cloned() else {
            return self.broken("a value is used before it is there");
        };
        let shape = self.ty(mask).shape;
        let level = bounds.iter().map(|bound| self.level_of(bound)).max().unwrap_or(0);
        let val = self.at_level(level, |lower| {
            let mut run = Vec::new();
            for (d, (bound, &extent)) in bounds.iter().zip(shape.dims()).enumerate() {
                match bound {
                    Val::Int(expr) => {
                        let end = lower.decide(&[expr], |bound| bound[0].clamp(0, extent as i64))?;
                        if end == 0 {
                            return Ok(Val::Int(Expr::Int(0)));
                        }
                        if end < extent as i64 {
                            let span = lower.constant(Dtype::I32, Number::Int(end))?;
                            run.push((d, lower.new_forms("bound", Dtype::I32, 1, Origin::Forms, vec![span])));
                        }
                    }
                    Val::Tile(id) => run.push((d, *id)),
                    Val::Float(_) => return lower.broken("a bound that is a float"),
                }
            }
            if run.is_empty() { Ok(Val::Int(Expr::Int(1))) } else { Ok(Val::Tile(lower.box_mask(&shape, &run)?)) }
        })?;
        // Inside of a loop it may hold in some turns only.
        if level == self.innermost() {
            self.set(mask, val.clone());
        }
        Ok(val)
    }

    pub(super) fn create_mask(&mut self, op: &Op, bounds: &[Index]) -> Result<()> {
        let result = op.results[0];
        let mut vals = Vec::new();
        for bound in bounds {
            vals.push(match *bound {
                Index::Static(n) => Val::Int(Expr::from(n)),
                Index::Dynamic(value) => self.value(value)?,
            });
        }
        self.boxes.insert(result, vals);
        Ok(())
    }
}
