//! The numbers of a NeuronCore-v3 (Trainium2).

/// Partitions of SBUF and PSUM (source: aws-neuron-sdk, nki/guides/architecture/trainium2_arch.rst).
pub const PARTITIONS: u64 = 128;

/// Bytes of a partition of SBUF that a kernel may take: 224 KiB, of which the vendor's own kernels leave 16 (source: nki-library,
/// core/mlp/mlp_cte/mlp_cte_constants.py), rounded down.
pub const SBUF_BYTES: u64 = 207 * 1024;

/// Bytes of a bank of a partition of PSUM (source: as for [`PARTITIONS`]).
pub const BANK_BYTES: u64 = 2048;

/// Banks of PSUM (source: as above).
pub const BANKS: u64 = 8;

/// Columns of a stationary operand, which become partitions of the product (source: aws-neuron-sdk, nki/api/nki/isa/__init__.py,
/// nc_matmul).
pub const STATIONARY: u64 = 128;

/// Columns of a moving operand (source: as above).
pub const MOVING: u64 = 512;

/// Free axes of a pattern of an engine, and of a copy's side in SBUF (source: aws-neuron-sdk, nki/deep-dives/nki-aps.rst).
pub const FREE_AXES: usize = 3;

/// Elements that an axis of a pattern may have: 16 bits (source: as above).
pub const AXIS_ELEMENTS: u64 = 65_535;

/// Step of an axis of a pattern in elements: 16 bits with a sign (source: as above).
pub const AXIS_STEP: u64 = 32_767;

/// Integers up to this size are exact in `f32`, in which engines compute.
pub const EXACT: i64 = 1 << 24;

/// Instructions after which loops of the compiler become loops of the run. The documents give no limit; a user's report has compile
/// times of hours at 14 thousand (source: aws-neuron-sdk, issue 1374).
pub const UNROLLED: u64 = 4096;

/// Instructions above which a kernel is refused: texts that the compiler would take days for.
pub const MOST_UNROLLED: u64 = 65_536;
