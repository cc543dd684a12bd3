//! Cases and what the launches should write, as a file.
//!
//! A ZIP archive. `cases.json` has format version, generator, group, target, and for each case the kernel's name, its
//! [`Recipe`], the hash of the arguments made from it, and the names of the outputs. The member `KERNEL/SEED/OUTPUT` holds
//! an output's bytes after the launch XOR its bytes before it: what is left alone is zero and takes no room.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::case::{Case, Outputs};
use crate::recipe::{Recipe, RecipeError};

/// Version of the format; it changes whenever a field changes meaning.
pub const FORMAT_VERSION: u32 = 1;

const INDEX: &str = "cases.json";
/// Most bytes of the index.
const MAX_INDEX: u64 = 64 << 20;

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Name of the kernel in the bundle.
    pub kernel: String,
    /// How the arguments are made.
    pub recipe: Recipe,
    /// [`Case::hash`] of the arguments where the case was recorded.
    pub hash: String,
    /// Names of the outputs.
    pub outputs: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    generator: String,
    group: String,
    target: String,
    cases: Vec<Recorded>,
}

/// Why a file of cases could not be read, written or used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Not a file of cases, or a damaged one.
    #[error("{path} is damaged or no file of cases: {message}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A case that cannot be made.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The arguments made here are others than those that were recorded.
    #[error("the inputs made here (SHA-256 {found}) are not those that were recorded ({expected})")]
    OtherInputs {
        /// Recorded.
        expected: String,
        /// Found.
        found: String,
    },
}

/// Writes a file of cases.
pub struct Recorder {
    path: PathBuf,
    zip: ZipWriter<BufWriter<File>>,
    index: Index,
}

fn options() -> SimpleFileOptions {
    // A fixed time: the same cases give the same bytes.
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default())
}

fn member(recorded: &Recorded, output: &str) -> String {
    format!("{}/{}/{output}", recorded.kernel, recorded.recipe.seed)
}

impl Recorder {
    /// Starts a file for the kernels of `group`, as `generator` compiles them for `target`.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn new(path: &Path, generator: &str, group: &str, target: &str) -> Result<Recorder, RecordingError> {
        let file = File::create(path).map_err(|source| RecordingError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        })?;
        let (generator, group, target) = (generator.to_owned(), group.to_owned(), target.to_owned());
        let index = Index { version: FORMAT_VERSION, generator, group, target, cases: Vec::new() };
        Ok(Recorder { path: path.to_owned(), zip: ZipWriter::new(BufWriter::new(file)), index })
    }

    /// Adds a case: `case` is what `recipe` makes, `outputs` what a launch of `kernel` should leave in its written buffers.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn add(&mut self, kernel: &str, recipe: &Recipe, case: &Case, outputs: &Outputs) -> Result<(), RecordingError> {
        let names = outputs.0.iter().map(|(name, _)| name.clone()).collect();
        let recorded =
            Recorded { kernel: kernel.to_owned(), recipe: recipe.clone(), hash: case.hash(), outputs: names };
        let before = case.outputs();
        for (name, after) in &outputs.0 {
            let before = before.get(name).map_or(&[][..], |buffer| &buffer.bytes);
            let changed: Vec<u8> = before.iter().zip(&after.bytes).map(|(before, after)| before ^ after).collect();
            let started = self.zip.start_file(member(&recorded, name), options()).map_err(io::Error::from);
            started.and_then(|()| self.zip.write_all(&changed)).map_err(|source| self.failed(source))?;
        }
        self.index.cases.push(recorded);
        Ok(())
    }

    /// Writes the index; the number of cases.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn finish(mut self) -> Result<usize, RecordingError> {
        let text = serde_json::to_string_pretty(&self.index).map_err(io::Error::from);
        let started = self.zip.start_file(INDEX, options()).map_err(io::Error::from);
        let written = started.and_then(|()| self.zip.write_all(text?.as_bytes()));
        written.map_err(|source| self.failed(source))?;
        let (path, cases) = (self.path.clone(), self.index.cases.len());
        let failed = |source| RecordingError::Io { action: "write", path: path.clone(), source };
        let mut file = self.zip.finish().map_err(|error| failed(io::Error::from(error)))?;
        file.flush().map_err(failed)?;
        Ok(cases)
    }

    fn failed(&self, source: io::Error) -> RecordingError {
        RecordingError::Io { action: "write", path: self.path.clone(), source }
    }
}

/// A file of cases, open.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    /// Name of the kernel group.
    pub group: String,
    /// Target whose bundle it was recorded beside.
    pub target: String,
    cases: Vec<Recorded>,
}

impl Recording {
    /// Opens a file that a [`Recorder`] wrote.
    ///
    /// # Errors
    /// A file that is not there, is damaged, or has another format version.
    pub fn open(path: &Path) -> Result<Recording, RecordingError> {
        let failed = |source| RecordingError::Io { action: "read", path: path.to_owned(), source };
        let damaged = |message: String| RecordingError::Damaged { path: path.to_owned(), message };
        let file = File::open(path).map_err(failed)?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(error.to_string()))?;
        let mut text = Vec::new();
        let member = zip.by_name(INDEX).map_err(|error| damaged(format!("`{INDEX}`: {error}")))?;
        let read = member.take(MAX_INDEX).read_to_end(&mut text);
        read.map_err(|error| damaged(format!("`{INDEX}`: {error}")))?;
        let index: Index = serde_json::from_slice(&text).map_err(|error| damaged(format!("`{INDEX}`: {error}")))?;
        if index.version != FORMAT_VERSION {
            return Err(damaged(format!("format version {} instead of {FORMAT_VERSION}", index.version)));
        }
        let Index { group, target, cases, .. } = index;
        Ok(Recording { path: path.to_owned(), zip, group, target, cases })
    }

    /// The cases, in order of recording.
    pub fn cases(&self) -> &[Recorded] {
        &self.cases
    }

    /// Makes case number `index` again, and what the launch should leave in its written buffers.
    ///
    /// # Errors
    /// A damaged file, a case that is too large, or arguments that are not those that were recorded.
    ///
    /// # Panics
    /// If there is no such case.
    pub fn make(&mut self, index: usize) -> Result<(Case, Outputs), RecordingError> {
        let recorded = &self.cases[index];
        let case = recorded.recipe.make()?;
        let found = case.hash();
        if found != recorded.hash {
            return Err(RecordingError::OtherInputs { expected: recorded.hash.clone(), found });
        }
        let mut outputs = case.outputs();
        let named = outputs.0.iter().map(|(name, _)| name);
        let damaged = |message: String| RecordingError::Damaged { path: self.path.clone(), message };
        if !named.eq(&recorded.outputs) {
            let message = format!("the outputs of kernel `{}` are not its written views", recorded.kernel);
            return Err(damaged(message));
        }
        for (name, buffer) in &mut outputs.0 {
            let member = member(recorded, name);
            let bad = |error: String| damaged(format!("`{member}`: {error}"));
            let file = self.zip.by_name(&member).map_err(|error| bad(error.to_string()))?;
            let mut changed = Vec::new();
            let limit = buffer.bytes.len() as u64 + 1;
            file.take(limit).read_to_end(&mut changed).map_err(|error| bad(error.to_string()))?;
            if changed.len() != buffer.bytes.len() {
                return Err(bad(format!("not {} bytes", buffer.bytes.len())));
            }
            buffer.bytes.iter_mut().zip(changed).for_each(|(byte, changed)| *byte ^= changed);
        }
        Ok((case, outputs))
    }
}
