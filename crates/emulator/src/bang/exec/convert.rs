//! Conversions of vectors. What becomes of values that the result cannot hold: tables of conversions in the appendix of the
//! Cambricon BANG C Developer Guide 4.7.2.

use half::{bf16, f16};

use super::super::Arch;
use super::super::code::Conversion;
use super::{load, store};

/// A finite value that bf16 cannot hold becomes infinite, except where the arch saturates.
fn bf16_limit(result: u16, value: f32, arch: Arch) -> u16 {
    let infinite = result & 0x7fff == 0x7f80;
    match arch {
        Arch::Mtp372 if infinite && value.is_finite() => (result & 0x8000) | 0x7f7f,
        Arch::Mtp372 | Arch::Mtp592 => result,
    }
}

fn to_bf16_nearest(value: f32, arch: Arch) -> u16 {
    bf16_limit(bf16::from_f32(value).to_bits(), value, arch)
}

fn to_bf16_zero(value: f32) -> u16 {
    match value.is_nan() {
        true => bf16::NAN.to_bits(),
        false => (value.to_bits() >> 16) as u16,
    }
}

/// Toward zero; too large values are the largest, and NaN is that too where the arch saturates.
fn to_i32(value: f32, arch: Arch) -> i32 {
    match arch {
        Arch::Mtp372 if value.is_nan() && value.is_sign_negative() => i32::MIN,
        Arch::Mtp372 if value.is_nan() => i32::MAX,
        Arch::Mtp372 | Arch::Mtp592 => value as i32,
    }
}

/// Toward zero.
fn int_to_f32_zero(value: i32) -> f32 {
    let nearest = value as f32;
    match (nearest as i64).unsigned_abs() > i64::from(value).unsigned_abs() {
        true => f32::from_bits(nearest.to_bits() - 1),
        false => nearest,
    }
}

unsafe fn each<S: Copy, D: Copy>(to: usize, from: usize, n: usize, f: impl Fn(S) -> D) {
    // In place the destination is not wider, so elements are read before they are overwritten.
    for index in 0..n {
        // SAFETY: by contract of `run`.
        unsafe { store(to, index, f(load(from, index))) };
    }
}

/// Converts a vector.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn convert(f: Conversion, to: usize, from: usize, n: usize, arch: Arch) {
    // SAFETY: by contract.
    unsafe {
        match f {
            Conversion::Bf16ToF32 => each(to, from, n, |bits: u16| u32::from(bits) << 16),
            Conversion::F32ToBf16Nearest => each(to, from, n, |value| to_bf16_nearest(value, arch)),
            Conversion::F32ToBf16Zero => each(to, from, n, to_bf16_zero),
            Conversion::F16ToF32 => each(to, from, n, |bits| f16::from_bits(bits).to_f32()),
            Conversion::F32ToF16Nearest => each(to, from, n, |value| f16::from_f32(value).to_bits()),
            Conversion::I32ToF32Zero => each(to, from, n, int_to_f32_zero),
            Conversion::I32ToF32Nearest => each(to, from, n, |value: i32| value as f32),
            Conversion::F32ToI32Zero => each(to, from, n, |value: f32| to_i32(value, arch)),
            Conversion::I8ToF32 => each(to, from, n, |value: i8| f32::from(value)),
            Conversion::U8ToF32 => each(to, from, n, |value: u8| f32::from(value)),
            Conversion::F32ToI8Zero => each(to, from, n, |value: f32| to_i32(value, arch).clamp(-128, 127) as i8),
            Conversion::F32ToI8Nearest => {
                each(to, from, n, |value: f32| to_i32(value.round_ties_even(), arch).clamp(-128, 127) as i8);
            }
            Conversion::F32ToU8Nearest => {
                each(to, from, n, |value: f32| to_i32(value.round_ties_even(), arch).clamp(0, 255) as u8);
            }
            Conversion::F32ToI32Nearest => each(to, from, n, |value: f32| to_i32(value.round_ties_even(), arch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        assert_eq!(to_bf16_nearest(f32::from_bits(0x3f80_8001), Arch::Mtp592), 0x3f81, "above the tie");
        assert_eq!(to_bf16_nearest(f32::from_bits(0x3f80_8000), Arch::Mtp592), 0x3f80, "a tie goes to even");
        assert_eq!(to_bf16_zero(f32::from_bits(0x3f80_ffff)), 0x3f80);
        assert_eq!(to_bf16_nearest(3.4e38, Arch::Mtp592), 0x7f80);
        assert_eq!(to_bf16_nearest(3.4e38, Arch::Mtp372), 0x7f7f);
        assert_eq!(to_bf16_nearest(-3.4e38, Arch::Mtp372), 0xff7f);
        assert_eq!(to_bf16_nearest(f32::INFINITY, Arch::Mtp372), 0x7f80, "what is infinite stays so");
        assert_eq!([to_i32(f32::NAN, Arch::Mtp372), to_i32(f32::NAN, Arch::Mtp592)], [i32::MAX, 0]);
        assert_eq!([to_i32(-f32::NAN, Arch::Mtp372), to_i32(-3e9, Arch::Mtp592)], [i32::MIN; 2]);
        assert_eq!(int_to_f32_zero(16_777_219), 16_777_218.0);
        assert_eq!(int_to_f32_zero(-16_777_219), -16_777_218.0);
        assert_eq!(int_to_f32_zero(i32::MAX), 2_147_483_520.0);
        assert_eq!(int_to_f32_zero(i32::MIN), -2_147_483_648.0);
    }
}
