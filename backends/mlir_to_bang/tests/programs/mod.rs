//! Core programs by hand that together use every construct.

#![allow(dead_code, reason = "each test binary uses a part")]

mod copies;
mod maker;
mod scalars;
mod vectors;

use lower_dma::ir::CoreKernel;

/// All of them. Views are `x` (read), `y` (written) and others of other element types.
pub(crate) fn all() -> Vec<CoreKernel> {
    vec![
        copies::copies(),
        copies::moves(),
        scalars::scalars(),
        scalars::control(),
        vectors::unary(),
        vectors::binary(),
        vectors::rows_and_columns(),
        vectors::fused(),
        vectors::masks(),
        vectors::casts(),
        vectors::row_reductions(),
        vectors::column_reductions(),
    ]
}
