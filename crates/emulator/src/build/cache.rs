//! What clang made, kept between runs under the SHA-256 of everything that went into it.
//!
//! An entry is a file of its own: the SHA-256 of the result, then the result. It is renamed into place when it is whole, so
//! any number of processes may use one folder, and a damaged entry is made anew. A folder that cannot be read or written
//! is as good as none: it costs time only.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// Changes when entries of earlier versions must not be read.
const FORMAT: &[u8] = b"emulator 1";

/// Entries that nobody has read for so long are removed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

const DIGEST_BYTES: usize = 32;

/// The name of the result of a step with these inputs. Their lengths are part of it: moving a byte from one input to the next
/// gives another name.
pub(super) fn key<'a>(inputs: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    hash.update(FORMAT);
    for input in inputs {
        hash.update((input.len() as u64).to_le_bytes());
        hash.update(input);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The result kept under `key`, if it is there and whole.
pub(super) fn get(folder: &Path, key: &str) -> Option<Vec<u8>> {
    let path = folder.join(key);
    let mut bytes = fs::read(&path).ok()?;
    if bytes.len() < DIGEST_BYTES {
        return None;
    }
    let result = bytes.split_off(DIGEST_BYTES);
    if Sha256::digest(&result).as_slice() != bytes {
        return None;
    }
    // Marks it as used; without that it is made anew one day.
    let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
    Some(result)
}

/// Keeps a result.
pub(super) fn put(folder: &Path, key: &str, result: &[u8]) {
    static SWEEP: Once = Once::new();
    SWEEP.call_once(|| sweep(folder, KEPT));
    // Not kept is not lost.
    let _ = store(folder, key, result);
}

fn store(folder: &Path, key: &str, result: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&Sha256::digest(result))?;
    file.write_all(result)?;
    file.persist(folder.join(key))?;
    Ok(())
}

/// Removes what was last used more than `kept` ago, half-written entries of processes that ended too early among it.
fn sweep(folder: &Path, kept: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|data| data.modified());
        let age = modified.ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > kept) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_every_input_and_its_end() {
        let keys = [key(["ab", "c"]), key(["a", "bc"]), key(["ab", "c", ""]), key(["ab", "d"])];
        for (i, one) in keys.iter().enumerate() {
            assert_eq!(keys.iter().position(|other| other == one), Some(i), "{keys:?}");
        }
        assert_eq!(key(["ab", "c"]), keys[0]);
    }

    #[test]
    fn damaged_entries_are_no_entries() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = key(["input"]);
        assert_eq!(get(folder.path(), &key), None);
        put(folder.path(), &key, b"result");
        assert_eq!(get(folder.path(), &key).as_deref(), Some(&b"result"[..]));
        let path = folder.path().join(&key);
        let whole = fs::read(&path).expect("the entry");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("writable");
            assert_eq!(get(folder.path(), &key), None, "{length} bytes");
        }
        put(folder.path(), &key, b"result");
        assert_eq!(get(folder.path(), &key).as_deref(), Some(&b"result"[..]), "made anew");
    }

    #[test]
    fn old_entries_go() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["old", "new"] {
            store(folder.path(), name, b"result").expect("writable");
        }
        let long_ago = SystemTime::now() - 2 * KEPT;
        File::open(folder.path().join("old")).and_then(|file| file.set_modified(long_ago)).expect("ours");
        sweep(folder.path(), KEPT);
        assert!(get(folder.path(), "old").is_none() && get(folder.path(), "new").is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_costs_nothing() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        put(&file.path().join("below a file"), "key", b"result");
        assert_eq!(get(&file.path().join("below a file"), "key"), None);
    }
}
