//! The MLIR of the repository's own kernels.

mod common;

use std::time::Instant;

use tile_ir::{Module, print_module};
use tile_mlir::stock::{Limits, StockKernel};
use tile_mlir::{Options, import_with};

fn read(text: &str, name: &str, simplify: bool) -> Module {
    import_with(text, name, Options { simplify }).unwrap_or_else(|errors| panic!("{name}: {}", errors[0].report()))
}

#[test]
fn every_kernel_of_the_suite_makes_the_round_trip() {
    let suite = common::suite();
    assert!(suite.len() > 100, "{} kernels", suite.len());
    for (name, text) in suite {
        for simplify in [false, true] {
            let first = read(&text, &name, simplify);
            let printed = print_module(&first).expect("a valid module");
            let second = read(&printed, &name, false);
            assert!(printed == print_module(&second).expect("a valid module"), "{name}, simplified: {simplify}");
        }
    }
}

/// Prints how long stock MLIR takes to compile each kernel: `cargo test -p tile_mlir --test suite -- --ignored --nocapture`.
#[test]
#[ignore = "takes many minutes"]
fn compile_times() {
    let wanted = std::env::var("TENFOLD_KERNELS").unwrap_or_default();
    for (name, text) in common::suite().into_iter().filter(|kernel| kernel.0.contains(&wanted)) {
        let kernels = read(&text, &name, true).kernels;
        let started = Instant::now();
        let result = StockKernel::compile_within(&text, &kernels[0].name, Limits { seconds: 30 });
        let outcome = result.err().map_or_else(String::new, |error| error.to_string());
        let largest = kernels[0].values.iter().map(|value| value.ty.shape.count()).max().unwrap_or(0);
        println!("{:7.2} s {largest:7} {name} {outcome}", started.elapsed().as_secs_f64());
    }
}
