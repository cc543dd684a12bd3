//! Two independent executions of every sample: stock MLIR's own lowering, and the interpreter.

mod common;

use tile_ir::interp::{Arg, Buffer, Options, run};
use tile_ir::testing::{Rng, random_buffer};
use tile_ir::{Access, Elem, Kernel, ParamKind};
use tile_mlir::stock::{StockArg, StockError, StockKernel};

/// Values for a kernel's parameters.
enum Given {
    Buffer(Buffer),
    Int(Elem, i64),
    Float(f32),
}

fn random_args(kernel: &Kernel, seed: u64) -> Vec<Given> {
    let mut rng = Rng::new(seed);
    kernel
        .params
        .iter()
        .map(|param| match &param.kind {
            ParamKind::View(view) => Given::Buffer(match (view.elem, param.name.as_str()) {
                // Indices of the gather sample: some past the end.
                (Elem::I32, "ids") => {
                    let ids: Vec<i64> = (0..view.shape.count()).map(|_| rng.below(24) as i64).collect();
                    Buffer::from_ints(view.elem, view.shape.dims(), &ids).expect("a buffer")
                }
                _ => random_buffer(&mut rng, view.elem, view.shape.dims()),
            }),
            ParamKind::Scalar(scalar) if scalar.elem.is_float() => Given::Float(rng.float().abs()),
            ParamKind::Scalar(scalar) => Given::Int(scalar.elem, rng.below(scalar.bound.unwrap_or(4).min(4096)) as i64),
        })
        .collect()
}

fn interpret(kernel: &Kernel, given: &[Given]) -> Vec<Buffer> {
    let mut buffers: Vec<Option<Buffer>> = given
        .iter()
        .map(|given| match given {
            Given::Buffer(buffer) => Some(buffer.clone()),
            Given::Int(..) | Given::Float(_) => None,
        })
        .collect();
    let mut args: Vec<Arg<'_>> = Vec::new();
    for ((param, given), buffer) in kernel.params.iter().zip(given).zip(&mut buffers) {
        let written = matches!(&param.kind, ParamKind::View(view) if view.access == Access::Write);
        args.push(match (buffer, given) {
            (Some(buffer), _) => {
                if written {
                    Arg::InOut(buffer)
                } else {
                    Arg::In(buffer)
                }
            }
            (None, Given::Int(Elem::I64, value)) => Arg::I64(*value),
            (None, Given::Int(_, value)) => Arg::I32(*value as i32),
            (None, Given::Float(value)) => Arg::F32(*value),
            (None, Given::Buffer(_)) => unreachable!("every buffer was cloned"),
        });
    }
    run(kernel, &mut args, &Options::default()).unwrap_or_else(|trap| panic!("{trap}"));
    buffers.into_iter().flatten().collect()
}

fn judge(stock: &StockKernel, kernel: &Kernel, given: &[Given]) -> Vec<Buffer> {
    let mut buffers: Vec<Buffer> = given
        .iter()
        .filter_map(|given| match given {
            Given::Buffer(buffer) => Some(buffer.clone()),
            Given::Int(..) | Given::Float(_) => None,
        })
        .collect();
    let mut views = buffers.iter_mut();
    let mut args: Vec<StockArg<'_>> = given
        .iter()
        .map(|given| match given {
            Given::Buffer(_) => StockArg::View(&mut views.next().expect("a view").bytes),
            Given::Int(Elem::I64, value) => StockArg::I64(*value),
            Given::Int(_, value) => StockArg::I32(*value as i32),
            Given::Float(value) => StockArg::F32(*value),
        })
        .collect();
    // SAFETY: the interpreter ran these arguments without a trap.
    unsafe { stock.run(&mut args, kernel.grid) }.expect("arguments that fit");
    buffers
}

fn compare(name: &str, kernel: &Kernel, interpreted: &[Buffer], judged: &[Buffer]) {
    for (a, b) in interpreted.iter().zip(judged) {
        match (a.to_floats(), b.to_floats()) {
            (Some(x), Some(y)) => {
                let tolerance = if a.elem == Elem::F32 { 1e-5 } else { 4e-3 };
                // NaN and infinities agree exactly.
                for (x, y) in x.iter().zip(&y).filter(|(x, y)| !x.is_finite() || !y.is_finite()) {
                    assert!(
                        x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan()),
                        "{name} {}: {x} and {y}",
                        kernel.name
                    );
                }
                let finite = || x.iter().zip(&y).filter(|(x, y)| x.is_finite() && y.is_finite());
                let difference: f64 = finite().map(|(x, y)| f64::from(x - y).powi(2)).sum();
                let length: f64 = finite().map(|(x, _)| f64::from(*x).powi(2)).sum();
                assert!(difference.sqrt() <= tolerance * length.sqrt(), "{name} {}: {x:?}\n{y:?}", kernel.name);
            }
            _ => assert_eq!(a.to_ints(), b.to_ints(), "{name} {}", kernel.name),
        }
    }
}

#[test]
fn stock_mlir_and_the_interpreter_agree_on_every_sample() {
    for (name, text) in common::samples() {
        let module = tile_mlir::import(&text, &name).expect("a sample");
        for kernel in &module.kernels {
            let stock = StockKernel::compile(&text, &kernel.name).unwrap_or_else(|error| panic!("{name}: {error}"));
            for seed in 0..4 {
                let given = random_args(kernel, seed);
                compare(&name, kernel, &interpret(kernel, &given), &judge(&stock, kernel, &given));
            }
        }
    }
}

#[test]
fn wrong_names_and_arguments_are_refused() {
    let text = "func.func @k(%x: memref<4xf32>, %n: i32) { return }";
    assert!(matches!(StockKernel::compile(text, "other"), Err(StockError::NoKernel(name)) if name == "other"));
    assert!(matches!(StockKernel::compile("func.func @k(", "k"), Err(StockError::Import(_))));
    let stock = StockKernel::compile(text, "k").expect("a kernel");
    let mut short = [0u8; 15];
    // SAFETY: the kernel does nothing.
    let results = unsafe {
        [
            stock.run(&mut [], [1, 1, 1]),
            stock.run(&mut [StockArg::View(&mut short), StockArg::I32(1)], [1, 1, 1]),
            stock.run(&mut [StockArg::F32(1.0), StockArg::I32(1)], [1, 1, 1]),
            stock.run(&mut [StockArg::View(&mut [0; 16]), StockArg::I64(1)], [1, 1, 1]),
        ]
    };
    for (result, index) in results.into_iter().zip([0, 0, 0, 1]) {
        assert!(matches!(result, Err(StockError::Argument { index: found, .. }) if found == index));
    }
}

#[test]
fn a_kernel_may_be_named_like_a_function_of_the_c_library() {
    let text = "func.func @expf(%x: memref<1xf32>) {
        %c0 = arith.constant 0 : index
        %a = memref.load %x[%c0] : memref<1xf32>
        %b = math.exp %a : f32
        memref.store %b, %x[%c0] : memref<1xf32>
        return
    }";
    let stock = StockKernel::compile(text, "expf").expect("a kernel");
    let mut bytes = 1f32.to_ne_bytes();
    // SAFETY: the only index is 0.
    unsafe { stock.run(&mut [StockArg::View(&mut bytes)], [1, 1, 1]) }.expect("arguments that fit");
    assert!((f32::from_ne_bytes(bytes) - std::f32::consts::E).abs() < 1e-6);
}
