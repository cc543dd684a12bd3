//! Reading a bundle folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::check::{check, file_name, limits};
use crate::error::Error;
use crate::manifest::{FORMAT_VERSION, Kernel, Manifest};

/// A bundle whose manifest obeys the rules and whose files had the right contents when it was opened.
#[derive(Clone, Debug)]
pub struct Bundle {
    dir: PathBuf,
    manifest: Manifest,
}

impl Bundle {
    /// Opens the bundle in folder `dir` and checks the manifest and every file's hash.
    ///
    /// # Errors
    /// A missing or unreadable file, JSON of another form, another format version, a broken rule ([`check`]), a file
    /// whose contents changed, a listed file that is not a regular file of the folder.
    pub fn open(dir: impl AsRef<Path>) -> Result<Bundle, Error> {
        let dir = dir.as_ref();
        let path = dir.join(crate::MANIFEST_FILE);
        let text = read_bounded(&path, limits::MANIFEST_BYTES)?;
        let manifest = parse(&path, &text)?;
        check(&manifest)?;
        let bundle = Bundle { dir: dir.to_owned(), manifest };
        for name in bundle.manifest.files.keys() {
            bundle.verify(name)?;
        }
        Ok(bundle)
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder, as it was given.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The kernel with this name.
    pub fn kernel(&self, name: &str) -> Option<&Kernel> {
        self.manifest.kernels.iter().find(|kernel| kernel.name == name)
    }

    /// Path of a listed file, for a loader that wants a path rather than bytes.
    ///
    /// # Errors
    /// A name that the manifest does not list.
    pub fn path(&self, name: &str) -> Result<PathBuf, Error> {
        self.expected(name)?;
        Ok(self.dir.join(name))
    }

    /// Contents of a listed file, hashed again as they are read.
    ///
    /// # Errors
    /// A name that the manifest does not list, a file that cannot be read, or contents that changed.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let expected = self.expected(name)?;
        let path = self.regular_file(name)?;
        let bytes = read_bounded(&path, limits::FILE_BYTES)?;
        same(&path, expected, &hex(&Sha256::digest(&bytes)))?;
        Ok(bytes)
    }

    /// Hashes a file without keeping it.
    fn verify(&self, name: &str) -> Result<(), Error> {
        let expected = self.expected(name)?;
        let path = self.regular_file(name)?;
        let file = File::open(&path).map_err(|source| read_error(&path, source))?;
        let mut hasher = Sha256::new();
        let bytes = io::copy(&mut file.take(limits::FILE_BYTES + 1), &mut hasher)
            .map_err(|source| read_error(&path, source))?;
        bounded(&path, bytes, limits::FILE_BYTES)?;
        same(&path, expected, &hex(&hasher.finalize()))
    }

    fn expected(&self, name: &str) -> Result<&str, Error> {
        let hash = self.manifest.files.get(name);
        Ok(hash.ok_or_else(|| Error::UnknownFile { name: name.to_owned() })?)
    }

    /// The path of a listed file, refusing links so that no listed name reaches outside the folder.
    fn regular_file(&self, name: &str) -> Result<PathBuf, Error> {
        file_name(name)?;
        let mut path = self.dir.clone();
        let mut parts = name.split('/').peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            let kind = fs::symlink_metadata(&path).map_err(|source| read_error(&path, source))?.file_type();
            let right = if parts.peek().is_some() { kind.is_dir() } else { kind.is_file() };
            if !right {
                return Err(Error::FileName { name: name.to_owned(), reason: "not a regular file inside the bundle" });
            }
        }
        Ok(path)
    }
}

/// Parses a manifest; the version is looked at first, so that a newer format is named as such.
fn parse(path: &Path, text: &[u8]) -> Result<Manifest, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let syntax = |error: serde_json::Error| Error::Syntax { path: path.to_owned(), message: error.to_string() };
    let Versioned { version } = serde_json::from_slice(text).map_err(syntax)?;
    if version != u64::from(FORMAT_VERSION) {
        return Err(Error::Version { path: path.to_owned(), found: version });
    }
    serde_json::from_slice(text).map_err(syntax)
}

fn same(path: &Path, expected: &str, found: &str) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Hash { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

/// Reads a whole file, never more than `limit` bytes.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|source| read_error(path, source))?;
    bounded(path, bytes.len() as u64, limit)?;
    Ok(bytes)
}

fn bounded(path: &Path, found: u64, limit: u64) -> Result<(), Error> {
    if found > limit {
        return Err(Error::TooLarge { what: format!("the size of {}", path.display()), found, limit });
    }
    Ok(())
}

fn read_error(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "read", path: path.to_owned(), source }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
