//! What an SSA value holds while a program runs.

use std::rc::Rc;

use half::{bf16, f16};

use crate::types::{Elem, Type};

/// Elements of a tile. Floats of every width are held as `f32`, integers sign-extended to `i64` (`i1`: 0 or 1).
#[derive(Clone, Debug)]
pub(super) enum Data {
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

/// A scalar or a tile; shapes and element types are the kernel's.
#[derive(Clone, Debug)]
pub(super) enum Val {
    Float(f32),
    Int(i64),
    Floats(Rc<Vec<f32>>),
    Ints(Rc<Vec<i64>>),
}

impl Val {
    /// A value of type `ty` from its elements.
    pub(super) fn new(ty: Type, data: Data) -> Val {
        match data {
            Data::Floats(v) if ty.is_scalar() => Val::Float(v.first().copied().unwrap_or(f32::NAN)),
            Data::Ints(v) if ty.is_scalar() => Val::Int(v.first().copied().unwrap_or(0)),
            Data::Floats(v) => Val::Floats(Rc::new(v)),
            Data::Ints(v) => Val::Ints(Rc::new(v)),
        }
    }

    /// Elements of a float value; none for an integer.
    pub(super) fn floats(&self) -> &[f32] {
        match self {
            Val::Float(x) => std::slice::from_ref(x),
            Val::Floats(v) => v,
            Val::Int(_) | Val::Ints(_) => &[],
        }
    }

    /// Elements of an integer value; none for a float.
    pub(super) fn ints(&self) -> &[i64] {
        match self {
            Val::Int(x) => std::slice::from_ref(x),
            Val::Ints(v) => v,
            Val::Float(_) | Val::Floats(_) => &[],
        }
    }

    /// An integer scalar's number.
    pub(super) fn int(&self) -> i64 {
        self.ints().first().copied().unwrap_or(0)
    }

    /// The same elements picked by number: element `i` of the result is element `pick[i]` of this.
    pub(super) fn pick(&self, ty: Type, pick: impl Iterator<Item = usize>) -> Val {
        let data = match self {
            Val::Float(_) | Val::Floats(_) => {
                let from = self.floats();
                Data::Floats(pick.map(|i| from[i]).collect())
            }
            Val::Int(_) | Val::Ints(_) => {
                let from = self.ints();
                Data::Ints(pick.map(|i| from[i]).collect())
            }
        };
        Val::new(ty, data)
    }
}

/// Rounds the result of an `f32` operation to a float type.
pub(super) fn round(elem: Elem, x: f32) -> f32 {
    match elem {
        Elem::F16 => f16::from_f32(x).to_f32(),
        Elem::Bf16 => bf16::from_f32(x).to_f32(),
        Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => x,
    }
}

/// Cuts the result of an integer operation to its width, sign-extended again (`i1`: 0 or 1).
pub(super) fn wrap(elem: Elem, x: i64) -> i64 {
    match elem {
        Elem::I1 => x & 1,
        Elem::I8 => i64::from(x as i8),
        Elem::I32 => i64::from(x as i32),
        Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => x,
    }
}

/// The number that an integer is if read as unsigned.
pub(super) fn unsigned(elem: Elem, x: i64) -> u64 {
    match elem {
        Elem::I1 => (x & 1) as u64,
        Elem::I8 => u64::from(x as u8),
        Elem::I32 => u64::from(x as u32),
        Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => x as u64,
    }
}

/// The number that an integer is if read as signed: differs from what is held for `i1` only, where true is -1.
pub(super) fn signed(elem: Elem, x: i64) -> i64 {
    if elem == Elem::I1 { -(x & 1) } else { x }
}

/// Width in bits.
pub(super) fn width(elem: Elem) -> u64 {
    if elem == Elem::I1 { 1 } else { elem.bits() }
}
