//! Functions on vectors that the API lacks. Their names are no names of a kernel's.

use emit::Helpers;

/// Names of the functions below and of those of [`super::transport`].
pub(super) const NAMES: &[&str] = &[
    "copy",
    "exponential",
    "inverse_root",
    "logarithm",
    "max_row",
    "min_row",
    "objects",
    "pack",
    "product",
    "product_and_sum",
    "quotient",
    "root",
    "round_down",
    "sum_row",
    "trips",
    "unpack",
    "give_edges",
    "take_edges",
];

/// Vectors of `float`.
fn lanes(helpers: &mut Helpers) {
    helpers.need("Lanes", |_| "using Lanes = aie::vector<float, 16>;".to_owned());
}

/// `a * b`.
pub(super) fn product(helpers: &mut Helpers) -> &'static str {
    helpers.need("product", |helpers| {
        lanes(helpers);
        "static inline Lanes product(Lanes a, Lanes b) {
    return aie::mul(a, b).to_vector<float>();
}
static inline Lanes product(Lanes a, float b) {
    return product(a, aie::broadcast<float, 16>(b));
}"
        .to_owned()
    });
    "product"
}

/// `a * b + c`.
pub(super) fn product_and_sum(helpers: &mut Helpers) -> &'static str {
    helpers.need("product_and_sum", |helpers| {
        lanes(helpers);
        "static inline Lanes product_and_sum(Lanes a, Lanes b, Lanes c) {
    return aie::mac(aie::accum<accfloat, 16>(c), a, b).to_vector<float>();
}
static inline Lanes product_and_sum(Lanes a, Lanes b, float c) {
    return product_and_sum(a, b, aie::broadcast<float, 16>(c));
}"
        .to_owned()
    });
    "product_and_sum"
}

/// `a / b`: a step of Newton's after the product with the reciprocal, unless it is infinite or no number.
pub(super) fn quotient(helpers: &mut Helpers) -> &'static str {
    helpers.need("quotient", |helpers| {
        product(helpers);
        "static inline Lanes quotient(Lanes a, Lanes b) {
    const Lanes reciprocal = aie::inv(b);
    const Lanes first = product(a, reciprocal);
    const Lanes rest = aie::msc(aie::accum<accfloat, 16>(a), first, b).to_vector<float>();
    const Lanes step = product(rest, reciprocal);
    // Not where anything is infinite or no number.
    return aie::select(first, aie::add(first, step), aie::lt(aie::abs(step), aie::abs(first)));
}"
        .to_owned()
    });
    "quotient"
}

/// `1 / sqrt(x)`.
pub(super) fn inverse_root(helpers: &mut Helpers) -> &'static str {
    helpers.need("inverse_root", |helpers| {
        product(helpers);
        "static inline Lanes inverse_root(Lanes x) {
    const Lanes first = aie::invsqrt(x);
    const Lanes off = aie::sub(aie::broadcast<float, 16>(1.0f), product(product(x, first), first));
    const Lanes second = aie::add(first, product(product(first, off), 0.5f));
    // Not of zero and infinity.
    return aie::select(first, second, aie::lt(aie::abs(off), 0.5f));
}"
        .to_owned()
    });
    "inverse_root"
}

/// `sqrt(x)`.
pub(super) fn root(helpers: &mut Helpers) -> &'static str {
    helpers.need("root", |helpers| {
        product_and_sum(helpers);
        product(helpers);
        "static inline Lanes root(Lanes x) {
    const Lanes inverse = aie::invsqrt(x);
    const Lanes first = product(x, inverse);
    const Lanes rest = aie::msc(aie::accum<accfloat, 16>(x), first, first).to_vector<float>();
    const Lanes result = product_and_sum(rest, product(inverse, 0.5f), first);
    // Zero and infinity are their own roots.
    const auto own = aie::eq(x, 0.0f) | aie::gt(x, 3.4028235e38f);
    return aie::select(result, x, own);
}"
        .to_owned()
    });
    "root"
}

/// The largest integer that is not larger.
pub(super) fn round_down(helpers: &mut Helpers) -> &'static str {
    helpers.need("round_down", |helpers| {
        lanes(helpers);
        "static inline Lanes round_down(Lanes x) {
    // Numbers from 2^23 on are integers; a sum with 2^23 rounds smaller ones to one.
    const Lanes size = aie::abs(x);
    const Lanes near = aie::sub(aie::add(size, 8388608.0f), 8388608.0f);
    const Lanes whole = aie::select(near, aie::neg(near), aie::lt(x, 0.0f));
    const Lanes lower = aie::select(whole, aie::sub(whole, 1.0f), aie::gt(whole, x));
    return aie::select(x, lower, aie::lt(size, 8388608.0f));
}"
        .to_owned()
    });
    "round_down"
}

/// `exp(x)`: a power of two times the series of what is left, from the 7th power down; its first missing term is 5e-9 of the result.
pub(super) fn exponential(helpers: &mut Helpers) -> &'static str {
    helpers.need("exponential", |helpers| {
        product_and_sum(helpers);
        product(helpers);
        "static inline Lanes exponential(Lanes x) {
    // Adding 1.5 * 2^23 leaves the nearest integer in the lowest bits.
    const Lanes within = aie::min(aie::max(x, -104.0f), 90.0f);
    const Lanes bits = aie::add(product(within, 1.44269504f), 12582912.0f);
    const Lanes whole = aie::sub(bits, 12582912.0f);
    // Less so many times the logarithm of 2, in two parts, of which the first has few bits.
    const Lanes log2 = aie::broadcast<float, 16>(0.693359375f);
    const Lanes most = aie::msc(aie::accum<accfloat, 16>(within), whole, log2).to_vector<float>();
    const Lanes rest = product_and_sum(whole, aie::broadcast<float, 16>(2.12194440e-4f), most);
    Lanes power = aie::broadcast<float, 16>(1.9841270e-4f);
    power = product_and_sum(power, rest, 1.3888889e-3f);
    power = product_and_sum(power, rest, 8.3333333e-3f);
    power = product_and_sum(power, rest, 4.1666667e-2f);
    power = product_and_sum(power, rest, 1.6666667e-1f);
    power = product_and_sum(power, rest, 0.5f);
    power = product_and_sum(power, rest, 1.0f);
    power = product_and_sum(power, rest, 1.0f);
    const auto scaled = aie::add(power.cast_to<int32_t>(), aie::upshift(bits.cast_to<int32_t>(), 23));
    Lanes result = scaled.cast_to<float>();
    result = aie::select(result, 0.0f, aie::lt(x, -87.0f));
    result = aie::select(result, __builtin_inff(), aie::gt(x, 88.8f));
    return aie::select(result, x, aie::neq(x, x));
}"
        .to_owned()
    });
    "exponential"
}

/// `log(x)`: the exponent, and twice the series of the inverse hyperbolic tangent of the rest.
pub(super) fn logarithm(helpers: &mut Helpers) -> &'static str {
    helpers.need("logarithm", |helpers| {
        product_and_sum(helpers);
        quotient(helpers);
        "static inline Lanes logarithm(Lanes x) {
    using Words = aie::vector<int32_t, 16>;
    // Numbers below the normal ones are scaled by 2^24.
    const auto small = aie::lt(x, 1.17549435e-38f);
    const Words word = aie::select(x, product(x, 16777216.0f), small).cast_to<int32_t>();
    // From half the root of 2 up to it: exponents change there.
    const Words part = aie::bit_and(aie::sub(word, 0x3f3504f3), aie::broadcast<int32_t, 16>(0x007fffff));
    const Lanes rest = aie::sub(aie::add(part, 0x3f3504f3).cast_to<float>(), 1.0f);
    const Words exponent = aie::downshift(aie::sub(word, 0x3f3504f3), 23);
    const Lanes count = aie::sub(aie::add(exponent, 0x4b400000).cast_to<float>(), 12582912.0f);
    const Lanes power = aie::select(count, aie::sub(count, 24.0f), small);
    const Lanes part_of = quotient(rest, aie::add(rest, 2.0f));
    const Lanes square = product(part_of, part_of);
    Lanes sum = aie::broadcast<float, 16>(2.2222222e-1f);
    sum = product_and_sum(sum, square, 2.8571429e-1f);
    sum = product_and_sum(sum, square, 0.4f);
    sum = product_and_sum(sum, square, 6.6666667e-1f);
    sum = product_and_sum(product(sum, square), part_of, product(power, -2.12194440e-4f));
    sum = aie::add(product_and_sum(part_of, aie::broadcast<float, 16>(2.0f), sum), product(power, 0.693359375f));
    sum = aie::select(sum, x, aie::gt(x, 3.4028235e38f));
    sum = aie::select(sum, -__builtin_inff(), aie::eq(x, 0.0f));
    return aie::select(sum, __builtin_nanf(\"\"), aie::lt(x, 0.0f) | aie::neq(x, x));
}"
        .to_owned()
    });
    "logarithm"
}

/// A row of at least one `float` reduced.
pub(super) fn row(name: &'static str, function: &str, helpers: &mut Helpers) -> &'static str {
    helpers.need(name, |helpers| {
        lanes(helpers);
        let first = if function == "add" { "0.0f" } else { "x[0]" };
        format!(
            "static inline float {name}(const float *x, uint32_t count) {{
    const Lanes first = aie::broadcast<float, 16>({first});
    Lanes all = first;
    uint32_t at = 0;
    for (; at + 16 <= count; at += 16) {{
        all = aie::{function}(all, aie::load_v<16>(x + at));
    }}
    if (at < count) {{
        const auto rest = aie::mask<16>::from_uint32((1u << (count - at)) - 1u);
        all = aie::{function}(all, aie::select(first, aie::load_v<16>(x + at), rest));
    }}
    return aie::reduce_{function}(all);
}}"
        )
    });
    name
}
