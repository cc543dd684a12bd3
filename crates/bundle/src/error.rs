//! Why a bundle was refused.

use std::path::PathBuf;

use crate::manifest::FORMAT_VERSION;

/// Why a bundle could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`, `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// `manifest.json` is not JSON of the manifest's form.
    #[error("{path} is not a manifest: {message}", path = path.display())]
    Syntax {
        /// The manifest.
        path: PathBuf,
        /// The parser's words, with line and column.
        message: String,
    },
    /// Another version of the format.
    #[error("{path} has format version {found}, this program reads version {FORMAT_VERSION}", path = path.display())]
    Version {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// Larger than any real bundle.
    #[error("{what} is {found}, more than the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size.
        found: u64,
        /// [`crate::limits`].
        limit: u64,
    },
    /// A file name that could leave the bundle's folder, or differ between machines.
    #[error("bad file name `{name}` in the manifest: {reason}")]
    FileName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Contents differ from the manifest's hash.
    #[error("{path} is damaged: its SHA-256 is {found}, the manifest says {expected}", path = path.display())]
    Hash {
        /// The file.
        path: PathBuf,
        /// The manifest's hash.
        expected: String,
        /// The file's.
        found: String,
    },
    /// A file that the manifest does not list.
    #[error("the manifest lists no file `{name}`")]
    UnknownFile {
        /// The name asked for.
        name: String,
    },
    /// A kernel's entry breaks a rule of the format.
    #[error("kernel `{kernel}`: {message}")]
    Kernel {
        /// The kernel's name.
        kernel: String,
        /// The broken rule.
        message: String,
    },
    /// Another part of the manifest breaks a rule.
    #[error("bad manifest: {message}")]
    Manifest {
        /// The broken rule.
        message: String,
    },
}
