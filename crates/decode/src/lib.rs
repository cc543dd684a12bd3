//! The decode engine: runs a language model's decode step with the kernels of a bundle, on any device.
//!
//! Needs a bundle and a model's files, and nothing of the compiler.
mod bench;
mod config;
mod engine;
mod error;
pub mod fetch;
mod generate;
pub mod gguf;
pub mod golden;
pub mod judge;
pub mod plan;
pub mod rope;
mod sample;
mod tokenizer;
mod weights;

pub use bench::{Bench, BenchOptions, Bytes, Context, Fill, KernelTime, Times, bench};
pub use config::{Architecture, Config};
pub use engine::{AHEAD, Engine, Launching};
pub use error::{Error, TensorProblem};
pub use generate::{Generation, Options, Step, generate};
pub use plan::Plan;
pub use tokenizer::{TextStream, Tokenizer};
pub use weights::{LayerTensor, Model, Tensor, encode};

/// Models that are fetched by name.
pub const MODELS: &[&str] = &["smollm2-135m"];

/// Opens a device by name; `threads` is for devices that run on the processor, `None` takes all cores.
///
/// # Errors
/// An unknown name, with the nearest known one, or a device that this machine lacks.
pub fn open_device(name: &str, threads: Option<usize>) -> Result<Box<dyn device::Device>, Error> {
    device::open(name, threads).map_err(|error| match error {
        device::Error::UnknownDevice { name } => {
            let nearest = diagnostics::nearest(&name, device::NAMES.iter().copied());
            Error::UnknownDevice { name, nearest }
        }
        other => other.into(),
    })
}
