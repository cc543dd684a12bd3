//! Loaded kernels.

use std::sync::Arc;

use bundle::manifest::{Kernel, Manifest};

use crate::binding::Binding;
use crate::error::Error;

/// Handle of a kernel on one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KernelHandle {
    pub(crate) device: u32,
    pub(crate) index: u32,
}

/// A kernel on a device, with what its manifest says.
#[derive(Clone, Debug)]
pub struct LoadedKernel {
    pub(crate) handle: KernelHandle,
    pub(crate) manifest: Arc<Kernel>,
}

impl LoadedKernel {
    /// Its handle.
    pub fn handle(&self) -> KernelHandle {
        self.handle
    }

    /// Its manifest entry.
    pub fn manifest(&self) -> &Kernel {
        &self.manifest
    }
}

/// The kernels of one loaded bundle, in the manifest's order.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub(crate) kernels: Vec<LoadedKernel>,
}

impl Program {
    /// All kernels.
    pub fn kernels(&self) -> &[LoadedKernel] {
        &self.kernels
    }

    /// The kernel with this name.
    pub fn kernel(&self, name: &str) -> Option<&LoadedKernel> {
        self.kernels.iter().find(|kernel| kernel.manifest.name == name)
    }
}

/// The code of all kernels that a device has loaded.
pub(crate) struct Kernels<T> {
    device: u32,
    code: Vec<T>,
}

impl<T> Kernels<T> {
    /// Of the device with this id.
    pub(crate) fn new(device: u32) -> Kernels<T> {
        Kernels { device, code: Vec::new() }
    }

    /// Takes the code of a manifest's kernels, one each, in its order.
    pub(crate) fn add(&mut self, manifest: &Manifest, loaded: impl IntoIterator<Item = T>) -> Program {
        let mut program = Program::default();
        for (kernel, code) in manifest.kernels.iter().zip(loaded) {
            let handle = KernelHandle { device: self.device, index: self.code.len() as u32 };
            self.code.push(code);
            program.kernels.push(LoadedKernel { handle, manifest: kernel.clone().into() });
        }
        program
    }

    /// The code of a binding's kernel.
    ///
    /// # Errors
    /// It is loaded on another device.
    pub(crate) fn get(&self, binding: &Binding) -> Result<&T, Error> {
        let handle = binding.handle();
        match self.code.get(handle.index as usize) {
            Some(code) if handle.device == self.device => Ok(code),
            Some(_) | None => {
                let kernel = binding.kernel().name.clone();
                Err(Error::Kernel { kernel, message: "it is loaded on another device".to_owned() })
            }
        }
    }
}
