//! Compiles and launches texts of tests.

use emulator::{Arg, Checks, Fault, FaultKind, Language, Launch, Program};

/// At once, as late as possible, and two random times.
pub(crate) const SEEDS: [u64; 4] = [0, 1, 2, 77];

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

pub(crate) fn launch(program: &Program, blocks: u64, args: &[Arg], seed: u64) -> Result<(), Fault> {
    program.launch(&Launch { grid: [blocks, 1, 1], threads: 1, dynamic_shared: 0, args, workers: 2, seed })
}

/// Runs a right program under both kinds of checks and every schedule; `judge` looks at the results of each run.
pub(crate) fn pass(language: Language, source: &str, blocks: u64, args: &[Arg], mut judge: impl FnMut()) {
    for checks in [Checks::Memory, Checks::Barriers] {
        let Some(program) = compile(language, source, checks) else { return };
        for seed in SEEDS {
            if let Err(fault) = launch(&program, blocks, args, seed) {
                panic!("{language} {checks:?} seed {seed}: {fault}\n{}", numbered(source));
            }
            judge();
        }
    }
}

/// Runs a program that must be caught under every schedule, at a line that has `// here`.
pub(crate) fn fail(language: Language, source: &str, blocks: u64, args: &[Arg], kind: FaultKind) {
    let Some(program) = compile(language, source, Checks::Memory) else { return };
    for seed in SEEDS {
        let Err(fault) = launch(&program, blocks, args, seed) else {
            panic!("seed {seed}: nothing is found\n{}", numbered(source));
        };
        assert_eq!(fault.kind, kind, "seed {seed}: {fault}\n{}", numbered(source));
        let line = fault.line.unwrap_or_else(|| panic!("no line: {fault}\n{source}"));
        let text = source.lines().nth(line as usize - 1).unwrap_or("");
        assert!(text.contains("// here"), "{fault}\nline {line} is {text:?}\n{}", numbered(source));
    }
}

pub(crate) fn numbered(source: &str) -> String {
    source.lines().enumerate().map(|(index, line)| format!("{:3} {line}\n", index + 1)).collect()
}

/// An AscendC kernel with `body` in the middle. Parameters: `x`, read, and `y`, written, as tensors `gx` and `gy` of `T`; `n`.
pub(crate) fn ascendc(ty: &str, body: &str) -> String {
    format!(
        "#include \"kernel_operator.h\"\nusing namespace AscendC;\n\
         extern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y, uint32_t n) {{\n\
         KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);\nInitSocState();\n\
         GlobalTensor<{ty}> gx, gy;\n\
         gx.SetGlobalBuffer((__gm__ {ty}*)x);\ngy.SetGlobalBuffer((__gm__ {ty}*)y);\n\
         {body}\nPipeBarrier<PIPE_ALL>();\n}}\n\
         extern \"C\" void call_k(uint32_t blocks, void* stream, uint8_t* x, uint8_t* y, uint32_t n) {{\n\
         k<<<blocks, nullptr, stream>>>(x, y, n);\n}}\n"
    )
}

/// Flags of a kernel that loads, computes, stores.
pub(crate) const LOADED: &str = "SetFlag<HardEvent::MTE2_V>(EVENT_ID0); WaitFlag<HardEvent::MTE2_V>(EVENT_ID0);";
pub(crate) const COMPUTED: &str = "SetFlag<HardEvent::V_MTE3>(EVENT_ID0); WaitFlag<HardEvent::V_MTE3>(EVENT_ID0);";

/// Numbers that look random, from -2 to 2.
pub(crate) fn random(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from((state >> 16) as u16) / 16384.0 - 2.0
    };
    (0..count).map(|_| next()).collect()
}

/// Whether each number is near its reference.
pub(crate) fn near(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= tolerance * expected.abs().max(1.0), "{what}: element {index} is {found}, not {expected}");
    }
    assert_eq!(found.len(), expected.len());
}

/// A number as bfloat16, rounded to nearest even.
pub(crate) fn bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

pub(crate) fn of_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}
