//! The Python process of one text, and the pipe to it: lines of words, with the bytes of tensors behind their line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use super::python;
use crate::{Checks, Error};

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Holds the Python part and what the process says on its error stream.
    folder: TempDir,
}

impl Process {
    /// Starts a process.
    ///
    /// # Errors
    /// [`Error::Missing`] without a Python that has NumPy, [`Error::Io`].
    pub(super) fn start(checks: Checks) -> Result<Process, Error> {
        let python = python::find()?;
        let io = |source| Error::Io { doing: "starting Python".to_owned(), source };
        let folder = tempfile::Builder::new().prefix("emulator-nki-").tempdir().map_err(io)?;
        python::lay_out(folder.path())?;
        let errors = File::create(folder.path().join("errors")).map_err(io)?;
        let mut command = Command::new(python);
        // One thread: sums do not depend on the machine, and launches run beside one another.
        command.arg("-B").arg(folder.path().join("serve.py")).env("OPENBLAS_NUM_THREADS", "1");
        match checks {
            Checks::Memory => {}
            Checks::Barriers => _ = command.arg("unchecked"),
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().map_err(io)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Internal("a process without pipes".to_owned()));
        };
        Ok(Process { child, input: BufWriter::new(input), output: BufReader::new(output), folder })
    }

    /// Sends a line and the bytes behind it.
    pub(super) fn send(&mut self, line: &str, bytes: &[u8]) -> io::Result<()> {
        self.input.write_all(line.as_bytes())?;
        self.input.write_all(b"\n")?;
        self.input.write_all(bytes)
    }

    /// A line of an answer, without its end.
    pub(super) fn line(&mut self) -> io::Result<String> {
        self.input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches('\n').to_owned())
    }

    /// Bytes of an answer.
    pub(super) fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.output.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A failure of the pipe, with the end of what the process said.
    pub(super) fn failed(&self, error: &io::Error) -> Error {
        let said = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
        let lines: Vec<&str> = said.lines().rev().take(4).collect();
        Error::Internal(format!("the process of a text ended ({error}): {}", lines.join("; ")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to save; a process that is gone already is none to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
