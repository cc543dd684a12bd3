//! Programs: compile once, launch often.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::Error;
use super::fault::{Fault, FaultKind, File};
use super::python::{self, Ended};
use super::{Launch, Texts, build};
use crate::{Arg, Checks};

/// Longest that a design may take to be resolved.
const RESOLVE_SECONDS: u64 = 60;

/// Bytes of what transfers consist of.
const WORD: usize = 4;

/// A design with compiled core functions.
#[derive(Debug)]
pub struct Program {
    library: PathBuf,
    folder: TempDir,
}

fn folder() -> Result<TempDir, crate::Error> {
    let made = tempfile::Builder::new().prefix("emulator-").tempdir();
    made.map_err(|source| crate::Error::Io { doing: "making a temporary folder".to_owned(), source })
}

/// A folder for arguments: in memory, where there is such a thing.
fn shared() -> Result<TempDir, crate::Error> {
    let mut builder = tempfile::Builder::new();
    match builder.prefix("emulator-").tempdir_in("/dev/shm") {
        Ok(made) => Ok(made),
        Err(_) => folder(),
    }
}

/// The file that says that accesses are not checked.
const UNCHECKED: &str = "unchecked";

fn prepare(folder: &Path, texts: Texts<'_>, checks: Checks) -> Result<(), Error> {
    python::write(folder, &[("design.py", texts.design), (build::TEXT, texts.kernels)])?;
    match checks {
        Checks::Memory => Ok(()),
        Checks::Barriers => Ok(python::write(folder, &[(UNCHECKED, "")])?),
    }
}

/// Resolves the design in `folder`.
fn resolve(folder: &Path, library: Option<&Path>) -> Result<(), Error> {
    let ended = python::run(folder, folder, &["check".to_owned()], RESOLVE_SECONDS)?;
    ended.into_fault(library).map_or(Ok(()), |fault| Err(Error::Design(fault)))
}

/// Checks the types of both texts and what a design declares, without making code; static variables of the core functions do not count.
///
/// # Errors
/// [`Error::Compile`], [`Error::Design`]; [`crate::Error::Missing`] if there is no compiler, or no Python that has NumPy.
pub fn check(texts: Texts<'_>) -> Result<(), Error> {
    let folder = folder()?;
    prepare(folder.path(), texts, Checks::Memory)?;
    build::build(folder.path(), None, texts.kernels, false, Checks::Memory)?;
    resolve(folder.path(), None)
}

impl Program {
    /// Compiles the core functions and resolves the design.
    ///
    /// # Errors
    /// As [`check`].
    pub fn compile(texts: Texts<'_>) -> Result<Program, Error> {
        Program::compile_with(None, Checks::Memory, texts)
    }

    /// As [`Program::compile`], with what the compiler makes kept in the folder `cache`.
    ///
    /// # Errors
    /// As there. A folder that cannot be used is none.
    pub fn compile_cached(cache: &Path, texts: Texts<'_>) -> Result<Program, Error> {
        Program::compile_with(Some(cache), Checks::Memory, texts)
    }

    /// The same, with what the compiler makes kept in a folder if there is one. With [`Checks::Barriers`] accesses of core functions are not
    /// checked, nor whether anybody wrote what they read or give; limits, FIFOs, transfers and their order are.
    ///
    /// # Errors
    /// As [`check`].
    pub fn compile_with(cache: Option<&Path>, checks: Checks, texts: Texts<'_>) -> Result<Program, Error> {
        let folder = folder()?;
        prepare(folder.path(), texts, checks)?;
        let library = build::build(folder.path(), cache, texts.kernels, true, checks)?;
        resolve(folder.path(), Some(&library))?;
        Ok(Program { library, folder })
    }

    /// Runs the sequence once. Buffers of faulty runs are left as they were.
    ///
    /// # Errors
    /// The first fault.
    pub fn launch(&self, launch: &Launch<'_>) -> Result<(), Fault> {
        let io = |error: &dyn std::fmt::Display| Fault::new(FaultKind::Launch, error.to_string());
        let here = shared().map_err(|error| io(&error))?;
        let path = |index: usize| here.path().join(format!("argument-{index}"));
        let mut words = vec!["run".to_owned()];
        for (index, arg) in launch.args.iter().enumerate() {
            words.push(match *arg {
                Arg::Buffer { address, bytes, writable } => {
                    // SAFETY: the caller of a launch gives buffers of that size.
                    let data =
                        unsafe { std::slice::from_raw_parts(address, usize::try_from(bytes).map_err(|e| io(&e))?) };
                    // A host's buffers are whole words.
                    let rest = &[0_u8; WORD][..data.len().next_multiple_of(WORD) - data.len()];
                    let written = std::fs::File::create(path(index)).and_then(|mut file| {
                        file.write_all(data)?;
                        file.write_all(rest)
                    });
                    written.map_err(|error| io(&error))?;
                    format!("buffer:{}", u8::from(writable))
                }
                Arg::U32(value) => format!("scalar:{}", value.cast_signed()),
                Arg::U64(value) => format!("scalar:{value}"),
                Arg::F32(value) => format!("scalar:{value:e}"),
            });
        }
        let ended = python::run(self.folder.path(), here.path(), &words, launch.seconds).map_err(|error| io(&error))?;
        if let Some(fault) = ended.into_fault(Some(&self.library)) {
            return Err(fault);
        }
        for (index, arg) in launch.args.iter().enumerate() {
            let Arg::Buffer { address, bytes, writable: true } = *arg else { continue };
            let data = std::fs::read(path(index)).map_err(|error| io(&error))?;
            if data.len() as u64 != bytes.next_multiple_of(WORD as u64) {
                return Err(io(&format!("argument {index} has {bytes} bytes and came back with {}", data.len())));
            }
            // SAFETY: as above; the buffer may be written, and nothing else has it during a launch.
            unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), address, bytes as usize) };
        }
        Ok(())
    }
}

impl Ended {
    fn into_fault(self, library: Option<&Path>) -> Option<Fault> {
        let (kind, line, site, message) = match self {
            Ended::Done => return None,
            Ended::Timeout => return Some(Fault::new(FaultKind::Timeout, "the run does not end")),
            Ended::Crash(message) => return Some(Fault::new(FaultKind::Crash, message)),
            Ended::Fault { kind, line, site, message } => (kind, line, site, message),
        };
        let Some(kind) = FaultKind::named(&kind) else { return Some(Fault::new(FaultKind::Crash, message)) };
        let inside = library.filter(|_| site > 0).and_then(|library| line_of(library, site));
        let place = inside.map(|line| (File::Kernels, line)).or((line > 0).then_some((File::Design, line)));
        Some(Fault { kind, place, message })
    }
}

/// Line of the text of the call that returns to `site`, an offset into the library.
fn line_of(library: &Path, site: u64) -> Option<u32> {
    let loader = addr2line::Loader::new(library).ok()?;
    let mut frames = loader.find_frames(site.checked_sub(1)?).ok()?;
    // Innermost first: functions of headers are inlined into the text's.
    while let Ok(Some(frame)) = frames.next() {
        if let Some(location) =
            frame.location.filter(|location| location.file.is_some_and(|file| file.ends_with(build::TEXT)))
        {
            return location.line;
        }
    }
    None
}
