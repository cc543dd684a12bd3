//! The cut.

use std::collections::{BTreeMap, BTreeSet};

use lower_dma::Error;
use lower_dma::ir::{Copy, CoreKernel, Expr, Scalar, Stmt, StmtKind, Var, VarData};
use tile_ir::{Access, Elem, Loc, ViewId};

use super::exprs::{add, div, multiple};
use super::flows::{self, Flow};
use super::known::Known;
use super::needed::{defines, needed};
use super::transfer::{Count, Transfer};
use super::{Amount, Function, HostRead, Item, Local, Move, Plan, Turns, Work, moves};
use crate::limits::WORD;

/// Most bytes of a view that elements are picked out of while it streams by.
const PICKED_BYTES: u64 = 1 << 18;

/// Most elements that a host reads for one kernel (source: the manifest's limit).
const HOST_READS: usize = 64;

/// Cuts a kernel.
pub(super) fn build(kernel: &CoreKernel) -> Result<Plan> {
    let mut kernel = kernel.clone();
    unordered(&mut kernel.body);
    let kernel = &kernel;
    let known = Known::new(kernel);
    let needed = needed(kernel, &known);
    let mut build = Build {
        kernel: kernel.clone(),
        known,
        needed,
        multiples: BTreeMap::new(),
        functions: Vec::new(),
        open: Vec::new(),
        transfers: Vec::new(),
        turns: 0,
        reads: BTreeSet::new(),
        drained: BTreeMap::new(),
        loops: Vec::new(),
        follows: BTreeMap::new(),
        edge_rows: 0,
    };
    let mut out = Sides::default();
    let stmts = build.kernel.body.clone();
    build.block(&stmts, None, &mut out)?;
    build.close(&mut out.work);
    build.finish(out.work, out.moves)
}

/// Leaves out what orders pipes: FIFOs order everything.
fn unordered(block: &mut Vec<Stmt>) {
    block.retain(|stmt| {
        !matches!(
            stmt.kind,
            StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence
        )
    });
    block.iter_mut().flat_map(Stmt::blocks_mut).for_each(unordered);
}

struct Build {
    kernel: CoreKernel,
    known: Known,
    needed: BTreeSet<Var>,
    /// What variables are multiples of.
    multiples: BTreeMap<Var, u64>,
    functions: Vec<Function>,
    /// What the function has that is being put together.
    open: Vec<Item>,
    transfers: Vec<Transfer>,
    turns: usize,
    reads: BTreeSet<HostRead>,
    /// Copies that may have been drained to a view when a statement runs.
    drained: BTreeMap<ViewId, BTreeSet<usize>>,
    /// Variables of the loops around, whose turns move something.
    loops: Vec<Var>,
    /// Which variables of loops a variable follows from.
    follows: BTreeMap<Var, BTreeSet<Var>>,
    edge_rows: u64,
}

/// What a worker does, and what the sequence moves for it.
#[derive(Default)]
struct Sides {
    work: Vec<Work>,
    moves: Vec<Move>,
}

type Result<T> = std::result::Result<T, Error>;

impl Build {
    fn refuse<T>(&self, op: &str, view: ViewId, loc: &Loc, help: &str) -> Result<T> {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        Err(self.unsupported(op, elem, loc, help))
    }

    fn unsupported(&self, op: &str, elem: Elem, loc: &Loc, help: &str) -> Error {
        Error::Unsupported {
            target: crate::TARGET,
            kernel: self.kernel.name.clone(),
            op: op.to_owned(),
            elem,
            loc: loc.clone(),
            help: help.to_owned(),
        }
    }

    fn view(&self, view: ViewId) -> Result<tile_ir::View> {
        self.kernel.view(view).cloned().ok_or_else(|| Error::Broken {
            target: crate::TARGET,
            kernel: self.kernel.name.clone(),
            detail: format!("view {} does not exist", view.index()),
            loc: self.kernel.loc.clone(),
        })
    }

    /// Ends the function that is being put together.
    fn close(&mut self, body: &mut Vec<Work>) {
        if self.open.is_empty() {
            return;
        }
        let items = std::mem::take(&mut self.open);
        self.functions.push(Function { name: "step".to_owned(), items });
        body.push(Work::Call(self.functions.len() - 1));
    }

    /// Adds a statement to the function that is being put together, under a condition if there is one.
    fn put(&mut self, stmt: &Stmt, guard: Option<Var>) {
        let Some(guard) = guard else {
            if let Some(Item::Stmts(list)) = self.open.last_mut() {
                list.push(stmt.clone());
            } else {
                self.open.push(Item::Stmts(vec![stmt.clone()]));
            }
            return;
        };
        if let Some(Item::Stmts(list)) = self.open.last_mut()
            && let Some(Stmt { kind: StmtKind::If { condition: Expr::Var(own), then, .. }, .. }) = list.last_mut()
            && *own == guard
        {
            then.push(stmt.clone());
            return;
        }
        let kind = StmtKind::If { condition: Expr::Var(guard), then: vec![stmt.clone()], otherwise: Vec::new() };
        self.put(&Stmt { kind, loc: stmt.loc.clone() }, None);
    }

    fn block(&mut self, block: &[Stmt], guard: Option<Var>, out: &mut Sides) -> Result<()> {
        for stmt in block {
            self.stmt(stmt, guard, out)?;
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt, guard: Option<Var>, out: &mut Sides) -> Result<()> {
        self.note(stmt);
        match &stmt.kind {
            // There are none any more.
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => Ok(()),
            StmtKind::CopyIn(copy) => self.copy(copy, true, guard, &stmt.loc, out),
            StmtKind::CopyOut(copy) => self.copy(copy, false, guard, &stmt.loc, out),
            StmtKind::ReadGlobal { var, view, offset } => self.element(*var, *view, offset, guard, &stmt.loc, out),
            StmtKind::For { var, lower, upper, step, body: inner } if moves(stmt) => {
                let bounds = [lower, upper, step];
                if !bounds.iter().all(|bound| self.known.of(&self.kernel, bound)) {
                    return Err(self.unsupported(
                        "scf.for",
                        Elem::Index,
                        &stmt.loc,
                        "what a loop loads is moved for it by the host: let its bounds depend on parameters and constants",
                    ));
                }
                self.turn(*var, bounds, inner, guard, &stmt.loc, out)
            }
            StmtKind::While { .. } if moves(stmt) => Err(self.unsupported(
                "scf.while",
                Elem::I1,
                &stmt.loc,
                "what a loop loads is moved for it by the host: load before it, or count the turns",
            )),
            StmtKind::If { condition, then, otherwise } if moves(stmt) => {
                if self.known.of(&self.kernel, condition) {
                    self.branch(condition, then, otherwise, guard, out)
                } else {
                    self.both(condition, then, otherwise, guard, &stmt.loc, out)
                }
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::Write { .. }
            | StmtKind::Vector { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. } => {
                self.put(stmt, guard);
                self.scalar(stmt, &mut out.moves);
                Ok(())
            }
        }
    }

    /// Notes what a variable is a multiple of.
    fn note(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                let of = multiple(&self.multiples, value);
                self.multiples.insert(*var, of);
                let loops = self.follows_from(value);
                self.follows.insert(*var, loops);
            }
            StmtKind::For { var, lower, step, .. } => {
                let (first, by) = (multiple(&self.multiples, lower), multiple(&self.multiples, step));
                self.multiples.insert(*var, first.min(by));
                let mut loops = self.follows_from(lower);
                loops.insert(*var);
                self.follows.insert(*var, loops);
            }
            StmtKind::Assign { var, .. } => {
                self.multiples.remove(var);
            }
            StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }

    /// What of scalar code the sequence does too.
    fn scalar(&mut self, stmt: &Stmt, sequence: &mut Vec<Move>) {
        if !defines(stmt, &self.needed) {
            return;
        }
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Assign { var, value } if self.known.of(&self.kernel, value) => {
                sequence.push(Move::Set(*var, value.clone()));
            }
            StmtKind::Read { var, .. } | StmtKind::ReadGlobal { var, .. } => {
                if let Some(read) = self.known.reads.get(var) {
                    self.reads.insert(*read);
                    sequence.push(Move::Read(*var, *read));
                }
            }
            StmtKind::For { var, lower, upper, step, body } => {
                let mut inner = Vec::new();
                body.iter().for_each(|stmt| self.scalar(stmt, &mut inner));
                sequence.push(Move::For(*var, Box::new([lower.clone(), upper.clone(), step.clone()]), inner));
            }
            StmtKind::If { condition, then, otherwise } => {
                let mut sides = [Vec::new(), Vec::new()];
                for (side, block) in sides.iter_mut().zip([then, otherwise]) {
                    block.iter().for_each(|stmt| self.scalar(stmt, side));
                }
                let [then, otherwise] = sides;
                sequence.push(Move::If(condition.clone(), then, otherwise));
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }

    /// A loop whose turns move something.
    fn turn(
        &mut self,
        var: Var,
        bounds: [&Expr; 3],
        inner: &[Stmt],
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let [lower, upper, step] = bounds.map(Clone::clone);
        // What was drained in a turn comes before what the next one moves.
        for stmt in inner {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::CopyOut(copy) = &stmt.kind {
                    self.drained.entry(copy.view).or_default().insert(identity(copy));
                }
            });
        }
        let numbers = lower.as_int().zip(upper.as_int()).zip(step.as_int());
        let fixed = numbers.map(|((lower, upper), step)| {
            let span = upper.saturating_sub(lower).max(0).unsigned_abs();
            span.div_ceil(step.unsigned_abs().max(1))
        });
        let all = || Box::new([lower.clone(), upper.clone(), step.clone()]);
        let turns = match fixed {
            Some(turns) => Turns::Fixed(turns),
            None => {
                let slot = self.slot();
                self.open.push(Item::Turns(slot, Amount::Trips(all())));
                Turns::Computed(slot)
            }
        };
        self.open.push(Item::Bounds(var, all()));
        self.open.push(Item::Set(var, lower.clone(), loc.clone()));
        self.close(&mut out.work);
        let mut turn = Sides::default();
        self.loops.push(var);
        self.block(inner, guard, &mut turn)?;
        self.loops.pop();
        let next = Expr::Binary(tile_ir::BinaryOp::Add, Box::new(Expr::Var(var)), Box::new(step.clone()));
        self.open.push(Item::Set(var, next, loc.clone()));
        self.close(&mut turn.work);
        out.work.push(Work::Repeat(turns, turn.work));
        out.moves.push(Move::For(var, all(), turn.moves));
        Ok(())
    }

    fn slot(&mut self) -> usize {
        self.turns += 1;
        self.turns - 1
    }

    /// A branch that the sequence takes too.
    fn branch(
        &mut self,
        condition: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        guard: Option<Var>,
        out: &mut Sides,
    ) -> Result<()> {
        let sides = [(then, Amount::If(condition.clone())), (otherwise, Amount::Unless(condition.clone()))];
        let sides = sides.map(|(block, amount)| {
            let slot = (!block.is_empty()).then(|| self.slot());
            if let Some(slot) = slot {
                self.open.push(Item::Turns(slot, amount));
            }
            (block, slot)
        });
        self.close(&mut out.work);
        let mut moved = Vec::new();
        for (block, slot) in sides {
            let mut side = Sides::default();
            self.block(block, guard, &mut side)?;
            self.close(&mut side.work);
            if let Some(slot) = slot {
                out.work.push(Work::Repeat(Turns::Computed(slot), side.work));
            }
            moved.push(side.moves);
        }
        let otherwise = moved.pop().unwrap_or_default();
        let then = moved.pop().unwrap_or_default();
        if !then.is_empty() || !otherwise.is_empty() {
            out.moves.push(Move::If(condition.clone(), then, otherwise));
        }
        Ok(())
    }

    /// A branch that only the core knows: what both sides move is moved, and the core does the one with it.
    fn both(
        &mut self,
        condition: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let unless = Expr::Binary(tile_ir::BinaryOp::Xor, Box::new(condition.clone()), Box::new(Expr::Bool(true)));
        let mut sides = Vec::new();
        for (block, condition) in [(then, condition.clone()), (otherwise, unless)] {
            let value = match guard {
                Some(guard) => {
                    Expr::Select(Box::new(Expr::Var(guard)), Box::new(condition), Box::new(Expr::Bool(false)))
                }
                None => condition,
            };
            let name = if sides.is_empty() { "then" } else { "otherwise" };
            self.kernel.vars.push(VarData { name: name.to_owned(), scalar: Scalar::Bool });
            let var = Var(self.kernel.vars.len() as u32 - 1);
            self.put(&Stmt { kind: StmtKind::Let { var, value }, loc: loc.clone() }, None);
            sides.push((block, var));
        }
        for (block, var) in sides {
            self.block(block, Some(var), out)?;
        }
        Ok(())
    }

    /// A copy: one transfer, or several where rows begin at different places in their words.
    fn copy(&mut self, copy: &Copy, inward: bool, guard: Option<Var>, loc: &Loc, out: &mut Sides) -> Result<()> {
        let exprs = [&copy.view_offset, &copy.rows, &copy.cols];
        if guard.is_some() || !exprs.into_iter().all(|expr| self.known.of(&self.kernel, expr)) {
            let op = if inward { "vector.transfer_read" } else { "vector.transfer_write" };
            return self.refuse(
                op,
                copy.view,
                loc,
                "copies are planned before a launch: let what decides them depend on parameters, constants and single elements that no \
                 program writes",
            );
        }
        let view = self.view(copy.view)?;
        let bytes = view.elem.bytes();
        let dense = copy.max_rows == 1 || copy.cols.as_int() == i64::try_from(copy.view_pitch).ok();
        // Rows at the same place of their words come in one transfer.
        let group = if dense { 1 } else { WORD / gcd(WORD, copy.view_pitch * bytes) };
        for part in 0..group.min(copy.max_rows) {
            let start = add(copy.view_offset.clone(), (part * copy.view_pitch) as i64);
            let rows = if group == 1 {
                copy.rows.clone()
            } else {
                div(add(copy.rows.clone(), (group - 1 - part) as i64), group as i64)
            };
            let transfer = Transfer {
                view: copy.view,
                elem: view.elem,
                multiple: (multiple(&self.multiples, &start) * bytes).min(WORD),
                start,
                rows,
                cols: copy.cols.clone(),
                max_rows: (copy.max_rows + group - 1 - part) / group,
                max_cols: copy.max_cols,
                pitch: copy.view_pitch * group,
                apart: !dense,
                flow: if inward { Flow::Few } else { Flow::Out },
                // A copy has a row, but perhaps not one for each part.
                maybe_none: part > 0 && copy.rows.as_int().is_none(),
                loc: loc.clone(),
            };
            let (offset, pitch) = (add(copy.offset.clone(), (part * copy.pitch) as i64), copy.pitch * group);
            let name = self.param(copy.view);
            if inward {
                self.wait(copy.view, &mut out.moves);
                let local = Local::Take { buffer: copy.buffer, offset, pitch, pad: copy.pad };
                self.transfer(transfer, local, &format!("take_{name}"), out);
                continue;
            }
            let edges = !transfer.whole();
            if edges || self.overwrites(copy) {
                self.wait(copy.view, &mut out.moves);
            }
            if edges {
                self.edge_rows = self.edge_rows.max(if dense { 1 } else { transfer.max_rows });
                let around = Transfer { flow: Flow::Few, ..transfer.clone() };
                self.transfer(around, Local::Edges, &format!("around_{name}"), out);
            }
            let local = Local::Give { buffer: copy.buffer, offset, pitch, edges };
            self.transfer(transfer, local, &format!("give_{name}"), out);
        }
        if !inward {
            self.drained.entry(copy.view).or_default().insert(identity(copy));
        }
        Ok(())
    }

    /// Whether a copy may write what was written before: by another statement, or by itself in another turn of a loop.
    fn overwrites(&self, copy: &Copy) -> bool {
        let own = identity(copy);
        let others = self.drained.get(&copy.view).is_some_and(|all| all.iter().any(|other| *other != own));
        let follows = self.follows_from(&copy.view_offset);
        others || self.loops.iter().any(|var| !follows.contains(var))
    }

    /// The variables of loops that an expression follows from.
    fn follows_from(&self, expr: &Expr) -> BTreeSet<Var> {
        let mut found = BTreeSet::new();
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                found.extend(self.follows.get(var).into_iter().flatten().copied());
            }
        });
        found
    }

    fn param(&self, view: ViewId) -> String {
        self.kernel.params.get(view.index()).map_or_else(String::new, |param| param.name.clone())
    }

    /// What comes from a view that something was drained to waits for that.
    fn wait(&self, view: ViewId, sequence: &mut Vec<Move>) {
        if self.drained.contains_key(&view) {
            sequence.push(Move::Wait);
        }
    }

    fn transfer(&mut self, transfer: Transfer, local: Local, name: &str, out: &mut Sides) {
        let number = self.transfers.len();
        let slot = self.slot();
        self.open.push(Item::Turns(slot, Amount::Objects(number)));
        self.close(&mut out.work);
        let inward = transfer.flow.comes_in();
        self.transfers.push(transfer);
        self.functions.push(Function { name: name.to_owned(), items: vec![Item::Object(number, Box::new(local))] });
        out.work.push(Work::Objects(self.functions.len() - 1, number, slot));
        out.moves.push(if inward { Move::Fill(number) } else { Move::Drain(number) });
    }

    /// One element of a view: it alone comes where the sequence knows which, else all of the view passes by.
    fn element(
        &mut self,
        var: Var,
        view: ViewId,
        offset: &Expr,
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let data = self.view(view)?;
        let name = self.param(view);
        let one = guard.is_none() && self.known.of(&self.kernel, offset);
        let count = data.shape.count();
        let size = count * data.elem.bytes();
        if !one && size > PICKED_BYTES {
            return Err(Error::Limit {
                target: crate::TARGET,
                kernel: self.kernel.name.clone(),
                what: format!("bytes of view `{name}`, all of which streams by for each element that is gathered,"),
                needed: size,
                limit: PICKED_BYTES,
                loc: loc.clone(),
                help: "load rows by a scalar that the host can read, or gather from a smaller view".to_owned(),
            });
        }
        if !one && data.access == Access::Write {
            let help = "gather from views that the kernel does not write";
            return self.refuse("vector.gather", view, loc, help);
        }
        let (start, cols) = if one { (offset.clone(), 1) } else { (Expr::int(0), count) };
        let transfer = Transfer {
            view,
            elem: data.elem,
            multiple: (multiple(&self.multiples, &start) * data.elem.bytes()).min(WORD),
            start,
            rows: Expr::int(1),
            cols: Expr::int(cols as i64),
            max_rows: 1,
            max_cols: cols,
            pitch: cols,
            apart: false,
            flow: Flow::Few,
            maybe_none: false,
            loc: loc.clone(),
        };
        self.wait(view, &mut out.moves);
        let (local, verb) = match one {
            true => (Local::Fetch(var), "fetch"),
            false => (Local::Pick { var, element: offset.clone(), active: guard }, "pick"),
        };
        self.transfer(transfer, local, &format!("{verb}_{name}"), out);
        if self.needed.contains(&var)
            && let Some(read) = self.known.reads.get(&var)
        {
            self.reads.insert(*read);
            out.moves.push(Move::Read(var, *read));
        }
        Ok(())
    }

    fn finish(mut self, body: Vec<Work>, sequence: Vec<Move>) -> Result<Plan> {
        if self.reads.len() > HOST_READS {
            return Err(Error::Limit {
                target: crate::TARGET,
                kernel: self.kernel.name.clone(),
                what: "elements that decide what is moved, which the host reads,".to_owned(),
                needed: self.reads.len() as u64,
                limit: HOST_READS as u64,
                loc: self.kernel.loc.clone(),
                help: "pass them as parameters of several launches".to_owned(),
            });
        }
        let mut sequence = sequence;
        again(&mut sequence);
        let flows = flows::choose(&mut self.transfers);
        let mut plan = Plan {
            kernel: self.kernel,
            functions: self.functions,
            body,
            moves: sequence,
            transfers: self.transfers,
            flows,
            turns: self.turns,
            reads: self.reads.into_iter().collect(),
            kept: BTreeSet::new(),
            edge_rows: self.edge_rows,
        };
        plan.tidy();
        plan.kept = plan.shared();
        Ok(plan)
    }
}

/// Leaves out waits behind which nothing was started since the one before.
fn again(list: &mut Vec<Move>) {
    let mut waited = false;
    list.retain_mut(|step| match step {
        Move::Wait => !std::mem::replace(&mut waited, true),
        Move::Set(..) | Move::Read(..) | Move::Fill(_) => true,
        Move::Drain(_) => {
            waited = false;
            true
        }
        Move::For(_, _, inner) => {
            again(inner);
            waited = false;
            true
        }
        Move::If(_, then, otherwise) => {
            again(then);
            again(otherwise);
            waited = false;
            true
        }
    });
}

/// A statement of the kernel, which stays where it is while it is cut.
fn identity(copy: &Copy) -> usize {
    std::ptr::from_ref(copy).addr()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The variables that a part of a function names, and whether it is one that a loop's variable may be left out of.
fn names(item: &Item, transfers: &[Transfer], found: &mut BTreeSet<Var>) {
    let mut expr = |expr: &Expr| {
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                found.insert(*var);
            }
        });
    };
    let objects = |number: usize| transfers[number].exprs();
    match item {
        Item::Stmts(stmts) => {
            for stmt in stmts {
                stmt.for_each(&mut |stmt| {
                    stmt.exprs().into_iter().for_each(&mut expr);
                });
            }
            for stmt in stmts {
                stmt.for_each(&mut |stmt| match &stmt.kind {
                    StmtKind::Let { var, .. }
                    | StmtKind::Assign { var, .. }
                    | StmtKind::Read { var, .. }
                    | StmtKind::ReadGlobal { var, .. } => {
                        found.insert(*var);
                    }
                    StmtKind::Write { .. }
                    | StmtKind::CopyIn(_)
                    | StmtKind::CopyOut(_)
                    | StmtKind::Vector { .. }
                    | StmtKind::For { .. }
                    | StmtKind::While { .. }
                    | StmtKind::If { .. }
                    | StmtKind::Signal { .. }
                    | StmtKind::Await { .. }
                    | StmtKind::Barrier(_)
                    | StmtKind::Drain(_)
                    | StmtKind::Fence => {}
                });
            }
        }
        Item::Turns(_, Amount::Trips(bounds)) => bounds.iter().for_each(expr),
        Item::Turns(_, Amount::If(condition) | Amount::Unless(condition)) => expr(condition),
        Item::Turns(_, Amount::Objects(number)) => objects(*number).into_iter().for_each(expr),
        Item::Bounds(..) => {}
        Item::Set(var, value, _) => {
            expr(value);
            found.insert(*var);
        }
        Item::Object(number, local) => {
            objects(*number).into_iter().for_each(&mut expr);
            match local.as_ref() {
                Local::Take { offset, .. } | Local::Give { offset, .. } => expr(offset),
                Local::Edges => {}
                Local::Fetch(var) => {
                    found.insert(*var);
                }
                Local::Pick { var, element, active } => {
                    expr(element);
                    found.insert(*var);
                    found.extend(*active);
                }
            }
        }
    }
}

impl Plan {
    /// Leaves out numbers of objects that are constants, variables of loops that nothing names, and functions that do nothing then.
    fn tidy(&mut self) {
        let mut used = BTreeSet::new();
        for item in self.functions.iter().flat_map(|function| &function.items) {
            match item {
                Item::Set(..) | Item::Bounds(..) => {}
                Item::Stmts(_) | Item::Turns(..) | Item::Object(..) => names(item, &self.transfers, &mut used),
            }
        }
        let (transfers, flows) = (&self.transfers, &self.flows);
        let fixed = |number: usize| transfers[number].objects(flows.words(transfers[number].flow)) != Count::Dynamic;
        let mut slots: BTreeMap<usize, usize> = BTreeMap::new();
        for function in &mut self.functions {
            function.items.retain(|item| match item {
                Item::Turns(_, Amount::Objects(number)) => !fixed(*number),
                Item::Set(var, ..) | Item::Bounds(var, _) => used.contains(var),
                Item::Stmts(_) | Item::Turns(..) | Item::Object(..) => true,
            });
            for item in &mut function.items {
                if let Item::Turns(slot, _) = item {
                    let next = slots.len();
                    *slot = *slots.entry(*slot).or_insert(next);
                }
            }
        }
        self.turns = slots.len();
        let empty: Vec<bool> = self.functions.iter().map(|function| function.items.is_empty()).collect();
        number(&mut self.body, &slots, &empty);
    }

    /// Variables that more than one function names.
    fn shared(&self) -> BTreeSet<Var> {
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for function in &self.functions {
            let mut own = BTreeSet::new();
            function.items.iter().for_each(|item| names(item, &self.transfers, &mut own));
            shared.extend(own.intersection(&seen).copied());
            seen.extend(own);
        }
        // The variable of a loop of calls is set in one of them and used in others, or in the same one turn after turn.
        for item in self.functions.iter().flat_map(|function| &function.items) {
            if let Item::Set(var, ..) = item {
                shared.insert(*var);
            }
        }
        shared
    }
}

/// Renumbers turns, and leaves out calls of functions that do nothing.
fn number(body: &mut Vec<Work>, slots: &BTreeMap<usize, usize>, empty: &[bool]) {
    body.retain(|work| !matches!(work, Work::Call(function) if empty[*function]));
    for work in body {
        match work {
            Work::Call(_) => {}
            Work::Objects(_, _, slot) => *slot = slots.get(slot).copied().unwrap_or(0),
            Work::Repeat(turns, inner) => {
                if let Turns::Computed(slot) = turns {
                    *slot = slots.get(slot).copied().unwrap_or(0);
                }
                number(inner, slots, empty);
            }
        }
    }
}
