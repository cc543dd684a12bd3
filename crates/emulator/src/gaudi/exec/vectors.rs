//! Arithmetic of vectors.

use super::Lanes;
use crate::gaudi::calls::{Arith, Compare, Special};
use crate::gaudi::ir::{Binary, Unary};
use crate::gaudi::ty::{Element, Ty};
use crate::gaudi::value::{narrow, narrow_f16, settle, widen, widen_f16};

/// Each lane of two vectors of f32.
#[inline]
pub(super) fn real(a: &Lanes, b: &Lanes, out: &mut Lanes, op: impl Fn(f32, f32) -> f32) -> bool {
    let (a, b) = (a.floats(), b.floats());
    for (to, (a, b)) in out.floats_mut().iter_mut().zip(a.iter().zip(b)) {
        *to = settle(op(*a, *b));
    }
    true
}

#[inline]
fn words(a: &Lanes, b: &Lanes, out: &mut Lanes, op: impl Fn(u32, u32) -> u32) -> bool {
    for (to, (a, b)) in out.0.iter_mut().zip(a.0.iter().zip(&b.0)) {
        *to = op(*a, *b);
    }
    true
}

/// An operator on vectors of whole numbers, or predicates; `false` for one that they do not have.
pub(super) fn whole(op: Binary, a: &Lanes, b: &Lanes, out: &mut Lanes) -> bool {
    match op {
        Binary::Add => words(a, b, out, u32::wrapping_add),
        Binary::Sub => words(a, b, out, u32::wrapping_sub),
        Binary::Mul => words(a, b, out, u32::wrapping_mul),
        Binary::And => words(a, b, out, |a, b| a & b),
        Binary::Or => words(a, b, out, |a, b| a | b),
        Binary::Xor => words(a, b, out, |a, b| a ^ b),
        Binary::Shl | Binary::Shr | Binary::Less | Binary::LessEqual | Binary::Greater => false,
        Binary::GreaterEqual | Binary::Equal | Binary::NotEqual | Binary::Both | Binary::Either => false,
    }
}

/// Shifts; `keeps` the sign. `false` for shifts by more than 31.
pub(super) fn shift(left: bool, keeps: bool, a: &Lanes, by: &Lanes, out: &mut Lanes) -> bool {
    if by.0.iter().any(|by| *by > 31) {
        return false;
    }
    match (left, keeps) {
        (true, _) => words(a, by, out, |a, by| a << (by & 31)),
        (false, false) => words(a, by, out, |a, by| a >> (by & 31)),
        (false, true) => words(a, by, out, |a, by| (a as i32 >> (by & 31)) as u32),
    }
}

pub(super) fn unary(op: Unary, ty: Ty, of: &Lanes, out: &mut Lanes) {
    for (to, of) in out.0.iter_mut().zip(&of.0) {
        *to = match (op, ty) {
            (Unary::Minus, Ty::Vector(Element::F32)) => of ^ 0x8000_0000,
            (Unary::Minus, _) => of.wrapping_neg(),
            (Unary::Not | Unary::Invert, _) => !of,
        };
    }
}

fn float(op: Arith, a: f32, b: f32) -> f32 {
    match op {
        Arith::Add => a + b,
        Arith::Sub => a - b,
        Arith::Mul => a * b,
        // A NaN stays one: which operand the core keeps is not known.
        Arith::Max | Arith::Min if a.is_nan() || b.is_nan() => f32::NAN,
        Arith::Max => {
            if a > b {
                a
            } else {
                b
            }
        }
        Arith::Min => {
            if a < b {
                a
            } else {
                b
            }
        }
        // The table of intrinsics has none of these for floats.
        Arith::And | Arith::Or | Arith::Shl | Arith::Shr => f32::NAN,
    }
}

/// An operation on lanes of two vectors; `false` for shifts by more than 31.
pub(super) fn arith(element: Element, op: Arith, a: &Lanes, b: &Lanes, out: &mut Lanes) -> bool {
    match element {
        Element::F32 => match op {
            Arith::Add => real(a, b, out, |a, b| a + b),
            Arith::Sub => real(a, b, out, |a, b| a - b),
            Arith::Mul => real(a, b, out, |a, b| a * b),
            Arith::Max => real(a, b, out, |a, b| float(Arith::Max, a, b)),
            Arith::Min => real(a, b, out, |a, b| float(Arith::Min, a, b)),
            Arith::And | Arith::Or | Arith::Shl | Arith::Shr => false,
        },
        Element::Bf16 => {
            let (a, b) = (a.halves(), b.halves());
            for (to, (a, b)) in out.halves_mut().iter_mut().zip(a.iter().zip(b)) {
                *to = narrow(settle(float(op, widen(*a), widen(*b))), false);
            }
            true
        }
        Element::I32 | Element::U32 => {
            let signed = element == Element::I32;
            let greater = move |a: u32, b: u32| if signed { a as i32 > b as i32 } else { a > b };
            match op {
                Arith::Add => words(a, b, out, u32::wrapping_add),
                Arith::Sub => words(a, b, out, u32::wrapping_sub),
                Arith::Mul => words(a, b, out, u32::wrapping_mul),
                Arith::And => words(a, b, out, |a, b| a & b),
                Arith::Or => words(a, b, out, |a, b| a | b),
                Arith::Max => words(a, b, out, |a, b| if greater(a, b) { a } else { b }),
                Arith::Min => words(a, b, out, |a, b| if greater(a, b) { b } else { a }),
                Arith::Shl | Arith::Shr => shift(op == Arith::Shl, signed, a, b, out),
            }
        }
        Element::F16 | Element::I8 => false,
    }
}

pub(super) fn abs(a: &Lanes, out: &mut Lanes) {
    for (to, a) in out.floats_mut().iter_mut().zip(a.floats()) {
        *to = settle(a.abs());
    }
}

/// `sum + a * b`, rounded once.
#[inline]
fn fused(a: f32, b: f32, sum: f32) -> f32 {
    settle((f64::from(a) * f64::from(b) + f64::from(sum)) as f32)
}

pub(super) fn mac(element: Element, a: &Lanes, b: &Lanes, sum: &mut Lanes) {
    if element == Element::F32 {
        for (sum, (a, b)) in sum.floats_mut().iter_mut().zip(a.floats().iter().zip(b.floats())) {
            *sum = fused(*a, *b, *sum);
        }
        return;
    }
    for (sum, (a, b)) in sum.halves_mut().iter_mut().zip(a.halves().iter().zip(b.halves())) {
        *sum = narrow(fused(widen(*a), widen(*b), widen(*sum)), false);
    }
}

/// Products of bf16 added to sums of f32: even elements to the first vector, odd ones to the second.
pub(super) fn mac_wide(a: &Lanes, b: &Lanes, even: &mut Lanes, odd: &mut Lanes) {
    for (sum, (a, b)) in even.floats_mut().iter_mut().zip(a.0.iter().zip(&b.0)) {
        *sum = fused(f32::from_bits(a << 16), f32::from_bits(b << 16), *sum);
    }
    for (sum, (a, b)) in odd.floats_mut().iter_mut().zip(a.0.iter().zip(&b.0)) {
        *sum = fused(f32::from_bits(a & 0xffff_0000), f32::from_bits(b & 0xffff_0000), *sum);
    }
}

fn holds<T: PartialOrd>(by: Compare, a: T, b: T) -> bool {
    match by {
        Compare::Greater => a > b,
        Compare::GreaterEqual => a >= b,
        Compare::Less => a < b,
        Compare::LessEqual => a <= b,
        Compare::Equal => a == b,
        Compare::NotEqual => a != b,
    }
}

/// All ones where a comparison of lanes holds.
pub(super) fn compare(element: Element, by: Compare, a: &Lanes, b: &Lanes, out: &mut Lanes) {
    let ones = |holds: bool| if holds { u32::MAX } else { 0 };
    match element {
        Element::F32 => {
            for (to, (a, b)) in out.0.iter_mut().zip(a.floats().iter().zip(b.floats())) {
                *to = ones(holds(by, *a, *b));
            }
        }
        Element::I32 => {
            for (to, (a, b)) in out.0.iter_mut().zip(a.0.iter().zip(&b.0)) {
                *to = ones(holds(by, *a as i32, *b as i32));
            }
        }
        Element::U32 | Element::Bf16 | Element::F16 | Element::I8 => {
            for (to, (a, b)) in out.0.iter_mut().zip(a.0.iter().zip(&b.0)) {
                *to = ones(holds(by, *a, *b));
            }
        }
    }
}

/// Lanes of `yes` where the mask has ones, else of `no`.
pub(super) fn select(mask: &Lanes, yes: &Lanes, no: &Lanes, out: &mut Lanes) {
    for (at, to) in out.0.iter_mut().enumerate() {
        *to = (yes.0[at] & mask.0[at]) | (no.0[at] & !mask.0[at]);
    }
}

/// Where element `at` of a narrow vector stands among `parts` wide ones: in turn, or with `linear` in order (source: tpc_llvm, tpc-defs.h,
/// `SW_LINEAR`).
const fn place(at: usize, parts: usize, linear: bool) -> (usize, usize) {
    if linear { (at / 64, at % 64) } else { (at % parts, at / parts) }
}

/// Narrow elements widened.
pub(super) fn widen_all(element: Element, linear: bool, a: &Lanes, out: &mut [Lanes]) {
    match element {
        Element::Bf16 if linear => {
            let (first, second) = a.halves().split_at(64);
            for (to, bits) in out[0].floats_mut().iter_mut().zip(first) {
                *to = settle(widen(*bits));
            }
            for (to, bits) in out[1].floats_mut().iter_mut().zip(second) {
                *to = settle(widen(*bits));
            }
        }
        Element::Bf16 | Element::F16 => {
            for (at, bits) in a.halves().iter().enumerate() {
                let (part, lane) = place(at, 2, linear);
                let wide = if element == Element::Bf16 { settle(widen(*bits)) } else { widen_f16(*bits) };
                out[part].floats_mut()[lane] = wide;
            }
        }
        Element::I8 | Element::F32 | Element::I32 | Element::U32 => {
            for (at, byte) in a.bytes().iter().enumerate() {
                let (part, lane) = place(at, 4, linear);
                out[part].0[lane] = i32::from(*byte as i8) as u32;
            }
        }
    }
}

/// The other way round; `false` for whole numbers that a byte does not hold, of which the result is not documented.
pub(super) fn narrow_all(element: Element, linear: bool, to_zero: bool, parts: &[Lanes], out: &mut Lanes) -> bool {
    match element {
        Element::Bf16 | Element::F16 => {
            for (at, to) in out.halves_mut().iter_mut().enumerate() {
                let (part, lane) = place(at, 2, linear);
                let value = parts[part].floats()[lane];
                *to = if element == Element::Bf16 { narrow(value, to_zero) } else { narrow_f16(value) };
            }
            true
        }
        Element::I8 | Element::F32 | Element::I32 | Element::U32 => {
            for (at, to) in out.bytes_mut().iter_mut().enumerate() {
                let (part, lane) = place(at, 4, linear);
                match i8::try_from(parts[part].0[lane] as i32) {
                    Ok(value) => *to = value as u8,
                    Err(_) => return false,
                }
            }
            true
        }
    }
}

pub(super) fn to_float(element: Element, a: &Lanes, out: &mut Lanes) {
    for (to, a) in out.floats_mut().iter_mut().zip(&a.0) {
        *to = if element == Element::I32 { *a as i32 as f32 } else { *a as f32 };
    }
}

/// Whole numbers of f32; `false` if one is none of 32 bits, where the core's result is not known.
pub(super) fn to_int(to_zero: bool, a: &Lanes, out: &mut Lanes) -> bool {
    for (to, a) in out.0.iter_mut().zip(a.floats()) {
        let value = if to_zero { a.trunc() } else { a.round_ties_even() };
        if !(-2_147_483_648.0..2_147_483_648.0).contains(&value) {
            return false;
        }
        *to = value as i32 as u32;
    }
    true
}

/// To whole numbers, by the two bits of the switch of rounding.
pub(super) fn nearby(round: i64, a: &Lanes, out: &mut Lanes) {
    for (to, a) in out.floats_mut().iter_mut().zip(a.floats()) {
        *to = settle(match round {
            0 => a.round_ties_even(),
            1 => a.trunc(),
            2 => a.ceil(),
            _ => a.floor(),
        });
    }
}

/// A special function, correctly rounded; the core's are near that.
pub(super) fn special(function: Special, a: &Lanes, out: &mut Lanes) {
    for (to, a) in out.floats_mut().iter_mut().zip(a.floats()) {
        let x = f64::from(settle(*a));
        let value = match function {
            Special::Exp | Special::ExpCephes => x.exp(),
            Special::Reciprocal => 1.0 / x,
            Special::Sqrt => x.sqrt(),
            Special::Rsqrt => 1.0 / x.sqrt(),
            Special::Log => x.ln(),
            Special::Sin => x.sin(),
            Special::Cos => x.cos(),
            Special::Tanh => x.tanh(),
            Special::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        };
        *to = settle(value as f32);
    }
}
