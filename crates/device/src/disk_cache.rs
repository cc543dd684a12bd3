//! Compiled kernels on disk: compiling those of a model takes seconds, reading them back takes milliseconds.
//!
//! An entry is the SHA-256 of its contents followed by the contents, so that a damaged one is noticed and made again.

use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes of a digest.
const DIGEST: usize = 32;

/// Name of an entry: the parts are everything that the machine code depends on.
pub(crate) fn key<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The contents of an entry, unless it is missing or damaged.
pub(crate) fn read(folder: &Path, key: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(folder.join(key)).ok()?;
    let (digest, contents) = bytes.split_at_checked(DIGEST)?;
    (Sha256::digest(contents).as_slice() == digest).then(|| contents.to_vec())
}

/// Writes an entry whole or not at all. A disk that refuses costs only time, next time.
pub(crate) fn write(folder: &Path, key: &str, contents: &[u8]) {
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{key}.{}", std::process::id()));
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&Sha256::digest(contents))?;
        file.write_all(contents)?;
        drop(file);
        std::fs::rename(path, folder.join(key))
    };
    let _ = written();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_everything_apart() {
        let key_of = |parts: &[&str]| key(parts.iter().map(|part| part.as_bytes()));
        let base = key_of(&["13.0", "a", "b", "text"]);
        assert_eq!(base, key_of(&["13.0", "a", "b", "text"]));
        for other in [
            key_of(&["13.0", "a", "b", "texts"]),
            key_of(&["13.0", "ab", "text"]),
            key_of(&["13.0", "a", "text"]),
            key_of(&["13.1", "a", "b", "text"]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn damaged_entries_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), "k"), None);
        write(folder.path(), "k", b"machine code");
        assert_eq!(read(folder.path(), "k").as_deref(), Some(&b"machine code"[..]));
        let path = folder.path().join("k");
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(folder.path(), "k"), None);
        std::fs::write(&path, &bytes[..7]).unwrap();
        assert_eq!(read(folder.path(), "k"), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
