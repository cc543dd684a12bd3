//! Stock MLIR 19 as a judge: one kernel is lowered by MLIR's own tools and run.
//!
//! The text is parsed and verified, the program's index becomes arguments, and then `mlir-opt`, `mlir-translate`, `llc`
//! and the C compiler do the rest; the result is loaded as a shared library and called once per program. The tools are
//! found under `MLIR_SYS_190_PREFIX` (`/usr/lib/llvm-19` by default). No code is shared with the importer's reading of
//! operations, the interpreter or any target.
//!
//! Vectors in MLIR are values, so large tiles become long straight-line code, and vectors with masks a branch per element.
//! Three rewrites keep that in bounds. Views are passed with runtime strides, which makes MLIR transfer small tiles element
//! by element in a loop. Large tiles are transferred by rows where they lie inside the view, else in loops over transfers
//! of one element; and functions of the C library, conversions that are calls, gathers, and parts chosen at run time
//! become loops over scalars (`outline/`): there, and only there, the loop is ours and its body MLIR's.
//!
//! What is left is linear in the elements of the tiles, with a small factor: kernels with tiles of 16x576 compile in one
//! or two seconds, of 16x1536 in five, attention over tiles of 64x64 in four; products with tiles of 128x128, reductions
//! of the outer dimension of 16x576, and rows of 8960 elements take half a minute and more.
//! [`StockKernel::compile_within`] gives up after [`Limits::seconds`].

mod edit;
mod lower;
mod outline;
mod run;
mod tools;

use std::path::PathBuf;

use thiserror::Error;

use crate::errors::ImportError;

pub use run::{StockArg, StockKernel};

/// How long the judge may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds for each of the tools.
    pub seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { seconds: 120 }
    }
}

/// Why stock MLIR could not judge a kernel.
#[derive(Debug, Error)]
pub enum StockError {
    /// The text is not in the subset.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Import(Vec<ImportError>),
    /// No such kernel.
    #[error("the module has no kernel `{0}`")]
    NoKernel(String),
    /// A tool of MLIR 19 or the C compiler is not installed.
    #[error("`{tool}` is not installed ({path})")]
    MissingTool {
        /// The tool.
        tool: &'static str,
        /// Where it was expected.
        path: PathBuf,
    },
    /// MLIR 19 has no lowering for this use of an operation.
    #[error("stock MLIR cannot lower `{op}`: {message}")]
    Unsupported {
        /// The operation.
        op: String,
        /// MLIR's words.
        message: String,
    },
    /// A tool took too long.
    #[error("`{tool}` took longer than {seconds} s")]
    TooSlow {
        /// The tool.
        tool: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// A tool failed.
    #[error("`{tool}` failed: {message}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// The first lines it wrote.
        message: String,
    },
    /// Reading or writing the intermediate files failed.
    #[error("intermediate files: {0}")]
    Io(#[from] std::io::Error),
    /// The compiled kernel could not be loaded.
    #[error("loading the compiled kernel: {0}")]
    Load(#[from] libloading::Error),
    /// An argument does not match its parameter.
    #[error("argument {index}: {what}")]
    Argument {
        /// Its number.
        index: usize,
        /// What is wrong.
        what: String,
    },
}

impl StockError {
    /// Whether the judge is absent or cannot judge this kernel, rather than finding something wrong.
    pub fn is_skip(&self) -> bool {
        match self {
            StockError::MissingTool { .. } | StockError::Unsupported { .. } | StockError::TooSlow { .. } => true,
            StockError::Import(_)
            | StockError::NoKernel(_)
            | StockError::Tool { .. }
            | StockError::Io(_)
            | StockError::Load(_)
            | StockError::Argument { .. } => false,
        }
    }
}
