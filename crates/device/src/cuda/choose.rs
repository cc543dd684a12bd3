//! Choices on their way to the host: a kernel of one thread writes them into pinned memory behind the launches so far, and an
//! event says when.

use std::ffi::c_void;
use std::sync::Arc;

use cudarc::driver::sys::{self, CUdeviceptr, CUevent_flags};
use cudarc::driver::{CudaContext, CudaEvent, CudaFunction, CudaStream, DriverError, result};
use cudarc::nvrtc::Ptx;

use super::ring::Ring;
use super::{compile, errors};
use crate::choice::Chosen;
use crate::error::Error;

const TEXT: &str = include_str!("choose.cu");
const FILE: &str = "choose.cu";
/// The number and the value.
const WORDS: usize = 2;

/// Pinned memory for one choice.
struct Place {
    host: *mut u32,
    address: CUdeviceptr,
    written: CudaEvent,
    context: Arc<CudaContext>,
}

// SAFETY: pinned memory and its event belong to no thread; one owner uses them.
unsafe impl Send for Place {}

impl Place {
    fn new(context: &Arc<CudaContext>) -> Result<Place, DriverError> {
        // Its time is not asked for.
        let written = context.new_event(Some(CUevent_flags::CU_EVENT_DISABLE_TIMING))?;
        // SAFETY: the context is bound: making the event has bound it.
        let host = unsafe { result::malloc_host(WORDS * size_of::<u32>(), sys::CU_MEMHOSTALLOC_DEVICEMAP) }?;
        let mut place = Place { host: host.cast(), address: 0, written, context: Arc::clone(context) };
        // SAFETY: memory that was just made, mapped; the address is valid for writes.
        unsafe { sys::cuMemHostGetDevicePointer_v2(&raw mut place.address, host, 0) }.result()?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The kernel may still write to it. Nothing can be done about a failure.
        let _ = self.written.synchronize();
        let _ = self.context.bind_to_thread();
        // SAFETY: made once, freed once.
        let _ = unsafe { result::free_host(self.host.cast()) };
    }
}

/// The kernel, and a ring of places.
pub(super) struct Choices {
    function: CudaFunction,
    ring: Ring<Place>,
}

/// A choice that is under way.
pub(super) struct Ticket {
    place: usize,
    /// [`super::Cuda`]'s count of launches that are in front of it.
    pub(super) launches: u64,
}

impl Choices {
    /// Compiles the kernel.
    pub(super) fn new(context: &Arc<CudaContext>, capability: (i32, i32)) -> Result<Choices, Error> {
        let refused = |error: DriverError| Error::Load { file: FILE.to_owned(), message: errors::text(error) };
        let code = compile::cubin(&[], FILE, TEXT, capability)?;
        let module = context.load_module(Ptx::from_binary(code)).map_err(refused)?;
        Ok(Choices { function: module.load_function("tenfold_choose").map_err(refused)?, ring: Ring::new() })
    }

    /// Sends the kernel: `index` is the address of the number, `values` that of `count` f32.
    pub(super) fn send(
        &mut self,
        stream: &Arc<CudaStream>,
        index: CUdeviceptr,
        (values, count): (CUdeviceptr, u64),
        launches: u64,
    ) -> Result<Ticket, DriverError> {
        let context = stream.context();
        context.bind_to_thread()?;
        let number = self.ring.take(|| Place::new(context))?;
        let sent = self.ring.get(number).map(|place| {
            let mut arguments = [index, values, count, place.address];
            let mut params: Vec<*mut c_void> = arguments.iter_mut().map(|value| (&raw mut *value).cast()).collect();
            let one = (1, 1, 1);
            // SAFETY: the arguments are those of the text: the caller's buffers are live, hold a number and `count` values,
            // and are freed after the stream has been waited for; the place is freed after its event.
            unsafe {
                result::launch_kernel(self.function.cu_function(), one, one, 0, stream.cu_stream(), &mut params)
            }?;
            place.written.record(stream)
        });
        match sent {
            Some(Ok(())) => Ok(Ticket { place: number, launches }),
            Some(Err(error)) => {
                self.ring.give(number);
                Err(error)
            }
            None => Err(DriverError(sys::CUresult::CUDA_ERROR_INVALID_VALUE)),
        }
    }

    /// Waits for a choice, and for nothing behind it.
    pub(super) fn wait(&mut self, ticket: &Ticket) -> Result<Chosen, DriverError> {
        let Some(place) = self.ring.get(ticket.place) else {
            return Err(DriverError(sys::CUresult::CUDA_ERROR_INVALID_VALUE));
        };
        place.written.synchronize()?;
        // SAFETY: two words of pinned memory, which the kernel has written: its event has been waited for.
        let [index, bits] = unsafe { [place.host.read_volatile(), place.host.add(1).read_volatile()] };
        self.ring.give(ticket.place);
        Ok(Chosen { index, value: f32::from_bits(bits) })
    }
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
