//! Compiles and runs designs of tests.

use std::path::Path;

use emulator::Arg;
use emulator::aie::{Error, Fault, FaultKind, File, Launch, Program, Texts};

/// Core functions of the tests of designs.
pub(crate) const COPY: &str = r#"#include <aie_api/aie.hpp>
extern "C" void copy(const float *__restrict x, float *__restrict y) {
  for (int32_t i = 0; i < 64; i += 16) aie::store_v(y + i, aie::load_v<16>(x + i));
}
extern "C" void scale(const float *__restrict x, float *__restrict y, float factor, int32_t n) {
  for (int32_t i = 0; i < n; i += 16)
    aie::store_v(y + i, aie::mul(aie::load_v<16>(x + i), factor).to_vector<float>());
}
"#;

/// The names that designs import.
const IMPORTS: &str = "import numpy as np
from ml_dtypes import bfloat16
from aie.iron import Buffer, Kernel, ObjectFifo, Program, Runtime, TaskGroup, Worker, WorkerRuntimeBarrier
from aie.iron.controlflow import range_
from aie.iron.device import NPU2, NPU2Col1
from aie.helpers.taplib import TensorAccessPattern
T = lambda n, t=np.float32: np.ndarray[(n,), np.dtype[t]]
";

/// A design with the usual names imported.
pub(crate) fn design(body: &str) -> String {
    format!("{IMPORTS}{body}")
}

/// A design of one core that copies objects of 64 f32 with [`COPY`], as many as `objects`, where texts of parts may be replaced.
pub(crate) fn copies(objects: u32, replaced: &[(&str, &str)]) -> String {
    let mut text = design(&format!(
        "a = ObjectFifo(T(64), depth=2, name='a')
b = ObjectFifo(T(64), depth=2, name='b')
copy = Kernel('copy', 'k.o', [T(64), T(64)])
def core(a, b, copy):
    x = a.acquire(1)
    y = b.acquire(1)
    copy(x, y)
    a.release(1)
    b.release(1)
workers = [Worker(core, [a.cons(), b.prod(), copy])]
def sequence(x, y, ha, hb):
    ha.fill(x)
    hb.drain(y, wait=True)
rt = Runtime(sequence, [T({0}), T({0}), a.prod(), b.cons()])
print(Program(NPU2(), rt, workers=workers).resolve_program())
",
        objects * 64
    ));
    for (from, to) in replaced {
        assert!(text.contains(from), "{from}\n{text}");
        text = text.replace(from, to);
    }
    text
}

/// A buffer that the design may write.
pub(crate) fn out<T>(data: &mut [T]) -> Arg {
    Arg::Buffer { address: data.as_mut_ptr().cast(), bytes: size_of_val(data) as u64, writable: true }
}

/// A buffer that the design may only read.
pub(crate) fn input<T>(data: &[T]) -> Arg {
    Arg::Buffer { address: data.as_ptr().cast_mut().cast(), bytes: size_of_val(data) as u64, writable: false }
}

/// Compiles and runs; the fault of either. `None` where this machine lacks a tool.
fn run(texts: Texts<'_>, args: &[Arg]) -> Option<Result<(), Fault>> {
    // Kept between runs of the tests.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aie");
    let program = match Program::compile_cached(&cache, texts) {
        Ok(program) => program,
        Err(Error::Design(fault)) => return Some(Err(fault)),
        Err(error) if error.is_skip() => {
            eprintln!("skipped: {error}");
            return None;
        }
        Err(error) => panic!("{error}\n{:?}\n{}", error.diagnostics(), texts.kernels),
    };
    Some(program.launch(&Launch { args, seconds: 20 }))
}

/// Runs a right design; whether it ran.
pub(crate) fn pass(design: &str, kernels: &str, args: &[Arg]) -> bool {
    match run(Texts { design, kernels }, args) {
        Some(Err(fault)) => panic!("{fault}\n{design}\n{kernels}"),
        Some(Ok(())) => true,
        None => false,
    }
}

/// Runs a faulty design, which must be caught at a line with `# here` or `// here`; what the fault says.
pub(crate) fn fail(design: &str, kernels: &str, args: &[Arg], kind: FaultKind) -> String {
    let Some(result) = run(Texts { design, kernels }, args) else { return String::new() };
    let fault = result.expect_err(design);
    assert_eq!(fault.kind, kind, "{fault}\n{design}");
    let marked = |text: &str, line: u32| text.lines().nth(line as usize - 1).is_some_and(|line| line.contains(" here"));
    let right = match fault.place {
        Some((File::Design, line)) => marked(design, line),
        Some((File::Kernels, line)) => marked(kernels, line),
        None => false,
    };
    assert!(right, "{fault}\n{design}\n{kernels}");
    fault.message
}

/// Random numbers of -1 to 1.
pub(crate) fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// bf16 of numbers.
pub(crate) fn narrow(values: &[f32]) -> Vec<u16> {
    values.iter().map(|value| half::bf16::from_f32(*value).to_bits()).collect()
}

/// Numbers of bf16.
pub(crate) fn widen(bits: &[u16]) -> Vec<f64> {
    bits.iter().map(|bits| f64::from(f32::from_bits(u32::from(*bits) << 16))).collect()
}

/// Checks numbers, absolutely and relatively.
pub(crate) fn close(results: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(results.len(), expected.len());
    for (i, (result, expected)) in results.iter().zip(expected).enumerate() {
        let off = (result - expected).abs();
        assert!(off <= tolerance * (1.0 + expected.abs()), "{i}: {result} instead of {expected}");
    }
}
