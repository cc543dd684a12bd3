//! Kernels of a decode step: a matrix times a vector, RMSNorm, SiLU, a rotation.

use crate::harness::{close, design, input, narrow, out, pass, random, widen};

/// Dot products of rows with bf16 weights, biases at the end of a block.
const MATVEC: &str = r#"#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
using A = aie::accum<accfloat, 32>;
extern "C" void mv(const bfloat16 *__restrict blk, const bfloat16 *__restrict x, bfloat16 *__restrict y, int32_t i, int32_t rows) {
  const auto rnd = aie::swap_rounding(aie::rounding_mode::conv_even);
  const bfloat16 *__restrict b = blk + rows * 256;
  event0();
  for (int32_t r = 0; r < rows; r++) {
    A acc = aie::zeros<accfloat, 32>();
    AIE_LOOP_MIN_ITERATION_COUNT(8)
    for (int32_t k = 0; k < 256; k += 32) acc = aie::mac(acc, aie::load_v<32>(blk + k), aie::load_v<32>(x + k));
    blk += 256;
    y[i * rows + r] = static_cast<bfloat16>(aie::reduce_add(acc.to_vector<float>()) + static_cast<float>(b[r]));
  }
  event1();
  aie::set_rounding(rnd);
}
"#;

fn matvec_design() -> String {
    design(
        "K, N, COLS, R = 256, 64, 2, 4
PER, BLK = N // COLS, R * K + 32
STEPS = PER // R
B = lambda n: T(n, bfloat16)
of_x = ObjectFifo(B(K), depth=1, name='x')
of_w = [ObjectFifo(B(BLK), depth=2, name=f'w{c}') for c in range(COLS)]
of_y = [ObjectFifo(B(PER), depth=1, name=f'y{c}') for c in range(COLS)]
mv = Kernel('mv', 'k.o', [B(BLK), B(K), B(PER), np.int32, np.int32])
def core(x_in, w_in, y_out, mv):
    x = x_in.acquire(1)
    y = y_out.acquire(1)
    for i in range_(STEPS):
        w = w_in.acquire(1)
        mv(w, x, y, i, R)
        w_in.release(1)
    y_out.release(1)
    x_in.release(1)
workers = [Worker(core, [of_x.cons(), of_w[c].cons(), of_y[c].prod(), mv]) for c in range(COLS)]
def sequence(w, x, y, xh, *hs):
    xh.fill(x)
    for c in range(COLS):
        hs[c].fill(w, sizes=[1, 1, 1, STEPS * BLK], strides=[0, 0, 0, 1], offset=c * STEPS * BLK)
    for c in range(COLS):
        hs[COLS + c].drain(y, sizes=[1, 1, 1, PER], strides=[0, 0, 0, 1], offset=c * PER, wait=True)
rt = Runtime(sequence, [B(COLS * STEPS * BLK), B(K), B(N), of_x.prod(), *[f.prod() for f in of_w], *[f.cons() for f in of_y]])
print(Program(NPU2(), rt, workers=workers).resolve_program())
",
    )
}

#[test]
fn matvec_of_two_columns() {
    const BLOCK: usize = 4 * 256 + 32;
    let (w, x) = (narrow(&random(16 * BLOCK, 1)), narrow(&random(256, 2)));
    let mut y = vec![0_u16; 64];
    if !pass(&matvec_design(), MATVEC, &[input(&w), input(&x), out(&mut y)]) {
        return;
    }
    let (weights, vector) = (widen(&w), widen(&x));
    let row = |n: usize| {
        let block = &weights[n / 4 * BLOCK..][..BLOCK];
        let dot = block[n % 4 * 256..][..256].iter().zip(&vector).map(|(w, x)| w * x).sum::<f64>();
        dot + block[4 * 256 + n % 4]
    };
    let expected: Vec<f64> = (0..64).map(row).collect();
    close(&widen(&y), &expected, 1.0 / 256.0);
    // The register starts at floor: without the first line every result is at or below the exact one.
    let floor = MATVEC.replace("aie::swap_rounding(aie::rounding_mode::conv_even)", "aie::get_rounding()");
    pass(&matvec_design(), &floor, &[input(&w), input(&x), out(&mut y)]);
    assert!(widen(&y).iter().zip(&expected).all(|(y, expected)| *y <= expected + 1e-4), "floor");
}

/// RMSNorm of 256, SiLU and a rotation, with the numerics that the hardware leaves to software.
const ROWS: &str = r#"#include <aie_api/aie.hpp>
using V = aie::vector<bfloat16, 32>;
using F = aie::vector<float, 32>;
using A = aie::accum<accfloat, 32>;
extern "C" void norm(const bfloat16 *__restrict x, const bfloat16 *__restrict w, bfloat16 *__restrict y) {
  const auto rnd = aie::swap_rounding(aie::rounding_mode::conv_even);
  A sum = aie::zeros<accfloat, 32>();
  for (int32_t i = 0; i < 256; i += 32) sum = aie::mac_square(sum, aie::load_v<32>(x + i));
  const F mean = aie::mul(aie::broadcast<float, 32>(aie::reduce_add(sum.to_vector<float>())), 1.0f / 256).to_vector<float>();
  const F scale = aie::broadcast<float, 32>(aie::invsqrt(aie::add(mean, 1e-6f).get(0)));
  const V hi = A(scale).to_vector<bfloat16>();
  const V lo = aie::sub(A(scale), A(hi)).to_vector<bfloat16>();
  for (int32_t i = 0; i < 256; i += 32) {
    const V v = aie::load_v<32>(x + i);
    const V n = aie::mac(aie::mul(v, hi), v, lo).to_vector<bfloat16>();
    aie::store_v(y + i, aie::mul(n, aie::load_v<32>(w + i)).to_vector<bfloat16>());
  }
  aie::set_rounding(rnd);
}
static inline F exp2_f32(A x) {
  const V one = aie::broadcast<bfloat16, 32>(1.0f);
  const F big = aie::broadcast<float, 32>(12582912.0f);
  const F t = aie::add(x.to_vector<float>(), big);
  const V k = A(aie::sub(t, big)).to_vector<bfloat16>();
  const A f = aie::msc(x, k, one);
  const V fh = f.to_vector<bfloat16>();
  const V fl = aie::msc(f, fh, one).to_vector<bfloat16>();
  A p = aie::mac(A(aie::broadcast<float, 32>(0.05591787f)), fh, aie::broadcast<bfloat16, 32>(0.00957f));
  auto horner = [&](float c) {
    const V ph = p.to_vector<bfloat16>();
    const V pl = aie::msc(p, ph, one).to_vector<bfloat16>();
    A q = aie::mac(A(aie::broadcast<float, 32>(c)), ph, fh);
    q = aie::mac(q, ph, fl);
    p = aie::mac(q, pl, fh);
  };
  horner(0.24024748f);
  horner(0.69312181f);
  horner(0.99999926f);
  return aie::add(p.to_vector<float>().cast_to<int32_t>(), aie::upshift(t.cast_to<int32_t>(), 23)).cast_to<float>();
}
extern "C" void silu(const bfloat16 *__restrict g, const bfloat16 *__restrict u, bfloat16 *__restrict o) {
  const auto rnd = aie::swap_rounding(aie::rounding_mode::conv_even);
  const V l0 = aie::broadcast<bfloat16, 32>(-1.4453125f), l1 = aie::broadcast<bfloat16, 32>(0.00261746f);
  for (int32_t i = 0; i < 256; i += 32) {
    const V gv = aie::load_v<32>(g + i), uv = aie::load_v<32>(u + i);
    const V gc = aie::max(gv, aie::broadcast<bfloat16, 32>(-80.0f));
    const A z = aie::mac(aie::mul(gc, l0), gc, l1);
    const F e = exp2_f32(A(aie::max(z.to_vector<float>(), -100.0f)));
    const V sg = A(aie::inv(aie::add(e, 1.0f))).to_vector<bfloat16>();
    aie::store_v(o + i, aie::mul(aie::mul(gv, sg).to_vector<bfloat16>(), uv).to_vector<bfloat16>());
  }
  aie::set_rounding(rnd);
}
extern "C" void rope(const bfloat16 *__restrict x, const bfloat16 *__restrict t, bfloat16 *__restrict y) {
  const auto rnd = aie::swap_rounding(aie::rounding_mode::conv_even);
  for (int32_t i = 0; i < 128; i += 32) {
    const V a = aie::load_v<32>(x + i), b = aie::load_v<32>(x + 128 + i);
    const V c = aie::load_v<32>(t + i), s = aie::load_v<32>(t + 128 + i);
    aie::store_v(y + i, aie::msc(aie::mul(a, c), b, s).to_vector<bfloat16>());
    aie::store_v(y + 128 + i, aie::mac(aie::mul(b, c), a, s).to_vector<bfloat16>());
  }
  aie::set_rounding(rnd);
}
"#;

/// A design of one core with two inputs and one output of 256 bf16.
fn rows(name: &str) -> String {
    design(&format!(
        "B = lambda n: T(n, bfloat16)
a, b, o = [ObjectFifo(B(256), depth=1, name=n) for n in ('a', 'b', 'o')]
f = Kernel('{name}', 'k.o', [B(256)] * 3)
def core(a, b, o, f):
    f(a.acquire(1), b.acquire(1), o.acquire(1))
    o.release(1)
    b.release(1)
    a.release(1)
w = Worker(core, [a.cons(), b.cons(), o.prod(), f])
def sequence(x, y, z, ha, hb, ho):
    ha.fill(x)
    hb.fill(y)
    ho.drain(z, wait=True)
rt = Runtime(sequence, [B(256), B(256), B(256), a.prod(), b.prod(), o.cons()])
Program(NPU2(), rt, workers=[w]).resolve_program()
"
    ))
}

fn run_rows(name: &str, x: &[u16], w: &[u16]) -> Option<Vec<f64>> {
    let mut y = vec![0_u16; 256];
    pass(&rows(name), ROWS, &[input(x), input(w), out(&mut y)]).then(|| widen(&y))
}

#[test]
fn norm_silu_rotation() {
    let (x, w) = (narrow(&random(256, 3).iter().map(|x| x * 6.0).collect::<Vec<_>>()), narrow(&random(256, 4)));
    let (xs, ws) = (widen(&x), widen(&w));
    let Some(y) = run_rows("norm", &x, &w) else { return };
    let scale = (xs.iter().map(|x| x * x).sum::<f64>() / 256.0 + 1e-6).sqrt().recip();
    let expected: Vec<f64> = xs.iter().zip(&ws).map(|(x, w)| x * scale * w).collect();
    close(&y, &expected, 1.0 / 128.0);
    let Some(y) = run_rows("silu", &x, &w) else { return };
    let expected: Vec<f64> = xs.iter().zip(&ws).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
    close(&y, &expected, 1.0 / 128.0);
    let Some(y) = run_rows("rope", &x, &w) else { return };
    let turned = |i: usize| match i.checked_sub(128) {
        None => xs[i] * ws[i] - xs[i + 128] * ws[i + 128],
        Some(i) => xs[i + 128] * ws[i] + xs[i] * ws[i + 128],
    };
    close(&y, &(0..256).map(turned).collect::<Vec<_>>(), 1.0 / 256.0);
}
