//! What TPC-C supports: operation by element type. The table is that of the family, with this target's functions.
//!
//! Beside what it refuses, results differ from f32 arithmetic here:
//! - denormal numbers are zero, as operands and as results (source: docs.habana.ai, TPC Programming Model);
//! - quotients are products with reciprocals of mantissas, within three units of the last place;
//! - the smaller and the larger of two with NaN: either;
//! - functions are those of the compiler's library, within a few units of the last place.
//!
//! A written view is an output in the memory of an input of its own, so that what a kernel does not write is kept. Where a kernel has more
//! tensors than that leaves room for, only views of which a number names what is written keep the rest.
//!
//! Words of memory keep their order when they are widened and narrowed: by the option `SW_LINEAR`, which the compiler's open
//! predecessor documents (source: tpc_llvm, `tpc-intrinsics.h`); whether it is unchanged in the one that is shipped is not confirmed.

use emit_dma::caps::Caps;

use crate::limits::TARGET;

/// The table.
pub const CAPS: Caps = Caps { target: &TARGET };
