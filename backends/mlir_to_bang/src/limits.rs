//! Limits of this target, as data: one text for mtp_372 and mtp_592.

use lower_dma::target::{Mask, Sync, Target};
use tile_ir::{BinaryOp, Elem, UnaryOp};

/// Bytes of NRAM that one text may declare. mtp_372 has 768 KiB and mtp_592 512; the compiler keeps a part for itself, for which public
/// operator libraries leave 128 KiB and more (source: mlu-ops, `independent_build.sh` and `kernels/kernel.h`).
pub const NRAM_BYTES: u64 = 327_680;

/// Elements of four bytes that operations use beside the buffers: reciprocals of divisors, masks of bits, partial sums.
pub const SCRATCH: u64 = 4096;

/// The numbers of both archs together.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    local_bytes: NRAM_BYTES - 4 * SCRATCH,
    // Copies and vector functions take any size and address from mtp_372 on (source: BANG C Developer Guide 4.7.2, alignment appendix).
    block: 1,
    grain_bytes: 1,
    // As above: alignment of NRAM arrays.
    align: 64,
    // 8 clusters of 4 cores, as MLU370-X4 and the smaller MLU590 have; a launch of type Block takes any number of tasks.
    cores: 32,
    sync: Sync::Drain { copies_wait: false },
    // As above, `__bang_lt` and its relatives: results are 1 and 0 in the operands' type.
    mask: Mask::Floats,
    // As above, `__memcpy`: the segment number is at most 65535 and means one segment more.
    copy_rows: 65_536,
    // Far below what `unsigned int` counts, and above what NRAM holds.
    copy_row_bytes: 1 << 30,
    // Blocks are single bytes, so that behind a row nothing is left to fill.
    copy_pads: true,
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    // There are such functions, but what sums do that leave the type is not documented for both archs.
    binary_i32: &[],
    // From f32 to integers the archs differ for NaN (as above, appendix of conversions), so that scalar code does it.
    casts: &[
        (Elem::Bf16, Elem::F32),
        (Elem::F32, Elem::Bf16),
        (Elem::F16, Elem::F32),
        (Elem::F32, Elem::F16),
        (Elem::I32, Elem::F32),
        (Elem::I8, Elem::F32),
    ],
    // Rows are folded one by one or moved together.
    reduces_parts: true,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    iota: false,
    // As above, appendix of scalar functions: it has `log2f` and `log10f`, but no `logf`, `tanhf` and `floorf`.
    scalar_unary: &[UnaryOp::Exp, UnaryOp::Sqrt],
    vectors: None,
};
