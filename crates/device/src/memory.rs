//! Aligned memory.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use emulator::nki::Shared;

use crate::error::Error;

/// A cache line, and the widest vector.
const ALIGN: usize = 64;

/// Zeroed memory on a 64-byte boundary.
pub(crate) struct Memory {
    pointer: NonNull<u8>,
    bytes: usize,
    held: Held,
}

/// What holds memory.
enum Held {
    /// The allocator.
    Heap(Layout),
    /// A file that another process maps too.
    File(#[expect(dead_code, reason = "only kept")] Shared),
}

// SAFETY: it owns its memory, like a `Vec<u8>`.
unsafe impl Send for Memory {}
// SAFETY: shared references only read, or hand out the address.
unsafe impl Sync for Memory {}

impl Memory {
    /// Allocates; the end is rounded up to a whole line, so that a vector load of the last element stays inside.
    pub(crate) fn zeroed(bytes: u64) -> Result<Memory, Error> {
        let refused = || Error::OutOfMemory { bytes };
        let size = bytes.max(1).checked_next_multiple_of(ALIGN as u64).ok_or_else(refused)?;
        let size = usize::try_from(size).map_err(|_| refused())?;
        let layout = Layout::from_size_align(size, ALIGN).map_err(|_| refused())?;
        // SAFETY: the layout has a size above 0.
        let pointer = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or_else(refused)?;
        Ok(Memory { pointer, bytes: bytes as usize, held: Held::Heap(layout) })
    }

    /// As [`Memory::zeroed`], for kernels that run in a process of their own.
    pub(crate) fn shared(bytes: u64) -> Result<Memory, Error> {
        let refused = || Error::OutOfMemory { bytes };
        let size = bytes.max(1).checked_next_multiple_of(ALIGN as u64).ok_or_else(refused)?;
        let mut shared = Shared::zeroed(size).map_err(|_| refused())?;
        let pointer = NonNull::new(shared.pointer()).ok_or_else(refused)?;
        Ok(Memory { pointer, bytes: bytes as usize, held: Held::File(shared) })
    }

    /// Bytes asked for.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    /// Address of the first byte; kernels write through it.
    pub(crate) fn pointer(&self) -> *mut u8 {
        self.pointer.as_ptr()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `bytes` initialised bytes; no kernel runs while the device is borrowed.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.bytes) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.bytes) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        match &self.held {
            // SAFETY: allocated with this layout, freed once.
            Held::Heap(layout) => unsafe { dealloc(self.pointer.as_ptr(), *layout) },
            Held::File(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_zeroed_and_refused() {
        for bytes in [0, 1, 63, 64, 65, 1 << 20] {
            let mut memory = Memory::zeroed(bytes).unwrap();
            assert_eq!(memory.pointer() as usize % ALIGN, 0);
            assert_eq!(memory.as_slice().len() as u64, bytes);
            assert!(memory.as_slice().iter().all(|&byte| byte == 0));
            memory.as_mut_slice().fill(1);
        }
        for bytes in [u64::MAX, u64::MAX - 64, 1 << 62] {
            assert!(matches!(Memory::zeroed(bytes), Err(Error::OutOfMemory { .. })));
        }
    }
}
