//! The MLIR of the repository's own kernels.

mod common;

use std::time::Instant;

use tile_ir::{Elem, Kernel, Module, ParamKind, print_module};
use tile_mlir::stock::{Limits, StockArg, StockKernel};
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

/// Prints how long stock MLIR takes to compile each kernel and to run it on zeros:
/// `cargo test -p tile_mlir --test suite -- --ignored --nocapture`. `TENFOLD_KERNELS` picks kernels by a part of the name.
#[test]
#[ignore = "takes many minutes"]
fn stock_times() {
    let wanted = std::env::var("TENFOLD_KERNELS").unwrap_or_default();
    for (name, text) in common::suite().into_iter().filter(|kernel| kernel.0.contains(&wanted)) {
        let kernel = &read(&text, &name, true).kernels[0];
        let largest = kernel.values.iter().map(|value| value.ty.shape.count()).max().unwrap_or(0);
        let started = Instant::now();
        match StockKernel::compile_within(&text, &kernel.name, Limits { seconds: 30 }) {
            Ok(stock) => {
                let compiled = started.elapsed().as_secs_f64();
                let ran = run_on_zeros(&stock, kernel);
                println!("{compiled:7.2} s, {ran:7.2} s, largest tile {largest:6}: {name}");
            }
            Err(error) => println!("{error}: {name}"),
        }
    }
}

fn run_on_zeros(stock: &StockKernel, kernel: &Kernel) -> f64 {
    let mut buffers: Vec<Vec<u8>> = kernel
        .params
        .iter()
        .map(|param| match &param.kind {
            ParamKind::View(view) => vec![0; (view.shape.count() * view.elem.bytes()) as usize],
            ParamKind::Scalar(_) => Vec::new(),
        })
        .collect();
    let mut args: Vec<StockArg<'_>> = kernel
        .params
        .iter()
        .zip(&mut buffers)
        .map(|(param, buffer)| match &param.kind {
            ParamKind::View(_) => StockArg::View(buffer),
            ParamKind::Scalar(scalar) if scalar.elem == Elem::F32 => StockArg::F32(0.0),
            ParamKind::Scalar(scalar) if scalar.elem == Elem::I64 => StockArg::I64(0),
            ParamKind::Scalar(_) => StockArg::I32(0),
        })
        .collect();
    let started = Instant::now();
    // SAFETY: at index 0 every kernel of the suite stays inside its views.
    unsafe { stock.run(&mut args, kernel.grid) }.expect("arguments that fit");
    started.elapsed().as_secs_f64()
}
