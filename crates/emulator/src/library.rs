//! One loaded copy of a compiled kernel. Shared arrays are globals of the library, so each worker has its own copy.

use std::path::{Path, PathBuf};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::Error;
use crate::build::hooks;

/// The entry added to each kernel: addresses of arguments, numbers of the thread.
pub(crate) type Entry = unsafe extern "C" fn(*const usize, *const u32);

/// A loaded copy.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) entry: Entry,
    /// Address and size of each shared array; the size of the dynamic one is 0.
    pub(crate) shared: Vec<(usize, u64)>,
    /// Lowest address of the library.
    pub(crate) base: usize,
    /// Its constants and code: ranges that cannot be written.
    pub(crate) constants: Vec<(usize, usize)>,
    /// The file.
    path: PathBuf,
    /// Keeps the code loaded.
    _library: Library,
}

impl Instance {
    /// Loads copy `number` of `library`, which has `arrays` shared arrays and calls the functions of `table`.
    pub(crate) fn load(
        library: &Path,
        number: usize,
        arrays: usize,
        table: [usize; hooks::COUNT],
    ) -> Result<Instance, Error> {
        let path = library.with_file_name(format!("copy-{number}.so"));
        let failed = |source| Error::Io { doing: format!("copying {}", library.display()), source };
        std::fs::copy(library, &path).map_err(failed)?;
        // SAFETY: the library is the one `build` made; it has no initialiser but an empty one.
        let loaded = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL)? };
        // SAFETY: `build::entry` defines the symbol with this type.
        let entry = unsafe { *loaded.get::<Entry>(b"__emu_entry\0")? };
        // SAFETY: the assembly of `build::hooks` defines it as that many addresses.
        let place = unsafe { *loaded.get::<*mut [usize; hooks::COUNT]>(b"__emu_hooks\0")? };
        // SAFETY: as above; nothing of the library runs yet.
        unsafe { place.write(table) };
        // SAFETY: `build::entry` defines it as that many rows of two words.
        let rows = unsafe { *loaded.get::<*const (usize, u64)>(b"__emu_shared\0")? };
        // SAFETY: as above.
        let shared = (0..arrays).map(|row| unsafe { rows.add(row).read() }).collect();
        let (base, constants) = image(&path).map_err(failed)?;
        Ok(Instance { entry, shared, base, constants, path, _library: loaded })
    }

    /// The line of the text, in file `text`, of the call that returns to `site`.
    pub(crate) fn line(&self, site: usize, text: &str) -> Option<u32> {
        let loader = addr2line::Loader::new(&self.path).ok()?;
        let probe = site.checked_sub(self.base + 1)? as u64;
        let mut frames = loader.find_frames(probe).ok()?;
        // Innermost first: functions of headers are inlined into the text's.
        while let Ok(Some(frame)) = frames.next() {
            if let Some(location) =
                frame.location.filter(|location| location.file.is_some_and(|file| file.ends_with(text)))
            {
                return location.line;
            }
        }
        None
    }
}

/// Lowest address of the mappings of a file, and those that are read-only.
fn image(path: &Path) -> std::io::Result<(usize, Vec<(usize, usize)>)> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let name = path.to_string_lossy();
    let (mut base, mut constants) = (usize::MAX, Vec::new());
    for line in maps.lines().filter(|line| line.ends_with(&*name)) {
        let mut words = line.split(' ');
        let Some((start, end)) = words.next().and_then(|range| range.split_once('-')) else { continue };
        if let (Ok(start), Ok(end)) = (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)) {
            base = base.min(start);
            if words.next().is_some_and(|rights| rights.starts_with("r-")) {
                constants.push((start, end));
            }
        }
    }
    Ok((base, constants))
}
