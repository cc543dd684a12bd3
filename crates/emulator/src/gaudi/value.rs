//! Values that are known when a text is read, and what the core makes of numbers.

/// A value. Predicates have one bit for each lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// None: of types that have no constants.
    Undefined,
    Bool(bool),
    Int(i32),
    Uint(u32),
    Float(f32),
    Index([i32; 5]),
    F32(Box<[f32; 64]>),
    I32(Box<[i32; 64]>),
    U32(Box<[u32; 64]>),
    /// Of bf16 or f16.
    Half(Box<[u16; 128]>),
    /// Of bytes with or without a sign.
    Bytes(Box<[u8; 256]>),
    Mask(u64),
    Parts(Vec<Value>),
}

/// What the core makes of a computed f32: denormals are zero, a NaN is 0x7FFFFFFF (source: TPC Programming Model).
#[inline]
pub(super) fn settle(value: f32) -> f32 {
    // Without branches, so that whole vectors are done at once.
    let bits = value.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    let bits = if magnitude < 0x0080_0000 { bits & 0x8000_0000 } else { bits };
    f32::from_bits(if magnitude > 0x7f80_0000 { 0x7fff_ffff } else { bits })
}

/// f32 of bf16.
#[inline]
pub(super) fn widen(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// f32 of f16.
#[inline]
pub(super) fn widen_f16(bits: u16) -> f32 {
    settle(half::f16::from_bits(bits).to_f32())
}

/// f16 of an f32, to nearest even.
pub(super) fn narrow_f16(value: f32) -> u16 {
    if value.is_nan() { 0x7fff } else { half::f16::from_f32(settle(value)).to_bits() }
}

/// bf16 of an f32, to nearest even, or towards zero.
pub(super) fn narrow(value: f32, to_zero: bool) -> u16 {
    if value.is_nan() {
        return 0x7fff;
    }
    let bits = settle(value).to_bits();
    if to_zero { (bits >> 16) as u16 } else { half::bf16::from_f32(f32::from_bits(bits)).to_bits() }
}
