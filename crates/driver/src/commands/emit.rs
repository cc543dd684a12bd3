//! `tenfold emit`: print a stage, or write a bundle.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use diagnostics::{Kind, Report};
use tile_ir::Module;

use crate::cli::{Emit, Stage};
use crate::frontend::Source;
use crate::pipeline::{self, Reports};
use crate::targets::{self, Compiled, Target};
use crate::{judges, names};

/// Runs the command.
///
/// # Errors
/// A refusal of any stage, or an output that cannot be written.
pub fn run(args: &Emit) -> anyhow::Result<()> {
    let targets = names::targets(&args.input.target)?;
    if args.cases && args.stage != Stage::Source {
        return Err(Report::new(Kind::Invalid, "--cases goes with bundles, which are of stage `source`").into());
    }
    let source = Source::parse(&args.input.input)?;
    let kernel = args.input.kernel.as_deref();
    let selected = || -> anyhow::Result<Module> {
        let module = pipeline::module(&source)?;
        let kernels = pipeline::select(&module, kernel)?;
        Ok(pipeline::submodule(&module, &kernels))
    };
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
        Stage::Ir => (pipeline::print(&selected()?)?, "ir.mlir"),
        Stage::Lowered => (lowered(&targets, &selected()?)?, "lowered.txt"),
        Stage::Source => {
            if let Some(folder) = &args.out {
                // A part of the kernels has a part of the fusions at best.
                let (module, fusions) = match kernel {
                    None => pipeline::module_with_fusions(&source)?,
                    Some(_) => (selected()?, Vec::new()),
                };
                let compiled = targets::compile_all(&targets, &module, &fusions)?;
                return write_bundles(&module, &compiled, folder, args.cases.then_some(args.seeds));
            }
            let compiled = targets::compile_all(&targets, &selected()?, &[])?;
            (headed(compiled.iter().map(|compiled| (compiled.target, compiled.source()))), "txt")
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

/// One bundle per target: in `folder` itself for a single target, else in a folder of its own; with `cases`, random cases of
/// so many seeds beside each.
fn write_bundles(module: &Module, compiled: &[Compiled], folder: &Path, cases: Option<u64>) -> anyhow::Result<()> {
    for one in compiled {
        let folder = if compiled.len() == 1 { folder.to_owned() } else { folder.join(one.target.name()) };
        let bundle = targets::write_bundle(&module.name, one, &folder)?;
        println!("wrote {} kernels to {}", bundle.kernels.len(), folder.display());
        if let Some(seeds) = cases {
            let count = judges::record(module, one, seeds, &folder.join(judges::CASES_FILE))?;
            println!("wrote {count} cases to {}", folder.join(judges::CASES_FILE).display());
        }
    }
    Ok(())
}

/// The lane programs of every target that has them.
fn lowered(targets: &[Target], module: &Module) -> anyhow::Result<String> {
    let asked_for_all = targets.len() > 1;
    let with_lanes = targets.iter().copied().filter(|target| !asked_for_all || *target != Target::Cpu);
    let texts = with_lanes.map(|target| Ok((target, targets::lowered(target, module)?)));
    Ok(headed(texts.collect::<anyhow::Result<Vec<_>>>()?))
}

/// The texts one after the other, each under its target's name if there are several.
fn headed(texts: impl IntoIterator<Item = (Target, String)>) -> String {
    let texts: Vec<(Target, String)> = texts.into_iter().collect();
    if let [(_, only)] = texts.as_slice() {
        return only.clone();
    }
    let headed = texts.iter().map(|(target, text)| format!("{} ---- target {target} ----\n{text}", target.comment()));
    headed.collect::<Vec<String>>().join("\n")
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
