//! Functions that texts begin with. Those that need room take vectors in parts that fit into the scratch array.

use emit::Helpers;

use super::reduce::Names;
use crate::limits::SCRATCH;
use crate::names;

/// Channels of partial results in a reduction: 128 bytes, which one vector instruction takes.
pub(super) const LANES: u64 = 32;

/// Names of the functions, which no variable has.
pub(super) const NAMES: &[&str] =
    &["choose", "divide", "exponential", "logarithm", "max_rows", "min_rows", "multiply_add", "round_down", "sum_rows"];

/// Memory for operations, beside the buffers.
pub(super) fn scratch(helpers: &mut Helpers) {
    helpers.need(emit_dma::SCRATCH, |_| {
        format!("// What operations use beside the buffers.\n__nram__ float {}[{SCRATCH}];", names::SCRATCH)
    });
}

/// A function that does `body` for parts of `part` elements, from element `at` on.
fn in_parts(remark: &str, head: &str, part: u64, body: &[&str]) -> String {
    let body: Vec<String> = body.iter().map(|line| format!("        {line}\n")).collect();
    format!(
        "// {remark}
__mlu_func__ void {head} {{
    for (uint32_t at = 0; at < n; at += {part}) {{
        const uint32_t part = n - at < {part} ? n - at : {part};
{}    }}
}}",
        body.concat()
    )
}

/// Powers of e. `__bang_pow2` is defined for exponents from -126 on; what is below becomes 0.
pub(super) fn exponential(helpers: &mut Helpers) -> &'static str {
    helpers.need("exponential", |_| {
        "// Powers of e; 0 where they are below the smallest normal number.
__mlu_func__ void exponential(NPTR(float) dst, NPTR(const float) src, uint32_t n) {
    __bang_mul_scalar(dst, src, 1.442695041f, n);
    __bang_maxeq_scalar(dst, dst, -126.0f, n);
    __bang_pow2(dst, dst, n);
    __bang_add_scalar(dst, dst, -1.17549435e-38f, n);
}"
        .to_owned()
    });
    "exponential"
}

/// Natural logarithms, out of those to the base 2.
pub(super) fn logarithm(helpers: &mut Helpers) -> &'static str {
    helpers.need("logarithm", |_| {
        "// Natural logarithms.
__mlu_func__ void logarithm(NPTR(float) dst, NPTR(const float) src, uint32_t n) {
    __bang_log(dst, src, n);
    __bang_mul_scalar(dst, dst, 0.6931471806f, n);
}"
        .to_owned()
    });
    "logarithm"
}

/// Rounding down in place.
pub(super) fn round_down(helpers: &mut Helpers) -> &'static str {
    helpers.need("round_down", |helpers| {
        scratch(helpers);
        in_parts(
            "Rounds down; in place too.",
            "round_down(NPTR(float) dst, NPTR(const float) src, uint32_t n)",
            SCRATCH,
            &["__bang_floor(scratch, src + at, part);", "__bang_move(dst + at, scratch, part * 4);"],
        )
    });
    "round_down"
}

/// Quotients whose destination may be any operand.
pub(super) fn divide(helpers: &mut Helpers) -> &'static str {
    helpers.need("divide", |helpers| {
        scratch(helpers);
        in_parts(
            "`a / b`; the destination may be either.",
            "divide(NPTR(float) dst, NPTR(const float) a, NPTR(const float) b, uint32_t n)",
            SCRATCH,
            &["__bang_recip(scratch, b + at, part);", "__bang_mul(dst + at, a + at, scratch, part);"],
        )
    });
    "divide"
}

/// Products and sums whose destination may be any operand.
pub(super) fn multiply_add(helpers: &mut Helpers) -> &'static str {
    helpers.need("multiply_add", |helpers| {
        scratch(helpers);
        in_parts(
            "`a * b + c`; the destination may be any of them.",
            "multiply_add(NPTR(float) dst, NPTR(const float) a, NPTR(const float) b, NPTR(const float) c, uint32_t n)",
            SCRATCH,
            &["__bang_mul(scratch, a + at, b + at, part);", "__bang_add(dst + at, scratch, c + at, part);"],
        )
    });
    "multiply_add"
}

/// Choices by masks. The bits of 1.0f, 0x3f800000, shifted left by 2 have the sign bit set; shifted right by 31 with it they are all ones.
pub(super) fn choose(helpers: &mut Helpers) {
    helpers.need("choose", |helpers| {
        scratch(helpers);
        let half = SCRATCH / 2;
        in_parts(
            "Words of `a` where the mask is 1, of `b` where it is 0: `b ^ ((a ^ b) & bits)`.",
            "choose(NPTR(char) dst, NPTR(const float) mask, NPTR(const char) a, NPTR(const char) b, uint32_t n)",
            half,
            &[
                "NPTR(int32_t) bits = (NPTR(int32_t))scratch;",
                &format!("NPTR(char) other = (NPTR(char))(scratch + {half});"),
                "// 1.0f << 2 is negative, so that its sign fills the word.",
                "__bang_sll(bits, (NPTR(const int32_t))(mask + at), 2, part);",
                "__bang_sra(bits, bits, 31, part);",
                "__bang_bxor(other, a + at * 4, b + at * 4, part * 4);",
                "__bang_band(other, other, (NPTR(const char))bits, part * 4);",
                "__bang_bxor(dst + at * 4, b + at * 4, other, part * 4);",
            ],
        )
    });
}

/// Rows of whole groups of lanes: partial results first.
pub(super) fn reduce_rows(names: Names, helpers: &mut Helpers) {
    let Names { pool, rows, .. } = names;
    helpers.need(rows, |helpers| {
        scratch(helpers);
        let most = SCRATCH / LANES;
        format!(
            "// Reduces rows of `groups` times {LANES} elements to {LANES} each, and those to one.
__mlu_func__ void {rows}(NPTR(float) dst, NPTR(const float) src, uint32_t rows, uint32_t groups) {{
    for (uint32_t at = 0; at < rows; at += {most}) {{
        const uint32_t part = rows - at < {most} ? rows - at : {most};
        {pool}(scratch, src + at * groups * {LANES}, {LANES}, part, groups, 1, groups, groups, 1);
        {pool}(dst + at, scratch, 1, part, {LANES}, 1, {LANES}, {LANES}, 1);
    }}
}}"
        )
    });
}
