//! Limits of this target, as data. Cores and memory are those of the Ascend 910B (Atlas A2).

use lower_dma::target::{Mask, Sync, Target};
use tile_ir::{BinaryOp, Elem, UnaryOp};

/// Bytes of local memory behind the buffers that selections keep the address of their mask in: 16 words.
/// Source: pto-isa, npu/a2a3/TSel.hpp.
pub const SCRATCH: u64 = 64;

/// Bytes of local memory below what instructions on columns use themselves (`TMP_UB_OFFSET`).
/// Source: pto-isa, common/constants.hpp.
const FREE: u64 = 184 << 10;

/// Most elements of 4 bytes of rows that do not follow each other, for one instruction: repeats of 64 are counted in 8 bits.
/// Source: pto-isa, npu/a2a3/TBinOp.hpp, `Bin2LNormModeColVLAlign`.
pub const LONG_ROW: u64 = 255 * 64;

/// Most rows of an instruction that repeats one row. Source: pto-isa, npu/a2a3/TColExpandBinOp.hpp.
pub const REPEATS: u64 = 255;

/// Most bytes between rows of an instruction that repeats one row: 255 blocks of 32. Source: as [`REPEATS`].
pub const REPEAT_PITCH: u64 = 255 * 32;

/// What row reductions take at once without a scratch tile: elements of one repeat.
/// Source: pto-isa, npu/a2a3/TRowReduceOps.hpp, `OneRepeatProc`.
pub const REPEAT: u64 = 64;

/// The target.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    local_bytes: FREE - SCRATCH,
    // Rows of tiles have a multiple of 32 bytes, and start there. Source: pto-isa, common/pto_tile.hpp.
    block: 32,
    grain_bytes: 32,
    align: 32,
    // Vector cores of the smallest 910B variants are 40, of B1 and B2 48; further blocks wait for a core.
    // Source: pto-isa, docs/coding/multi-core-programming.md.
    cores: 48,
    // EVENT_ID0 to EVENT_ID7 for each pair of pipes. Source: pto-isa, common/constants.hpp.
    sync: Sync::Events { ids: 8 },
    mask: Mask::Bits,
    // Source: pto-isa, common/arch/memory/tload_common.hpp.
    copy_rows: 4095,
    // Source: asc-devkit, DataCopyPad: the instruction that copies become.
    copy_row_bytes: 2_097_151,
    // `PadValueCustom`. Source: pto-isa, common/constants.hpp.
    copy_pads: true,
    // Source: pto-isa, npu/a2a3/TUnaryOp.hpp; rounding down is a conversion, npu/a2a3/TCvt.hpp.
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Floor],
    // Source: pto-isa, docs/isa/TADD.md and the pages of the others.
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    binary_i32: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::MinS, BinaryOp::MaxS],
    // Source: pto-isa, npu/a2a3/TCvt.hpp, the table at its start.
    casts: &[
        (Elem::Bf16, Elem::F32),
        (Elem::F32, Elem::Bf16),
        (Elem::F16, Elem::F32),
        (Elem::F32, Elem::F16),
        (Elem::F32, Elem::I32),
        (Elem::I32, Elem::F32),
        (Elem::I8, Elem::F16),
    ],
    // A reduction has a scratch tile with rows as far apart as the operand's, for which the operand stands.
    // Source: pto-isa, docs/isa/TROWSUM.md.
    reduces_parts: false,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    // `TCI` counts on the scalar unit. Source: pto-isa, npu/a2a3/TCI.hpp.
    iota: false,
    scalar_unary: &[],
    vectors: None,
};
