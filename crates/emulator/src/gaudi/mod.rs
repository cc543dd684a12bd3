//! Runs TPC-C texts as a core of Intel Gaudi 2 would by its documents.
//!
//! # The model
//! A launch has an index space of up to 5 dimensions. Cores get rectangles of its members, in any split and order, and run `main` for each;
//! nothing orders two of them. A kernel sees tensors of 1 to 5 dimensions, dimension 0 fastest, through vectors of 256 bytes, scalars of
//! 32 bits, and its arrays in vector and scalar local memory, which hold nothing when it starts. A vector load reads along dimension 0; what
//! is behind the end of a tensor is 0 when read and dropped when written. Single elements are read through addresses.
//!
//! # What is checked
//! Before anything runs: words (literals without `f`), types (no lane of a vector, no division, constant subscripts of an `int5`,
//! no mixture of signs without a cast), every argument of every intrinsic with its immediates, sums of arrays (16 KiB of vector memory where
//! a function looks tables up), parameters. While it runs: element types, negative coordinates, addresses and indices outside, values that
//! nobody wrote, reads behind writes that nothing waits for, elements outside the host's access patterns, and with [`Checks::Memory`] members that meet.
//!
//! # What is not there
//! The preprocessor but pragmas of loops, arrays in functions, structures of the text, pointers but results of `gen_addr`; 16-bit whole
//! numbers; f16 and bytes but for loads, stores and conversions; comparisons and sums over lanes of bf16; predicates for lanes but in
//! `v_*_mov_vb`; partial accesses with an offset; stores of scalars, atomic adds, `v_*_ld_l`; Gaudi 3.
//!
//! # What is not known
//! Rounding inside `mac` (here once), the last bit of special functions, which lane of equals an argmax names (such a call is refused),
//! padding other than 0.
//!
//! Sources: tpc_llvm (clang/lib/Headers, clang/lib/Sema/SemaRC99.cpp, llvm/lib/Target/TPC/TPCSubtarget.h), and the pages TPC Programming
//! Model, TPC-C Language and TPC Coherency of docs.habana.ai.

mod calls;
mod error;
mod exec;
mod fault;
mod ir;
mod lex;
mod names;
mod parse;
mod program;
mod split;
mod ty;
mod value;

pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use program::{Program, check};
pub use ty::Element;

use crate::Arg;
#[cfg(doc)]
use crate::Checks;

/// Vector local memory of a core (source: tpc_llvm, TPCSubtarget.h).
pub const VLM_BYTES: u64 = 80 << 10;

/// What is left of it where a function looks tables up, which are kept there (source: tpc_llvm, TPCMemorySize.cpp).
pub const VLM_BYTES_WITH_TABLES: u64 = 16 << 10;

/// Scalar local memory of a core of Gaudi 2 (source: tpc_llvm, clang/lib/Basic/Targets/TPC.cpp).
pub const SLM_BYTES: u64 = 16 << 10;

/// Shape of a tensor; dimensions that it does not have are 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Element type.
    pub element: Element,
    /// Elements of each dimension, the fastest first.
    pub dims: [u32; 5],
}

/// What the host's part says that member `m` touches along one dimension of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anything: `allRequired`.
    All,
    /// Elements `a * m + start` to `a * m + end`, the last one too, for the member's place `m` along `dim` of the index space.
    Of {
        /// Dimension of the index space.
        dim: usize,
        /// Elements from one member to the next, at least 0.
        a: u32,
        /// First element of member 0.
        start: i32,
        /// Last element of member 0.
        end: i32,
    },
}

/// How the index space is given to cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Each member alone: every pair of members that meets is found.
    Members,
    /// One core has all.
    Whole,
    /// Rectangles and an order that a seed chooses.
    Random(u64),
}

/// One launch.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Members along each dimension, at least 1.
    pub index_space: [u32; 5],
    /// Shapes of the tensors, in the order of the parameters.
    pub tensors: &'a [Tensor],
    /// Access patterns of the tensors, in the same order, or nothing, and then they are not looked at. The compiler of graphs cuts tensors
    /// by them (source: Intel_Gaudi3_Software, tpc_kernel_lib_interface.h).
    pub access: &'a [[Access; 5]],
    /// Arguments in the order of the parameters: buffers for tensors, then scalars.
    pub args: &'a [Arg],
    /// Who runs which members.
    pub split: Split,
    /// Threads that run parts of the index space, where accesses of elements are not checked; else one.
    pub workers: usize,
}
