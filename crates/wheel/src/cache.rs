//! The cache folder and its lock.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Member, Progress};

/// `$XDG_CACHE_HOME/tenfold`, or `~/.cache/tenfold`.
///
/// # Errors
/// Neither variable holds an absolute path.
pub fn cache_dir() -> Result<PathBuf, Error> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    base.map(|base| base.join("tenfold")).ok_or(Error::NoCache)
}

/// Whether the file is there with the right contents.
pub(super) fn verified(path: &Path, member: &Member<'_>) -> Result<bool, Error> {
    let read = |source| Error::io("read", path, source);
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(read(error)),
        Ok(metadata) if metadata.len() != member.bytes => return Ok(false),
        Ok(_) => {}
    }
    let mut hasher = Sha256::new();
    io::copy(&mut File::open(path).map_err(read)?, &mut hasher).map_err(read)?;
    Ok(hex(&hasher.finalize()) == member.sha256)
}

/// Takes the lock, waiting for another process that has it. It is released when the file is closed, even by a crash.
pub(super) fn lock(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<File, Error> {
    let failed = |source| Error::io("lock", path, source);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    Ok(file)
}

/// Removes what a fetch that was killed left behind. Call with the lock held.
pub(super) fn remove_leftovers(folder: &Path, prefix: &str) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| Error::io("read", folder, source))?;
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(|source| Error::io("remove", &path, source))?;
        }
    }
    Ok(())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
