//! Compiles and launches texts of tests.

use emulator::Arg;
use emulator::nki::{Dtype, Error, Fault, FaultKind, Launch, Operand, Program};

/// What every text begins with.
pub(crate) const IMPORTS: &str = "import nki\nimport nki.language as nl\nimport nki.isa as nisa\n\n\n@nki.jit\n";

/// A tensor that the kernel may write.
pub(crate) fn out<'a, T>(data: &mut [T], dtype: Dtype, shape: &'a [u64]) -> Operand<'a> {
    let bytes = size_of_val(data) as u64;
    Operand::Tensor { buffer: Arg::Buffer { address: data.as_mut_ptr().cast(), bytes, writable: true }, dtype, shape }
}

/// A tensor that the kernel may only read.
pub(crate) fn input<'a, T>(data: &[T], dtype: Dtype, shape: &'a [u64]) -> Operand<'a> {
    let address = data.as_ptr().cast_mut().cast();
    let bytes = size_of_val(data) as u64;
    Operand::Tensor { buffer: Arg::Buffer { address, bytes, writable: false }, dtype, shape }
}

/// Compiles kernel `k`; `None`, with the reason on the error stream, where this machine has no Python with NumPy.
pub(crate) fn compile(source: &str) -> Option<Program> {
    match Program::compile(source, "k") {
        Ok(program) => Some(program),
        Err(error) if error.is_skip() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}\n{:?}\n{source}", error.diagnostics()),
    }
}

/// The error of a text that must not compile.
pub(crate) fn refuse(source: &str) -> Option<Error> {
    match Program::compile(source, "k") {
        Ok(_) => panic!("this compiles:\n{source}"),
        Err(error) => (!error.is_skip()).then_some(error),
    }
}

/// Runs a right kernel; false where this machine cannot.
pub(crate) fn pass(source: &str, args: &[Operand], outputs: &[Operand]) -> bool {
    let Some(program) = compile(source) else { return false };
    if let Err(fault) = program.launch(&Launch { args, outputs }) {
        panic!("{fault}\n{source}");
    }
    true
}

/// What every body of a table finds: `a`, `b` and `c` in SBUF (f32), `h` (bf16) and `i` (i32), `at` (a run-time 3), `q` in PSUM
/// with a product, `p` in PSUM and `s` in SBUF (both unwritten); tables in HBM `x` (f32), `g` (bf16) and `out`.
const BEFORE: &str = "def k(x, g, n, which):
    out = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.shared_hbm)
    a = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.sbuf)
    b = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.sbuf)
    c = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.sbuf)
    h = nl.ndarray((128, 64), dtype=nl.bfloat16, buffer=nl.sbuf)
    i = nl.ndarray((128, 64), dtype=nl.int32, buffer=nl.sbuf)
    at = nl.ndarray((1, 1), dtype=nl.int32, buffer=nl.sbuf)
    s = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.sbuf)
    p = nl.ndarray((128, 64), dtype=nl.float32, buffer=nl.psum)
    q = nl.ndarray((64, 64), dtype=nl.float32, buffer=nl.psum)
    nisa.dma_copy(dst=a, src=x)
    nisa.dma_copy(dst=b, src=x)
    nisa.dma_copy(dst=h, src=g)
    nisa.dma_copy(dst=at, src=n)
    nisa.memset(dst=c, value=0.0)
    nisa.memset(dst=i, value=5)
    nisa.nc_matmul(dst=q, stationary=a, moving=b, accumulate=False)
";

/// A table of rules: kind of the fault, a right body, and one that breaks the rule in its last line. One text holds all bodies.
pub(crate) fn rules(table: &[(FaultKind, &str, &str)]) {
    let mut source = format!("{IMPORTS}{BEFORE}");
    for (number, (_, right, wrong)) in table.iter().enumerate() {
        for (at, body, mark) in [(2 * number, right, ""), (2 * number + 1, wrong, " # here")] {
            let lines = body.replace('\n', "\n        ");
            source += &format!("    if which == {at}:\n        {lines}{mark}\n");
        }
    }
    source += "    nisa.dma_copy(dst=out, src=c)\n    return out\n";
    let Some(program) = compile(&source) else { return };
    for (number, (kind, right, wrong)) in table.iter().enumerate() {
        if let Err(fault) = launch(&program, 2 * number) {
            panic!("{fault}\n{right}");
        }
        let fault = launch(&program, 2 * number + 1).expect_err(wrong);
        assert_eq!(fault.kind, *kind, "{fault}\n{wrong}");
        let line = fault.line.unwrap_or_else(|| panic!("no line: {fault}\n{wrong}"));
        assert!(text(&source, line).ends_with("# here"), "{fault}\n{}\n{wrong}", text(&source, line));
        assert!(fault.rule.starts_with("source: "), "{fault}");
    }
}

fn launch(program: &Program, which: usize) -> Result<(), Fault> {
    let shape = [128, 64];
    let values: Vec<f32> = (0..128 * 64).map(|at| 0.5 + (at % 251) as f32 / 256.0).collect();
    let (narrow, mut result) = (narrow(&values), vec![0.0_f32; 128 * 64]);
    let args = [
        input(&values, Dtype::F32, &shape),
        input(&narrow, Dtype::Bf16, &shape),
        input(&[3_i32], Dtype::I32, &[1, 1]),
        Operand::Scalar(Arg::U32(which as u32)),
    ];
    program.launch(&Launch { args: &args, outputs: &[out(&mut result, Dtype::F32, &shape)] })
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
    bits.iter().map(|bits| half::bf16::from_bits(*bits).to_f64()).collect()
}

/// Compares with numbers in f64.
pub(crate) fn near(found: &[f64], wanted: &[f64], relative: f64) {
    assert_eq!(found.len(), wanted.len());
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= relative * wanted.abs().max(1e-3), "{at}: {found} {wanted}");
    }
}
