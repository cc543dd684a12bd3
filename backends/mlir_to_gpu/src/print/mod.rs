//! The dialect: CUDA C++ with inline PTX.

use emit_simt::cuda_like::words;
use emit_simt::{CudaLike, Facts, HalfForm};

use crate::{limits, names};

/// CUDA C++.
pub(crate) const DIALECT: CudaLike = CudaLike {
    facts: Facts {
        target: crate::TARGET,
        language: "CUDA C++ 13.0",
        extension: names::EXTENSION,
        reserved: &[words::CPP, words::CALLED, words::DEVICE, words::HELPERS, names::WORDS],
        reserved_entries: words::C_FUNCTIONS,
        u64_suffix: "ull",
        max_unroll: limits::TARGET.max_unroll,
        max_full_unroll: u32::MAX,
        matrix: limits::MATRIX,
        static_shared: limits::STATIC_SHARED,
        maths: &words::MATHS,
    },
    includes: &[],
    half: HalfForm::Ptx,
    early: true,
    subgroup: "warp",
};
