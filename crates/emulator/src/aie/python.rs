//! Runs the interpreter that executes a design.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Our `aie.iron` and what it needs, by file.
const FILES: [(&str, &str); 19] = [
    ("run.py", include_str!("python/run.py")),
    ("ml_dtypes.py", include_str!("python/ml_dtypes.py")),
    ("aie/__init__.py", include_str!("python/aie/__init__.py")),
    ("aie/helpers/__init__.py", include_str!("python/aie/helpers/__init__.py")),
    ("aie/helpers/taplib.py", include_str!("python/aie/helpers/taplib.py")),
    ("aie/iron/__init__.py", include_str!("python/aie/iron/__init__.py")),
    ("aie/iron/controlflow.py", include_str!("python/aie/iron/controlflow.py")),
    ("aie/iron/device.py", include_str!("python/aie/iron/device.py")),
    ("emu/__init__.py", include_str!("python/emu/__init__.py")),
    ("emu/cores.py", include_str!("python/emu/cores.py")),
    ("emu/ends.py", include_str!("python/emu/ends.py")),
    ("emu/faults.py", include_str!("python/emu/faults.py")),
    ("emu/fifo.py", include_str!("python/emu/fifo.py")),
    ("emu/patterns.py", include_str!("python/emu/patterns.py")),
    ("emu/program.py", include_str!("python/emu/program.py")),
    ("emu/scheduler.py", include_str!("python/emu/scheduler.py")),
    ("emu/transfers.py", include_str!("python/emu/transfers.py")),
    ("emu/types.py", include_str!("python/emu/types.py")),
    ("emu/worker.py", include_str!("python/emu/worker.py")),
];

/// How a run of the interpreter ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Nothing is wrong.
    Done,
    /// The fields of a fault: kind, line of the design, offset into the library, message.
    Fault { kind: String, line: u32, site: u64, message: String },
    /// It took too long.
    Timeout,
    /// It ended otherwise.
    Crash(String),
}

/// An interpreter that has NumPy: that of the path, or the system's.
fn interpreter() -> Result<&'static Path, crate::Error> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let path = which::which("python3").ok();
        path.into_iter().chain([PathBuf::from("/usr/bin/python3")]).find(|python| {
            let mut command = Command::new(python);
            command.args(["-c", "import numpy"]).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    });
    found.as_deref().ok_or(crate::Error::Missing { tool: "python3 with numpy", package: "python3-numpy" })
}

/// Writes files below a folder.
pub(super) fn write(folder: &Path, files: &[(&str, &str)]) -> Result<(), crate::Error> {
    for (name, text) in files {
        let path = folder.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|source| crate::Error::Io { doing: format!("writing {}", path.display()), source })?;
    }
    Ok(())
}

/// An interpreter that waits for jobs. It ends when its input does: with this process at the latest.
struct Server {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _child: Child,
}

impl Server {
    fn start() -> Result<Server, crate::Error> {
        let failed = |source| crate::Error::Io { doing: "starting python3".to_owned(), source };
        // Removed by the interpreter when it ends: statics are never dropped.
        let folder = tempfile::Builder::new().prefix("emulator-").tempdir().map_err(failed)?.keep();
        write(&folder, &FILES)?;
        let mut command = Command::new(interpreter()?);
        command.arg("-B").arg(folder.join("run.py"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Server { input, output: BufReader::new(output), _child: child })
    }

    fn ask(&mut self, job: &str) -> std::io::Result<String> {
        writeln!(self.input, "{job}")?;
        self.input.flush()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(answer.trim_end_matches('\n').to_owned())
    }
}

/// Executes the design in `folder` in the folder `here`, for at most `seconds`.
pub(super) fn run(folder: &Path, here: &Path, words: &[String], seconds: u64) -> Result<Ended, crate::Error> {
    static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut server = idle.map_or_else(Server::start, Ok)?;
    let job = format!("{}\t{}\t{}\t{}", folder.display(), here.display(), seconds.max(1), words.join("\t"));
    let answer =
        server.ask(&job).map_err(|source| crate::Error::Io { doing: "talking to python3".to_owned(), source })?;
    let Some(ended) = parse(&answer) else {
        return Ok(Ended::Crash(format!("the interpreter says `{answer}`")));
    };
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(server);
    Ok(ended)
}

fn parse(last: &str) -> Option<Ended> {
    match last {
        "done" => return Some(Ended::Done),
        "timeout" => return Some(Ended::Timeout),
        crash if crash.starts_with("crash") => return Some(Ended::Crash(crash.to_owned())),
        _ => {}
    }
    let mut fields = last.strip_prefix("fault\t")?.splitn(4, '\t');
    let kind = fields.next()?.to_owned();
    let line = fields.next()?.parse().ok()?;
    let site = fields.next()?.parse().ok()?;
    Some(Ended::Fault { kind, line, site, message: fields.next()?.to_owned() })
}
