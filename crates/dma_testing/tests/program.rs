//! Texts by hand instead of a backend's: right ones pass under every schedule, wrong ones do not.

use std::collections::BTreeMap;

use dma_testing::{Backend, Program, SCHEDULES, interpret_cores, judged_cases, lower, random};
use emit::{Described, Source, describe};
use lower_dma::Error;
use lower_dma::ir::CoreKernel;
use lower_dma::testing::{ASCEND, BANG, PTO};
use tile_ir::{Axis, BinaryOp, Elem, Kernel, KernelBuilder, Loc, Own};

/// `y = 3 x`, a row for each of 12 programs.
fn scale() -> Kernel {
    let mut t = KernelBuilder::new("scale");
    t.grid([12, 1, 1]);
    let x = t.read("x", Elem::F32, &[12, 64]);
    let y = t.write("y", Elem::F32, &[12, 64], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let (zero, row) = (t.index(0), t.program_id(Axis::X));
    let (value, three) = (t.load(x, &[row, zero], &[1, 64]), t.splat(Elem::F32, &[1, 64], 3.0));
    let value = t.binary(BinaryOp::Mul, value, three);
    t.store(y, value, &[row, zero]);
    t.finish().expect("valid")
}

const ASCENDC_TEXT: &str = r#"#include "kernel_operator.h"
using namespace AscendC;
extern "C" __global__ __aicore__ void scale(GM_ADDR x, GM_ADDR y) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  InitSocState();
  GlobalTensor<float> gx, gy;
  gx.SetGlobalBuffer((__gm__ float*)x);
  gy.SetGlobalBuffer((__gm__ float*)y);
  LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 256, 64);
  DataCopy(a, gx[GetBlockIdx() * 64], 64);
  /*WAIT*/ SetFlag<HardEvent::MTE2_V>(EVENT_ID0); WaitFlag<HardEvent::MTE2_V>(EVENT_ID0);
  Muls(b, a, 3.0f, 64);
  SetFlag<HardEvent::V_MTE3>(EVENT_ID0); WaitFlag<HardEvent::V_MTE3>(EVENT_ID0);
  DataCopy(gy[GetBlockIdx() * 64], b, 64);
  PipeBarrier<PIPE_ALL>();
}
"#;

const PTO_TEXT: &str = r#"#include <pto/pto-inst.hpp>
#include <pto/common/constants.hpp>
using namespace pto;
__global__ AICORE void scale(__gm__ void* xv, __gm__ void* yv) {
  auto x = (__gm__ float*)xv; auto y = (__gm__ float*)yv;
#if defined(__DAV_VEC__)
  set_mask_norm(); set_vector_mask(-1, -1);
  using T = Tile<TileType::Vec, float, 1, 64>;
  using G = GlobalTensor<float, Shape<1, 1, 1, 1, 64>, Stride<1, 1, 1, 64, 1>>;
  T a, b; TASSIGN(a, 0); TASSIGN(b, 256);
  G gx(x + get_block_idx() * 64), gy(y + get_block_idx() * 64);
  TLOAD(a, gx);
  /*WAIT*/ set_flag(PIPE_MTE2, PIPE_V, EVENT_ID0); wait_flag(PIPE_MTE2, PIPE_V, EVENT_ID0);
  TMULS(b, a, 3.0f);
  set_flag(PIPE_V, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID0);
  TSTORE(gy, b);
  pipe_barrier(PIPE_ALL);
#endif
}
"#;

const BANG_TEXT: &str = r#"#include <bang.h>
__nram__ float a[64], b[64];
__mlu_entry__ void scale(const float *x, float *y) {
  __memcpy_async(a, x + taskId * 64, 256, GDRAM2NRAM);
  /*WAIT*/ __sync_io();
  __bang_mul_scalar(b, a, 3.0f, 64);
  __memcpy(y + taskId * 64, b, 256, NRAM2GDRAM);
}
"#;

fn source(core: &CoreKernel, text: &str) -> Source {
    let file = format!("{}.txt", core.name);
    let kernel = describe(Described {
        family: &core.family,
        entry: core.name.clone(),
        file: file.clone(),
        tuning: &core.tuning,
        params: &core.params,
        grid: core.grid,
        block: [1, 1, 1],
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        workgroups: Some([core.cores, 1, 1]),
        lines: vec![],
    });
    Source { file, text: text.to_owned(), binary: None, parts: vec![], kernel }
}

/// Printers of one text, and of it without its wait, with another number, with a word too many.
macro_rules! backend {
    ($target:ident, $device:literal, $text:ident) => {
        [
            |core: &CoreKernel| Ok(source(core, $text)),
            |core: &CoreKernel| {
                let lines: Vec<&str> = $text.lines().filter(|line| !line.contains("WAIT")).collect();
                Ok(source(core, &lines.join("\n")))
            },
            |core: &CoreKernel| Ok(source(core, &$text.replace("3.0f", "3.001f"))),
            |core: &CoreKernel| Ok(source(core, &$text.replace("/*WAIT*/", "nothing;"))),
        ]
        .map(|print| Backend { target: &$target, device: $device, print })
    };
}

fn backends() -> [[Backend; 4]; 3] {
    [
        backend!(ASCEND, "ascendc-emu", ASCENDC_TEXT),
        backend!(PTO, "pto-emu", PTO_TEXT),
        backend!(BANG, "bang-emu", BANG_TEXT),
    ]
}

#[test]
fn right_texts_pass_and_wrong_ones_do_not() {
    let kernel = scale();
    for [right, unordered, other, invalid] in backends() {
        let core = lower(&kernel, right.target).expect("supported");
        assert_eq!(core.cores, 12);
        let program = |backend: &Backend| Program::new(&core, backend);
        let right = program(&right).unwrap_or_else(|problem| panic!("{problem}"));
        let (unordered, other) = (program(&unordered).expect("it compiles"), program(&other).expect("it compiles"));
        for case in judged_cases(&kernel, &[1, 2]) {
            assert_eq!(right.check(&kernel, &case), Ok(()), "{}", right.text());
            let fault = unordered.check(&kernel, &case).expect_err("nothing orders the product");
            assert!(fault.contains("schedule 0") && fault.contains("line"), "{fault}");
            let wrong = other.check(&kernel, &case).expect_err("another number");
            assert!(wrong.contains("schedule 0") && wrong.contains('y'), "{wrong}");
            interpret_cores(&kernel, &core, invalid.target, &case, &SCHEDULES).expect("the interpreter agrees");
        }
        let problem = program(&invalid).map(drop).expect_err("it does not compile");
        assert!(problem.contains("nothing"), "{problem}");
    }
}

/// A printer that refuses all.
fn refuse(core: &CoreKernel) -> Result<Source, Error> {
    let (kernel, detail) = (core.name.clone(), "there is no printer".to_owned());
    Err(Error::Broken { target: "none", kernel, detail, loc: Loc::Unknown })
}

/// What a panic says.
fn panics(body: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let cause = std::panic::catch_unwind(body).expect_err("it panics");
    cause.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn random_kernels_are_interpreted_and_some_printed() {
    let backend = Backend { target: &ASCEND, device: "ascendc-emu", print: refuse };
    // None of these seeds is printed.
    random::sweep(1..9, 9, &backend);
    let message = panics(move || random::sweep(0..9, 9, &backend));
    assert!(message.contains(" 0, printer: ") && message.contains("there is no printer"), "{message}");
}

#[test]
fn damaged_programs_need_a_printer_for_the_undamaged_ones() {
    let backend = Backend { target: &ASCEND, device: "ascendc-emu", print: refuse };
    let message = panics(move || println!("{}", dma_testing::mutations::sweep(&backend)));
    assert!(message.contains("there is no printer"), "{message}");
}
