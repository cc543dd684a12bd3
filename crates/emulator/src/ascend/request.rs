//! What a call of the text passes to the runtime; `headers/emu.h` has the same structures.

/// A tensor or tile as an operand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Operand {
    /// First byte: an offset in UB, or an address of GM.
    pub(crate) at: u64,
    /// Behind the last byte that belongs to it.
    pub(crate) end: u64,
    /// Distance of neighbours inside a repeat in blocks, or of columns in bytes.
    pub(crate) inner: u32,
    /// Distance of repeats in blocks, or of rows in bytes.
    pub(crate) outer: u32,
}

/// A call.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Request {
    /// [`Code`](super::op::Code).
    pub(crate) code: u32,
    /// Types of the result and of the operands.
    pub(crate) types: [u32; 2],
    /// How elements are counted.
    pub(crate) form: u32,
    /// Mask, or rows.
    pub(crate) mask: [u64; 2],
    /// Elements, repeats or columns.
    pub(crate) count: u64,
    /// Result.
    pub(crate) to: Operand,
    /// Operands.
    pub(crate) from: [Operand; 3],
    /// A scalar, by its bits.
    pub(crate) scalar: u64,
    /// What the code wants besides.
    pub(crate) extra: [u64; 6],
}
