//! Memory that the process of a text sees as well, so that tensors need not be sent to it.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;
use tempfile::{NamedTempFile, TempPath};

/// Where files are memory.
const IN_MEMORY: &str = "/dev/shm";

/// By first address: bytes, and the file that they are in.
static REGIONS: Mutex<BTreeMap<usize, (usize, PathBuf)>> = Mutex::new(BTreeMap::new());

/// Zeroed memory in a file. Launches whose tensors lie in it do not copy them.
#[derive(Debug)]
pub struct Shared {
    map: MmapMut,
    /// Deleted with it.
    _file: TempPath,
}

impl Shared {
    /// Makes a file of that many bytes, at least one, in memory if the system has such files.
    ///
    /// # Errors
    /// There is no room, or files cannot be mapped.
    pub fn zeroed(bytes: u64) -> io::Result<Shared> {
        let file = reserved(Some(Path::new(IN_MEMORY)), bytes).or_else(|_| reserved(None, bytes))?;
        // SAFETY: the file is this process's own, and those that it tells of it do not cut it.
        let map = unsafe { MmapMut::map_mut(file.as_file()) }?;
        let path = file.into_temp_path();
        let mut regions = REGIONS.lock().unwrap_or_else(PoisonError::into_inner);
        regions.insert(map.as_ptr() as usize, (map.len(), path.to_path_buf()));
        Ok(Shared { map, _file: path })
    }

    /// Address of the first byte, at the beginning of a page.
    pub fn pointer(&mut self) -> *mut u8 {
        self.map.as_mut_ptr()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        REGIONS.lock().unwrap_or_else(PoisonError::into_inner).remove(&(self.map.as_ptr() as usize));
    }
}

/// A file of zeros in a folder, or in that of temporary files. They are written, so that a full disk is an error here and no signal when the
/// memory is used.
fn reserved(folder: Option<&Path>, bytes: u64) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("emulator-nki-memory-");
    let mut file = match folder {
        Some(folder) => builder.tempfile_in(folder)?,
        None => builder.tempfile()?,
    };
    io::copy(&mut io::repeat(0).take(bytes.max(1)), file.as_file_mut())?;
    Ok(file)
}

/// The file that these bytes are in, and where they begin.
pub(super) fn find(address: *const u8, bytes: usize) -> Option<(PathBuf, usize)> {
    let regions = REGIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, (size, path)) = regions.range(..=address as usize).next_back()?;
    let offset = address as usize - first;
    (offset.checked_add(bytes)? <= *size).then(|| (path.clone(), offset))
}
