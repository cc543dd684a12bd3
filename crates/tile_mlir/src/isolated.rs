//! Importing files that a person wrote, or that came from anywhere: a child process tries first.
//!
//! [`crate::import`] refuses what is known to break MLIR's parser, but MLIR is a large C++ library that was never meant
//! to face hostile input, and a crash in it would take the whole tool along. So a child imports the text first; only if
//! it survives does this process. Importing is deterministic, and takes milliseconds.
//!
//! The child is the tool itself, started with an argument of its choice that makes it call [`worker`].

use std::io::{Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use tile_ir::Module;

use crate::errors::{ImportError, Problem};
use crate::import::{Options, import_with};
use crate::{location, scan};

/// What a worker writes when it is done.
const SURVIVED: &str = "imported without a crash";

/// Longest time a worker may take.
const SECONDS: u64 = 60;

/// The child's side: imports the text on standard input, and says so if it is still there. Call it first thing in
/// `main` when the tool was started as a worker, and leave with its exit code.
pub fn worker() -> ExitCode {
    let mut input = Vec::new();
    let limit = scan::MAX_BYTES as u64 + 2;
    if std::io::stdin().lock().take(limit).read_to_end(&mut input).is_err() {
        return ExitCode::FAILURE;
    }
    let (simplify, text) = match input.split_first() {
        Some((b's', text)) => (true, text),
        Some((_, text)) => (false, text),
        None => return ExitCode::FAILURE,
    };
    // What was wrong with the text is found again by the parent.
    if let Ok(text) = std::str::from_utf8(text) {
        let _ = import_with(text, "-", Options { simplify });
    }
    println!("{SURVIVED}");
    ExitCode::SUCCESS
}

/// [`import_with`], after a worker has survived the same text. `worker` starts this tool so that it calls [`worker()`].
///
/// # Errors
/// As [`import_with`], and [`Problem::Crashed`] if MLIR crashed or hung on the text.
pub fn import(worker: Command, text: &str, text_name: &str, options: Options) -> Result<Module, Vec<ImportError>> {
    let crashed = |how: String| vec![Problem::Crashed { how }.at(location::of_offset(text, 0, &text_name.into()))];
    // What the pre-checks refuse needs no worker.
    if scan::check(text).is_ok() {
        survive(worker, text, options).map_err(crashed)?;
    }
    import_with(text, text_name, options)
}

/// Lets a worker import the text; the error says how it ended.
fn survive(mut worker: Command, text: &str, options: Options) -> Result<(), String> {
    worker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = worker.spawn().map_err(|error| format!("its process did not start: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A worker that dies early breaks the pipe; its status tells more.
        let _ = input.write_all(if options.simplify { b"s" } else { b"-" });
        let _ = input.write_all(text.as_bytes());
    }
    let status = wait(&mut child)?;
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        let _ = output.take(1000).read_to_string(&mut said);
    }
    if status.success() && said.contains(SURVIVED) { Ok(()) } else { Err(status.to_string()) }
}

fn wait(child: &mut Child) -> Result<std::process::ExitStatus, String> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() > Duration::from_secs(SECONDS) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no answer within {SECONDS} s"));
            }
            Ok(None) => std::thread::sleep(pause),
            Err(error) => return Err(error.to_string()),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
