//! Limits of this target, as data.

use lower_simt::target::{Meeting, Target};

/// The numbers of MTT S4000 (`mp_22`), kept within what `mp_21` and `mp_31` have.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    // What the driver reports for `mp_21` as shared memory per block; `mp_22` has more, of unpublished size.
    shared_bytes: 28 << 10,
    // `maxThreadsPerBlock`.
    max_threads: 1024,
    // torch_musa and tilelang_musa: 128 threads run in step on `mp_21` and `mp_22`.
    warp: 128,
    // As CUDA's, whose launch interface it has.
    max_grid: [(1 << 31) - 1, 65_535, 65_535],
    // Kernel parameters take at most 4 KiB; far below, and equal to the other targets of the family.
    max_buffers: 31,
    scalars_take_buffers: false,
    // `uint4` is the widest load.
    vector_bytes: 16,
    // As wide as leaves several groups on one core.
    busy_threads: 256,
    // About two blocks for each of 48 multiprocessors.
    programs: 96,
    // Register files are unpublished; as CUDA.
    tile_registers: 64,
    // tilelang_musa's tests for `mp_22` leave out long unrolled loops, which the compiler does not cope with.
    max_unroll: 8,
    lanes_meet: Meeting::Subgroup,
    // Its matrices are 32x32 over 128 threads, without a published interface.
    matrix: &[],
    ahead: None,
};
