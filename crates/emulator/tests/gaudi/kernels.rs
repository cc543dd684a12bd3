//! Kernels of a decode step and of a gallery.

use emulator::Arg;
use emulator::gaudi::Element;

use crate::harness::{bf16s, error, f32s, input, narrow, out, pass, random, shape, wide, widen};

/// Start and end of this core's members.
pub(crate) const PART: &str =
    "const int5 start = get_index_space_offset();\nconst int5 end = start + get_index_space_size();\n";

fn kernel(params: &str, body: &str) -> String {
    format!("void main({params})\n{{\n{PART}{body}}}\n")
}

const NAN: u16 = 0x7fff;

#[test]
fn rms_norm() {
    let source = kernel(
        "tensor x, tensor w, tensor y, float inv_d, float eps",
        "const int depth = get_dim_size(x, 0);
         int5 c = { 0, 0, 0, 0, 0 };
         int5 cw = { 0, 0, 0, 0, 0 };
         for (int row = start[1]; row < end[1]; row += 1) {
             c[1] = row;
             float64 acc = 0;
             for (int d = 0; d < depth; d += 128) {
                 c[0] = d;
                 float128 v = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(c, x), 0);
                 acc = v_f32_mac_b(v.v1, v.v1, acc);
                 acc = v_f32_mac_b(v.v2, v.v2, acc);
             }
             acc = v_f32_reduce_add(acc);
             float64 r = v_rsqrt_f32(v_f32_mac_b(acc, inv_d, eps));
             for (int d = 0; d < depth; d += 128) {
                 c[0] = d; cw[0] = d;
                 float128 v = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(c, x), 0);
                 float128 g = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(cw, w), 0);
                 v.v1 = v_f32_mul_b(v_f32_mul_b(v.v1, r), g.v1);
                 v.v2 = v_f32_mul_b(v_f32_mul_b(v.v2, r), g.v2);
                 v_bf16_st_tnsr(c, y, convert_float128_to_bfloat128(v, SW_RHNE));
             }
         }",
    );
    // The tail of a row is padding when read and dropped when written.
    let (rows, depth) = (3, 300);
    let (x, w) = (narrow(&random(rows * depth, 1)), narrow(&random(depth, 2)));
    let mut y = vec![NAN; rows * depth];
    let (wx, ww) = (widen(&x), widen(&w));
    let expected: Vec<f64> = wx
        .chunks(depth)
        .flat_map(|row| {
            let scale = (row.iter().map(|x| x * x).sum::<f64>() / depth as f64 + 1e-6).sqrt().recip();
            row.iter().zip(&ww).map(move |(x, w)| x * scale * w)
        })
        .collect();
    let shapes = [bf16s(&[300, 3]), bf16s(&[300]), bf16s(&[300, 3])];
    let args = [input(&x), input(&w), out(&mut y), Arg::F32(1.0 / depth as f32), Arg::F32(1e-6)];
    pass(&source, &[1, 3], &shapes, &args, || {
        assert!(error(&widen(&y), &expected) < 4e-3);
    });
}

#[test]
fn matvec_by_rows() {
    let source = kernel(
        "tensor x, tensor w, tensor y",
        "const int depth = get_dim_size(x, 0);
         int5 cx = { 0, 0, 0, 0, 0 };
         int5 cw = { 0, 0, 0, 0, 0 };
         for (int block = start[1]; block < end[1]; block += 1) {
             float64 sums = 0;
             for (int r = 0; r < 64; r += 1) {
                 float128 acc = { 0 };
                 cw[1] = block * 64 + r;
                 for (int k = 0; k < depth; k += 128) {
                     cx[0] = k;
                     cw[0] = k;
                     acc = v_bf16_mac_acc32_b(v_bf16_ld_tnsr_b(cw, w), v_bf16_ld_tnsr_b(cx, x), acc);
                 }
                 float64 sum = v_f32_reduce_add(acc.v1 + acc.v2);
                 sums = v_f32_sel_eq_u32_b(V_LANE_ID_32, (unsigned)r, sum, sums);
             }
             int5 o = { block * 64, 0, 0, 0, 0 };
             v_f32_st_tnsr(o, y, sums);
         }",
    );
    let (rows, depth) = (100, 256);
    let (x, w) = (narrow(&random(depth, 3)), narrow(&random(rows * depth, 4)));
    let mut y = vec![f32::NAN; rows];
    let wx = widen(&x);
    let expected: Vec<f64> = widen(&w).chunks(depth).map(|row| row.iter().zip(&wx).map(|(w, x)| w * x).sum()).collect();
    let shapes = [bf16s(&[256]), bf16s(&[256, 100]), f32s(&[100])];
    pass(&source, &[1, 2], &shapes, &[input(&x), input(&w), out(&mut y)], || {
        assert!(error(&wide(&y), &expected) < 1e-5);
    });
}

#[test]
fn matvec_by_columns() {
    let source = kernel(
        "tensor x, tensor wt, tensor bias, tensor y",
        "const int depth = get_dim_size(x, 0);
         int5 o = { 0, 0, 0, 0, 0 };
         int5 w = { 0, 0, 0, 0, 0 };
         int5 k = { 0, 0, 0, 0, 0 };
         for (int n = start[0]; n < end[0]; n += 1) {
             o[0] = n * 128;
             w[0] = n * 128;
             float128 acc = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(o, bias), 0);
             #pragma loop_unroll(4)
             for (int i = 0; i < depth; i += 1) {
                 k[0] = i;
                 w[1] = i;
                 acc = v_bf16_mac_acc32_b(v_bf16_ld_tnsr_b(w, wt), v_bf16_ld_g(gen_addr(k, x)), acc);
             }
             v_bf16_st_tnsr(o, y, convert_float128_to_bfloat128(acc, SW_RHNE));
         }",
    );
    let (rows, depth) = (200, 70);
    let (x, w, bias) = (narrow(&random(depth, 5)), narrow(&random(rows * depth, 6)), narrow(&random(rows, 7)));
    let mut y = vec![NAN; rows];
    let (wx, ww, wb) = (widen(&x), widen(&w), widen(&bias));
    let sum = |row: usize| (0..depth).map(|k| ww[k * rows + row] * wx[k]).sum::<f64>() + wb[row];
    let expected: Vec<f64> = (0..rows).map(sum).collect();
    let shapes = [bf16s(&[70]), bf16s(&[200, 70]), bf16s(&[200]), bf16s(&[200])];
    pass(&source, &[2], &shapes, &[input(&x), input(&w), input(&bias), out(&mut y)], || {
        assert!(error(&widen(&y), &expected) < 4e-3);
    });
}

#[test]
fn rope() {
    let source = kernel(
        "tensor x, tensor cs, tensor sn, tensor y, int position",
        "int5 c = { 0, 0, 0, 0, 0 };
         int5 p = { 0, position, 0, 0, 0 };
         float64 cosine = v_f32_ld_tnsr_b(p, cs);
         float64 sine = v_f32_ld_tnsr_b(p, sn);
         for (int head = start[1]; head < end[1]; head++) {
             c[1] = head;
             float128 v = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(c, x), SW_LINEAR);
             float128 r;
             r.v1 = v.v1 * cosine - v.v2 * sine;
             r.v2 = v.v2 * cosine + v.v1 * sine;
             v_bf16_st_tnsr(c, y, convert_float128_to_bfloat128(r, SW_LINEAR));
         }",
    );
    let x = narrow(&random(3 * 128, 8));
    let (cs, sn) = (random(4 * 64, 9), random(4 * 64, 10));
    let mut y = vec![NAN; 3 * 128];
    let expected: Vec<f64> = widen(&x)
        .chunks(128)
        .flat_map(|head| {
            let turn = |at: usize| (f64::from(cs[128 + at]), f64::from(sn[128 + at]));
            let low = (0..64).map(|at| head[at] * turn(at).0 - head[at + 64] * turn(at).1);
            let high = (0..64).map(|at| head[at + 64] * turn(at).0 + head[at] * turn(at).1);
            low.chain(high).collect::<Vec<_>>()
        })
        .collect();
    let shapes = [bf16s(&[128, 3]), f32s(&[64, 4]), f32s(&[64, 4]), bf16s(&[128, 3])];
    pass(&source, &[1, 3], &shapes, &[input(&x), input(&cs), input(&sn), out(&mut y), Arg::U32(2)], || {
        assert!(error(&widen(&y), &expected) < 4e-3);
    });
}

#[test]
fn attention() {
    let source = kernel(
        "tensor q, tensor k, tensor v, tensor y, int position, float scale",
        "for (int group = start[2]; group < end[2]; group += 1) {
             for (int head = start[1]; head < end[1]; head += 1) {
                 const int5 at = { 0, head, group, 0, 0 };
                 bfloat128 query = v_bf16_ld_tnsr_b(at, q);
                 float64 most = -3.0e38f;
                 float64 sum = 0;
                 float128 acc = { 0, 0 };
                 int5 row = { 0, 0, group, 0, 0 };
                 for (int t = 0; t <= position; t += 1) {
                     row[1] = t;
                     float128 dot = v_bf16_mul_acc32_b(query, v_bf16_ld_tnsr_b(row, k));
                     float64 score = v_f32_reduce_add(dot.v1 + dot.v2) * scale;
                     float64 next = v_f32_max_b(most, score);
                     float64 old = v_exp_f32(most - next);
                     float64 p = v_exp_f32(score - next);
                     float128 value = convert_bfloat128_to_float128(v_bf16_ld_tnsr_b(row, v), 0);
                     acc.v1 = v_f32_mac_b(p, value.v1, acc.v1 * old);
                     acc.v2 = v_f32_mac_b(p, value.v2, acc.v2 * old);
                     sum = sum * old + p;
                     most = next;
                 }
                 float64 r = v_reciprocal_f32(sum);
                 acc.v1 *= r;
                 acc.v2 *= r;
                 v_bf16_st_tnsr(at, y, convert_float128_to_bfloat128(acc, 0));
             }
         }",
    );
    let (heads, groups, length) = (2, 2, 5);
    let q = narrow(&random(groups * heads * 128, 11));
    let (k, v) = (narrow(&random(groups * length * 128, 12)), narrow(&random(groups * length * 128, 13)));
    let mut y = vec![NAN; groups * heads * 128];
    let (wq, wk, wv) = (widen(&q), widen(&k), widen(&v));
    let position = 3;
    let mut expected = Vec::new();
    for head in 0..groups * heads {
        let query = &wq[head * 128..][..128];
        let row = |all: &[f64], t: usize| all[(head / heads * length + t) * 128..][..128].to_vec();
        let scores: Vec<f64> = (0..=position)
            .map(|t| (query.iter().zip(row(&wk, t)).map(|(q, k)| q * k).sum::<f64>() * 0.25).exp())
            .collect();
        let sum: f64 = scores.iter().sum();
        expected.extend((0..128).map(|at| (0..=position).map(|t| scores[t] / sum * row(&wv, t)[at]).sum::<f64>()));
    }
    let cache = bf16s(&[128, 5, 2]);
    let shapes = [bf16s(&[128, 2, 2]), cache, cache, bf16s(&[128, 2, 2])];
    let args = [input(&q), input(&k), input(&v), out(&mut y), Arg::U32(position as u32), Arg::F32(0.25)];
    pass(&source, &[1, 2, 2], &shapes, &args, || {
        assert!(error(&widen(&y), &expected) < 4e-3);
    });
}

#[test]
fn silu() {
    let source = format!(
        "static inline float64 silu(float64 x) {{ return x * v_sigmoid_f32(x); }}\n{}",
        kernel(
            "tensor x, tensor y",
            "int5 c = { 0, 0, 0, 0, 0 };
             for (int n = start[0]; n < end[0]; ++n) {
                 c[0] = n * 64;
                 v_f32_st_tnsr(c, y, silu(v_f32_ld_tnsr_b(c, x)));
             }",
        )
    );
    let x = random(150, 14);
    let mut y = vec![f32::NAN; 150];
    let expected: Vec<f64> = wide(&x).iter().map(|x| x / (1.0 + (-x).exp())).collect();
    pass(&source, &[3], &[f32s(&[150]), f32s(&[150])], &[input(&x), out(&mut y)], || {
        assert!(error(&wide(&y), &expected) < 1e-6);
    });
}

#[test]
fn argmax() {
    let source = kernel(
        "tensor x, tensor y",
        "const int count = get_dim_size(x, 0);
         int5 c = { 0, 0, 0, 0, 0 };
         float64 at = v_convert_u32_to_f32_b(read_lane_id_4b_b());
         float64 best = -3.0e38f;
         float64 index = 0;
         for (int d = 0; d < count; d += 64) {
             c[0] = d;
             float64 v = v_f32_ld_tnsr_b(c, x);
             v = v_f32_sel_less_f32_b(at, (float)count, v, -3.0e38f);
             index = v_f32_sel_grt_f32_b(v, best, at, index);
             best = v_f32_max_b(v, best);
             at = at + 64.0f;
         }
         float64 most = v_f32_reduce_max(best);
         float64 first = v_f32_reduce_min(v_f32_sel_eq_f32_b(best, most, index, 3.0e38f));
         c[0] = 0;
         v_i32_st_tnsr_partial(c, y, convert_float64_to_int64(first, 0), 0, 0);",
    );
    let mut x = random(200, 15);
    x.iter_mut().for_each(|x| *x -= 3.0);
    (x[70], x[133], x[199]) = (-0.5, -0.5, -0.75);
    let mut y = vec![-1_i32; 2];
    pass(&source, &[1], &[f32s(&[200]), shape(Element::I32, &[2])], &[input(&x), out(&mut y)], || {
        assert_eq!(y, [70, -1]);
    });
}

#[test]
fn embedding() {
    let source = kernel(
        "tensor ids, tensor table, tensor y",
        "int5 c = { 0, 0, 0, 0, 0 };
         const int id = s_i32_ld_g(gen_addr(c, ids));
         for (int n = start[0]; n < end[0]; n += 1) {
             int5 from = { n * 128, id, 0, 0, 0 };
             int5 to = { n * 128, 0, 0, 0, 0 };
             v_bf16_st_tnsr(to, y, v_bf16_ld_tnsr_b(from, table));
         }",
    );
    let table: Vec<u16> = (0..4 * 256).collect();
    let ids = [2_i32];
    let mut y = vec![NAN; 256];
    let shapes = [shape(Element::I32, &[1]), bf16s(&[256, 4]), bf16s(&[256])];
    pass(&source, &[2], &shapes, &[input(&ids), input(&table), out(&mut y)], || {
        assert_eq!(y, table[512..768]);
    });
}

#[test]
fn transpose() {
    let source = kernel(
        "tensor x, tensor y",
        "const int rows = get_dim_size(x, 1);
         for (int column = start[0]; column < end[0]; column += 1) {
             float64 all = 0;
             for (int row = 0; row < rows; row += 1) {
                 int5 c = { column, row, 0, 0, 0 };
                 all = v_f32_sel_eq_i32_b((int64)V_LANE_ID_32, row, v_f32_ld_g(gen_addr(c, x)), all);
             }
             int5 o = { 0, column, 0, 0, 0 };
             v_f32_st_tnsr(o, y, all);
         }",
    );
    let x = random(7 * 5, 16);
    let mut y = vec![f32::NAN; 35];
    pass(&source, &[7], &[f32s(&[7, 5]), f32s(&[5, 7])], &[input(&x), out(&mut y)], || {
        for (at, y) in y.iter().enumerate() {
            assert_eq!(*y, x[at % 5 * 7 + at / 5], "{at}");
        }
    });
}

#[test]
fn cache_in_place() {
    // The output has its input's memory; other rows are kept, and may be read.
    let source = kernel(
        "tensor row, tensor cache, tensor kept, int position",
        "for (int head = start[1]; head < end[1]; head += 1) {
             const int5 c = { 0, head, 0, 0, 0 };
             const int5 to = { 0, position, head, 0, 0 };
             const int5 old = { 0, position - 1, head, 0, 0 };
             bfloat128 before = v_bf16_ld_tnsr_b(old, cache);
             v_bf16_st_tnsr(to, kept, v_bf16_add_b(v_bf16_ld_tnsr_b(c, row), before));
         }",
    );
    let (one, two) = (narrow(&[1.0])[0], narrow(&[2.0])[0]);
    let row = vec![one; 2 * 128];
    let mut cache = vec![one; 2 * 3 * 128];
    let shapes = [bf16s(&[128, 2]), bf16s(&[128, 3, 2]), bf16s(&[128, 3, 2])];
    let bound = out(&mut cache);
    let Arg::Buffer { address, bytes, .. } = bound else { panic!("a buffer") };
    let read = Arg::Buffer { address, bytes, writable: false };
    pass(&source, &[1, 2], &shapes, &[input(&row), read, bound, Arg::U32(1)], || {
        for (at, value) in cache.iter().enumerate() {
            assert_eq!(*value, if at / 128 % 3 == 1 { two } else { one }, "{at}");
        }
    });
}
