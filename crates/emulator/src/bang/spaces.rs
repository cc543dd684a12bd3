//! Where memory is: NRAM and WRAM arrays of the text, buffers of the launch, the core's stack.

use super::admit::Refusal;
use super::op::{Space, Span};
use crate::bang::FaultKind;

/// An array in NRAM or WRAM.
#[derive(Clone, Debug)]
pub(super) struct Array {
    /// Name in the text.
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) bytes: u64,
    pub(super) space: Space,
    /// Number of its first byte among those of all arrays.
    pub(super) first: usize,
}

/// A buffer in GDRAM.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    /// Such as ``argument 1 `y` ``.
    pub(super) name: String,
    pub(super) start: usize,
    pub(super) bytes: u64,
    pub(super) writable: bool,
}

/// What holds a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Index of an array.
    Array(usize),
    /// Index of a buffer.
    Buffer(usize),
    /// Scalar variables of the core.
    Stack,
    /// Constants of the text.
    Constant,
}

/// Memory of one core.
#[derive(Clone, Debug, Default)]
pub(super) struct Spaces {
    pub(super) arrays: Vec<Array>,
    /// Writable ones first, so that a buffer bound twice counts as written.
    pub(super) buffers: Vec<Buffer>,
    pub(super) constants: Vec<(usize, usize)>,
    pub(super) stack: (usize, usize),
}

fn holds(start: usize, size: u64, low: i128, high: i128) -> bool {
    low >= start as i128 && high <= start as i128 + i128::from(size)
}

impl Spaces {
    /// What holds all of `low..high`.
    pub(super) fn place(&self, low: i128, high: i128) -> Option<Place> {
        let (stack, end) = self.stack;
        if holds(stack, (end - stack) as u64, low, high) {
            return Some(Place::Stack);
        }
        if let Some(index) = self.arrays.iter().position(|array| holds(array.start, array.bytes, low, high)) {
            return Some(Place::Array(index));
        }
        if let Some(index) = self.buffers.iter().position(|buffer| holds(buffer.start, buffer.bytes, low, high)) {
            return Some(Place::Buffer(index));
        }
        let constant = self.constants.iter().any(|(start, end)| holds(*start, (end - start) as u64, low, high));
        constant.then_some(Place::Constant)
    }

    pub(super) fn space(&self, place: Place) -> Option<Space> {
        match place {
            Place::Array(index) => Some(self.arrays[index].space),
            Place::Buffer(_) => Some(Space::Gdram),
            Place::Stack | Place::Constant => None,
        }
    }

    /// The place of a span, which must lie in one array or buffer of its space.
    pub(super) fn span(&self, span: Span, write: bool) -> Result<Place, Refusal> {
        let (low, high) = span.bounds();
        let verb = if write { "writes" } else { "reads" };
        let Some(place) = self.place(low, high) else {
            let kind = if write { FaultKind::WriteOutOfBounds } else { FaultKind::ReadOutOfBounds };
            let rule = "an access lies in one array or buffer";
            let message =
                format!("{verb} {} bytes of {} at {}", high - low, span.space.name(), self.name(low as usize));
            return Err(Refusal { kind, message, rule });
        };
        if self.space(place) != Some(span.space) {
            let rule = "a pointer is into the space that the function or the direction takes";
            let message = format!("{verb} {} as {}", self.name(low as usize), span.space.name());
            return Err(Refusal { kind: FaultKind::Space, message, rule });
        }
        if write {
            self.written(place, low as usize)?;
        }
        Ok(place)
    }

    /// Whether a place may be written.
    pub(super) fn written(&self, place: Place, address: usize) -> Result<(), Refusal> {
        let constant = match place {
            Place::Buffer(index) => !self.buffers[index].writable,
            Place::Constant => true,
            Place::Array(_) | Place::Stack => false,
        };
        if !constant {
            return Ok(());
        }
        let rule = "a kernel writes only what it is given to write";
        Err(Refusal { kind: FaultKind::WriteToConstant, message: self.name(address), rule })
    }

    /// An address in words, by the array or buffer that holds it or is nearest.
    pub(super) fn name(&self, address: usize) -> String {
        let arrays = self
            .arrays
            .iter()
            .map(|array| (format!("the {} array `{}`", array.space.name(), array.name), array.start, array.bytes));
        let buffers = self.buffers.iter().map(|buffer| (buffer.name.clone(), buffer.start, buffer.bytes));
        let distance = |start: usize, bytes: u64| {
            let end = start as u64 + bytes;
            if address < start { (start - address) as u64 } else { (address as u64 + 1).saturating_sub(end) }
        };
        let nearest = arrays.chain(buffers).min_by_key(|(_, start, bytes)| distance(*start, *bytes));
        let (stack, end) = self.stack;
        match nearest {
            _ if (stack..end).contains(&address) => "a variable on the stack".to_owned(),
            Some((name, start, bytes)) if distance(start, bytes) < 1 << 30 => {
                format!("byte {} of {name} ({bytes} bytes)", address as i128 - start as i128)
            }
            Some(_) | None => "an address in no array or buffer".to_owned(),
        }
    }
}
