//! The dialect: CUDA C++ as the MUSA compiler takes it, without inline assembly.

use emit_simt::cuda_like::words;
use emit_simt::{CudaLike, Facts, HalfForm};

use crate::{limits, names};

/// MUSA C++.
pub(crate) const DIALECT: CudaLike = CudaLike {
    facts: Facts {
        target: crate::TARGET,
        language: "MUSA C++17",
        extension: names::EXTENSION,
        reserved: &[words::CPP, words::CALLED, words::DEVICE, words::HELPERS, names::WORDS],
        reserved_entries: words::C_FUNCTIONS,
        u64_suffix: "ull",
        max_unroll: limits::TARGET.max_unroll,
        max_full_unroll: limits::TARGET.max_unroll,
        matrix: limits::TARGET.matrix,
        static_shared: limits::TARGET.shared_bytes,
        maths: &words::MATHS,
    },
    includes: &["#include <musa_runtime.h>"],
    half: HalfForm::Integer,
    early: false,
    subgroup: "group",
};
