//! For tests of backends, whatever their programs are: inputs of launches, printed kernels on devices, comparison with the tile
//! interpreter, random kernels, small ones that hold every operation.

mod cases;
mod compare;
mod kernels;
mod on_device;
pub mod random;

pub use cases::{judged_cases, random_case};
pub use compare::{compare, expected};
pub use kernels::kernels;
pub use on_device::{available, launch, load, run};

/// Whether the environment asks for the long runs (`TENFOLD_FULL=1`).
pub fn full() -> bool {
    std::env::var_os("TENFOLD_FULL").is_some_and(|value| value == "1")
}
