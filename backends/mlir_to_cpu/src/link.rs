//! From an object file to a shared library, by the system's C compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use diagnostics::{Kind, Report};
use thiserror::Error;

use crate::CpuObject;

/// Why linking failed.
#[derive(Debug, Error)]
pub enum LinkError {
    /// No C compiler is installed.
    #[error("no C compiler found: `cc` is needed to link the shared library")]
    NoCompiler,
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The compiler could not be started.
    #[error("cannot run {}", path.display())]
    Run {
        /// The compiler.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The compiler reported an error.
    #[error("linking {} failed", path.display())]
    Failed {
        /// The library.
        path: PathBuf,
        /// What it said.
        message: String,
    },
}

impl From<&LinkError> for Report {
    fn from(error: &LinkError) -> Report {
        match error {
            LinkError::NoCompiler => Report::new(Kind::Unsupported, error.to_string()).help("install gcc or clang"),
            LinkError::Write { source, .. } | LinkError::Run { source, .. } => {
                Report::new(Kind::Invalid, error.to_string()).note(source.to_string())
            }
            LinkError::Failed { message, .. } => Report::new(Kind::Bug, error.to_string()).note(message.clone()),
        }
    }
}

/// Links `object` and the C maths library into the shared library `path`.
///
/// # Errors
/// Where the compiler is absent or fails, or a file cannot be written.
pub fn link(object: &CpuObject, path: &Path) -> Result<(), LinkError> {
    let compiler = compiler(std::env::var_os("PATH"))?;
    let write = |path: &Path| {
        let path = path.to_owned();
        |source| LinkError::Write { path, source }
    };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let input = tempfile::Builder::new().suffix(".o").tempfile_in(parent).map_err(write(parent))?;
    std::fs::write(input.path(), &object.bytes).map_err(write(input.path()))?;
    let output = Command::new(&compiler)
        .args(["-shared", "-nostartfiles", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-o"])
        .arg(path)
        .arg(input.path())
        .arg("-lm")
        .output()
        .map_err(|source| LinkError::Run { path: compiler, source })?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(LinkError::Failed { path: path.to_owned(), message })
}

/// The first C compiler on the search path.
fn compiler(path: Option<OsString>) -> Result<PathBuf, LinkError> {
    let found = |name| which::which_in_global(name, path.as_ref()).ok()?.next();
    ["cc", "gcc", "clang"].into_iter().find_map(found).ok_or(LinkError::NoCompiler)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_compiler_is_named() {
        let empty = tempfile::tempdir().expect("a temporary directory");
        let error = compiler(Some(empty.path().into())).expect_err("nothing is there");
        let report = Report::from(&error).to_string();
        assert!(report.contains("`cc`") && report.contains("help: install"), "{report}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("absent").join("kernels.so");
        let object = CpuObject { bytes: Vec::new(), kernels: Vec::new(), features: Vec::new(), clif: String::new() };
        let error = link(&object, &path).expect_err("the folder does not exist");
        assert!(matches!(&error, LinkError::Write { .. }) && error.to_string().contains("absent"), "{error}");
    }

    #[test]
    fn what_the_linker_says_is_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let object =
            CpuObject { bytes: b"no object".to_vec(), kernels: Vec::new(), features: Vec::new(), clif: String::new() };
        let error = link(&object, &dir.path().join("kernels.so")).expect_err("no object file");
        assert!(matches!(&error, LinkError::Failed { message, .. } if !message.is_empty()), "{error}");
    }
}
