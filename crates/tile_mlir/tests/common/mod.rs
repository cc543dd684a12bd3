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
