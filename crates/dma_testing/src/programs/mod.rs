//! Core programs by hand that together use every construct, in the shapes that instructions of some target treat differently.
//!
//! There is one set for all targets. What a target's tables lack is left out, by asking the tables; elements between parts of rows
//! are as many as its blocks want.

mod blocks;
mod broadcasts;
mod casts;
mod check;
mod copies;
mod elementwise;
mod integers;
mod maker;
mod masks;
mod operation;
mod reductions;
mod scalars;

use lower_dma::ir::CoreKernel;
use lower_dma::target::Target;

pub use check::hand;
pub use maker::{Maker, number, span};
pub use operation::operation;

/// A core program, and what its views hold at the start.
#[derive(Clone, Debug)]
pub struct Hand {
    /// The program, with its flags and barriers.
    pub core: CoreKernel,
    /// Contents of each view, in the order of the parameters.
    pub contents: Vec<Vec<u8>>,
}

/// All of them for this target, each with a name of its own.
#[must_use]
pub fn all(target: &'static Target) -> Vec<Hand> {
    let programs: &[fn(&'static Target) -> Hand] = &[
        elementwise::unary,
        elementwise::binary,
        elementwise::fused,
        broadcasts::rows_and_columns,
        broadcasts::steps,
        broadcasts::long_rows,
        integers::integers,
        integers::partial,
        casts::casts,
        masks::masks,
        masks::parts,
        reductions::rows,
        reductions::strided_rows,
        reductions::columns,
        reductions::folds,
        blocks::fills,
        blocks::moves,
        copies::copies,
        copies::extents,
        scalars::elements,
        scalars::control,
        scalars::fences,
    ];
    programs.iter().map(|program| program(target)).filter(|hand| !hand.core.body.is_empty()).collect()
}

/// Whether programs must do with less local memory than most targets have.
const fn is_small(target: &Target) -> bool {
    target.local_bytes < 100 << 10
}
