//! Kernels of a bundle on the GPU.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use bundle::Bundle;
use bundle::manifest::Kernel;
use cudarc::driver::sys::CUfunction_attribute;
use cudarc::driver::{CudaFunction, CudaModule};
use cudarc::nvrtc::Ptx;

use super::errors::NAME;
use super::{Cuda, compile, errors};
use crate::error::Error;
use crate::limits::Limits;
use crate::program::Program;

/// The oldest GPUs whose kernels may start before their predecessors have ended.
const EARLY_STARTS: (i32, i32) = (9, 0);

/// A kernel that can be launched.
pub(super) struct Loaded {
    pub(super) function: CudaFunction,
    pub(super) grid: [u32; 3],
    pub(super) block: [u32; 3],
    pub(super) dynamic_shared: u32,
    /// It may start before its predecessors have ended.
    pub(super) dependent: bool,
}

impl Cuda {
    /// Compiles and loads a bundle's kernels.
    pub(super) fn load_bundle(&mut self, bundle: &Bundle) -> Result<Program, Error> {
        let manifest = bundle.manifest();
        if manifest.target != NAME {
            return Err(Error::Target { device: NAME, expected: NAME, found: manifest.target.clone() });
        }
        let limits = self.limits().map_err(|error| errors::open("the GPU does not answer", error))?;
        let mut modules: BTreeMap<&str, Arc<CudaModule>> = BTreeMap::new();
        let mut loaded = Vec::new();
        for kernel in &manifest.kernels {
            let module = match modules.entry(kernel.file.as_str()) {
                Entry::Occupied(slot) => slot.into_mut(),
                Entry::Vacant(slot) => {
                    let text = compile::text(bundle, &kernel.file)?;
                    let code = compile::cubin(&manifest.kernels, &kernel.file, &text, self.capability)?;
                    let module = self
                        .context
                        .load_module(Ptx::from_binary(code))
                        .map_err(|error| Error::Load { file: kernel.file.clone(), message: errors::text(error) })?;
                    slot.insert(module)
                }
            };
            loaded.push(self.function(module, kernel, limits)?);
        }
        Ok(self.kernels.add(manifest, loaded))
    }

    fn function(&self, module: &Arc<CudaModule>, kernel: &Kernel, limits: Limits) -> Result<Loaded, Error> {
        let refused = |error| Error::Kernel { kernel: kernel.name.clone(), message: errors::text(error) };
        let function = module.load_function(&kernel.entry).map_err(refused)?;
        let fixed = function.shared_size_bytes().map_err(refused)?.max(0) as u64;
        let threads = function.max_threads_per_block().map_err(refused)?.max(0) as u64;
        let dynamic = kernel.budgets.get("dynamic_shared").copied().unwrap_or(0);
        Limits { threads, ..limits }.check(kernel, fixed.saturating_add(dynamic))?;
        let narrow = |values: [u64; 3]| {
            let message = format!("a grid or block of {values:?} does not fit 32 bits");
            let refused = || Error::Kernel { kernel: kernel.name.clone(), message: message.clone() };
            let narrow = |value| u32::try_from(value).map_err(|_| refused());
            Ok::<_, Error>([narrow(values[0])?, narrow(values[1])?, narrow(values[2])?])
        };
        // The limits have just been checked: it fits.
        let dynamic_shared = dynamic as u32;
        if dynamic > 0 {
            let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            function.set_attribute(attribute, dynamic_shared as i32).map_err(refused)?;
        }
        Ok(Loaded {
            function,
            dependent: kernel.dependent && self.capability >= EARLY_STARTS,
            grid: narrow(kernel.grid)?,
            block: narrow(kernel.block)?,
            dynamic_shared,
        })
    }
}
