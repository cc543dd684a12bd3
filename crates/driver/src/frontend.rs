//! From the user's input to MLIR text: bitcode, then the frontend's process.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use diagnostics::{Kind, Report};

use crate::names::{SUITES, unknown};
use crate::{bitcode, tools};

/// What the user named as input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A suite of the repository.
    Suite {
        /// The kernel group.
        group: &'static str,
        /// The package that holds it.
        package: &'static str,
    },
    /// A Rust file.
    Rust(PathBuf),
    /// An MLIR file.
    Mlir(PathBuf),
}

impl Source {
    /// Finds out what `input` names.
    ///
    /// # Errors
    /// No suite has this name, or no such file can be read.
    pub fn parse(input: &str) -> Result<Source, Report> {
        let path = Path::new(input);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let file = match extension {
            Some("rs") => Source::Rust(path.into()),
            Some("mlir") => Source::Mlir(path.into()),
            Some(_) | None => {
                return match SUITES.iter().find(|row| row.0 == input) {
                    Some(&(group, package)) => Ok(Source::Suite { group, package }),
                    None => Err(unknown("kernel suite", input, SUITES.iter().map(|row| row.0))
                        .note("a path must end in .rs or .mlir")),
                };
            }
        };
        match path.metadata() {
            Ok(data) if data.is_file() => Ok(file),
            Ok(_) => Err(Report::new(Kind::Invalid, format!("`{input}` is not a file"))),
            Err(error) => Err(Report::new(Kind::Invalid, format!("cannot read `{input}`: {error}"))),
        }
    }
}

/// What the frontend is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// LLVM IR after inlining.
    Llvm,
    /// MLIR.
    Mlir,
    /// The declared fusions, one per line.
    Fusions,
}

/// MLIR (or LLVM IR, or the declared fusions) of `source`.
///
/// # Errors
/// rustc or the frontend refuses it (both have told the user why), or a file cannot be read.
pub fn text(source: &Source, output: Output) -> anyhow::Result<String> {
    let [text] = texts(source, [output])?;
    Ok(text)
}

/// As [`text`], several outputs of one run of rustc.
///
/// # Errors
/// As [`text`].
pub fn texts<const N: usize>(source: &Source, outputs: [Output; N]) -> anyhow::Result<[String; N]> {
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let mut texts = [const { String::new() }; N];
    let (bitcode, group) = match source {
        Source::Suite { group, package } => (bitcode::of_package(package)?, Some(*group)),
        Source::Rust(path) => (bitcode::of_file(path, scratch.path())?, None),
        Source::Mlir(path) => {
            for (text, output) in texts.iter_mut().zip(outputs) {
                match output {
                    Output::Llvm => bail!("an .mlir file has no LLVM stage"),
                    Output::Fusions => {}
                    Output::Mlir => {
                        *text =
                            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                    }
                }
            }
            return Ok(texts);
        }
    };
    let frontend = tools::sibling("rustc_codegen_mlir", "rustc_codegen_mlir")?;
    let result = scratch.path().join("out");
    for (text, output) in texts.iter_mut().zip(outputs) {
        let mut command = Command::new(&frontend);
        command.arg(&bitcode).arg("-o").arg(&result);
        command.arg("--stage").arg(match output {
            Output::Llvm => "llvm",
            Output::Mlir => "mlir",
            Output::Fusions => "fusions",
        });
        if let Some(group) = group {
            command.args(["--group", group]);
        }
        let status = command.status().context("the frontend does not start")?;
        if !status.success() {
            bail!("the frontend refused the kernels");
        }
        *text = std::fs::read_to_string(&result).context("the frontend's output is gone")?;
    }
    Ok(texts)
}
