//! Limits of this target, as data: one core of NPU2 (AIE2P).

use lower_dma::target::{Mask, Sync, Target};
use tile_ir::{BinaryOp, Elem, UnaryOp};

/// Bytes of a core's data memory (source: mlir-aie, AIETargetModel.h).
pub const MEMORY_BYTES: u64 = 65_536;

/// Bytes of a core's stack. The usual 1024 are few for functions of vectors.
pub const STACK_BYTES: u64 = 2048;

/// Most words of four bytes of an object that comes in. Two of them are in the core's memory, so that one arrives while the
/// other one is read.
pub const IN_WORDS: u64 = 1024;

/// Words of an object of the FIFO for copies of a few elements.
pub const FEW_WORDS: u64 = 16;

/// Most words of an object that goes out.
pub const OUT_WORDS: u64 = 512;

/// Bytes for variables that outlive a function and for words that copies share with others.
pub const STATE_BYTES: u64 = 4096;

/// Objects of a FIFO at each of its ends.
pub const DEPTH: u64 = 2;

/// Bytes of a word: what transfers begin at and consist of (source: AIEXDialect.cpp).
pub const WORD: u64 = 4;

/// Bytes of a vector register, which vectors in memory start at multiples of.
pub const VECTOR_BYTES: u64 = 64;

/// The numbers of one core.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    vectors: None,
    local_bytes: MEMORY_BYTES
        - STACK_BYTES
        - STATE_BYTES
        - DEPTH * WORD * (IN_WORDS + FEW_WORDS + OUT_WORDS + FEW_WORDS),
    block: VECTOR_BYTES,
    grain_bytes: WORD,
    align: VECTOR_BYTES,
    // One for each shim tile, which has two channels each way.
    cores: 8,
    // What is copied is there, or on its way, when the core goes on: FIFOs order copies.
    sync: Sync::Drain { copies_wait: true },
    mask: Mask::Floats,
    // Far above what local memory holds; transfers are cut where a shim tile has less.
    copy_rows: 65_536,
    copy_row_bytes: 1 << 30,
    copy_pads: true,
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    binary_i32: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::MinS, BinaryOp::MaxS],
    // The API has no `f16`: those are scalar code in the place of a vector function.
    casts: &[(Elem::Bf16, Elem::F32), (Elem::F32, Elem::Bf16), (Elem::F16, Elem::F32), (Elem::F32, Elem::F16)],
    reduces_parts: true,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    iota: false,
    // Scalar code has `inv` and `invsqrt` alone.
    scalar_unary: &[],
};
