//! Whole kernels against f64: what printed text will look like.

use emulator::Arg;

use crate::harness::{error, input, narrow, out, pass, random, widen};

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

#[test]
fn elementwise_with_an_odd_tail() {
    let source = "#include <bang.h>
#define TILE 100
__nram__ float xs[TILE], ys[TILE];
__mlu_entry__ void k(float *y, const float *x, unsigned n) {
  unsigned per = (n + taskDim - 1) / taskDim;
  unsigned first = taskId * per;
  unsigned last = first + per < n ? first + per : n;
  for (unsigned at = first; at < last; at += TILE) {
    unsigned count = last - at < TILE ? last - at : TILE;
    __memcpy(xs, x + at, count * 4, GDRAM2NRAM);
    __bang_mul_scalar(ys, xs, -1.44269504f, count);
    __bang_pow2(ys, ys, count);
    __bang_add_scalar(ys, ys, 1.0f, count);
    __bang_recip(ys, ys, count);
    __bang_mul(ys, ys, xs, count);
    __memcpy(y + at, ys, count * 4, NRAM2GDRAM);
  }
}
";
    for n in [1_usize, 99, 1000, 1003] {
        let x = random(n, 1);
        let mut y = vec![f32::NAN; n];
        let expected: Vec<f64> = wide(&x).iter().map(|x| x / (1.0 + (-x).exp())).collect();
        let results = std::ptr::from_ref(&y[..]);
        pass(source, 3, &[out(&mut y), input(&x), Arg::U32(n as u32)], |_| {
            // SAFETY: the launch is over, and the buffer lives.
            let y = unsafe { &*results };
            assert!(error(&wide(y), &expected) < 1e-6, "{n}: {}", error(&wide(y), &expected));
        });
    }
}

#[test]
fn rms_norm() {
    let source = "#include <bang.h>
#define D 1536
__nram__ bfloat16_t h[D];
__nram__ float xf[D], wf[D], sq[D], acc[32];
__mlu_func__ float mean_square(NPTR(float) p, unsigned n);
#ifndef NPTR
#define NPTR(T) T *
#endif
__mlu_entry__ void k(bfloat16_t *y, const bfloat16_t *x, const bfloat16_t *w, float eps) {
  __memcpy(h, x, D * 2, GDRAM2NRAM);
  __bang_bfloat162float(xf, h, D);
  __memcpy(h, w, D * 2, GDRAM2NRAM);
  __bang_bfloat162float(wf, h, D);
  __bang_mul(sq, xf, xf, D);
  __bang_sumpool(acc, sq, 32, 1, D / 32, 1, D / 32, 1, 1);
  __bang_reduce_sum(acc, acc, 32);
  float r = 1.0f / sqrtf(acc[0] / D + eps);
  __bang_mul_scalar(xf, xf, r, D);
  __bang_mul(xf, xf, wf, D);
  __bang_float2bfloat16_rn(h, xf, D);
  __memcpy(y, h, D * 2, NRAM2GDRAM);
}
"
    .replace("__mlu_func__ float mean_square(NPTR(float) p, unsigned n);\n", "");
    let (x, w) = (narrow(&random(1536, 2)), narrow(&random(1536, 3)));
    let mut y = vec![0_u16; 1536];
    let square: f64 = widen(&x).iter().map(|x| x * x).sum::<f64>() / 1536.0 + 1e-6;
    let expected: Vec<f64> = widen(&x).iter().zip(widen(&w)).map(|(x, w)| x * w / square.sqrt()).collect();
    let results = std::ptr::from_ref(&y[..]);
    pass(&source, 1, &[out(&mut y), input(&x), input(&w), Arg::F32(1e-6)], |_| {
        // SAFETY: the launch is over, and the buffer lives.
        let error = error(&widen(unsafe { &*results }), &expected);
        assert!(error < 4e-3, "{error}");
    });
}

#[test]
fn matvec() {
    let source = "#include <bang.h>
#define K 512
#define R 16
__nram__ bfloat16_t xb[K], wb[R * K], yb[R], bb[R];
__nram__ float xf[K], wf[R * K], part[R * 32], yf[R], bf[R];
__mlu_entry__ void k(bfloat16_t *y, const bfloat16_t *w, const bfloat16_t *x, const bfloat16_t *b, unsigned rows) {
  __memcpy(xb, x, K * 2, GDRAM2NRAM);
  __bang_bfloat162float(xf, xb, K);
  for (unsigned r0 = taskId * R; r0 < rows; r0 += taskDim * R) {
    unsigned nr = rows - r0 < R ? rows - r0 : R;
    __memcpy(wb, w + (size_t)r0 * K, nr * K * 2, GDRAM2NRAM);
    __bang_bfloat162float(wf, wb, nr * K);
    __bang_cycle_mul(wf, wf, xf, nr * K, K);
    __bang_sumpool(part, wf, 32, nr, K / 32, 1, K / 32, K / 32, 1);
    __bang_reduce_sum(part, part, nr * 32);
    __memcpy(yf, part, 4, NRAM2NRAM, 4, 128, nr - 1);
    __memcpy(bb, b + r0, nr * 2, GDRAM2NRAM);
    __bang_bfloat162float(bf, bb, nr);
    __bang_add(yf, yf, bf, nr);
    __bang_float2bfloat16_rn(yb, yf, nr);
    __memcpy(y + r0, yb, nr * 2, NRAM2GDRAM);
  }
}
";
    let (rows, columns) = (57_usize, 512_usize);
    let (w, x, b) = (narrow(&random(rows * columns, 4)), narrow(&random(columns, 5)), narrow(&random(rows, 6)));
    let mut y = vec![0_u16; rows];
    let (wide_w, wide_x, wide_b) = (widen(&w), widen(&x), widen(&b));
    let row = |r: usize| (0..columns).map(|c| wide_w[r * columns + c] * wide_x[c]).sum::<f64>() + wide_b[r];
    let expected: Vec<f64> = (0..rows).map(row).collect();
    let results = std::ptr::from_ref(&y[..]);
    let args = [out(&mut y), input(&w), input(&x), input(&b), Arg::U32(rows as u32)];
    pass(source, 3, &args, |_| {
        // SAFETY: the launch is over, and the buffer lives.
        let error = error(&widen(unsafe { &*results }), &expected);
        assert!(error < 4e-3, "{error}");
    });
}

#[test]
fn softmax_rows() {
    // 32 lanes of maxima are finished by scalar code; the tail of the row is padded with a large negative number.
    let source = "#include <bang.h>
#define N 200
#define P 224
__nram__ float v[P], acc[32];
__mlu_entry__ void k(float *y, const float *x) {
  __bang_write_value(v, P, -3.0e38f);
  __memcpy(v, x + taskId * N, N * 4, GDRAM2NRAM);
  __bang_maxpool(acc, v, 32, 1, P / 32, 1, P / 32, 1, 1);
  float m = acc[0];
  for (unsigned i = 1; i < 32; ++i) { m = acc[i] > m ? acc[i] : m; }
  __bang_sub_scalar(v, v, m, P);
  __bang_maxeq_scalar(v, v, -87.0f, P);
  __bang_mul_scalar(v, v, 1.44269504f, P);
  __bang_pow2(v, v, P);
  __bang_write_zero(v + N, P - N);
  __bang_sumpool(acc, v, 32, 1, P / 32, 1, P / 32, 1, 1);
  __bang_reduce_sum(acc, acc, 32);
  __bang_mul_scalar(v, v, 1.0f / acc[0], P);
  __memcpy(y + taskId * N, v, N * 4, NRAM2GDRAM);
}
";
    let rows = 5;
    let x: Vec<f32> = random(200 * rows, 7).iter().map(|x| x * 20.0).collect();
    let mut y = vec![0.0_f32; x.len()];
    let mut expected = Vec::new();
    for row in wide(&x).chunks(200) {
        let most = row.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = row.iter().map(|x| (x - most).exp()).sum();
        expected.extend(row.iter().map(|x| (x - most).exp() / sum));
    }
    let results = std::ptr::from_ref(&y[..]);
    pass(source, rows as u32, &[out(&mut y), input(&x)], |_| {
        // SAFETY: the launch is over, and the buffer lives.
        let error = error(&wide(unsafe { &*results }), &expected);
        assert!(error < 1e-5, "{error}");
    });
}

#[test]
fn attention_of_one_position() {
    // One head a task; positions in tiles, with a running maximum and sum. Values are transposed so that weights repeat along rows.
    let source = "#include <bang.h>
#define D 64
#define T 32
__nram__ bfloat16_t kb[T * D], qb[D];
__nram__ float kv[T * D], vt[D * T], q[D], s[T], part[D * 32], acc[D], o[D], top[32];
__mlu_entry__ void k(float *y, const bfloat16_t *query, const bfloat16_t *keys, const bfloat16_t *values, unsigned n) {
  __memcpy(qb, query + taskId * D, D * 2, GDRAM2NRAM);
  __bang_bfloat162float(q, qb, D);
  __bang_mul_scalar(q, q, 0.125f, D);
  __bang_write_zero(o, D);
  float best = -3.0e38f, sum = 0.0f;
  for (unsigned first = 0; first < n; first += T) {
    unsigned t = n - first < T ? n - first : T;
    __bang_write_zero(kv, T * D);
    __memcpy(kb, keys + (size_t)first * D, t * D * 2, GDRAM2NRAM);
    __bang_bfloat162float(kv, kb, t * D);
    __bang_cycle_mul(kv, kv, q, T * D, D);
    __bang_sumpool(part, kv, 32, T, D / 32, 1, D / 32, D / 32, 1);
    __bang_reduce_sum(part, part, T * 32);
    __bang_write_value(s, T, -3.0e38f);
    __memcpy(s, part, 4, NRAM2NRAM, 4, 128, t - 1);
    __bang_argmax(top, s, T);
    float next = top[0] > best ? top[0] : best;
    float old = exp2f((best - next < -120.0f ? -120.0f : best - next) * 1.44269504f);
    __bang_sub_scalar(s, s, next, T);
    __bang_maxeq_scalar(s, s, -80.0f, T);
    __bang_mul_scalar(s, s, 1.44269504f, T);
    __bang_pow2(s, s, T);
    if (t < T) { __bang_write_zero(s + t, T - t); }
    __memcpy(kb, values + (size_t)first * D, t * D * 2, GDRAM2NRAM);
    __bang_write_zero(kv, T * D);
    __bang_bfloat162float(kv, kb, t * D);
    __bang_transpose(vt, kv, T, D);
    __bang_cycle_mul(vt, vt, s, D * T, T);
    __bang_reduce_sum(vt, vt, D * T);
    __memcpy(acc, vt, 4, NRAM2NRAM, 4, T * 4, D - 1);
    __bang_fusion(FUSION_FMA, o, o, old, acc, D, D);
    __bang_reduce_sum(s, s, T);
    sum = sum * old + s[0];
    best = next;
  }
  __bang_mul_scalar(o, o, 1.0f / sum, D);
  __memcpy(y + taskId * D, o, D * 4, NRAM2GDRAM);
}
";
    let (heads, width) = (3_usize, 64_usize);
    for n in [1_usize, 32, 77] {
        let of = |count: usize, seed: u64| narrow(&random(count, seed).iter().map(|x| x * 4.0).collect::<Vec<_>>());
        let (query, keys, values) = (of(heads * width, 20), of(n * width, 21), of(n * width, 22));
        let (q, keys_wide, values_wide) = (widen(&query), widen(&keys), widen(&values));
        let mut expected = vec![0.0; heads * width];
        for head in 0..heads {
            let score =
                |t: usize| (0..width).map(|d| q[head * width + d] * keys_wide[t * width + d]).sum::<f64>() / 8.0;
            let most = (0..n).map(score).fold(f64::MIN, f64::max);
            let sum: f64 = (0..n).map(|t| (score(t) - most).exp()).sum();
            for t in 0..n {
                let weight = (score(t) - most).exp() / sum;
                (0..width).for_each(|d| expected[head * width + d] += weight * values_wide[t * width + d]);
            }
        }
        let mut y = vec![0.0_f32; heads * width];
        let results = std::ptr::from_ref(&y[..]);
        let args = [out(&mut y), input(&query), input(&keys), input(&values), Arg::U32(n as u32)];
        pass(source, heads as u32, &args, |_| {
            // SAFETY: the launch is over, and the buffer lives.
            let error = error(&wide(unsafe { &*results }), &expected);
            assert!(error < 1e-5, "{n} positions: {error}");
        });
    }
}

#[test]
fn argmax_in_tiles() {
    let source = "#include <bang.h>
#define T 1000
__nram__ float v[T], top[32];
__mlu_entry__ void k(unsigned *y, const float *x, unsigned n) {
  float best = -3.4e38f;
  unsigned at = 0;
  for (unsigned first = 0; first < n; first += T) {
    unsigned count = n - first < T ? n - first : T;
    __memcpy(v, x + first, count * 4, GDRAM2NRAM);
    __bang_argmax(top, v, count);
    if (top[0] > best) {
      best = top[0];
      at = first + *(NPTR(unsigned))(top + 1);
    }
  }
  y[0] = at;
}
";
    let source = source.replace("__mlu_entry__", "#ifndef NPTR\n#define NPTR(T) T *\n#endif\n__mlu_entry__");
    for (n, places) in
        [(3456, vec![17]), (3456, vec![2999, 3001]), (3456, vec![3455]), (1, vec![0]), (2001, vec![2000])]
    {
        let mut x = random(n, 8);
        for place in &places {
            x[*place] = 5.0;
        }
        let mut y = vec![0_u32; 1];
        let results = std::ptr::from_ref(&y[..]);
        pass(&source, 1, &[out(&mut y), input(&x), Arg::U32(n as u32)], |_| {
            // SAFETY: the launch is over, and the buffer lives.
            assert_eq!(unsafe { &*results }, &[places[0] as u32], "the first maximum");
        });
    }
}

#[test]
fn copies_in_two_buffers_run_beside_the_work() {
    let source = "#include <bang.h>
#define T 96
__nram__ float in_[2 * T], out_[2 * T];
__mlu_entry__ void k(float *y, const float *x, unsigned tiles) {
  __memcpy_async(in_, x, T * 4, GDRAM2NRAM);
  __sync();
  for (unsigned t = 0; t < tiles; ++t) {
    unsigned slot = t % 2 * T;
    if (t + 1 < tiles) { __memcpy_async(in_ + (T - slot), x + (t + 1) * T, T * 4, GDRAM2NRAM); }
    if (t > 0) { __memcpy_async(y + (t - 1) * T, out_ + (T - slot), T * 4, NRAM2GDRAM); }
    __bang_mul_scalar(out_ + slot, in_ + slot, 3.0f, T);
    __bang_add(out_ + slot, out_ + slot, in_ + slot, T);
    __sync();
  }
  __memcpy_async(y + (tiles - 1) * T, out_ + (tiles - 1) % 2 * T, T * 4, NRAM2GDRAM);
}
";
    for tiles in [1_usize, 2, 7] {
        let x = random(96 * tiles, 9);
        let mut y = vec![0.0_f32; x.len()];
        let results = std::ptr::from_ref(&y[..]);
        pass(source, 1, &[out(&mut y), input(&x), Arg::U32(tiles as u32)], |_| {
            // SAFETY: the launch is over, and the buffer lives.
            let y = unsafe { &*results };
            assert!(y.iter().zip(&x).all(|(y, x)| *y == x * 3.0 + x), "{tiles} tiles");
        });
    }
}

#[test]
fn one_arena_of_bytes_seen_as_several_types() {
    let source = "#include <mlu.h>
#ifndef NPTR
#define NPTR(T) T *
#endif
__nram__ int8_t nram[4096];
__mlu_func__ void widen(NPTR(float) to, NPTR(const bfloat16_t) from, unsigned n) { __bang_bfloat162float(to, from, n); }
__mlu_global__ void k(bfloat16_t *y, const bfloat16_t *x) {
  NPTR(bfloat16_t) narrow = (NPTR(bfloat16_t))nram;
  NPTR(float) wide = (NPTR(float))(nram + 1024);
  __memcpy(narrow, x, 200, GDRAM2NRAM);
  widen(wide, narrow, 100);
  wide[3] = wide[4] + 1.0f;
  __bang_float2bfloat16_rn((NPTR(bfloat16_t))wide, wide, 100);
  __memcpy(y, wide, 200, NRAM2GDRAM);
}
";
    let x = narrow(&random(100, 10));
    let mut y = vec![0_u16; 100];
    let mut expected = widen(&x);
    expected[3] = widen(&narrow(&[(expected[4] + 1.0) as f32]))[0];
    let results = std::ptr::from_ref(&y[..]);
    pass(source, 1, &[out(&mut y), input(&x)], |_| {
        // SAFETY: the launch is over, and the buffer lives.
        assert_eq!(widen(unsafe { &*results }), expected);
    });
}
