//! Opening the GPU.

use cudarc::driver::CudaContext;
use cudarc::driver::DriverError;
use cudarc::driver::sys::{self, CUdevice_attribute};

use super::errors::NAME;
use super::pending::Pending;
use super::{Cuda, compile, errors};
use crate::buffer::{Table, new_device_id};
use crate::error::Error;
use crate::limits::Limits;
use crate::program::Kernels;

/// The oldest GPUs that the printed text is for: bf16 matrix units and 16-byte copies came with 8.0.
const OLDEST: (i32, i32) = (8, 0);
/// Parameters of a kernel are at most 4 KiB before CUDA 12.1; each takes 8 bytes at most.
const MAX_ARGS: u64 = 512;

impl Cuda {
    /// Opens the first GPU.
    ///
    /// # Errors
    /// No driver, no NVRTC, no GPU, or one older than compute capability 8.0.
    pub fn new() -> Result<Cuda, Error> {
        // SAFETY: it only looks for the library.
        if !unsafe { sys::is_culib_present() } {
            let message = "no NVIDIA driver (libcuda.so) is found; it needs an NVIDIA GPU and its driver";
            return Err(Error::Open { device: NAME, message: message.to_owned() });
        }
        compile::check_library()?;
        let context = CudaContext::new(0).map_err(|error| errors::open("the first GPU does not open", error))?;
        let refused = |error| errors::open("the GPU does not answer", error);
        let capability = context.compute_capability().map_err(refused)?;
        if capability < OLDEST {
            let (major, minor) = capability;
            let name = context.name().unwrap_or_default();
            let message = format!("{name} has compute capability {major}.{minor}; the kernels need 8.0 or newer");
            return Err(Error::Open { device: NAME, message });
        }
        let stream = context.new_stream().map_err(refused)?;
        let id = new_device_id();
        let (buffers, kernels) = (Table::new(id), Kernels::new(id));
        let pending = Pending::default();
        Ok(Cuda { context, stream, capability, buffers, kernels, pending, frees: 0, choices: None })
    }

    pub(super) fn limits(&self) -> Result<Limits, DriverError> {
        let attribute = |attribute| self.context.attribute(attribute).map(|value| value.max(0) as u64);
        Ok(Limits {
            block: [
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X)?,
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y)?,
                attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z)?,
            ],
            threads: attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)?,
            shared_bytes: attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            args: MAX_ARGS,
        })
    }
}
