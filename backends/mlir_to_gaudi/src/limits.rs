//! Limits of this target, as data.

use lower_dma::target::{Mask, Sync, Target, Vectors};
use tile_ir::{BinaryOp, Elem, UnaryOp};

/// Bytes of a vector.
pub const VECTOR: u64 = 256;

/// Bytes of a member's line in the scratch tensor: one vector.
pub const LINE: u64 = VECTOR;

/// Scalars that a kernel may have (source: docs.habana.ai, TPC-C Language).
pub const SCALARS: usize = 32;

/// Bytes of vector local memory (source: tpc_llvm, `TPCSubtarget.h`).
pub const VLM_BYTES: u64 = 80 << 10;

/// What is left of it where functions look tables up (source: tpc_llvm, `TPCMemorySize.cpp`).
pub const VLM_BYTES_WITH_TABLES: u64 = 16 << 10;

/// The numbers of Gaudi 2.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    local_bytes: VLM_BYTES,
    // Local memory is vectors; those of tensors start anywhere, but two cores do not write into one line of memory.
    block: VECTOR,
    grain_bytes: VECTOR,
    align: VECTOR,
    cores: 24,
    // A member is one thread of control, in which everything is in order but loads behind stores, which the printer orders.
    sync: Sync::Drain { copies_wait: true },
    // Selections compare numbers, so that predicates need not be kept.
    mask: Mask::Floats,
    // Copies are loops over vectors: these limits keep their counts within `int`.
    copy_rows: 65_536,
    copy_row_bytes: 1 << 30,
    copy_pads: true,
    // Source of functions: tpc_llvm, `tpc-special.h` and `tpc-intrinsics.h`.
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    // Sums wrap unless a switch says that they saturate.
    binary_i32: &[
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::MinS,
        BinaryOp::MaxS,
        BinaryOp::MinU,
        BinaryOp::MaxU,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::Shl,
        BinaryOp::ShrS,
        BinaryOp::ShrU,
        BinaryOp::DivS,
        BinaryOp::DivU,
        BinaryOp::RemS,
        BinaryOp::RemU,
    ],
    casts: &[
        (Elem::Bf16, Elem::F32),
        (Elem::F32, Elem::Bf16),
        (Elem::F16, Elem::F32),
        (Elem::F32, Elem::F16),
        (Elem::I32, Elem::F32),
        (Elem::F32, Elem::I32),
        (Elem::I8, Elem::I32),
        (Elem::I32, Elem::I8),
    ],
    reduces_parts: true,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I8, Elem::I32],
    iota: true,
    scalar_unary: &[UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh, UnaryOp::Floor],
    vectors: Some(Vectors {
        // The exponential has a form without tables, and quotients are made of products.
        tables: &[UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh],
        local_bytes: VLM_BYTES_WITH_TABLES,
    }),
};
