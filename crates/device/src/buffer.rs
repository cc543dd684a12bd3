//! Buffer handles.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;
use crate::memory::Memory;

/// What a buffer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Weights: uploaded by the host, never written by a kernel.
    Weights,
    /// Anything else.
    Data,
}

/// What is known of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferInfo {
    /// Size in bytes.
    pub bytes: u64,
    /// Usage.
    pub usage: Usage,
}

/// Handle of a buffer on one device; never reused for another buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Buffer {
    device: u32,
    index: u32,
    generation: u32,
}

/// A number no other device of this process has.
pub(crate) fn new_device_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A buffer in this process's memory.
pub(crate) struct Allocation {
    pub(crate) memory: Memory,
    pub(crate) info: BufferInfo,
}

/// A device's table of buffers, each holding the device's own `T`.
pub(crate) struct Table<T> {
    device: u32,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Table<T> {
    pub(crate) fn new(device: u32) -> Table<T> {
        Table { device, slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: T) -> Buffer {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(Slot { generation: 0, value: None });
                (self.slots.len() - 1) as u32
            }
        };
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        Buffer { device: self.device, index, generation: slot.generation }
    }

    pub(crate) fn get(&self, buffer: Buffer) -> Result<&T, Error> {
        match self.slots.get(buffer.index as usize) {
            Some(Slot { generation, value: Some(value) })
                if *generation == buffer.generation && self.device == buffer.device =>
            {
                Ok(value)
            }
            Some(_) | None => Err(Error::DeadBuffer),
        }
    }

    pub(crate) fn get_mut(&mut self, buffer: Buffer) -> Result<&mut T, Error> {
        match self.slots.get_mut(buffer.index as usize) {
            Some(Slot { generation, value: Some(value) })
                if *generation == buffer.generation && self.device == buffer.device =>
            {
                Ok(value)
            }
            Some(_) | None => Err(Error::DeadBuffer),
        }
    }

    pub(crate) fn remove(&mut self, buffer: Buffer) -> Result<T, Error> {
        self.get(buffer)?;
        let slot = &mut self.slots[buffer.index as usize];
        // A slot whose generations are used up is never handed out again.
        if let Some(next) = slot.generation.checked_add(1) {
            slot.generation = next;
            self.free.push(buffer.index);
        }
        slot.value.take().ok_or(Error::DeadBuffer)
    }
}

/// The range of a copy of `bytes` bytes at `offset` of a buffer of `size` bytes.
pub(crate) fn copy_range(size: u64, offset: u64, bytes: u64) -> Result<std::ops::Range<usize>, Error> {
    match offset.checked_add(bytes) {
        Some(end) if end <= size => Ok(offset as usize..end as usize),
        Some(_) | None => Err(Error::OutOfRange { offset, bytes, size }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_die_with_their_buffer() {
        let mut table = Table::new(7);
        let first = table.insert("first");
        assert_eq!(*table.get(first).unwrap(), "first");
        assert_eq!(table.remove(first).unwrap(), "first");
        assert!(matches!(table.get(first), Err(Error::DeadBuffer)));
        let second = table.insert("second");
        assert_ne!(first, second, "a slot is reused, a handle is not");
        assert!(matches!(table.get_mut(first), Err(Error::DeadBuffer)));
        assert!(matches!(table.remove(first), Err(Error::DeadBuffer)));
        let mut other = Table::new(8);
        let foreign = other.insert("third");
        assert!(matches!(table.get(foreign), Err(Error::DeadBuffer)));
    }
}
