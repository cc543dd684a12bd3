//! Limits of this target, as data.

use lower_simt::target::{MatrixUnit, Meeting, Target};
use tile_ir::Elem;

/// Shapes of `simdgroup_matrix`: 8x8 of all three types, on GPU family Apple7 and later (every M series chip).
pub const MATRIX: &[MatrixUnit] = &[unit(Elem::Bf16), unit(Elem::F16), unit(Elem::F32)];

const fn unit(elem: Elem) -> MatrixUnit {
    MatrixUnit { elem, m: 8, n: 8, k: 8 }
}

/// The numbers of Mac GPU families.
pub const TARGET: Target = Target {
    name: crate::TARGET,
    // Metal feature set tables: threadgroup memory of 32 KiB.
    shared_bytes: 32 << 10,
    // Metal feature set tables: threads per threadgroup.
    max_threads: 1024,
    // `threadExecutionWidth` of Apple GPUs.
    warp: 32,
    // `MTLSize` counts are 64 bits, positions in the grid 32.
    max_grid: [u32::MAX as u64, u32::MAX as u64, u32::MAX as u64],
    // Metal feature set tables: 31 buffer slots.
    max_buffers: 31,
    // Metal Shading Language: arguments by reference to constant memory are buffers too.
    scalars_take_buffers: true,
    // The widest vector types are 16 bytes.
    vector_bytes: 16,
    // As wide as leaves several groups on one core.
    busy_threads: 256,
    // About twice the cores of the largest laptop chips (M2 Max: 38).
    programs: 64,
    // A thread of a full group of 1024 has about 100 32-bit registers (208 KiB of registers per core); tiles take half, and
    // the rest holds addresses and vectors on their way.
    tile_registers: 64,
    // Longer bodies outgrow the instruction cache.
    max_unroll: 16,
    lanes_meet: Meeting::Subgroup,
    matrix: MATRIX,
    ahead: None,
};
