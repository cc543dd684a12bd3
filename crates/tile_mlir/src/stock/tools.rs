//! The external tools, one after the other, each with a time limit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Limits, StockError};

/// Lowers everything to LLVM's dialect. Transfers become loops before vectors are taken apart.
const PIPELINE: &str = "--pass-pipeline=builtin.module(inline,cse,\
    func.func(lower-vector-multi-reduction{lowering-strategy=inner-reduction}),\
    convert-vector-to-scf,canonicalize,lower-affine,convert-scf-to-cf,convert-math-to-llvm,convert-math-to-libm,\
    convert-vector-to-llvm,expand-strided-metadata,lower-affine,finalize-memref-to-llvm,convert-arith-to-llvm,\
    convert-index-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,reconcile-unrealized-casts)";

/// Where Debian's `mlir-19-tools` and `llvm-19` put the tools.
const DEFAULT_PREFIX: &str = "/usr/lib/llvm-19";

/// Longest message taken from a tool.
const MESSAGE_LINES: usize = 5;

/// Compiles `text` to a shared library in `dir`, with `entry` (LLVM IR) appended.
pub(super) fn compile(text: &str, entry: &str, dir: &Path, limits: Limits) -> Result<PathBuf, StockError> {
    let input = dir.join("kernel.mlir");
    let lowered = dir.join("lowered.mlir");
    let translated = dir.join("kernel.ll");
    let object = dir.join("kernel.o");
    let library = dir.join("kernel.so");
    std::fs::write(&input, text)?;
    let mut opt = tool("mlir-opt")?;
    opt.arg(PIPELINE).arg(&input).arg("-o").arg(&lowered);
    run("mlir-opt", opt, dir, limits)?;
    let mut translate = tool("mlir-translate")?;
    translate.arg("--mlir-to-llvmir").arg(&lowered).arg("-o").arg(&translated);
    run("mlir-translate", translate, dir, limits)?;
    let mut llvm = std::fs::read_to_string(&translated)?;
    llvm.push_str(entry);
    std::fs::write(&translated, llvm)?;
    let mut llc = tool("llc")?;
    // Without optimisation, because instruction selection of one huge block is more than linear with it.
    llc.args(["-O0", "-filetype=obj", "-relocation-model=pic", "-mcpu=native"]).arg(&translated).arg("-o").arg(&object);
    run("llc", llc, dir, limits)?;
    let mut link = Command::new("cc");
    link.arg("-shared").arg(&object).arg("-o").arg(&library).arg("-lm");
    run("cc", link, dir, limits)?;
    Ok(library)
}

fn tool(name: &'static str) -> Result<Command, StockError> {
    let prefix = std::env::var_os("MLIR_SYS_190_PREFIX").map_or_else(|| PathBuf::from(DEFAULT_PREFIX), PathBuf::from);
    let path = prefix.join("bin").join(name);
    if path.is_file() { Ok(Command::new(path)) } else { Err(StockError::MissingTool { tool: name, path }) }
}

fn run(name: &'static str, mut command: Command, dir: &Path, limits: Limits) -> Result<(), StockError> {
    let log = dir.join(format!("{name}.log"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => StockError::MissingTool { tool: name, path: PathBuf::from(name) },
        _ => StockError::Io(error),
    })?;
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > Duration::from_secs(limits.seconds) {
            child.kill()?;
            child.wait()?;
            return Err(StockError::TooSlow { tool: name, seconds: limits.seconds });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    if status.success() {
        return Ok(());
    }
    let written = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    Err(failure(name, &written))
}

/// A lowering that MLIR lacks is told apart from a tool that fails: `mlir-opt` says that it failed to legalize an
/// operation, or leaves the operation in place, whose dialect `mlir-translate` then does not know.
fn failure(tool: &'static str, written: &str) -> StockError {
    let error = written.lines().find(|line| line.contains("error:")).unwrap_or_default();
    let message = error.split_once("error:").map_or(error, |parts| parts.1).trim().to_owned();
    let op = ["failed to legalize operation '", "not found for custom op '"]
        .into_iter()
        .find_map(|phrase| message.split_once(phrase)?.1.split('\'').next().map(str::to_owned));
    match op {
        Some(op) => StockError::Unsupported { op, message },
        None => StockError::Tool { tool, message: written.lines().take(MESSAGE_LINES).collect::<Vec<_>>().join("\n") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_lowering_is_unsupported() {
        let error = failure(
            "mlir-opt",
            "k.mlir:3:4: error: failed to legalize operation 'vector.gather' that was explicitly marked illegal",
        );
        assert!(matches!(error, StockError::Unsupported { op, .. } if op == "vector.gather"));
        let error =
            failure("mlir-translate", "k.mlir:3:4: error: Dialect `vector' not found for custom op 'vector.extract' ");
        assert!(matches!(error, StockError::Unsupported { op, .. } if op == "vector.extract"));
        let error = failure("mlir-opt", "Stack dump:\n0. nothing");
        assert!(matches!(error, StockError::Tool { tool: "mlir-opt", message } if message.contains("Stack dump")));
    }
}
