//! `cargo xtask`: builds the tools and hands over to `tenfold`; `cargo xtask test` is the whole gate.

mod gate;
mod tests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

/// Packages whose executables `tenfold` may start.
const TOOLS: &[&str] = &["driver", "rustc_codegen_mlir", "decode"];

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == "test" => gate::run(rest),
        Some(_) | None => forward(&args),
    }
}

/// Builds the tools and runs `tenfold` with `args` in the caller's folder.
fn forward(args: &[String]) -> anyhow::Result<ExitCode> {
    let mut build = Command::new(cargo());
    build.arg("build").arg("--quiet").current_dir(root());
    for package in TOOLS {
        build.args(["--package", package]);
    }
    if !build.status().context("cargo does not start")?.success() {
        bail!("the tools do not build");
    }
    let status = Command::new(bin("tenfold")).args(args).status().context("tenfold does not start")?;
    Ok(ExitCode::from(status.code().map_or(1, |code| code as u8)))
}

/// The cargo that runs this.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The workspace's root.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// An executable that cargo built beside this one.
fn bin(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
