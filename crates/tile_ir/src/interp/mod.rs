//! The interpreter: the meaning of the IR, and the judge of every target.
//!
//! It runs a kernel's body once per program of the grid, one program after another. Where the IR leaves a choice it takes
//! the strictest reading, so that what passes here is right everywhere:
//!
//! - **Numbers.** `f32` arithmetic rounds each operation to nearest even; 16-bit floats are computed in `f32` and
//!   rounded once more. Transcendental functions are computed in `f64` and rounded. Sums and products of tiles are
//!   accumulated in `f64` in index order and rounded to `f32` (then to the element type) once, so that the result is
//!   closer to the exact sum than any target's. `min`/`max` of floats return the number where one side is NaN, and the
//!   first operand on a tie. Integers wrap at their width; `index` is 64 bits.
//! - **Poison.** An element of an output that nobody wrote, and that the caller did not provide ([`Arg::InOut`]),
//!   traps when read. [`Arg::Out`] buffers start as all-ones bytes (NaN).
//! - **Partitions.** A program that touches an element of a written view outside its own part traps. The validator
//!   guarantees that parts of different programs are disjoint, hence no two programs ever touch one element, and
//!   results do not depend on the order of programs ([`Order`]).
//! - **Bounds.** Loads pad and stores skip what is outside the view; a promise of `in_bounds` that does not hold traps
//!   (masked-off elements included), and so do scalar accesses and unmasked gathers outside.
//! - **Undefined operations.** Integer division by zero or overflowing, shifts by the width or more, steps that are not
//!   positive and tile indices out of range trap. Float-to-integer conversion saturates, NaN becomes 0.
//! - **Limits.** A bounded amount of work ([`Options::fuel`]) and of live tile elements ([`Options::max_elements`]):
//!   no program hangs or allocates without end.

mod buffer;
mod cast;
mod contract;
mod elementwise;
mod launch;
mod machine;
mod memory;
mod reduce;
mod shape;
#[cfg(test)]
pub(crate) mod tests;
mod trap;
mod value;

pub use buffer::{Arg, Buffer};
pub use launch::{Options, Order, Outcome, run};
pub use trap::{Trap, TrapKind};
