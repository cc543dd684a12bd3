//! Types and constants of scalar code in C, and functions on bits.

use emit::{FloatClass, Helpers, Prec, Text, float_literal};
use lower_dma::ir::Scalar;
use tile_ir::Elem;

/// The C type of a number.
#[must_use]
pub const fn c_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 => "float",
        Scalar::Bool => "bool",
        Scalar::I32 => "int32_t",
        Scalar::I64 => "int64_t",
    }
}

/// The unsigned C type of an integer.
pub(crate) const fn unsigned_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::F32 | Scalar::Bool | Scalar::I32 => "uint32_t",
        Scalar::I64 => "uint64_t",
    }
}

/// The C type that scalar code reads and writes elements as.
#[must_use]
pub const fn storage(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 => "float",
        Elem::F16 | Elem::Bf16 => "uint16_t",
        Elem::I1 => "uint8_t",
        Elem::I8 => "int8_t",
        Elem::I32 => "int32_t",
        Elem::I64 | Elem::Index => "int64_t",
    }
}

/// An f32 constant. Infinities and NaN are made of their bits.
#[must_use]
pub fn float(value: f32, function: &str, helpers: &mut Helpers) -> Text {
    let of_bits = |bits: u32, remark: &str, helpers: &mut Helpers| {
        from_bits(function, helpers);
        Text::atom(format!("from_bits({bits:#010x}u /* {remark} */)"))
    };
    match float_literal(value) {
        FloatClass::Number(text) if text.starts_with('-') => Text::new(format!("{text}f"), Prec::Unary),
        FloatClass::Number(text) => Text::atom(format!("{text}f")),
        FloatClass::Infinity { negative } => {
            of_bits(value.to_bits(), if negative { "-infinity" } else { "infinity" }, helpers)
        }
        FloatClass::Nan(bits) => of_bits(bits, "NaN", helpers),
    }
}

/// An integer constant; of its own type where it does not fit in `int`.
#[must_use]
pub fn int(scalar: Scalar, value: i64) -> Text {
    if i32::try_from(value).is_ok_and(|value| value != i32::MIN) {
        let prec = if value < 0 { Prec::Unary } else { Prec::Postfix };
        return Text::new(value.to_string(), prec);
    }
    let ty = c_type(scalar);
    if value == i64::from(i32::MIN) || value == i64::MIN {
        let unsigned = unsigned_type(scalar);
        let digits = if scalar == Scalar::I64 { value as u64 } else { u64::from(value as u32) };
        return Text::new(format!("({ty})({unsigned}){digits:#x}u"), Prec::Unary);
    }
    Text::new(format!("({ty}){value}"), Prec::Unary)
}

fn from_bits(function: &str, helpers: &mut Helpers) {
    helpers.need("from_bits", |_| {
        format!("{function} float from_bits(uint32_t bits) {{\n    return __builtin_bit_cast(float, bits);\n}}")
    });
}

fn to_bits(function: &str, helpers: &mut Helpers) {
    helpers.need("to_bits", |_| {
        format!("{function} uint32_t to_bits(float value) {{\n    return __builtin_bit_cast(uint32_t, value);\n}}")
    });
}

/// The bits of an f32.
pub(crate) fn bits_of(x: &Text, function: &str, helpers: &mut Helpers) -> Text {
    to_bits(function, helpers);
    Text::call("to_bits", std::slice::from_ref(x))
}

/// The f32 of bits.
pub(crate) fn of_bits(x: &Text, function: &str, helpers: &mut Helpers) -> Text {
    from_bits(function, helpers);
    Text::call("from_bits", std::slice::from_ref(x))
}

/// The f32 of the bits of an `f16` or `bf16`, by scalar code.
#[must_use]
pub fn widen(elem: Elem, x: &Text, function: &str, helpers: &mut Helpers) -> Text {
    if elem == Elem::F16 {
        helpers.need("from_f16", |helpers| {
            from_bits(function, helpers);
            to_bits(function, helpers);
            format!(
                "{function} float from_f16(uint16_t bits) {{
    const uint32_t exponent = (bits >> 10) & 31u;
    const uint32_t fraction = bits & 1023u;
    const uint32_t wide = exponent == 31u ? 255u : exponent + 112u;
    // Below 2^-14 the fraction counts units of 2^-24.
    const uint32_t magnitude = exponent == 0u ? to_bits((float)fraction * 5.9604645e-8f) : (wide << 23) | (fraction << 13);
    return from_bits(((uint32_t)(bits & 0x8000u) << 16) | magnitude);
}}"
            )
        });
        return Text::call("from_f16", std::slice::from_ref(x));
    }
    helpers.need("from_bf16", |helpers| {
        from_bits(function, helpers);
        format!("{function} float from_bf16(uint16_t bits) {{\n    return from_bits((uint32_t)bits << 16);\n}}")
    });
    Text::call("from_bf16", std::slice::from_ref(x))
}

/// The bits of the nearest `f16` or `bf16`, ties to even, by scalar code.
#[must_use]
pub fn narrow(elem: Elem, x: &Text, function: &str, helpers: &mut Helpers) -> Text {
    if elem == Elem::F16 {
        helpers.need("to_f16", |helpers| {
            from_bits(function, helpers);
            to_bits(function, helpers);
            format!(
                "// To the nearest, ties to even.
{function} uint16_t to_f16(float value) {{
    const uint32_t bits = to_bits(value);
    const uint32_t sign = (bits >> 16) & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {{
        return (uint16_t)(sign | 0x7e00u);
    }}
    if (magnitude >= 0x477ff000u) {{
        return (uint16_t)(sign | 0x7c00u);
    }}
    if (magnitude < 0x38800000u) {{
        // Below 2^-14: adding 0.5 rounds to units of 2^-24.
        return (uint16_t)(sign | (to_bits(from_bits(magnitude) + 0.5f) - 0x3f000000u));
    }}
    const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return (uint16_t)(sign | ((rounded - 0x38000000u) >> 13));
}}"
            )
        });
        return Text::call("to_f16", std::slice::from_ref(x));
    }
    helpers.need("to_bf16", |helpers| {
        to_bits(function, helpers);
        format!(
            "// To the nearest, ties to even.
{function} uint16_t to_bf16(float value) {{
    const uint32_t bits = to_bits(value);
    const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
    return (uint16_t)((value == value ? rounded : bits | 0x400000u) >> 16);
}}"
        )
    });
    Text::call("to_bf16", std::slice::from_ref(x))
}

/// An f32 cut toward zero to an integer of `bits` bits; too large ones become the largest, NaN 0.
pub(crate) fn cut(x: &Text, signed: bool, bits: u32, function: &str, helpers: &mut Helpers) -> Text {
    let sign = if signed { "i" } else { "u" };
    let name = format!("to_{sign}{bits}");
    let key = name.clone();
    helpers.need(&key, |_| {
        let ty = if signed { format!("int{bits}_t") } else { format!("uint{bits}_t") };
        let power = bits - u32::from(signed);
        let top = 2f64.powi(power as i32) as f32;
        let (most, least) = if signed {
            (format!("({ty})~((u{ty})1 << {power})"), format!("({ty})((u{ty})1 << {power})"))
        } else {
            (format!("({ty})~({ty})0"), format!("({ty})0"))
        };
        let bottom = if signed { format!("value < -{top:?}f") } else { "value < 0.0f".to_owned() };
        format!(
            "// Toward zero; the nearest number of the type for what is outside of it, 0 for NaN.
{function} {ty} {name}(float value) {{
    if (value >= {top:?}f) {{
        return {most};
    }}
    if ({bottom}) {{
        return {least};
    }}
    return value == value ? ({ty})value : ({ty})0;
}}"
        )
    });
    Text::call(&name, std::slice::from_ref(x))
}

/// The smaller or larger of two numbers of a C type.
pub(crate) fn extreme(max: bool, ty: &str, x: Text, y: Text, function: &str, helpers: &mut Helpers) -> Text {
    let word = if max { "max" } else { "min" };
    let short = ty.trim_end_matches("_t");
    let name = format!("{word}_{short}");
    let sign = if max { '>' } else { '<' };
    let key = name.clone();
    helpers.need(&key, |_| {
        // The number where one operand is NaN.
        let other = if ty == "float" { " || x != x" } else { "" };
        format!("{function} {ty} {name}({ty} x, {ty} y) {{\n    return y {sign} x{other} ? y : x;\n}}")
    });
    Text::call(&name, &[x, y])
}

/// Names of the functions above.
pub(crate) const HELPERS: &[&str] = &[
    "from_bf16",
    "from_bits",
    "from_f16",
    "max_float",
    "max_int32",
    "max_int64",
    "max_uint32",
    "max_uint64",
    "min_float",
    "min_int32",
    "min_int64",
    "min_uint32",
    "min_uint64",
    "to_bf16",
    "to_bits",
    "to_f16",
    "to_i32",
    "to_i64",
    "to_i8",
    "to_u32",
    "to_u64",
    "to_u8",
];
