//! What calls mean: the codes that texts pass, and the instructions that they become.

use super::number::{Round, Type};
use super::span::Run;
use crate::ascend::machine::Pipe;

/// A call of the text, in the order of `headers/emu.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Exp,
    Ln,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Abs,
    Relu,
    Neg,
    Not,
    Copy,
    Add,
    Sub,
    Mul,
    Div,
    Max,
    Min,
    And,
    Or,
    ExpSub,
    MulAddDst,
    FusedMulAdd,
    Adds,
    Subs,
    Muls,
    Divs,
    DivOf,
    Maxs,
    Mins,
    ShiftLeft,
    ShiftRight,
    Axpy,
    Cast,
    Duplicate,
    Index,
    Compare,
    CompareScalar,
    Select,
    SelectScalar,
    WholeSum,
    WholeMax,
    WholeMin,
    BlockSum,
    BlockMax,
    BlockMin,
    Sum,
    MaxOf,
    MinOf,
    RowSum,
    RowMax,
    RowMin,
    RowArgMax,
    ColSum,
    ColMax,
    ColMin,
    Brcb,
    Gather,
    GatherBlocks,
    Transpose,
    Load,
    Store,
    Move,
    SetFlag,
    WaitFlag,
    Barrier,
    UbGet,
    UbSet,
    GmGet,
    BlockIdx,
    BlockNum,
    Init,
    Pipe,
    PipeEnd,
    Buffer,
    Tensor,
    EventTake,
    EventLook,
    EventGive,
}

impl Code {
    const ALL: [Code; 77] = [
        Code::Exp,
        Code::Ln,
        Code::Sqrt,
        Code::Rsqrt,
        Code::Reciprocal,
        Code::Abs,
        Code::Relu,
        Code::Neg,
        Code::Not,
        Code::Copy,
        Code::Add,
        Code::Sub,
        Code::Mul,
        Code::Div,
        Code::Max,
        Code::Min,
        Code::And,
        Code::Or,
        Code::ExpSub,
        Code::MulAddDst,
        Code::FusedMulAdd,
        Code::Adds,
        Code::Subs,
        Code::Muls,
        Code::Divs,
        Code::DivOf,
        Code::Maxs,
        Code::Mins,
        Code::ShiftLeft,
        Code::ShiftRight,
        Code::Axpy,
        Code::Cast,
        Code::Duplicate,
        Code::Index,
        Code::Compare,
        Code::CompareScalar,
        Code::Select,
        Code::SelectScalar,
        Code::WholeSum,
        Code::WholeMax,
        Code::WholeMin,
        Code::BlockSum,
        Code::BlockMax,
        Code::BlockMin,
        Code::Sum,
        Code::MaxOf,
        Code::MinOf,
        Code::RowSum,
        Code::RowMax,
        Code::RowMin,
        Code::RowArgMax,
        Code::ColSum,
        Code::ColMax,
        Code::ColMin,
        Code::Brcb,
        Code::Gather,
        Code::GatherBlocks,
        Code::Transpose,
        Code::Load,
        Code::Store,
        Code::Move,
        Code::SetFlag,
        Code::WaitFlag,
        Code::Barrier,
        Code::UbGet,
        Code::UbSet,
        Code::GmGet,
        Code::BlockIdx,
        Code::BlockNum,
        Code::Init,
        Code::Pipe,
        Code::PipeEnd,
        Code::Buffer,
        Code::Tensor,
        Code::EventTake,
        Code::EventLook,
        Code::EventGive,
    ];

    pub(crate) fn of(number: u32) -> Option<Code> {
        Code::ALL.get(number as usize).copied()
    }
}

/// Elementwise, one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Exp,
    Ln,
    Sqrt,
    /// Low precision.
    Rsqrt,
    /// A root and a division.
    InverseRoot,
    /// Low precision.
    Reciprocal,
    Abs,
    Relu,
    Neg,
    Not,
    Copy,
}

/// Elementwise, two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Max,
    Min,
    And,
    Or,
    /// `exp(a - b)`.
    ExpSub,
    /// `result + a * b`.
    MulAddDst,
    /// `result * a + b`.
    FusedMulAdd,
}

/// Elementwise, an operand and a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithScalar {
    Add,
    Sub,
    Mul,
    Div,
    /// `scalar / a`.
    DivOf,
    Max,
    Min,
    ShiftLeft,
    ShiftRight,
    /// `result + a * scalar`.
    Axpy,
}

/// A comparison, by the number that texts pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Lt,
    Gt,
    Eq,
    Le,
    Ge,
    Ne,
}

impl Compare {
    const ALL: [Compare; 6] = [Compare::Lt, Compare::Gt, Compare::Eq, Compare::Le, Compare::Ge, Compare::Ne];

    pub(crate) fn of(number: u64) -> Option<Compare> {
        Compare::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// What a reduction makes of many elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Max,
    Min,
}

/// What a reduction leaves of each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaves {
    Value,
    /// The place of the first extreme, by its bits.
    Index,
    /// The place of an extreme, of which nobody says which one: the last.
    AnyIndex,
    ValueIndex,
    IndexValue,
}

/// What an instruction does with its elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Unary(Unary),
    Binary(Binary),
    WithScalar(WithScalar, u64),
    Cast(Round),
    /// The same value everywhere.
    Fill(u64),
    /// Numbers from the first on, up or down.
    Index {
        first: u64,
        down: bool,
    },
    Compare(Compare),
    CompareScalar(Compare, u64),
    /// Operands: a mask of bits, elements for 1, elements for 0.
    Select,
    SelectScalar(u64),
    /// Elements of each group become one. `lanes` are the places of a group's elements, if they are not 0, 1, 2, ...
    Reduce {
        fold: Fold,
        group: usize,
        leaves: Leaves,
        lanes: Vec<u32>,
    },
    /// Rows become one row.
    Columns {
        fold: Fold,
        cols: usize,
    },
    /// Each element becomes a block.
    Spread,
    /// Elements, or blocks, at byte offsets of the first operand.
    Gather {
        base: u64,
        unit: usize,
    },
    /// Rows and columns of the operand change places.
    Transpose {
        rows: usize,
        cols: usize,
    },
    /// GM to UB or back.
    Copy(Box<Transfer>),
}

/// A copy between GM and UB: the bytes of both sides, in the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Transfer {
    pub(crate) gm: Vec<Run>,
    pub(crate) ub: Vec<Run>,
    /// Bytes of UB that get a value besides, and the value, repeated.
    pub(crate) pads: Vec<Run>,
    pub(crate) pad: Vec<u8>,
    /// Bytes of UB that get an unknown value.
    pub(crate) unknown: Vec<Run>,
}

/// Elements of an operand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lanes {
    pub(crate) ty: Type,
    pub(crate) runs: Vec<Run>,
}

/// An instruction of a pipe.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(crate) pipe: Pipe,
    pub(crate) kind: Kind,
    /// What it writes; for a copy from UB nothing.
    pub(crate) to: Lanes,
    /// What it reads; for a copy into UB nothing.
    pub(crate) from: Vec<Lanes>,
    /// What it writes on the way.
    pub(crate) scratch: Vec<Run>,
    /// Address behind the call.
    pub(crate) site: usize,
}

impl Kind {
    /// Whether the result's old elements are an operand.
    pub(crate) fn reads_result(&self) -> bool {
        match self {
            Kind::Binary(Binary::MulAddDst | Binary::FusedMulAdd) | Kind::WithScalar(WithScalar::Axpy, _) => true,
            Kind::Binary(_)
            | Kind::WithScalar(..)
            | Kind::Unary(_)
            | Kind::Cast(_)
            | Kind::Fill(_)
            | Kind::Index { .. }
            | Kind::Compare(_)
            | Kind::CompareScalar(..)
            | Kind::Select
            | Kind::SelectScalar(_)
            | Kind::Reduce { .. }
            | Kind::Columns { .. }
            | Kind::Spread
            | Kind::Gather { .. }
            | Kind::Transpose { .. }
            | Kind::Copy(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn headers_have_the_same_codes() {
        let header = include_str!("headers/emu.h");
        let (_, list) = header.split_once("enum __emu_code : uint32_t {").expect("the list");
        let (list, _) = list.split_once('}').expect("its end");
        let named: Vec<String> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(words).collect();
        let known: Vec<String> = Code::ALL.iter().map(|code| format!("{code:?}")).collect();
        assert_eq!(named, known);
    }

    fn words(name: &str) -> String {
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        name.trim_start_matches("__emu_").split('_').map(word).collect()
    }
}
