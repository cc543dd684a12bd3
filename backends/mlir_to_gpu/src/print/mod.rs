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
        reserved: &[words::CPP, words::C_FUNCTIONS, words::DEVICE, words::HELPERS, names::WORDS],
        u64_suffix: "ull",
        max_unroll: limits::TARGET.max_unroll,
        matrix: limits::MATRIX,
        static_shared: limits::STATIC_SHARED,
        maths: &words::MATHS,
    },
    includes: &[],
    half: HalfForm::Ptx,
    subgroup: "warp",
};
