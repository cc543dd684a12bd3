//! Limits of this target, as data.

use lower_dma::target::{Mask, Sync, Target};
use tile_ir::{BinaryOp, Elem, UnaryOp};

/// Bytes of the unified buffer that a kernel may use: 192 KiB without 256 bytes, and without the 8 KiB that `Select` and
/// others keep for themselves. Source: asc-devkit, NPU architecture 2201 and static tensor programming.
const UB: u64 = (192 << 10) - 256 - (8 << 10);

/// Bytes at the end of that which single operations use: 255 rows, the most of one instruction, take a block each where a column
/// goes with every column of a tile.
pub const SCRATCH: u64 = 8 << 10;

/// The numbers of the Ascend 910B (Atlas A2).
pub const TARGET: Target = Target {
    name: crate::TARGET,
    local_bytes: UB - SCRATCH,
    // asc-devkit, general rules: operands start at blocks of 32 bytes, copies move whole ones.
    block: 32,
    grain_bytes: 32,
    align: 32,
    // NPUTargetSpec.td of AscendNPU-IR: 48 vector cores on B1 and B2, 40 on B3 and B4, where the last ones follow later.
    cores: 48,
    // asc-devkit, static tensor programming: 8 flags between two pipes, of which the framework keeps 6 and 7.
    sync: Sync::Events { ids: 6 },
    // asc-devkit, Compare: a bit per element. Rows start at blocks.
    mask: Mask::Bits,
    // asc-devkit, DataCopyPad.
    copy_rows: 4095,
    copy_row_bytes: 2_097_151,
    copy_pads: true,
    // `Floor` is a conversion of f32 to itself.
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    binary_i32: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::MinS, BinaryOp::MaxS],
    // asc-devkit, Cast, table of Atlas A2.
    casts: &[
        (Elem::Bf16, Elem::F32),
        (Elem::F32, Elem::Bf16),
        (Elem::F16, Elem::F32),
        (Elem::F32, Elem::F16),
        (Elem::F32, Elem::I32),
        (Elem::I32, Elem::F32),
        (Elem::I8, Elem::F16),
    ],
    // asc-devkit, WholeReduceSum: it counts the elements of each repeat, and how far repeats are apart.
    reduces_parts: true,
    // asc-devkit, Duplicate.
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    // `CreateVecIndex` writes its first elements by scalar code, which no flag between pipes orders.
    iota: false,
    scalar_unary: &[],
    vectors: None,
};
