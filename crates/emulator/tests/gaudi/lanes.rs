//! Lanes: moves, conversions, sums, and predicates, one intrinsic at a time.

use emulator::Arg;
use emulator::gaudi::{Element, FaultKind, Tensor};

use crate::harness::{bf16s, f32s, fail, input, out, pass, shape};

/// Runs `v = ...;` on the lanes 0 to 63 in `v`; `w` holds 100.
fn lanes(body: &str) -> Vec<f32> {
    let source = format!(
        "void main(tensor x, tensor y) {{\nint5 c = {{ 0, 0, 0, 0, 0 }};\nfloat64 v = v_f32_ld_tnsr_b(c, x);\n\
         float64 w = 100.0f;\n{body}\nv_f32_st_tnsr(c, y, v);\n}}\n"
    );
    let x: Vec<f32> = (0..64).map(|lane| lane as f32).collect();
    let mut y = vec![0.0_f32; 64];
    pass(&source, &[1], &[f32s(&[64]), f32s(&[64])], &[input(&x), out(&mut y)], || ());
    y
}

fn expect(body: &str, lane: impl Fn(usize) -> f32) {
    let expected: Vec<f32> = (0..64).map(lane).collect();
    assert_eq!(lanes(body), expected, "{body}");
}

const ALL: &str = "SW_WR_LOWER_GROUP0 | SW_WR_UPPER_GROUP0 | SW_WR_LOWER_GROUP1 | SW_WR_UPPER_GROUP1 | \
                   SW_WR_LOWER_GROUP2 | SW_WR_UPPER_GROUP2 | SW_WR_LOWER_GROUP3 | SW_WR_UPPER_GROUP3";

#[test]
fn dual_groups_and_groups() {
    let all = |sources: &str, switches: &str| {
        format!("v = v_f32_mov_dual_group_all_b(v, 0xFFFFFFFF, {sources}, {switches}, w, 1, 0);")
    };
    expect(&all("2, 3, 0, 1", ALL), |lane| (lane ^ 32) as f32);
    expect(&all("0, 0, 0, 0", ALL), |lane| (lane % 16) as f32);
    expect(&all("1, 1, 1, 1", "SW_WR_UPPER_GROUP2"), |lane| if lane / 8 == 5 { (lane - 16) as f32 } else { 100.0 });
    let one = "v = v_f32_mov_dual_group_b(v, 0xFFFFFFFF, 3, 1, SW_WR_LOWER_GROUP | SW_WR_UPPER_GROUP, w);";
    expect(one, |lane| if lane / 16 == 1 { (lane + 32) as f32 } else { 100.0 });
    expect("v = v_f32_mov_group_b(v, 0xFFFFFFFF, 63, w);", |lane| (lane ^ 8) as f32);
    let half = "v = v_f32_mov_group_b(v, 0xFFFFFFFF, SW_GROUP1_EN | SW_DUAL_GROUP0_EN | SW_DUAL_GROUP2_EN, v);";
    expect(half, |lane| if lane & 24 == 8 && lane & 16 == 0 { (lane ^ 8) as f32 } else { lane as f32 });
}

#[test]
fn shuffles() {
    let map = "uint64 map = 0x80 | (V_LANE_ID_32 ^ 1) & 7 | ((V_LANE_ID_32 & 8) << 2);\nmap = map * 0x01010101u;\n";
    expect(&format!("{map}v = v_f32_shuffle_b(v, (uchar256)map, 0, w);"), |lane| (lane ^ 1) as f32);
    expect("v = v_f32_shuffle_b(v, (uchar256)0xa3, 0, w);", |lane| (lane / 16 * 16 + 11) as f32);
    expect("v = v_f32_shuffle_b(v, (uchar256)3, 0, w);", |_| 100.0);
    let faulty = |map: &str| {
        let source = format!(
            "void main(tensor y) {{\nfloat64 v = 0;\nuint64 map = {map};\nv = v_f32_shuffle_b(v, (uchar256)map, 0, v); // here\n}}\n"
        );
        let mut y = vec![0.0_f32; 64];
        fail(&source, &[1], &[f32s(&[64])], &[out(&mut y)], FaultKind::Limit);
    };
    faulty("0x80");
    faulty("0x88888888u");
}

#[test]
fn sums_over_lanes() {
    expect("v = v_f32_reduce_add(v);", |_| 2016.0);
    expect("v = v_f32_reduce_max(v);", |_| 63.0);
    expect("v = v_f32_reduce_min(v + 5.0f);", |_| 5.0);
    expect("v = v_f32_reduce_mul(v_f32_min_b(v + 1.0f, 2.0f) * 0.5f);", |_| 0.5);
    // The same without the library.
    let map =
        |bit: u32| format!("map = ((V_LANE_ID_32 ^ {bit}u) & 7 | ((V_LANE_ID_32 & 8) << 2) | 0x80) * 0x01010101u;");
    let mut body = format!(
        "uint64 map = 0;\nv = v + v_f32_mov_dual_group_all_b(v, -1, 1, 0, 3, 2, {ALL}, v);\n\
         v = v + v_f32_mov_dual_group_all_b(v, -1, 2, 3, 0, 1, {ALL}, v);\nv = v + v_f32_mov_group_b(v, -1, 63, v);\n"
    );
    for bit in [1, 2, 4] {
        body.push_str(&format!("{}\nv = v + v_f32_shuffle_b(v, (uchar256)map, 0, v);\n", map(bit)));
    }
    expect(&body, |_| 2016.0);
    expect(
        "uint64_float64_pair_t m = v_f32_reduce_argmax(v_f32_abs_b(v - 60.0f));\nv = v_convert_u32_to_f32_b(m.v1) + m.v2;",
        |_| 60.0,
    );
}

#[test]
fn an_argmax_of_equals_is_not_known() {
    let source =
        "void main(tensor y) {\nfloat64 v = 0;\nuint64_float64_pair_t m = v_f32_reduce_argmax(v); // here\n}\n";
    let mut y = vec![0.0_f32; 64];
    fail(source, &[1], &[f32s(&[64])], &[out(&mut y)], FaultKind::Limit);
}

#[test]
fn predicates() {
    expect("v = v_f32_add_b(v, v, 0, w, 0, 0);", |_| 100.0);
    expect("v = v_f32_add_b(v, v, 0, w, 0, 1);", |lane| 2.0 * lane as f32);
    expect("v = v_f32_add_b(v, v, 0, w, 1, 0);", |lane| 2.0 * lane as f32);
    expect("v = v_f32_mac_b(v, v, w, 0, 0, 0);", |_| 100.0);
    expect("v = v_f32_mac_b(v, v, w, 0, 1, 0);", |lane| 100.0 + (lane * lane) as f32);
    expect(
        "v = v_f32_mov_vb(w, 0, v, v_f32_cmp_geq_b(v, 60.0f), 0);",
        |lane| if lane < 60 { lane as f32 } else { 100.0 },
    );
    expect(
        "v = v_f32_mov_vb(w, 0, v, v_f32_cmp_geq_b(v, 60.0f), 1);",
        |lane| if lane < 60 { 100.0 } else { lane as f32 },
    );
    expect("v = v_f32_ld_tnsr_b(c, x, 0, w, 0, 0);", |_| 100.0);
    expect("v = v_f32_ld_tnsr_partial_b(c, x, 3, 0, 0, w);", |lane| if lane < 4 { lane as f32 } else { 100.0 });
    expect("v = v_f32_sel_less_f32_b(v, 3.0f, w, v);", |lane| if lane < 3 { 100.0 } else { lane as f32 });
    expect("v = v_f32_sel_neq_u32_b(V_LANE_ID_32, 5u, w, v);", |lane| if lane == 5 { 5.0 } else { 100.0 });
}

#[test]
fn whole_numbers() {
    expect("v = v_convert_i32_to_f32_b(convert_float64_to_int64(v * 0.5f, 0));", |lane| {
        (lane as f32 * 0.5).round_ties_even()
    });
    expect("v = v_convert_i32_to_f32_b(convert_float64_to_int64(v * 0.5f, SW_RZ));", |lane| (lane / 2) as f32);
    expect("v = v_convert_u32_to_f32_b(V_LANE_ID_32 & 7 | 8);", |lane| (lane & 7 | 8) as f32);
    expect("v = v_convert_i32_to_f32_b(v_i32_max_b(-(int64)V_LANE_ID_32 + 3, 0));", |lane| {
        3_usize.saturating_sub(lane) as f32
    });
    let source = "void main(tensor y) {\nfloat64 v = 3.0e9f;\nint64 i = convert_float64_to_int64(v, 0); // here\n}\n";
    let mut y = vec![0.0_f32; 64];
    fail(source, &[1], &[f32s(&[64])], &[out(&mut y)], FaultKind::Limit);
}

#[test]
fn denormals_are_zero() {
    expect("v = v * 1.0e-39f;", |_| 0.0);
    expect("v = v_f32_mac_b(v, 1.0e-20f, 0.0f);\nv = v_f32_mul_b(v, 1.0e-20f);", |_| 0.0);
    let body = "v = v_log_f32(v - 63.0f);";
    assert!(lanes(body)[..63].iter().all(|lane| lane.to_bits() == 0x7fff_ffff));
}

/// Elements 0 to 127 as bf16 through f32 and back.
fn halves(there: &str, back: &str, between: &str) -> Vec<f32> {
    let source = format!(
        "void main(tensor x, tensor y) {{\nint5 c = {{ 0, 0, 0, 0, 0 }};\n\
         float128 p = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(c, x), {there});\n{between}\n\
         v_bf16_st_tnsr(c, y, convert_float128_to_bfloat128(p, {back}));\n}}\n"
    );
    let x: Vec<u16> = (0..128).map(|at| half::bf16::from_f32(at as f32).to_bits()).collect();
    let mut y = vec![0_u16; 128];
    pass(&source, &[1], &[bf16s(&[128]), bf16s(&[128])], &[input(&x), out(&mut y)], || ());
    y.iter().map(|bits| f32::from_bits(u32::from(*bits) << 16)).collect()
}

#[test]
fn halves_are_even_and_odd_unless_linear() {
    let same: Vec<f32> = (0..128).map(|at| at as f32).collect();
    assert_eq!(halves("0", "0", ""), same);
    assert_eq!(halves("SW_LINEAR", "SW_LINEAR", ""), same);
    // The first vector is added to: even elements, or the first 64.
    let add = "p.v1 += 128.0f;";
    let even: Vec<f32> = (0..128).map(|at| if at % 2 == 0 { at + 128 } else { at } as f32).collect();
    let low: Vec<f32> = (0..128).map(|at| if at < 64 { at + 128 } else { at } as f32).collect();
    assert_eq!(halves("0", "0", add), even);
    assert_eq!(halves("SW_LINEAR", "SW_LINEAR", add), low);
    // One way only: the elements are in another order.
    let mixed: Vec<f32> = (0..128).map(|at| (at % 64 * 2 + at / 64) as f32).collect();
    assert_eq!(halves("0", "SW_LINEAR", ""), mixed);
    // Rounding: 257 lies between two numbers of bf16.
    let far = "p.v1 = p.v1 * 0.0f + 259.0f;\np.v2 = p.v2 * 0.0f + 259.0f;";
    assert!(halves("0", "SW_RHNE", far).iter().all(|value| *value == 260.0));
    assert!(halves("0", "SW_RZ", far).iter().all(|value| *value == 258.0));
}

#[test]
fn padding_is_zero_and_the_rest_is_dropped() {
    let source = "void main(tensor x, tensor y) {\nint5 c = { 50, 1, 0, 0, 0 };\nint5 to = { 3, 1, 0, 0, 0 };\n\
                  v_f32_st_tnsr(to, y, v_f32_ld_tnsr_b(c, x));\nc[1] = 2;\nto[1] = 0;\n\
                  v_f32_st_tnsr(to, y, v_f32_ld_tnsr_b(c, x));\nto[1] = 2;\nv_f32_st_tnsr(to, y, 1.0f);\n}\n";
    let x: Vec<f32> = (0..120).map(|at| at as f32).collect();
    let mut y = vec![0.0_f32; 40];
    let tensors: [Tensor; 2] = [f32s(&[60, 2]), shape(Element::F32, &[20, 2])];
    pass(source, &[1], &tensors, &[input(&x), out(&mut y)], || {
        for (at, y) in y.iter().enumerate() {
            match (at / 20, at % 20) {
                (_, 0..3) => assert!(y.is_nan(), "{at}"),
                (1, column @ 3..13) => assert_eq!(*y, (110 + column - 3) as f32, "{at}"),
                (_, _) => assert_eq!(*y, 0.0, "{at}"),
            }
        }
    });
}

#[test]
fn bytes_and_f16_are_widened_and_narrowed() {
    // In order, or in turn among the wide vectors.
    let source = "void main(tensor x, tensor h, tensor a, tensor b, tensor y, tensor z) {\n\
                  int5 c = { 0, 0, 0, 0, 0 };\n\
                  int256 wide = convert_char256_to_int256(v_i8_ld_tnsr_b(c, x), SW_LINEAR);\n\
                  v_i32_st_tnsr(c, a, wide.v2);\n\
                  int256 turns = convert_char256_to_int256(v_i8_ld_tnsr_b(c, x), 0);\n\
                  v_i8_st_tnsr(c, y, convert_int256_to_char256(wide, SW_LINEAR));\n\
                  c[0] = 64;\nv_i32_st_tnsr(c, a, turns.v4);\nc[0] = 0;\n\
                  float128 halves = convert_half128_to_float128(v_f16_ld_tnsr_b(c, h), SW_LINEAR);\n\
                  v_f32_st_tnsr(c, b, halves.v2);\n\
                  v_f16_st_tnsr_partial(c, z, convert_float128_to_half128(halves, SW_LINEAR), 99, 0);\n}\n";
    let x: Vec<i8> = (0..256).map(|at| (at - 128) as i8).collect();
    let h: Vec<u16> = (0..128).map(|at| half::f16::from_f32(at as f32 / 8.0).to_bits()).collect();
    let (mut a, mut b, mut y, mut z) = (vec![0_i32; 128], vec![0.0_f32; 64], vec![0_i8; 256], vec![1_u16; 128]);
    let shapes = [
        shape(Element::I8, &[256]),
        shape(Element::F16, &[128]),
        shape(Element::I32, &[128]),
        f32s(&[64]),
        shape(Element::I8, &[256]),
        shape(Element::F16, &[128]),
    ];
    let args = [input(&x), input(&h), out(&mut a), out(&mut b), out(&mut y), out(&mut z)];
    pass(source, &[1], &shapes, &args, || {
        assert_eq!((a[0], a[63], a[64], a[127]), (-64, -1, -125, 127));
        assert_eq!((b[0], b[63]), (8.0, 127.0 / 8.0));
        assert_eq!(y, x);
        assert_eq!((z[..100].to_vec(), z[100]), (h[..100].to_vec(), 0xffff));
    });
}

#[test]
fn bits_and_whole_numbers_of_f32() {
    let source = "void main(tensor x, tensor y, tensor z, int n) {\n\
                  int5 c = { 0, 0, 0, 0, 0 };\nfloat64 v = v_f32_ld_tnsr_b(c, x);\n\
                  v_f32_st_tnsr(c, y, v_f32_nearbyint_b(v, SW_RD));\n\
                  v_i32_st_tnsr(c, z, as_int64(v) ^ as_int(as_float(0x80000000u)));\n\
                  c[0] = 64;\nv_f32_st_tnsr(c, y, as_float64(as_int64(v)));\n\
                  const unsigned q = u32_udiv((unsigned)n, 7u, SW_DIV_MODE_DIV, 0);\n\
                  const unsigned r = u32_udiv((unsigned)n, 7u, SW_DIV_MODE_MOD, 0);\n\
                  v_i32_st_tnsr(c, z, s_i32_max((int)q, s_i32_min((int)r, -1)));\n}\n";
    let x: Vec<f32> = (0..64).map(|at| at as f32 * 0.75 - 20.0).collect();
    let (mut y, mut z) = (vec![0.0_f32; 128], vec![0_i32; 128]);
    let shapes = [f32s(&[64]), f32s(&[128]), shape(Element::I32, &[128])];
    pass(source, &[1], &shapes, &[input(&x), out(&mut y), out(&mut z), Arg::U32(100)], || {
        for (at, x) in x.iter().enumerate() {
            assert_eq!((y[at], y[64 + at]), (x.floor(), *x));
            assert_eq!(z[at] as u32, x.to_bits() ^ 0x8000_0000);
        }
        assert_eq!(z[64], 14);
    });
}
