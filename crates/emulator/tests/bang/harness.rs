//! Compiles and launches texts of tests.

use std::path::Path;

use emulator::bang::{Arch, Error, Fault, FaultKind, Launch, Program, Schedule};
use emulator::{Arg, Checks};

/// Schedules that every program is run with.
const SCHEDULES: [Schedule; 4] = [Schedule::Eager, Schedule::Late, Schedule::Random(1), Schedule::Random(99)];

/// A buffer that the kernel may write.
pub(crate) fn out<T>(data: &mut [T]) -> Arg {
    Arg::Buffer { address: data.as_mut_ptr().cast(), bytes: size_of_val(data) as u64, writable: true }
}

/// A buffer that the kernel may only read.
pub(crate) fn input<T>(data: &[T]) -> Arg {
    Arg::Buffer { address: data.as_ptr().cast_mut().cast(), bytes: size_of_val(data) as u64, writable: false }
}

/// Compiles kernel `k`; `None` where this machine has no compiler.
pub(crate) fn compile(arch: Arch, source: &str, checks: Checks) -> Option<Program> {
    // Kept between runs of the tests: a text costs four runs of the compiler.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bang");
    match Program::compile_cached(&cache, arch, source, "k", checks) {
        Ok(program) => Some(program),
        Err(error) if error.is_skip() => None,
        Err(error) => panic!("{error}\n{:?}\n{source}", error.diagnostics()),
    }
}

/// The error of a text that must not compile, the same on each arch.
pub(crate) fn refuse(source: &str) -> Option<Error> {
    let [first, second] = Arch::ALL.map(|arch| match Program::compile(arch, source, "k", Checks::Memory) {
        Ok(_) => panic!("this compiles:\n{source}"),
        Err(error) => error,
    });
    assert_eq!(first.diagnostics(), second.diagnostics());
    (!first.is_skip()).then_some(first)
}

/// Runs a right program on each arch, under every schedule and both kinds of checks (with `TENFOLD_FULL`; else under one kind each: compiling
/// takes most of the time); `each` looks at the results.
pub(crate) fn pass(source: &str, tasks: u32, args: &[Arg], mut each: impl FnMut(Arch)) {
    if std::env::var_os("TENFOLD_FULL").is_none() {
        return pass_each(source, tasks, args, each);
    }
    for arch in Arch::ALL {
        for checks in [Checks::Memory, Checks::Barriers] {
            pass_on(arch, checks, source, tasks, args, &mut each);
        }
    }
}

/// As [`pass`], with each arch under one of the kinds of checks.
pub(crate) fn pass_each(source: &str, tasks: u32, args: &[Arg], mut each: impl FnMut(Arch)) {
    for (arch, checks) in Arch::ALL.into_iter().zip([Checks::Memory, Checks::Barriers]) {
        pass_on(arch, checks, source, tasks, args, &mut each);
    }
}

fn pass_on(arch: Arch, checks: Checks, source: &str, tasks: u32, args: &[Arg], each: &mut dyn FnMut(Arch)) {
    let Some(program) = compile(arch, source, checks) else { return };
    for schedule in SCHEDULES {
        let launch = Launch { tasks, args, workers: 2, schedule };
        if let Err(fault) = program.launch(&launch) {
            panic!("{arch} {checks:?} {schedule:?}: {fault}\n{source}");
        }
        each(arch);
    }
}

/// An arch for rules that are the same on each: not always the same one.
fn some_arch(source: &str) -> Arch {
    Arch::ALL[source.len() % 2]
}

/// Runs the right twin of a faulty program, with every access checked.
pub(crate) fn twin(source: &str, tasks: u32, args: &[Arg]) {
    pass_on(some_arch(source), Checks::Memory, source, tasks, args, &mut |_| ());
}

/// Runs a program that must be caught in every schedule, at a line that has `marker`.
pub(crate) fn fail(source: &str, tasks: u32, args: &[Arg], kind: FaultKind, marker: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let arch = some_arch(source);
    let Some(program) = compile(arch, source, Checks::Memory) else { return faults };
    for schedule in SCHEDULES {
        let fault = program.launch(&Launch { tasks, args, workers: 2, schedule }).expect_err(source);
        assert_eq!(fault.kind, kind, "{arch}: {fault}\n{source}");
        let line = fault.line.unwrap_or_else(|| panic!("no line: {fault}\n{source}"));
        assert!(text(source, line).contains(marker), "{arch}: {fault}\n{source}");
        assert!(!fault.rule.is_empty(), "{fault}");
        faults.push(fault);
    }
    faults
}

/// Line `line` of a text.
pub(crate) fn text(source: &str, line: u32) -> &str {
    source.lines().nth(line as usize - 1).unwrap_or("")
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

/// Relative error in the sense of the largest root of squares; infinite if a result is NaN.
pub(crate) fn error(results: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(results.len(), expected.len());
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let off = squares(&mut results.iter().zip(expected).map(|(result, expected)| result - expected));
    let error = (off / squares(&mut expected.iter().copied())).sqrt();
    if error.is_nan() { f64::INFINITY } else { error }
}

/// A text of one kernel `k(y, x)` with arrays of 256: f32 `a`, `b` and `c`, i32 `i` and bf16 `h` in NRAM, f32 `w` in WRAM.
pub(crate) fn kernel(body: &str) -> String {
    format!(
        "#include <bang.h>\n#ifndef NPTR\n#define NPTR(T) T *\n#endif\n__nram__ float a[256], b[256], c[256];\n__nram__ int i[256];\n__nram__ bfloat16_t h[256];\n\
         __wram__ float w[256];\n__mlu_entry__ void k(float *y, const float *x) {{\n{body}\n}}\n"
    )
}
