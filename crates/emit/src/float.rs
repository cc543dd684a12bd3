//! f32 constants as text that reads back as the same bits.

/// What a constant is to a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloatClass {
    /// A number: its shortest decimal that reads back as the same value, with a point or an exponent and perhaps a sign.
    Number(String),
    /// Infinity; whether it is negative.
    Infinity {
        /// Sign.
        negative: bool,
    },
    /// Not a number, with these bits.
    Nan(u32),
}

/// How a language's literal for `value` begins; suffixes and names of infinities are the language's.
pub fn float_literal(value: f32) -> FloatClass {
    if value.is_nan() {
        FloatClass::Nan(value.to_bits())
    } else if value.is_infinite() {
        FloatClass::Infinity { negative: value < 0.0 }
    } else {
        FloatClass::Number(format!("{value:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        let mut bits = 1u32;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = f32::from_bits(bits);
            match float_literal(value) {
                FloatClass::Number(text) => {
                    assert_eq!(text.parse::<f32>().map(f32::to_bits), Ok(bits), "{text}");
                    assert!(text.contains(['.', 'e']), "{text} would read as an integer");
                }
                FloatClass::Infinity { .. } => assert!(value.is_infinite()),
                FloatClass::Nan(kept) => assert_eq!(kept, bits),
            }
        }
    }

    #[test]
    fn spellings() {
        let number = |text: &str| FloatClass::Number(text.to_owned());
        assert_eq!(float_literal(1.0), number("1.0"));
        assert_eq!(float_literal(-0.0), number("-0.0"));
        assert_eq!(float_literal(1e-6), number("1e-6"));
        assert_eq!(float_literal(f32::NEG_INFINITY), FloatClass::Infinity { negative: true });
        assert_eq!(float_literal(f32::from_bits(0x7fc0_0001)), FloatClass::Nan(0x7fc0_0001));
    }
}
