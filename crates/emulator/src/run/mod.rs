//! Runs groups of threads: one fiber per thread, on one operating-system thread per group.
//!
//! A fiber runs until it waits: at a barrier of the group, or at an operation of its subgroup. When all lanes of a subgroup wait at one
//! operation it is carried out and they go on; when all threads of the group wait at one barrier they go on; anything
//! else is a fault.

mod calls;
pub(crate) mod copies;
mod fibers;
mod group;
mod lanes;
mod matrix;
mod order;

pub(crate) use calls::hooks;
pub(crate) use fibers::Fibers;
pub(crate) use group::{Launched, run};
pub(crate) use order::{Order, mix};

use corosensei::Yielder;

use crate::memory::Checker;
use crate::{FaultKind, Language};

/// Threads that exchange values.
pub(crate) const LANES: usize = 32;

/// What a thread does while it does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It may run.
    Ready,
    /// It waits for its group. Bits of `scope`: 1 orders buffers, 2 orders shared arrays.
    Barrier { scope: u32, site: usize },
    /// It waits for its subgroup, without a value.
    Meet { scope: u32, site: usize },
    /// It waits for values of its subgroup.
    Lane { op: u32, arg: u32, site: usize },
    /// It waits for a matrix operation of its subgroup.
    Matrix { op: u32, payload: usize, site: usize },
    /// It has returned.
    Done,
}

impl State {
    fn site(self) -> Option<usize> {
        match self {
            State::Ready | State::Done => None,
            State::Barrier { site, .. }
            | State::Meet { site, .. }
            | State::Lane { site, .. }
            | State::Matrix { site, .. } => Some(site),
        }
    }

    fn describe(self) -> &'static str {
        match self {
            State::Ready => "runs",
            State::Barrier { .. } => "waits at a barrier of the group",
            State::Meet { .. } => "waits at a barrier of the subgroup",
            State::Lane { .. } => "waits at an exchange of the subgroup",
            State::Matrix { .. } => "waits at a matrix operation",
            State::Done => "has returned",
        }
    }
}

/// A fault before its lines are looked up.
#[derive(Clone, Debug)]
pub(crate) struct RawFault {
    pub(crate) kind: FaultKind,
    pub(crate) thread: u32,
    /// Address behind the call.
    pub(crate) site: Option<usize>,
    pub(crate) message: String,
    /// Other threads that belong to it: number, what it does, where.
    pub(crate) others: Vec<(u32, &'static str, Option<usize>)>,
}

/// A thread.
#[derive(Debug)]
struct Slot {
    state: State,
    /// Operand of an exchange, then its result.
    value: u64,
    yielder: *const Yielder<(), ()>,
}

/// What the calls of a kernel see.
#[derive(Debug)]
pub(crate) struct Worker {
    language: Language,
    threads: u32,
    grid: [u64; 3],
    program: [u64; 3],
    current: usize,
    slots: Vec<Slot>,
    fault: Option<RawFault>,
    copies: copies::Copies,
    pub(crate) checker: Option<Checker>,
}
