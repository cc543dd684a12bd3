//! Loads: single elements, and neighbours at once where the innermost loop runs over neighbours.

use tile_ir::{Op, Value, ViewId};

use super::eval::place;
use super::index::{Ix, Known, integer, less, resize};
use super::names::Element;
use super::shape::all;
use super::{Ex, Lower, Result, Storage};
use crate::ir::{Expr, Memory, Place, Scalar, Stmt, StmtKind};

/// Where an access is: a sum per dimension, and what must hold for it to be inside the view.
pub(crate) struct Site {
    pub(crate) view: ViewId,
    pub(crate) dims: Vec<Ix>,
    /// Bounds still to be tested: index and extent.
    pub(crate) tests: Vec<(Ix, i64)>,
    /// The element is outside of the view for certain.
    pub(crate) outside: bool,
}

impl Lower<'_> {
    /// The place in a view of element `pos` of a tile that starts at `indices`.
    pub(crate) fn site(&mut self, view: ViewId, indices: &[Value], in_bounds: &[bool], pos: &[Ix]) -> Result<Site> {
        let Some(data) = self.kernel.view(view) else { return self.broken("no view") };
        let extents: Vec<u64> = data.shape.dims().to_vec();
        let skip = extents.len() - pos.len();
        let mut site = Site { view, dims: Vec::new(), tests: Vec::new(), outside: false };
        for (d, (&index, &extent)) in indices.iter().zip(&extents).enumerate() {
            let mut ix = self.sum(index)?;
            if d >= skip {
                ix = self.atoms.add(&ix, &pos[d - skip]);
            }
            let proven = d >= skip && in_bounds.get(d - skip).copied().unwrap_or(false);
            if !proven {
                match self.atoms.below(&ix, extent as i64, true) {
                    Known::Always => {}
                    Known::Never => site.outside = true,
                    Known::Unknown(ix) => site.tests.push((ix, extent as i64)),
                }
            }
            site.dims.push(ix);
        }
        Ok(site)
    }

    /// Row-major index of a site.
    pub(crate) fn offset(&self, site: &Site) -> Ix {
        let strides = self.kernel.view(site.view).map(|view| view.shape.strides()).unwrap_or_default();
        site.dims
            .iter()
            .zip(strides)
            .fold(Ix::default(), |sum, (ix, stride)| self.atoms.add(&sum, &self.atoms.scale(ix, stride as i64)))
    }

    /// The same as an expression, made of the indices of the dimensions by name.
    pub(crate) fn offset_expr(&mut self, site: &Site, dims: &[Ix]) -> Ex {
        let Some(view) = self.kernel.view(site.view) else { return Ex { expr: Expr::int(0), depth: 0 } };
        let (strides, rank, count) = (view.shape.strides(), view.shape.rank(), view.shape.count());
        let wide = count > i32::MAX as u64 || dims.iter().any(|ix| self.atoms.wide(ix));
        let scalar = if wide { Scalar::I64 } else { Scalar::I32 };
        let mut sum: Option<Ex> = None;
        for (d, (ix, stride)) in dims.iter().zip(strides).enumerate() {
            if ix.as_constant() == Some(0) {
                continue;
            }
            let last = d + 1 == rank;
            let name = match (rank - d, last) {
                (1, _) => "col",
                (2, _) => "row",
                _ => "slice",
            };
            let ex = if last && stride == 1 { self.index(ix, scalar) } else { self.named_index(ix, scalar, name) };
            let own = ex.expr.scalar(&self.out);
            let factor = resize(ex.expr, own, scalar, false);
            let term = match stride {
                1 => factor,
                stride => {
                    Expr::Binary(tile_ir::BinaryOp::Mul, Box::new(factor), Box::new(integer(scalar, stride as i64)))
                }
            };
            sum = Some(match sum {
                None => Ex { expr: term, depth: ex.depth },
                Some(sum) => Ex {
                    expr: Expr::Binary(tile_ir::BinaryOp::Add, Box::new(sum.expr), Box::new(term)),
                    depth: sum.depth.max(ex.depth),
                },
            });
        }
        sum.unwrap_or(Ex { expr: integer(scalar, 0), depth: 0 })
    }

    /// Bounds tests as expressions.
    pub(crate) fn tests(&mut self, tests: &[(Ix, i64)]) -> Vec<Ex> {
        tests
            .iter()
            .map(|(ix, extent)| {
                let scalar = if self.atoms.wide(ix) { Scalar::I64 } else { Scalar::I32 };
                let ex = self.named_index(ix, scalar, "at");
                let own = ex.expr.scalar(&self.out);
                Ex { expr: less(ex.expr, integer(own, *extent), true), depth: ex.depth }
            })
            .collect()
    }

    /// Element `pos` of a virtual load.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn load(
        &mut self,
        op: &Op,
        view: ViewId,
        indices: &[Value],
        pad: Value,
        mask: Option<Value>,
        in_bounds: &[bool],
        pos: &[Ix],
    ) -> Result<Ex> {
        let Some(result) = op.result() else { return self.broken("a load without a result") };
        let (name, given) = (self.element(result), self.is_given(result));
        self.passing = None;
        let pad = self.in_memory_type(view, pad, &[])?;
        let site = self.site(view, indices, in_bounds, pos)?;
        if site.outside {
            return Ok(pad);
        }
        let mask = match mask {
            Some(mask) => Some(self.eval(mask, pos)?),
            None => None,
        };
        if mask.as_ref().is_some_and(|ex| ex.expr == Expr::Bool(false)) {
            return Ok(pad);
        }
        let mask: Vec<Ex> = mask.into_iter().collect();
        if let Some(ex) = self.load_vector(&site, &mask, &pad, &name) {
            return Ok(ex);
        }
        let mut conditions = self.tests(&site.tests);
        conditions.extend(mask);
        let dims = site.dims.clone();
        let offset = self.offset_expr(&site, &dims);
        let owner = self.owner(op, view, indices);
        let place = Place { memory: Memory::Global(view), offset: Box::new(offset.expr), owner };
        Ok(self.read(place, offset.depth, conditions, pad, (!given).then_some(&name)))
    }

    /// The owner of an in-place access.
    fn owner(&mut self, op: &Op, view: ViewId, indices: &[Value]) -> Option<u32> {
        let in_place = op.result().is_some_and(|value| self.facts.in_place.contains(&value));
        if in_place { self.owner_of(view, indices) } else { None }
    }

    /// The owner number of a store and of the loads it is in place with.
    pub(crate) fn owner_of(&mut self, view: ViewId, indices: &[Value]) -> Option<u32> {
        let layout = self.layout?;
        let key = (view, indices.to_vec(), layout);
        if let Some(owner) = self.owners.get(&key) {
            return Some(*owner);
        }
        let owner = self.new_owner();
        self.owners.insert(key, owner);
        Some(owner)
    }

    /// Reads one element where `conditions` and the guards hold, else gives `pad`. Without a name it is for one place only.
    fn read(&mut self, place: Place, depth: usize, conditions: Vec<Ex>, pad: Ex, name: Option<&Element>) -> Ex {
        let depth = conditions.iter().map(|ex| ex.depth).fold(depth, usize::max).max(self.floor);
        let guards = self.guards.clone();
        let guard_depth = guards.iter().map(|ex| ex.depth).max().unwrap_or(0);
        let load = Expr::Load(place);
        let inner = match all(conditions) {
            None => load,
            Some(condition) => Expr::Select(Box::new(condition.expr), Box::new(load), Box::new(pad.expr)),
        };
        let expr = match all(guards) {
            None => inner,
            Some(guard) => {
                // Not zero: the value may end up below a division whose result nobody uses.
                let other = integer(inner.scalar(&self.out), 1);
                Expr::Select(Box::new(guard.expr), Box::new(inner), Box::new(other))
            }
        };
        let ex = Ex { expr, depth: depth.max(guard_depth).max(pad.depth) };
        match name {
            Some(name) => self.bind(ex, &name.one),
            None => ex,
        }
    }

    /// The element as part of a vector, if the innermost loop runs over neighbours that can be loaded at once.
    fn load_vector(&mut self, site: &Site, mask: &[Ex], pad: &Ex, name: &Element) -> Option<Ex> {
        let vector = self.vector.clone().filter(|_| self.facts.vectors)?;
        let atom = super::index::Atoms::single(&vector.ix)?;
        let inner = self.atoms.depth(&vector.ix);
        let (last, leading) = site.dims.split_last()?;
        let elem = self.kernel.view(site.view)?.elem;
        if !self.guards.is_empty()
            || last.coefficient(atom) != 1
            || leading.iter().any(|ix| ix.coefficient(atom) != 0)
            || mask.iter().any(|ex| ex.depth >= inner)
        {
            return None;
        }
        let mut tests = Vec::new();
        for (ix, extent) in &site.tests {
            if ix.coefficient(atom) == 0 {
                tests.push((ix.clone(), *extent));
            } else {
                tests.push((self.atoms.drop_vector(ix, atom, vector.lanes as i64, *extent)?, *extent));
            }
        }
        let base = self.offset(site).without(atom);
        let width = vector.lanes.min(self.facts.target.vector_bytes / elem.bytes());
        if width < 2 || !self.atoms.divisible(&base, width as i64) {
            return None;
        }
        let memory = Memory::Global(site.view);
        let key = (memory, base.clone(), vector.lanes);
        let found = self.scopes.iter().find_map(|scope| scope.vectors.get(&key).copied());
        let var = match found {
            Some(var) => var,
            None => {
                let mut dims = site.dims.clone();
                if let Some(last) = dims.last_mut() {
                    *last = last.without(atom);
                }
                let offset = self.offset_expr(site, &dims);
                let mut conditions = self.tests(&tests);
                conditions.extend(mask.iter().cloned());
                let scalar = Scalar::of(elem);
                let var = self.vector_at(memory, offset, conditions, (scalar, pad), (vector.lanes, width), name);
                let depth = self.atoms.depth(&base).max(self.floor);
                let depth = mask.iter().fold(depth, |depth, ex| depth.max(ex.depth));
                self.scopes[depth].vectors.insert(key, var);
                var
            }
        };
        let index = self.index(&vector.ix, Scalar::I32);
        Some(Ex { expr: Expr::Element(var, Box::new(index.expr)), depth: inner.max(self.floor) })
    }

    /// Loads `lanes` elements, `width` at once, outside of the loop over them.
    fn vector_at(
        &mut self,
        memory: Memory,
        offset: Ex,
        conditions: Vec<Ex>,
        (scalar, pad): (Scalar, &Ex),
        (lanes, width): (u64, u64),
        name: &Element,
    ) -> crate::ir::Var {
        let depth = conditions.iter().fold(offset.depth.max(self.floor), |depth, ex| depth.max(ex.depth));
        let var = self.var(&name.several, scalar, Some(lanes as u32));
        let condition = all(conditions);
        let init = condition.as_ref().map(|_| pad.expr.clone());
        self.push_at(depth, StmtKind::Declare { var, init });
        let offset_scalar = offset.expr.scalar(&self.out);
        // Several loads start from one named offset.
        let offset =
            if lanes > width { self.bind(Ex { expr: offset.expr, depth }, &self.index_name("at")) } else { offset };
        let loads: Vec<Stmt> = (0..lanes / width)
            .map(|part| {
                let first = match part {
                    0 => offset.expr.clone(),
                    part => Expr::Binary(
                        tile_ir::BinaryOp::Add,
                        Box::new(offset.expr.clone()),
                        Box::new(integer(offset_scalar, (part * width) as i64)),
                    ),
                };
                let kind = StmtKind::LoadVector {
                    var,
                    index: Expr::int((part * width) as u32),
                    place: place(memory, first),
                    lanes: width as u32,
                };
                Stmt { kind, loc: self.loc.clone() }
            })
            .collect();
        match condition {
            None => self.scopes[depth].stmts.extend(loads),
            Some(condition) => {
                self.push_at(depth, StmtKind::If { condition: condition.expr, then: loads, otherwise: Vec::new() })
            }
        }
        var
    }

    /// Element `linear` of a memory whose every element may be read.
    pub(crate) fn load_element(&mut self, memory: Memory, linear: &Ix, name: &Element) -> Result<Ex> {
        if let (Some(vector), true) = (self.vector.clone(), self.guards.is_empty() && self.facts.vectors)
            && let Some(atom) = super::index::Atoms::single(&vector.ix)
            && linear.coefficient(atom) == 1
        {
            let base = linear.without(atom);
            let bytes = self.out.memory_elem(memory).bytes();
            let width = vector.lanes.min(self.facts.target.vector_bytes / bytes);
            if width >= 2 && self.atoms.divisible(&base, width as i64) {
                let inner = self.atoms.depth(&vector.ix);
                let key = (memory, base.clone(), vector.lanes);
                let found = self.scopes.iter().find_map(|scope| scope.vectors.get(&key).copied());
                let var = match found {
                    Some(var) => var,
                    None => {
                        let offset = self.index(&base, Scalar::I32);
                        let scalar = Scalar::of(self.out.memory_elem(memory));
                        let none = Ex { expr: integer(scalar, 0), depth: 0 };
                        let depth = offset.depth.max(self.floor);
                        let lanes = (vector.lanes, width);
                        let var = self.vector_at(memory, offset, Vec::new(), (scalar, &none), lanes, name);
                        self.scopes[depth].vectors.insert(key, var);
                        var
                    }
                };
                let index = self.index(&vector.ix, Scalar::I32);
                return Ok(Ex { expr: Expr::Element(var, Box::new(index.expr)), depth: inner.max(self.floor) });
            }
        }
        let offset = self.index(linear, Scalar::I32);
        let none = Ex { expr: Expr::int(0), depth: 0 };
        Ok(self.read(place(memory, offset.expr), offset.depth, Vec::new(), none, Some(name)))
    }

    /// A value that stands in for an element of a view, in the register type of the view's elements.
    fn in_memory_type(&mut self, view: ViewId, value: Value, pos: &[Ix]) -> Result<Ex> {
        let ex = self.eval(value, pos)?;
        let own = ex.expr.scalar(&self.out);
        let scalar = self.kernel.view(view).map_or(own, |view| Scalar::of(view.elem));
        Ok(Ex { expr: resize(ex.expr, own, scalar, self.signed(value)), depth: ex.depth })
    }

    /// Element `pos` of a gather.
    pub(crate) fn gather(
        &mut self,
        result: Value,
        view: ViewId,
        [offsets, mask, passthru]: [Value; 3],
        pos: &[Ix],
    ) -> Result<Ex> {
        let (name, given) = (self.element(result), self.is_given(result));
        self.passing = None;
        let offset = self.eval(offsets, pos)?;
        let mask = self.eval(mask, pos)?;
        let passthru = self.in_memory_type(view, passthru, pos)?;
        let place = place(Memory::Global(view), offset.expr);
        let conditions = if mask.expr == Expr::Bool(true) { Vec::new() } else { vec![mask] };
        Ok(self.read(place, offset.depth, conditions, passthru, (!given).then_some(&name)))
    }

    /// One element read by every thread.
    pub(crate) fn load_scalar(&mut self, result: Value, view: ViewId, indices: &[Value]) -> Result<Ex> {
        let site = self.site(view, indices, &[], &[])?;
        let dims = site.dims.clone();
        let offset = self.offset_expr(&site, &dims);
        let none = Ex { expr: Expr::int(0), depth: 0 };
        let name = self.element(result);
        // In bounds by the meaning of the operation.
        Ok(self.read(
            place(Memory::Global(view), offset.expr),
            offset.depth.max(self.depth()),
            Vec::new(),
            none,
            Some(&name),
        ))
    }

    /// A scalar as a sum.
    pub(crate) fn sum(&mut self, value: Value) -> Result<Ix> {
        if let Some(ix) = &self.sums[value.index()] {
            return Ok(ix.clone());
        }
        let ex = self.eval(value, &[])?;
        let range = self.analysis.range(value);
        let wide = self.scalar(value) == Scalar::I64;
        let (lo, hi, step) = range.map_or((i64::MIN, i64::MAX, 1), |range| (range.lo(), range.hi(), range.step()));
        let multiple = if step == 0 || lo % step.max(1) as i64 == 0 { step.max(1) as i64 } else { 1 };
        let ix =
            self.atoms.leaf(super::index::Leaf { expr: ex.expr, lo, hi, multiple, depth: ex.depth, slot: false, wide });
        if matches!(self.storage[value.index()], Storage::Scalar(..)) {
            self.sums[value.index()] = Some(ix.clone());
        }
        Ok(ix)
    }
}
