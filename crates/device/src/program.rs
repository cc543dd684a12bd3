//! Loaded kernels.

use std::sync::Arc;

use bundle::manifest::Kernel;

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
