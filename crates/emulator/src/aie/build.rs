//! From the C++ text to a shared library.

use std::path::{Path, PathBuf};

use super::error::Error;
use crate::Checks;
use crate::build::clang::{self, Step};

/// Name of the file that holds the core functions; debug lines name it.
pub(super) const TEXT: &str = "kernels.cc";

/// Name of what is made of it.
pub(super) const LIBRARY: &str = "kernels.so";

const HEADERS: [(&str, &str); 10] = [
    ("emu.h", include_str!("include/emu.h")),
    ("runtime.cc", include_str!("include/runtime.cc")),
    ("aie_kernel_utils.h", include_str!("include/aie_kernel_utils.h")),
    ("aie_api/aie.hpp", include_str!("include/aie_api/aie.hpp")),
    ("aie_api/vector.hpp", include_str!("include/aie_api/vector.hpp")),
    ("aie_api/arithmetic.hpp", include_str!("include/aie_api/arithmetic.hpp")),
    ("aie_api/compare.hpp", include_str!("include/aie_api/compare.hpp")),
    ("aie_api/reduce.hpp", include_str!("include/aie_api/reduce.hpp")),
    ("aie_api/shuffle.hpp", include_str!("include/aie_api/shuffle.hpp")),
    ("aie_api/special.hpp", include_str!("include/aie_api/special.hpp")),
];

/// Options of every step. Accesses become calls of the runtime by the pass of the thread sanitizer, whose runtime is ours; vectors of the
/// compiler's own would be too wide for it.
const OPTIONS: [&str; 24] = [
    "-x",
    "c++",
    "-std=c++20",
    "-O2",
    "-gline-tables-only",
    "-fPIC",
    "-ffp-contract=off",
    "-fno-vectorize",
    "-fno-slp-vectorize",
    "-fno-strict-aliasing",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-nostdinc",
    "-fno-caret-diagnostics",
    "-fno-color-diagnostics",
    "-fdebug-compilation-dir=.",
    "-ftrivial-auto-var-init=pattern",
    "-Wno-psabi",
    "-Werror=return-type",
    "-Werror=vla",
    "-Werror=uninitialized",
    "-Werror=sometimes-uninitialized",
    "-D__AIE_ARCH__=21",
];

/// Those of libraries whose accesses are checked.
const CHECKED: [&str; 5] = [
    "-fsanitize=thread",
    "-mllvm",
    "-tsan-instrument-func-entry-exit=0",
    "-mllvm",
    "-tsan-instrument-read-before-write=1",
];

/// Those of others.
const UNCHECKED: [&str; 1] = ["-DEMU_UNCHECKED"];

/// Checks types only, or makes the library in `folder`; what clang makes is kept in the folder `kept`.
pub(super) fn build(
    folder: &Path,
    kept: Option<&Path>,
    text: &str,
    library: bool,
    checks: Checks,
) -> Result<PathBuf, Error> {
    let mut args = OPTIONS.to_vec();
    args.extend(match checks {
        Checks::Memory => &CHECKED[..],
        Checks::Barriers => &UNCHECKED[..],
    });
    args.extend(["-I", "."]);
    let output = if library {
        args.extend([
            "-shared",
            "-nostartfiles",
            "-fno-sanitize-link-runtime",
            "-Wl,-Bsymbolic",
            "-Wl,-z,defs",
            TEXT,
            "runtime.cc",
        ]);
        args.extend(["-lm", "-o", LIBRARY]);
        LIBRARY
    } else {
        args.extend(["-fsyntax-only", TEXT]);
        ""
    };
    let inputs = HEADERS.into_iter().chain([(TEXT, text)]).collect();
    match (Step { args, inputs, output }).run(folder, kept)? {
        Ok(()) => Ok(folder.join(output)),
        Err(messages) => Err(Error::Compile { diagnostics: clang::diagnostics(&messages, TEXT) }),
    }
}
