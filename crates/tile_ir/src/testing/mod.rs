//! Random numbers, buffers and kernels for tests of this and other crates (feature `testing`).
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use tile_ir::interp::{Options, run};
//! use tile_ir::testing::{borrowed, kernel_from_seed, random_args};
//! let kernel = kernel_from_seed(7);
//! let mut args = random_args(&kernel, 7);
//! run(&kernel, &mut borrowed(&kernel, &mut args), &Options::default()).expect("random kernels do not trap");
//! # }
//! ```

mod args;
mod generate;
mod mutate;
mod rng;
#[cfg(test)]
mod tests;

pub use args::{OwnedArg, borrowed, random_args};
pub use generate::{kernel_from_seed, random_kernel, stream_from_seed};
pub use mutate::mutate;
pub use rng::{Rng, random_buffer};
