//! Finds a Python that has NumPy, and lays the Python part out in a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::Error;

/// The Python part: the stand-in of `nki`, the lint, and what serves a text.
const FILES: [(&str, &str); 17] = [
    ("serve.py", include_str!("python/serve.py")),
    ("lint.py", include_str!("python/lint.py")),
    ("nki/__init__.py", include_str!("python/nki/__init__.py")),
    ("nki/access.py", include_str!("python/nki/access.py")),
    ("nki/faults.py", include_str!("python/nki/faults.py")),
    ("nki/language.py", include_str!("python/nki/language.py")),
    ("nki/numbers.py", include_str!("python/nki/numbers.py")),
    ("nki/registers.py", include_str!("python/nki/registers.py")),
    ("nki/tensor.py", include_str!("python/nki/tensor.py")),
    ("nki/views.py", include_str!("python/nki/views.py")),
    ("nki/isa/__init__.py", include_str!("python/nki/isa/__init__.py")),
    ("nki/isa/contract.py", include_str!("python/nki/isa/contract.py")),
    ("nki/isa/copies.py", include_str!("python/nki/isa/copies.py")),
    ("nki/isa/elementwise.py", include_str!("python/nki/isa/elementwise.py")),
    ("nki/isa/engines.py", include_str!("python/nki/isa/engines.py")),
    ("nki/isa/reduce.py", include_str!("python/nki/isa/reduce.py")),
    ("nki/isa/select.py", include_str!("python/nki/isa/select.py")),
];

/// A Python that can import NumPy: the first `python3` of the path, else the system's.
///
/// # Errors
/// [`Error::Missing`] if neither can.
pub(super) fn find() -> Result<&'static Path, Error> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let system = PathBuf::from("/usr/bin/python3");
        which::which("python3").into_iter().chain([system]).find(|python| has_numpy(python))
    });
    found.as_deref().ok_or(Error::Missing { tool: "python3 with numpy", package: "python3-numpy" })
}

fn has_numpy(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import numpy"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Writes the Python part into `folder`.
///
/// # Errors
/// [`Error::Io`].
pub(super) fn lay_out(folder: &Path) -> Result<(), Error> {
    let io = |source| Error::Io { doing: "writing the Python part".to_owned(), source };
    std::fs::create_dir_all(folder.join("nki/isa")).map_err(io)?;
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).map_err(io)?;
    }
    Ok(())
}
