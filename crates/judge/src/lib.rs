//! The judges' common ground: inputs, references and comparison, shared by the tests of every target.
//!
//! A judge takes a kernel and a seed, and runs three things on one [`Case`]: the [`reference()`] (f64, written from the
//! mathematics, knowing nothing of the IR), the interpreter, and what it judges: a device, an emulator, stock MLIR.
//!
//! ```text
//! let case = judge::generate(&kernel, seed)?;
//! let truth = judge::reference(&case)?;                         // f64
//! let interpreted = judge::run_interpreter(&kernel, &case)?;
//! assert!(judge::compare(&case, &truth, &interpreted).passed());
//! let outputs = /* the case's arguments through the device */;
//! let want = judge::Expected::from_outputs(&case, &interpreted);
//! let comparison = judge::compare(&case, &want, &outputs);      // Display: one line per output
//! ```
//!
//! Buffers that a kernel only writes start with bits that mark them as unwritten, and cache rows past the position are
//! NaN, so that reading or keeping what should not be there shows.

mod buffer;
mod case;
mod compare;
mod generate;
mod interpret;
mod reads;
mod reference;
mod rng;
mod roles;
mod verdict;

pub use buffer::{Buffer, poison_bits};
pub use case::{ArgValue, Case, CaseArg, Outputs};
pub use compare::{ELEMENT_FACTOR, Expected, compare, tolerance};
pub use generate::{CONTEXTS, CaseError, MAX_CASE_BYTES, generate};
pub use interpret::{run_interpreter, run_interpreter_with};
pub use reference::{ReferenceError, has_reference, reference};
pub use verdict::{Comparison, Element, Fault, OutputReport};
