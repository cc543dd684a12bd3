//! Time from a tile program to the text of a target: validation, lowering, barriers, verification, printing.
//!
//! `cargo bench -p simt_testing`

mod kernels;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use emit::Source;
use lower_simt::Error;
use tile_ir::{Kernel, Module};

/// A target and its entry point.
#[derive(Clone, Copy)]
struct Target {
    name: &'static str,
    emit: fn(&Module) -> Result<Vec<Source>, Vec<Error>>,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const CUDA: Target =
    Target { name: mlir_to_gpu::TARGET, emit: |module| mlir_to_gpu::emit(module, &mlir_to_gpu::Options::default()) };
const MSL: Target =
    Target { name: mlir_to_msl::TARGET, emit: |module| mlir_to_msl::emit(module, &mlir_to_msl::Options::default()) };
const MUSA: Target =
    Target { name: mlir_to_musa::TARGET, emit: |module| mlir_to_musa::emit(module, &mlir_to_musa::Options::default()) };
const TARGETS: [Target; 3] = [CUDA, MSL, MUSA];
/// Operations of the kernels that grow.
const SIZES: [usize; 4] = [8, 32, 128, 512];

fn main() {
    divan::main();
}

fn module(kernel: Kernel) -> Module {
    Module { name: "bench".to_owned(), kernels: vec![kernel] }
}

/// Emits once before measuring: what fails is no figure.
fn measure(bencher: Bencher<'_, '_>, target: Target, kernel: Kernel) {
    let module = module(kernel);
    let sources = (target.emit)(&module).unwrap_or_else(|errors| panic!("{}: {errors:?}", target.name));
    assert_eq!(sources.len(), 1, "one candidate of one family");
    bencher.bench_local(|| (target.emit)(black_box(&module)));
}

#[divan::bench(args = TARGETS)]
fn elementwise(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::elementwise());
}

#[divan::bench(args = TARGETS)]
fn rms_norm_1536(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::rms_norm(1536));
}

#[divan::bench(args = TARGETS)]
fn softmax_rows(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::softmax(4, 1024));
}

#[divan::bench(args = TARGETS)]
fn matvec_8x1536_bf16(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::matvec(8, 1536));
}

#[divan::bench(args = TARGETS)]
fn matmul_32x32x32_bf16(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::matmul(32));
}

#[divan::bench(args = TARGETS)]
fn attention_loop(bencher: Bencher<'_, '_>, target: Target) {
    measure(bencher, target, kernels::attention(64, 32));
}

/// Elementwise operations in one chain, an operand of each fourth loaded.
#[divan::bench(args = SIZES)]
fn growing_chain(bencher: Bencher<'_, '_>, ops: usize) {
    measure(bencher.counter(ItemsCount::new(ops)), CUDA, kernels::chain(ops));
}

/// Row sums, each of the row less the sum before: every one needs the whole group, so barriers grow as well.
#[divan::bench(args = SIZES.map(|ops| ops / 8))]
fn growing_sums(bencher: Bencher<'_, '_>, sums: usize) {
    measure(bencher.counter(ItemsCount::new(sums)), CUDA, kernels::sums(sums));
}
