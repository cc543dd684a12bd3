//! Conversions of vectors.

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

/// Toward zero.
fn int_to_f32_zero(value: i32) -> f32 {
    let nearest = value as f32;
    match (nearest as i64).unsigned_abs() > i64::from(value).unsigned_abs() {
        true => f32::from_bits(nearest.to_bits() - 1),
        false => nearest,
    }
}

/// Converts a vector.
///
/// # Safety
/// See `run`.
pub(super) unsafe fn convert(f: Conversion, to: usize, from: usize, n: usize, arch: Arch) {
    // In place the destination is not wider, so elements are read before they are overwritten.
    for index in 0..n {
        // SAFETY: by contract.
        unsafe {
            match f {
                Conversion::Bf16ToF32 => store(to, index, f32::from_bits(u32::from(load::<u16>(from, index)) << 16)),
                Conversion::F32ToBf16Nearest => store(to, index, to_bf16_nearest(load(from, index), arch)),
                Conversion::F32ToBf16Zero => store(to, index, to_bf16_zero(load(from, index))),
                Conversion::F16ToF32 => store(to, index, f16::from_bits(load(from, index)).to_f32()),
                Conversion::F32ToF16Nearest => store(to, index, f16::from_f32(load(from, index)).to_bits()),
                Conversion::I32ToF32Zero => store(to, index, int_to_f32_zero(load(from, index))),
                Conversion::I32ToF32Nearest => store(to, index, load::<i32>(from, index) as f32),
                Conversion::F32ToI32Zero => store(to, index, load::<f32>(from, index) as i32),
                Conversion::F32ToI32Nearest => store(to, index, load::<f32>(from, index).round_ties_even() as i32),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        assert_eq!(to_bf16_nearest(1.003_906_3, Arch::Mtp592), 0x3f81, "above the tie");
        assert_eq!(to_bf16_nearest(f32::from_bits(0x3f80_8000), Arch::Mtp592), 0x3f80, "a tie goes to even");
        assert_eq!(to_bf16_zero(f32::from_bits(0x3f80_ffff)), 0x3f80);
        assert_eq!(to_bf16_nearest(3.4e38, Arch::Mtp592), 0x7f80);
        assert_eq!(to_bf16_nearest(3.4e38, Arch::Mtp372), 0x7f7f);
        assert_eq!(to_bf16_nearest(-3.4e38, Arch::Mtp372), 0xff7f);
        assert_eq!(int_to_f32_zero(16_777_219), 16_777_218.0);
        assert_eq!(int_to_f32_zero(-16_777_219), -16_777_218.0);
        assert_eq!(int_to_f32_zero(i32::MAX), 2_147_483_520.0);
        assert_eq!(int_to_f32_zero(i32::MIN), -2_147_483_648.0);
    }
}
