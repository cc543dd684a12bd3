//! Loops over the elements that a thread is responsible for, and what keeps a tile.

use tile_ir::{Elem, OpKind, Value};

use super::index::{Ix, Known, Leaf, integer, less};
use super::layout::Layout;
use super::scope::Header;
use super::{Lower, Result, SharedTile, Storage, VectorLoop};
use crate::ir::{Expr, Memory, Scalar, StmtKind, Unroll, Var};

/// Where a nest stands: all but the offset within a vector.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) row: Ix,
    pub(crate) col: Ix,
    /// Register of the first element.
    pub(crate) slot: Ix,
    /// The same within a row.
    pub(crate) col_slot: Ix,
}

/// What is done for an element: its position and register are given.
pub(crate) type Visit<'a, 'v> = dyn FnMut(&mut Lower<'a>, &[Ix], &Ix) -> Result<()> + 'v;

impl<'a> Lower<'a> {
    /// A loop with constant bounds, unrolled: its variable is a constant for the compiler.
    pub(crate) fn unrolled(
        &mut self,
        name: &str,
        count: u64,
        body: impl FnOnce(&mut Self, &Ix) -> Result<()>,
    ) -> Result<()> {
        if count == 1 {
            return body(self, &Ix::default());
        }
        let header = |var| Header::For {
            var,
            lower: Expr::int(0),
            upper: Expr::int(count as u32),
            step: Expr::int(1),
            unroll: Unroll::Full,
        };
        let var = self.var(&self.index_name(name), Scalar::I32, None);
        self.inside(header(var), |lower| {
            let ix = lower.loop_atom(var, 0, count as i64 - 1, 1, true);
            body(lower, &ix)
        })
    }

    /// A loop `for (var = first; var < end; var += step)` that stays a loop. `first` is below `step`, which divides... every
    /// value is `first` plus a multiple of `step`.
    pub(crate) fn strided(
        &mut self,
        name: &str,
        (first, end, step): (&Ix, u64, u64),
        (multiple, unroll): (u64, Unroll),
        body: impl FnOnce(&mut Self, &Ix) -> Result<()>,
    ) -> Result<()> {
        let lower_bound = self.index(first, Scalar::I32).expr;
        let var = self.var(&self.index_name(name), Scalar::I32, None);
        let header =
            Header::For { var, lower: lower_bound, upper: Expr::int(end as u32), step: Expr::int(step as u32), unroll };
        self.inside(header, |lower| {
            let ix = lower.loop_atom(var, 0, (end - multiple) as i64, multiple as i64, false);
            body(lower, &ix)
        })
    }

    pub(crate) fn loop_atom(&mut self, var: Var, lo: i64, hi: i64, multiple: i64, slot: bool) -> Ix {
        let depth = self.depth();
        // A leaf of one value must stay an atom: the loop is there.
        self.atoms.leaf(Leaf { expr: Expr::Var(var), lo, hi: hi.max(lo), multiple, depth, slot, wide: false })
    }

    /// Runs `body` where `ix`, a multiple of `multiple`, is below `bound`; inside, the index is known to be.
    pub(crate) fn below(
        &mut self,
        ix: &Ix,
        (bound, multiple): (u64, u64),
        name: &str,
        body: &mut dyn FnMut(&mut Self, &Ix) -> Result<()>,
    ) -> Result<()> {
        match self.atoms.below(ix, bound as i64, true) {
            Known::Always => body(self, ix),
            Known::Never => Ok(()),
            Known::Unknown(ix) => {
                let ex = self.named_index(&ix, Scalar::I32, name);
                let clipped = self.atoms.clipped(&ix, ex.expr.clone(), (bound - multiple) as i64, multiple as i64);
                let test = less(ex.expr, integer(Scalar::I32, bound as i64), true);
                self.guarded(Some(test), |lower| body(lower, &clipped))
            }
        }
    }

    /// Visits every vector of a layout. With `full`, loops are unrolled and registers may be indexed by the cell's slot;
    /// otherwise the loops stay.
    pub(crate) fn cells(
        &mut self,
        layout: Layout,
        full: bool,
        body: &mut dyn FnMut(&mut Self, &Cell) -> Result<()>,
    ) -> Result<()> {
        let threads = self.facts.threads;
        let groups = layout.groups(threads);
        let group = self.row_group(layout);
        let slots = layout.row_slots(threads);
        let mut with_row = |lower: &mut Self, row: &Ix, slot: &Ix| -> Result<()> {
            let slot = slot.clone();
            lower.below(row, (layout.rows, 1), "row", &mut |lower, row| lower.columns(layout, full, row, &slot, body))
        };
        if slots == 1 {
            return with_row(self, &group, &Ix::default());
        }
        if full {
            return self.unrolled("r", slots, |lower, r| {
                let first = lower.atoms.scale(r, groups as i64);
                let row = lower.atoms.add(&first, &group);
                with_row(lower, &row, r)
            });
        }
        self.strided("row", (&group, layout.rows, groups), (1, Unroll::No), |lower, row| {
            with_row(lower, row, &Ix::default())
        })
    }

    pub(crate) fn columns(
        &mut self,
        layout: Layout,
        full: bool,
        row: &Ix,
        row_slot: &Ix,
        body: &mut dyn FnMut(&mut Self, &Cell) -> Result<()>,
    ) -> Result<()> {
        let slots = layout.col_slots();
        let slot = self.atoms.scale(row_slot, (slots * layout.vector) as i64);
        if layout.cols == 1 {
            return body(self, &Cell { row: row.clone(), col: Ix::default(), slot, col_slot: Ix::default() });
        }
        let lane = self.lane(layout.lanes);
        let first = self.atoms.scale(&lane, layout.vector as i64);
        let span = layout.lanes * layout.vector;
        // A short loop is unrolled in any case; with constant bounds it shows which elements it visits.
        if full || slots <= 4 {
            return self.unrolled("c", slots, |lower, c| {
                let start = lower.atoms.scale(c, span as i64);
                let col = lower.atoms.add(&start, &first);
                let within = lower.atoms.scale(c, layout.vector as i64);
                let slot = lower.atoms.add(&slot, &within);
                lower.below(&col, (layout.cols, layout.vector), "col", &mut |lower, col| {
                    let (slot, col_slot) = (slot.clone(), within.clone());
                    body(lower, &Cell { row: row.clone(), col: col.clone(), slot, col_slot })
                })
            });
        }
        self.strided("col", (&first, layout.cols, span), (layout.vector, Unroll::By(4)), |lower, col| {
            let (slot, col_slot) = (slot.clone(), Ix::default());
            body(lower, &Cell { row: row.clone(), col: col.clone(), slot, col_slot })
        })
    }

    /// A loop over the neighbours of a vector.
    pub(crate) fn neighbours(&mut self, lanes: u64, body: impl FnOnce(&mut Self, &Ix) -> Result<()>) -> Result<()> {
        if lanes == 1 {
            return body(self, &Ix::default());
        }
        self.unrolled("v", lanes, |lower, v| {
            let outer = lower.vector.replace(VectorLoop { ix: v.clone(), lanes });
            let result = body(lower, v);
            lower.vector = outer;
            result
        })
    }

    /// The row-major index of a cell's element.
    pub(crate) fn cell_linear(&self, layout: Layout, cell: &Cell, v: &Ix) -> Ix {
        let row = self.atoms.scale(&cell.row, layout.cols as i64);
        let sum = self.atoms.add(&row, &cell.col);
        self.atoms.add(&sum, v)
    }

    /// Runs `body` for every element of `value` that this thread has in `layout`, with its position and register.
    pub(crate) fn elements(
        &mut self,
        value: Value,
        layout: Layout,
        full: bool,
        body: &mut Visit<'a, '_>,
    ) -> Result<()> {
        self.nest(|lower| {
            lower.cells(layout, full, &mut |lower, cell| {
                let cell = cell.clone();
                lower.neighbours(layout.vector, |lower, v| {
                    let linear = lower.cell_linear(layout, &cell, v);
                    let pos = lower.delinearize(value, &linear);
                    let slot = lower.atoms.add(&cell.slot, v);
                    body(lower, &pos, &slot)
                })
            })
        })
    }

    /// Whether every thread has all of its registers filled.
    pub(crate) fn exact(&self, layout: Layout) -> bool {
        let threads = self.facts.threads;
        let rows = layout.row_slots(threads) * layout.groups(threads) == layout.rows;
        let cols = layout.cols == 1 || layout.col_slots() * layout.lanes * layout.vector == layout.cols;
        rows && cols
    }

    /// Declares the registers of a tile; those that belong to no element are zero.
    pub(crate) fn declare_tile(&mut self, name: &str, scalar: Scalar, layout: Layout) -> Var {
        let init = if self.exact(layout) { None } else { Some(integer(scalar, 0)) };
        self.declare(name, scalar, layout.registers(self.facts.threads), init)
    }

    /// Writes element after element of `value` into `var`, which has `layout`.
    pub(crate) fn assign_tile(&mut self, value: Value, to: Value, var: Var, layout: Layout) -> Result<()> {
        let (scalar, own) = (self.out.var(var).scalar, self.scalar(value));
        let signed = self.signed(value);
        let array = self.out.var(var).len.is_some();
        // From then on it is read from the variable, or by nobody.
        let last = value == to || self.facts.uses[value.index()] == 1;
        self.elements(to, layout, true, &mut |lower, pos, slot| {
            let ex = if last { lower.eval_given(value, pos) } else { lower.eval(value, pos) }?;
            let index = if array { Some(lower.index(slot, Scalar::I32).expr) } else { None };
            let value = super::index::resize(ex.expr, own, scalar, signed);
            lower.push(StmtKind::Assign { var, index, value });
            Ok(())
        })
    }

    /// Computes a tile into registers.
    pub(crate) fn keep(&mut self, value: Value, layout: Layout) -> Result<()> {
        let registers = layout.registers(self.facts.threads);
        let scalar = self.scalar(value);
        let name = self.name(value);
        if registers == 1 && self.exact(layout) {
            let linear = {
                let cell = Cell {
                    row: self.row_group(layout),
                    col: self.first_col(layout),
                    slot: Ix::default(),
                    col_slot: Ix::default(),
                };
                self.cell_linear(layout, &cell, &Ix::default())
            };
            let pos = self.delinearize(value, &linear);
            let var = self.nest(|lower| {
                let ex = lower.eval_given(value, &pos)?;
                let var = lower.var(&name, scalar, None);
                lower.push(StmtKind::Let { var, value: ex.expr });
                Ok(var)
            })?;
            self.storage[value.index()] = Storage::Registers(var, layout);
            return Ok(());
        }
        let var = self.declare_tile(&name, scalar, layout);
        self.assign_tile(value, value, var, layout)?;
        self.storage[value.index()] = Storage::Registers(var, layout);
        Ok(())
    }

    fn first_col(&mut self, layout: Layout) -> Ix {
        if layout.cols == 1 {
            return Ix::default();
        }
        let lane = self.lane(layout.lanes);
        self.atoms.scale(&lane, layout.vector as i64)
    }

    /// Computes a tile into shared memory.
    pub(crate) fn share(&mut self, value: Value) -> Result<()> {
        let shared = self.shared_for(value);
        self.fill_shared(value, value, shared)?;
        self.storage[value.index()] = Storage::Shared(shared);
        Ok(())
    }

    /// A shared array for a tile.
    pub(crate) fn shared_for(&mut self, value: Value) -> crate::ir::Shared {
        let elem = self.shared_elem(value);
        let count = self.kernel.ty(value).shape.count();
        let name = self.name(value);
        let loc = self.loc.clone();
        self.shared_tiles.push(SharedTile { value, bytes: count.saturating_mul(elem.bytes()), loc });
        self.shared(&format!("{name}_shared"), elem, count)
    }

    /// How a tile's elements are held in shared memory.
    fn shared_elem(&self, value: Value) -> Elem {
        match (self.kernel.ty(value).elem, self.scalar(value)) {
            (Elem::I64 | Elem::Index, Scalar::I32) => Elem::I32,
            (Elem::Index, _) => Elem::I64,
            // Values of 16 bits are exact in 16 bits.
            (elem, _) => elem,
        }
    }

    /// Writes the elements of `value` into an array of the shape of `to`.
    pub(crate) fn fill_shared(&mut self, value: Value, to: Value, shared: crate::ir::Shared) -> Result<()> {
        let leaf = self.leaf_layout(value);
        let count = self.kernel.ty(to).shape.count();
        let layout = match leaf {
            Some(layout) => layout,
            None if self.facts.rows_cols(to).1 == 1 => Layout::spread(1, count, self.facts.threads),
            None => self.facts.spread(to),
        };
        let memory = Memory::Shared(shared);
        let elem = self.out.memory_elem(memory);
        let (own, target) = (self.scalar(value), Scalar::of(elem));
        let signed = self.signed(value);
        let single = self.single_writer(layout);
        let owner = Some(self.new_owner());
        let last = value == to || self.facts.uses[value.index()] == 1;
        self.nest(|lower| {
            lower.guarded(single, |lower| {
                lower.cells(layout, leaf.is_some(), &mut |lower, cell| {
                    let cell = cell.clone();
                    lower.write_cell(layout, &cell, elem, memory, owner, &mut |lower, linear| {
                        let pos = lower.delinearize(to, linear);
                        let ex = if last { lower.eval_given(value, &pos) } else { lower.eval(value, &pos) }?;
                        Ok(super::index::resize(ex.expr, own, target, signed))
                    })
                })
            })
        })
    }

    /// The test for the threads that write what others hold too: the first of each group, or the first group.
    pub(crate) fn single_writer(&mut self, layout: Layout) -> Option<Expr> {
        if !layout.replicated() {
            return None;
        }
        if layout.every {
            let writers = if layout.cols == 1 { 1 } else { layout.lanes };
            let thread = self.thread.clone();
            let ex = self.index(&thread, Scalar::I32);
            return (writers < self.facts.threads).then(|| less(ex.expr, integer(Scalar::I32, writers as i64), true));
        }
        let lane = self.lane(layout.lanes);
        let ex = self.index(&lane, Scalar::I32);
        Some(Expr::Compare(tile_ir::Predicate::IEq, Box::new(ex.expr), Box::new(Expr::int(0))))
    }

    /// Stores the elements of a cell into row-major memory of the same shape, at once where they are several.
    pub(crate) fn write_cell(
        &mut self,
        layout: Layout,
        cell: &Cell,
        elem: Elem,
        memory: Memory,
        owner: Option<u32>,
        value: &mut dyn FnMut(&mut Self, &Ix) -> Result<Expr>,
    ) -> Result<()> {
        let linear = self.cell_linear(layout, cell, &Ix::default());
        let at = |lower: &mut Self, ix: &Ix| -> crate::ir::Place {
            let offset = lower.index(ix, Scalar::I32).expr;
            crate::ir::Place { memory, offset: Box::new(offset), owner }
        };
        let whole = layout.vector * elem.bytes() <= self.facts.target.vector_bytes
            && self.atoms.divisible(&linear, layout.vector as i64);
        if layout.vector == 1 || !whole || !self.facts.vectors {
            return self.neighbours(layout.vector, |lower, v| {
                let ix = lower.atoms.add(&linear, v);
                let value = value(lower, &ix)?;
                let place = at(lower, &ix);
                lower.push(StmtKind::Store { place, value });
                Ok(())
            });
        }
        let var = self.declare("out", Scalar::of(elem), layout.vector, None);
        self.neighbours(layout.vector, |lower, v| {
            let ix = lower.atoms.add(&linear, v);
            let value = value(lower, &ix)?;
            let index = Some(lower.index(v, Scalar::I32).expr);
            lower.push(StmtKind::Assign { var, index, value });
            Ok(())
        })?;
        let place = at(self, &linear);
        self.push(StmtKind::StoreVector { place, var, index: Expr::int(0), lanes: layout.vector as u32 });
        Ok(())
    }

    /// The layout of a kept tile that a virtual one is computed from, element by element: the nest should follow it.
    pub(crate) fn leaf_layout(&self, value: Value) -> Option<Layout> {
        let count = self.kernel.ty(value).shape.count();
        let mut found: Option<Layout> = None;
        let mut queue = vec![value];
        while let Some(value) = queue.pop() {
            if self.kernel.ty(value).shape.count() != count {
                continue;
            }
            match &self.storage[value.index()] {
                Storage::Registers(_, layout) => {
                    let better = found.is_none_or(|other| other.replicated() && !layout.replicated());
                    if better {
                        found = Some(*layout);
                    }
                    continue;
                }
                Storage::Scalar(..) | Storage::Shared(_) | Storage::Strided(..) => continue,
                Storage::None => {}
            }
            match self.facts.defs[value.index()].map(|op| &op.kind) {
                Some(OpKind::Unary(_, x) | OpKind::Cast(_, x) | OpKind::Reshape(x)) => queue.push(*x),
                Some(OpKind::Binary(_, x, y) | OpKind::Compare(_, x, y)) => queue.extend([*y, *x]),
                Some(OpKind::Fma(x, y, z)) => queue.extend([*z, *y, *x]),
                Some(OpKind::Select { cond, on_true, on_false }) => queue.extend([*cond, *on_false, *on_true]),
                Some(OpKind::InsertSlice { into, .. } | OpKind::Insert { into, .. }) => queue.push(*into),
                Some(_) | None => {}
            }
        }
        found
    }

    /// Whether computing the elements of a virtual tile reads registers of kept tiles that depend on the position.
    pub(crate) fn reads_registers(&self, value: Value) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        let mut queue = vec![value];
        while let Some(value) = queue.pop() {
            match &self.storage[value.index()] {
                Storage::Registers(_, layout) if layout.registers(self.facts.threads) > 1 => return true,
                Storage::Registers(..) | Storage::Scalar(..) | Storage::Shared(_) | Storage::Strided(..) => {}
                Storage::None if seen.insert(value) => {
                    queue.extend(self.facts.defs[value.index()].map(|op| op.kind.operands()).unwrap_or_default());
                }
                Storage::None => {}
            }
        }
        false
    }
}
