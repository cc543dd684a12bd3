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
}

impl Element {
    /// Bytes of one.
    pub fn bytes(self) -> u64 {
        match self {
            Element::F32 | Element::I32 | Element::U32 => 4,
            Element::Bf16 => 2,
        }
    }

    /// How intrinsics name it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Element::F32 => "f32",
            Element::Bf16 => "bf16",
            Element::I32 => "i32",
            Element::U32 => "u32",
        }
    }

    pub(super) fn of(tag: &str) -> Option<Element> {
        [Element::F32, Element::Bf16, Element::I32, Element::U32].into_iter().find(|element| element.tag() == tag)
    }

    pub(super) fn scalar(self) -> Ty {
        match self {
            Element::F32 => Ty::Float,
            Element::Bf16 => Ty::Bf16,
            Element::I32 => Ty::Int,
            Element::U32 => Ty::Uint,
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
    /// A parameter that names a tensor.
    Tensor,
    /// `int5`.
    Index,
    /// `float64`, `bfloat128`, `int64`, `uint64`.
    Vector(Element),
    /// `uchar256`, only as a map of shuffles.
    Bytes,
    /// `bool64`.
    Mask,
    /// `float128`.
    Pair,
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
            "tensor" => Ty::Tensor,
            "int5" => Ty::Index,
            "float64" => Ty::Vector(Element::F32),
            "bfloat128" => Ty::Vector(Element::Bf16),
            "int64" => Ty::Vector(Element::I32),
            "uint64" => Ty::Vector(Element::U32),
            "uchar256" => Ty::Bytes,
            "bool64" => Ty::Mask,
            "float128" => Ty::Pair,
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
            Ty::Tensor => "tensor",
            Ty::Index => "int5",
            Ty::Vector(Element::F32) => "float64",
            Ty::Vector(Element::Bf16) => "bfloat128",
            Ty::Vector(Element::I32) => "int64",
            Ty::Vector(Element::U32) => "uint64",
            Ty::Bytes => "uchar256",
            Ty::Mask => "bool64",
            Ty::Pair => "float128",
            Ty::IndexValue => "uint64_float64_pair_t",
            Ty::Address => "__global__ void *",
        }
    }

    /// Whether arrays of it lie in vector local memory.
    pub(super) fn is_vector(self) -> bool {
        match self {
            Ty::Vector(_) | Ty::Bytes | Ty::Mask | Ty::Pair | Ty::IndexValue => true,
            Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 => false,
            Ty::Tensor | Ty::Index | Ty::Address => false,
        }
    }

    /// Whether it is a whole number.
    pub(super) fn is_whole(self) -> bool {
        matches!(self, Ty::Bool | Ty::Int | Ty::Uint)
    }

    /// Members `v1` and `v2` of a pair.
    pub(super) fn members(self) -> Option<[Ty; 2]> {
        match self {
            Ty::Pair => Some([Ty::Vector(Element::F32); 2]),
            Ty::IndexValue => Some([Ty::Vector(Element::U32), Ty::Vector(Element::F32)]),
            Ty::Void | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float | Ty::Bf16 | Ty::Tensor | Ty::Index => None,
            Ty::Vector(_) | Ty::Bytes | Ty::Mask | Ty::Address => None,
        }
    }

    /// Bytes in an array of local memory; elements narrower than 32 bits are refused there (source: tpc_llvm, SemaRC99.cpp).
    pub(super) fn local_bytes(self) -> Option<u64> {
        match self {
            Ty::Int | Ty::Uint | Ty::Float => Some(4),
            Ty::Vector(_) | Ty::Bytes => Some(256),
            Ty::Pair | Ty::IndexValue => Some(512),
            Ty::Void | Ty::Bool | Ty::Bf16 | Ty::Tensor | Ty::Index | Ty::Mask | Ty::Address => None,
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name())
    }
}
