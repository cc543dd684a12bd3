//! Targets with the numbers of the real ones.

use tile_ir::{BinaryOp, Elem, UnaryOp};

use crate::target::{Mask, Sync, Target, Vectors};

/// AscendC on the 910B: flags and barriers, masks of bits.
pub const ASCEND: Target = Target {
    name: "ascendc",
    local_bytes: 188_160,
    block: 32,
    grain_bytes: 32,
    align: 32,
    cores: 48,
    sync: Sync::Events { ids: 6 },
    mask: Mask::Bits,
    copy_rows: 4095,
    copy_row_bytes: 2_097_151,
    copy_pads: true,
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    binary_i32: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::MinS, BinaryOp::MaxS],
    casts: &[
        (Elem::Bf16, Elem::F32),
        (Elem::F32, Elem::Bf16),
        (Elem::F16, Elem::F32),
        (Elem::F32, Elem::F16),
        (Elem::F32, Elem::I32),
        (Elem::I32, Elem::F32),
        (Elem::I8, Elem::F16),
    ],
    reduces_parts: true,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    iota: true,
    scalar_unary: &[],
    vectors: None,
};

/// PTO on the 910B: the same hardware, other limits.
pub const PTO: Target =
    Target { name: "pto", local_bytes: 188_416, sync: Sync::Events { ids: 8 }, reduces_parts: false, ..ASCEND };

/// BANG: copies wait, masks of numbers, no integer vectors.
pub const BANG: Target = Target {
    name: "bang",
    local_bytes: 327_680,
    block: 1,
    grain_bytes: 1,
    align: 64,
    cores: 32,
    sync: Sync::Drain { copies_wait: true },
    mask: Mask::Floats,
    copy_rows: 65_536,
    copy_row_bytes: 1 << 30,
    copy_pads: true,
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Floor],
    binary: &[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF],
    binary_i32: &[],
    casts: &[(Elem::Bf16, Elem::F32), (Elem::F32, Elem::Bf16), (Elem::F16, Elem::F32), (Elem::F32, Elem::F16)],
    reduces_parts: true,
    fills: &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I32],
    iota: false,
    scalar_unary: &[UnaryOp::Exp, UnaryOp::Sqrt],
    vectors: None,
};

/// BANG with copies that run beside what follows.
pub const BANG_ASYNC: Target = Target { name: "bang", sync: Sync::Drain { copies_wait: false }, ..BANG };

/// Gaudi: local memory of vectors, of which scalar code reads no lane; no numbers of 64 bits.
pub const GAUDI: Target = Target {
    name: "gaudi",
    local_bytes: 80 << 10,
    block: 256,
    align: 256,
    cores: 24,
    sync: Sync::Drain { copies_wait: true },
    unary: &[UnaryOp::Abs, UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh, UnaryOp::Floor],
    binary_i32: &[
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::MinS,
        BinaryOp::MaxS,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::DivU,
        BinaryOp::RemU,
        BinaryOp::ShrU,
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
    iota: true,
    scalar_unary: &[UnaryOp::Exp, UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh, UnaryOp::Floor],
    vectors: Some(Vectors {
        tables: &[UnaryOp::Log, UnaryOp::Sqrt, UnaryOp::Rsqrt, UnaryOp::Tanh],
        local_bytes: 16 << 10,
    }),
    ..BANG
};

/// All of them.
pub const TARGETS: [Target; 5] = [ASCEND, PTO, BANG, BANG_ASYNC, GAUDI];
