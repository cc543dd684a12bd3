//! Functions for quotients and remainders, which the vector unit lacks.

use emit::Helpers;

/// `divide_u32`: long division, as the vector unit has none. By 0: all ones.
pub(super) fn quotients(helpers: &mut Helpers) {
    helpers.need("divide_u32", |_| {
        "static inline uint64 divide_u32(uint64 x, uint64 y) {
    uint64 quotient = 0;
    uint64 rest = 0;
    for (unsigned bit = 32u; bit > 0u; bit -= 1u) {
        const uint64 carry = rest >> 31;
        rest = (rest << 1) | ((x >> (bit - 1u)) & 1u);
        const uint64 fits = v_u32_sel_geq_u32_b(rest, y, 1, 0) | carry;
        rest = v_u32_sel_neq_u32_b(fits, 0, rest - y, rest);
        quotient = (quotient << 1) | fits;
    }
    return quotient;
}"
        .to_owned()
    });
}

/// `remainder_u32`.
pub(super) fn remainders(helpers: &mut Helpers) {
    helpers.need("remainder_u32", |helpers| {
        quotients(helpers);
        "static inline uint64 remainder_u32(uint64 x, uint64 y) {\n    return x - divide_u32(x, y) * y;\n}".to_owned()
    });
}

/// `divide_i32`, toward zero.
pub(super) fn signed_quotients(helpers: &mut Helpers) {
    helpers.need("divide_i32", |helpers| {
        quotients(helpers);
        "// Toward zero.
static inline int64 divide_i32(int64 x, int64 y) {
    const int64 sign = (x ^ y) >> 31;
    const int64 dividend = (x ^ (x >> 31)) - (x >> 31);
    const int64 divisor = (y ^ (y >> 31)) - (y >> 31);
    const int64 quotient = (int64)divide_u32((uint64)dividend, (uint64)divisor);
    return (quotient ^ sign) - sign;
}"
        .to_owned()
    });
}

/// `remainder_i32`, with the sign of the dividend.
pub(super) fn signed_remainders(helpers: &mut Helpers) {
    helpers.need("remainder_i32", |helpers| {
        signed_quotients(helpers);
        "static inline int64 remainder_i32(int64 x, int64 y) {\n    return x - divide_i32(x, y) * y;\n}".to_owned()
    });
}

/// `divide` and `remainder` of scalars that may be negative.
pub(super) fn divide_scalars(helpers: &mut Helpers) {
    helpers.need("divide", |_| {
        "// Toward zero.
static inline int divide(int x, int y) {
    const unsigned dividend = x < 0 ? 0u - (unsigned)x : (unsigned)x;
    const unsigned divisor = y < 0 ? 0u - (unsigned)y : (unsigned)y;
    const unsigned quotient = u32_udiv(dividend, divisor, SW_DIV_MODE_DIV, 0);
    return (x < 0) != (y < 0) ? (int)(0u - quotient) : (int)quotient;
}

static inline int remainder(int x, int y) {
    return (int)((unsigned)x - (unsigned)divide(x, y) * (unsigned)y);
}"
        .to_owned()
    });
}

/// `divide_f32`: the library's reciprocal looks a table up, and local memory with a table is a fifth of that without.
pub(super) fn floats(helpers: &mut Helpers) {
    helpers.need("divide_f32", |_| {
        "// The reciprocal of 1 <= m < 2 from a line by three steps of Newton's, 1/17 off at first; then the exponent, in two halves,
// neither of which leaves the range of floats.
static inline float64 divide_f32(float64 a, float64 b) {
    const int64 bits = as_int64(b);
    const int64 exponent = (bits >> 23) & 255;
    const int64 fraction = bits & 0x007FFFFF;
    const int64 sign = bits ^ (bits & 0x7FFFFFFF);
    const float64 m = as_float64(fraction | 0x3F800000);
    float64 r = 1.4117647f - m * 0.47058824f;
    r = r + r * (1.0f - m * r);
    r = r + r * (1.0f - m * r);
    r = r + r * (1.0f - m * r);
    const int64 power = 127 - exponent;
    const int64 lower = power >> 1;
    const float64 low = as_float64((lower + 127) << 23);
    const float64 high = as_float64((power - lower + 127) << 23);
    const float64 quotient = as_float64(as_int64(a * r) ^ sign) * low * high;
    // By 0, by an infinity, by NaN.
    const float64 infinity = as_float64(sign | 0x7F800000);
    const float64 endless = v_f32_sel_eq_i32_b(fraction, 0, as_float64(sign), b);
    const float64 special = a * v_f32_sel_eq_i32_b(exponent, 0, infinity, endless);
    const int64 odd = v_i32_sel_eq_i32_b(exponent, 0, 1, v_i32_sel_eq_i32_b(exponent, 255, 1, 0));
    return v_f32_sel_eq_i32_b(odd, 0, quotient, special);
}"
        .to_owned()
    });
}
