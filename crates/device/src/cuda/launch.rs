//! One launch as the driver takes it: into the stream, or as a node of a graph.

use std::ffi::c_void;
use std::ptr::null_mut;

use cudarc::driver::sys::{
    self, CUDA_KERNEL_NODE_PARAMS, CUlaunchAttribute, CUlaunchAttributeID, CUlaunchAttributeValue, CUlaunchConfig,
};
use cudarc::driver::{CudaStream, DriverError};

use super::memory::Memory;
use crate::binding::{Arg, Binding};
use crate::buffer::Table;
use crate::error::Error;

/// A kernel with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Launch {
    pub(super) function: sys::CUfunction,
    pub(super) grid: [u32; 3],
    pub(super) block: [u32; 3],
    pub(super) dynamic_shared: u32,
    /// It may start before its predecessor has ended.
    pub(super) dependent: bool,
    /// Each argument at the start of eight bytes: the driver reads as many as the parameter has.
    pub(super) values: Vec<u64>,
}

/// The arguments of a binding.
///
/// # Errors
/// A buffer that was freed.
pub(super) fn values(binding: &Binding, buffers: &Table<Memory>) -> Result<Vec<u64>, Error> {
    let value = |arg: &Arg| {
        Ok(match *arg {
            Arg::Buffer(buffer) => buffers.get(buffer)?.address(),
            Arg::F32(value) => u64::from(value.to_bits()),
            Arg::U32(value) => u64::from(value),
            Arg::U64(value) => value,
        })
    };
    binding.args().iter().map(value).collect()
}

impl Launch {
    fn pointers(&mut self) -> Vec<*mut c_void> {
        self.values.iter_mut().map(|value| (&raw mut *value).cast()).collect()
    }

    /// Sends it to the stream, whose context is bound.
    pub(super) fn send(&mut self, stream: &CudaStream) -> Result<(), DriverError> {
        let mut attribute = CUlaunchAttribute {
            id: CUlaunchAttributeID::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
            pad: [0; 4],
            value: CUlaunchAttributeValue { programmaticStreamSerializationAllowed: 1 },
        };
        let ([gx, gy, gz], [bx, by, bz]) = (self.grid, self.block);
        let config = CUlaunchConfig {
            gridDimX: gx,
            gridDimY: gy,
            gridDimZ: gz,
            blockDimX: bx,
            blockDimY: by,
            blockDimZ: bz,
            sharedMemBytes: self.dynamic_shared,
            hStream: stream.cu_stream(),
            attrs: &raw mut attribute,
            numAttrs: u32::from(self.dependent),
        };
        let mut pointers = self.pointers();
        // SAFETY: the binding has as many arguments as the kernel and its buffers hold the views; the values and the
        // attribute live until the driver has copied them, which is before it returns.
        unsafe { sys::cuLaunchKernelEx(&raw const config, self.function, pointers.as_mut_ptr(), null_mut()).result() }
    }

    /// Calls `take` with it as the parameters of a graph's node, which are valid during the call.
    pub(super) fn as_node<T>(&mut self, take: impl FnOnce(&CUDA_KERNEL_NODE_PARAMS) -> T) -> T {
        let ([gx, gy, gz], [bx, by, bz]) = (self.grid, self.block);
        let mut pointers = self.pointers();
        take(&CUDA_KERNEL_NODE_PARAMS {
            func: self.function,
            gridDimX: gx,
            gridDimY: gy,
            gridDimZ: gz,
            blockDimX: bx,
            blockDimY: by,
            blockDimZ: bz,
            sharedMemBytes: self.dynamic_shared,
            kernelParams: pointers.as_mut_ptr(),
            extra: null_mut(),
            kern: null_mut(),
            ctx: null_mut(),
        })
    }
}
