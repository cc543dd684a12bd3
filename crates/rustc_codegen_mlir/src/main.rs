//! The frontend as a process: bitcode in, MLIR text out.
//!
//! LLVM's reader ends the process on some damaged files. So the work is done by a second process, and its death is
//! reported like any other error.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use diagnostics::{Kind, Report};
use rustc_codegen_mlir::{Options, compile, fusions, optimised_llvm};

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
    /// Do the work in this process.
    #[arg(long, hide = true)]
    worker: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    /// LLVM IR after inlining and cleaning.
    Llvm,
    /// MLIR.
    Mlir,
    /// The declared fusions, one per line.
    Fusions,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = if arguments.worker { run(arguments) } else { supervise(&arguments) };
    match result {
        Ok(code) => code,
        Err(reports) => {
            for report in reports {
                eprintln!("{report}\n");
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs this program again as a worker.
fn supervise(arguments: &Arguments) -> Result<ExitCode, Vec<Report>> {
    let failed = |error: std::io::Error| vec![Report::new(Kind::Bug, format!("cannot start a process: {error}"))];
    let program = std::env::current_exe().map_err(failed)?;
    let mut worker = Command::new(program);
    worker.arg("--worker").args(std::env::args_os().skip(1)).stdout(std::process::Stdio::inherit());
    let output = worker.output().map_err(failed)?;
    match output.status.code() {
        Some(code) => {
            // Nothing can be done if standard error is gone.
            let _ = std::io::stderr().write_all(&output.stderr);
            Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
        }
        None => {
            let message = format!("LLVM gave up on `{}`", arguments.input.display());
            let text = String::from_utf8_lossy(&output.stderr);
            let reason = text.lines().find_map(|line| line.strip_prefix("LLVM ERROR: "));
            let report =
                Report::new(Kind::Invalid, message).help("the bitcode is probably damaged: compile the crate again");
            Err(vec![reason.into_iter().fold(report, |report, reason| report.note(format!("it says: {reason}")))])
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Vec<Report>> {
    let invalid = |text: String| vec![Report::new(Kind::Invalid, text)];
    let input = arguments.input.display();
    let bitcode =
        std::fs::read(&arguments.input).map_err(|error| invalid(format!("cannot read `{input}`: {error}")))?;
    let root = match arguments.crate_root {
        Some(root) => Some(root),
        None => std::env::current_dir().ok(),
    };
    let options = Options { group: arguments.group, root };
    let text = match arguments.stage {
        Stage::Llvm => optimised_llvm(&bitcode, &options)?,
        Stage::Fusions => fusions(&bitcode, &options)?,
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
    let written = match arguments.output {
        Some(path) => {
            let path_text = path.display().to_string();
            std::fs::write(path, text).map_err(|error| invalid(format!("cannot write `{path_text}`: {error}")))
        }
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| invalid(format!("cannot write: {error}"))),
    };
    written.map(|()| ExitCode::SUCCESS)
}
