//! Types of the language that are known here.

use std::fmt;

/// Element of a vector or tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    /// `float`.
    F32,
    /// `bf16`.
    Bf16,
    /// `int32_t`.
    I32,
    /// `uint32_t`.
    U32,
    /// `half`.
    F16,
    /// `int8_t`; bytes of truths too.
    I8,
}

impl Element {
    /// Bytes of one.
    pub fn bytes(self) -> u64 {
        match self {
            Element::F32 | Element::I32 | Element::U32 => 4,
            Element::Bf16 | Element::F16 => 2,
            Element::I8 => 1,
        }
    }

    /// How intrinsics name it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Element::F32 => "f32",
            Element::Bf16 => "bf16",
            Element::I32 => "i32",
            Element::U32 => "u32",
            Element::F16 => "f16",
            Element::I8 => "i8",
        }
    }

    pub(super) fn of(tag: &str) -> Option<Element> {
        let all = [Element::F32, Element::Bf16, Element::I32, Element::U32, Element::F16, Element::I8];
        all.into_iter().find(|element| element.tag() == tag)
    }

    /// Lanes of a vector.
    pub(super) fn lanes(self) -> usize {
        256 / self.bytes() as usize
    }

    pub(super) fn scalar(self) -> Ty {
        match self {
            Element::F32 => Ty::Float,
            Element::Bf16 => Ty::Bf16,
            // Bytes are computed with as integers.
            Element::I32 | Element::I8 => Ty::Int,
            Element::U32 => Ty::Uint,
            Element::F16 => Ty::Half,
        }
    }
}

/// Type of a value. `int64` has 64 lanes of 32 bits (source: tpc_llvm, tpc-defs.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ty {
    Void,
    Bool,
    Int,
    Uint,
    Float,
    Bf16,
    Half,
    /// A parameter that names a tensor.
    Tensor,
    /// `int5`.
    Index,
    /// `float64`, `bfloat128`, `int64`, `uint64`, `half128`, `char256`.
    Vector(Element),
    /// `uchar256`, only as a map of shuffles.
    Bytes,
    /// `bool64`.
    Mask,
    /// `float128`.
    Pair,
    /// `int256`.
    Quad,
    /// `uint64_float64_pair_t`.
    IndexValue,
    /// What `gen_addr` gives.
    Address,
}

impl Ty {
    /// The type of a word of the text.
    pub(super) fn of(word: &str) -> Option<Ty> {
        Some(match word {
            "void" => Ty::Void,
            "bool" | "_Bool" => Ty::Bool,
            "int" | "int32_t" => Ty::Int,
            "unsigned" | "uint32_t" => Ty::Uint,
            "float" => Ty::Float,
            "bf16" => Ty::Bf16,
            "half" => Ty::Half,
            "tensor" => Ty::Tensor,
            "int5" => Ty::Index,
            "float64" => Ty::Vector(Element::F32),
            "bfloat128" => Ty::Vector(Element::Bf16),
            "int64" => Ty::Vector(Element::I32),
            "uint64" => Ty::Vector(Element::U32),
            "half128" => Ty::Vector(Element::F16),
            "char256" => Ty::Vector(Element::I8),
            "uchar256" => Ty::Bytes,
            "bool64" => Ty::Mask,
            "float128" => Ty::Pair,
            "int256" => Ty::Quad,
            "uint64_float64_pair_t" => Ty::IndexValue,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Ty::Void => "void",
            Ty::Bool => "bool",
            Ty::Int => "int",
            Ty::Uint => "unsigned",
            Ty::Float => "float",
            Ty::Bf16 => "bf16",
            Ty::Half => "half",
            Ty::Tensor => "tensor",
            Ty::Index => "int5",
            Ty::Vector(Element::F32) => "float64",
            Ty::Vector(Element::Bf16) => "bfloat128",
            Ty::Vector(Element::I32) => "int64",
            Ty::Vector(Element::U32) => "uint64",
            Ty::Vector(Element::F16) => "half128",
            Ty::Vector(Element::I8) => "char256",
            Ty::Bytes => "uchar256",
            Ty::Mask => "bool64",
            Ty::Pair => "float128",
            Ty::Quad => "int256",
            Ty::IndexValue => "uint64_float64_pair_t",
            Ty::Address => "__global__ void *",
        }
    }

    /// Whether arrays of it lie in vector local memory.
    pub(super) fn is_vector(self) -> bool {
        match self {
            Ty::Vector(_) | Ty::Bytes | Ty::Mask | Ty::Pair | Ty::Quad | Ty::IndexValue => true,
            Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Half => false,
            Ty::Tensor | Ty::Index | Ty::Address => false,
        }
    }

    /// Whether it is a whole number.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Ty::Bool | Ty::Int | Ty::Uint)
    }

    /// Members `v1`, `v2` and on of a structure; none of other types.
    pub(super) fn members(self) -> &'static [Ty] {
        const WORDS: Ty = Ty::Vector(Element::I32);
        match self {
            Ty::Pair => &[Ty::Vector(Element::F32), Ty::Vector(Element::F32)],
            Ty::Quad => &[WORDS, WORDS, WORDS, WORDS],
            Ty::IndexValue => &[Ty::Vector(Element::U32), Ty::Vector(Element::F32)],
            Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Half | Ty::Tensor | Ty::Index => &[],
            Ty::Vector(_) | Ty::Bytes | Ty::Mask | Ty::Address => &[],
        }
    }

    /// Bytes in an array of local memory; elements narrower than 32 bits are refused there (source: tpc_llvm, SemaRC99.cpp).
    pub(super) fn local_bytes(self) -> Option<u64> {
        match self {
            Ty::Int | Ty::Uint | Ty::Float => Some(4),
            Ty::Vector(_) | Ty::Bytes => Some(256),
            Ty::Pair | Ty::IndexValue => Some(512),
            Ty::Quad => Some(1024),
            Ty::Void | Ty::Bool | Ty::Bf16 | Ty::Half | Ty::Tensor | Ty::Index | Ty::Mask | Ty::Address => None,
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name())
    }
}
