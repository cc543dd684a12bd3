//! Operations in order: scalars, kept tiles, control flow.

use tile_ir::{Block, Op, OpKind, Value};

use super::index::{Leaf, resize};
use super::plan::Plan;
use super::scope::Scope;
use super::store::TileStore;
use super::{Lower, Result, SharedTile, Storage};
use crate::ir::{Builtin, EarlyCopy, Expr, Memory, Scalar, Stmt, StmtKind, Unroll, Var, WeightRange};

impl<'a> Lower<'a> {
    /// Lowers a block of the tile program into the innermost scope.
    pub(crate) fn block(&mut self, block: &'a Block) -> Result<()> {
        for op in &block.ops {
            self.loc = op.loc.clone();
            self.op(op)?;
        }
        Ok(())
    }

    fn op(&mut self, op: &'a Op) -> Result<()> {
        match &op.kind {
            OpKind::ProgramId(axis) => {
                self.define(op, Expr::Builtin(Builtin::Program(*axis)), Scalar::I32);
                Ok(())
            }
            OpKind::NumPrograms(axis) => {
                let programs = Expr::int(self.kernel.grid[axis.index()] as u32);
                self.define(op, programs, Scalar::I32);
                Ok(())
            }
            OpKind::LoadScalar { view, indices } => {
                let Some(result) = op.result() else { return self.broken("a load without a result") };
                let ex = self.load_scalar(result, *view, indices)?;
                let own = ex.expr.scalar(&self.out);
                self.define(op, ex.expr, own);
                Ok(())
            }
            OpKind::Store { view, value, indices, mask, in_bounds } => {
                self.store(&TileStore { view: *view, value: *value, indices, mask: *mask, in_bounds })
            }
            OpKind::StoreScalar { view, value, indices } => self.store_scalar(*view, *value, indices),
            OpKind::Reduce { .. } | OpKind::Contract { .. } => self.reduction(op),
            OpKind::For { lower, upper, step, init, body } => self.for_loop(op, [*lower, *upper, *step], init, body),
            OpKind::While { init, before, cond, after } => self.while_loop(op, init, before, *cond, after),
            OpKind::If { cond, then, otherwise } => self.branch(op, *cond, then, otherwise),
            OpKind::Constant(_)
            | OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Gather { .. } => self.pure(op),
        }
    }

    /// An operation without effects: a scalar is computed now, a tile if it is kept.
    fn pure(&mut self, op: &'a Op) -> Result<()> {
        let Some(result) = op.result() else { return self.broken("an operation without a result") };
        if self.kernel.ty(result).is_scalar() {
            if let OpKind::Constant(_) = op.kind {
                return Ok(());
            }
            let ex = self.nest(|lower| lower.eval(result, &[]))?;
            let own = ex.expr.scalar(&self.out);
            self.define(op, ex.expr, own);
            return Ok(());
        }
        match self.plans[result.index()] {
            Plan::Virtual => Ok(()),
            Plan::Keep(layout) => {
                let layout = self.leaf_layout(result).unwrap_or(layout);
                self.keep(result, layout)
            }
            Plan::Shared => match self.facts.copies.get(&result) {
                Some(range) => {
                    self.receive(result, range);
                    Ok(())
                }
                None => self.share(result),
            },
        }
    }

    /// Takes a tile where the copy ahead puts it.
    fn receive(&mut self, result: Value, range: &WeightRange) {
        let ty = self.kernel.ty(result);
        let (elem, count) = (ty.elem, ty.shape.count());
        self.shared_tiles.push(SharedTile { value: result, bytes: range.bytes, loc: self.loc.clone() });
        let name = self.name(result);
        let to = self.shared(&name, elem, count);
        if let Some(early) = &mut self.out.early {
            early.copies.push(EarlyCopy { from: range.clone(), to });
        }
        self.storage[result.index()] = Storage::Shared(to);
    }

    /// Gives a scalar its expression, by name if it is not one already.
    fn define(&mut self, op: &Op, expr: Expr, own: Scalar) {
        let Some(result) = op.result() else { return };
        let scalar = self.scalar(result);
        let expr = resize(expr, own, scalar, self.signed(result));
        let depth = self.depth();
        let simple = matches!(
            expr,
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Param(_) | Expr::Builtin(_)
        );
        let expr = if simple {
            expr
        } else {
            let name = self.name(result);
            let var = self.var(&name, scalar, None);
            self.push(StmtKind::Let { var, value: expr });
            Expr::Var(var)
        };
        self.storage[result.index()] = Storage::Scalar(expr, depth);
    }

    fn for_loop(
        &mut self,
        op: &'a Op,
        [lower, upper, step]: [Value; 3],
        init: &[Value],
        body: &'a Block,
    ) -> Result<()> {
        let Some((&induction, args)) = body.args.split_first() else {
            return self.broken("a loop without an induction variable");
        };
        let running = self.start_running(init, body)?;
        let others = |values: &[Value]| -> Vec<Value> {
            let carried = values.iter().enumerate();
            carried.filter(|(i, _)| running.iter().all(|one| one.index != *i)).map(|(_, value)| *value).collect()
        };
        let args = &others(args);
        self.start_carried(args, &others(init))?;
        let scalar = self.scalar(induction).max(self.scalar(lower));
        let bounds = [lower, upper, step].map(|value| -> Result<Expr> {
            let ex = self.eval(value, &[])?;
            let own = ex.expr.scalar(&self.out);
            Ok(resize(ex.expr, own, scalar, self.signed(value)))
        });
        let [lower, upper, step] = bounds;
        let (lower, upper, step) = (lower?, upper?, step?);
        let name = self.name_or(induction, "i");
        let var = self.var(&name, scalar, None);
        self.loops.insert(var);
        let floor = self.floor;
        self.scopes.push(Scope::default());
        self.floor = self.depth();
        let range = self.analysis.range(induction);
        let (lo, hi, by) = range.map_or((i64::MIN, i64::MAX, 1), |range| (range.lo(), range.hi(), range.step()));
        let multiple = if by > 0 && lo % by as i64 == 0 { by as i64 } else { 1 };
        let depth = self.depth();
        let wide = scalar == Scalar::I64;
        self.storage[induction.index()] =
            Storage::Scalar(resize(Expr::Var(var), scalar, self.scalar(induction), self.signed(induction)), depth);
        let leaf = Leaf { expr: Expr::Var(var), lo, hi, multiple, depth, slot: false, wide };
        self.sums[induction.index()] = Some(self.atoms.leaf(leaf));
        self.block(body)?;
        self.next_carried(args, &others(&body.yields))?;
        self.floor = floor;
        let body = self.close();
        self.loc = op.loc.clone();
        self.push(StmtKind::For { var, lower, upper, step, unroll: Unroll::No, body });
        self.results(&others(&op.results), args);
        self.finish_running(&running, &op.results)
    }

    fn close(&mut self) -> Vec<Stmt> {
        self.scopes.pop().map(|scope| scope.stmts).unwrap_or_default()
    }

    /// The results of a statement live where the carried values do.
    fn results(&mut self, results: &[Value], from: &[Value]) {
        let depth = self.depth();
        for (&result, &arg) in results.iter().zip(from) {
            let storage = match self.storage[arg.index()].clone() {
                Storage::Scalar(expr, _) => {
                    let scalar = expr.scalar(&self.out);
                    Storage::Scalar(resize(expr, scalar, self.scalar(result), self.signed(result)), depth)
                }
                other => other,
            };
            self.storage[result.index()] = storage;
        }
    }

    /// Declares a value that changes: a variable, registers, or shared memory.
    fn declare_carried(&mut self, value: Value, scalar: Scalar) -> Result<()> {
        let name = self.name(value);
        if self.kernel.ty(value).is_scalar() {
            let var = self.declare(&name, scalar, 1, None);
            let depth = self.depth();
            self.storage[value.index()] = Storage::Scalar(Expr::Var(var), depth);
            return Ok(());
        }
        match self.plans[value.index()] {
            Plan::Keep(layout) => {
                let var = self.declare_tile(&name, scalar, layout);
                self.storage[value.index()] = Storage::Registers(var, layout);
                Ok(())
            }
            Plan::Shared => {
                let shared = self.shared_for(value);
                self.storage[value.index()] = Storage::Shared(shared);
                Ok(())
            }
            Plan::Virtual => self.broken("a carried tile has no place"),
        }
    }

    fn start_carried(&mut self, args: &[Value], init: &[Value]) -> Result<()> {
        for (&arg, &init) in args.iter().zip(init) {
            let scalar = self.scalar(arg).max(self.scalar(init));
            self.declare_carried(arg, scalar)?;
            if !self.start_constant(arg, init) {
                self.assign(arg, init)?;
            }
        }
        Ok(())
    }

    /// Declares registers with the constant they start from, if it is one.
    fn start_constant(&mut self, arg: Value, init: Value) -> bool {
        let Storage::Registers(var, _) = self.storage[arg.index()] else { return false };
        let Some(OpKind::Constant(tile_ir::Literal::Splat(number))) = self.facts.defs[init.index()].map(|op| &op.kind)
        else {
            return false;
        };
        let number = super::eval::number(self.out.var(var).scalar, *number);
        let declared = self.scopes.last_mut().and_then(|scope| scope.stmts.last_mut()).map(|stmt| &mut stmt.kind);
        match declared {
            Some(StmtKind::Declare { var: last, init }) if *last == var => {
                *init = Some(number);
                true
            }
            Some(_) | None => false,
        }
    }

    /// `to = from`.
    fn assign(&mut self, to: Value, from: Value) -> Result<()> {
        match self.storage[to.index()].clone() {
            Storage::Scalar(Expr::Var(var), _) => {
                let ex = self.nest(|lower| lower.eval(from, &[]))?;
                let (own, scalar) = (ex.expr.scalar(&self.out), self.out.var(var).scalar);
                let value = resize(ex.expr, own, scalar, self.signed(from));
                self.push(StmtKind::Assign { var, index: None, value });
                Ok(())
            }
            Storage::Registers(var, layout) => self.assign_tile(from, to, var, layout),
            Storage::Shared(shared) => {
                // All threads read the old tile before any writes the new one.
                let name = self.name(to);
                let (var, layout) = self.temporary(from, &name, shared)?;
                self.write_shared(shared, var, layout)
            }
            Storage::Scalar(..) | Storage::Strided(..) | Storage::None => self.broken("a carried value has no place"),
        }
    }

    /// Copies a tile from registers into shared memory.
    fn write_shared(&mut self, shared: crate::ir::Shared, var: Var, layout: super::layout::Layout) -> Result<()> {
        let memory = Memory::Shared(shared);
        let elem = self.out.memory_elem(memory);
        let single = self.single_writer(layout);
        let array = self.out.var(var).len.is_some();
        let owner = Some(self.new_owner());
        self.nest(|lower| {
            lower.guarded(single, |lower| {
                lower.cells(layout, true, &mut |lower, cell| {
                    let cell = cell.clone();
                    lower.write_cell(layout, &cell, elem, memory, owner, &mut |lower, linear| {
                        let first = lower.cell_linear(layout, &cell, &super::index::Ix::default());
                        let minus = lower.atoms.scale(&first, -1);
                        let v = lower.atoms.add(linear, &minus);
                        let slot = lower.atoms.add(&cell.slot, &v);
                        let index = lower.index(&slot, Scalar::I32).expr;
                        Ok(if array { Expr::Element(var, Box::new(index)) } else { Expr::Var(var) })
                    })
                })
            })
        })
    }

    /// A tile in new registers, as wide as the shared memory that it will be written to.
    fn temporary(
        &mut self,
        value: Value,
        name: &str,
        shared: crate::ir::Shared,
    ) -> Result<(Var, super::layout::Layout)> {
        let layout = self.leaf_layout(value).unwrap_or_else(|| self.facts.spread(value));
        // It may be wider than the value: it holds the start value as well.
        let scalar = Scalar::of(self.out.memory_elem(Memory::Shared(shared)));
        let var = self.declare_tile(&format!("next_{name}"), scalar, layout);
        self.assign_tile(value, value, var, layout)?;
        Ok((var, layout))
    }

    /// Gives carried values their next ones, as if at once.
    fn next_carried(&mut self, args: &[Value], yields: &[Value]) -> Result<()> {
        let pairs: Vec<(Value, Value)> =
            args.iter().copied().zip(yields.iter().copied()).filter(|(arg, yielded)| arg != yielded).collect();
        let mut scalars: Vec<(Value, Var)> = Vec::new();
        for &(arg, yielded) in &pairs {
            let others: Vec<Value> = args.iter().copied().filter(|other| *other != arg).collect();
            if !self.reaches(yielded, &others) {
                continue;
            }
            // Another carried value is read: this must happen before that one changes.
            if self.kernel.ty(yielded).is_scalar() {
                let ex = self.nest(|lower| lower.eval(yielded, &[]))?;
                let scalar = ex.expr.scalar(&self.out);
                let var = self.var(&format!("next_{}", self.name(arg)), scalar, None);
                self.push(StmtKind::Let { var, value: ex.expr });
                scalars.push((arg, var));
            } else if let Storage::Registers(to, layout) = self.storage[arg.index()].clone() {
                let scalar = self.out.var(to).scalar;
                let var = self.declare_tile(&format!("next_{}", self.name(arg)), scalar, layout);
                self.assign_tile(yielded, arg, var, layout)?;
                self.staged.push((arg, var, layout));
            } else if let Storage::Shared(shared) = self.storage[arg.index()] {
                let (var, layout) = self.temporary(yielded, &self.name(arg), shared)?;
                self.staged.push((arg, var, layout));
            }
        }
        for (arg, yielded) in pairs {
            let scalar = scalars.iter().find(|(to, _)| *to == arg).map(|(_, from)| *from);
            if let (Some(from), Storage::Scalar(Expr::Var(var), _)) = (scalar, self.storage[arg.index()].clone()) {
                let (own, to) = (self.out.var(from).scalar, self.out.var(var).scalar);
                let value = resize(Expr::Var(from), own, to, self.signed(yielded));
                self.push(StmtKind::Assign { var, index: None, value });
                continue;
            }
            let staged = self.staged.iter().position(|(to, ..)| *to == arg).map(|at| self.staged.swap_remove(at));
            match (staged, self.storage[arg.index()].clone()) {
                (Some((_, from, layout)), Storage::Shared(shared)) => self.write_shared(shared, from, layout)?,
                (Some((_, from, layout)), Storage::Registers(to, _)) => {
                    let array = self.out.var(to).len.is_some();
                    self.elements(arg, layout, true, &mut |lower, _, slot| {
                        let index = if array { Some(lower.index(slot, Scalar::I32).expr) } else { None };
                        let value = match &index {
                            Some(index) => Expr::Element(from, Box::new(index.clone())),
                            None => Expr::Var(from),
                        };
                        lower.push(StmtKind::Assign { var: to, index, value });
                        Ok(())
                    })?;
                }
                (_, _) => self.assign(arg, yielded)?,
            }
        }
        Ok(())
    }

    /// Whether computing `value` reads one of `targets`.
    fn reaches(&self, value: Value, targets: &[Value]) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        let mut queue = vec![value];
        while let Some(value) = queue.pop() {
            if targets.contains(&value) {
                return true;
            }
            let computed = match &self.storage[value.index()] {
                Storage::None => true,
                // A scalar may be another name of a carried one.
                Storage::Scalar(expr, _) => {
                    let same = |target: &Value| matches!(&self.storage[target.index()], Storage::Scalar(other, _) if other == expr);
                    if targets.iter().any(same) {
                        return true;
                    }
                    false
                }
                // Sums of a product that is done change no more.
                Storage::Strided(..) => false,
                Storage::Registers(var, _) => {
                    let same = |target: &Value| matches!(&self.storage[target.index()], Storage::Registers(other, _) if other == var);
                    if targets.iter().any(same) {
                        return true;
                    }
                    false
                }
                Storage::Shared(shared) => {
                    let same = |target: &Value| matches!(&self.storage[target.index()], Storage::Shared(other) if other == shared);
                    if targets.iter().any(same) {
                        return true;
                    }
                    false
                }
            };
            if computed && seen.insert(value) {
                queue.extend(self.facts.defs[value.index()].map(|op| op.kind.operands()).unwrap_or_default());
            }
        }
        false
    }

    fn while_loop(
        &mut self,
        op: &'a Op,
        init: &[Value],
        before: &'a Block,
        cond: Value,
        after: &'a Block,
    ) -> Result<()> {
        self.start_carried(&before.args, init)?;
        for (&result, &yielded) in op.results.iter().zip(&before.yields) {
            let scalar = self.scalar(result).max(self.scalar(yielded));
            self.declare_carried(result, scalar)?;
        }
        let floor = self.floor;
        self.scopes.push(Scope::default());
        self.floor = self.depth();
        self.block(before)?;
        for (&result, &yielded) in op.results.iter().zip(&before.yields) {
            self.assign(result, yielded)?;
        }
        let condition = self.eval(cond, &[])?.expr;
        let start = self.scopes.last_mut().map(|scope| std::mem::take(&mut scope.stmts)).unwrap_or_default();
        // The body sees what was yielded through the results, which do not change before the next round.
        self.results(&after.args, &op.results);
        let depth = self.depth();
        for &arg in &after.args {
            if let Storage::Scalar(expr, _) = self.storage[arg.index()].clone() {
                self.storage[arg.index()] = Storage::Scalar(expr, depth);
            }
        }
        self.block(after)?;
        self.next_carried(&before.args, &after.yields)?;
        self.floor = floor;
        let body = self.close();
        self.loc = op.loc.clone();
        self.push(StmtKind::While { before: start, condition, body });
        Ok(())
    }

    fn branch(&mut self, op: &'a Op, cond: Value, then: &'a Block, otherwise: &'a Block) -> Result<()> {
        for (&result, &yielded) in op.results.iter().zip(&then.yields) {
            let scalar = self.scalar(result).max(self.scalar(yielded));
            self.declare_carried(result, scalar)?;
        }
        let ex = self.eval(cond, &[])?;
        let var = self.var("taken", Scalar::Bool, None);
        self.push(StmtKind::Let { var, value: ex.expr });
        self.conditions.insert(var);
        let mut blocks = Vec::new();
        for block in [then, otherwise] {
            let floor = self.floor;
            self.scopes.push(Scope::default());
            self.floor = self.depth();
            self.block(block)?;
            for (&result, &yielded) in op.results.iter().zip(&block.yields) {
                self.assign(result, yielded)?;
            }
            self.floor = floor;
            blocks.push(self.close());
        }
        let otherwise = blocks.pop().unwrap_or_default();
        let then = blocks.pop().unwrap_or_default();
        self.loc = op.loc.clone();
        self.push(StmtKind::If { condition: Expr::Var(var), then, otherwise });
        Ok(())
    }
}
