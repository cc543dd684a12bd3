//! File names and reserved words.

/// Extension of the files.
pub const EXTENSION: &str = "mlu";

/// The array of a core's local memory, and what operations use beside the buffers.
pub const NRAM: &str = "nram";
/// See [`crate::limits::SCRATCH`].
pub const SCRATCH: &str = "scratch";

/// Names of a task and of its core, which are keywords.
pub const BUILTINS: &[&str] = &[
    "clusterDim",
    "clusterId",
    "coreDim",
    "coreId",
    "taskDim",
    "taskDimX",
    "taskDimY",
    "taskDimZ",
    "taskId",
    "taskIdX",
    "taskIdY",
    "taskIdZ",
];

/// Types and macros of the headers, and what texts define themselves. Names with two underscores in front are never made.
pub const WORDS: &[&str] = &[
    "CNRT_CHECK",
    "FUSION_FMA",
    "GDRAM2NRAM",
    "NPTR",
    "NRAM2GDRAM",
    "NRAM2NRAM",
    "NULL",
    "WPTR",
    "bang",
    "bfloat16_t",
    "dim3",
    "half",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intptr_t",
    "mluFusionOpCode",
    "mluMemcpyDirection_t",
    "nram",
    "ptrdiff_t",
    "scratch",
    "size_t",
    "std",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
];

/// Functions that scalar code calls or that the headers declare without underscores.
pub const CALLED: &[&str] = &[
    "abs",
    "acosf",
    "asinf",
    "atan2f",
    "atanf",
    "ceilf",
    "copysignf",
    "cosf",
    "coshf",
    "exp2f",
    "expf",
    "expm1f",
    "fabsf",
    "fmaxf",
    "fminf",
    "isinf",
    "isnan",
    "log10f",
    "log1pf",
    "log2f",
    "max",
    "min",
    "powf",
    "roundf",
    "sinf",
    "sinhf",
    "sqrtf",
    "tanf",
    "truncf",
];
