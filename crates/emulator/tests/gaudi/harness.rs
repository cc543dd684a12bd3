//! Reads and launches texts of tests.

use emulator::gaudi::{Element, Error, Fault, FaultKind, Launch, Program, Split, Tensor};
use emulator::{Arg, Checks};

/// Splits that every program is run with.
const SPLITS: [Split; 4] = [Split::Members, Split::Whole, Split::Random(1), Split::Random(99)];

/// A buffer that the kernel may write.
pub(crate) fn out<T>(data: &mut [T]) -> Arg {
    Arg::Buffer { address: data.as_mut_ptr().cast(), bytes: size_of_val(data) as u64, writable: true }
}

/// A buffer that the kernel may only read.
pub(crate) fn input<T>(data: &[T]) -> Arg {
    Arg::Buffer { address: data.as_ptr().cast_mut().cast(), bytes: size_of_val(data) as u64, writable: false }
}

/// A shape of up to 5 dimensions.
pub(crate) fn shape(element: Element, dims: &[u32]) -> Tensor {
    Tensor { element, dims: std::array::from_fn(|dim| dims.get(dim).copied().unwrap_or(1)) }
}

pub(crate) fn f32s(dims: &[u32]) -> Tensor {
    shape(Element::F32, dims)
}

pub(crate) fn bf16s(dims: &[u32]) -> Tensor {
    shape(Element::Bf16, dims)
}

/// An index space of up to 5 dimensions.
pub(crate) fn space(members: &[u32]) -> [u32; 5] {
    f32s(members).dims
}

/// Fills what only the kernel's outputs hold with NaN, or -1; an output bound to its input keeps it.
fn spoil(args: &[Arg]) {
    let inputs = args.iter().filter_map(|arg| match arg {
        Arg::Buffer { address, writable: false, .. } => Some(*address),
        _ => None,
    });
    let inputs: Vec<_> = inputs.collect();
    for arg in args {
        if let Arg::Buffer { address, bytes, writable: true } = *arg
            && !inputs.contains(&address)
        {
            // SAFETY: the test's buffer, of plain numbers, which nothing else uses now.
            unsafe { std::ptr::write_bytes(address, 0xff, bytes as usize) };
        }
    }
}

/// Runs a right program in every split, with and without checks of elements; `each` looks at the results.
pub(crate) fn pass(source: &str, members: &[u32], tensors: &[Tensor], args: &[Arg], mut each: impl FnMut()) {
    for checks in [Checks::Memory, Checks::Barriers] {
        let program = Program::compile(source, checks).unwrap_or_else(|error| panic!("{error}\n{source}"));
        for split in SPLITS {
            let launch = Launch { index_space: space(members), tensors, access: &[], args, split, workers: 1 };
            spoil(args);
            if let Err(fault) = program.launch(&launch) {
                panic!("{checks:?} {split:?}: {fault}\n{source}");
            }
            each();
        }
    }
}

/// Runs a program that must be caught where each member runs alone, at a line that has `// here`.
pub(crate) fn fail(source: &str, members: &[u32], tensors: &[Tensor], args: &[Arg], kind: FaultKind) -> Fault {
    let program = Program::compile(source, Checks::Memory).unwrap_or_else(|error| panic!("{error}\n{source}"));
    let launch = Launch { index_space: space(members), tensors, access: &[], args, split: Split::Members, workers: 1 };
    let fault = program.launch(&launch).expect_err(source);
    assert_eq!(fault.kind, kind, "{fault}\n{source}");
    assert!(text(source, fault.line).contains("// here"), "{fault}\n{source}");
    assert!(!fault.rule.is_empty(), "{fault}");
    fault
}

/// A text that must not be read: the line has `// here`, the message `word`.
pub(crate) fn refused(source: &str, word: &str) {
    let error = Program::compile(source, Checks::Memory).expect_err(source);
    let Error::Text(found) = &error else { panic!("{error}\n{source}") };
    assert!(found.message.contains(word), "{error}\n{source}");
    assert!(text(source, found.line).contains("// here"), "{error}\n{source}");
}

/// Line `line` of a text.
fn text(source: &str, line: u32) -> &str {
    source.lines().nth((line as usize).wrapping_sub(1)).unwrap_or("")
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

/// Numbers of f32.
pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Relative error in the sense of the largest root of squares; infinite if a result is NaN.
pub(crate) fn error(results: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(results.len(), expected.len());
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let off = squares(&mut results.iter().zip(expected).map(|(result, expected)| result - expected));
    let error = (off / squares(&mut expected.iter().copied())).sqrt();
    if error.is_nan() { f64::INFINITY } else { error }
}
