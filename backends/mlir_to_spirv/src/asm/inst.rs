//! Instructions.

use std::fmt::Debug;

use spirv::Op;

/// An identifier: an index into the module's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(pub(super) u32);

/// An operand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operand {
    /// An identifier.
    Id(Id),
    /// A number of 32 bits.
    Word(u32),
    /// A number of 64 bits.
    Wide(u64),
    /// Bits of an f32.
    Float(u32),
    /// A string.
    Text(String),
    /// A word with a name in the language.
    Name(String, u32),
}

/// Words that have names.
pub(crate) trait Enumerant: Debug + Copy {
    /// The word.
    fn word(self) -> u32;
}

macro_rules! enumerants {
    ($($ty:ty),+) => {
        $(impl Enumerant for $ty {
            fn word(self) -> u32 {
                self as u32
            }
        })+
    };
}

enumerants!(
    spirv::AddressingModel,
    spirv::BuiltIn,
    spirv::Capability,
    spirv::Decoration,
    spirv::ExecutionMode,
    spirv::ExecutionModel,
    spirv::GlslStd450Op,
    spirv::GroupOperation,
    spirv::MemoryModel,
    Op,
    spirv::StorageClass
);

impl Operand {
    /// A word by its name.
    pub(crate) fn of(value: impl Enumerant) -> Operand {
        Operand::Name(format!("{value:?}"), value.word())
    }

    /// No bits of a mask.
    pub(crate) fn none() -> Operand {
        Operand::Name("None".to_owned(), 0)
    }
}

impl From<Id> for Operand {
    fn from(id: Id) -> Operand {
        Operand::Id(id)
    }
}

/// An instruction.
#[derive(Clone, Debug)]
pub(crate) struct Inst {
    pub(super) op: Op,
    /// Type of the result.
    pub(super) ty: Option<Id>,
    pub(super) result: Option<Id>,
    pub(super) operands: Vec<Operand>,
}

impl Inst {
    /// An instruction without result.
    pub(crate) fn new<const N: usize>(op: Op, operands: [Operand; N]) -> Inst {
        Inst { op, ty: None, result: None, operands: operands.into() }
    }

    /// An instruction with a result, and a type unless it makes one or is a label.
    pub(crate) fn result(op: Op, ty: Option<Id>, result: Id, operands: Vec<Operand>) -> Inst {
        Inst { op, ty, result: Some(result), operands }
    }

    /// Further operands.
    pub(crate) fn with(mut self, operands: impl IntoIterator<Item = Operand>) -> Inst {
        self.operands.extend(operands);
        self
    }
}
