//! The user's line of an instruction.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tile_ir::Loc;

use crate::llvm::{File, Function, Location, Value, Variable};

/// Turns debug locations into the user's lines.
///
/// Code of the kernel language and of Rust's libraries is inlined into kernels; its lines would mislead. So the chain of
/// inlined calls is followed outwards to the first line that belongs to neither.
#[derive(Debug)]
pub(crate) struct Locator {
    root: Option<PathBuf>,
    files: RefCell<BTreeMap<(String, String), Arc<str>>>,
}

impl Locator {
    /// Paths inside `root` are given relative to it.
    pub(crate) fn new(root: Option<PathBuf>) -> Locator {
        Locator { root, files: RefCell::default() }
    }

    /// The user's line of an instruction.
    pub(crate) fn of(&self, value: Value<'_>) -> Loc {
        let Some(innermost) = value.location() else {
            return Loc::Unknown;
        };
        let chain: Vec<Location<'_>> = std::iter::successors(Some(innermost), |at| at.inlined_at()).take(256).collect();
        let known: Vec<(Loc, bool)> = chain.iter().filter_map(|at| self.known(*at)).collect();
        let user = known.iter().find(|(_, library)| !library);
        user.or(known.last()).map(|(loc, _)| loc.clone()).unwrap_or_default()
    }

    /// Where a function is defined.
    pub(crate) fn of_function(&self, function: Function<'_>) -> Loc {
        let Some(subprogram) = function.subprogram() else {
            return Loc::Unknown;
        };
        match subprogram.file() {
            Some(file) if subprogram.line() > 0 => {
                Loc::File { file: self.path(file), line: subprogram.line(), column: 1 }
            }
            _ => Loc::Unknown,
        }
    }

    /// The name of a variable of the user's own code; `None` for those of libraries, for `self`, which says nothing, and
    /// for those without a name.
    pub(crate) fn name(&self, variable: Variable<'_>) -> Option<Arc<str>> {
        let file = variable.file()?;
        let library = is_library(&Path::new(&file.directory).join(&file.name).to_string_lossy());
        let name = variable.name();
        (!library && !name.is_empty() && name != "self").then(|| name.into())
    }

    /// The place, and whether it is in a library; `None` for instructions that the compiler made up.
    fn known(&self, at: Location<'_>) -> Option<(Loc, bool)> {
        let line = at.line();
        let file = at.file()?;
        let library = is_library(&Path::new(&file.directory).join(&file.name).to_string_lossy());
        (line > 0).then(|| (Loc::File { file: self.path(file), line, column: at.column() }, library))
    }

    fn path(&self, file: File) -> Arc<str> {
        let key = (file.directory, file.name);
        if let Some(path) = self.files.borrow().get(&key) {
            return path.clone();
        }
        let path: Arc<str> = self.shorten(&key.0, &key.1).into();
        self.files.borrow_mut().insert(key, path.clone());
        path
    }

    fn shorten(&self, directory: &str, name: &str) -> String {
        let Some(root) = &self.root else {
            return name.to_owned();
        };
        let full = Path::new(directory).join(name);
        match full.strip_prefix(root) {
            Ok(inside) => inside.display().to_string(),
            Err(_) => name.to_owned(),
        }
    }
}

/// Whether the file is of Rust's libraries or of the kernel language.
fn is_library(file: &str) -> bool {
    const LANGUAGE: [&str; 3] = ["tile", "tile_macros", "ascend_std"];
    if file.starts_with("/rustc/") || file.contains("/lib/rustlib/src/rust/library/") {
        return true;
    }
    let parts: Vec<&str> = Path::new(file)
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        })
        .collect();
    parts.windows(3).any(|w| {
        let in_workspace = w[0] == "crates" && LANGUAGE.contains(&w[1]);
        let published = LANGUAGE.iter().any(|name| {
            w[1].strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()))
        });
        (in_workspace || published) && w[2] == "src"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_files_are_recognised() {
        assert!(is_library("/rustc/59807616/library/core/src/option.rs"));
        assert!(is_library("crates/tile/src/view.rs"));
        assert!(is_library("/home/a/.cargo/registry/src/index/tile-0.1.0/src/view.rs"));
        assert!(!is_library("kernels/deepseek/src/norm.rs"));
        assert!(!is_library("crates/tile/examples/first.rs"));
        assert!(!is_library("src/tile.rs"));
    }

    #[test]
    fn paths_inside_the_root_are_relative() {
        let locator = Locator::new(Some("/a/b".into()));
        assert_eq!(locator.shorten("/a/b", "src/lib.rs"), "src/lib.rs");
        assert_eq!(locator.shorten("/x", "/a/b/src/lib.rs"), "src/lib.rs");
        assert_eq!(locator.shorten("/x", "lib.rs"), "lib.rs");
    }
}
