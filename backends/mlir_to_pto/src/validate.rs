//! The vendor's judges of the printed text: `bisheng`, the compiler of the CANN toolkit, and the types of the tile library itself,
//! read by clang in the library's mode for simulation on a host.
//!
//! The library is not ours to carry; `PTO_ISA_ROOT` names a checkout of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use emit::Source;
use tempfile::TempDir;
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

use crate::build::OPTIONS;

/// What the simulation needs of the standard library for bf16, which clang has under another name.
/// Source: pto-isa, docs/coding/cpu_sim.md and common/cpu_stub.hpp.
const STDFLOAT: &str = "\
#pragma once
#include <cstdint>
#include <limits>
namespace std {
using bfloat16_t = __bf16;
template <> class numeric_limits<__bf16> {
    static __bf16 of(uint16_t bits) { return __builtin_bit_cast(__bf16, bits); }

public:
    static constexpr bool is_specialized = true, is_signed = true, is_integer = false, has_infinity = true, has_quiet_NaN = true;
    static __bf16 min() { return of(0x0080); }
    static __bf16 max() { return of(0x7f7f); }
    static __bf16 lowest() { return of(0xff7f); }
    static __bf16 infinity() { return of(0x7f80); }
    static __bf16 quiet_NaN() { return of(0x7fc0); }
};
}
";

/// The tile library, read by clang.
#[derive(Clone, Debug)]
pub struct Simulation {
    clang: Tool,
    root: PathBuf,
    /// Holds [`STDFLOAT`].
    headers: Arc<TempDir>,
}

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `bisheng`, and where the library is if that is known.
    pub bisheng: Result<Tool, Absent>,
    /// The library's own types.
    pub simulation: Result<Simulation, Absent>,
    root: Option<PathBuf>,
}

impl Judges {
    /// Looks for `bisheng`, for `clang++`, and for the library where the environment variable `PTO_ISA_ROOT` says.
    #[must_use]
    pub fn find(tools: &Tools) -> Judges {
        Judges::find_at(tools, std::env::var_os("PTO_ISA_ROOT").map(PathBuf::from))
    }

    /// As [`Judges::find`], with the library at `root`.
    #[must_use]
    pub fn find_at(tools: &Tools, root: Option<PathBuf>) -> Judges {
        let simulation = Simulation::find(tools, root.as_deref());
        Judges { bisheng: tools.find("bisheng"), simulation, root }
    }

    /// What each says of a text.
    #[must_use]
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![
            verdict("bisheng", by_bisheng(self.bisheng.as_ref(), self.root.as_deref(), source)),
            verdict("pto-isa", by_simulation(self.simulation.as_ref(), source)),
        ]
    }
}

impl Simulation {
    fn find(tools: &Tools, root: Option<&Path>) -> Result<Simulation, Absent> {
        let absent = |reason: String| Absent::new("pto-isa", reason);
        let root = root.ok_or_else(|| absent("PTO_ISA_ROOT is not set".to_owned()))?;
        let header = root.join("include/pto/pto-inst.hpp");
        if !header.is_file() {
            return Err(absent(format!("{} is no file", header.display())));
        }
        let clang = tools.find("clang++").or_else(|_| tools.find("clang++-19"))?;
        let headers = TempDir::new().and_then(|folder| {
            fs::write(folder.path().join("stdfloat"), STDFLOAT)?;
            Ok(Arc::new(folder))
        });
        let headers = headers.map_err(|error| absent(format!("cannot make a temporary folder: {error}")))?;
        Ok(Simulation { clang, root: root.to_path_buf(), headers })
    }
}

/// `-I` and a folder.
fn include(folder: &Path) -> OsString {
    let mut option = OsString::from("-I");
    option.push(folder);
    option
}

/// What `bisheng` says, for the vector core. Source: pto-isa, demos/torch_jit and kernels/python/*/compile.sh.
#[must_use]
pub fn by_bisheng(bisheng: Result<&Tool, &Absent>, root: Option<&Path>, source: &Source) -> Outcome {
    match bisheng {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(tool) => {
            let mut args: Vec<OsString> = OPTIONS.iter().map(OsString::from).collect();
            args.extend(root.map(|root| include(&root.join("include"))));
            args.extend([file_name(source), "-o", "out.so"].map(OsString::from));
            tool.judge(source, &args)
        }
    }
}

/// What the library's declarations say: types, layouts, shapes. Nothing is run, and limits of the hardware are not among what is said.
/// Source: pto-isa, docs/coding/cpu_sim.md.
#[must_use]
pub fn by_simulation(simulation: Result<&Simulation, &Absent>, source: &Source) -> Outcome {
    let simulation = match simulation {
        Err(absent) => return Outcome::Skipped(absent.clone()),
        Ok(simulation) => simulation,
    };
    let options = [
        "-std=c++23",
        "-fsyntax-only",
        "-w",
        "-D__STDCPP_BFLOAT16_T__=1",
        "-DCPU_SIM_BFLOAT_ENABLED=1",
        "-include",
        "stdint.h",
        "-include",
        "stddef.h",
        "-D__CPU_SIM",
        "-D__DAV_VEC__",
    ];
    let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
    args.push(include(simulation.headers.path()));
    args.push(include(&simulation.root.join("include")));
    args.push(file_name(source).into());
    simulation.clang.judge(source, &args)
}

fn file_name(source: &Source) -> &str {
    source.file.rsplit('/').next().unwrap_or(&source.file)
}
