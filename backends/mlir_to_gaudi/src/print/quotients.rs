//! Functions for quotients and remainders of whole numbers, which the vector unit lacks.

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
