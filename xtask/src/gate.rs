//! `cargo xtask test`: everything that must hold before a change lands, in one command.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::{cargo, root};

/// One step of the gate.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step { name: "format", args: &["fmt", "--all", "--check"] },
    Step { name: "build", args: &["build", "--workspace", "--quiet"] },
    Step { name: "clippy", args: &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"] },
    Step { name: "test", args: &["test", "--workspace", "--no-fail-fast"] },
];

/// Runs every step; `--full` adds the long sweeps.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let full = match args {
        [] => false,
        [flag] if flag == "--full" => true,
        [..] => bail!("usage: ./x test [--full]"),
    };
    let mut failed = Vec::new();
    for step in STEPS {
        eprintln!("== {}", step.name);
        let start = Instant::now();
        let mut command = Command::new(cargo());
        command.args(step.args).current_dir(root()).env("INSTA_UPDATE", "no");
        if full {
            command.env("TENFOLD_FULL", "1").env("TENFOLD_FUZZ_SECONDS", "120");
        }
        let ok = command.status().context("cargo does not start")?.success();
        eprintln!("== {}: {} in {:.0} s", step.name, if ok { "ok" } else { "FAILED" }, start.elapsed().as_secs_f64());
        if !ok {
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        eprintln!("== all steps passed{}", if full { "" } else { "; long sweeps skipped: ./x test --full" });
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("== failed: {}", failed.join(", "));
        Ok(ExitCode::FAILURE)
    }
}
