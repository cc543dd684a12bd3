//! What a kernel has to do besides computing: announce itself, reserve memory and events, end in order.
//!
//! AscendC has two styles. With static tensors a kernel calls `InitSocState` first, names addresses and events itself, uses only functions
//! that need no event of their own, and ends with a barrier of all pipes. With a `TPipe` memory and events come from it, and all functions
//! may be used. The styles do not mix. Source: asc-devkit, static tensor programming.

use super::super::machine::clock::Clock;
use super::super::machine::{PIPES, Pipe};
use super::super::op::Code;
use super::super::rules::BLOCK;
use super::super::{Refused, Rules, limit};
use crate::FaultKind;

/// Most buffers of a kernel. Source: asc-devkit, InitBuffer.
const BUFFERS: u32 = 64;

/// How the kernel was announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Style {
    #[default]
    None,
    Static,
    Pipe,
}

/// Duties of a kernel, as far as it has done them.
#[derive(Debug, Default)]
pub(super) struct Frame {
    style: Style,
    /// A tensor was placed by its address.
    placed: bool,
    /// Something was done since the last barrier of all pipes.
    busy: bool,
    buffers: u32,
    bytes: u64,
    /// Events that a `TPipe` has given, and those among them that are reserved, as bits.
    given: [[u8; PIPES]; PIPES],
    reserved: [[u8; PIPES]; PIPES],
}

fn call(message: impl Into<String>) -> Refused {
    Refused::new(FaultKind::Call, message)
}

impl Frame {
    pub(super) fn init(&mut self) -> Result<(), Refused> {
        match self.style {
            Style::None | Style::Static => self.style = Style::Static,
            Style::Pipe => return Err(call("InitSocState beside a TPipe, which does it")),
        }
        Ok(())
    }

    pub(super) fn pipe(&mut self) -> Result<(), Refused> {
        if self.style == Style::Pipe {
            return Err(call("a second TPipe"));
        }
        if self.style == Style::Static || self.placed {
            return Err(call("a TPipe beside static tensors"));
        }
        self.style = Style::Pipe;
        Ok(())
    }

    /// Reserves a buffer; gives its first byte.
    pub(super) fn buffer(&mut self, bytes: u64, rules: &Rules) -> Result<u64, Refused> {
        let start = self.bytes;
        self.buffers += 1;
        self.bytes = start.saturating_add(bytes).next_multiple_of(BLOCK as u64);
        if bytes == 0 || self.bytes > rules.capacity as u64 {
            let message =
                format!("buffers of {} bytes of UB, of which a kernel may use {}", self.bytes, rules.capacity);
            return Err(limit(message));
        }
        if self.buffers > BUFFERS {
            return Err(limit(format!("more than {BUFFERS} buffers")));
        }
        Ok(start)
    }

    /// A tensor at an address.
    pub(super) fn tensor(&mut self, at: u64, bytes: u64, rules: &Rules) -> Result<(), Refused> {
        if rules.framed && self.style == Style::Pipe {
            return Err(call("a static tensor beside a TPipe"));
        }
        self.placed = true;
        if !at.is_multiple_of(BLOCK as u64) {
            let message = format!("a tensor at byte {at} of UB, which is no multiple of {BLOCK}");
            return Err(Refused::new(FaultKind::Misaligned, message));
        }
        let end = at.saturating_add(bytes);
        if end > rules.capacity as u64 {
            let message = format!("a tensor up to byte {end} of UB, of which a kernel may use {}", rules.capacity);
            return Err(limit(message));
        }
        Ok(())
    }

    /// An instruction of any pipe.
    pub(super) fn instruction(&mut self, code: Code, rules: &Rules, clock: &Clock) -> Result<(), Refused> {
        self.busy = true;
        if !rules.framed {
            return Ok(());
        }
        // `Select` only takes memory that no kernel may use; the documentation names it for static tensors, though its table
        // does not.
        let takes_events = matches!(code, Code::Sum | Code::MaxOf | Code::MinOf | Code::Index);
        match self.style {
            Style::None => Err(call("an instruction before InitSocState or a TPipe")),
            Style::Static if takes_events => {
                Err(call("this function needs a TPipe; it is none of those for static tensors"))
            }
            Style::Pipe if takes_events => self.own_events(rules, clock),
            Style::Static | Style::Pipe => Ok(()),
        }
    }

    /// A function looks for events of its own, and finds the first ones that are not reserved, set or not.
    /// Source: asc-devkit, ReduceSum, ReduceMax and CreateVecIndex of dav_c220.
    fn own_events(&self, rules: &Rules, clock: &Clock) -> Result<(), Refused> {
        for (from, to) in [(Pipe::V, Pipe::S), (Pipe::S, Pipe::V), (Pipe::S, Pipe::Mte3)] {
            let reserved = self.reserved[from as usize][to as usize];
            if (0..rules.events).all(|id| (reserved >> id) & 1 == 1) {
                let message = format!("this function finds no event from {} to {}", from.name(), to.name());
                return Err(Refused::new(FaultKind::Flag, message));
            }
            if clock.pending(from, to) & !reserved != 0 {
                let message =
                    format!("this function may find the event from {} to {} that is set", from.name(), to.name());
                return Err(Refused::new(FaultKind::Flag, message));
            }
        }
        Ok(())
    }

    /// Takes an event for good, looks for one that is free, or gives one back.
    pub(super) fn event(&mut self, code: Code, [from, to]: [Pipe; 2], id: u64, rules: &Rules) -> Result<u64, Refused> {
        if self.style != Style::Pipe {
            return Err(call("an event of a TPipe that is not there"));
        }
        let reserved = &mut self.reserved[from as usize][to as usize];
        let given = &mut self.given[from as usize][to as usize];
        if code == Code::EventGive {
            let bit = 1_u8.checked_shl(id as u32).unwrap_or(0);
            if *reserved & bit == 0 {
                return Err(Refused::new(FaultKind::Flag, format!("event {id} is given back, and was not taken")));
            }
            *reserved &= !bit;
            *given &= !bit;
            return Ok(0);
        }
        let free = (0..rules.events).find(|id| (*reserved >> id) & 1 == 0);
        let Some(id) = free else {
            let message = format!("no event is free from {} to {}", from.name(), to.name());
            return Err(Refused::new(FaultKind::Flag, message));
        };
        *given |= 1 << id;
        if code == Code::EventTake {
            *reserved |= 1 << id;
        }
        Ok(u64::from(id))
    }

    /// A flag is set or waited for.
    pub(super) fn flag(&mut self, from: Pipe, to: Pipe, event: usize) -> Result<(), Refused> {
        self.busy = true;
        if self.style == Style::Pipe && (self.given[from as usize][to as usize] >> event) & 1 == 0 {
            let message =
                format!("event {event} from {} to {} is not one that the TPipe has given", from.name(), to.name());
            return Err(Refused::new(FaultKind::Flag, message));
        }
        Ok(())
    }

    /// A barrier of all pipes.
    pub(super) fn settled(&mut self) {
        self.busy = false;
    }

    pub(super) fn end(&self, rules: &Rules) -> Result<(), Refused> {
        if rules.framed && self.busy {
            return Err(call("the kernel ends without a barrier of all pipes behind its last instruction"));
        }
        Ok(())
    }
}
