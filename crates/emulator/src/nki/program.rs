//! Programs: look at a text once, launch its kernel often.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::error::Error;
use super::fault::{Fault, FaultKind};
use super::operand::Memory;
use super::process::Process;
use super::{Launch, Operand};
use crate::{Checks, Diagnostic};

/// A kernel, and the process that runs it. Launches from several threads wait for one another.
#[derive(Debug)]
pub struct Program {
    parameters: Vec<String>,
    process: Mutex<Process>,
}

/// Checks that `source` is NKI as far as that shows without running a kernel: Python that the compiler takes, names that are there.
///
/// # Errors
/// [`Error::Lint`]; [`crate::Error::Missing`] if there is no Python with NumPy.
pub fn check(source: &str) -> Result<(), Error> {
    let mut process = Process::start(Checks::Memory)?;
    let answer = ask(&mut process, source, None).map_err(|error| process.failed(&error))?;
    answer.map(|_| ())
}

/// Sends a text; the names of the kernel's parameters if all is well. Inner errors are the text's.
fn ask(process: &mut Process, source: &str, entry: Option<&str>) -> io::Result<Result<Vec<String>, Error>> {
    let header = format!("{} {}", source.len(), entry.unwrap_or(""));
    process.send(header.trim_end(), source.as_bytes())?;
    let answer = process.line()?;
    let mut words = answer.split(' ');
    match words.next() {
        Some("ready") => Ok(Ok(words.map(str::to_owned).collect())),
        Some("entry") => {
            let entry = entry.unwrap_or("").to_owned();
            Ok(Err(crate::Error::NoEntry { entry }.into()))
        }
        Some("lint") => {
            let count: usize = number(words.next())?;
            let diagnostics = (0..count).map(|_| diagnostic(&process.line()?)).collect::<io::Result<_>>()?;
            Ok(Err(Error::Lint { diagnostics }))
        }
        Some(_) | None => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn diagnostic(line: &str) -> io::Result<Diagnostic> {
    let mut words = line.splitn(3, ' ');
    let (line, column) = (number(words.next())?, number(words.next())?);
    Ok(Diagnostic { line, column, message: words.next().unwrap_or("").to_owned() })
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> io::Result<T> {
    word.and_then(|word| word.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

impl Program {
    /// Looks at `source` and loads its kernel `entry`, a function with `@nki.jit`.
    ///
    /// # Errors
    /// [`Error::Lint`] if the text is not NKI, [`crate::Error::NoEntry`] if it has no such kernel, a name that the process cannot take included,
    /// [`crate::Error::Missing`] if there is no Python with NumPy.
    pub fn compile(source: &str, entry: &str) -> Result<Program, Error> {
        Program::compile_with(source, entry, Checks::Memory)
    }

    /// As [`Program::compile`]; with [`Checks::Barriers`] launches look at nothing but what they compute, for whole models. Memory
    /// that is [`super::Shared`] is then written as the kernel runs, whether it ends well or not.
    ///
    /// # Errors
    /// As there.
    pub fn compile_with(source: &str, entry: &str, checks: Checks) -> Result<Program, Error> {
        if entry.is_empty() || entry.contains(char::is_whitespace) {
            return Err(crate::Error::NoEntry { entry: entry.to_owned() }.into());
        }
        let mut process = Process::start(checks)?;
        let parameters = ask(&mut process, source, Some(entry)).map_err(|error| process.failed(&error))??;
        Ok(Program { parameters, process: Mutex::new(process) })
    }

    /// Names of the parameters, in order.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Runs the kernel once. Memory is written only if no rule was broken.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn launch(&self, launch: &Launch) -> Result<(), Fault> {
        if launch.args.len() != self.parameters.len() {
            let (given, wanted) = (launch.args.len(), self.parameters.len());
            return Err(Fault::launch(format!("{given} arguments for {wanted} parameters")));
        }
        let describe = |kind: &'static str| {
            move |(index, operand): (usize, &Operand)| operand.describe(&format!("{kind} {index}"))
        };
        let args = launch.args.iter().enumerate().map(describe("argument")).collect::<Result<Vec<_>, _>>()?;
        let outputs = launch.outputs.iter().enumerate().map(describe("output")).collect::<Result<Vec<_>, _>>()?;
        if let Some(index) = outputs.iter().position(|(_, memory)| !memory.is_some_and(|memory| memory.writable)) {
            return Err(Fault::launch(format!("output {index} is no memory that may be written")));
        }
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        match run(&mut process, &args, &outputs) {
            Ok(result) => result,
            Err(error) => Err(Fault::launch(process.failed(&error).to_string())),
        }
    }
}

type Described = (String, Option<Memory>);

/// Sends a launch and takes its answer.
fn run(process: &mut Process, args: &[Described], outputs: &[Described]) -> io::Result<Result<(), Fault>> {
    process.send(&format!("launch {} {}", args.len(), outputs.len()), &[])?;
    for (words, memory) in args {
        match memory {
            Some(memory) if memory.shared => process.send(words, &[])?,
            // SAFETY: whoever launches gives memory of that many bytes, which nothing else writes meanwhile.
            Some(memory) => process.send(words, unsafe { std::slice::from_raw_parts(memory.address, memory.bytes) })?,
            None => process.send(words, &[])?,
        }
    }
    for (words, _) in outputs {
        process.send(words, &[])?;
    }
    let answer = process.line()?;
    let mut words = answer.split(' ');
    match words.next() {
        Some("ok") => {
            let written = args.iter().filter_map(|(_, memory)| memory.filter(|memory| memory.writable));
            let apart = |memory: &Memory| !memory.shared;
            for memory in written.chain(outputs.iter().filter_map(|(_, memory)| *memory)).filter(apart) {
                let bytes = process.bytes(memory.bytes)?;
                // SAFETY: whoever launches gives memory of that many bytes that may be written, and that nothing else uses meanwhile.
                unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory.address, memory.bytes) };
            }
            Ok(Ok(()))
        }
        Some("fault") => {
            let kind = words.next().and_then(FaultKind::named).ok_or(io::ErrorKind::InvalidData)?;
            let line: u32 = number(words.next())?;
            let (message, rule) = (process.line()?, process.line()?);
            Ok(Err(Fault { kind, line: (line > 0).then_some(line), message, rule }))
        }
        Some(_) | None => Err(io::ErrorKind::InvalidData.into()),
    }
}
