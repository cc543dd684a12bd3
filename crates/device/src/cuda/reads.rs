//! How fast the GPU reads its memory, measured by a kernel that does nothing else.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use cudarc::driver::sys::{CUdevice_attribute, CUevent_flags};
use cudarc::driver::{CudaFunction, CudaStream, DriverError, result};
use cudarc::nvrtc::Ptx;

use super::memory::Memory;
use super::{compile, errors};
use crate::buffer::{BufferInfo, Usage};
use crate::error::Error;
use crate::facts::ReadRate;

const TEXT: &str = include_str!("reads.cu");
const FILE: &str = "reads.cu";
const THREADS: u32 = 512;
/// As many threads as a multiprocessor holds.
const BLOCKS_PER_MULTIPROCESSOR: u32 = 4;
const WARM_UP: usize = 5;
const PASSES: usize = 30;
/// The width of one load.
const VECTOR: u64 = 16;

/// Reads a buffer of about `bytes` bytes, at most half of the free memory, pass by pass between two events.
pub(super) fn measure(stream: &Arc<CudaStream>, capability: (i32, i32), bytes: u64) -> Result<Option<ReadRate>, Error> {
    let refused = |error: DriverError| Error::Load { file: FILE.to_owned(), message: errors::text(error) };
    let context = stream.context();
    let (free, _) = context.mem_get_info().map_err(refused)?;
    let count = (bytes.min(free as u64 / 2) / VECTOR).max(1);
    let attribute = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
    let multiprocessors = context.attribute(attribute).map_err(refused)?.max(1) as u32;

    let code = compile::cubin(&[], FILE, TEXT, capability)?;
    let module = context.load_module(Ptx::from_binary(code)).map_err(refused)?;
    let fill = module.load_function("tenfold_fill").map_err(refused)?;
    let read = module.load_function("tenfold_read").map_err(refused)?;
    let data = Memory::zeroed(stream, BufferInfo { bytes: count * VECTOR, usage: Usage::Data })?;
    let out = Memory::zeroed(stream, BufferInfo { bytes: 4, usage: Usage::Data })?;

    let grid = multiprocessors * BLOCKS_PER_MULTIPROCESSOR;
    let launch = |function: &CudaFunction, values: &mut [u64]| {
        let mut params: Vec<*mut c_void> = values.iter_mut().map(|value| (&raw mut *value).cast()).collect();
        let (grid, block) = ((grid, 1, 1), (THREADS, 1, 1));
        context.bind_to_thread()?;
        // SAFETY: the arguments are those of the text above: addresses of buffers that outlive the wait below, and the
        // number of vectors in the first.
        unsafe { result::launch_kernel(function.cu_function(), grid, block, 0, stream.cu_stream(), &mut params) }
    };
    let run = || -> Result<Vec<Duration>, DriverError> {
        launch(&fill, &mut [data.address(), count])?;
        let mut passes = Vec::new();
        for pass in 0..WARM_UP + PASSES {
            let start = stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT))?;
            launch(&read, &mut [data.address(), count, out.address()])?;
            let end = stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT))?;
            let milliseconds = start.elapsed_ms(&end)?;
            if pass >= WARM_UP {
                passes.push(Duration::from_secs_f32(milliseconds.max(0.0) / 1e3));
            }
        }
        Ok(passes)
    };
    let passes = run().map_err(|error| errors::launch("tenfold_read", "tenfold_fill", 2, error))?;
    let method = format!("a kernel of {grid} blocks of {THREADS} threads, 8 loads of 16 bytes in flight each, events");
    Ok(ReadRate::of(count * VECTOR, passes, method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_compiles() {
        if let Err(error) = compile::check_library() {
            eprintln!("SKIPPED: {error}");
            return;
        }
        for capability in [(8, 0), (9, 0)] {
            let code = compile::compile(&[], FILE, TEXT, &compile::options(capability)).unwrap();
            assert!(code.starts_with(b"\x7fELF"));
        }
    }
}
