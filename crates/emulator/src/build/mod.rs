//! From a text to a shared library.
//!
//! clang reads the text for its language and prints LLVM IR without running a pass. In the IR shared arrays become plain globals of
//! known size, inline PTX becomes calls, and an entry of one fixed type is added. clang then optimises that and links
//! it against the small assembly file of [`hooks`].

mod cache;
pub(crate) mod clang;
pub(crate) mod entry;
pub(crate) mod hooks;
pub(crate) mod ir;
mod ptx;
mod signature;

use std::path::{Path, PathBuf};

pub(crate) use ptx::{MMA_BF16, MMA_F16};
pub(crate) use signature::{NUMBERS, Param, ParamKind};

use crate::{Checks, Error, Language};

/// A compiled kernel.
#[derive(Debug)]
pub(crate) struct Built {
    /// The shared library.
    pub(crate) library: PathBuf,
    /// Parameters in the order of the text.
    pub(crate) params: Vec<Param>,
    /// Shared arrays, in the order of the table in the library.
    pub(crate) shared: Vec<String>,
    /// Name of the array declared `extern __shared__`.
    pub(crate) dynamic: Option<String>,
}

/// Largest dynamic shared array of any target, with which the library is linked.
pub(crate) const DYNAMIC_BYTES: u64 = 232_448;

/// Checks types only.
pub(crate) fn check(folder: &Path, language: Language, source: &str) -> Result<(), Error> {
    clang::front(folder, None, language, source, None).map(|_| ())
}

/// Compiles kernel `entry` of `source` into `folder`; what clang makes is kept in the folder `kept`.
pub(crate) fn build(
    folder: &Path,
    kept: Option<&Path>,
    language: Language,
    source: &str,
    entry: &str,
    checks: Checks,
) -> Result<Built, Error> {
    let text = clang::front(folder, kept, language, source, Some(checks))?;
    let module = ir::rewrite(&text, language, entry, checks)?;
    let params = signature::params(language, source, entry, &module.entry)?;
    let mut text = module.text;
    text.push_str(&entry::table(&module.shared));
    text.push_str(&entry::entry(&module.symbol, &module.entry, &params));
    let library = clang::back(folder, kept, &text, checks)?;
    let shared = module.shared.into_iter().map(|array| array.name).collect();
    Ok(Built { library, params, shared, dynamic: module.dynamic })
}
