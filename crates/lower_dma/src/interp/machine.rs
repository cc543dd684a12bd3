//! One launch: scalar code in order, pipes by the schedule.

use std::collections::BTreeSet;

use tile_ir::{Access, Elem, Loc, ParamKind, ViewId};

use super::arith;
use super::local::{Local, Num, decode, encode};
use super::queue::{At, Entry, Value, Work, eligible};
use super::trap::{Trap, TrapKind};
use super::vector::{number, vector};
use super::{Arg, Options, Schedule, Stats};
use crate::ir::{Copy, CoreKernel, Expr, Operand, Pipe, Span, Stmt, StmtKind, Var};
use crate::target::{Sync, Target};

/// What a view is during a launch.
enum Memory<'a> {
    None,
    Read(&'a [u8]),
    Write(&'a mut [u8], Vec<bool>),
}

struct Machine<'a, 'b> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    options: Options,
    views: Vec<Memory<'b>>,
    scalars: Vec<Option<Num>>,
    vars: Vec<Option<Num>>,
    local: Local,
    queues: [Vec<Entry>; 4],
    flags: BTreeSet<(Pipe, Pipe, u32)>,
    core: u64,
    loc: Loc,
    fuel: u64,
    random: u64,
    stats: Stats,
}

type Result<T> = std::result::Result<T, TrapKind>;

/// Runs `kernel` on all its cores. `args` has one argument per parameter.
///
/// # Errors
/// The first trap.
pub fn run(
    kernel: &CoreKernel,
    target: &Target,
    args: &mut [Arg<'_>],
    options: &Options,
) -> std::result::Result<Stats, Box<Trap>> {
    let trap = |kind| Box::new(Trap { kernel: kernel.name.clone(), core: 0, loc: kernel.loc.clone(), kind });
    if args.len() != kernel.params.len() {
        return Err(trap(TrapKind::Argument(args.len())));
    }
    let (mut views, mut scalars) = (Vec::new(), Vec::new());
    for (index, (param, arg)) in kernel.params.iter().zip(args).enumerate() {
        let written = match &param.kind {
            ParamKind::View(view) => Some(view.access == Access::Write),
            ParamKind::Scalar(_) => None,
        };
        let (memory, scalar) = match (written, arg) {
            (Some(false), Arg::In(bytes)) => (Memory::Read(bytes), None),
            (Some(true), Arg::Out(bytes)) => {
                let defined = vec![false; bytes.len()];
                (Memory::Write(bytes, defined), None)
            }
            (Some(true), Arg::InOut(bytes)) => {
                let defined = vec![true; bytes.len()];
                (Memory::Write(bytes, defined), None)
            }
            (None, Arg::F32(x)) => (Memory::None, Some(Num::F(*x))),
            (None, Arg::I32(x)) => (Memory::None, Some(Num::I(i64::from(*x)))),
            (None, Arg::I64(x)) => (Memory::None, Some(Num::I(*x))),
            (_, _) => return Err(trap(TrapKind::Argument(index))),
        };
        views.push(memory);
        scalars.push(scalar);
    }
    let seed = match options.schedule {
        Schedule::Eager | Schedule::Late => 1,
        Schedule::Random(seed) => seed | 1,
    };
    let mut machine = Machine {
        kernel,
        target,
        options: *options,
        scalars,
        vars: vec![None; kernel.vars.len()],
        local: Local::new(target.local_bytes, target.mask),
        queues: [const { Vec::new() }; 4],
        flags: BTreeSet::new(),
        core: 0,
        loc: kernel.loc.clone(),
        fuel: options.fuel,
        random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        stats: Stats { bytes_in: vec![0; views.len()], bytes_out: vec![0; views.len()], ..Stats::default() },
        views,
    };
    for core in 0..kernel.cores {
        machine.core = core;
        machine.vars.fill(None);
        machine.local = Local::new(target.local_bytes, target.mask);
        let result = machine.block(&kernel.body).and_then(|()| machine.finish());
        if let Err(kind) = result {
            return Err(Box::new(Trap { kernel: kernel.name.clone(), core, loc: machine.loc, kind }));
        }
    }
    Ok(machine.stats)
}

impl Machine<'_, '_> {
    fn block(&mut self, block: &[Stmt]) -> Result<()> {
        block.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<()> {
        self.fuel = self.fuel.checked_sub(1).ok_or(TrapKind::Fuel(self.options.fuel))?;
        self.loc = stmt.loc.clone();
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Assign { var, value } => {
                self.vars[var.0 as usize] = Some(self.eval(value)?);
            }
            StmtKind::Read { var, buffer, offset } => {
                self.settle_vector()?;
                let at = self.at(&element(*buffer, offset))?;
                let value = self.local.get(at.elem, at.base, at.first).ok_or(TrapKind::Undefined("read"))?;
                self.vars[var.0 as usize] = Some(value);
                self.stats.scalars += 1;
            }
            StmtKind::Write { buffer, offset, value } => {
                self.settle_vector()?;
                let value = self.eval(value)?;
                let at = self.at(&element(*buffer, offset))?;
                self.local.set(at.elem, at.base, at.first, Some(value));
                self.stats.scalars += 1;
            }
            StmtKind::ReadGlobal { var, view, offset } => {
                let at = self.eval(offset)?.int();
                let value = self.global(*view, at)?.ok_or(TrapKind::Undefined("read"))?;
                self.vars[var.0 as usize] = Some(value);
                self.stats.scalars += 1;
            }
            StmtKind::CopyIn(copy) => self.start_copy(copy, true, &stmt.loc)?,
            StmtKind::CopyOut(copy) => self.start_copy(copy, false, &stmt.loc)?,
            StmtKind::Vector { op, dst, args } => {
                let dst = self.at(dst)?;
                let args = args.iter().map(|arg| self.operand(arg)).collect::<Result<Vec<_>>>()?;
                self.stats.vectors += 1;
                self.start(Pipe::Vector, Work::Vector { op: *op, dst, args }, &stmt.loc)?;
            }
            StmtKind::For { var, lower, upper, step, body } => {
                let (mut at, upper, step) = (self.eval(lower)?.int(), self.eval(upper)?.int(), self.eval(step)?.int());
                if step <= 0 {
                    return Err(TrapKind::Step);
                }
                while at < upper {
                    self.vars[var.0 as usize] = Some(Num::I(at));
                    self.block(body)?;
                    let Some(next) = at.checked_add(step) else { break };
                    at = next;
                }
            }
            StmtKind::While { before, condition, body } => loop {
                self.fuel = self.fuel.checked_sub(1).ok_or(TrapKind::Fuel(self.options.fuel))?;
                self.block(before)?;
                if self.eval(condition)?.int() == 0 {
                    break;
                }
                self.block(body)?;
            },
            StmtKind::If { condition, then, otherwise } => {
                let taken = if self.eval(condition)?.int() != 0 { then } else { otherwise };
                self.block(taken)?;
            }
            StmtKind::Signal { from, to, event } => {
                self.events()?;
                self.stats.syncs += 1;
                if *from == Pipe::Scalar {
                    self.set(Pipe::Scalar, *to, *event)?;
                    self.moved()?;
                } else {
                    self.start(*from, Work::Signal { to: *to, event: *event }, &stmt.loc)?;
                }
            }
            StmtKind::Await { from, to, event } => {
                self.events()?;
                self.stats.syncs += 1;
                if *to == Pipe::Scalar {
                    while !self.flags.remove(&(*from, Pipe::Scalar, *event)) {
                        self.step(Some(*from))?;
                    }
                } else {
                    self.start(*to, Work::Await { from: *from, event: *event }, &stmt.loc)?;
                }
            }
            StmtKind::Barrier(pipe) => {
                self.events()?;
                self.stats.syncs += 1;
                self.start(*pipe, Work::Barrier, &stmt.loc)?;
            }
            StmtKind::Fence => {
                self.stats.syncs += 1;
                while self.queues.iter().any(|queue| !queue.is_empty()) {
                    self.step(None)?;
                }
            }
            StmtKind::Drain(pipe) => {
                self.stats.syncs += 1;
                if !matches!(self.target.sync, Sync::Drain { .. }) {
                    return Err(TrapKind::Foreign);
                }
                while !self.queues[pipe.index()].is_empty() {
                    self.step(Some(*pipe))?;
                }
            }
        }
        Ok(())
    }

    fn events(&self) -> Result<()> {
        match self.target.sync {
            Sync::Events { .. } => Ok(()),
            Sync::Drain { .. } => Err(TrapKind::Foreign),
        }
    }

    /// Where the core waits for the vector unit by itself.
    fn settle_vector(&mut self) -> Result<()> {
        if let Sync::Drain { .. } = self.target.sync {
            while !self.queues[Pipe::Vector.index()].is_empty() {
                self.step(Some(Pipe::Vector))?;
            }
        }
        Ok(())
    }

    fn eval(&self, expr: &Expr) -> Result<Num> {
        Ok(match expr {
            Expr::Float(x) => Num::F(*x),
            Expr::Int(_, x) => Num::I(*x),
            Expr::Bool(x) => Num::I(i64::from(*x)),
            Expr::Var(Var(var)) => self.vars[*var as usize].ok_or(TrapKind::Variable)?,
            Expr::Core => Num::I(self.core as i64),
            Expr::Param(param) => self.scalars.get(*param).copied().flatten().ok_or(TrapKind::Argument(*param))?,
            Expr::Unary(op, x) => Num::F(arith::unary(*op, self.eval(x)?.float())),
            Expr::Binary(op, x, y) => {
                let width = arith::bits(x.scalar(self.kernel));
                arith::binary(*op, self.eval(x)?, self.eval(y)?, width).ok_or(TrapKind::Arithmetic)?
            }
            Expr::Fma(x, y, z) => Num::F(self.eval(x)?.float().mul_add(self.eval(y)?.float(), self.eval(z)?.float())),
            Expr::Compare(predicate, x, y) => {
                let width = arith::bits(x.scalar(self.kernel));
                let holds = arith::compare(*predicate, self.eval(x)?, self.eval(y)?, width).ok_or(TrapKind::Type)?;
                Num::I(i64::from(holds))
            }
            Expr::Select(c, x, y) => {
                if self.eval(c)?.int() != 0 {
                    self.eval(x)?
                } else {
                    self.eval(y)?
                }
            }
            Expr::Convert(convert, x) => arith::convert(*convert, self.eval(x)?, x.scalar(self.kernel)),
        })
    }

    /// The numbers of a span, which must be inside its buffer.
    fn at(&self, span: &Span) -> Result<At> {
        let data = self.kernel.buffer(span.buffer);
        let first = self.eval(&span.offset)?.int();
        let last = span.rows.saturating_sub(1) * span.pitch + span.cols;
        let elements = data.elements();
        let outside = |index| TrapKind::Local { buffer: data.name.clone(), index, elements };
        let start = u64::try_from(first).map_err(|_| outside(first))?;
        if start + last > elements {
            return Err(outside((start + last) as i64 - 1));
        }
        let step = self.target.step(data.elem);
        let wide = (start + span.cols).next_multiple_of(step).min(elements) - start;
        let wide = if span.rows > 1 { wide.min(span.pitch) } else { wide };
        Ok(At {
            elem: data.elem,
            base: data.address,
            first: start,
            rows: span.rows,
            cols: span.cols,
            pitch: span.pitch,
            wide,
        })
    }

    fn operand(&self, operand: &Operand) -> Result<Value> {
        Ok(match operand {
            Operand::Span(span) => Value::Span(self.at(span)?),
            Operand::Row(span) => Value::Row(self.at(span)?),
            Operand::Column(span) => Value::Column(self.at(span)?),
            Operand::Scalar(value) => Value::Scalar(self.eval(value)?),
        })
    }

    fn start_copy(&mut self, copy: &Copy, inward: bool, loc: &Loc) -> Result<()> {
        let (rows, cols) = (self.eval(&copy.rows)?.int(), self.eval(&copy.cols)?.int());
        let fits = |n: i64, most: u64| n >= 1 && n as u64 <= most;
        if !fits(rows, copy.max_rows) || !fits(cols, copy.max_cols) {
            return Err(TrapKind::Extent { rows, cols, max_rows: copy.max_rows, max_cols: copy.max_cols });
        }
        let at = self.at(&Span {
            buffer: copy.buffer,
            offset: copy.offset.clone(),
            rows: rows as u64,
            cols: cols as u64,
            pitch: copy.pitch,
        })?;
        let first = self.eval(&copy.view_offset)?.int();
        let last = first + (rows - 1) * copy.view_pitch as i64 + cols - 1;
        for index in [first, last] {
            self.inside(copy.view, index)?;
        }
        let view = copy.view;
        let pipe = if inward { Pipe::In } else { Pipe::Out };
        self.stats.copies += 1;
        let work = Work::Copy { inward, at, view, first: first as u64, view_pitch: copy.view_pitch, pad: copy.pad };
        self.start(pipe, work, loc)
    }

    fn inside(&self, view: ViewId, index: i64) -> Result<()> {
        let data = self.kernel.view(view).ok_or(TrapKind::Type)?;
        let elements = data.shape.count();
        if index < 0 || index as u64 >= elements {
            return Err(TrapKind::View { view: self.kernel.params[view.index()].name.clone(), index, elements });
        }
        Ok(())
    }

    /// An element of a view; `None` if it is undefined.
    fn global(&self, view: ViewId, index: i64) -> Result<Option<Num>> {
        self.inside(view, index)?;
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let size = elem.bytes() as usize;
        let range = index as usize * size..(index as usize + 1) * size;
        Ok(match &self.views[view.index()] {
            Memory::None => None,
            Memory::Read(bytes) => Some(decode(elem, &bytes[range])),
            Memory::Write(bytes, defined) => {
                defined[range.clone()].iter().all(|&d| d).then(|| decode(elem, &bytes[range]))
            }
        })
    }

    fn set(&mut self, from: Pipe, to: Pipe, event: u32) -> Result<()> {
        if self.flags.insert((from, to, event)) { Ok(()) } else { Err(TrapKind::SetTwice) }
    }

    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn start(&mut self, pipe: Pipe, work: Work, loc: &Loc) -> Result<()> {
        self.queues[pipe.index()].push(Entry { work, loc: loc.clone() });
        if self.target.sync == (Sync::Drain { copies_wait: true }) {
            while !self.queues[pipe.index()].is_empty() {
                self.step(Some(pipe))?;
            }
        }
        self.moved()
    }

    /// Something was started or a flag was set: the schedule may run what it likes.
    fn moved(&mut self) -> Result<()> {
        let turns = match self.options.schedule {
            Schedule::Eager => u64::MAX,
            Schedule::Late => 0,
            Schedule::Random(_) => self.next_random() % 3,
        };
        for _ in 0..turns {
            if self.queues.iter().all(Vec::is_empty) || !self.advance(None)? {
                break;
            }
        }
        Ok(())
    }

    /// Runs one entry; who waits wants those of `wanted` to get on.
    fn step(&mut self, wanted: Option<Pipe>) -> Result<()> {
        if self.advance(wanted)? { Ok(()) } else { Err(TrapKind::Deadlock) }
    }

    /// Runs one entry, if one may run.
    fn advance(&mut self, wanted: Option<Pipe>) -> Result<bool> {
        let in_order = matches!(self.target.sync, Sync::Drain { .. });
        let mut ready: Vec<(Pipe, usize)> = Vec::new();
        for pipe in Pipe::ALL {
            let is_set = |from, event| self.flags.contains(&(from, pipe, event));
            let list = eligible(&self.queues[pipe.index()], in_order, is_set);
            ready.extend(list.into_iter().map(|at| (pipe, at)));
        }
        let chosen = match self.options.schedule {
            Schedule::Eager => ready.first().copied(),
            Schedule::Late => {
                let own = ready.iter().rev().find(|(pipe, _)| Some(*pipe) == wanted);
                own.or_else(|| ready.last()).copied()
            }
            Schedule::Random(_) if ready.is_empty() => None,
            Schedule::Random(_) => Some(ready[(self.next_random() % ready.len() as u64) as usize]),
        };
        let Some((pipe, at)) = chosen else { return Ok(false) };
        let entry = self.queues[pipe.index()].remove(at);
        self.perform(pipe, entry)?;
        Ok(true)
    }

    fn perform(&mut self, pipe: Pipe, entry: Entry) -> Result<()> {
        let here = std::mem::replace(&mut self.loc, entry.loc.clone());
        match entry.work {
            Work::Copy { inward, at, view, first, view_pitch, pad } => {
                self.copy(inward, &at, view, first, view_pitch, pad.map(number))?;
            }
            Work::Vector { op, dst, args } => vector(&mut self.local, op, &dst, &args)?,
            Work::Signal { to, event } => self.set(pipe, to, event)?,
            Work::Await { from, event } => {
                self.flags.remove(&(from, pipe, event));
            }
            Work::Barrier => {}
        }
        self.loc = here;
        Ok(())
    }

    fn copy(&mut self, inward: bool, at: &At, view: ViewId, first: u64, pitch: u64, pad: Option<Num>) -> Result<()> {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let size = elem.bytes() as usize;
        let moved = at.rows * at.cols * elem.bytes();
        for row in 0..at.rows {
            for col in 0..at.cols {
                let index = first + row * pitch + col;
                if inward {
                    let value = self.global(view, index as i64)?;
                    self.local.set(at.elem, at.base, at.index(row, col), value);
                } else {
                    let value = self.local.get(at.elem, at.base, at.index(row, col));
                    let value = value.ok_or(TrapKind::Undefined("stored"))?;
                    let Memory::Write(bytes, defined) = &mut self.views[view.index()] else {
                        return Err(TrapKind::Type);
                    };
                    let (encoded, _) = encode(elem, value);
                    let range = index as usize * size..(index as usize + 1) * size;
                    bytes[range.clone()].copy_from_slice(&encoded[..size]);
                    defined[range].fill(true);
                }
            }
            if inward {
                for col in at.cols..at.wide {
                    self.local.set(at.elem, at.base, at.index(row, col), pad);
                }
            }
        }
        let count = if inward { &mut self.stats.bytes_in } else { &mut self.stats.bytes_out };
        count[view.index()] += moved;
        Ok(())
    }

    /// The core ends when all pipes are empty and no flag is left.
    fn finish(&mut self) -> Result<()> {
        while self.queues.iter().any(|queue| !queue.is_empty()) {
            self.step(None)?;
        }
        if self.flags.is_empty() { Ok(()) } else { Err(TrapKind::LeftSet) }
    }
}

fn element(buffer: crate::ir::Buffer, offset: &Expr) -> Span {
    Span { buffer, offset: offset.clone(), rows: 1, cols: 1, pitch: 1 }
}
