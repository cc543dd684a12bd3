//! `cargo xtask test`: everything that must hold before a change lands, in one command.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::{cargo, root, tests};

/// A step that cargo does.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step { name: "format", args: &["fmt", "--all", "--check"] },
    Step { name: "build", args: &["build", "--workspace", "--quiet"] },
    Step { name: "clippy", args: &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"] },
];

/// Runs every step; `--full` adds the long sweeps.
pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let full = match args {
        [] => false,
        [flag] if flag == "--full" => true,
        [..] => bail!("usage: ./x test [--full]"),
    };
    let set = |command: &mut Command| {
        command.env("INSTA_UPDATE", "no");
        if full {
            command.env("TENFOLD_FULL", "1").env("TENFOLD_FUZZ_SECONDS", "120");
        }
    };
    let mut failed = Vec::new();
    let mut step = |name: &'static str, run: &dyn Fn() -> anyhow::Result<bool>| -> anyhow::Result<()> {
        eprintln!("== {name}");
        let start = Instant::now();
        let ok = run()?;
        eprintln!("== {name}: {} in {:.0} s", if ok { "ok" } else { "FAILED" }, start.elapsed().as_secs_f64());
        if !ok {
            failed.push(name);
        }
        Ok(())
    };
    for Step { name, args } in STEPS {
        step(name, &|| {
            let mut command = Command::new(cargo());
            command.args(*args).current_dir(root());
            set(&mut command);
            Ok(command.status().context("cargo does not start")?.success())
        })?;
    }
    step("test", &|| tests::run(&set))?;
    if failed.is_empty() {
        eprintln!("== all steps passed{}", if full { "" } else { "; long sweeps skipped: ./x test --full" });
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("== failed: {}", failed.join(", "));
        Ok(ExitCode::FAILURE)
    }
}
