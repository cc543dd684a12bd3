//! Figures: `cargo test -p emulator --test bang -- --ignored --nocapture speed`.

use std::time::Instant;

use emulator::bang::{Arch, Launch, Schedule};
use emulator::{Arg, Checks};

use crate::harness::{compile, input, out};

#[test]
#[ignore = "a figure, not a check"]
fn speed() {
    let source = "#include <bang.h>
#define K 1536
#define R 24
__nram__ bfloat16_t xb[K], wb[R * K], yb[R];
__nram__ float xf[K], wf[R * K], part[R * 32], yf[R];
__mlu_entry__ void k(bfloat16_t *y, const bfloat16_t *w, const bfloat16_t *x, unsigned rows) {
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
    __bang_float2bfloat16_rn(yb, yf, nr);
    __memcpy(y + r0, yb, nr * 2, NRAM2GDRAM);
  }
}
";
    let (rows, columns) = (1536_usize, 1536_usize);
    let (w, x, mut y) = (vec![0x3f80_u16; rows * columns], vec![0x3f80_u16; columns], vec![0_u16; rows]);
    let args = [out(&mut y), input(&w), input(&x), Arg::U32(rows as u32)];
    for checks in [Checks::Memory, Checks::Barriers] {
        let Some(program) = compile(Arch::Mtp592, source, checks) else { return };
        for workers in [1, 2] {
            let started = Instant::now();
            for _ in 0..20 {
                program.launch(&Launch { tasks: 32, args: &args, workers, schedule: Schedule::Eager }).unwrap();
            }
            println!("{checks:?}: {rows}x{columns} bf16, {workers} workers: {:?}", started.elapsed() / 20);
        }
    }
    assert!(y.iter().all(|y| *y == half::bf16::from_f32(1536.0).to_bits()));
}
