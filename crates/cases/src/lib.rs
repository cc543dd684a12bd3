//! Cases: the inputs of a launch made from a seed, what it should write, and how far what it wrote is off.
//!
//! Nothing here knows a kernel's program. A [`Recipe`] says how each argument is made ([`Fill`], a stream of random
//! numbers); [`Recipe::make`] makes the [`Case`], to the bit the same on every machine. What the launch should write is
//! computed where the compiler is (the crate `judge`), or read from a file that was recorded there ([`Recording`]), so that
//! a machine with nothing but a device and a bundle can judge every kernel.
//!
//! Buffers that a kernel only writes start with bits that mark them as unwritten, and cache rows past the position are
//! NaN, so that reading or keeping what should not be there shows.

mod buffer;
mod case;
mod compare;
mod fill;
mod recipe;
mod recording;
mod rng;
mod spelled;
mod verdict;

pub use buffer::{Buffer, poison_bits};
pub use case::{ArgValue, Case, CaseArg, Outputs};
pub use compare::{ELEMENT_FACTOR, Expected, compare, tolerance};
pub use fill::Fill;
pub use recipe::{MAX_CASE_BYTES, Recipe, RecipeArg, RecipeError, Value};
pub use recording::{FORMAT_VERSION, Recorded, Recorder, Recording, RecordingError};
pub use rng::{Stream, chosen};
pub use verdict::{Comparison, Element, Fault, OutputReport};
