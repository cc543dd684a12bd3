//! Runs designs for the NPU of Ryzen AI (AIE2P, IRON 1.4) by the documents: a Python text that moves data and places work, and a C++ text
//! of core functions.
//!
//! # The model
//! clang compiles the core functions against an AIE API of our own, where a vector is a loop over lanes. A Python interpreter executes the
//! design against an `aie.iron` of our own, in which workers and the sequence are threads, one of which runs until it waits, FIFOs have
//! the buffers that they ask for and the DMAs between them move an object as soon as there is one and room for it. The workers call the
//! compiled functions. Memory of a core holds NaN at first, and again when a producer acquires an object.
//!
//! # What is checked
//! When a design is resolved: channels of cores (two in, two out), memory tiles and shim tiles, bytes of data memory with stack and static
//! variables, parts that tile their object, limits of access patterns, types declared in the design against those of the C++ text. While it
//! runs: bounds, alignment and written bytes of every access of a core function, objects used after their release, calls against declarations,
//! balance of acquire and release, transfers that nothing waits for, host elements that are read or written while a drain is on its way to
//! them, descriptors. If every thread waits and the run is not over, that is a deadlock and told as one: nothing is timed.
//! Afterwards: objects that the next run would find.
//!
//! # What is not there
//! Core functions: products of integers, `mmul`, lookup tables, `max_cmp`, iterators, cascades. Their speed: scalar float arithmetic,
//! missing `__restrict` and promised trip counts pass. Accuracy of native `inv`, `invsqrt` and `tanh` is not published; they are rounded once.
//! Designs: `@iron.jit`, scratchpad parameters, placement (every FIFO of a core counts as streamed, also one that neighbours could share;
//! transfers are counted over all shim tiles), program memory, locks, banks. Conditions of a body on what a core computes cannot be written in
//! IRON; loops with `range_` are executed here, not traced, so that a body which keeps Python state between rounds is not noticed. A core
//! function that leaves one object for the next of the same FIFO is not noticed if it was given both.
//!
//! Sources: mlir-aie, AIETargetModel.h, AIEXDialect.cpp, python/iron; aie_api headers; AMD AM027 and UG1603.

mod build;
mod error;
mod fault;
mod program;
mod python;

pub use error::Error;
pub use fault::{Fault, FaultKind, File};
pub use program::{Program, check};

use crate::Arg;

/// The two texts of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Texts<'a> {
    /// `design.py`: Python, IRON 1.4.
    pub design: &'a str,
    /// `kernels.cc`: C++20, core functions.
    pub kernels: &'a str,
}

/// One run of the sequence.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Arguments in the order of the types among the sequence's arguments. Buffers are rounded up to whole words of four bytes.
    pub args: &'a [Arg],
    /// A run that takes longer is ended: a core function may loop for ever.
    pub seconds: u64,
}
