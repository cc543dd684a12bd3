//! Kernels of a decode step: attention with a position, and the largest of numbers.

use crate::harness::{close, design, input, narrow, out, pass, random, widen};

/// One step of attention over 32 positions of 32: scores, those after the position in `q[32]` masked, a softmax with the exponential of
/// the hardware, a weighted sum; and the largest of 64 numbers with its index.
const ATTENTION: &str = r#"#include <aie_api/aie.hpp>
using V = aie::vector<bfloat16, 32>;
using F = aie::vector<float, 32>;
using I = aie::vector<int32_t, 32>;
using A = aie::accum<accfloat, 32>;
alignas(aie::vector_decl_align) static const int32_t iota[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
extern "C" void attend(const bfloat16 *__restrict q, const bfloat16 *__restrict kv, float *__restrict y) {
  const auto rnd = aie::swap_rounding(aie::rounding_mode::conv_even);
  const int32_t position = *(const int32_t *)(q + 32);
  const V query = aie::load_v<32>(q);
  F scores = aie::zeros<float, 32>();
  for (int32_t i = 0; i < 32; i += 4) {
    const F sums = aie::reduce_add_v(aie::mul(query, aie::load_v<32>(kv + i * 32)).to_vector<float>(),
                                     aie::mul(query, aie::load_v<32>(kv + i * 32 + 32)).to_vector<float>(),
                                     aie::mul(query, aie::load_v<32>(kv + i * 32 + 64)).to_vector<float>(),
                                     aie::mul(query, aie::load_v<32>(kv + i * 32 + 96)).to_vector<float>());
    scores.insert<4>(i / 4, sums.extract<4>(0));
  }
  const auto masked = aie::gt(aie::load_v<32>(iota), position);
  scores = aie::select(scores, -1e30f, masked);
  const F shifted = aie::mul(aie::sub(scores, aie::reduce_max(scores)), 1.4426950f).to_vector<float>();
  V p = aie::concat(aie::exp2<bfloat16>(shifted.extract<16>(0)), aie::exp2<bfloat16>(shifted.extract<16>(1)));
  p = aie::select(p, bfloat16(0.0f), masked);
  A acc = aie::zeros<accfloat, 32>();
  for (int32_t i = 0; i < 32; i++) acc = aie::mac(acc, aie::load_v<32>(kv + 1024 + i * 32), p.get(i));
  const float total = aie::reduce_add(A(p).to_vector<float>());
  aie::store_v(y, aie::mul(acc.to_vector<float>(), aie::inv(total)).to_vector<float>());
  aie::set_rounding(rnd);
}
extern "C" void argmax(const float *__restrict x, float *__restrict value, int32_t *__restrict index) {
  F best = aie::load_v<32>(x);
  I at = aie::load_v<32>(iota);
  for (int32_t i = 32; i < 64; i += 32) {
    const F v = aie::load_v<32>(x + i);
    const auto more = aie::gt(v, best);
    best = aie::select(best, v, more);
    at = aie::select(at, aie::add(aie::load_v<32>(iota), i), more);
  }
  const float top = aie::reduce_max(best);
  const I kept = aie::select(aie::broadcast<int32_t, 32>(2147483647), at, aie::eq(best, top));
  value[0] = top;
  index[0] = aie::reduce_min(kept);
}
"#;

#[test]
fn attention_with_a_position() {
    let text = design(
        "q = ObjectFifo(T(34, bfloat16), depth=1, name='q')
kv = ObjectFifo(T(2048, bfloat16), name='kv')
o = ObjectFifo(T(32), name='o')
f = Kernel('attend', 'k.o', [T(34, bfloat16), T(2048, bfloat16), T(32)])
def core(q, kv, o, f):
    f(q.acquire(1), kv.acquire(1), o.acquire(1))
    o.release(1)
    kv.release(1)
    q.release(1)
w = Worker(core, [q.cons(), kv.cons(), o.prod(), f])
def sequence(x, c, y, hq, hk, ho):
    hq.fill(x)
    hk.fill(c)
    ho.drain(y, wait=True)
rt = Runtime(sequence, [T(34, bfloat16), T(2048, bfloat16), T(32), q.prod(), kv.prod(), o.cons()])
Program(NPU2(), rt, workers=[w]).resolve_program()
",
    );
    let (mut q, kv) = (narrow(&random(34, 5)), narrow(&random(2048, 6)));
    let (query, cache) = (widen(&q), widen(&kv));
    for position in [0_usize, 17, 31] {
        (q[32], q[33]) = (position as u16, 0);
        let mut y = vec![0.0_f32; 32];
        if !pass(&text, ATTENTION, &[input(&q), input(&kv), out(&mut y)]) {
            return;
        }
        let score = |i: usize| (0..32).map(|k| query[k] * cache[i * 32 + k]).sum::<f64>();
        let weights: Vec<f64> = (0..=position).map(|i| score(i).exp()).collect();
        let value = |k: usize| {
            let sum = weights.iter().enumerate().map(|(i, weight)| weight * cache[1024 + i * 32 + k]).sum::<f64>();
            sum / weights.iter().sum::<f64>()
        };
        // The exponential of the hardware is up to 6.1 % too large.
        let y: Vec<f64> = y.iter().map(|y| f64::from(*y)).collect();
        close(&y, &(0..32).map(value).collect::<Vec<_>>(), 0.07);
    }
}

#[test]
fn largest_and_its_index() {
    let text = design(
        "x = ObjectFifo(T(64), name='x')
v = ObjectFifo(T(1), name='v')
i = ObjectFifo(T(1, np.int32), name='i')
f = Kernel('argmax', 'k.o', [T(64), T(1), T(1, np.int32)])
def core(x, v, i, f):
    f(x.acquire(1), v.acquire(1), i.acquire(1))
    x.release(1)
    v.release(1)
    i.release(1)
w = Worker(core, [x.cons(), v.prod(), i.prod(), f])
def sequence(a, b, c, hx, hv, hi):
    hx.fill(a)
    hv.drain(b, wait=True)
    hi.drain(c, wait=True)
rt = Runtime(sequence, [T(64), T(1), T(1, np.int32), x.prod(), v.cons(), i.cons()])
Program(NPU2(), rt, workers=[w]).resolve_program()
",
    );
    let mut x = random(64, 7);
    // The lowest index of equal ones.
    for (first, second) in [(3, 50), (33, 60)] {
        (x[first], x[second]) = (2.0 + first as f32, 2.0 + first as f32);
        let (mut value, mut index) = ([0.0_f32], [0_i32]);
        if !pass(&text, ATTENTION, &[input(&x), out(&mut value), out(&mut index)]) {
            return;
        }
        assert_eq!((value[0], index[0]), (x[first], first as i32));
    }
}
