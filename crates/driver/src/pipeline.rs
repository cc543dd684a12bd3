//! The stages between the user's input and a target.

use std::fmt;
use std::process::Command;

use anyhow::Context;
use diagnostics::{Kind, Report};
use tile_ir::{Kernel, Module};

use crate::frontend::{self, Output, Source};
use crate::names::unknown;
use crate::tools;

/// First argument of this tool when it is started to try a text on MLIR.
pub const IMPORT_WORKER: &str = "import-worker";

/// Several refusals, printed one after the other.
#[derive(Debug)]
pub struct Reports(pub Vec<Report>);

impl fmt::Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, report) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{report}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Reports {}

/// The name that errors in the MLIR text itself call it by.
fn name(source: &Source) -> String {
    match source {
        Source::Suite { group, .. } => format!("{group}.mlir"),
        Source::Rust(path) => path.with_extension("mlir").display().to_string(),
        Source::Mlir(path) => path.display().to_string(),
    }
}

/// MLIR text and the name that errors in the text itself call it by.
pub fn mlir(source: &Source) -> anyhow::Result<(String, String)> {
    Ok((frontend::text(source, Output::Mlir)?, name(source)))
}

/// The typed IR of `source`: upstream passes run, validated, accesses proven in bounds where they are.
///
/// # Errors
/// Refusals of rustc, the frontend, MLIR or the validator.
pub fn module(source: &Source) -> anyhow::Result<Module> {
    import(source, &frontend::text(source, Output::Mlir)?)
}

/// [`module`], and the fusions that `source` declares, in order of name; an `.mlir` file declares none.
///
/// # Errors
/// As [`module`].
pub fn module_with_fusions(source: &Source) -> anyhow::Result<(Module, Vec<fuse::Declaration>)> {
    let [text, fusions] = frontend::texts(source, [Output::Mlir, Output::Fusions])?;
    let declarations: Result<Vec<_>, fuse::Error> = fusions.lines().map(fuse::Declaration::parse).collect();
    Ok((import(source, &text)?, declarations.map_err(|error| error.report())?))
}

fn import(source: &Source, text: &str) -> anyhow::Result<Module> {
    let name = name(source);
    let imported = match source {
        // A file written by a person: MLIR may crash on it, so a child process tries first.
        Source::Mlir(_) => {
            let mut worker = Command::new(tools::sibling("tenfold", "driver")?);
            worker.arg(IMPORT_WORKER);
            tile_mlir::isolated::import(worker, text, &name, tile_mlir::Options::default())
        }
        Source::Suite { .. } | Source::Rust(_) => tile_mlir::import(text, &name),
    };
    let mut module = imported.map_err(|errors| Reports(errors.iter().map(|error| error.report()).collect()))?;
    tile_ir::validate(&module).map_err(|errors| Reports(errors.iter().map(Report::from).collect()))?;
    if module.kernels.is_empty() {
        return Err(Report::new(Kind::Invalid, format!("{name} has no kernels")).into());
    }
    for kernel in &mut module.kernels {
        tile_ir::analysis::prove_in_bounds(kernel);
    }
    Ok(module)
}

/// The kernels of `module` that `--kernel` names: all, or every candidate of one family, or one candidate.
///
/// # Errors
/// No kernel has this name.
pub fn select<'a>(module: &'a Module, name: Option<&str>) -> Result<Vec<&'a Kernel>, Report> {
    let Some(name) = name else {
        return Ok(module.kernels.iter().collect());
    };
    let found: Vec<&Kernel> =
        module.kernels.iter().filter(|kernel| kernel.name == name || kernel.family == name).collect();
    if found.is_empty() {
        let mut families: Vec<&str> = module.kernels.iter().map(|kernel| kernel.family.as_str()).collect();
        families.dedup();
        return Err(unknown("kernel", name, families));
    }
    Ok(found)
}

/// A module of some of the kernels.
pub fn submodule(module: &Module, kernels: &[&Kernel]) -> Module {
    Module { name: module.name.clone(), kernels: kernels.iter().map(|kernel| (*kernel).clone()).collect() }
}

/// The function `name` in MLIR text as the frontend writes it: from its first line to the brace that closes it.
pub fn function<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    const CLOSE: &str = "\n  } loc(";
    let start = text.find(&format!("\n  func.func @{name}("))? + 1;
    let close = start + text.get(start..)?.find(CLOSE)? + CLOSE.len();
    let end = text.get(close..)?.find('\n').map_or(text.len(), |line| close + line + 1);
    text.get(start..end)
}

/// LLVM IR of `source`.
///
/// # Errors
/// Refusals of rustc or the frontend; an `.mlir` file.
pub fn llvm(source: &Source) -> anyhow::Result<String> {
    if let Source::Mlir(path) = source {
        let message = format!("{} is MLIR: it has no LLVM stage", path.display());
        return Err(Report::new(Kind::Invalid, message).into());
    }
    frontend::text(source, Output::Llvm).context("no LLVM IR")
}

/// The typed IR as MLIR text.
///
/// # Errors
/// What the validator refuses.
pub fn print(module: &Module) -> anyhow::Result<String> {
    tile_ir::print_module(module).map_err(|errors| Reports(errors.iter().map(Report::from).collect()).into())
}
