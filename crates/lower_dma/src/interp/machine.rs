//! One launch: scalar code in order, pipes by the schedule.

use std::collections::BTreeSet;

use tile_ir::{Access, Elem, Loc, ParamKind, ViewId};

use super::arith;
use super::local::{Local, Num, decode};
use super::queue::{At, Entry, Value, Work};
use super::trap::{Trap, TrapKind};
use super::{Arg, Options, Schedule, Stats};
use crate::ir::{Copy, CoreKernel, Expr, Operand, Pipe, Span, Stmt, StmtKind, Var};
use crate::target::{Sync, Target};

/// What a view is during a launch.
pub(super) enum Memory<'a> {
    None,
    Read(&'a [u8]),
    Write(&'a mut [u8], Vec<bool>),
}

pub(super) struct Machine<'a, 'b> {
    pub(super) kernel: &'a CoreKernel,
    pub(super) target: &'a Target,
    pub(super) options: Options,
    pub(super) views: Vec<Memory<'b>>,
    pub(super) scalars: Vec<Option<Num>>,
    pub(super) vars: Vec<Option<Num>>,
    pub(super) local: Local,
    pub(super) queues: [Vec<Entry>; 4],
    pub(super) flags: BTreeSet<(Pipe, Pipe, u32)>,
    pub(super) core: u64,
    pub(super) loc: Loc,
    pub(super) fuel: u64,
    pub(super) random: u64,
    pub(super) stats: Stats,
}

pub(super) type Result<T> = std::result::Result<T, TrapKind>;

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
                self.settle(Pipe::Vector)?;
                self.settle(Pipe::Scalar)?;
                let at = self.at(&element(*buffer, offset))?;
                let value = self.local.get(at.elem, at.base, at.first).ok_or(TrapKind::Undefined("read"))?;
                self.vars[var.0 as usize] = Some(value);
                self.stats.scalars += 1;
            }
            StmtKind::Write { buffer, offset, value } => {
                self.settle(Pipe::Vector)?;
                let value = self.eval(value)?;
                let at = self.at(&element(*buffer, offset))?;
                self.stats.scalars += 1;
                if self.target.sync == (Sync::Drain { copies_wait: false }) {
                    self.start(Pipe::Scalar, Work::Write { at, value }, &stmt.loc)?;
                } else {
                    self.local.set(at.elem, at.base, at.first, Some(value));
                }
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
                self.settle(Pipe::Scalar)?;
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

    /// Where scalar code waits for the vector unit, or that for scalar code, without being told to.
    fn settle(&mut self, pipe: Pipe) -> Result<()> {
        if let Sync::Drain { .. } = self.target.sync {
            while !self.queues[pipe.index()].is_empty() {
                self.step(Some(pipe))?;
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
    pub(super) fn global(&self, view: ViewId, index: i64) -> Result<Option<Num>> {
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
}

fn element(buffer: crate::ir::Buffer, offset: &Expr) -> Span {
    Span { buffer, offset: offset.clone(), rows: 1, cols: 1, pitch: 1 }
}
