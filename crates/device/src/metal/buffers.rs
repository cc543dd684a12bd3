//! Memory that processor and GPU share.

use std::ops::Range;

use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::ProtocolObject;
use objc2_metal::{MTLBuffer, MTLDevice, MTLResourceOptions};

use crate::buffer::BufferInfo;
use crate::error::Error;

/// The widest vector access of a kernel; Metal's own alignment of buffers is a multiple.
const VECTOR: u64 = 16;

/// One buffer.
pub(super) struct Memory {
    buffer: Retained<ProtocolObject<dyn MTLBuffer>>,
    info: BufferInfo,
}

impl Memory {
    /// Allocates zeros; the end is rounded up, so that a vector access of the last element stays inside.
    pub(super) fn zeroed(device: &ProtocolObject<dyn MTLDevice>, info: BufferInfo) -> Result<Memory, Error> {
        let refused = || Error::OutOfMemory { bytes: info.bytes };
        let size = info.bytes.max(1).checked_next_multiple_of(VECTOR).ok_or_else(refused)?;
        let size = usize::try_from(size).map_err(|_| refused())?;
        if size > device.maxBufferLength() {
            return Err(refused());
        }
        let options = MTLResourceOptions::StorageModeShared;
        let buffer = autoreleasepool(|_| device.newBufferWithLength_options(size, options)).ok_or_else(refused)?;
        // SAFETY: `size` bytes at this address belong to the buffer, which nothing else uses yet.
        unsafe { buffer.contents().cast::<u8>().write_bytes(0, size) };
        Ok(Memory { buffer, info })
    }

    pub(super) fn info(&self) -> BufferInfo {
        self.info
    }

    /// For an encoder, which retains it.
    pub(super) fn buffer(&self) -> &ProtocolObject<dyn MTLBuffer> {
        &self.buffer
    }

    /// Copies `bytes` to `range`, which is as long and inside the buffer.
    ///
    /// # Safety
    /// No pending launch uses the buffer.
    pub(super) unsafe fn write(&mut self, range: Range<usize>, bytes: &[u8]) {
        // SAFETY: the buffer's `info.bytes` initialised bytes, used by nothing else as the caller promises.
        let all = unsafe {
            std::slice::from_raw_parts_mut(self.buffer.contents().cast::<u8>().as_ptr(), self.info.bytes as usize)
        };
        all[range].copy_from_slice(bytes);
    }

    /// Copies `range`, which is as long as `bytes` and inside the buffer.
    ///
    /// # Safety
    /// No pending launch writes the buffer.
    pub(super) unsafe fn read(&self, range: Range<usize>, bytes: &mut [u8]) {
        // SAFETY: the buffer's `info.bytes` initialised bytes, written by nothing as the caller promises.
        let all = unsafe {
            std::slice::from_raw_parts(self.buffer.contents().cast::<u8>().as_ptr(), self.info.bytes as usize)
        };
        bytes.copy_from_slice(&all[range]);
    }
}
