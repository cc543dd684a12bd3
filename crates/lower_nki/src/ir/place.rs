//! Where operands are: patterns of elements in SBUF, PSUM and HBM.

use tile_ir::Elem;

use super::expr::Expr;
use super::program::Tile;

/// Element types of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dtype {
    /// `nl.float32`.
    F32,
    /// `nl.bfloat16`.
    Bf16,
    /// `nl.float16`.
    F16,
    /// `nl.int32`.
    I32,
    /// `nl.uint32`.
    U32,
    /// `nl.int8`.
    I8,
    /// `nl.uint8`: masks, 0 and 1.
    U8,
}

impl Dtype {
    /// Name in `nki.language`.
    pub const fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "float32",
            Dtype::Bf16 => "bfloat16",
            Dtype::F16 => "float16",
            Dtype::I32 => "int32",
            Dtype::U32 => "uint32",
            Dtype::I8 => "int8",
            Dtype::U8 => "uint8",
        }
    }

    /// Bytes of an element.
    pub const fn bytes(self) -> u64 {
        match self {
            Dtype::F32 | Dtype::I32 | Dtype::U32 => 4,
            Dtype::Bf16 | Dtype::F16 => 2,
            Dtype::I8 | Dtype::U8 => 1,
        }
    }

    /// Whether it is a float.
    pub const fn is_float(self) -> bool {
        match self {
            Dtype::F32 | Dtype::Bf16 | Dtype::F16 => true,
            Dtype::I32 | Dtype::U32 | Dtype::I8 | Dtype::U8 => false,
        }
    }

    /// Whether it is a 32-bit integer, on which instructions may be exact.
    pub const fn is_wide(self) -> bool {
        matches!(self, Dtype::I32 | Dtype::U32)
    }

    /// That of elements of a view in memory; `None` for 64 bits.
    pub const fn of_view(elem: Elem) -> Option<Dtype> {
        match elem {
            Elem::F32 => Some(Dtype::F32),
            Elem::Bf16 => Some(Dtype::Bf16),
            Elem::F16 => Some(Dtype::F16),
            Elem::I1 => Some(Dtype::U8),
            Elem::I8 => Some(Dtype::I8),
            Elem::I32 => Some(Dtype::I32),
            Elem::I64 | Elem::Index => None,
        }
    }

    /// That of tiles which hold elements of this type; wider integers are held in 32 bits where that is enough.
    pub const fn held(elem: Elem) -> Dtype {
        match elem {
            Elem::F32 => Dtype::F32,
            Elem::Bf16 => Dtype::Bf16,
            Elem::F16 => Dtype::F16,
            Elem::I1 => Dtype::U8,
            Elem::I8 => Dtype::I8,
            Elem::I32 | Elem::I64 | Elem::Index => Dtype::I32,
        }
    }
}

/// Elements of a tile: `parts` partitions from `part` on, and in each of them the pattern `dims` of (step, count) pairs from element
/// `offset` on, the outermost first. A step of 0 repeats elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Tile.
    pub tile: Tile,
    /// First partition.
    pub part: u64,
    /// Partitions.
    pub parts: u64,
    /// First element of a partition.
    pub offset: Expr,
    /// Pattern of a partition.
    pub dims: Vec<(u64, u64)>,
}

impl Span {
    /// Elements of a partition.
    pub fn free(&self) -> u64 {
        self.dims.iter().map(|(_, count)| count).product()
    }

    /// Elements.
    pub fn count(&self) -> u64 {
        self.parts * self.free()
    }

    /// Without axes of one element, and neighbours that are one axis as one.
    pub fn merged(&self) -> Vec<(u64, u64)> {
        merged(&self.dims)
    }
}

/// A pattern without axes of one element, and neighbours that are one axis as one.
pub(crate) fn merged(dims: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for &(step, count) in dims {
        if count == 1 {
            continue;
        }
        match merged.last_mut() {
            Some(last) if last.0 == step * count => *last = (step, last.1 * count),
            Some(_) | None => merged.push((step, count)),
        }
    }
    merged
}

/// A tensor in HBM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Base {
    /// A parameter: an index into [`super::Program::params`].
    Param(usize),
    /// A private tensor.
    Scratch(Tile),
}

/// What the run adds to an address: `index * product of the sizes behind axis dim`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dynamic {
    /// One element of type `i32`.
    pub index: Span,
    /// Axis of the tensor.
    pub dim: usize,
}

/// Elements of a tensor in HBM: the pattern `dims` of (step, count) pairs from element `offset` on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hbm {
    /// Tensor.
    pub base: Base,
    /// First element.
    pub offset: Expr,
    /// Pattern; a step of 0 repeats elements.
    pub dims: Vec<(u64, u64)>,
    /// What the run adds.
    pub dynamic: Option<Dynamic>,
}

/// A side of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mem {
    /// In SBUF.
    Chip(Span),
    /// In HBM.
    Hbm(Hbm),
}

impl Mem {
    /// Sizes of its axes.
    pub fn shape(&self) -> Vec<u64> {
        match self {
            Mem::Chip(span) => std::iter::once(span.parts).chain(span.dims.iter().map(|dim| dim.1)).collect(),
            Mem::Hbm(hbm) => hbm.dims.iter().map(|dim| dim.1).collect(),
        }
    }
}
