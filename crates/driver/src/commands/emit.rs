//! `tenfold emit`: print a stage, or write a bundle.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use diagnostics::{Kind, Report};

use crate::cli::{Emit, Stage};
use crate::frontend::Source;
use crate::names::check_target;
use crate::pipeline::{self, Reports};
use crate::targets;

/// Runs the command.
///
/// # Errors
/// A refusal of any stage, or an output that cannot be written.
pub fn run(args: &Emit) -> anyhow::Result<()> {
    check_target(&args.input.target)?;
    let source = Source::parse(&args.input.input)?;
    let kernel = args.input.kernel.as_deref();
    let (text, extension) = match args.stage {
        Stage::Llvm => {
            if kernel.is_some() {
                return Err(Report::new(Kind::Invalid, "--stage llvm prints whole suites")
                    .help("leave --kernel out, or take --stage mlir")
                    .into());
            }
            (pipeline::llvm(&source)?, "ll")
        }
        Stage::Mlir => (mlir(&source, kernel)?, "mlir"),
        Stage::Ir => {
            let module = pipeline::module(&source)?;
            let kernels = pipeline::select(&module, kernel)?;
            (pipeline::print(&pipeline::submodule(&module, &kernels))?, "ir.mlir")
        }
        Stage::Source => {
            let module = pipeline::module(&source)?;
            let kernels = pipeline::select(&module, kernel)?;
            let compiled = targets::compile(&pipeline::submodule(&module, &kernels))?;
            if let Some(folder) = &args.out {
                let bundle = targets::write_bundle(&module.name, &compiled, folder)?;
                println!("wrote {} kernels to {}", bundle.kernels.len(), folder.display());
                return Ok(());
            }
            (compiled.source.clone(), "clif")
        }
    };
    match &args.out {
        Some(folder) => write_file(folder, &args.input.input, extension, &text),
        None => {
            std::io::stdout().lock().write_all(text.as_bytes()).or_else(ignore_closed_pipe)?;
            Ok(())
        }
    }
}

/// MLIR of the whole source, or of the kernels named.
fn mlir(source: &Source, kernel: Option<&str>) -> anyhow::Result<String> {
    let (text, name) = pipeline::mlir(source)?;
    if kernel.is_none() {
        return Ok(text);
    }
    let options = tile_mlir::Options { simplify: false };
    let module = tile_mlir::import_with(&text, &name, options)
        .map_err(|errors| Reports(errors.iter().map(|error| error.report()).collect()))?;
    let kernels = pipeline::select(&module, kernel)?;
    let functions: Option<Vec<&str>> = kernels.iter().map(|kernel| pipeline::function(&text, &kernel.name)).collect();
    match functions {
        Some(functions) => Ok(format!("module @\"{}\" {{\n{}}}\n", module.name, functions.concat())),
        // A hand-written file need not be laid out as the frontend's.
        None => pipeline::print(&pipeline::submodule(&module, &kernels)),
    }
}

/// A reader such as `head` may stop early; that is no failure of ours.
fn ignore_closed_pipe(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

fn write_file(folder: &Path, input: &str, extension: &str, text: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let stem = Path::new(input).file_stem().map_or(input.to_string(), |stem| stem.to_string_lossy().into_owned());
    let stem = if input.ends_with(".rs") || input.ends_with(".mlir") { stem } else { input.to_string() };
    let path = folder.join(format!("{stem}.{extension}"));
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
