//! Shared libraries of kernels.

use std::collections::BTreeMap;
use std::ffi::c_void;

use bundle::Bundle;
use libloading::Library;

use crate::error::Error;

/// A kernel's entry point: arguments, first program, one past the last program, scratch memory.
pub(crate) type Entry = unsafe extern "C" fn(*const *const c_void, u64, u64, *mut u8);

/// A loaded kernel.
pub(crate) struct Kernel {
    pub(crate) entry: Entry,
    /// Programs of the grid.
    pub(crate) programs: u64,
    /// Bytes of scratch memory each thread needs.
    pub(crate) scratch: u64,
}

/// Keeps libraries loaded for as long as their kernels may be called.
#[derive(Default)]
pub(crate) struct Libraries {
    open: Vec<Library>,
}

impl Libraries {
    /// Loads the libraries of a bundle and looks up every kernel, in the manifest's order.
    pub(crate) fn load(&mut self, bundle: &Bundle) -> Result<Vec<Kernel>, Error> {
        let mut opened = BTreeMap::new();
        let mut kernels = Vec::new();
        for kernel in &bundle.manifest().kernels {
            if kernel.block != [1, 1, 1] {
                let message = "each of its programs wants several threads; the CPU runs one".to_owned();
                return Err(Error::Kernel { kernel: kernel.name.clone(), message });
            }
            let library = match opened.entry(kernel.file.as_str()) {
                std::collections::btree_map::Entry::Occupied(slot) => slot.into_mut(),
                std::collections::btree_map::Entry::Vacant(slot) => slot.insert(open(bundle, &kernel.file)?),
            };
            // SAFETY: the bundle's contract is that the entry has this signature; `Libraries` keeps the library loaded.
            let entry = unsafe { library.get::<Entry>(kernel.entry.as_bytes()) };
            let entry = *entry.map_err(|_| Error::Kernel {
                kernel: kernel.name.clone(),
                message: format!("`{}` has no symbol `{}`", kernel.file, kernel.entry),
            })?;
            kernels.push(Kernel {
                entry,
                programs: kernel.grid.iter().product(),
                scratch: kernel.budgets.get("scratch").copied().unwrap_or(0),
            });
        }
        self.open.extend(opened.into_values());
        Ok(kernels)
    }
}

fn open(bundle: &Bundle, name: &str) -> Result<Library, Error> {
    let failed = |message: String| Error::Load { file: name.to_owned(), message };
    // An absolute path: the loader looks up bare names elsewhere.
    let path = bundle.path(name)?.canonicalize().map_err(|error| failed(error.to_string()))?;
    // SAFETY: loading runs the library's own code. A bundle is code that the user asked to run; its hash was checked.
    unsafe { Library::new(path) }.map_err(|error| failed(error.to_string()))
}
