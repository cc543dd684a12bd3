//! Values of the core's registers.

/// A value. Predicates have one bit for each lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nobody wrote it.
    Undefined,
    Bool(bool),
    Int(i32),
    Uint(u32),
    Float(f32),
    Bf16(u16),
    /// Which parameter a tensor is.
    Tensor(usize),
    Index([i32; 5]),
    F32(Box<[f32; 64]>),
    I32(Box<[i32; 64]>),
    U32(Box<[u32; 64]>),
    Half(Box<[u16; 128]>),
    Bytes(Box<[u8; 256]>),
    Mask(u64),
    Pair(Box<[Value; 2]>),
    /// An element: tensor and number.
    Address(usize, u64),
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

/// bf16 of an f32, to nearest even, or towards zero.
pub(super) fn narrow(value: f32, to_zero: bool) -> u16 {
    if value.is_nan() {
        return 0x7fff;
    }
    let bits = settle(value).to_bits();
    if to_zero { (bits >> 16) as u16 } else { half::bf16::from_f32(f32::from_bits(bits)).to_bits() }
}
