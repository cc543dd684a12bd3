//! Limits of this target, as data.

/// Most scratch bytes one program of a kernel may use: what stays in a core's second-level cache beside the streams.
pub const MAX_SCRATCH_BYTES: u64 = 256 << 10;

/// Largest tile, in bytes, that is kept in scratch only to avoid computing it again. A tile that must be kept
/// (a loop-carried value, a product) may be larger.
pub const MAX_OPTIONAL_TILE_BYTES: u64 = 64 << 10;

/// Alignment of the scratch buffer and of each tile in it, in bytes: one cache line.
pub const SCRATCH_ALIGN: u64 = 64;

/// Longest chain of operations evaluated per element before a tile is kept in scratch. Bounds the depth of
/// recursion of the lowering.
pub const MAX_CHAIN: u32 = 40;

/// Most machine-level operations emitted for one kernel; a kernel above it would take minutes to compile.
pub const MAX_EMITTED: u64 = 400_000;

/// Most elements of a constant tile that has no pattern.
pub const MAX_DENSE_ELEMENTS: u64 = 1 << 20;
