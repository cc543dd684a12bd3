//! What has been started on a pipe and is not over.

use tile_ir::{Elem, Loc, Number, ViewId};

use super::local::Num;
use crate::ir::{Pipe, VectorOp};

/// A span with its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) elem: Elem,
    /// First byte of the buffer.
    pub(super) base: u64,
    /// First element.
    pub(super) first: u64,
    pub(super) rows: u64,
    pub(super) cols: u64,
    pub(super) pitch: u64,
    /// Elements from the start of a row on that an operation may write.
    pub(super) wide: u64,
}

/// An operand with its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Span(At),
    Row(At),
    Column(At),
    Scalar(Num),
}

/// An operation with its numbers.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Copy {
        inward: bool,
        at: At,
        view: ViewId,
        first: u64,
        view_pitch: u64,
        pad: Option<Number>,
    },
    Vector {
        op: VectorOp,
        dst: At,
        args: Vec<Value>,
    },
    /// Scalar code writes an element, where copies do not wait for it.
    Write {
        at: At,
        value: Num,
    },
    Signal {
        to: Pipe,
        event: u32,
    },
    Await {
        from: Pipe,
        event: u32,
    },
    Barrier,
}

/// An entry of a queue.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) work: Work,
    pub(super) loc: Loc,
}

/// Which entries of a queue may run now. `in_order`: the pipe does one thing after the other.
pub(super) fn eligible(queue: &[Entry], in_order: bool, is_set: impl Fn(Pipe, u32) -> bool) -> Vec<usize> {
    let mut list = Vec::new();
    let mut first = true;
    for (at, entry) in queue.iter().enumerate() {
        match entry.work {
            Work::Copy { .. } | Work::Vector { .. } | Work::Write { .. } => list.push(at),
            Work::Signal { .. } if first => list.push(at),
            // Waits for what is before it, not the other way round.
            Work::Signal { .. } => {}
            Work::Await { from, event } => {
                // What was started before the wait need not be over.
                if is_set(from, event) {
                    list.push(at);
                }
                break;
            }
            Work::Barrier => {
                if first {
                    list.push(at);
                }
                break;
            }
        }
        first = false;
        if in_order {
            break;
        }
    }
    list
}
