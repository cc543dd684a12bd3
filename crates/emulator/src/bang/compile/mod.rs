//! From a text to a shared library.
//!
//! The words of the text are looked at first. Then clang reads it for each arch with spaces in the types, and makes nothing. At last
//! clang reads it for one arch without spaces and prints LLVM IR; there, arrays become globals with room around, and what the
//! language lacks is found. Where accesses are checked, that IR is compiled as it is: an optimiser could move a load to where the text
//! has none.

mod ir;
mod lint;

use std::path::{Path, PathBuf};

use super::Arch;
use super::code;
use super::error::Error;
use super::exec::TABLES;
use super::hooks;
use super::op::Space;
use crate::build::clang::{self, Step};
use crate::build::{Param, entry};
use crate::{Checks, Diagnostic};

const HEADERS: [(&str, &str); 6] = [
    ("bang.h", include_str!("../include/bang.h")),
    ("mlu.h", include_str!("../include/mlu.h")),
    ("bang_copies.h", include_str!("../include/bang_copies.h")),
    ("bang_vector.h", include_str!("../include/bang_vector.h")),
    ("bang_reduce.h", include_str!("../include/bang_reduce.h")),
    ("bang_active.h", include_str!("../include/bang_active.h")),
];

/// Name of the file that holds the text; debug lines name it.
pub(super) const TEXT: &str = "kernel.mlu";

/// A compiled kernel.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) library: PathBuf,
    pub(super) params: Vec<Param>,
    /// Names and spaces of arrays, in the order of the table in the library.
    pub(super) arrays: Vec<(String, Space)>,
    /// Bytes of NRAM that active functions take.
    pub(super) tables: u64,
}

/// Runs clang's first step on a text.
fn front(folder: &Path, kept: Option<&Path>, source: &str, arch: Arch, strict: bool) -> Result<String, Error> {
    let (number, nram, wram) = (arch.number(), arch.nram_kib(), arch.wram_kib());
    let defines = [
        format!("-D__BANG_ARCH__={number}"),
        format!("-D__MLU_NRAM_SIZE__={nram}"),
        format!("-D__MLU_WRAM_SIZE__={wram}"),
    ];
    let mut args = vec!["-x", "c++", "-std=c++17", "-O2", "-gline-tables-only", "-ffp-contract=off"];
    args.extend(["-fno-strict-aliasing", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-nostdinc"]);
    args.extend(["-fno-caret-diagnostics", "-fno-color-diagnostics", "-fdebug-compilation-dir=.", "-I", "."]);
    args.extend(["-fno-discard-value-names", "-target", "x86_64-unknown-linux-gnu", "-fPIC", "-fno-builtin"]);
    args.extend(["-Werror=return-type", "-Werror=vla", "-Werror=uninitialized", "-Werror=sometimes-uninitialized"]);
    args.extend(["-Werror=implicit-float-conversion", "-Wno-implicit-int-float-conversion"]);
    args.extend(["-Werror=double-promotion", "-ftrivial-auto-var-init=pattern"]);
    // An identifier of the text may be a reserved one of C++; the headers' are.
    args.extend(defines.iter().map(String::as_str));
    if strict {
        args.push("-DEMU_STRICT=1");
    }
    args.extend(["-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "-o", "text.ll", TEXT]);
    let codes = code::header();
    let inputs = HEADERS.into_iter().chain([("bang_codes.h", codes.as_str()), (TEXT, source)]).collect();
    if let Err(messages) = (Step { args, inputs, output: "text.ll" }).run(folder, kept)? {
        return Err(Error::Compile { arch, diagnostics: clang::diagnostics(&messages, TEXT) });
    }
    let path = folder.join("text.ll");
    std::fs::read_to_string(&path)
        .map_err(|source| crate::Error::Io { doing: format!("reading {}", path.display()), source }.into())
}

/// Checks words and types, for every arch.
pub(super) fn types(folder: &Path, kept: Option<&Path>, source: &str) -> Result<(), Error> {
    refused(lint::lint(source))?;
    for arch in Arch::ALL {
        front(folder, kept, source, arch, true)?;
    }
    Ok(())
}

/// Checks all that can be seen without running, for every arch.
pub(super) fn check(folder: &Path, source: &str) -> Result<(), Error> {
    types(folder, None, source)?;
    for arch in Arch::ALL {
        let text = front(folder, None, source, arch, false)?;
        refused(ir::read(&text, None, Checks::Barriers)?.refused)?;
    }
    Ok(())
}

fn refused(diagnostics: Vec<Diagnostic>) -> Result<(), Error> {
    if diagnostics.is_empty() { Ok(()) } else { Err(Error::Lint { diagnostics }) }
}

/// Compiles kernel `entry` of a text that [`types`] has passed.
pub(super) fn build(
    folder: &Path,
    kept: Option<&Path>,
    source: &str,
    entry: &str,
    arch: Arch,
    checks: Checks,
) -> Result<Built, Error> {
    let text = front(folder, kept, source, arch, false)?;
    let mut module = ir::read(&text, Some(entry), checks)?;
    refused(std::mem::take(&mut module.refused))?;
    let (table, spaces): (Vec<_>, Vec<_>) = module.arrays.into_iter().unzip();
    let mut text = module.text;
    text.push_str(&entry::table(&table));
    text.push_str(&entry::entry(entry, &module.types, &module.params));
    let library = back(folder, kept, &text, checks)?;
    let arrays = table.into_iter().map(|array| array.name).zip(spaces).collect();
    let used = TABLES.iter().filter(|(name, _)| module.called.contains(*name));
    Ok(Built { library, params: module.params, arrays, tables: used.map(|(_, bytes)| bytes).sum() })
}

fn back(folder: &Path, kept: Option<&Path>, text: &str, checks: Checks) -> Result<PathBuf, Error> {
    let hooks = hooks::assembly();
    let mut args = vec!["-g", "-fPIC", "-shared", "-ffp-contract=off", "-Wno-override-module", "-fno-builtin"];
    args.extend(["-Wno-unused-command-line-argument", "-target", "x86_64-linux-gnu", clang::arch()]);
    match checks {
        Checks::Memory => args.extend(["-O0", "-fsanitize=thread"]),
        Checks::Barriers => args.push("-O2"),
    }
    args.extend(["-x", "ir", "kernel.ll", "-x", "assembler", "hooks.s", "-fno-sanitize-link-runtime", "-nostdlib"]);
    args.extend(["-Wl,-Bsymbolic", "-Wl,-z,defs", "-lm", "-lc", "-o", "kernel.so"]);
    let inputs = vec![("kernel.ll", text), ("hooks.s", hooks.as_str())];
    match (Step { args, inputs, output: "kernel.so" }).run(folder, kept)? {
        Ok(()) => Ok(folder.join("kernel.so")),
        Err(messages) => Err(match clang::undefined(&messages) {
            Some(symbol) => crate::Error::Unsupported { what: format!("the function `{symbol}`") }.into(),
            None => crate::Error::Internal(messages).into(),
        }),
    }
}
