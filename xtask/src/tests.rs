//! The tests of the workspace, an executable per processor at a time.
//!
//! `cargo test` runs the executables one after the other, and many of them spend most of their time in one test: one processor waits. Here cargo
//! builds them and says which there are; each runs in its package's folder, as cargo would run it, and what it says is printed when it ends.

use std::ffi::OsString;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use cargo_metadata::Message;

use crate::{cargo, root};

/// What a test executable is called and where it runs.
struct Executable {
    /// Package and target, such as `driver suite`.
    name: String,
    path: PathBuf,
    folder: PathBuf,
}

/// What came of one.
struct Ended {
    name: String,
    passed: bool,
    time: Duration,
}

/// Builds and runs all tests, then the examples of the documentation; whether all passed. `set` gives commands their environment.
pub(crate) fn run(set: &dyn Fn(&mut Command)) -> anyhow::Result<bool> {
    let executables = build(set)?;
    let ended = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let libraries = libraries(&executables)?;
    let mut commands: Vec<Mutex<Option<Command>>> = Vec::new();
    for executable in &executables {
        let mut command = Command::new(&executable.path);
        command.current_dir(&executable.folder).env("CARGO_MANIFEST_DIR", &executable.folder).env("CARGO", cargo());
        command.env("LD_LIBRARY_PATH", &libraries);
        set(&mut command);
        commands.push(Mutex::new(Some(command)));
    }
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(executable), Some(command)) = (executables.get(at), commands.get(at)) else { break };
                    let command = command.lock().ok().and_then(|mut command| command.take());
                    let one = one(executable, command);
                    if let Ok(mut ended) = ended.lock() {
                        ended.push(one);
                    }
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_default();
    let documentation = documentation(set)?;
    ended.sort_by_key(|one| std::cmp::Reverse(one.time));
    eprintln!("== longest:");
    for one in ended.iter().take(10) {
        eprintln!("   {:>5.0} s  {}", one.time.as_secs_f64(), one.name);
    }
    let failed: Vec<&str> = ended.iter().filter(|one| !one.passed).map(|one| one.name.as_str()).collect();
    if !failed.is_empty() {
        eprintln!("== {} of {} test executables failed: {}", failed.len(), executables.len(), failed.join(", "));
    }
    Ok(failed.is_empty() && documentation && ended.len() == executables.len())
}

/// Builds the test executables, and names them.
fn build(set: &dyn Fn(&mut Command)) -> anyhow::Result<Vec<Executable>> {
    let mut command = Command::new(cargo());
    command.args(["test", "--workspace", "--no-run", "--quiet", "--message-format=json-render-diagnostics"]);
    command.current_dir(root()).stdout(Stdio::piped());
    set(&mut command);
    let mut child = command.spawn().context("cargo does not start")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut executables = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        let Message::CompilerArtifact(artifact) = message.context("cargo says something unknown")? else { continue };
        let Some(path) = artifact.executable.filter(|_| artifact.profile.test) else { continue };
        let folder = artifact.manifest_path.parent().context("a manifest in no folder")?;
        let package = folder.file_name().unwrap_or_default();
        let name = format!("{package} {}", artifact.target.name);
        executables.push(Executable { name, path: path.into(), folder: folder.into() });
    }
    if !child.wait()?.success() {
        bail!("the tests do not build");
    }
    if executables.is_empty() {
        bail!("there are no tests");
    }
    // The driver's and those that link the compiler run longest, so that they go first.
    executables.sort_by_key(|one| {
        let bytes = std::fs::metadata(&one.path).map_or(0, |file| file.len());
        std::cmp::Reverse((one.name.starts_with("driver "), bytes))
    });
    Ok(executables)
}

/// Where executables find shared libraries: beside them, and the compiler's own.
fn libraries(executables: &[Executable]) -> anyhow::Result<OsString> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output().context("no rustc")?;
    let sysroot = PathBuf::from(String::from_utf8(output.stdout).context("the sysroot's name is not UTF-8")?.trim());
    let beside = executables.first().and_then(|one| one.path.parent()).map(PathBuf::from);
    let given = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = beside.into_iter().chain([sysroot.join("lib")]).chain(std::env::split_paths(&given));
    Ok(std::env::join_paths(folders)?)
}

/// Runs one, and prints what it says when it has ended.
fn one(executable: &Executable, command: Option<Command>) -> Ended {
    let start = Instant::now();
    let output = command.map(|mut command| command.stdin(Stdio::null()).output());
    let (passed, said) = match &output {
        Some(Ok(output)) => {
            let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
            (output.status.success(), String::from_utf8_lossy(&said).into_owned())
        }
        Some(Err(error)) => (false, format!("it does not start: {error}\n")),
        None => (false, "it was not started\n".to_owned()),
    };
    let time = start.elapsed();
    let verdict = if passed { "ok" } else { "FAILED" };
    let mut out = std::io::stdout().lock();
    // A closed output is no reason to stop testing.
    let _ =
        write!(out, "-- {}\n{said}-- {}: {verdict} in {:.0} s\n", executable.name, executable.name, time.as_secs_f64());
    Ended { name: executable.name.clone(), passed, time }
}

/// The examples of the documentation.
fn documentation(set: &dyn Fn(&mut Command)) -> anyhow::Result<bool> {
    let mut command = Command::new(cargo());
    command.args(["test", "--workspace", "--doc", "--no-fail-fast", "--quiet"]).current_dir(root());
    set(&mut command);
    Ok(command.status().context("cargo does not start")?.success())
}
