//! Functions that a kernel's text begins with.

use emit::Helpers;
use tile_ir::Elem;

use super::casts::Wide;
use super::reduce::Fold;

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "divide",
    "divide_f32",
    "divide_i32",
    "divide_u32",
    "head_bf16",
    "head_f16",
    "head_f32",
    "head_i32",
    "head_i8",
    "max_lanes",
    "min_lanes",
    "narrow_bf16",
    "narrow_f16",
    "narrow_i8",
    "patch_bf16",
    "patch_f16",
    "patch_f32",
    "patch_i32",
    "patch_i8",
    "remainder",
    "remainder_i32",
    "remainder_u32",
    "round_bf16",
    "round_f16",
    "spread_bf16",
    "spread_f16",
    "spread_f32",
    "spread_i32",
    "spread_i8",
    "sum_lanes",
    "to_i32",
    "to_i8",
    "to_u32",
    "to_u8",
];

/// Of both groups of all four dual groups.
const WRITTEN: &str = "
        SW_WR_LOWER_GROUP0 | SW_WR_UPPER_GROUP0 | SW_WR_LOWER_GROUP1 | SW_WR_UPPER_GROUP1 |
        SW_WR_LOWER_GROUP2 | SW_WR_UPPER_GROUP2 | SW_WR_LOWER_GROUP3 | SW_WR_UPPER_GROUP3";
const ENABLED: &str = "
        SW_GROUP0_EN | SW_GROUP1_EN |
        SW_DUAL_GROUP0_EN | SW_DUAL_GROUP1_EN | SW_DUAL_GROUP2_EN | SW_DUAL_GROUP3_EN";

/// Statements that combine each lane of `v` with those of all others: halves, quarters, groups, then lanes of a group. A map has the
/// place in the group in bits 0 to 2 of each byte, the group in bit 5, and bit 7.
fn across(tag: &str, combined: impl Fn(&str) -> String) -> String {
    let mut lines = Vec::new();
    for order in ["2, 3, 0, 1", "1, 0, 3, 2"] {
        lines.push(combined(&format!("v_{tag}_mov_dual_group_all_b(v, 0xFFFFFFFF, {order},{WRITTEN}, v)")));
    }
    lines.push(combined(&format!("v_{tag}_mov_group_b(v, 0xFFFFFFFF,{ENABLED}, v)")));
    for distance in [1, 2, 4] {
        let map = format!(
            "as_uchar256((((read_lane_id_4b_b() ^ {distance}u) & 7u) | ((read_lane_id_4b_b() & 8u) << 2) | 0x80u) * \
             0x01010101u)"
        );
        lines.push(combined(&format!("v_{tag}_shuffle_b(v, {map}, 0, v)")));
    }
    lines.iter().map(|line| format!("    v = {line};\n")).collect()
}

/// The helper that combines all lanes.
pub(super) fn lanes(fold: &Fold, helpers: &mut Helpers) {
    helpers.need(fold.lanes(), |_| {
        let body = across("f32", |moved| fold.combined("v", moved));
        format!("static inline float64 {}(float64 v) {{\n{body}    return v;\n}}", fold.lanes())
    });
}

/// How functions of this file name an element type, the type of its vectors, and that of numbers for all lanes.
const fn vector(elem: Elem) -> Option<(&'static str, &'static str, &'static str)> {
    match elem {
        Elem::F32 => Some(("f32", "float64", "float64")),
        Elem::I32 => Some(("i32", "int64", "int64")),
        Elem::F16 => Some(("f16", "half128", "float64")),
        Elem::Bf16 => Some(("bf16", "bfloat128", "float64")),
        Elem::I8 => Some(("i8", "char256", "int64")),
        Elem::I1 | Elem::I64 | Elem::Index => None,
    }
}

/// The wide type that a storage type is handled as.
const fn held(elem: Elem) -> Elem {
    match elem {
        Elem::F16 | Elem::Bf16 | Elem::F32 | Elem::I1 => Elem::F32,
        Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Elem::I32,
    }
}

/// The helper that gives the number of one lane in all lanes, widened.
pub(super) fn spread(elem: Elem, helpers: &mut Helpers) -> Option<&'static str> {
    let (name, _) = named("spread", elem)?;
    let (tag, ty, number) = vector(elem)?;
    let wide = super::casts::wide(elem);
    helpers.need(name, |helpers| match (elem, wide) {
        (Elem::I32, _) => {
            let body = across("i32", |moved| format!("v | {moved}"));
            format!(
                "// The number of one lane, in all lanes: its bits, and no others'.
static inline int64 spread_i32(int64 v, int lane) {{
    v = v_i32_sel_eq_u32_b(read_lane_id_4b_b(), (unsigned)lane, v, 0);
{body}    return v;
}}"
            )
        }
        (_, None) => {
            spread(Elem::I32, helpers);
            "static inline float64 spread_f32(float64 v, int lane) {
    return as_float64(spread_i32(as_int64(v), lane));
}"
            .to_owned()
        }
        (_, Some(Wide { widen, pair, parts, .. })) => {
            let one = spread(held(elem), helpers).unwrap_or_default();
            let mut chosen = format!("wide.v{parts}");
            for part in (1..parts).rev() {
                chosen = format!("lane < {} ? wide.v{part} : {chosen}", 64 * part);
            }
            format!(
                "static inline {number} spread_{tag}({ty} v, int lane) {{
    const {pair} wide = {widen}(v, SW_LINEAR);
    return {one}({chosen}, lane & 63);
}}"
            )
        }
    });
    Some(name)
}

/// The names of a helper for an element type.
const fn named(word: &'static str, elem: Elem) -> Option<(&'static str, Elem)> {
    let names = match word.as_bytes() {
        b"spread" => ["spread_f32", "spread_i32", "spread_f16", "spread_bf16", "spread_i8"],
        b"patch" => ["patch_f32", "patch_i32", "patch_f16", "patch_bf16", "patch_i8"],
        _ => ["head_f32", "head_i32", "head_f16", "head_bf16", "head_i8"],
    };
    match elem {
        Elem::F32 => Some((names[0], elem)),
        Elem::I32 => Some((names[1], elem)),
        Elem::F16 => Some((names[2], elem)),
        Elem::Bf16 => Some((names[3], elem)),
        Elem::I8 => Some((names[4], elem)),
        Elem::I1 | Elem::I64 | Elem::Index => None,
    }
}

/// A helper for each wide vector of a storage type: `body` says what is done with member and number of lanes before it.
fn each_part(elem: Elem, wide: &Wide, body: impl Fn(&str, &str) -> String) -> String {
    let Wide { widen, narrow, pair, parts, .. } = wide;
    let switches = if elem == Elem::I8 { "SW_LINEAR" } else { "SW_LINEAR | SW_RHNE" };
    let lines: String = (0..*parts)
        .map(|part| {
            let before = if part == 0 { String::new() } else { format!(" - {}", 64 * part) };
            let member = format!("wide.v{}", part + 1);
            format!("    {member} = {};\n", body(&member, &before))
        })
        .collect();
    format!("    {pair} wide = {widen}(v, SW_LINEAR);\n{lines}    return {narrow}(wide, {switches});\n")
}

/// The helper that replaces one lane.
pub(super) fn patch(elem: Elem, helpers: &mut Helpers) -> Option<&'static str> {
    let (name, _) = named("patch", elem)?;
    let (tag, ty, number) = vector(elem)?;
    let wide = super::casts::wide(elem);
    helpers.need(name, |helpers| {
        let body = match wide {
            None => format!("    return v_{tag}_sel_eq_u32_b(read_lane_id_4b_b(), (unsigned)lane, x, v);\n"),
            Some(wide) => {
                let one = patch(held(elem), helpers).unwrap_or_default();
                each_part(elem, &wide, |member, before| format!("{one}({member}, lane{before}, x)"))
            }
        };
        format!("static inline {ty} {name}({ty} v, int lane, {number} x) {{\n{body}}}")
    });
    Some(name)
}

/// The helper that keeps the first lanes and puts a number into the others.
pub(super) fn head(elem: Elem, helpers: &mut Helpers) -> Option<&'static str> {
    let (name, _) = named("head", elem)?;
    let (tag, ty, number) = vector(elem)?;
    let wide = super::casts::wide(elem);
    helpers.need(name, |helpers| {
        let body = match wide {
            None => format!("    return v_{tag}_sel_less_i32_b((int64)read_lane_id_4b_b(), count, v, rest);\n"),
            Some(wide) => {
                let one = head(held(elem), helpers).unwrap_or_default();
                each_part(elem, &wide, |member, before| format!("{one}({member}, count{before}, rest)"))
            }
        };
        format!("static inline {ty} {name}({ty} v, int count, {number} rest) {{\n{body}}}")
    });
    Some(name)
}

/// The helper that narrows a number that is in all lanes.
pub(super) fn narrow(elem: Elem, wide: &Wide, helpers: &mut Helpers) -> Option<&'static str> {
    let name = match elem {
        Elem::F16 => "narrow_f16",
        Elem::Bf16 => "narrow_bf16",
        Elem::I8 => "narrow_i8",
        Elem::F32 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => return None,
    };
    let Wide { narrow, pair, parts, element, narrowed, .. } = wide;
    let switches = if elem == Elem::I8 { "0" } else { "SW_RHNE" };
    helpers.need(name, |_| {
        let members: String = (1..=*parts).map(|part| format!("    wide.v{part} = x;\n")).collect();
        format!(
            "static inline {narrowed} {name}({element} x) {{\n    {pair} wide;\n{members}    return {narrow}(wide, {switches});\n}}"
        )
    });
    Some(name)
}

/// The helper that rounds to a 16-bit float, the number in all lanes.
pub(super) fn round(elem: Elem, helpers: &mut Helpers) -> &'static str {
    let name = if elem == Elem::F16 { "round_f16" } else { "round_bf16" };
    helpers.need(name, |helpers| {
        let Some(wide) = super::casts::wide(elem) else { return String::new() };
        let narrowed = narrow(elem, &wide, helpers).unwrap_or_default();
        let widen = wide.widen;
        format!("static inline float64 {name}(float64 x) {{\n    return {widen}({narrowed}(x), 0).v1;\n}}")
    });
    name
}

/// The helper that cuts `float` to an integer of so many bits, held as the signed number with the same bits.
pub(super) fn cut(signed: bool, bits: u32, helpers: &mut Helpers) -> String {
    let name = format!("to_{}{bits}", if signed { "i" } else { "u" });
    let key = name.clone();
    helpers.need(&key, |_| {
        let remark = "// Toward zero; the nearest number of the type for what is outside of it, 0 for NaN.";
        let within = |low: &str, high: &str| {
            format!(
                "static inline int64 {name}(float64 x) {{
    float64 inside = v_f32_sel_eq_f32_b(x, x, x, 0.0f);
    inside = v_f32_max_b(v_f32_min_b(inside, {high}), {low});
    const int64 whole = convert_float64_to_int64(inside, SW_RZ);
"
            )
        };
        let body = match (signed, bits) {
            // The largest float below 2^31 is less than the largest integer.
            (true, 32) => {
                let start = within("-2147483648.0f", "2147483520.0f");
                format!("{start}    return v_i32_sel_geq_f32_b(x, 2147483648.0f, 2147483647, whole);\n}}")
            }
            (false, 32) => format!(
                "static inline int64 {name}(float64 x) {{
    float64 inside = v_f32_sel_eq_f32_b(x, x, x, 0.0f);
    inside = v_f32_max_b(v_f32_min_b(inside, 4294967040.0f), 0.0f);
    const float64 high = v_f32_sel_geq_f32_b(inside, 2147483648.0f, 2147483648.0f, 0.0f);
    int64 whole = convert_float64_to_int64(inside - high, SW_RZ);
    whole = v_i32_sel_neq_f32_b(high, 0.0f, whole ^ (int)0x80000000u, whole);
    return v_i32_sel_geq_f32_b(x, 4294967296.0f, -1, whole);
}}"
            ),
            (true, bits) => {
                let top = 1_i64 << (bits - 1);
                let start = within(&format!("-{top}.0f"), &format!("{}.0f", top - 1));
                format!("{start}    return whole;\n}}")
            }
            (false, bits) => {
                let start = within("0.0f", &format!("{}.0f", (1_i64 << bits) - 1));
                let by = 32 - bits;
                format!("{start}    return (whole << {by}) >> {by};\n}}")
            }
        };
        format!("{remark}\n{body}")
    });
    name
}
