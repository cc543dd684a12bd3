//! Figures: `cargo test -p emulator --release --test ascend -- --ignored --nocapture speed`.

use std::time::Instant;

use emulator::{Arg, Checks, Language};

use crate::harness::{ascendc, compile, input, launch, out};

/// Matrix times vector of ones, 16 rows at a time, bfloat16.
const BODY: &str = "constexpr uint32_t K = 1536, R = 16;
    LocalTensor<bfloat16_t> w(TPosition::VECCALC, 0, K * R); LocalTensor<float> f(TPosition::VECCALC, K * R * 2, K), v(TPosition::VECCALC, K * R * 2 + K * 4, K);
    LocalTensor<float> s(TPosition::VECCALC, K * R * 2 + K * 8, R);
    GlobalTensor<float> r; r.SetGlobalBuffer((__gm__ float*)y);
    Duplicate(v, 1.0f, K);
    PipeBarrier<PIPE_V>();
    for (uint32_t row = (uint32_t)GetBlockIdx() * R; row < n; row += (uint32_t)GetBlockNum() * R) {
      DataCopy(w, gx[row * K], R * K);
      SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);
      for (uint32_t i = 0; i < R; ++i) {
        Cast(f, w[i * K], RoundMode::CAST_NONE, K);
        PipeBarrier<PIPE_V>();
        Mul(f, f, v, K);
        PipeBarrier<PIPE_V>();
        for (uint32_t c = K / 2; c >= 192; c /= 2) { Add(f, f, f[c], c); PipeBarrier<PIPE_V>(); }
        Add(f, f, f[64], 64); PipeBarrier<PIPE_V>();
        Add(f, f, f[128], 64); PipeBarrier<PIPE_V>();
        WholeReduceSum(s[i], f, 64, 1, 1, 1, 8);
        PipeBarrier<PIPE_V>();
      }
      SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);
      DataCopy(r[row], s, R);
      PipeBarrier<PIPE_ALL>();
    }";

#[test]
#[ignore = "a figure, not a check"]
fn speed() {
    let (rows, columns) = (1536_usize, 1536_usize);
    let weights = vec![0x3f80_u16; rows * columns];
    for checks in [Checks::Barriers, Checks::Memory] {
        let Some(program) = compile(Language::AscendC, &ascendc("bfloat16_t", BODY), checks) else { return };
        let mut sums = vec![0.0_f32; rows];
        let args = [input(&weights), out(&mut sums), Arg::U32(rows as u32)];
        launch(&program, 8, &args, 0).unwrap();
        let started = Instant::now();
        launch(&program, 8, &args, 0).unwrap();
        println!("{rows}x{columns} bf16, {checks:?}: {:?}", started.elapsed());
        assert_eq!(sums, vec![columns as f32; rows]);
    }
}
