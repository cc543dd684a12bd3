//! From Rust source to LLVM bitcode: rustc's part of the pipeline.
//!
//! Kernels are compiled with the workspace's `kernel` profile: panics abort, debug information with variables, and no LLVM
//! pass runs before the frontend reads the result. Rustc's own errors go to the user untouched.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::tools::{cargo, workspace_root};

/// Where kernel crates are built, relative to the workspace: apart from the tools, so that neither waits for the other.
const TARGET_DIR: &str = "target/kernels";

/// Flags for rustc in either way.
const RUSTC_FLAGS: [&str; 2] = ["-C", "no-prepopulate-passes"];

/// Flags that cargo takes from the `kernel` profile and a lone rustc does not.
const PROFILE_FLAGS: [&str; 10] = [
    "-C",
    "opt-level=3",
    "-C",
    "panic=abort",
    "-C",
    "debuginfo=full",
    "-C",
    "codegen-units=1",
    "-C",
    "overflow-checks=off",
];

/// Cargo in the workspace, with the `kernel` profile as it is written: what the environment says of other builds (`CARGO_INCREMENTAL`,
/// `CARGO_PROFILE_…`) would change the order of what loops carry, and debug information with it.
fn cargo_for_kernels() -> Command {
    let mut command = Command::new(cargo());
    for (name, _) in std::env::vars_os() {
        if name == "CARGO_INCREMENTAL" || name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            command.env_remove(name);
        }
    }
    command.current_dir(workspace_root());
    command
}

/// Compiles a workspace package of kernels; the bitcode's path.
///
/// # Errors
/// Cargo does not start, or rustc refuses the package (it has told the user why).
pub fn of_package(package: &str) -> anyhow::Result<PathBuf> {
    let output = workspace_root().join(TARGET_DIR).join(format!("{package}.bc"));
    compile_package(package, &output)?;
    if !output.is_file() {
        // Cargo took the package for fresh, but its bitcode is gone.
        let status = cargo_for_kernels()
            .args(["clean", "--quiet", "--profile", "kernel", "--target-dir", TARGET_DIR, "--package", package])
            .status()
            .context("cargo does not start")?;
        if !status.success() {
            bail!("`cargo clean --package {package}` failed");
        }
        compile_package(package, &output)?;
    }
    Ok(output)
}

fn compile_package(package: &str, output: &Path) -> anyhow::Result<()> {
    let status = cargo_for_kernels()
        .args(["rustc", "--quiet", "--lib", "--profile", "kernel", "--target-dir", TARGET_DIR])
        .args(["--package", package, "--"])
        .arg(format!("--emit=llvm-bc={}", output.display()))
        .args(RUSTC_FLAGS)
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("rustc refused the kernels of package `{package}`");
    }
    Ok(())
}

/// Compiles one `.rs` file against the kernel language into `folder`; the bitcode's path.
///
/// # Errors
/// The language's crates do not build, or rustc refuses the file (it has told the user why).
pub fn of_file(source: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let status = cargo_for_kernels()
        .args(["build", "--quiet", "--profile", "kernel", "--target-dir", TARGET_DIR])
        .args(["--package", "tile", "--package", "ascend_std"])
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("the kernel language does not build");
    }
    let built = workspace_root().join(TARGET_DIR).join("kernel");
    let output = folder.join("kernels.bc");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "kernels"])
        .args(PROFILE_FLAGS)
        .args(RUSTC_FLAGS)
        .arg(format!("--emit=llvm-bc={}", output.display()))
        // rustc's intermediate files go here too, apart from those of another run.
        .arg("--out-dir")
        .arg(folder)
        .arg("--extern")
        .arg(format!("tile={}", built.join("libtile.rlib").display()))
        .arg("--extern")
        .arg(format!("ascend_std={}", built.join("libascend_std.rlib").display()))
        .arg("-L")
        .arg(format!("dependency={}", built.join("deps").display()))
        .arg(source)
        .status()
        .context("rustc does not start")?;
    if !status.success() {
        bail!("rustc refused {}", source.display());
    }
    Ok(output)
}
