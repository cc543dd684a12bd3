//! Limits of this target, as data.

use lower_simt::target::{Ahead, CopyAhead, MatrixUnit, Meeting, Target};
use tile_ir::Elem;

/// Shapes of `mma.sync` on 16-bit floats.
pub const MATRIX: &[MatrixUnit] =
    &[MatrixUnit { elem: Elem::Bf16, m: 16, n: 8, k: 16 }, MatrixUnit { elem: Elem::F16, m: 16, n: 8, k: 16 }];

/// Bytes of shared memory that a kernel may declare; more is allocated at launch. A limit of the assembler.
pub const STATIC_SHARED: u64 = 48 << 10;

/// The numbers of compute capability 9.0 (H100).
pub const TARGET: Target = Target {
    name: crate::TARGET,
    // CUDA programming guide, technical specifications: 227 KiB per block after opting in.
    shared_bytes: 227 << 10,
    // As above: threads per block.
    max_threads: 1024,
    // As above: warp size.
    warp: 32,
    // As above: grid dimensions.
    max_grid: [(1 << 31) - 1, 65_535, 65_535],
    // Kernel parameters take at most 4 KiB on every driver; far below, and equal to the other targets of the family.
    max_buffers: 31,
    scalars_take_buffers: false,
    // The widest loads of compute capability 9.0 are 16 bytes.
    vector_bytes: 16,
    // Measured on an H100, a decode step of 1.5 billion parameters: 128 threads 355 tokens/s, 256 437, 512 525, 1024 515.
    busy_threads: 512,
    // Eight blocks for each of 132 multiprocessors; of 1 to 16 the best, measured as above: 510, 521, 542, 542, 546 tokens/s
    // at 1, 2, 4, 8 and 16.
    programs: 1056,
    // A thread of a full block of 1024 has 64 registers, of 512 threads 128; tiles take at most half of the latter, and the rest
    // holds addresses and vectors on their way.
    tile_registers: 64,
    // Longer bodies outgrow the instruction cache.
    max_unroll: 16,
    lanes_meet: Meeting::Subgroup,
    matrix: MATRIX,
    // 132 multiprocessors run 2048 threads each. Measured as above: 557 tokens/s with 4 MB, 542 without; with 8 MB and more it
    // gets slower than without, because the kernels in front have to wait for memory.
    ahead: Some(Ahead {
        bytes: 4 << 20,
        threads: 132 * 2048,
        // Two programs and more to a multiprocessor's 227 KiB, and nearly all of the 132 multiprocessors with one; measured:
        // docs/performance.md has the tables.
        copy: Some(CopyAhead { least: 1 << 10, bytes: 80 << 10, programs: 128, threads: 128 }),
    }),
};
