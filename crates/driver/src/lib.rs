//! The compiler's driver: stages, targets, judges and the `tenfold` command line.

pub mod bitcode;
pub mod cli;
pub mod commands;
pub mod frontend;
pub mod judges;
pub mod names;
pub mod pipeline;
pub mod status;
pub mod targets;
pub mod tools;

use std::process::ExitCode;

use clap::Parser;
use diagnostics::Report;

/// Runs the command line; 0 if all went well, 1 if something was refused, 2 for a wrong command line.
pub fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|first| first == pipeline::IMPORT_WORKER) {
        return tile_mlir::isolated::worker();
    }
    let command = cli::Cli::parse().command;
    let result = match &command {
        cli::Command::Emit(args) => commands::emit::run(args).map(|()| ExitCode::SUCCESS),
        cli::Command::Explain(args) => commands::explain::run(args).map(|()| ExitCode::SUCCESS),
        cli::Command::Validate(args) => commands::validate::run(args),
        cli::Command::Status(args) => commands::status::run(args),
        cli::Command::Decode { args } => commands::decode::run(&[], args),
        cli::Command::Bench { args } => commands::decode::run(&["bench"], args),
    };
    result.unwrap_or_else(|error| {
        // Reports bring their own `error:` line.
        if error.is::<Report>() || error.is::<pipeline::Reports>() {
            eprintln!("{error}");
        } else {
            eprintln!("error: {error:#}");
        }
        ExitCode::FAILURE
    })
}
