//! Random kernels: valid ones against the interpreter, broken ones against panics.

use mlir_to_cpu::{Error, Options, emit};
use tile_ir::Module;
use tile_ir::testing::{OwnedArg, Rng, kernel_from_seed, mutate, random_args};

use crate::harness::{Case, Value, check};

/// The random kernel of a seed, under a name of its own, with arguments. Outputs hold random values before.
fn case(seed: u64) -> Case {
    let mut kernel = kernel_from_seed(seed);
    kernel.name = format!("random_{seed}");
    kernel.family.clone_from(&kernel.name);
    let args = random_args(&kernel, seed)
        .into_iter()
        .map(|arg| match arg {
            OwnedArg::Buffer(buffer) => Value::Buffer(buffer),
            OwnedArg::F32(x) => Value::F32(x),
            OwnedArg::I32(n) => Value::I32(n),
            OwnedArg::I64(n) => Value::I64(n),
        })
        .collect();
    Case { kernel, args }
}

fn sweep(seeds: std::ops::Range<u64>) {
    let seeds: Vec<u64> = seeds.collect();
    for group in seeds.chunks(50) {
        let cases: Vec<Case> = group.iter().map(|&seed| case(seed)).collect();
        check(&cases);
    }
}

#[test]
fn random_kernels() {
    sweep(0..200);
}

#[test]
#[ignore = "minutes"]
fn many_random_kernels() {
    sweep(200..6000);
}

fn break_and_emit(seeds: std::ops::Range<u64>) {
    let options = Options::host().expect("a known processor");
    let mut compiled = 0;
    for seed in seeds {
        let mut kernel = kernel_from_seed(seed);
        mutate(&mut kernel, &mut Rng::new(seed));
        let module = Module { name: "broken".into(), kernels: vec![kernel] };
        match emit(&module, &options) {
            Ok(_) => compiled += 1,
            Err(errors) => {
                for error in errors {
                    // A failure of the code generator would be our mistake, not the program's.
                    assert!(!matches!(error, Error::Codegen { .. }), "seed {seed}: {}", error.report());
                    assert!(!error.report().to_string().is_empty());
                }
            }
        }
    }
    assert!(compiled > 0, "no broken kernel was valid by chance");
}

#[test]
fn broken_kernels_are_refused_or_compiled() {
    break_and_emit(0..300);
}

#[test]
#[ignore = "minutes"]
fn many_broken_kernels_are_refused_or_compiled() {
    break_and_emit(300..10_000);
}
