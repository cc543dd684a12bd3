//! The samples in `tests/data`.

#![allow(dead_code)] // Each test uses a part.

use std::path::Path;

/// Name and text of every sample, in order of name.
pub(crate) fn samples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .expect("the samples' folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    samples.sort();
    samples
}

/// Name and text of the MLIR of every kernel of the repository's suite, as locked by the snapshots at its root.
pub(crate) fn suite() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/mlir");
    let mut suite = Vec::new();
    for group in std::fs::read_dir(root).expect("the snapshots") {
        let group = group.expect("a group").path();
        let group_name = group.file_name().expect("a name").to_string_lossy().into_owned();
        for file in std::fs::read_dir(group).expect("a group") {
            let path = file.expect("a file").path();
            let kernel = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            // A snapshot is a header between two lines of dashes, then the text.
            let body = text.splitn(3, "---\n").nth(2).expect("a header").to_owned();
            suite.push((format!("{group_name}/{kernel}"), body));
        }
    }
    suite.sort();
    suite
}
