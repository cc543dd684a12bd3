//! What the IR, test cases and whoever runs them say of a view alike: element type, shape, access.

use std::fmt;

/// Element type. Integers are signless, as in MLIR: signedness belongs to operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Elem {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// One bit: comparison results, masks, conditions.
    I1,
    /// 8-bit integer.
    I8,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// Sizes and offsets in elements; 64 bits in the interpreter. Never stored in memory.
    Index,
}

impl Elem {
    /// Every element type.
    pub const ALL: &'static [Elem] =
        &[Elem::F32, Elem::F16, Elem::Bf16, Elem::I1, Elem::I8, Elem::I32, Elem::I64, Elem::Index];

    /// Bits in memory; `Index` counts as 64, `I1` as 8 (one byte per element).
    pub const fn bits(self) -> u64 {
        match self {
            Elem::I1 | Elem::I8 => 8,
            Elem::F16 | Elem::Bf16 => 16,
            Elem::F32 | Elem::I32 => 32,
            Elem::I64 | Elem::Index => 64,
        }
    }

    /// Bytes in memory.
    pub const fn bytes(self) -> u64 {
        self.bits() / 8
    }

    /// Whether it is a floating-point type.
    pub const fn is_float(self) -> bool {
        match self {
            Elem::F32 | Elem::F16 | Elem::Bf16 => true,
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => false,
        }
    }

    /// Whether it is an integer type, `I1` and `Index` included.
    pub const fn is_int(self) -> bool {
        !self.is_float()
    }

    /// MLIR's spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Elem::F32 => "f32",
            Elem::F16 => "f16",
            Elem::Bf16 => "bf16",
            Elem::I1 => "i1",
            Elem::I8 => "i8",
            Elem::I32 => "i32",
            Elem::I64 => "i64",
            Elem::Index => "index",
        }
    }

    /// The element type with MLIR's spelling `name`.
    pub fn from_name(name: &str) -> Option<Elem> {
        Elem::ALL.iter().copied().find(|elem| elem.name() == name)
    }
}

impl fmt::Display for Elem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Most dimensions a tile or view may have.
pub const MAX_RANK: usize = 4;

/// Static shape of at most [`MAX_RANK`] dimensions, outermost first. Rank 0 is a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Shape {
    rank: u8,
    dims: [u64; MAX_RANK],
}

impl Shape {
    /// The scalar shape.
    pub const SCALAR: Shape = Shape { rank: 0, dims: [0; MAX_RANK] };

    /// A shape with these dimensions, or `None` above [`MAX_RANK`] dimensions.
    pub fn new(dims: &[u64]) -> Option<Shape> {
        let mut shape = Shape::SCALAR;
        shape.dims.get_mut(..dims.len())?.copy_from_slice(dims);
        shape.rank = dims.len() as u8;
        Some(shape)
    }

    /// Number of dimensions.
    pub const fn rank(&self) -> usize {
        self.rank as usize
    }

    /// The dimensions, outermost first.
    pub fn dims(&self) -> &[u64] {
        &self.dims[..self.rank as usize]
    }

    /// Number of elements (1 for a scalar); saturates.
    pub fn count(&self) -> u64 {
        self.dims().iter().fold(1, |n, &d| n.saturating_mul(d))
    }

    /// Row-major strides in elements, outermost first.
    pub fn strides(&self) -> Vec<u64> {
        let mut strides = vec![1; self.rank()];
        for d in (0..self.rank().saturating_sub(1)).rev() {
            strides[d] = strides[d + 1] * self.dims[d + 1];
        }
        strides
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Shape {
    /// `16x1536`; a scalar prints as nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, dim) in self.dims().iter().enumerate() {
            if i > 0 {
                f.write_str("x")?;
            }
            write!(f, "{dim}")?;
        }
        Ok(())
    }
}

/// What a kernel may do with a view parameter, for the whole launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Only read; nothing writes it during the launch.
    Read,
    /// Only read; nothing in the whole program writes it: may be prefetched before earlier launches end, and repacked
    /// by the host.
    Weights,
    /// Written (and possibly read back) by its owners only.
    Write,
}

impl Access {
    /// Spelling in the `tenfold.access` attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Weights => "weights",
            Access::Write => "write",
        }
    }

    /// The access with this spelling.
    pub fn from_name(name: &str) -> Option<Access> {
        [Access::Read, Access::Weights, Access::Write].into_iter().find(|access| access.name() == name)
    }
}
