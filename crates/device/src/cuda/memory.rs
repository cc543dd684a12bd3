//! Memory of the GPU.

use std::sync::Arc;

use cudarc::driver::sys::{CUdeviceptr, CUstream};
use cudarc::driver::{CudaStream, DriverError, result};

use super::errors;
use crate::buffer::BufferInfo;
use crate::error::Error;

/// The widest vector access of a kernel; the driver's own alignment of allocations is a multiple.
const VECTOR: u64 = 16;

/// One buffer.
pub(super) struct Memory {
    address: CUdeviceptr,
    info: BufferInfo,
    stream: Arc<CudaStream>,
}

impl Memory {
    /// Allocates zeros; the end is rounded up, so that a vector access of the last element stays inside.
    pub(super) fn zeroed(stream: &Arc<CudaStream>, info: BufferInfo) -> Result<Memory, Error> {
        let refused = || Error::OutOfMemory { bytes: info.bytes };
        let size = info.bytes.max(1).checked_next_multiple_of(VECTOR).ok_or_else(refused)?;
        let size = usize::try_from(size).map_err(|_| refused())?;
        let failed = |error| errors::allocation(info.bytes, error, || result::mem_get_info().ok());
        stream.context().bind_to_thread().map_err(failed)?;
        // SAFETY: the context is bound.
        let address = unsafe { result::malloc_sync(size) }.map_err(failed)?;
        let memory = Memory { address, info, stream: Arc::clone(stream) };
        // SAFETY: `size` bytes at this address belong to the buffer.
        unsafe { result::memset_d8_async(address, 0, size, stream.cu_stream()) }.map_err(failed)?;
        Ok(memory)
    }

    pub(super) fn info(&self) -> BufferInfo {
        self.info
    }

    pub(super) fn address(&self) -> CUdeviceptr {
        self.address
    }

    fn stream(&self) -> CUstream {
        self.stream.cu_stream()
    }

    /// Copies into the buffer after all launches so far. `offset` and length are inside.
    pub(super) fn upload(&self, offset: usize, bytes: &[u8]) -> Result<(), DriverError> {
        self.stream.context().bind_to_thread()?;
        // SAFETY: inside the buffer, and the bytes live until the copy has ended.
        unsafe { result::memcpy_htod_async(self.address + offset as CUdeviceptr, bytes, self.stream()) }?;
        self.stream.synchronize()
    }

    /// Copies out of the buffer after all launches so far. `offset` and length are inside.
    pub(super) fn download(&self, offset: usize, bytes: &mut [u8]) -> Result<(), DriverError> {
        self.stream.context().bind_to_thread()?;
        // SAFETY: inside the buffer, and the bytes live until the copy has ended.
        unsafe { result::memcpy_dtoh_async(bytes, self.address + offset as CUdeviceptr, self.stream()) }?;
        self.stream.synchronize()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // Launches may still use it. Nothing can be done about a failure.
        let _ = self.stream.synchronize();
        // SAFETY: allocated once, freed once.
        let _ = unsafe { result::free_sync(self.address) };
    }
}
