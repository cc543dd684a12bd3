//! Conversions between f32 and the bits of 16-bit floats, to nearest even.

use tile_ir::Elem;

use super::{FUNCTION, HalfForm};
use emit::Helpers;

/// Adds the function from 16 bits to f32 and gives its name.
pub(super) fn widen(form: HalfForm, elem: Elem, helpers: &mut Helpers) -> &'static str {
    if elem == Elem::F16 {
        helpers.need("from_f16", |_| match form {
            HalfForm::Ptx => format!(
                "{FUNCTION} float from_f16(unsigned short bits) {{
    float value;
    asm(\"cvt.f32.f16 %0, %1;\" : \"=f\"(value) : \"h\"(bits));
    return value;
}}"
            ),
            HalfForm::Integer => format!(
                "{FUNCTION} float from_f16(unsigned short bits) {{
    const unsigned int exponent = (bits >> 10) & 31u;
    const unsigned int fraction = bits & 1023u;
    const unsigned int wide = exponent == 31u ? 255u : exponent + 112u;
    // Below 2^-14 the fraction counts units of 2^-24.
    const unsigned int magnitude = exponent == 0u
        ? __float_as_uint((float)fraction * 5.9604645e-8f)
        : (wide << 23) | (fraction << 13);
    return __uint_as_float(((unsigned int)(bits & 0x8000u) << 16) | magnitude);
}}"
            ),
        });
        "from_f16"
    } else {
        helpers.need("from_bf16", |_| {
            format!(
                "{FUNCTION} float from_bf16(unsigned short bits) {{
    return __uint_as_float((unsigned int)bits << 16);
}}"
            )
        });
        "from_bf16"
    }
}

/// Adds the function from f32 to 16 bits and gives its name.
pub(super) fn narrow(form: HalfForm, elem: Elem, helpers: &mut Helpers) -> &'static str {
    if elem == Elem::F16 {
        helpers.need("to_f16", |_| match form {
            HalfForm::Ptx => format!(
                "{FUNCTION} unsigned short to_f16(float value) {{
    unsigned short bits;
    asm(\"cvt.rn.f16.f32 %0, %1;\" : \"=h\"(bits) : \"f\"(value));
    return bits;
}}"
            ),
            HalfForm::Integer => format!(
                "// To the nearest, ties to even.
{FUNCTION} unsigned short to_f16(float value) {{
    const unsigned int bits = __float_as_uint(value);
    const unsigned int sign = (bits >> 16) & 0x8000u;
    const unsigned int magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {{
        return (unsigned short)(sign | 0x7e00u);
    }}
    if (magnitude >= 0x477ff000u) {{
        return (unsigned short)(sign | 0x7c00u);
    }}
    if (magnitude < 0x38800000u) {{
        // Below 2^-14: adding 0.5 rounds to units of 2^-24.
        const float shifted = __uint_as_float(magnitude) + 0.5f;
        return (unsigned short)(sign | (__float_as_uint(shifted) - 0x3f000000u));
    }}
    const unsigned int rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return (unsigned short)(sign | ((rounded - 0x38000000u) >> 13));
}}"
            ),
        });
        "to_f16"
    } else {
        helpers.need("to_bf16", |_| {
            format!(
                "// To the nearest, ties to even.
{FUNCTION} unsigned short to_bf16(float value) {{
    const unsigned int bits = __float_as_uint(value);
    const unsigned int rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    return (unsigned short)((value == value ? rounded : bits | 0x400000u) >> 16);
}}"
            )
        });
        "to_bf16"
    }
}
