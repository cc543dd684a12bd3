//! The command line.

use std::path::PathBuf;

use ::decode::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Run a language model with the kernels of a bundle.
#[derive(Parser)]
#[command(name = "tenfold-decode", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) decode: Decode,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Args)]
pub(crate) struct Common {
    /// Folder with the compiled kernels (manifest.json and the files it lists)
    #[arg(long, value_name = "DIR")]
    pub(crate) bundle: Option<PathBuf>,
    /// A known model (smollm2-135m, fetched once), a .gguf file, a folder with config.json and safetensors, or
    /// synthetic:NAME (deepseek-r1-distill-qwen-1.5b, smollm2-135m, qwen2-reduced), whose weights come from a formula
    #[arg(long, value_name = "NAME|FILE|DIR", default_value = "smollm2-135m")]
    pub(crate) model: String,
    /// Where to run
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Threads of the device, if the processor runs it [default: one per core]
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// Launch every kernel by itself, none of the bundle's fused ones (or not those named)
    #[arg(long, value_name = "NAMES", value_delimiter = ',', num_args = 0.., require_equals = true)]
    pub(crate) unfused: Option<Vec<String>>,
    /// Launch kernels one by one, not as a recorded sequence (on cuda: a launch graph)
    #[arg(long)]
    pub(crate) no_graph: bool,
}

/// What decoding takes.
#[derive(Args)]
pub(crate) struct Decode {
    /// Text to continue
    #[arg(long, default_value = "The capital of France is")]
    pub(crate) prompt: String,
    /// Most tokens to generate [default: 128, or all of --tokens-file]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<usize>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Record the N largest logits of each step (in the JSON object)
    #[arg(long, value_name = "N", default_value_t = 0, requires = "json")]
    pub(crate) top: usize,
    /// Feed the tokens in this file (JSON array, or numbers between blanks) instead of the model's own choices
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens_file: Option<PathBuf>,
    /// Make tokens that the text already has less likely; above 1
    #[arg(long, value_name = "X")]
    pub(crate) repetition_penalty: Option<f32>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compare tokens and logits with a golden file
    Check(Check),
    /// Measure the time of a token at several contexts, and of each kernel, beside how fast the device reads
    Bench(Bench),
    /// Write the logits of every step of a given text
    Logits(Logits),
    /// Print the launches of a token
    Plan(Plan),
    /// Run every kernel of a bundle on recorded cases and compare with what the tile interpreter computed
    Judge(Judge),
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Golden file
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: PathBuf,
    /// Compare only the first N tokens of each prompt's continuation
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tokens: Option<u32>,
    /// Compare only the first N prompts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) prompts: Option<u32>,
}

#[derive(Args)]
pub(crate) struct Bench {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Tokens in the context before the first one timed: a list of numbers, `max` for as many as the cache has room for
    /// [default: those of 128,512,1024,2048 that fit, and max]
    #[arg(long, visible_alias = "context", value_name = "N,N", value_delimiter = ',')]
    pub(crate) contexts: Vec<Context>,
    /// Tokens of a run
    #[arg(long, visible_alias = "steps", value_name = "N", default_value_t = 64)]
    pub(crate) tokens: u64,
    /// Runs timed
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) runs: u64,
    /// Runs before those, not timed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) warmup: u64,
    /// How the cache comes to hold the context
    #[arg(long, value_enum, default_value_t = Fill::Synthetic)]
    pub(crate) fill: Fill,
    /// Seed of the prompt and of a synthetic cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Steps sent before the token of an earlier one has arrived on the host, on devices that can; 0 waits for every token
    #[arg(long, value_name = "N", default_value_t = ::decode::AHEAD)]
    pub(crate) ahead: u64,
    /// Write everything, every single time too, as a JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Draw tokens per second over the context
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// How the cache comes to hold the context.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Fill {
    /// Keys and values from a formula: quick at any length; the text means nothing
    Synthetic,
    /// The prompt is run, token by token
    Run,
}

impl From<Fill> for ::decode::Fill {
    fn from(fill: Fill) -> ::decode::Fill {
        match fill {
            Fill::Synthetic => ::decode::Fill::Synthetic,
            Fill::Run => ::decode::Fill::Run,
        }
    }
}

#[derive(Args)]
pub(crate) struct Logits {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Tokens to feed (JSON array, or numbers between blanks)
    #[arg(long, value_name = "FILE")]
    pub(crate) tokens_file: PathBuf,
    /// Where to write: little-endian f32, one row of the vocabulary's size per token
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Judge {
    /// Folder with the compiled kernels
    #[arg(long, value_name = "DIR")]
    pub(crate) bundle: PathBuf,
    /// Recorded cases (`tenfold emit --out DIR --cases` writes them) [default: cases.zip in the bundle's folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: Option<PathBuf>,
    /// Where to run
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Threads of the device, if the processor runs it [default: one per core]
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// Only this kernel; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) kernel: Vec<String>,
    /// Only the first N seeds of each kernel
    #[arg(long, value_name = "N")]
    pub(crate) seeds: Option<u64>,
    /// Buffers end where views do, with no bytes behind them that must stay as they are: for compute-sanitizer and its like
    #[arg(long)]
    pub(crate) exact: bool,
    /// Write the outcome of every case as a JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) common: Common,
}
