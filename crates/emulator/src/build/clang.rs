//! Runs clang.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::hooks;
use crate::{Checks, Diagnostic, Error, Language};

/// Headers, by the names that texts include or that are included on the command line.
const HEADERS: [(&str, &str); 8] = [
    ("msl.h", include_str!("../msl/msl.h")),
    ("metal_stdlib", include_str!("../msl/metal_stdlib")),
    ("metal_simdgroup_matrix", include_str!("../msl/metal_simdgroup_matrix")),
    ("common.h", include_str!("../cuda/common.h")),
    ("math.h", include_str!("../cuda/math.h")),
    ("cuda.h", include_str!("../cuda/cuda.h")),
    ("musa.h", include_str!("../cuda/musa.h")),
    ("musa_runtime.h", include_str!("../cuda/musa_runtime.h")),
];

/// Extensions of OpenCL that must be off so that address spaces are as strict as Metal's.
const NO_EXTENSIONS: &str = "-cl-ext=-__opencl_c_generic_address_space,-__opencl_c_pipes,-__opencl_c_device_enqueue,\
                             -__opencl_c_program_scope_global_variables,+cl_khr_fp16";

fn clang() -> Result<PathBuf, Error> {
    which::which("clang-19").map_err(|_| Error::Missing { tool: "clang-19", package: "clang-19" })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::Io { doing: format!("writing {}", path.display()), source })
}

fn run(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|source| Error::Io { doing: "starting clang-19".to_owned(), source })
}

/// Name of the file that holds the text; debug lines name it.
pub(crate) fn text_file(language: Language) -> &'static str {
    match language {
        Language::Msl => "kernel.metal",
        Language::Cuda => "kernel.cu",
        Language::Musa => "kernel.mu",
    }
}

/// Reads the text. Gives LLVM IR, or nothing if only types are checked.
pub(super) fn front(folder: &Path, language: Language, source: &str, checks: Option<Checks>) -> Result<String, Error> {
    let clang = clang()?;
    for (name, text) in HEADERS {
        write(&folder.join(name), text)?;
    }
    let file = text_file(language);
    write(&folder.join(file), source)?;
    let mut command = Command::new(clang);
    command.current_dir(folder).args(["-O2", "-gline-tables-only", "-ffp-contract=off", "-fno-strict-aliasing"]);
    command.args(["-fno-caret-diagnostics", "-fno-color-diagnostics", "-Werror=return-type", "-I", "."]);
    match language {
        Language::Msl => {
            command.args(["-x", "clcpp", "-cl-std=clc++2021", "-cl-no-stdinc", "-target", "x86_64-linux-gnu"]);
            command.args(["-Xclang", NO_EXTENSIONS, "-Werror=unknown-attributes", "-Werror=pre-c++17-compat"]);
            command.args(["-Werror=implicit-float-conversion", "-include", "msl.h"]);
        }
        Language::Cuda => {
            cuda_mode(&mut command);
            command.args(["-include", "cuda.h"]);
        }
        Language::Musa => {
            cuda_mode(&mut command);
            command.args(["-U__CUDA_ARCH__", "-D__MUSA_ARCH__=220", "-D__MUSACC__=1", "-include", "musa.h"]);
        }
    }
    match checks {
        Some(checks) => {
            if checks == Checks::Memory {
                command.args(["-Xclang", "-fsanitize=alignment", "-Xclang", "-fsanitize-recover=alignment"]);
            }
            command.args(["-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "-o", "text.ll"]);
        }
        None => {
            command.arg("-fsyntax-only");
        }
    }
    let output = run(command.arg(file))?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Compile { language, diagnostics: diagnostics(&messages, file) });
    }
    match checks {
        Some(_) => std::fs::read_to_string(folder.join("text.ll"))
            .map_err(|source| Error::Io { doing: "reading LLVM IR".to_owned(), source }),
        None => Ok(String::new()),
    }
}

fn cuda_mode(command: &mut Command) {
    command.args(["-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_90", "-nocudainc", "-nocudalib"]);
    command.args(["-std=c++17", "-nostdinc", "-fdeclspec"]);
}

/// Optimises the IR and links it.
pub(super) fn back(folder: &Path, text: &str, checks: Checks) -> Result<PathBuf, Error> {
    write(&folder.join("kernel.ll"), text)?;
    write(&folder.join("hooks.s"), &hooks::assembly())?;
    let mut command = Command::new(clang()?);
    command.current_dir(folder).args(["-O2", "-g", "-fPIC", "-shared", "-ffp-contract=off", "-Wno-override-module"]);
    command.args(["-Wno-unused-command-line-argument", "-target", "x86_64-linux-gnu", arch()]);
    // Joined or copied call sites would hide divergence or report it where there is none.
    command.args(["-mllvm", "-tail-dup-placement=0", "-mllvm", "-enable-tail-merge=0"]);
    match checks {
        // Wider accesses than 16 bytes would pass unseen.
        Checks::Memory => command.args(["-fsanitize=thread", "-fno-vectorize", "-fno-slp-vectorize"]),
        Checks::Barriers => &mut command,
    };
    command.args(["-x", "ir", "kernel.ll", "-x", "assembler", "hooks.s", "-fno-sanitize-link-runtime", "-nostdlib"]);
    command.args(["-Wl,-Bsymbolic", "-Wl,-z,defs", "-lm", "-lc", "-o", "kernel.so"]);
    let output = run(&mut command)?;
    if output.status.success() {
        return Ok(folder.join("kernel.so"));
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    Err(match undefined(&messages) {
        Some(symbol) => Error::Unsupported { what: format!("the function `{symbol}`") },
        None => Error::Internal(messages.into_owned()),
    })
}

/// Instruction set for the second step. Results do not depend on it.
fn arch() -> &'static str {
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
fn undefined(messages: &str) -> Option<String> {
    let (_, rest) =
        messages.split_once("undefined reference to `").or_else(|| messages.split_once("undefined symbol: "))?;
    let end = rest.find(['\'', '\n']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Errors among the messages; a place in a header gives line 0.
fn diagnostics(messages: &str, file: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for line in messages.lines() {
        let Some((place, message)) = line
            .split_once(": error: ")
            .or_else(|| line.split_once(": fatal error: "))
            .or(line.strip_prefix("error: ").map(|message| ("", message)))
        else {
            continue;
        };
        let mut parts = place.split(':');
        let name = parts.next().unwrap_or_default();
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let (line, column) = if name.ends_with(file) { (number(), number()) } else { (0, 0) };
        found.push(Diagnostic { line, column, message: message.to_owned() });
    }
    if found.is_empty() {
        found.push(Diagnostic { line: 0, column: 0, message: messages.trim().to_owned() });
    }
    found
}
