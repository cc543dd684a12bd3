//! Intrinsics and functions of the language that are known.

use super::ty::{Element, Ty};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arith {
    Add,
    Sub,
    Mul,
    Max,
    Min,
    And,
    Or,
    Shl,
    Shr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    Exp,
    ExpCephes,
    Reciprocal,
    Sqrt,
    Rsqrt,
    Log,
    Sin,
    Cos,
    Tanh,
    Sigmoid,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    IndexOffset,
    IndexSize,
    DimSize,
    Load(Element, bool),
    Store(Element, bool),
    Address,
    LoadScalar(Element),
    LoadBroadcast(Element),
    Arith(Element, Arith),
    Abs(Element),
    Mac(Element),
    MacWide,
    MulWide,
    Select(Element, Compare),
    Compare(Element, Compare),
    Move(Element),
    MoveMask(Element),
    Lanes,
    Widen(Element),
    Narrow(Element),
    ToFloat(Element),
    ToInt,
    ScalarWiden(Element),
    DualGroups(Element),
    DualGroup(Element),
    Groups(Element),
    Shuffle(Element),
    Reduce(Arith),
    ArgMax,
    Special(Special),
    /// To a whole number, by the switch of rounding.
    Nearby,
    /// The larger of two scalars if it holds, else the smaller.
    Extreme(Element, bool),
    Divide,
    /// The same bits.
    Bits,
    /// A semaphore: what orders loads behind stores.
    Semaphore,
    Invalidate,
    Flush,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    Of(Ty),
    /// A constant of `0..=last`.
    Small(i64),
    /// Constant switches of these bits.
    Switches(i64),
    /// Any vector of 256 bytes; any scalar of 32 bits.
    AnyVector,
    AnyScalar,
    /// The constant 0xFFFFFFFF: other masks of bytes are not known here.
    Ones,
    Predicate,
    Polarity,
}

/// A function's arguments; those behind `required` have defaults.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) call: Call,
    pub(super) params: Vec<Param>,
    pub(super) required: usize,
    pub(super) result: Ty,
}

/// `SW_RZ`, towards zero, and `SW_LINEAR`, lanes in order (source: tpc_llvm, tpc-defs.h).
pub(super) const SW_RZ: i64 = 1 << 16;
pub(super) const SW_LINEAR: i64 = 1 << 24;
/// All bits of the switch of rounding: nearest even, `SW_RZ`, `SW_RU`, `SW_RD`.
pub(super) const SW_ROUND: i64 = 3 << 16;
/// `SW_DEC` and `SW_VPU`, in whose places `SW_INC` and `SW_SPU` are 0; `SW_D`, the cache of scalar loads; the rest of a division.
pub(super) const SW_DEC: i64 = 1 << 8;
pub(super) const SW_VPU: i64 = 2 << 8;
pub(super) const SW_D: i64 = 2;
pub(super) const SW_DIV_MODE_MOD: i64 = 1;

impl Call {
    /// Whether the last two of so many arguments are a predicate and its polarity.
    pub(super) fn is_predicated(self, args: usize) -> bool {
        match self {
            Call::Load(..) | Call::Store(..) | Call::Arith(..) | Call::Abs(_) | Call::Mac(_) | Call::MacWide => true,
            Call::MulWide | Call::Select(..) | Call::Compare(..) | Call::Move(_) | Call::ToFloat(_) => true,
            Call::DualGroups(_) | Call::DualGroup(_) | Call::Groups(_) | Call::Shuffle(_) | Call::Nearby => true,
            Call::IndexOffset | Call::IndexSize | Call::DimSize | Call::Address | Call::LoadScalar(_) => false,
            Call::LoadBroadcast(_) | Call::MoveMask(_) | Call::Lanes | Call::Widen(_) | Call::Narrow(_) => false,
            Call::ScalarWiden(_) | Call::Reduce(_) | Call::ArgMax | Call::Special(_) => false,
            Call::Extreme(..) | Call::Divide | Call::Bits | Call::Semaphore | Call::Invalidate | Call::Flush => false,
            // `convert_float64_to_int64` has two arguments, `v_convert_f32_to_i32_b` the whole tail.
            Call::ToInt => args > 2,
        }
    }

    /// Whether the function looks tables up, which then lie in vector local memory: sines, exponentials and the like, and sums over
    /// lanes, which look their maps up (source: tpc_llvm, tpc-special.h and tpc-reduction_functions_core.h).
    pub(super) fn tables(self) -> bool {
        match self {
            Call::Special(Special::ExpCephes) => false,
            Call::Special(_) | Call::Reduce(_) | Call::ArgMax => true,
            Call::IndexOffset | Call::IndexSize | Call::DimSize | Call::Address | Call::LoadScalar(_) => false,
            Call::Load(..) | Call::Store(..) | Call::Arith(..) | Call::Abs(_) | Call::Mac(_) | Call::MacWide => false,
            Call::MulWide | Call::Select(..) | Call::Compare(..) | Call::Move(_) | Call::ToFloat(_) => false,
            Call::DualGroups(_) | Call::DualGroup(_) | Call::Groups(_) | Call::Shuffle(_) | Call::ToInt => false,
            Call::LoadBroadcast(_) | Call::MoveMask(_) | Call::Lanes | Call::Widen(_) | Call::Narrow(_) => false,
            Call::ScalarWiden(_) | Call::Nearby | Call::Extreme(..) | Call::Divide | Call::Bits => false,
            Call::Semaphore | Call::Invalidate | Call::Flush => false,
        }
    }
}
