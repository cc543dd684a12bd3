//! Hand-written texts and scripts in the place of tools.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bundle::manifest::{Kernel, LineOrigin};
use emit::Source;

/// The Rust line that emitted line `line` comes from.
pub(crate) const fn rust_line(line: u32) -> u32 {
    100 + line
}

/// A source whose lines come from `src/NAME.rs`.
pub(crate) fn source(name: &str, text: &str) -> Source {
    let file = format!("{name}.mu");
    let lines = (1..=text.lines().count() as u32).map(|emitted| LineOrigin {
        emitted,
        file: format!("src/{name}.rs"),
        line: rust_line(emitted),
    });
    let kernel = Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: file.clone(),
        tuning: BTreeMap::new(),
        grid: [1, 1, 1],
        block: [256, 1, 1],
        args: Vec::new(),
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: lines.collect(),
    };
    Source { file, text: text.to_owned(), binary: None, parts: vec![], kernel }
}

/// An executable shell script.
pub(crate) fn script(folder: &Path, name: &str, lines: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
