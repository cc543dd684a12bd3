//! Runs clang.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{cache, hooks};
use crate::{Checks, Diagnostic, Error, Language};

/// Headers, by the names that texts include or that are included on the command line.
const HEADERS: [(&str, &str); 20] = [
    ("msl.h", include_str!("../msl/msl.h")),
    ("metal_stdlib", include_str!("../msl/metal_stdlib")),
    ("metal_simdgroup_matrix", include_str!("../msl/metal_simdgroup_matrix")),
    ("common.h", include_str!("../cuda/common.h")),
    ("math.h", include_str!("../cuda/math.h")),
    ("cuda.h", include_str!("../cuda/cuda.h")),
    ("musa.h", include_str!("../cuda/musa.h")),
    ("musa_runtime.h", include_str!("../cuda/musa_runtime.h")),
    ("emu.h", include_str!("../ascend/headers/emu.h")),
    ("kernel_operator.h", include_str!("../ascend/headers/kernel_operator.h")),
    ("pto/pto-inst.hpp", include_str!("../ascend/headers/pto/pto-inst.hpp")),
    ("pto/common/constants.hpp", include_str!("../ascend/headers/pto/constants.hpp")),
    ("pto/tile.h", include_str!("../ascend/headers/pto/tile.h")),
    ("pto/elements.h", include_str!("../ascend/headers/pto/elements.h")),
    ("pto/rows.h", include_str!("../ascend/headers/pto/rows.h")),
    ("asc_tensor.h", include_str!("../ascend/headers/asc_tensor.h")),
    ("asc_sync.h", include_str!("../ascend/headers/asc_sync.h")),
    ("asc_copy.h", include_str!("../ascend/headers/asc_copy.h")),
    ("asc_vector.h", include_str!("../ascend/headers/asc_vector.h")),
    ("asc_reduce.h", include_str!("../ascend/headers/asc_reduce.h")),
];

/// Extensions of OpenCL that must be off so that address spaces are as strict as Metal's.
const NO_EXTENSIONS: &str = "-cl-ext=-__opencl_c_generic_address_space,-__opencl_c_pipes,-__opencl_c_device_enqueue,\
                             -__opencl_c_program_scope_global_variables,+cl_khr_fp16";

fn clang() -> Result<PathBuf, Error> {
    which::which("clang-19").map_err(|_| Error::Missing { tool: "clang-19", package: "clang-19" })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::write(path, text))
        .map_err(|source| Error::Io { doing: format!("writing {}", path.display()), source })
}

/// What clang says of itself: version, build, where it is installed.
fn version(clang: &Path) -> Result<&'static str, Error> {
    static VERSION: OnceLock<String> = OnceLock::new();
    if let Some(version) = VERSION.get() {
        return Ok(version);
    }
    let output = start(Command::new(clang).arg("--version"))?;
    Ok(VERSION.get_or_init(|| output.text))
}

/// What a run of clang left.
struct Finished {
    success: bool,
    /// Its standard output.
    text: String,
    /// Its messages.
    messages: String,
}

fn start(command: &mut Command) -> Result<Finished, Error> {
    let output = command.output().map_err(|source| Error::Io { doing: "starting clang-19".to_owned(), source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Finished { success: output.status.success(), text: text(&output.stdout), messages: text(&output.stderr) })
}

/// One run of clang: options, and the files that it reads.
pub(crate) struct Step<'a> {
    pub(crate) args: Vec<&'a str>,
    /// Names and texts.
    pub(crate) inputs: Vec<(&'a str, &'a str)>,
    /// File that it writes; empty if it only checks.
    pub(crate) output: &'static str,
}

impl Step<'_> {
    /// Runs it in `folder`, or takes its result out of the folder `kept`; the messages of a run that failed.
    pub(crate) fn run(&self, folder: &Path, kept: Option<&Path>) -> Result<Result<(), String>, Error> {
        let clang = clang()?;
        let path = folder.join(self.output);
        let kept = match kept.filter(|_| !self.output.is_empty()) {
            Some(kept) => Some((kept, self.key(version(&clang)?))),
            None => None,
        };
        if let Some(bytes) = kept.as_ref().and_then(|(kept, key)| cache::get(kept, key)) {
            let doing = || format!("writing {}", path.display());
            std::fs::write(&path, bytes).map_err(|source| Error::Io { doing: doing(), source })?;
            return Ok(Ok(()));
        }
        for (name, text) in &self.inputs {
            write(&folder.join(name), text)?;
        }
        let finished = start(Command::new(clang).current_dir(folder).args(&self.args))?;
        if !finished.success {
            return Ok(Err(finished.messages));
        }
        if let Some((kept, key)) = kept
            && let Ok(bytes) = std::fs::read(&path)
        {
            cache::put(kept, &key, &bytes);
        }
        Ok(Ok(()))
    }

    fn key(&self, version: &str) -> String {
        let files = self.inputs.iter().flat_map(|(name, text)| [*name, *text]);
        cache::key([version, self.output].into_iter().chain(self.args.iter().copied()).chain(files))
    }
}

/// Name of the file that holds the text; debug lines name it.
pub(crate) fn text_file(language: Language) -> &'static str {
    match language {
        Language::Msl => "kernel.metal",
        Language::Cuda => "kernel.cu",
        Language::Musa => "kernel.mu",
        Language::AscendC => "kernel.asc",
        Language::Pto => "kernel.cpp",
    }
}

/// Reads the text. Gives LLVM IR, or nothing if only types are checked.
pub(super) fn front(
    folder: &Path,
    kept: Option<&Path>,
    language: Language,
    source: &str,
    checks: Option<Checks>,
) -> Result<String, Error> {
    let file = text_file(language);
    let mut args = vec!["-O2", "-gline-tables-only", "-ffp-contract=off", "-fno-strict-aliasing"];
    // Debug lines must not name the temporary folder: the second step's key has them.
    args.extend(["-fno-caret-diagnostics", "-fno-color-diagnostics", "-fdebug-compilation-dir=."]);
    args.extend(["-Werror=return-type", "-I", "."]);
    match language {
        Language::Msl => {
            args.extend(["-x", "clcpp", "-cl-std=clc++2021", "-cl-no-stdinc", "-target", "x86_64-linux-gnu"]);
            args.extend(["-Xclang", NO_EXTENSIONS, "-Werror=unknown-attributes", "-Werror=pre-c++17-compat"]);
            args.extend(["-Werror=implicit-float-conversion", "-include", "msl.h"]);
        }
        Language::Cuda => {
            args.extend(CUDA_MODE);
            args.extend(["-include", "cuda.h"]);
        }
        Language::Musa => {
            args.extend(CUDA_MODE);
            args.extend(["-U__CUDA_ARCH__", "-D__MUSA_ARCH__=220", "-D__MUSACC__=1", "-include", "musa.h"]);
        }
        Language::AscendC | Language::Pto => {
            args.extend(["-x", "c++", "-std=c++17", "-nostdinc", "-nostdinc++", "-target", "x86_64-linux-gnu"]);
            args.extend([
                "-fno-exceptions",
                "-fno-rtti",
                "-fno-threadsafe-statics",
                "-D__NPU_ARCH__=2201",
                "-D__CCE_AICORE__=220",
                "-D__DAV_VEC__",
            ]);
        }
    }
    match checks {
        Some(Checks::Memory) if crate::ascend::Rules::of(language).is_some() => args.extend(TRUNCATION),
        Some(Checks::Memory) => {
            args.extend(["-Xclang", "-fsanitize=alignment", "-Xclang", "-fsanitize-recover=alignment"]);
        }
        Some(Checks::Barriers) | None => {}
    }
    let output = match checks {
        Some(_) => {
            args.extend(["-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "-o", "text.ll"]);
            "text.ll"
        }
        None => {
            args.push("-fsyntax-only");
            ""
        }
    };
    args.push(file);
    let plain = match language {
        Language::AscendC | Language::Pto => Some(crate::ascend::without_launches(source)),
        Language::Msl | Language::Cuda | Language::Musa => None,
    };
    let inputs = HEADERS.into_iter().chain([(file, plain.as_deref().unwrap_or(source))]).collect();
    if let Err(messages) = (Step { args, inputs, output }).run(folder, kept)? {
        return Err(Error::Compile { language, diagnostics: diagnostics(&messages, file) });
    }
    match checks {
        Some(_) => std::fs::read_to_string(folder.join(output))
            .map_err(|source| Error::Io { doing: "reading LLVM IR".to_owned(), source }),
        None => Ok(String::new()),
    }
}

/// Finds numbers that do not fit the parameters of a call.
const TRUNCATION: [&str; 4] = [
    "-Xclang",
    "-fsanitize=implicit-unsigned-integer-truncation,implicit-signed-integer-truncation",
    "-Xclang",
    "-fsanitize-recover=implicit-unsigned-integer-truncation,implicit-signed-integer-truncation",
];

/// How clang reads CUDA C++ without a toolkit.
const CUDA_MODE: [&str; 9] = [
    "-x",
    "cuda",
    "--cuda-device-only",
    "--cuda-gpu-arch=sm_90",
    "-nocudainc",
    "-nocudalib",
    "-std=c++17",
    "-nostdinc",
    "-fdeclspec",
];

/// Optimises the IR and links it.
pub(super) fn back(folder: &Path, kept: Option<&Path>, text: &str, checks: Checks) -> Result<PathBuf, Error> {
    let hooks = hooks::assembly();
    let mut args = vec!["-O2", "-g", "-fPIC", "-shared", "-ffp-contract=off", "-Wno-override-module"];
    args.extend(["-Wno-unused-command-line-argument", "-target", "x86_64-linux-gnu", arch()]);
    // Joined or copied call sites would hide divergence or report it where there is none.
    args.extend(["-mllvm", "-tail-dup-placement=0", "-mllvm", "-enable-tail-merge=0"]);
    match checks {
        // Wider accesses than 16 bytes would pass unseen.
        Checks::Memory => args.extend(["-fsanitize=thread", "-fno-vectorize", "-fno-slp-vectorize"]),
        Checks::Barriers => {}
    }
    args.extend(["-x", "ir", "kernel.ll", "-x", "assembler", "hooks.s", "-fno-sanitize-link-runtime", "-nostdlib"]);
    args.extend(["-Wl,-Bsymbolic", "-Wl,-z,defs", "-lm", "-lc", "-o", "kernel.so"]);
    let inputs = vec![("kernel.ll", text), ("hooks.s", hooks.as_str())];
    match (Step { args, inputs, output: "kernel.so" }).run(folder, kept)? {
        Ok(()) => Ok(folder.join("kernel.so")),
        Err(messages) => Err(match undefined(&messages) {
            Some(symbol) => Error::Unsupported { what: format!("the function `{symbol}`") },
            None => Error::Internal(messages),
        }),
    }
}

/// Instruction set for the second step. Results do not depend on it.
pub(crate) fn arch() -> &'static str {
    let v3 = ["avx2", "fma", "f16c", "bmi2"];
    let has = |feature: &str| match feature {
        "avx2" => std::arch::is_x86_feature_detected!("avx2"),
        "fma" => std::arch::is_x86_feature_detected!("fma"),
        "f16c" => std::arch::is_x86_feature_detected!("f16c"),
        "bmi2" => std::arch::is_x86_feature_detected!("bmi2"),
        _ => false,
    };
    if v3.into_iter().all(has) { "-march=x86-64-v3" } else { "-march=x86-64" }
}

/// The symbol a linker message misses.
pub(crate) fn undefined(messages: &str) -> Option<String> {
    let (_, rest) =
        messages.split_once("undefined reference to `").or_else(|| messages.split_once("undefined symbol: "))?;
    let end = rest.find(['\'', '\n']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Errors among the messages; one that no line of the text leads to has line 0.
pub(crate) fn diagnostics(messages: &str, file: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for line in messages.lines() {
        let severities = [": error: ", ": fatal error: ", ": note: "];
        let split = severities.iter().find_map(|severity| Some((*severity, line.split_once(severity)?)));
        let bare = || line.strip_prefix("error: ").map(|message| (": error: ", ("", message)));
        let Some((severity, (place, message))) = split.or_else(bare) else { continue };
        let mut parts = place.split(':');
        let name = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let (line, column) = if name.ends_with(file) { (number(), number()) } else { (0, 0) };
        if severity != ": note: " {
            found.push(Diagnostic { line, column, message: message.to_owned() });
        } else if let Some(error) = found.last_mut().filter(|error| error.line == 0) {
            // An error in a header: the note tells which line of the text leads there.
            (error.line, error.column) = (line, column);
        }
    }
    if found.is_empty() {
        found.push(Diagnostic { line: 0, column: 0, message: messages.trim().to_owned() });
    }
    found
}
