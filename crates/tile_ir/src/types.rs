//! Types of values; those of elements and memory are [`view_types`].

use std::fmt;

pub use view_types::{Elem, MAX_RANK, Shape};

/// Type of a value: a scalar (rank 0) or a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Element type.
    pub elem: Elem,
    /// Shape; rank 0 is a scalar.
    pub shape: Shape,
}

impl Type {
    /// `i1` scalar.
    pub const BOOL: Type = Type::scalar(Elem::I1);
    /// `index` scalar.
    pub const INDEX: Type = Type::scalar(Elem::Index);
    /// `f32` scalar.
    pub const F32: Type = Type::scalar(Elem::F32);
    /// `i32` scalar.
    pub const I32: Type = Type::scalar(Elem::I32);

    /// A scalar type.
    pub const fn scalar(elem: Elem) -> Type {
        Type { elem, shape: Shape::SCALAR }
    }

    /// A tile type, or `None` above [`MAX_RANK`] dimensions.
    pub fn tile(elem: Elem, dims: &[u64]) -> Option<Type> {
        Some(Type { elem, shape: Shape::new(dims)? })
    }

    /// Whether it is a scalar.
    pub const fn is_scalar(&self) -> bool {
        self.shape.rank() == 0
    }

    /// The same shape with another element type.
    pub const fn with_elem(self, elem: Elem) -> Type {
        Type { elem, shape: self.shape }
    }

    /// The same element type with another shape.
    pub const fn with_shape(self, shape: Shape) -> Type {
        Type { elem: self.elem, shape }
    }
}

impl fmt::Display for Type {
    /// MLIR's spelling: `f32`, `vector<16x1536xbf16>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_scalar() { write!(f, "{}", self.elem) } else { write!(f, "vector<{}x{}>", self.shape, self.elem) }
    }
}
