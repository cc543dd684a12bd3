//! What instructions and scalar code touch, and what has a value.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::super::machine::Pipe;
use super::super::machine::shadow::Now;
use super::super::op::{Instruction, Kind};
use super::super::request::Request;
use super::super::rules::BLOCK;
use super::super::span::Run;
use super::super::{Refused, limit};
use super::Core;
use crate::FaultKind;
use crate::memory::{Global, Touch};

/// A buffer of the launch.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    /// As faults call it.
    pub(crate) name: String,
    pub(crate) start: usize,
    pub(crate) bytes: usize,
    pub(crate) writable: bool,
}

impl Buffer {
    fn place(&self, at: usize) -> String {
        format!("byte {} of {}, which has {} bytes", at as i128 - self.start as i128, self.name, self.bytes)
    }
}

/// The buffer that holds a range of GM.
pub(super) fn inside(buffers: &[Buffer], run: Run, write: bool) -> Result<&Buffer, Refused> {
    let holds = |buffer: &&Buffer| run.at >= buffer.start && run.end() <= buffer.start + buffer.bytes;
    // Of views of the same memory, the one that may be written counts.
    let found = buffers.iter().filter(holds).max_by_key(|buffer| buffer.writable);
    let Some(buffer) = found else {
        let kind = if write { FaultKind::WriteOutOfBounds } else { FaultKind::ReadOutOfBounds };
        let near = buffers.iter().min_by_key(|buffer| {
            buffer.start.saturating_sub(run.at).max(run.end().saturating_sub(buffer.start + buffer.bytes))
        });
        let place = near.map_or_else(|| format!("address {:#x}", run.at), |buffer| buffer.place(run.at));
        return Err(Refused::new(kind, format!("{} bytes at {place}", run.len)));
    };
    if write && !buffer.writable {
        return Err(Refused::new(FaultKind::WriteToConstant, buffer.place(run.at)));
    }
    Ok(buffer)
}

/// What all cores of a launch have touched.
#[derive(Debug)]
pub(crate) struct Shared {
    bytes: Global,
    /// Which core has written a block of a buffer, by the buffer's start and the block's number. Buffers start at a block on the
    /// device, whatever their copies here do.
    blocks: Mutex<HashMap<(usize, usize), u64>>,
}

impl Shared {
    pub(crate) fn new() -> Shared {
        Shared { bytes: Global::new(), blocks: Mutex::default() }
    }

    /// An access of `buffer` by core `block`.
    fn touch(&self, buffer: &Buffer, run: Run, write: bool, block: u64, site: usize) -> Result<(), Refused> {
        let now = Touch::of_program(block, site);
        self.bytes.touch(0, run.at, run.len, now, write).map_err(|(_, (other, wrote))| {
            let (verb, what) = (if write { "written" } else { "read" }, if wrote { "written" } else { "read" });
            let message = format!("a byte of GM is {verb}, which core {} has {what}", other.program - 1);
            Refused::new(FaultKind::ProgramRace, message)
        })?;
        if !write {
            return Ok(());
        }
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        for place in (run.at - buffer.start) / BLOCK..(run.end() - buffer.start).div_ceil(BLOCK) {
            let owner = *blocks.entry((buffer.start, place)).or_insert(block);
            if owner != block {
                // Writes are of whole blocks somewhere on the way. Source: asc-devkit, DataCopyPad and unaligned stores.
                let message =
                    format!("{BLOCK} bytes of GM are written in parts by two cores; the other one is {owner}");
                return Err(Refused::new(FaultKind::ProgramRace, message));
            }
        }
        Ok(())
    }
}

impl Core {
    /// Compares what an instruction touches with all that may not have ended, and says what has a value afterwards.
    pub(super) fn watch(&mut self, instruction: &Instruction, now: &Now) -> Result<(), Refused> {
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        shadow.begin(now);
        // Writes first: an instruction's own reads would hide those of others from them.
        let written = instruction.scratch.iter().chain(&instruction.to.runs);
        written.into_iter().try_for_each(|run| shadow.ub(*run, true, now))?;
        for lanes in &instruction.from {
            lanes.runs.iter().try_for_each(|run| shadow.ub(*run, false, now))?;
        }
        if instruction.kind.reads_result() {
            instruction.to.runs.iter().try_for_each(|run| shadow.ub(*run, false, now))?;
        }
        let write = instruction.from.is_empty();
        match &instruction.kind {
            Kind::Copy(transfer) => {
                for run in &transfer.gm {
                    let buffer = inside(&self.buffers, *run, !write)?;
                    if buffer.writable {
                        shadow.gm(*run, !write, now, |at| buffer.place(at))?;
                        self.shared.touch(buffer, *run, !write, self.block, now.site)?;
                    }
                }
            }
            Kind::Unary(_)
            | Kind::Binary(_)
            | Kind::WithScalar(..)
            | Kind::Cast(_)
            | Kind::Fill(_)
            | Kind::Index { .. }
            | Kind::Compare(_)
            | Kind::CompareScalar(..)
            | Kind::Select
            | Kind::SelectScalar(_)
            | Kind::Reduce { .. }
            | Kind::Columns { .. }
            | Kind::Spread
            | Kind::Gather { .. }
            | Kind::Transpose { .. } => {}
        }
        self.value(instruction)
    }

    /// Which elements have a value after an instruction.
    fn value(&mut self, instruction: &Instruction) -> Result<(), Refused> {
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        let Instruction { kind, to, from, .. } = instruction;
        let size = to.ty.size();
        let old = kind.reads_result().then_some(&to.runs);
        let mut sources = from.iter().map(|lanes| &lanes.runs).chain(old);
        // Comparisons write more bits than they have elements.
        let simple = !matches!(kind, Kind::Copy(_) | Kind::Compare(_) | Kind::CompareScalar(..));
        if simple && sources.all(|runs| shadow.undefined(runs).is_none()) {
            shadow.define(&instruction.scratch, false);
            shadow.define(&to.runs, true);
            return Ok(());
        }
        let must = |runs: &[Run], what: &str| match shadow.undefined(runs) {
            None => Ok(()),
            Some(at) => Err(undefined(at, what)),
        };
        let elements =
            |index: usize| from.get(index).map_or_else(Vec::new, |lanes| shadow.elements(&lanes.runs, lanes.ty.size()));
        let both = |first: Vec<bool>, second: &[bool]| -> Vec<bool> {
            first.iter().zip(second).map(|(first, second)| *first && *second).collect()
        };
        let defined = match kind {
            Kind::Copy(transfer) => {
                if let Some(source) = from.first() {
                    return must(&source.runs, "is copied to GM");
                }
                shadow.define(&transfer.ub, true);
                shadow.define(&transfer.pads, true);
                shadow.define(&transfer.unknown, false);
                return Ok(());
            }
            Kind::Fill(_) | Kind::Index { .. } => {
                shadow.define(&to.runs, true);
                return Ok(());
            }
            Kind::Unary(_) | Kind::Cast(_) => elements(0),
            Kind::Binary(_) | Kind::WithScalar(..) => {
                let mut defined = elements(0);
                if from.len() > 1 {
                    defined = both(defined, &elements(1));
                }
                if kind.reads_result() {
                    defined = both(defined, &shadow.elements(&to.runs, size));
                }
                defined
            }
            Kind::Compare(_) | Kind::CompareScalar(..) => {
                let mut defined = elements(0);
                if from.len() > 1 {
                    defined = both(defined, &elements(1));
                }
                let row = defined.len() / to.runs.len().max(1);
                shadow.define(&to.runs, false);
                shadow.define_bits(&to.runs, &defined, row);
                return Ok(());
            }
            Kind::Select | Kind::SelectScalar(_) => {
                let first = elements(1);
                let row = first.len() / from[0].runs.len().max(1);
                let mut defined = both(shadow.bits(&from[0].runs, first.len(), row), &first);
                if from.len() > 2 {
                    defined = both(defined, &elements(2));
                }
                defined
            }
            Kind::Reduce { .. } => {
                from.iter().try_for_each(|lanes| must(&lanes.runs, "is part of a reduction"))?;
                shadow.define(&instruction.scratch, false);
                shadow.define(&to.runs, true);
                return Ok(());
            }
            Kind::Columns { cols, .. } => {
                let all = elements(0);
                (0..*cols).map(|col| all.iter().skip(col).step_by(*cols).all(|defined| *defined)).collect()
            }
            Kind::Spread => elements(0).iter().flat_map(|defined| vec![*defined; BLOCK / size]).collect(),
            Kind::Gather { base, unit } => {
                must(&from[0].runs, "is an offset of a gather")?;
                let source = &from[1].runs[0];
                match shadow.undefined(&from[1].runs) {
                    None => vec![true; to.runs.iter().map(|run| run.len).sum::<usize>() / size],
                    // The offsets are known where nothing was put off.
                    Some(_) => {
                        let width = if *unit == 0 { BLOCK } else { size };
                        let mut defined = Vec::new();
                        for word in offsets(&self.ub, &from[0].runs) {
                            let at = (*base as usize).saturating_add(word as usize * (*unit).max(1));
                            let picked = Run { at: source.at.saturating_add(at), len: width };
                            let known = picked.end() > source.end() || shadow.undefined(&[picked]).is_none();
                            defined.extend(vec![known; width / size]);
                        }
                        defined
                    }
                }
            }
            Kind::Transpose { rows, cols } => {
                let all = elements(0);
                let place = |index: usize| index % rows * cols + index / rows;
                (0..rows * cols).map(|index| all.get(place(index)).copied().unwrap_or(false)).collect()
            }
        };
        shadow.define(&instruction.scratch, false);
        shadow.define_elements(&to.runs, size, &defined);
        Ok(())
    }

    /// A scalar read of UB.
    pub(super) fn ub_get(&mut self, request: &Request, site: usize) -> Result<u64, Refused> {
        let run = self.scalar(request, false, site)?;
        if let Some(at) = self.shadow.as_ref().and_then(|shadow| shadow.undefined(&[run])) {
            return Err(undefined(at, "is read by the scalar unit"));
        }
        let mut word = [0; 8];
        word[..run.len].copy_from_slice(&self.ub[run.at..run.end()]);
        Ok(u64::from_le_bytes(word))
    }

    /// A scalar write of UB.
    pub(super) fn ub_set(&mut self, request: &Request, site: usize) -> Result<(), Refused> {
        let run = self.scalar(request, true, site)?;
        if let Some(shadow) = &mut self.shadow {
            shadow.define(&[run], true);
        }
        self.ub[run.at..run.end()].copy_from_slice(&request.scalar.to_le_bytes()[..run.len]);
        Ok(())
    }

    /// The element of UB that the scalar unit touches.
    fn scalar(&mut self, request: &Request, write: bool, site: usize) -> Result<Run, Refused> {
        let operand = &request.to;
        let run = Run { at: operand.at as usize, len: (request.extra[0] as usize).clamp(1, 8) };
        let end = (operand.end as usize).min(self.rules.capacity);
        if run.end() > end {
            return Err(limit(format!("byte {} of UB; the tensor ends at byte {end}", run.at)));
        }
        let (number, time) = self.clock.issue(Pipe::S);
        let now = Now { pipe: Pipe::S, number, time, site };
        if let Some(shadow) = &mut self.shadow {
            shadow.begin(&now);
            shadow.ub(run, write, &now)?;
        }
        Ok(run)
    }

    /// A scalar read of GM.
    pub(super) fn gm_get(&mut self, run: Run, request: &Request, site: usize) -> Result<u64, Refused> {
        if run.end() as u64 > request.from[0].end {
            return Err(Refused::new(FaultKind::ReadOutOfBounds, "an element behind the end of the tensor in GM"));
        }
        self.gm_read(run, site)?;
        let mut word = [0; 8];
        let bytes = run.len.min(8);
        // SAFETY: the range lies in a buffer of the launch, which is valid.
        unsafe { std::ptr::copy_nonoverlapping(run.at as *const u8, word.as_mut_ptr(), bytes) };
        Ok(u64::from_le_bytes(word))
    }

    /// Scalar code reads GM, through a tensor or a pointer.
    pub(super) fn gm_read(&mut self, run: Run, site: usize) -> Result<(), Refused> {
        let buffer = inside(&self.buffers, run, false)?;
        let (number, time) = self.clock.issue(Pipe::S);
        let now = Now { pipe: Pipe::S, number, time, site };
        let Some(shadow) = &mut self.shadow else { return Ok(()) };
        if !buffer.writable {
            return Ok(());
        }
        if let Some(writer) = shadow.gm_writer(run) {
            // The data cache does not see what copies write. Source: asc-devkit, DataCacheCleanAndInvalid.
            let message = format!("the scalar unit reads {}, which a copy of this kernel wrote", buffer.place(run.at));
            return Err(Refused::new(FaultKind::Hazard, message).with("it was written", writer));
        }
        shadow.begin(&now);
        shadow.gm(run, false, &now, |at| buffer.place(at))?;
        self.shared.touch(buffer, run, false, self.block, site)
    }

    /// Scalar code touches memory through a pointer, outside its stack.
    pub(crate) fn pointer(&mut self, run: Run, write: bool, site: usize) -> Result<(), Refused> {
        match write {
            false => self.gm_read(run, site).map_err(|refused| refused.at(site)),
            true => {
                inside(&self.buffers, run, true).map_err(|refused| refused.at(site))?;
                let message = "a scalar write of GM, which copies and other cores do not see";
                Err(Refused::new(FaultKind::Call, message).at(site))
            }
        }
    }
}

fn offsets(ub: &[u8], runs: &[Run]) -> Vec<u32> {
    let bytes: Vec<u8> = runs.iter().flat_map(|run| &ub[run.at..run.end()]).copied().collect();
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

fn undefined(at: usize, what: &str) -> Refused {
    Refused::new(FaultKind::Uninitialised, format!("byte {at} of UB {what}, and has no value"))
}
