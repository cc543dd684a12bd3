//! Stores to views.

use tile_ir::{OpKind, Value, ViewId};

use super::index::{Atoms, Ix, resize};
use super::layout::Layout;
use super::memory::Site;
use super::nest::Cell;
use super::shape::all;
use super::{Ex, Lower, Result};
use crate::ir::{Expr, Memory, Place, Scalar, StmtKind};

/// A store as the tile program has it.
pub(crate) struct TileStore<'a> {
    pub(crate) view: ViewId,
    pub(crate) value: Value,
    pub(crate) indices: &'a [Value],
    pub(crate) mask: Option<Value>,
    pub(crate) in_bounds: &'a [bool],
}

impl Lower<'_> {
    /// Stores a tile.
    pub(crate) fn store(&mut self, store: &TileStore<'_>) -> Result<()> {
        let leaf = self.leaf_layout(store.value);
        let layout = match leaf {
            Some(layout) => layout,
            None => self.store_layout(store)?,
        };
        let full = self.reads_registers(store.value);
        let single = self.single_writer(layout);
        let outer = self.layout.replace(layout);
        let in_place = self.reads_in_place(store);
        let owner = if in_place { self.owner_of(store.view, store.indices) } else { Some(self.new_owner()) };
        let result = self.nest(|lower| {
            lower.guarded(single, |lower| {
                lower.cells(layout, full, &mut |lower, cell| lower.store_cell(store, layout, &cell.clone(), owner))
            })
        });
        self.layout = outer;
        result
    }

    /// Whether a load in place with this store is computed in its nest.
    fn reads_in_place(&self, store: &TileStore<'_>) -> bool {
        self.facts.in_place.iter().any(|value| {
            matches!(self.facts.defs[value.index()].map(|op| &op.kind),
                Some(OpKind::Load { view, indices, .. }) if *view == store.view && indices == store.indices)
        })
    }

    /// Neighbours are stored at once where the view allows it.
    fn store_layout(&mut self, store: &TileStore<'_>) -> Result<Layout> {
        let (rows, cols) = self.facts.rows_cols(store.value);
        let mut layout = Layout::spread(rows, cols, self.facts.threads);
        layout.vector = 1;
        let Some(view) = self.kernel.view(store.view) else { return self.broken("no view") };
        let (elem, strides) = (view.elem, view.shape.strides());
        let extent = view.shape.dims().last().copied().unwrap_or(1);
        let starts: Vec<Ix> = store.indices.iter().map(|&index| self.sum(index)).collect::<Result<_>>()?;
        for vector in [8, 4, 2] {
            let n = vector as i64;
            let aligned = starts.last().is_some_and(|ix| self.atoms.divisible(ix, n))
                && strides.iter().rev().skip(1).all(|stride| stride % vector == 0)
                && extent % vector == 0;
            let enough = cols >= vector * layout.lanes.min(32);
            if vector * elem.bytes() <= self.facts.target.vector_bytes && cols % vector == 0 && aligned && enough {
                layout.vector = vector;
                break;
            }
        }
        Ok(layout)
    }

    fn store_cell(&mut self, store: &TileStore<'_>, layout: Layout, cell: &Cell, owner: Option<u32>) -> Result<()> {
        let Some(elem) = self.kernel.view(store.view).map(|view| view.elem) else { return self.broken("no view") };
        let memory = Memory::Global(store.view);
        let target = Scalar::of(elem);
        let (own, signed) = (self.scalar(store.value), self.signed(store.value));
        if layout.vector > 1
            && let Some(site) = self.vector_site(store, layout, cell, elem.bytes())?
        {
            if site.outside {
                return Ok(());
            }
            let conditions = self.tests(&site.tests);
            let offset = self.offset_expr(&site, &site.dims.clone());
            let name = self.view_name(store.view);
            return self.guarded(all(conditions).map(|ex| ex.expr), |lower| {
                let var = lower.declare(&format!("{name}_values"), target, layout.vector, None);
                lower.neighbours(layout.vector, |lower, v| {
                    let linear = lower.cell_linear(layout, cell, v);
                    let pos = lower.delinearize(store.value, &linear);
                    let ex = lower.eval(store.value, &pos)?;
                    let value = resize(ex.expr, own, target, signed);
                    let index = Some(lower.index(v, Scalar::I32).expr);
                    lower.push(StmtKind::Assign { var, index, value });
                    Ok(())
                })?;
                let place = Place { memory, offset: Box::new(offset.expr), owner };
                lower.push(StmtKind::StoreVector { place, var, index: Expr::int(0), lanes: layout.vector as u32 });
                Ok(())
            });
        }
        self.neighbours(layout.vector, |lower, v| {
            let linear = lower.cell_linear(layout, cell, v);
            let pos = lower.delinearize(store.value, &linear);
            let site = lower.site(store.view, store.indices, store.in_bounds, &pos)?;
            if site.outside {
                return Ok(());
            }
            let mut conditions: Vec<Ex> = lower.tests(&site.tests);
            if let Some(mask) = store.mask {
                conditions.push(lower.eval(mask, &pos)?);
            }
            let offset = lower.offset_expr(&site, &site.dims.clone());
            lower.guarded(all(conditions).map(|ex| ex.expr), |lower| {
                let ex = lower.eval(store.value, &pos)?;
                let place = Place { memory, offset: Box::new(offset.expr), owner };
                lower.push(StmtKind::Store { place, value: resize(ex.expr, own, target, signed) });
                Ok(())
            })
        })
    }

    /// The place of a whole vector, with tests that hold for all of it or none; `None` if it must be stored one by one.
    fn vector_site(&mut self, store: &TileStore<'_>, layout: Layout, cell: &Cell, bytes: u64) -> Result<Option<Site>> {
        if !self.facts.vectors || store.mask.is_some() || layout.vector * bytes > self.facts.target.vector_bytes {
            return Ok(None);
        }
        // A stand-in for the loop over the vector, to see which bounds depend on it.
        let lanes = layout.vector as i64;
        let depth = self.depth();
        let v = self.atoms.leaf(super::index::Leaf {
            expr: Expr::int(0),
            lo: 0,
            hi: lanes - 1,
            multiple: 1,
            depth,
            slot: true,
            wide: false,
        });
        let Some(atom) = Atoms::single(&v) else { return Ok(None) };
        let linear = self.cell_linear(layout, cell, &v);
        let pos = self.delinearize(store.value, &linear);
        let mut site = self.site(store.view, store.indices, store.in_bounds, &pos)?;
        let Some((last, leading)) = site.dims.split_last() else { return Ok(None) };
        let neighbours = last.coefficient(atom) == 1 && leading.iter().all(|ix| ix.coefficient(atom) == 0);
        let offset = self.offset(&site).without(atom);
        if !neighbours || !self.atoms.divisible(&offset, lanes) {
            return Ok(None);
        }
        let mut tests = Vec::new();
        for (ix, extent) in &site.tests {
            match self.atoms.drop_vector(ix, atom, lanes, *extent) {
                _ if ix.coefficient(atom) == 0 => tests.push((ix.clone(), *extent)),
                Some(rest) => tests.push((rest, *extent)),
                None => return Ok(None),
            }
        }
        if let Some(last) = site.dims.last_mut() {
            *last = last.without(atom);
        }
        site.tests = tests;
        Ok(Some(site))
    }

    /// Stores a number: one thread does.
    pub(crate) fn store_scalar(&mut self, view: ViewId, value: Value, indices: &[Value]) -> Result<()> {
        let ex = self.eval(value, &[])?;
        let site = self.site(view, indices, &[], &[])?;
        let offset = self.offset_expr(&site, &site.dims.clone());
        let (own, signed) = (self.scalar(value), self.signed(value));
        let target = self.kernel.view(view).map_or(own, |view| Scalar::of(view.elem));
        let first = Expr::Compare(
            tile_ir::Predicate::IEq,
            Box::new(Expr::Builtin(crate::ir::Builtin::Thread)),
            Box::new(Expr::int(0)),
        );
        self.guarded(Some(first), |lower| {
            let place = super::eval::place(Memory::Global(view), offset.expr);
            lower.push(StmtKind::Store { place, value: resize(ex.expr, own, target, signed) });
            Ok(())
        })
    }
}
