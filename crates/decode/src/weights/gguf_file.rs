//! A mapped GGUF file.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::error::{Error, TensorProblem};
use crate::gguf::{Header, TensorInfo, dequantise};

/// A GGUF file and its header.
pub(crate) struct GgufFile {
    path: PathBuf,
    bytes: Mmap,
    header: Header,
}

impl GgufFile {
    pub(crate) fn open(path: &Path) -> Result<GgufFile, Error> {
        let bytes = map(path)?;
        let header = Header::parse(&bytes).map_err(|source| Error::Gguf { path: path.to_owned(), source })?;
        Ok(GgufFile { path: path.to_owned(), bytes, header })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The whole file, which arrays in the metadata point into.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Names of the tensors, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.header.tensors.keys().map(String::as_str)
    }

    /// The tensor, if it has this shape.
    pub(crate) fn check(&self, name: &str, shape: &[u64]) -> Result<&TensorInfo, Error> {
        let problem = match self.header.tensors.get(name) {
            Some(info) if info.shape == shape => return Ok(info),
            Some(info) => TensorProblem::Shape { expected: shape.to_vec(), found: info.shape.clone() },
            None => TensorProblem::Missing,
        };
        Err(Error::tensor(&self.path, name, problem))
    }

    /// A tensor's numbers as they are in the file.
    pub(crate) fn load(&self, name: &str, shape: &[u64]) -> Result<Vec<f32>, Error> {
        let info = self.check(name, shape)?;
        let bytes = &self.bytes[info.range.clone()];
        load_checked(&self.path, name, shape, |out| dequantise(info.kind, bytes, out))
    }
}

/// Fills a vector that is reserved first, and checks that all of it is finite.
pub(super) fn load_checked(
    path: &Path,
    name: &str,
    shape: &[u64],
    fill: impl FnOnce(&mut Vec<f32>),
) -> Result<Vec<f32>, Error> {
    let failed = |problem| Error::tensor(path, name, problem);
    let elements: u64 = shape.iter().product();
    let mut values = Vec::new();
    let memory = || failed(TensorProblem::Memory { elements });
    let count = usize::try_from(elements).map_err(|_| memory())?;
    values.try_reserve_exact(count).map_err(|_| memory())?;
    fill(&mut values);
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(failed(TensorProblem::NotFinite { index, dtype: "f32" })),
        None => Ok(values),
    }
}

/// Maps a file into memory.
pub(super) fn map(path: &Path) -> Result<Mmap, Error> {
    let read = |source| Error::io("read", path, source);
    let file = File::open(path).map_err(read)?;
    if !file.metadata().map_err(read)?.is_file() {
        return Err(Error::file(path, "not a regular file"));
    }
    // SAFETY: the mapping is private and read-only. A process that cuts the file while we read it can end this process
    // with a bus error, as with every mapped file; it cannot make us read other memory.
    unsafe { Mmap::map(&file) }.map_err(read)
}
