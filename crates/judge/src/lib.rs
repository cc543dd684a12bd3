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

mod fused;
mod generate;
mod interpret;
mod reads;
mod reference;
mod roles;

pub use cases::{
    ArgValue, Buffer, Case, CaseArg, Comparison, ELEMENT_FACTOR, Element, Expected, Fault, MAX_CASE_BYTES,
    OutputReport, Outputs, Recipe, compare, poison_bits, tolerance,
};
pub use fused::{Fused, FusedError, interpret_fused};
pub use generate::{CONTEXTS, CaseError, generate, recipe, seeds};
pub use interpret::{run_interpreter, run_interpreter_with};
pub use reference::{ReferenceError, has_reference, reference};
