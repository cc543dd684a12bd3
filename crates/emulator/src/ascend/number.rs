//! Element types: what they hold, how values become bytes and back, and the roundings of conversions.

use half::{bf16, f16};

/// Type of an element, by the number that texts pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    F32,
    F16,
    Bf16,
    I32,
    U32,
    I16,
    U16,
    I8,
    U8,
    I64,
    U64,
}

impl Type {
    const ALL: [Type; 11] = [
        Type::F32,
        Type::F16,
        Type::Bf16,
        Type::I32,
        Type::U32,
        Type::I16,
        Type::U16,
        Type::I8,
        Type::U8,
        Type::I64,
        Type::U64,
    ];

    pub(crate) fn of(number: u32) -> Option<Type> {
        Type::ALL.get(number as usize).copied()
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Type::F32 | Type::I32 | Type::U32 => 4,
            Type::F16 | Type::Bf16 | Type::I16 | Type::U16 => 2,
            Type::I8 | Type::U8 => 1,
            Type::I64 | Type::U64 => 8,
        }
    }

    pub(crate) fn is_float(self) -> bool {
        match self {
            Type::F32 | Type::F16 | Type::Bf16 => true,
            Type::I32 | Type::U32 | Type::I16 | Type::U16 | Type::I8 | Type::U8 | Type::I64 | Type::U64 => false,
        }
    }
}

/// How a conversion rounds, by the number that texts pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Nothing is rounded, or as [`Round::Rint`].
    None,
    /// To nearest, ties to even.
    Rint,
    Floor,
    Ceil,
    /// To nearest, ties away from zero.
    Away,
    Trunc,
    /// To odd.
    Odd,
}

impl Round {
    const ALL: [Round; 7] =
        [Round::None, Round::Rint, Round::Floor, Round::Ceil, Round::Away, Round::Trunc, Round::Odd];

    pub(crate) fn of(number: u64) -> Option<Round> {
        Round::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// A number with a fraction as one without.
    pub(crate) fn integral(self, value: f64) -> f64 {
        match self {
            Round::None | Round::Rint => value.round_ties_even(),
            Round::Floor => value.floor(),
            Round::Ceil => value.ceil(),
            Round::Away => value.round(),
            Round::Trunc => value.trunc(),
            Round::Odd => {
                let cut = value.trunc();
                if cut == value || cut % 2.0 != 0.0 { cut } else { cut + value.signum() }
            }
        }
    }
}

/// A 16-bit float type's neighbours, to round in every direction.
trait Narrow: Copy {
    fn nearest(value: f32) -> Self;
    fn bits(self) -> u16;
    fn of_bits(bits: u16) -> Self;
    fn wide(self) -> f32;

    /// `value` rounded.
    fn round(value: f32, round: Round) -> u16 {
        let near = Self::nearest(value);
        let wide = near.wide();
        if wide == value || value.is_nan() {
            return near.bits();
        }
        // The neighbour on the other side of `value`.
        let away = (wide < value) == (value > 0.0);
        let bits = near.bits();
        let other = match (bits & 0x7fff, away) {
            (0, _) => 1 | (u16::from(value < 0.0) << 15),
            (_, true) => bits + 1,
            (_, false) => bits - 1,
        };
        let (low, high) = if wide < value { (bits, other) } else { (other, bits) };
        match round {
            Round::None | Round::Rint => bits,
            Round::Floor => low,
            Round::Ceil => high,
            Round::Trunc => {
                if value > 0.0 {
                    low
                } else {
                    high
                }
            }
            Round::Away => {
                let below = f64::from(value) - f64::from(Self::of_bits(low).wide());
                let above = f64::from(Self::of_bits(high).wide()) - f64::from(value);
                match below == above {
                    true => {
                        if value > 0.0 {
                            high
                        } else {
                            low
                        }
                    }
                    false => bits,
                }
            }
            Round::Odd => {
                if bits & 1 == 1 {
                    bits
                } else {
                    other
                }
            }
        }
    }
}

impl Narrow for f16 {
    fn nearest(value: f32) -> f16 {
        f16::from_f32(value)
    }
    fn bits(self) -> u16 {
        self.to_bits()
    }
    fn of_bits(bits: u16) -> f16 {
        f16::from_bits(bits)
    }
    fn wide(self) -> f32 {
        self.to_f32()
    }
}

impl Narrow for bf16 {
    fn nearest(value: f32) -> bf16 {
        bf16::from_f32(value)
    }
    fn bits(self) -> u16 {
        self.to_bits()
    }
    fn of_bits(bits: u16) -> bf16 {
        bf16::from_bits(bits)
    }
    fn wide(self) -> f32 {
        self.to_f32()
    }
}

/// Elements on their way through an instruction: floats as f32, which holds all of them, integers as i64.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Float(Vec<f32>),
    Int(Vec<i64>),
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        match self {
            Values::Float(values) => values.len(),
            Values::Int(values) => values.len(),
        }
    }

    /// Elements of `ty` in `bytes`.
    pub(crate) fn read(ty: Type, bytes: &[u8]) -> Values {
        fn words<const N: usize, T>(bytes: &[u8], make: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.chunks_exact(N).map(|chunk| make(std::array::from_fn(|index| chunk[index]))).collect()
        }
        match ty {
            Type::F32 => Values::Float(words(bytes, f32::from_le_bytes)),
            Type::F16 => Values::Float(words(bytes, |word| f16::from_le_bytes(word).to_f32())),
            Type::Bf16 => Values::Float(words(bytes, |word| f32::from_bits(u32::from(u16::from_le_bytes(word)) << 16))),
            Type::I32 => Values::Int(words(bytes, |word| i64::from(i32::from_le_bytes(word)))),
            Type::U32 => Values::Int(words(bytes, |word| i64::from(u32::from_le_bytes(word)))),
            Type::I16 => Values::Int(words(bytes, |word| i64::from(i16::from_le_bytes(word)))),
            Type::U16 => Values::Int(words(bytes, |word| i64::from(u16::from_le_bytes(word)))),
            Type::I8 => Values::Int(words(bytes, |word| i64::from(i8::from_le_bytes(word)))),
            Type::U8 => Values::Int(words(bytes, |word| i64::from(u8::from_le_bytes(word)))),
            Type::I64 => Values::Int(words(bytes, i64::from_le_bytes)),
            Type::U64 => Values::Int(words(bytes, |word| u64::from_le_bytes(word) as i64)),
        }
    }

    /// Their bytes as `ty`; floats are rounded to nearest even, integers wrap.
    pub(crate) fn bytes(&self, ty: Type) -> Vec<u8> {
        match self {
            Values::Float(values) => match ty {
                Type::F32 => pack(values, |value| value.to_le_bytes()),
                Type::F16 => pack(values, |value| f16::from_f32(*value).to_le_bytes()),
                Type::Bf16 => pack(values, |value| bf16::from_f32(*value).to_le_bytes()),
                Type::I32 | Type::U32 | Type::I16 | Type::U16 | Type::I8 | Type::U8 | Type::I64 | Type::U64 => {
                    self.convert(ty, Round::Rint)
                }
            },
            Values::Int(values) => match ty {
                Type::I32 | Type::U32 => pack(values, |value| (*value as u32).to_le_bytes()),
                Type::I16 | Type::U16 => pack(values, |value| (*value as u16).to_le_bytes()),
                Type::I8 | Type::U8 => values.iter().map(|value| *value as u8).collect(),
                Type::I64 | Type::U64 => pack(values, |value| value.to_le_bytes()),
                Type::F32 | Type::F16 | Type::Bf16 => self.convert(ty, Round::Rint),
            },
        }
    }

    /// Their bytes as `ty`, converted with this rounding; what does not fit an integer becomes the nearest that does.
    pub(crate) fn convert(&self, ty: Type, round: Round) -> Vec<u8> {
        match self {
            Values::Float(values) => match ty {
                Type::F32 if round == Round::None => self.bytes(ty),
                Type::F32 => pack(values, |value| (round.integral(f64::from(*value)) as f32).to_le_bytes()),
                Type::F16 => pack(values, |value| f16::round(*value, round).to_le_bytes()),
                Type::Bf16 => pack(values, |value| bf16::round(*value, round).to_le_bytes()),
                Type::I32 | Type::U32 | Type::I16 | Type::U16 | Type::I8 | Type::U8 | Type::I64 | Type::U64 => {
                    let (low, high) = bounds(ty);
                    let int = |value: &f32| (round.integral(f64::from(*value)) as i64).clamp(low, high);
                    Values::Int(values.iter().map(int).collect()).bytes(ty)
                }
            },
            Values::Int(values) => match ty {
                Type::F32 => pack(values, |value| narrow_int(*value, round).to_le_bytes()),
                Type::F16 | Type::Bf16 => {
                    Values::Float(values.iter().map(|value| *value as f32).collect()).convert(ty, round)
                }
                Type::I32 | Type::U32 | Type::I16 | Type::U16 | Type::I8 | Type::U8 | Type::I64 | Type::U64 => {
                    let (low, high) = bounds(ty);
                    Values::Int(values.iter().map(|value| (*value).clamp(low, high)).collect()).bytes(ty)
                }
            },
        }
    }
}

/// The bytes of elements.
fn pack<const N: usize, T>(values: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    let mut packed = vec![0; values.len() * N];
    for (place, value) in packed.chunks_exact_mut(N).zip(values) {
        place.copy_from_slice(&bytes(value));
    }
    packed
}

/// An integer as f32.
fn narrow_int(value: i64, round: Round) -> f32 {
    let near = value as f32;
    let exact = near as i128;
    let value = i128::from(value);
    let (low, high) = match exact.cmp(&value) {
        std::cmp::Ordering::Equal => return near,
        std::cmp::Ordering::Less => (near, near.next_up()),
        std::cmp::Ordering::Greater => (near.next_down(), near),
    };
    match round {
        Round::None | Round::Rint | Round::Odd => near,
        Round::Floor => low,
        Round::Ceil => high,
        Round::Trunc => {
            if value > 0 {
                low
            } else {
                high
            }
        }
        Round::Away => match value - low as i128 == high as i128 - value {
            true => {
                if value > 0 {
                    high
                } else {
                    low
                }
            }
            false => near,
        },
    }
}

/// Least and greatest value of an integer type.
fn bounds(ty: Type) -> (i64, i64) {
    match ty {
        Type::I32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Type::U32 => (0, i64::from(u32::MAX)),
        Type::I16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Type::U16 => (0, i64::from(u16::MAX)),
        Type::I8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        Type::U8 => (0, i64::from(u8::MAX)),
        Type::U64 => (0, i64::MAX),
        Type::I64 | Type::F32 | Type::F16 | Type::Bf16 => (i64::MIN, i64::MAX),
    }
}

/// A scalar operand of type `ty`.
pub(crate) fn scalar(ty: Type, bits: u64) -> Values {
    Values::read(ty, &bits.to_le_bytes()[..ty.size()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_round_in_every_direction() {
        // Between 1 and 1 + 2^-7 of bfloat16.
        let (one, next) = (0x3f80_u16, 0x3f81_u16);
        let tie = 1.0 + 0.5_f32.powi(8);
        let above = tie + f32::EPSILON;
        for (value, round, bits) in [
            (tie, Round::Rint, one),
            (tie + 0.5_f32.powi(7), Round::Rint, 0x3f82),
            (above, Round::Rint, next),
            (above, Round::Floor, one),
            (above, Round::Trunc, one),
            (1.0 + f32::EPSILON, Round::Ceil, next),
            (tie, Round::Away, next),
            (-tie, Round::Away, next | 0x8000),
            (-tie, Round::Floor, next | 0x8000),
            (-tie, Round::Ceil, one | 0x8000),
            (-above, Round::Trunc, one | 0x8000),
            (tie, Round::Odd, next),
            (-1e-45, Round::Ceil, 0x8000),
            (-1e-45, Round::Floor, 0x8001),
        ] {
            let bytes = Values::Float(vec![value]).convert(Type::Bf16, round);
            assert_eq!(u16::from_le_bytes([bytes[0], bytes[1]]), bits, "{value} {round:?}");
        }
    }

    #[test]
    fn integers_round_and_saturate() {
        let int = |value: f32, round| {
            let bytes = Values::Float(vec![value]).convert(Type::I16, round);
            i16::from_le_bytes([bytes[0], bytes[1]])
        };
        assert_eq!([int(2.5, Round::Rint), int(2.5, Round::Away), int(-2.5, Round::Floor)], [2, 3, -3]);
        assert_eq!([int(-2.5, Round::Trunc), int(2.1, Round::Ceil), int(1e9, Round::Rint)], [-2, 3, i16::MAX]);
        assert_eq!(narrow_int(16_777_217, Round::Rint), 16_777_216.0);
        assert_eq!(narrow_int(16_777_217, Round::Ceil), 16_777_218.0);
    }
}
