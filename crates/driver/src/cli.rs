//! The command line of `tenfold` (`./x`, `cargo xtask`).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Compiles tile kernels written in safe Rust for accelerators, and proves what it prints by running it.
#[derive(Debug, Parser)]
#[command(name = "tenfold", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print kernels at a stage of the pipeline, or write a bundle.
    Emit(Emit),
    /// Show where a kernel's memory goes and what it moves: buffers, views, bytes against the least there could be.
    Explain(Explain),
    /// Compile kernels, run them on random inputs and compare with every judge there is.
    Validate(Validate),
    /// Run everything on every target, and write what came out as a page.
    Status(Status),
    /// Generate text with a language model whose every operation is a compiled kernel (`decode check`: against a
    /// golden file).
    #[command(disable_help_flag = true)]
    Decode {
        /// Arguments of `tenfold-decode`; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure the decode step and each of its kernels beside the machine's read bandwidth.
    #[command(disable_help_flag = true)]
    Bench {
        /// Arguments of `tenfold-decode bench`; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// Which kernels.
#[derive(Debug, Args)]
pub struct Input {
    /// A kernel suite (`deepseek-r1-distill-qwen-1.5b`, `smollm2-135m`, `qwen2-reduced`, `gallery`), a `.rs` file with
    /// `#[tile::kernel]` functions, or a `.mlir` file.
    #[arg(default_value = "deepseek-r1-distill-qwen-1.5b")]
    pub input: String,
    /// Only this kernel.
    #[arg(long, value_name = "NAME")]
    pub kernel: Option<String>,
    /// Target: `msl`, `cuda`, `musa`, `spirv`, `ascendc`, `pto`, `bang`, `gaudi`, `nki`, `aie`, `cpu`, or `all` of them.
    #[arg(long, default_value = "cpu")]
    pub target: String,
}

/// Arguments of `emit`.
#[derive(Debug, Args)]
pub struct Emit {
    /// Which kernels.
    #[command(flatten)]
    pub input: Input,
    /// Where in the pipeline to stop.
    #[arg(long, value_enum, default_value_t = Stage::Source)]
    pub stage: Stage,
    /// Write a bundle (stage `source`; with `--target all` one folder per target), or one file (other stages), into
    /// this folder instead of printing.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write random cases and what the interpreter makes of them beside the bundle (cases.zip), for `tenfold-decode judge`.
    #[arg(long, requires = "out")]
    pub cases: bool,
    /// Random cases per kernel; more where that takes to reach every edge of a context.
    #[arg(long, default_value_t = 3, requires = "cases")]
    pub seeds: u64,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Which kernels.
    #[command(flatten)]
    pub input: Input,
}

/// Stages of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// LLVM IR after inlining, as the frontend reads it.
    Llvm,
    /// MLIR as the frontend writes it.
    Mlir,
    /// The typed IR, printed as MLIR, after the upstream passes and the in-bounds analysis.
    Ir,
    /// The target's lane programs (threads, registers, shared memory) or core programs (local buffers, copies, flags).
    Lowered,
    /// The target's source.
    Source,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Where the page goes instead of `docs/status.md`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// Which kernels.
    #[command(flatten)]
    pub input: Input,
    /// Random inputs per kernel.
    #[arg(long, default_value_t = 3)]
    pub seeds: u64,
    /// Threads of the device that runs the kernels.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Skip the stock MLIR judge.
    #[arg(long)]
    pub no_stock: bool,
}
