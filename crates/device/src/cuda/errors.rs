//! What the driver says, in our words.

use cudarc::driver::DriverError;
use cudarc::driver::sys::CUresult;

use crate::error::{Cause, Error, Failure};

/// Name of the device.
pub(super) const NAME: &str = "cuda";

/// The driver's name of an error and its sentence.
pub(super) fn text(error: DriverError) -> String {
    let name = error.error_name().map_or_else(|_| format!("{:?}", error.0), |name| name.to_string_lossy().into_owned());
    match error.error_string() {
        Ok(sentence) => format!("{} ({name})", sentence.to_string_lossy()),
        Err(_) => name,
    }
}

/// The device cannot be opened.
pub(super) fn open(what: &str, error: DriverError) -> Error {
    let remedy = match error.0 {
        CUresult::CUDA_ERROR_NO_DEVICE => "; is the GPU visible (nvidia-smi, CUDA_VISIBLE_DEVICES)?",
        CUresult::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH | CUresult::CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE => {
            "; install a newer NVIDIA driver"
        }
        _ => "",
    };
    Error::Open { device: NAME, message: format!("{what}: {}{remedy}", text(error)) }
}

/// Why a buffer of `bytes` bytes is not had. `memory` asks for the free bytes and all there are.
pub(super) fn allocation(bytes: u64, error: DriverError, memory: impl FnOnce() -> Option<(usize, usize)>) -> Error {
    match error.0 {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => match memory() {
            Some((free, _)) => Error::OutOfDeviceMemory { bytes, free: free as u64 },
            None => Error::OutOfMemory { bytes },
        },
        // Such as a launch that failed and was not waited for.
        _ => launch("alloc", "alloc", 1, error),
    }
}

/// Why a launch of `kernel` failed, or one of those before `kernel` that had not been waited for.
pub(super) fn launch(kernel: &str, first: &str, launches: u32, error: DriverError) -> Error {
    let cause = match error.0 {
        CUresult::CUDA_ERROR_OUT_OF_MEMORY => Cause::OutOfMemory,
        CUresult::CUDA_ERROR_LAUNCH_TIMEOUT => Cause::Timeout,
        CUresult::CUDA_ERROR_ILLEGAL_ADDRESS
        | CUresult::CUDA_ERROR_MISALIGNED_ADDRESS
        | CUresult::CUDA_ERROR_INVALID_ADDRESS_SPACE
        | CUresult::CUDA_ERROR_LAUNCH_FAILED => Cause::Fault,
        CUresult::CUDA_ERROR_DEVICE_UNAVAILABLE | CUresult::CUDA_ERROR_CONTEXT_IS_DESTROYED => Cause::DeviceLost,
        _ => Cause::Other,
    };
    Error::Launch(Failure { cause, launches, first: first.to_owned(), last: kernel.to_owned(), message: text(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The driver is not asked for the sentence of an error here: there may be none.
    #[test]
    fn out_of_memory_names_what_was_asked_and_what_is_free() {
        let full = || DriverError(CUresult::CUDA_ERROR_OUT_OF_MEMORY);
        let error = allocation(3000, full(), || Some((1000, 4000)));
        assert!(matches!(error, Error::OutOfDeviceMemory { bytes: 3000, free: 1000 }));
        assert_eq!(error.to_string(), "not enough device memory: 3000 bytes are asked for, 1000 are free");
        assert!(matches!(allocation(3000, full(), || None), Error::OutOfMemory { bytes: 3000 }));
    }
}
