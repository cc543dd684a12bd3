//! Element types.
//!
//! Rust has no stable 16-bit floats, so `bf16` and `f16` are markers: they name how a tile or view stores its
//! elements and are never held as Rust values. A single element of either is an `f32` in kernel code.

use crate::abi::ElemCode;
use crate::intrinsics::Raw;
use crate::raw::intrinsic;

mod sealed {
    pub trait Sealed {}
}

/// bfloat16: 8 exponent and 7 fraction bits.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct bf16(());

/// IEEE binary16: 5 exponent and 10 fraction bits.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug)]
pub struct f16(());

/// Element type of a tile.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element type",
    label = "tiles and views hold `f32`, `bf16`, `f16`, `i8`, `i32`, `u32` or `bool`"
)]
pub trait Elem: sealed::Sealed + Copy + 'static {
    /// Number of this type in the intrinsics.
    const CODE: ElemCode;
    /// Rust type of one element in kernel code; `f32` for every float.
    type Scalar: Copy;
    /// Zero, or `false`.
    const ZERO: Self::Scalar;
    /// A tile with every element `value`.
    #[doc(hidden)]
    fn splat(value: Self::Scalar, b: usize, r: usize, c: usize) -> Raw;
}

/// Element types that numbers are made of: all but `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number type",
    label = "arithmetic needs numbers; masks combine with `&`, `|`, `^` and `!`"
)]
pub trait Number: Elem {}

/// Element types that views may hold: all but `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in memory",
    label = "views hold `f32`, `bf16`, `f16`, `i8`, `i32` or `u32`",
    note = "store a mask as numbers: `mask.cast::<u32>()`"
)]
pub trait Stored: Number {}

/// `f32`, `bf16`, `f16`. Arithmetic on 16-bit floats is done in f32 and rounded once per operation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a float type",
    label = "this needs a tile of floats",
    note = "convert with `.to_f32()` or `.cast::<f32>()`"
)]
pub trait Float: Stored + Signed + Elem<Scalar = f32> {}

/// Number types with a sign: the floats, `i32` and `i8`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no negative numbers",
    label = "`-` before a tile needs floats, `i32` or `i8`"
)]
pub trait Signed: Number {
    /// How `-x` is made.
    #[doc(hidden)]
    const NEGATE: Negate;
}

/// How `-x` is made.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Negate {
    /// By the sign bit.
    Flip,
    /// As `0 - x`.
    Subtract,
}

macro_rules! signed {
    ($($name:ident $how:ident),*) => { $(
        impl Signed for $name {
            const NEGATE: Negate = Negate::$how;
        }
    )* };
}

signed!(f32 Flip, bf16 Flip, f16 Flip, i32 Subtract, i8 Subtract);

/// `u32`, `i32`, `i8`. Arithmetic wraps.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an integer type", label = "this needs a tile of integers")]
pub trait Int: Stored {}

/// Types with bitwise operators: the integers and `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no bits to combine",
    label = "`&`, `|`, `^` and `!` work on tiles of integers and on masks"
)]
pub trait Bits: Elem {}

macro_rules! floats {
    ($($name:ident $code:ident),*) => { $(
        impl sealed::Sealed for $name {}
        impl Elem for $name {
            const CODE: ElemCode = ElemCode::$code;
            type Scalar = f32;
            const ZERO: f32 = 0.0;
            #[inline(always)]
            fn splat(value: f32, b: usize, r: usize, c: usize) -> Raw {
                intrinsic!(__tile_splat_f32(value, Self::CODE as u32, b, r, c))
            }
        }
        impl Number for $name {}
        impl Stored for $name {}
        impl Float for $name {}
    )* };
}

macro_rules! others {
    ($($name:ident $code:ident $zero:literal),*) => { $(
        impl sealed::Sealed for $name {}
        impl Elem for $name {
            const CODE: ElemCode = ElemCode::$code;
            type Scalar = $name;
            const ZERO: $name = $zero;
            #[inline(always)]
            fn splat(value: $name, b: usize, r: usize, c: usize) -> Raw {
                intrinsic!(__tile_splat_u32(value as u32, Self::CODE as u32, b, r, c))
            }
        }
        impl Bits for $name {}
    )* };
}

floats!(f32 F32, bf16 Bf16, f16 F16);
others!(u32 U32 0, i32 I32 0, i8 I8 0, bool Bool false);

macro_rules! ints {
    ($($name:ident),*) => { $(
        impl Number for $name {}
        impl Stored for $name {}
        impl Int for $name {}
    )* };
}

ints!(u32, i32, i8);
