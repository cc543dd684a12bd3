//! The expression of one element of a tile.

use tile_ir::{Kernel, Literal, Number, Op, OpKind, Value};

use super::index::{Atoms, Ix, integer, resize};
use super::layout::Layout;
use super::plan::Plan;
use super::{Ex, Lower, Result, Stop, Storage};
use crate::ir::{Expr, Memory, Place, Scalar, Var};

/// Largest table of constants that is written as choices.
const MAX_TABLE: usize = 1024;
/// Largest expression that is written inside another.
const MAX_INLINE: usize = 10;

impl<'a> Lower<'a> {
    /// Element `pos` of `value` (an empty position for a scalar), in the value's register type.
    pub(crate) fn eval(&mut self, value: Value, pos: &[Ix]) -> Result<Ex> {
        let ex = self.eval_as_is(value, pos)?;
        let (own, scalar) = (ex.expr.scalar(&self.out), self.scalar(value));
        // What holds it may be wider: a loop's variable holds the start value as well.
        Ok(Ex { expr: resize(ex.expr, own, scalar, self.signed(value)), depth: ex.depth })
    }

    /// As [`Lower::eval`], for what is given to a variable or stored as it is, and evaluated nowhere else.
    pub(crate) fn eval_given(&mut self, value: Value, pos: &[Ix]) -> Result<Ex> {
        let outer = self.given.replace(value);
        let ex = self.eval(value, pos);
        self.given = outer;
        ex
    }

    /// Whether an element of `value`, or of what it is read for, is given to what holds it.
    pub(crate) fn is_given(&self, value: Value) -> bool {
        self.given.is_some_and(|given| given == value || self.passing == Some(given))
    }

    fn eval_as_is(&mut self, value: Value, pos: &[Ix]) -> Result<Ex> {
        match self.storage[value.index()].clone() {
            Storage::Scalar(expr, depth) => return Ok(Ex { expr, depth }),
            Storage::Registers(var, layout) => return self.read_registers(value, var, layout, pos),
            Storage::Shared(shared) => {
                let linear = linear(self.kernel, &self.atoms, value, pos);
                return self.load_element(Memory::Shared(shared), &linear, &self.element(value));
            }
            Storage::Strided(shared, strides) => {
                let at = pos.iter().zip(strides).fold(Ix::default(), |sum, (ix, stride)| {
                    self.atoms.add(&sum, &self.atoms.scale(ix, stride as i64))
                });
                let ex = self.load_element(Memory::Shared(shared), &at, &self.element(value))?;
                return Ok(Ex { expr: self.round(value, ex.expr), depth: ex.depth });
            }
            Storage::None => {}
        }
        let Some(op) = self.facts.defs[value.index()] else {
            return self.broken("a value is used before it is defined");
        };
        let key = (value, pos.to_vec());
        // Under a guard, only what was computed under it may be used: elsewhere the guard need not hold.
        let found = self.scopes.iter().find_map(|scope| scope.memo.get(&key));
        if let (Some(ex), true) = (found, self.guards.is_empty()) {
            return Ok(ex.clone());
        }
        let outer = std::mem::replace(&mut self.loc, op.loc.clone());
        let passing = self.passing.take();
        self.passing = self.passed(&op.kind, value, passing);
        let ex = self.compute(op, value, pos);
        self.passing = passing;
        let ex = self.maybe_bind(op, value, ex?);
        self.loc = outer;
        if self.guards.is_empty() && self.given != Some(value) {
            self.scopes[ex.depth].memo.insert(key, ex.clone());
        }
        Ok(ex)
    }

    /// The tile whose elements those of `value`'s operand are, if it has a name; of several, the one that was asked for.
    fn passed(&self, kind: &OpKind, value: Value, asked: Option<Value>) -> Option<Value> {
        let same = matches!(
            kind,
            OpKind::Broadcast(_)
                | OpKind::Reshape(_)
                | OpKind::Transpose { .. }
                | OpKind::Slice { .. }
                | OpKind::Extract { .. }
                | OpKind::Cast(tile_ir::CastOp::ExtF, _)
                | OpKind::Load { .. }
                | OpKind::Gather { .. }
        );
        asked.filter(|_| same).or_else(|| (same && self.names.of_value(value).is_some()).then_some(value))
    }

    /// Gives a name to what has one in the source, is used several times, or is long to read.
    fn maybe_bind(&mut self, op: &Op, value: Value, ex: Ex) -> Ex {
        if self.given == Some(value) {
            return ex;
        }
        let mut size = 0;
        ex.expr.for_each(&mut |_| size += 1);
        let shape_only = matches!(
            op.kind,
            OpKind::Constant(_)
                | OpKind::Broadcast(_)
                | OpKind::Reshape(_)
                | OpKind::Transpose { .. }
                | OpKind::Slice { .. }
                | OpKind::Extract { .. }
                | OpKind::Cast(tile_ir::CastOp::ExtF, _)
        );
        let named = self.facts.uses[value.index()] > 1 || self.names.of_value(value).is_some();
        if size > MAX_INLINE || (size > 2 && named && !shape_only) {
            // An element of a named part of a tile without a name.
            let named = self.passing.filter(|_| self.names.of_value(value).is_none());
            return self.bind(ex, &self.name(named.unwrap_or(value)));
        }
        ex
    }

    fn compute(&mut self, op: &'a Op, value: Value, pos: &[Ix]) -> Result<Ex> {
        match &op.kind {
            OpKind::Constant(literal) => self.constant(op, literal, value, pos),
            OpKind::Unary(kind, x) => self.unary(*kind, *x, value, pos),
            OpKind::Binary(kind, x, y) => self.binary(*kind, *x, *y, value, pos),
            OpKind::Fma(x, y, z) => self.fma(*x, *y, *z, value, pos),
            OpKind::Compare(predicate, x, y) => self.compare(*predicate, *x, *y, pos),
            OpKind::Select { cond, on_true, on_false } => self.select(*cond, *on_true, *on_false, pos),
            OpKind::Cast(kind, x) => self.cast(op, *kind, *x, value, pos),
            OpKind::Broadcast(x) => {
                let inner = self.broadcast(*x, pos);
                self.eval(*x, &inner)
            }
            OpKind::Reshape(x) => {
                let linear = linear(self.kernel, &self.atoms, value, pos);
                let inner = self.delinearize(*x, &linear);
                self.eval(*x, &inner)
            }
            OpKind::Transpose { value: x, perm } => {
                let mut inner = vec![Ix::default(); pos.len()];
                for (d, &from) in perm.iter().enumerate() {
                    inner[from] = pos[d].clone();
                }
                self.eval(*x, &inner)
            }
            OpKind::Slice { value: x, offsets } => {
                let inner: Vec<Ix> =
                    pos.iter().zip(offsets).map(|(ix, offset)| self.atoms.plus(ix, *offset as i64)).collect();
                self.eval(*x, &inner)
            }
            OpKind::InsertSlice { value: part, into, offsets } => self.insert_slice(*part, *into, offsets, pos),
            OpKind::Extract { value: x, indices } => {
                let mut inner = self.static_or_dynamic(indices)?;
                inner.extend_from_slice(pos);
                self.eval(*x, &inner)
            }
            OpKind::Insert { value: part, into, indices } => self.insert(*part, *into, indices, pos),
            OpKind::CreateMask { bounds } => self.mask(bounds, pos),
            OpKind::Load { view, indices, pad, mask, in_bounds } => {
                self.load(op, *view, indices, *pad, *mask, in_bounds, pos)
            }
            OpKind::Gather { view, offsets, mask, passthru } => {
                self.gather(value, *view, [*offsets, *mask, *passthru], pos)
            }
            OpKind::ProgramId(_)
            | OpKind::NumPrograms(_)
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::Store { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => self.broken("an operation is not lowered before its users"),
        }
    }

    fn constant(&mut self, op: &Op, literal: &Literal, value: Value, pos: &[Ix]) -> Result<Ex> {
        let scalar = self.scalar(value);
        match literal {
            Literal::Splat(n) => Ok(Ex { expr: number(scalar, *n), depth: 0 }),
            Literal::Iota { dim } => {
                let ex = self.index(&pos[*dim], if scalar == Scalar::I64 { Scalar::I64 } else { Scalar::I32 });
                let from = ex.expr.scalar(&self.out);
                Ok(Ex { expr: resize(ex.expr, from, scalar, false), depth: ex.depth })
            }
            Literal::Dense(numbers) => {
                let linear = linear(self.kernel, &self.atoms, value, pos);
                if let Some(n) = linear.as_constant() {
                    return Ok(Ex { expr: number(scalar, numbers[n as usize]), depth: 0 });
                }
                if numbers.len() > MAX_TABLE {
                    let elem = self.kernel.ty(value).elem;
                    return self.refuse(op, elem, "pass tables of more than 1024 numbers as a view");
                }
                let index = self.named_index(&linear, Scalar::I32, "entry");
                Ok(Ex { expr: table(&index.expr, numbers, 0, scalar), depth: index.depth })
            }
        }
    }

    /// Reads a kept tile; demands another place for it if this thread does not hold the element.
    fn read_registers(&mut self, value: Value, var: Var, layout: Layout, pos: &[Ix]) -> Result<Ex> {
        let linear = linear(self.kernel, &self.atoms, value, pos);
        let Some(slot) = self.slot(layout, &linear) else {
            let plan = self.demotion(value);
            return Err(Stop::Demote(value, plan));
        };
        let depth = self.atoms.depth(&slot).max(self.floor);
        if self.out.var(var).len.is_none() {
            return Ok(Ex { expr: Expr::Var(var), depth });
        }
        let index = self.index(&slot, Scalar::I32);
        Ok(Ex { expr: Expr::Element(var, Box::new(index.expr)), depth })
    }

    /// Where a tile goes that cannot stay in registers: loads are repeated, everything else is shared.
    fn demotion(&self, value: Value) -> Plan {
        match self.facts.defs[value.index()].map(|op| &op.kind) {
            Some(OpKind::Load { view, .. } | OpKind::Gather { view, .. }) if !self.facts.written.contains(view) => {
                Plan::Virtual
            }
            _ => Plan::Shared,
        }
    }

    /// The register of element `linear` if this thread holds it.
    fn slot(&mut self, layout: Layout, linear: &Ix) -> Option<Ix> {
        let threads = self.facts.threads;
        let (row, col) = if layout.cols == 1 {
            (linear.clone(), Ix::default())
        } else {
            (self.atoms.div(linear, layout.cols as i64), self.atoms.rem(linear, layout.cols as i64))
        };
        let (row, col) = (self.atoms.expanded(&row), self.atoms.expanded(&col));
        let groups = layout.groups(threads) as i64;
        let group = self.row_group(layout);
        let minus = self.atoms.scale(&group, -1);
        let row_slot = exact(&self.atoms, &self.atoms.add(&row, &minus), groups)?;
        let lane = self.lane(layout.lanes);
        let (col_slot, within) = if layout.cols == 1 {
            (Ix::default(), Ix::default())
        } else {
            let first = self.atoms.scale(&lane, -(layout.vector as i64));
            let rest = self.atoms.add(&col, &first);
            let span = (layout.lanes * layout.vector) as i64;
            let mut outer = Ix::constant(rest.offset().div_euclid(span) * span);
            let mut inner = Ix::constant(rest.offset().rem_euclid(span));
            for &(atom, coefficient) in rest.terms() {
                let term = self.atoms.scale(&Atoms::of(atom), coefficient);
                let into = if coefficient % span == 0 { &mut outer } else { &mut inner };
                *into = self.atoms.add(into, &term);
            }
            let (lo, hi) = self.atoms.range(&inner)?;
            if lo < 0 || hi >= layout.vector as i64 || !self.atoms.is_slot(&inner) {
                return None;
            }
            (exact(&self.atoms, &outer, span)?, inner)
        };
        let row_part = self.atoms.scale(&row_slot, layout.col_slots() as i64);
        let part = self.atoms.add(&row_part, &col_slot);
        let part = self.atoms.scale(&part, layout.vector as i64);
        let slot = self.atoms.add(&part, &within);
        let (lo, hi) = self.atoms.range(&slot)?;
        (lo >= 0 && hi < layout.registers(threads) as i64).then_some(slot)
    }

    /// Number of this thread's group, among those that the rows of a layout are dealt to.
    pub(crate) fn row_group(&mut self, layout: Layout) -> Ix {
        if layout.every { Ix::default() } else { self.group(layout.lanes) }
    }

    /// Number of this thread's group of `lanes` threads.
    pub(crate) fn group(&mut self, lanes: u64) -> Ix {
        let thread = self.thread.clone();
        self.atoms.div(&thread, lanes as i64)
    }

    /// Number of this thread in its group of `lanes` threads.
    pub(crate) fn lane(&mut self, lanes: u64) -> Ix {
        let thread = self.thread.clone();
        self.atoms.rem(&thread, lanes as i64)
    }

    /// The position of row-major element `linear` of a value.
    pub(crate) fn delinearize(&mut self, value: Value, linear: &Ix) -> Vec<Ix> {
        let shape = self.kernel.ty(value).shape;
        let Some((_, inner)) = shape.dims().split_first() else { return Vec::new() };
        let mut rest = linear.clone();
        let mut pos = Vec::with_capacity(shape.rank());
        for &size in inner.iter().rev() {
            pos.push(self.atoms.rem(&rest, size as i64));
            rest = self.atoms.div(&rest, size as i64);
        }
        // The element exists, so what is left is below the first size.
        pos.push(rest);
        pos.reverse();
        pos
    }
}

/// `ix / by` if every term is divisible and only unrolled loop variables occur.
fn exact(atoms: &Atoms, ix: &Ix, by: i64) -> Option<Ix> {
    let divisible = ix.offset() % by == 0 && ix.terms().iter().all(|term| term.1 % by == 0);
    if !divisible || !atoms.is_slot(ix) {
        return None;
    }
    let mut quotient = Ix::constant(ix.offset() / by);
    for &(atom, coefficient) in ix.terms() {
        quotient = atoms.add(&quotient, &atoms.scale(&Atoms::of(atom), coefficient / by));
    }
    Some(quotient)
}

/// Row-major index of element `pos`.
pub(crate) fn linear(kernel: &Kernel, atoms: &Atoms, value: Value, pos: &[Ix]) -> Ix {
    let strides = kernel.ty(value).shape.strides();
    pos.iter().zip(strides).fold(Ix::default(), |sum, (ix, stride)| atoms.add(&sum, &atoms.scale(ix, stride as i64)))
}

/// A constant of the tile IR in a register type.
pub(crate) fn number(scalar: Scalar, number: Number) -> Expr {
    match number {
        Number::Float(x) => Expr::Float(x),
        Number::Int(n) => integer(scalar, n),
    }
}

/// `numbers[index]` as a tree of choices.
fn table(index: &Expr, numbers: &[Number], first: usize, scalar: Scalar) -> Expr {
    match numbers {
        [] => Expr::Int(scalar, 0),
        [one] => number(scalar, *one),
        [first_number, rest @ ..] if rest.iter().all(|n| n == first_number) => number(scalar, *first_number),
        _ => {
            let half = numbers.len() / 2;
            let bound = integer(Scalar::I32, (first + half) as i64);
            Expr::Select(
                Box::new(super::index::less(index.clone(), bound, true)),
                Box::new(table(index, &numbers[..half], first, scalar)),
                Box::new(table(index, &numbers[half..], first + half, scalar)),
            )
        }
    }
}

/// A place without an owner.
pub(crate) fn place(memory: Memory, offset: Expr) -> Place {
    Place { memory, offset: Box::new(offset), owner: None }
}
