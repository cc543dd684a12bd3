//! Running a vendor's compiler.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use emit::Source;
use tempfile::TempDir;

use crate::{Absent, Finding, Outcome, Severity, parse, parse_resources};

/// Where tools are looked for, and how long one may run.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Folders, as in `PATH`.
    pub path: OsString,
    /// Longest run.
    pub limit: Duration,
}

impl Default for Tools {
    /// The `PATH` of this process, and two minutes.
    fn default() -> Tools {
        Tools { path: env::var_os("PATH").unwrap_or_default(), limit: Duration::from_secs(120) }
    }
}

impl Tools {
    /// Finds `name`.
    ///
    /// # Errors
    /// It is in none of the folders.
    pub fn find(&self, name: &'static str) -> Result<Tool, Absent> {
        let found = which::which_in_global(name, Some(&self.path)).ok().and_then(|mut paths| paths.next());
        let program = found.ok_or_else(|| Absent::new(name, "not found on PATH"))?;
        Ok(Tool { name, program, path: self.path.clone(), limit: self.limit })
    }
}

/// A compiler that was found.
#[derive(Clone, Debug)]
pub struct Tool {
    name: &'static str,
    program: PathBuf,
    path: OsString,
    limit: Duration,
}

/// A run that ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Whether the tool says it succeeded.
    pub success: bool,
    /// Errors and warnings; at least one unless it succeeded.
    pub findings: Vec<Finding>,
    /// Everything it printed.
    pub output: String,
}

impl Tool {
    /// Its name, such as `nvcc`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Writes the source's text, and its binary if it has one, into a temporary folder and runs the tool there with `args`. File
    /// names are the source's; arguments that name it or an output are relative paths.
    ///
    /// A tool that fails, crashes or runs too long gives a finding that says so.
    ///
    /// # Errors
    /// It cannot be started, or there is no place for temporary files.
    pub fn run<S: AsRef<OsStr>>(&self, source: &Source, args: &[S]) -> Result<Finished, Absent> {
        let failed = |what: &str, error: io::Error| Absent::new(self.name, format!("cannot {what}: {error}"));
        let folder = TempDir::new().map_err(|error| failed("make a temporary folder", error))?;
        let file = Path::new(&source.file);
        let name = file.file_name().ok_or_else(|| Absent::new(self.name, "the printed file has no name"))?;
        fs::write(folder.path().join(name), &source.text).map_err(|error| failed("write a temporary file", error))?;
        if let Some(binary) = &source.binary {
            let file = Path::new(&binary.file);
            let name = file.file_name().ok_or_else(|| Absent::new(self.name, "the printed file has no name"))?;
            fs::write(folder.path().join(name), &binary.bytes)
                .map_err(|error| failed("write a temporary file", error))?;
        }
        // A file rather than a pipe: what the tool leaves running cannot keep us waiting.
        let log = folder.path().join(".log");
        let stdout = File::create(&log).map_err(|error| failed("write a temporary file", error))?;
        let stderr = stdout.try_clone().map_err(|error| failed("write a temporary file", error))?;
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(folder.path()).env("PATH", &self.path);
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        // English messages, whatever the user's language.
        command.env("LC_ALL", "C");
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = start(&mut command).map_err(|error| failed("start it", error))?;
        let status = Running(child).wait(self.limit).map_err(|error| failed("wait for it", error))?;
        let output = fs::read(&log).map_err(|error| failed("read its output", error))?;
        Ok(self.finished(source, status, String::from_utf8_lossy(&output).into_owned()))
    }

    /// Runs the tool on `source` as a judge; resources are read from its output.
    pub fn judge<S: AsRef<OsStr>>(&self, source: &Source, args: &[S]) -> Outcome {
        match self.run(source, args) {
            Ok(finished) => Outcome::of(finished.findings, parse_resources(&finished.output)),
            Err(absent) => Outcome::Skipped(absent),
        }
    }

    /// Whether the tool ends well when run with `args`: whether what it starts is installed too.
    ///
    /// # Errors
    /// It does not; the reason is the last line of its error output.
    pub fn probe(self, args: &[&str]) -> Result<Tool, Absent> {
        let mut command = Command::new(&self.program);
        command.args(args).env("PATH", &self.path).env("LC_ALL", "C");
        let failed = |error: io::Error| Absent::new(self.name, format!("cannot start it: {error}"));
        let log = tempfile::NamedTempFile::new().map_err(failed)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.reopen().map_err(failed)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let status = Running(start(&mut command).map_err(failed)?).wait(self.limit).map_err(failed)?;
        if status.is_some_and(|status| status.success()) {
            return Ok(self);
        }
        let output = fs::read(log.path()).map_err(failed)?;
        let output = String::from_utf8_lossy(&output);
        let last = output.lines().rev().map(str::trim).find(|line| !line.is_empty());
        Err(Absent::new(self.name, last.unwrap_or("it does not run").to_owned()))
    }

    fn finished(&self, source: &Source, status: Option<ExitStatus>, output: String) -> Finished {
        let findings = parse(&output).into_iter();
        let mut findings: Vec<Finding> =
            findings.map(|diagnostic| Finding::from_diagnostic(self.name, source, diagnostic)).collect();
        let success = status.is_some_and(|status| status.success());
        let ending = match status {
            None => Some(format!("{} did not end within {} s", self.name, self.limit.as_secs_f32())),
            Some(status) if status.success() => None,
            // The errors say why.
            Some(status)
                if status.code().is_some() && findings.iter().any(|finding| finding.severity == Severity::Error) =>
            {
                None
            }
            Some(status) => {
                let last = output.lines().rev().map(str::trim).find(|line| !line.is_empty());
                Some(format!("{} failed with {status}: {}", self.name, last.unwrap_or("it gave no reason")))
            }
        };
        findings.extend(ending.map(|message| Finding::new(self.name, Severity::Error, source, None, message)));
        Finished { success, findings, output }
    }
}

/// Starts a command. A file that another process has only just written counts as busy for a moment.
fn start(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
    command.spawn()
}

/// A child that does not outlive us, nor do its own children.
struct Running(Child);

impl Running {
    /// Its status; `None` if the limit passed first.
    fn wait(mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = self.0.try_wait()? {
                return Ok(Some(status));
            }
            if start.elapsed() >= limit {
                return Ok(None);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // All fail if it has ended, which is what we want.
        if matches!(self.0.try_wait(), Ok(None)) {
            #[cfg(unix)]
            if let Some(group) = rustix::process::Pid::from_raw(self.0.id().cast_signed()) {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}
