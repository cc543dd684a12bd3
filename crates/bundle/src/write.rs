//! Writing a bundle folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::check::{check, file_name, limits};
use crate::error::Error;
use crate::manifest::{FORMAT_VERSION, Fusion, Kernel, Manifest};
use crate::read::hex;

/// Collects the parts of a bundle in memory, then writes them in one go.
#[derive(Clone, Debug)]
pub struct BundleWriter {
    manifest: Manifest,
    contents: BTreeMap<String, Vec<u8>>,
}

impl BundleWriter {
    /// A bundle without kernels. `generator` is the compiler's name and version, `group` the kernel group's name.
    pub fn new(generator: impl Into<String>, group: impl Into<String>, target: impl Into<String>) -> BundleWriter {
        let manifest = Manifest {
            version: FORMAT_VERSION,
            generator: generator.into(),
            group: group.into(),
            target: target.into(),
            features: Vec::new(),
            files: BTreeMap::new(),
            kernels: Vec::new(),
            fusions: Vec::new(),
        };
        BundleWriter { manifest, contents: BTreeMap::new() }
    }

    /// Adds a target feature that the code needs.
    pub fn feature(&mut self, feature: impl Into<String>) -> &mut BundleWriter {
        self.manifest.features.push(feature.into());
        self
    }

    /// Adds a file under a path relative to the bundle; its hash goes into the manifest.
    ///
    /// # Errors
    /// A name that [`Bundle::open`](crate::Bundle::open) would refuse, a name used before, or too large a file.
    pub fn file(&mut self, name: impl Into<String>, contents: impl Into<Vec<u8>>) -> Result<&mut BundleWriter, Error> {
        let (name, contents) = (name.into(), contents.into());
        file_name(&name)?;
        if contents.len() as u64 > limits::FILE_BYTES {
            return Err(Error::TooLarge {
                what: format!("the size of {name}"),
                found: contents.len() as u64,
                limit: limits::FILE_BYTES,
            });
        }
        if self.manifest.files.insert(name.clone(), hex(&Sha256::digest(&contents))).is_some() {
            return Err(Error::FileName { name, reason: "used twice" });
        }
        self.contents.insert(name, contents);
        Ok(self)
    }

    /// Adds a kernel; its file must have been added when [`finish`](BundleWriter::finish) is called.
    pub fn kernel(&mut self, kernel: Kernel) -> &mut BundleWriter {
        self.manifest.kernels.push(kernel);
        self
    }

    /// Adds a rewrite of launches; its kernels must have been added when [`finish`](BundleWriter::finish) is called.
    pub fn fusion(&mut self, fusion: Fusion) -> &mut BundleWriter {
        self.manifest.fusions.push(fusion);
        self
    }

    /// The manifest so far.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as text, the same for the same parts.
    pub fn manifest_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.manifest).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Checks the manifest and writes all parts into folder `dir`, made if missing. The manifest comes last, so that
    /// a half-written bundle cannot be opened.
    ///
    /// # Errors
    /// A broken rule ([`check`]), or what the operating system refuses.
    pub fn finish(&self, dir: impl AsRef<Path>) -> Result<(), Error> {
        check(&self.manifest)?;
        let dir = dir.as_ref();
        create(dir)?;
        let manifest = dir.join(crate::MANIFEST_FILE);
        match fs::remove_file(&manifest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(write_error(&manifest, error));
            }
            Ok(()) | Err(_) => {}
        }
        for (name, contents) in &self.contents {
            let path = dir.join(name);
            if let Some(parent) = path.parent() {
                create(parent)?;
            }
            // A new file rather than new contents: a process may still run the old one.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(write_error(&path, error));
                }
                Ok(()) | Err(_) => {}
            }
            fs::write(&path, contents).map_err(|source| write_error(&path, source))?;
        }
        fs::write(&manifest, self.manifest_text()).map_err(|source| write_error(&manifest, source))
    }
}

fn create(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|source| Error::Io { action: "create", path: dir.to_owned(), source })
}

fn write_error(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "write", path: path.to_owned(), source }
}
