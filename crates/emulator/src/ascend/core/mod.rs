//! One core: its memory, its pipes, and what a text may ask of it.

mod accesses;
mod frame;
#[cfg(test)]
mod random;

use std::sync::Arc;

use super::decode::decode;
use super::exec::execute;
use super::machine::Pipe;
use super::machine::clock::{Clock, event};
use super::machine::queue::{Queues, Schedule};
use super::machine::shadow::{Now, Shadow};
use super::number::Type;
use super::op::{Code, Instruction, Kind, Lanes};
use super::request::Request;
use super::rules::UB;
use super::span::Run;
use super::{Refused, Rules, limit};
use crate::FaultKind;
pub(crate) use accesses::{Buffer, Shared};
use frame::Frame;

/// A core and the kernel that runs on it.
#[derive(Debug)]
pub(crate) struct Core {
    rules: Rules,
    buffers: Arc<[Buffer]>,
    shared: Arc<Shared>,
    shadow: Option<Box<Shadow>>,
    ub: Vec<u8>,
    clock: Box<Clock>,
    queues: Queues,
    frame: Frame,
    /// Its number, and how many there are.
    block: u64,
    blocks: u64,
}

impl Core {
    /// A core of a launch over `buffers`; with `checked` every access is watched.
    pub(crate) fn new(rules: Rules, buffers: Arc<[Buffer]>, shared: Arc<Shared>, checked: bool, blocks: u64) -> Core {
        Core {
            rules,
            buffers,
            shared,
            shadow: checked.then(|| Box::new(Shadow::new())),
            ub: vec![0; UB],
            clock: Box::default(),
            queues: Queues::new(Schedule::Eager),
            frame: Frame::default(),
            block: 0,
            blocks,
        }
    }

    /// Block `block` starts. UB holds NaN.
    pub(crate) fn start(&mut self, block: u64, schedule: Schedule) {
        self.block = block;
        self.ub.fill(0xff);
        *self.clock = Clock::default();
        self.queues = Queues::new(schedule);
        self.frame = Frame::default();
        if let Some(shadow) = &mut self.shadow {
            shadow.start();
        }
    }

    /// The kernel has returned.
    pub(crate) fn end(&mut self) -> Result<(), Refused> {
        self.clock.end()?;
        self.frame.end(&self.rules)?;
        self.drain()
    }

    /// A call of the text; what it gives back.
    pub(crate) fn call(&mut self, request: &Request, site: usize) -> Result<u64, Refused> {
        self.answer(request, site).map_err(|refused| refused.at(site))
    }

    fn answer(&mut self, request: &Request, site: usize) -> Result<u64, Refused> {
        let Some(code) = Code::of(request.code) else { return Err(limit("a call that the core does not have")) };
        let [first, second, third, ..] = request.extra;
        match code {
            Code::SetFlag | Code::WaitFlag => self.flag(code == Code::SetFlag, [first, second, third], site)?,
            Code::Barrier => self.barrier(first)?,
            Code::UbGet => return self.ub_get(request, site),
            Code::UbSet => self.ub_set(request, site)?,
            Code::GmGet => {
                return self.gm_get(Run { at: request.from[0].at as usize, len: first as usize }, request, site);
            }
            Code::BlockIdx => return Ok(self.block),
            Code::BlockNum => return Ok(self.blocks),
            Code::Init => self.frame.init()?,
            Code::Pipe => self.frame.pipe()?,
            Code::PipeEnd => self.barrier(Pipe::ALL_NUMBER)?,
            Code::Buffer => return self.frame.buffer(first, &self.rules),
            Code::Tensor => self.frame.tensor(first, second, &self.rules)?,
            Code::EventTake | Code::EventLook | Code::EventGive => {
                return self.frame.event(code, [pipe(first)?, pipe(second)?], third, &self.rules);
            }
            _ => {
                self.frame.instruction(code, &self.rules, &self.clock)?;
                if let Some(instruction) = decode(code, request, &self.rules, site)? {
                    if code == Code::Index && self.rules.framed {
                        self.counts(&instruction)?;
                    }
                    if code == Code::SelectScalar && !self.rules.framed {
                        self.places_scalar(&instruction)?;
                    }
                    self.issue(instruction)?;
                }
            }
        }
        Ok(0)
    }

    /// The scalar unit writes the first of the numbers that the vector unit continues, without waiting for anything.
    /// Source: asc-devkit, CreateVecIndex of dav_c220.
    fn counts(&mut self, instruction: &Instruction) -> Result<(), Refused> {
        self.issue(Instruction { pipe: Pipe::S, ..instruction.clone() })?;
        self.clock.order(Pipe::S, Pipe::V);
        Ok(())
    }

    /// The scalar unit writes the scalar of a selection to its scratch tile, without waiting for anything, and sets event 0.
    /// Source: pto-isa, npu/a2a3/TSels.hpp and common/event.hpp.
    fn places_scalar(&mut self, instruction: &Instruction) -> Result<(), Refused> {
        let Instruction { scratch, site, .. } = instruction;
        let to = Lanes { ty: Type::U8, runs: scratch.clone() };
        let write =
            Instruction { pipe: Pipe::S, kind: Kind::Fill(0xff), to, from: vec![], scratch: vec![], site: *site };
        self.issue(write)?;
        let flag = [Pipe::S as u64, Pipe::V as u64, 0];
        self.flag(true, flag, *site)?;
        self.flag(false, flag, *site)
    }

    /// Hands an instruction to its pipe.
    fn issue(&mut self, instruction: Instruction) -> Result<(), Refused> {
        self.admit(&instruction)?;
        let (number, time) = self.clock.issue(instruction.pipe);
        let now = Now { pipe: instruction.pipe, number, time, site: instruction.site };
        if self.shadow.is_some() {
            self.watch(&instruction, &now)?;
        }
        if instruction.pipe == Pipe::S {
            return self.run(&instruction);
        }
        let mut due = Vec::new();
        self.queues.push(instruction, &mut due);
        self.run_all(&due)
    }

    fn run_all(&mut self, instructions: &[Instruction]) -> Result<(), Refused> {
        instructions.iter().try_for_each(|instruction| self.run(instruction))
    }

    fn run(&mut self, instruction: &Instruction) -> Result<(), Refused> {
        execute(&mut self.ub, instruction).map_err(|refused| refused.at(instruction.site))
    }

    fn drain(&mut self) -> Result<(), Refused> {
        let mut due = Vec::new();
        self.queues.drain(&mut due);
        self.run_all(&due)
    }

    fn flag(&mut self, sets: bool, [from, to, id]: [u64; 3], site: usize) -> Result<(), Refused> {
        let (from, to) = (pipe(from)?, pipe(to)?);
        let event = event(id, &self.rules)?;
        self.frame.flag(from, to, event)?;
        if from == to {
            return Err(Refused::new(FaultKind::Flag, format!("a flag from {} to itself", from.name())));
        }
        if sets {
            self.clock.set(from, to, event, site)?;
            self.queues.set(from, to, event);
            return Ok(());
        }
        self.clock.wait(from, to, event)?;
        let mut due = Vec::new();
        self.queues.wait(from, to, event, &mut due);
        self.run_all(&due)
    }

    fn barrier(&mut self, number: u64) -> Result<(), Refused> {
        if number == Pipe::ALL_NUMBER {
            self.clock.barrier_all();
            self.frame.settled();
            return self.drain();
        }
        let pipe = pipe(number)?;
        if pipe == Pipe::S {
            // Source: asc-devkit, PipeBarrier.
            return Err(Refused::new(FaultKind::Call, "a barrier of the scalar unit, which has none"));
        }
        self.clock.barrier(pipe);
        self.queues.barrier(pipe);
        Ok(())
    }

    /// Refuses copies of what is not the kernel's.
    fn admit(&self, instruction: &Instruction) -> Result<(), Refused> {
        let Kind::Copy(transfer) = &instruction.kind else { return Ok(()) };
        let write = !instruction.from.is_empty();
        transfer.gm.iter().try_for_each(|run| accesses::inside(&self.buffers, *run, write).map(drop))
    }
}

fn pipe(number: u64) -> Result<Pipe, Refused> {
    Pipe::of(number).ok_or_else(|| Refused::new(FaultKind::Call, "a pipe that a vector core does not have"))
}
