//! The frontend's executable, which must be another process: it links LLVM 22, this one links LLVM 19.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// Path of the executable `name` of this workspace: beside this one, else built with cargo.
///
/// # Errors
/// It is not there and cargo cannot build it.
pub fn sibling(name: &str, package: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this executable has no path")?;
    let mut folders = own.ancestors().skip(1).take(2);
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(found) = folders.clone().map(|dir| dir.join(&file)).find(|path| path.is_file()) {
        return Ok(found);
    }
    let folder = folders.find(|dir| dir.file_name().is_some_and(|name| name != "deps"));
    let folder = folder.context("this executable is not in a build folder")?;
    let status = Command::new(cargo())
        .args(["build", "--quiet", "--package", package])
        .current_dir(workspace_root())
        .status()
        .context("cargo does not start")?;
    let path = folder.join(&file);
    if !status.success() || !path.is_file() {
        bail!("`cargo build --package {package}` made no {}", path.display());
    }
    Ok(path)
}

/// The cargo that runs this, else the one on the path.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The workspace this executable was built from.
pub fn workspace_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
