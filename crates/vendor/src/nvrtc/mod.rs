//! NVIDIA's own compiler without a GPU: NVRTC out of a Python package.
//!
//! It needs no toolkit, no driver and no network after the first time, and runs in this process: about 20 ms for a kernel
//! that includes nothing. The library is the one users compile with, so what it accepts is CUDA C++.
//!
//! Bound by hand rather than through a crate: nine functions, and an absent library must be a value, not a panic.

mod library;
mod program;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use emit::Source;
use wheel::{Member, Pip, Wheel};

use crate::{Absent, Finding, Resources, Severity, parse, parse_resources};
use library::Library;
use program::Program;

/// Name of this judge.
pub const NAME: &str = "nvrtc";

/// The package. 13.0 because PTX of a later toolkit does not load on drivers of CUDA 13.0.
const WHEEL: Wheel<'static> = Wheel {
    folder: "nvrtc-13.0.88",
    requirement: "nvidia-cuda-nvrtc==13.0.88",
    download_bytes: 90_215_037,
    members: &[
        Member {
            entry: "nvidia/cu13/lib/libnvrtc-builtins.so.13.0",
            file: "libnvrtc-builtins.so.13.0",
            bytes: 4_380_616,
            sha256: "91dcd944d01da9c0f08fff5d779db136a47f6d62bdb63bae900d2f481e92c3a2",
        },
        Member {
            entry: "nvidia/cu13/lib/libnvrtc.so.13",
            file: "libnvrtc.so.13",
            bytes: 109_338_064,
            sha256: "a49e67e8e74590f1e98de55c39c6287efd3f59e3c3797464d7bbe0fe01349b11",
        },
    ],
};

/// Options of every compilation: machine code of sm_90 with a report of its resources. Products and sums are not fused,
/// since the text says where they are. Left out is the warning that an unsigned number is never below zero (186): values
/// known not to be negative are printed as unsigned, and the user may compare them with zero.
pub const OPTIONS: [&str; 5] =
    ["--gpu-architecture=sm_90", "--std=c++17", "--fmad=false", "--ptxas-options=-v", "--diag-suppress=186"];

/// The loaded compiler. Cheap to clone; may be used by several threads at once.
#[derive(Clone, Debug)]
pub struct Nvrtc {
    library: Arc<Library>,
}

/// A header that a text may include by name.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// What the text writes between `<` and `>`.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What came out of a text without errors and warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Machine code of sm_90, an ELF file.
    pub cubin: Vec<u8>,
    /// Resources of each kernel in it.
    pub resources: Vec<Resources>,
}

impl Nvrtc {
    /// Loads the compiler, once per process; it is fetched into the cache folder the first time on this machine.
    ///
    /// # Errors
    /// Not Linux on x86-64, no `pip`, no network, no cache folder, or a library that does not load.
    pub fn open() -> Result<Nvrtc, Absent> {
        static OPEN: OnceLock<Result<Nvrtc, Absent>> = OnceLock::new();
        OPEN.get_or_init(|| {
            let cache = wheel::cache_dir().map_err(|error| Absent::new(NAME, error.to_string()))?;
            Nvrtc::open_in(&cache, &Pip::default())
        })
        .clone()
    }

    /// As [`Nvrtc::open`], with another cache folder and `pip`.
    ///
    /// # Errors
    /// As there.
    pub fn open_in(cache: &Path, pip: &Pip) -> Result<Nvrtc, Absent> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Absent::new(NAME, "its package is for Linux on x86-64"));
        }
        let folder = WHEEL.fetch(cache, pip, &mut |_| {});
        let folder = folder.map_err(|error| Absent::new(NAME, format!("cannot fetch {}: {error}", WHEEL.requirement)))?;
        let [builtins, nvrtc] = [0, 1].map(|index| folder.join(WHEEL.members[index].file));
        let library = Library::load(&builtins, &nvrtc).map_err(|error| Absent::new(NAME, error))?;
        Ok(Nvrtc { library: Arc::new(library) })
    }

    /// Compiles a text for sm_90.
    ///
    /// # Errors
    /// Its errors and warnings, at the user's lines.
    pub fn compile(&self, source: &Source) -> Result<Compiled, Vec<Finding>> {
        self.compile_with(NAME, source, &[], &[])
    }

    /// Compiles a text that includes `headers`, with options beside [`OPTIONS`]; findings are `judge`'s.
    ///
    /// # Errors
    /// As [`Nvrtc::compile`].
    pub fn compile_with(
        &self,
        judge: &'static str,
        source: &Source,
        headers: &[Header<'_>],
        options: &[&str],
    ) -> Result<Compiled, Vec<Finding>> {
        let refused = |message: String| vec![Finding::new(judge, Severity::Error, source, None, message)];
        let program = Program::new(&self.library, &source.file, &source.text, headers).map_err(refused)?;
        let options: Vec<&str> = OPTIONS.iter().chain(options).copied().collect();
        let result = program.compile(&options);
        let log = program.log().map_err(refused)?;
        let diagnostics = parse(&log).into_iter();
        let mut findings: Vec<Finding> =
            diagnostics.map(|diagnostic| Finding::from_diagnostic(judge, source, diagnostic)).collect();
        match result {
            Ok(()) if findings.is_empty() => {
                let cubin = program.cubin().map_err(refused)?;
                Ok(Compiled { cubin, resources: parse_resources(&log) })
            }
            Ok(()) => Err(findings),
            Err(error) => {
                if findings.iter().all(|finding| finding.severity != Severity::Error) {
                    findings.extend(refused(format!("{error}: {}", log.trim())));
                }
                Err(findings)
            }
        }
    }
}
