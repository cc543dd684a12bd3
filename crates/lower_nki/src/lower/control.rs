//! Loops and branches.
//!
//! Loops with known bounds are loops of the compiler, in parts that are alike; those of which there would be too many instructions, and
//! those with bounds of the run, are loops of the run. A branch is a loop that runs once or not at all. Tiles that a loop carries have a
//! place of their own, into which the next ones are copied at the end of each turn.

use tile_ir::{Block, Op, OpKind, Value};

use super::calc::{Arg, Size};
use super::plan::LoopKey;
use super::state::{Active, Fail, Lower, Result};
use super::values::{FormsId, Origin, Val, natural};
use crate::ir::{Alu, Bound, Dtype, Expr, Instr, Number, Operand, Span, StmtKind, TileSpace};
use crate::limits::PARTITIONS;

/// A place of a carried tile.
#[derive(Clone, Debug)]
struct Carried {
    span: Span,
    count: u64,
    name: String,
}

/// A loop with bounds of the compiler.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) key: LoopKey,
    pub(super) name: String,
    pub(super) lower: Expr,
    pub(super) upper: Expr,
    pub(super) step: i64,
}

impl Lower<'_> {
    /// A place for a value of this type, that begins with `init`.
    fn carry(&mut self, value: Value, init: Option<&Val>) -> Result<Carried> {
        let ty = self.ty(value);
        let (count, dtype, name) = (
            ty.shape.count(),
            Dtype::held(ty.elem),
            self.name_of(value, if ty == tile_ir::Type::INDEX { "i" } else { "carried" }),
        );
        let parts = match init {
            _ if count == 1 => PARTITIONS,
            Some(Val::Tile(id)) => self.choose_parts(&[*id], &ty.shape),
            Some(Val::Int(_) | Val::Float(_)) | None => natural(&ty.shape),
        };
        let size = Size { parts, free: if count == 1 { 1 } else { count / parts } };
        let innermost = self.innermost();
        self.at_level(innermost, |lower| {
            let span = lower.tile(&name, TileSpace::Sbuf, dtype, parts, size.free);
            if let Some(init) = init {
                lower.put_into(&span, init, size)?;
            }
            Ok(Carried { span, count, name })
        })
    }

    fn put_into(&mut self, span: &Span, val: &Val, size: Size) -> Result<()> {
        match self.arg(val, size)? {
            Arg::Span(from) if from == *span => {}
            Arg::Span(from) => self.copy(span, &from)?,
            Arg::Float(x) => self.emit(Instr::Fill { dst: span.clone(), value: Number::Float(x) }),
            Arg::Int(n) => self.emit(Instr::Fill { dst: span.clone(), value: Number::Int(n) }),
        }
        Ok(())
    }

    /// What is in a place now, as a value of the innermost block.
    fn carried_val(&mut self, carried: &Carried) -> Result<Val> {
        let innermost = self.innermost();
        self.at_level(innermost, |lower| {
            let dtype = lower.dtype(&carried.span);
            let list = vec![carried.span.clone()];
            Ok(Val::Tile(lower.new_forms(&carried.name, dtype, carried.count, Origin::Forms, list)))
        })
    }

    /// Puts the next values into their places, all at once.
    fn update(&mut self, places: &[Carried], values: &[Value]) -> Result<()> {
        let innermost = self.innermost();
        self.at_level(innermost, |lower| {
            let mut next = Vec::new();
            for (place, &value) in places.iter().zip(values) {
                let size = Size { parts: place.span.parts, free: place.span.free() };
                let val = lower.value(value)?;
                let mut arg = lower.arg(&val, size)?;
                if let Arg::Span(span) = &arg
                    && *span != place.span
                    && places.iter().any(|other| other.span.tile == span.tile)
                {
                    arg = Arg::Span(lower.contiguous(span)?);
                }
                next.push(arg);
            }
            for (place, arg) in places.iter().zip(next) {
                match arg {
                    Arg::Span(span) if span == place.span => {}
                    Arg::Span(span) => lower.copy(&place.span, &span)?,
                    Arg::Float(x) => lower.emit(Instr::Fill { dst: place.span.clone(), value: Number::Float(x) }),
                    Arg::Int(n) => lower.emit(Instr::Fill { dst: place.span.clone(), value: Number::Int(n) }),
                }
            }
            Ok(())
        })
    }

    /// A loop with known bounds, in parts that are alike. `f` lowers a turn.
    pub(super) fn counted(
        &mut self,
        counted: &Counted,
        f: &mut dyn FnMut(&mut Self, Expr) -> Result<()>,
    ) -> Result<()> {
        let Counted { key, name, lower, upper, step } = counted;
        let turns = match (lower.as_int(), upper.as_int()) {
            (Some(first), Some(end)) => Some(if end > first { (end - first + step - 1) / step } else { 0 }),
            (_, _) => None,
        };
        let cuts: Vec<i64> = self.plan.cuts.get(key).into_iter().flatten().copied().collect();
        let Some(turns) = turns else {
            return self.part(counted, lower.clone(), upper.clone(), 0, false, name, f);
        };
        let mut edges = vec![0];
        edges.extend(cuts.into_iter().filter(|cut| (1..turns).contains(cut)));
        edges.push(turns);
        let first = lower.as_int().unwrap_or(0);
        for pair in edges.windows(2).filter(|pair| pair[0] < pair[1]) {
            let (from, to) = (first + pair[0] * step, first + pair[1] * step);
            if pair[1] - pair[0] == 1 {
                f(self, Expr::Int(from))?;
                continue;
            }
            let to = to.min(upper.as_int().unwrap_or(to));
            let at_run_time = self.plan.at_run_time.contains(key);
            self.part(counted, Expr::Int(from), Expr::Int(to), pair[0], at_run_time, name, f)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one call for each way of a loop")]
    fn part(
        &mut self,
        counted: &Counted,
        lower: Expr,
        upper: Expr,
        turn: i64,
        at_run_time: bool,
        name: &str,
        f: &mut dyn FnMut(&mut Self, Expr) -> Result<()>,
    ) -> Result<()> {
        let (key, step) = (counted.key, counted.step);
        let var = self.var(name);
        self.starts.insert(var, turn);
        let innermost = self.innermost();
        let counter = if at_run_time {
            let counter = self.at_level(innermost, |this| {
                let counter = this.tile(name, TileSpace::Sbuf, Dtype::I32, PARTITIONS, 1);
                this.emit(Instr::Fill { dst: counter.clone(), value: Number::Of(lower.clone()) });
                Ok(counter)
            })?;
            Some(counter)
        } else {
            None
        };
        let level = innermost + 1;
        self.loops.push(Active {
            key,
            var,
            lower: lower.clone(),
            upper: upper.clone(),
            step,
            level,
            counter: counter.clone(),
        });
        let before = self.current;
        self.current = innermost;
        let body = self.inside(|this| {
            f(this, Expr::Var(var))?;
            match &counter {
                Some(counter) => this.advance(counter, step),
                None => Ok(()),
            }
        });
        self.current = innermost;
        self.loops.pop();
        let body = body?;
        if body.iter().all(|stmt| matches!(stmt.kind, StmtKind::Declare(_) | StmtKind::Release(_))) {
            self.current = before;
            return Ok(());
        }
        if counter.is_some() {
            self.put(StmtKind::Repeat { lower: Bound::Known(lower), upper: Bound::Known(upper), step, body });
        } else {
            self.put(StmtKind::For { var, lower, upper, step, body });
        }
        self.current = before;
        Ok(())
    }

    /// The next number of a loop of the run.
    fn advance(&mut self, counter: &Span, step: i64) -> Result<()> {
        let by = self.constant(Dtype::I32, Number::Int(step))?;
        self.binary(Alu::Add, counter, counter, &by, true)
    }

    pub(super) fn for_op(&mut self, op: &Op) -> Result<()> {
        let OpKind::For { lower, upper, step, init, body } = &op.kind else { return self.broken("no loop") };
        let Some((&induction, args)) = body.args.split_first() else { return self.broken("a loop without a variable") };
        let step = match self.value(*step)? {
            Val::Int(expr) => self.decide(&[&expr], |values| values[0])?,
            Val::Tile(_) | Val::Float(_) => {
                return self.refuse(op, self.ty(*step).elem, "use a step that is a constant");
            }
        };
        if step <= 0 {
            return self.broken("a step that is not positive");
        }
        let mut places = Vec::new();
        for (&arg, &init) in args.iter().zip(init) {
            let init = self.value(init)?;
            places.push(self.carry(arg, Some(&init))?);
        }
        let turn = |this: &mut Self, induction_val: Val| {
            this.set(induction, induction_val);
            for (place, &arg) in places.iter().zip(args) {
                let val = this.carried_val(place)?;
                this.set(arg, val);
            }
            this.block(body)?;
            this.update(&places, &body.yields)
        };
        match (self.value(*lower)?, self.value(*upper)?) {
            (Val::Int(from), Val::Int(to)) if !self.counts_at_run_time(&from) && !self.counts_at_run_time(&to) => {
                let name = self.name_of(induction, "i");
                let counted = Counted { key: LoopKey::For(induction), name, lower: from, upper: to, step };
                self.counted(&counted, &mut |this, expr| turn(this, Val::Int(expr)))?;
            }
            (from, to) => {
                let (counter, bounds) = self.run_bounds(induction, &from, &to)?;
                let innermost = self.innermost();
                let before = std::mem::replace(&mut self.current, innermost);
                let inner = self.inside(|this| {
                    let val = this.carried_val(&counter)?;
                    turn(this, val)?;
                    this.advance(&counter.span, step)
                })?;
                let [lower, upper] = bounds;
                self.put(StmtKind::Repeat { lower, upper, step, body: inner });
                self.current = before;
            }
        }
        for (place, &result) in places.iter().zip(&op.results) {
            let val = self.carried_val(place)?;
            self.set(result, val);
        }
        Ok(())
    }

    /// What counts in a loop of the run, and its bounds.
    fn run_bounds(&mut self, induction: Value, from: &Val, to: &Val) -> Result<(Carried, [Bound; 2])> {
        let mut bounds = Vec::new();
        for val in [from, to] {
            bounds.push(match val {
                Val::Int(expr) if !self.counts_at_run_time(expr) => Bound::Known(expr.clone()),
                Val::Int(expr) => Bound::Loaded(Span { parts: 1, ..self.int_column(expr, Dtype::I32)? }),
                Val::Tile(id) => Bound::Loaded(Span { dims: vec![(1, 1)], ..self.form(*id, 1)? }),
                Val::Float(_) => return self.broken("a bound that is a float"),
            });
        }
        let counter = self.carry(induction, Some(from))?;
        match <[Bound; 2]>::try_from(bounds) {
            Ok(bounds) => Ok((counter, bounds)),
            Err(_) => self.broken("two bounds"),
        }
    }

    /// A condition of the run as an integer that nothing changes.
    fn condition(&mut self, id: FormsId) -> Result<Span> {
        let innermost = self.innermost();
        self.at_level(innermost, |lower| {
            let mask = lower.form(id, PARTITIONS)?;
            let dst = lower.tile("condition", TileSpace::Sbuf, Dtype::I32, PARTITIONS, 1);
            lower.emit(Instr::Copy { dst: dst.clone(), src: Span { dims: vec![(1, 1)], ..mask } });
            Ok(dst)
        })
    }

    /// A block that runs once if `condition` is 1, never if it is 0.
    fn when(&mut self, condition: &Span, f: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let innermost = self.innermost();
        let before = std::mem::replace(&mut self.current, innermost);
        let body = self.inside(f)?;
        if !body.is_empty() {
            let upper = Bound::Loaded(Span { parts: 1, ..condition.clone() });
            self.put(StmtKind::Repeat { lower: Bound::Known(Expr::Int(0)), upper, step: 1, body });
        }
        self.current = before;
        Ok(())
    }

    pub(super) fn if_op(&mut self, op: &Op) -> Result<()> {
        let OpKind::If { cond, then, otherwise } = &op.kind else { return self.broken("no branch") };
        let id = match self.value(*cond)? {
            Val::Int(expr) => {
                let holds = self.decide(&[&expr], |values| values[0] & 1)? != 0;
                let branch = if holds { then } else { otherwise };
                self.block(branch)?;
                for (&result, &value) in op.results.iter().zip(&branch.yields) {
                    let val = self.value(value)?;
                    self.set(result, val);
                }
                return Ok(());
            }
            Val::Tile(id) => id,
            Val::Float(_) => return self.broken("a condition that is a float"),
        };
        let condition = self.condition(id)?;
        let mut places = Vec::new();
        for &result in &op.results {
            places.push(self.carry(result, None)?);
        }
        let innermost = self.innermost();
        let other = self.at_level(innermost, |lower| {
            let other = lower.tile("otherwise", TileSpace::Sbuf, Dtype::I32, PARTITIONS, 1);
            lower.scalar(Alu::Subtract, &other, &condition, Operand::Number(Number::Float(1.0)), true)?;
            Ok(other)
        })?;
        for (condition, branch) in [(&condition, then), (&other, otherwise)] {
            self.when(condition, |lower| {
                lower.block(branch)?;
                lower.update(&places, &branch.yields)
            })?;
        }
        for (place, &result) in places.iter().zip(&op.results) {
            let val = self.carried_val(place)?;
            self.set(result, val);
        }
        Ok(())
    }

    pub(super) fn while_op(&mut self, op: &Op) -> Result<()> {
        let OpKind::While { init, before, cond, after } = &op.kind else { return self.broken("no loop") };
        let mut places = Vec::new();
        for (&arg, &init) in before.args.iter().zip(init) {
            let init = self.value(init)?;
            places.push(self.carry(arg, Some(&init))?);
        }
        let mut results = Vec::new();
        for &result in &op.results {
            results.push(self.carry(result, None)?);
        }
        let innermost = self.innermost();
        let outside = std::mem::replace(&mut self.current, innermost);
        let again = self.tile("again", TileSpace::Sbuf, Dtype::I32, PARTITIONS, 1);
        let body = self.inside(|lower| {
            for (place, &arg) in places.iter().zip(&before.args) {
                let val = lower.carried_val(place)?;
                lower.set(arg, val);
            }
            lower.block(before)?;
            lower.update(&results, &before.yields)?;
            match lower.value(*cond)? {
                Val::Int(expr) => {
                    let holds = lower.decide(&[&expr], |values| values[0] & 1)?;
                    lower.emit(Instr::Fill { dst: again.clone(), value: Number::Int(holds) });
                }
                Val::Tile(id) => {
                    let mask = lower.form(id, PARTITIONS)?;
                    lower.emit(Instr::Copy { dst: again.clone(), src: Span { dims: vec![(1, 1)], ..mask } });
                }
                Val::Float(_) => return lower.broken("a condition that is a float"),
            }
            for (&arg, &value) in after.args.iter().zip(&before.yields) {
                let val = lower.value(value)?;
                lower.set(arg, val);
            }
            lower.when(&again.clone(), |lower| {
                lower.block(after)?;
                lower.update(&places, &after.yields)
            })
        })?;
        self.put(StmtKind::While { body, again: Span { parts: 1, ..again } });
        self.current = outside;
        for (place, &result) in results.iter().zip(&op.results) {
            let val = self.carried_val(place)?;
            self.set(result, val);
        }
        Ok(())
    }

    pub(super) fn block(&mut self, block: &Block) -> Result<()> {
        block.ops.iter().try_for_each(|op| self.op(op))
    }

    fn op(&mut self, op: &Op) -> Result<()> {
        if let [result] = op.results[..]
            && self.values[result.index()].is_some()
            && self.invariant.contains(&result)
        {
            return Ok(());
        }
        let loc = std::mem::replace(&mut self.loc, op.loc.clone());
        let innermost = self.innermost();
        let before = std::mem::replace(&mut self.current, innermost);
        let result = self.op_here(op);
        self.current = before;
        self.loc = loc;
        result
    }

    fn op_here(&mut self, op: &Op) -> Result<()> {
        let val = match &op.kind {
            OpKind::ProgramId(axis) => Val::Int(self.program[axis.index()].clone()),
            OpKind::NumPrograms(axis) => Val::Int(Expr::from(self.kernel.grid[axis.index()])),
            OpKind::Constant(literal) => self.constant_op(op, literal)?,
            OpKind::Unary(kind, x) => self.unary_op(op, *kind, *x)?,
            OpKind::Binary(kind, a, b) => self.binary_op(op, *kind, *a, *b)?,
            OpKind::Fma(x, y, z) => self.fma_op(op, [*x, *y, *z])?,
            OpKind::Compare(predicate, a, b) => self.compare_op(op, *predicate, *a, *b)?,
            OpKind::Select { cond, on_true, on_false } => self.select_op(op, *cond, *on_true, *on_false)?,
            OpKind::Cast(kind, x) => self.cast_op(op, *kind, *x)?,
            OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. } => match self.shape_op(op)? {
                Some(val) => val,
                None => return self.broken("no operation that moves elements"),
            },
            OpKind::Reduce { op: kind, value, acc, dims } => self.reduce_op(op, *kind, *value, *acc, dims)?,
            OpKind::Contract { .. } => self.contract_op(op)?,
            OpKind::CreateMask { bounds } => return self.create_mask(op, bounds),
            OpKind::Load { .. } => self.load_op(op)?,
            OpKind::LoadScalar { view, indices } => self.load_scalar(op, *view, indices)?,
            OpKind::Gather { .. } => self.gather_op(op)?,
            OpKind::Store { .. } => return self.store_op(op),
            OpKind::StoreScalar { view, value, indices } => return self.store_scalar(op, *view, *value, indices),
            OpKind::For { .. } => return self.for_op(op),
            OpKind::While { .. } => return self.while_op(op),
            OpKind::If { .. } => return self.if_op(op),
        };
        match op.result() {
            Some(result) => self.set(result, val),
            None => return self.broken("an operation without a result"),
        }
        Ok(())
    }

    /// Programs, one after the other: along z, y, x.
    pub(super) fn programs(&mut self, axis: usize) -> Result<()> {
        let extent = self.kernel.grid[axis];
        let mut inner = |lower: &mut Self, at: Expr| {
            lower.program[axis] = at;
            match axis.checked_sub(1) {
                Some(next) => lower.programs(next),
                None => {
                    let kernel = lower.kernel;
                    lower.block(&kernel.body)
                }
            }
        };
        if extent == 1 {
            return inner(self, Expr::Int(0));
        }
        let name = if self.kernel.programs() == extent {
            "program".to_owned()
        } else {
            format!("program_{}", tile_ir::Axis::ALL[axis].name())
        };
        let upper = Expr::from(extent);
        let counted = Counted { key: LoopKey::Axis(axis), name, lower: Expr::Int(0), upper, step: 1 };
        self.counted(&counted, &mut inner)
    }

    pub(super) fn run(mut self) -> std::result::Result<crate::ir::Program, Fail> {
        self.scalars()?;
        self.take_snapshots()?;
        self.programs(2)?;
        let body = self.blocks.pop().unwrap_or_default();
        self.check_numbers(&body)?;
        self.out.body = body;
        Ok(self.out)
    }
}
