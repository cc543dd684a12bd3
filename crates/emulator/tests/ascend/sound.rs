//! Right kernels against references in f64.

use emulator::{Arg, Language};

use crate::harness::{COMPUTED, LOADED, ascendc, bf16, input, near, of_bf16, out, pass, random};

#[test]
fn elements_with_an_odd_tail_on_several_cores() {
    // bfloat16 in and out, tiles of 512, two buffers, n is no multiple of anything.
    let source = ascendc(
        "bfloat16_t",
        "constexpr uint32_t T = 512;
         LocalTensor<bfloat16_t> in[2] = {LocalTensor<bfloat16_t>(TPosition::VECCALC, 0, T), LocalTensor<bfloat16_t>(TPosition::VECCALC, 1024, T)};
         LocalTensor<float> f(TPosition::VECCALC, 2048, T);
         LocalTensor<bfloat16_t> res(TPosition::VECCALC, 4096, T);
         int32_t turn = 0;
         SetFlag<HardEvent::V_MTE2>(0); SetFlag<HardEvent::V_MTE2>(1); SetFlag<HardEvent::MTE3_V>(0);
         for (uint32_t o = GetBlockIdx() * T; o < n; o += GetBlockNum() * T) {
           uint32_t len = n - o < T ? n - o : T;
           WaitFlag<HardEvent::V_MTE2>(turn);
           DataCopyPad(in[turn], gx[o], DataCopyExtParams(1, len * 2, 0, 0, 0), DataCopyPadExtParams<bfloat16_t>());
           SetFlag<HardEvent::MTE2_V>(turn); WaitFlag<HardEvent::MTE2_V>(turn);
           Cast(f, in[turn], RoundMode::CAST_NONE, len);
           SetFlag<HardEvent::V_MTE2>(turn);
           PipeBarrier<PIPE_V>();
           Mul(f, f, f, len);
           PipeBarrier<PIPE_V>();
           Adds(f, f, 1.0f, len);
           PipeBarrier<PIPE_V>();
           WaitFlag<HardEvent::MTE3_V>(0);
           Cast(res, f, RoundMode::CAST_RINT, len);
           SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);
           DataCopyPad(gy[o], res, DataCopyExtParams(1, len * 2, 0, 0, 0));
           SetFlag<HardEvent::MTE3_V>(0);
           PipeBarrier<PIPE_V>();
           turn = 1 - turn;
         }
         WaitFlag<HardEvent::V_MTE2>(0); WaitFlag<HardEvent::V_MTE2>(1); WaitFlag<HardEvent::MTE3_V>(0);",
    );
    let n = 2003;
    let x: Vec<u16> = random(n, 1).into_iter().map(bf16).collect();
    let mut y = vec![0_u16; n];
    let expected: Vec<u16> = x.iter().map(|x| bf16(of_bf16(*x).powi(2) + 1.0)).collect();
    let args = [input(&x), out(&mut y), Arg::U32(n as u32)];
    pass(Language::AscendC, &source, 3, &args, || assert_eq!(y, expected));
}

/// `x / sqrt(mean(x * x) + 1e-6)` of 1536 elements.
pub(crate) fn norm() -> String {
    ascendc(
        "float",
        &format!(
            "constexpr uint32_t N = 1536;
             LocalTensor<float> a(TPosition::VECCALC, 0, N), b(TPosition::VECCALC, N * 4, N), s(TPosition::VECCALC, N * 8, 64);
             DataCopy(a, gx, N);
             {LOADED}
             Mul(b, a, a, N);
             PipeBarrier<PIPE_V>();
             for (uint32_t w = N / 2; w >= 192; w /= 2) {{ Add(b, b, b[w], w); PipeBarrier<PIPE_V>(); }}
             WholeReduceSum(s, b, 64, 3, 1, 1, 8);
             PipeBarrier<PIPE_V>();
             WholeReduceSum(s, s, 3, 1, 1, 1, 8);
             SetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);
             float mean = s.GetValue(0) / 1536.0f + 1e-6f;
             SetFlag<HardEvent::S_V>(0); WaitFlag<HardEvent::S_V>(0);
             Duplicate(s, mean, 8);
             PipeBarrier<PIPE_V>();
             Sqrt(s, s, 8);
             PipeBarrier<PIPE_V>();
             Div(a, a, s, 64, 24, {{1, 1, 0, 8, 8, 0}});
             {COMPUTED}
             DataCopy(gy, a, N);"
        ),
    )
}

#[test]
fn root_mean_square() {
    let x = random(1536, 5);
    let mut y = vec![0_f32; 1536];
    let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 1536.0 + 1e-6;
    let expected: Vec<f64> = x.iter().map(|x| f64::from(*x) / mean.sqrt()).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &norm(), 1, &args, || near("norm", &y, &expected, 1e-5));
}

/// A vector of 256, then 64 rows of a matrix, of which each core has 16.
pub(crate) fn product() -> String {
    ascendc(
        "float",
        &format!(
            "constexpr uint32_t K = 256, R = 16;
             LocalTensor<float> v(TPosition::VECCALC, 0, K), m(TPosition::VECCALC, K * 4, K * R), s(TPosition::VECCALC, K * 4 * (R + 1), R);
             uint32_t row = (uint32_t)GetBlockIdx() * R;
             DataCopy(v, gx, K);
             DataCopy(m, gx[K + row * K], DataCopyParams(R, K / 8, 0, 0));
             {LOADED}
             for (uint32_t c = 0; c < K / 64; ++c) {{
               Mul(m[c * 64], m[c * 64], v[c * 64], 64, R, {{1, 1, 1, K / 8, K / 8, 0}});
             }}
             PipeBarrier<PIPE_V>();
             for (uint32_t c = 1; c < K / 64; ++c) {{
               Add(m, m, m[c * 64], 64, R, {{1, 1, 1, K / 8, K / 8, K / 8}});
               PipeBarrier<PIPE_V>();
             }}
             WholeReduceSum(s, m, 64, R, 1, 1, K / 8);
             {COMPUTED}
             DataCopy(gy[row], s, R);"
        ),
    )
}

#[test]
fn matrix_times_vector() {
    let x = random(256 * 65, 9);
    let mut y = vec![0_f32; 64];
    let dot = |row: &[f32]| row.iter().zip(&x[..256]).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum();
    let expected: Vec<f64> = x[256..].chunks(256).map(dot).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &product(), 4, &args, || near("product", &y, &expected, 1e-5));
}

#[test]
fn softmax_of_a_row_with_a_pipe_object() {
    // With a TPipe all functions may be used; events come from it.
    let source = "#include \"kernel_operator.h\"
        using namespace AscendC;
        extern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y, uint32_t n) {
          KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
          GlobalTensor<float> gx, gy;
          gx.SetGlobalBuffer((__gm__ float*)x, n);
          gy.SetGlobalBuffer((__gm__ float*)y, n);
          TPipe pipe;
          TBuf<TPosition::VECCALC> ub;
          pipe.InitBuffer(ub, 32768);
          LocalTensor<float> a = ub.GetWithOffset<float>(1024, 0), s = ub.GetWithOffset<float>(64, 4096), t = ub.GetWithOffset<float>(1024, 8192);
          TEventID in = pipe.AllocEventID<HardEvent::MTE2_V>(), res = pipe.AllocEventID<HardEvent::V_MTE3>();
          TEventID look = pipe.AllocEventID<HardEvent::V_S>(), back = pipe.AllocEventID<HardEvent::S_V>();
          DataCopyPad(a, gx, DataCopyExtParams(1, n * 4, 0, 0, 0), DataCopyPadExtParams<float>(false, 0, 0, 0.0f));
          SetFlag<HardEvent::MTE2_V>(in); WaitFlag<HardEvent::MTE2_V>(in);
          ReduceMax(s, a, t, (int32_t)n);
          SetFlag<HardEvent::V_S>(look); WaitFlag<HardEvent::V_S>(look);
          float high = s.GetValue(0);
          SetFlag<HardEvent::S_V>(back); WaitFlag<HardEvent::S_V>(back);
          Adds(a, a, -high, n);
          PipeBarrier<PIPE_V>();
          Exp(a, a, n);
          PipeBarrier<PIPE_V>();
          ReduceSum(s, a, t, n);
          SetFlag<HardEvent::V_S>(look); WaitFlag<HardEvent::V_S>(look);
          float scale = 1.0f / s.GetValue(0);
          Muls(a, a, scale, n);
          SetFlag<HardEvent::V_MTE3>(res); WaitFlag<HardEvent::V_MTE3>(res);
          DataCopyPad(gy, a, DataCopyExtParams(1, n * 4, 0, 0, 0));
        }";
    let n = 1001;
    let x = random(n, 3);
    let mut y = vec![0_f32; n];
    let high = f64::from(x.iter().copied().fold(f32::MIN, f32::max));
    let exp: Vec<f64> = x.iter().map(|x| (f64::from(*x) - high).exp()).collect();
    let sum: f64 = exp.iter().sum();
    let expected: Vec<f64> = exp.iter().map(|x| x / sum).collect();
    let args = [input(&x), out(&mut y), Arg::U32(n as u32)];
    pass(Language::AscendC, source, 1, &args, || near("softmax", &y, &expected, 1e-6));
}

#[test]
fn place_of_the_greatest() {
    // Two equal extremes: the first one counts. The index comes as bits of a float.
    let source = ascendc(
        "float",
        &format!(
            "LocalTensor<float> a(TPosition::VECCALC, 0, 512), s(TPosition::VECCALC, 2048, 64);
             LocalTensor<float> r(TPosition::VECCALC, 4096, 64);
             DataCopy(a, gx, 512);
             {LOADED}
             WholeReduceMax(s, a, 64, 8, 1, 1, 8, ReduceOrder::ORDER_VALUE_INDEX);
             SetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);
             LocalTensor<uint32_t> places = s.ReinterpretCast<uint32_t>();
             float best = s.GetValue(0);
             uint32_t place = places.GetValue(1);
             for (uint32_t i = 1; i < 8; ++i) {{
               float value = s.GetValue(2 * i);
               if (value > best) {{ best = value; place = i * 64 + places.GetValue(2 * i + 1); }}
             }}
             Duplicate(r, best, 8);
             PipeBarrier<PIPE_V>();
             SetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);
             r.ReinterpretCast<uint32_t>().SetValue(1, place);
             SetFlag<HardEvent::S_MTE3>(0); WaitFlag<HardEvent::S_MTE3>(0);
             {COMPUTED}
             DataCopy(gy, r, 8);"
        ),
    );
    let mut x = random(512, 4);
    (x[77], x[200]) = (9.0, 9.0);
    let mut y = vec![0_f32; 8];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!((y[0], y[1].to_bits()), (9.0, 77)));
}

#[test]
fn masks_choose_and_offsets_gather() {
    let source = "#include \"kernel_operator.h\"
        using namespace AscendC;
        extern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y, uint32_t n) {
          KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
          GlobalTensor<float> gx, gy;
          gx.SetGlobalBuffer((__gm__ float*)x); gy.SetGlobalBuffer((__gm__ float*)y);
          TPipe pipe;
          TBuf<TPosition::VECCALC> ub;
          pipe.InitBuffer(ub, 16384);
          LocalTensor<float> a = ub.GetWithOffset<float>(128, 0), b = ub.GetWithOffset<float>(128, 512), c = ub.GetWithOffset<float>(128, 1024);
          LocalTensor<uint8_t> m = ub.GetWithOffset<uint8_t>(32, 2048);
          LocalTensor<int32_t> i = ub.GetWithOffset<int32_t>(128, 4096);
          TEventID in = pipe.AllocEventID<HardEvent::MTE2_V>(), res = pipe.AllocEventID<HardEvent::V_MTE3>();
          DataCopyPad(a, gx, DataCopyExtParams(1, 100 * 4, 0, 0, 0), DataCopyPadExtParams<float>());
          CreateVecIndex(i, 0, 128);
          SetFlag<HardEvent::MTE2_V>(in); WaitFlag<HardEvent::MTE2_V>(in);
          PipeBarrier<PIPE_V>();
          // 99 - i, in bytes.
          Muls(i, i, -4, 100);
          CompareScalar(m, a, 0.0f, CMPMODE::LT, 128);
          PipeBarrier<PIPE_V>();
          Adds(i, i, 396, 100);
          Select(b, m, a, 0.5f, SELMODE::VSEL_TENSOR_SCALAR_MODE, 100);
          PipeBarrier<PIPE_V>();
          Gather(c, b, i.ReinterpretCast<uint32_t>(), 0, 100);
          SetFlag<HardEvent::V_MTE3>(res); WaitFlag<HardEvent::V_MTE3>(res);
          DataCopyPad(gy, c, DataCopyExtParams(1, 100 * 4, 0, 0, 0));
        }";
    let x = random(100, 8);
    let mut y = vec![0_f32; 100];
    let expected: Vec<f32> = x.iter().rev().map(|x| if *x < 0.0 { *x } else { 0.5 }).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, source, 1, &args, || assert_eq!(y, expected));
}
