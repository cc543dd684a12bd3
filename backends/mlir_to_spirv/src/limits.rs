//! Limits of this target, as data.

use lower_simt::target::{Meeting, Target};

/// Most workgroups along an axis on every device: Vulkan specification, required limits, `maxComputeWorkGroupCount`.
pub const MAX_WORKGROUPS: u64 = 65_535;

/// Most bytes of push constants on every device: Vulkan specification, required limits, `maxPushConstantsSize`.
pub const MAX_PUSH_CONSTANT_BYTES: u64 = 128;

/// Bytes of an address.
pub const ADDRESS_BYTES: u64 = 8;

/// Most lanes of a subgroup: Vulkan specification, `maxSubgroupSize` is at most 64 on desktop GPUs; the module is right
/// without subgroups on others.
pub const MAX_SUBGROUP: u32 = 64;

/// Bytes of shared memory that desktop GPUs have (NVIDIA 48 KiB, AMD 64 or 32, Intel and Apple 32); the manifest says how much a
/// kernel needs, and the device is asked.
pub const SHARED_BYTES: u64 = 32 << 10;

/// Threads that desktop GPUs take; the device is asked.
const MAX_THREADS: u32 = 1024;

/// The numbers of desktop GPUs.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    // What lanes exchange takes 8 bytes of shared memory for each thread of the rest, unless it is of several types.
    shared_bytes: SHARED_BYTES - 8 * MAX_THREADS as u64,
    max_threads: MAX_THREADS,
    // A group of full subgroups whatever their size.
    warp: MAX_SUBGROUP,
    // Along x, groups are folded into y.
    max_grid: [u32::MAX as u64 >> 1, MAX_WORKGROUPS, MAX_WORKGROUPS],
    max_buffers: (MAX_PUSH_CONSTANT_BYTES / ADDRESS_BYTES) as usize,
    scalars_take_buffers: false,
    // The widest vector types are 16 bytes.
    vector_bytes: 16,
    // As CUDA's, where it was measured.
    busy_threads: 512,
    // As CUDA's: the largest devices decide, small ones run more groups after one another.
    programs: 1056,
    // As CUDA's.
    tile_registers: 64,
    // Longer bodies outgrow the instruction cache.
    max_unroll: 16,
    lanes_meet: Meeting::Group,
    matrix: &[],
    ahead: None,
};
