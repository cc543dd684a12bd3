//! The frontend as a process: bitcode in, MLIR text out.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use diagnostics::{Kind, Report};
use rustc_codegen_mlir::{Options, compile, optimised_llvm};

/// Turns the LLVM bitcode of a kernel crate into MLIR.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Bitcode, made with `-C no-prepopulate-passes`.
    input: PathBuf,
    /// Where to write; standard output if left out.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// What to write.
    #[arg(long, value_enum, default_value = "mlir")]
    stage: Stage,
    /// Only the kernels of this group.
    #[arg(long)]
    group: Option<String>,
    /// Paths in locations are relative to this folder; the current one if left out.
    #[arg(long)]
    crate_root: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    /// LLVM IR after inlining and cleaning.
    Llvm,
    /// MLIR.
    Mlir,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reports) => {
            for report in reports {
                eprintln!("{report}\n");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Vec<Report>> {
    let invalid = |text: String| vec![Report::new(Kind::Invalid, text)];
    let input = arguments.input.display();
    let bitcode = std::fs::read(&arguments.input).map_err(|error| invalid(format!("cannot read `{input}`: {error}")))?;
    let root = match arguments.crate_root {
        Some(root) => Some(root),
        None => std::env::current_dir().ok(),
    };
    let options = Options { group: arguments.group, root };
    let text = match arguments.stage {
        Stage::Llvm => optimised_llvm(&bitcode, &options)?,
        Stage::Mlir => {
            let groups = compile(&bitcode, &options)?;
            if groups.len() > 1 {
                let names: Vec<String> = groups.iter().map(|group| format!("`{}`", group.module.name)).collect();
                let message = "the crate has several kernel groups";
                let report = Report::new(Kind::Invalid, message).note(format!("they are {}", names.join(", ")));
                return Err(vec![report.help("choose one with `--group`")]);
            }
            groups.into_iter().map(|group| group.text).collect()
        }
    };
    match arguments.output {
        Some(path) => {
            let path_text = path.display().to_string();
            std::fs::write(path, text).map_err(|error| invalid(format!("cannot write `{path_text}`: {error}")))
        }
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| invalid(format!("cannot write: {error}"))),
    }
}
