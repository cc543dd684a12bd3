//! Compiles and launches texts of tests.

use emulator::{Arg, Checks, Error, Fault, FaultKind, Language, Launch, Program};

/// Seeds that every program is run with: the natural order and two others.
const SEEDS: [u64; 3] = [0, 1, 99];

/// A buffer that the kernel may write.
pub(crate) fn out<T>(data: &mut [T]) -> Arg {
    Arg::Buffer { address: data.as_mut_ptr().cast(), bytes: size_of_val(data) as u64, writable: true }
}

/// A buffer that the kernel may only read.
pub(crate) fn input<T>(data: &[T]) -> Arg {
    Arg::Buffer { address: data.as_ptr().cast_mut().cast(), bytes: size_of_val(data) as u64, writable: false }
}

/// Compiles kernel `k`; `None` where this machine has no compiler.
pub(crate) fn compile(language: Language, source: &str, checks: Checks) -> Option<Program> {
    match Program::compile(language, source, "k", checks) {
        Ok(program) => Some(program),
        Err(error) if error.is_skip() => None,
        Err(error) => panic!("{error}\n{:?}\n{source}", error.diagnostics()),
    }
}

/// The error of a text that must not compile.
pub(crate) fn refuse(language: Language, source: &str) -> Option<Error> {
    match Program::compile(language, source, "k", Checks::Memory) {
        Ok(_) => panic!("this compiles:\n{source}"),
        Err(error) if error.is_skip() => None,
        Err(error) => Some(error),
    }
}

fn launches(program: &Program, grid: u64, threads: u32, args: &[Arg]) -> Vec<Result<(), Fault>> {
    let launch =
        |seed| program.launch(&Launch { grid: [grid, 1, 1], threads, dynamic_shared: 0, args, workers: 2, seed });
    SEEDS.map(launch).into()
}

/// Runs a right program under both kinds of checks.
pub(crate) fn pass(language: Language, source: &str, grid: u64, threads: u32, args: &[Arg]) {
    for checks in [Checks::Memory, Checks::Barriers] {
        let Some(program) = compile(language, source, checks) else { return };
        for result in launches(&program, grid, threads, args) {
            if let Err(fault) = result {
                panic!("{language} {checks:?}: {fault}\n{source}");
            }
        }
    }
}

/// Runs a program that must be caught in every order, at a line that has `marker`.
pub(crate) fn fail(
    language: Language,
    source: &str,
    grid: u64,
    threads: u32,
    args: &[Arg],
    kind: FaultKind,
    marker: &str,
) {
    fail_under(Checks::Memory, language, source, grid, threads, args, kind, marker);
}

/// Runs a program that must be caught in every order, as one of `kinds`: what is seen first depends on the order.
pub(crate) fn fail_as_one(
    language: Language,
    source: &str,
    grid: u64,
    threads: u32,
    args: &[Arg],
    kinds: &[FaultKind],
) {
    let Some(program) = compile(language, source, Checks::Memory) else { return };
    for result in launches(&program, grid, threads, args) {
        let fault = result.expect_err(source);
        assert!(kinds.contains(&fault.kind), "{language}: {fault}\n{source}");
    }
}

/// As [`fail`].
#[expect(clippy::too_many_arguments, reason = "a table row of tests")]
pub(crate) fn fail_under(
    checks: Checks,
    language: Language,
    source: &str,
    grid: u64,
    threads: u32,
    args: &[Arg],
    kind: FaultKind,
    marker: &str,
) {
    let Some(program) = compile(language, source, checks) else { return };
    for result in launches(&program, grid, threads, args) {
        let fault = result.expect_err(source);
        assert_eq!(fault.kind, kind, "{language}: {fault}\n{source}");
        let line = fault.line.unwrap_or_else(|| panic!("no line: {fault}\n{source}"));
        let text = source.lines().nth(line as usize - 1).unwrap_or("");
        assert!(text.contains(marker), "{language}: {fault}\nline {line} is {text:?}, without {marker:?}\n{source}");
    }
}

/// A kernel's text in each language, from one body.
///
/// Words of the body: `$I` is the thread, `$L` its lane, `$P` the program, `$BAR` a barrier over both memories, `$SBAR` one over shared
/// memory, `$SHARED` and `$GLOBAL` the memories' qualifiers, `$XOR(v, d)` an exchange. Parameters: `x` is read, `y` written, both f32.
pub(crate) fn text(language: Language, body: &str) -> String {
    let (head, words): (&str, [(&str, &str); 8]) = match language {
        Language::Msl => (
            "#include <metal_stdlib>\nusing namespace metal;\n\
             kernel void k(device const float* x [[buffer(0)]], device float* y [[buffer(1)]],\n\
             uint3 group [[threadgroup_position_in_grid]], uint thread_ [[thread_index_in_threadgroup]],\n\
             uint lane [[thread_index_in_simdgroup]]) {\n",
            [
                ("$I", "thread_"),
                ("$L", "lane"),
                ("$P", "group.x"),
                ("$BAR", "threadgroup_barrier(mem_flags::mem_threadgroup | mem_flags::mem_device);"),
                ("$SBAR", "threadgroup_barrier(mem_flags::mem_threadgroup);"),
                ("$SHARED", "threadgroup"),
                ("$GLOBAL", "device"),
                ("$XOR(", "simd_shuffle_xor("),
            ],
        ),
        Language::Cuda | Language::Musa => (
            "extern \"C\" __global__ void k(const float* __restrict__ x, float* y) {\n",
            [
                ("$I", "threadIdx.x"),
                ("$L", "(threadIdx.x % 32)"),
                ("$P", "blockIdx.x"),
                ("$BAR", "__syncthreads();"),
                ("$SBAR", "__syncthreads();"),
                ("$SHARED", "__shared__"),
                ("$GLOBAL", ""),
                ("$XOR(", "XOR("),
            ],
        ),
        Language::AscendC | Language::Pto => panic!("{language} has no threads"),
    };
    let include = match language {
        Language::Msl => "",
        Language::Cuda => "#define XOR(v, d) __shfl_xor_sync(0xffffffffu, v, d)\n",
        Language::Musa => "#include <musa_runtime.h>\n#define XOR(v, d) __shfl_xor_sync(0xffffffffu, v, d, 32)\n",
        Language::AscendC | Language::Pto => "",
    };
    let mut body = body.to_owned();
    for (word, meaning) in words.into_iter().rev() {
        body = body.replace(word, meaning);
    }
    format!("{include}{head}{body}\n}}\n")
}

/// All languages.
pub(crate) const ALL: [Language; 3] = [Language::Msl, Language::Cuda, Language::Musa];
