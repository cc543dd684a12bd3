//! A figure: `cargo test -p mlir_to_gaudi --test speed -- --ignored --nocapture`.

use std::time::Instant;

use device::{Checks, Emulated, EmulatedOptions};
use tile_ir::{Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own};

/// `output = input * transpose(weight)`, 16 columns per program.
fn matvec(n: u64, k: u64) -> Kernel {
    let mut t = KernelBuilder::new("matvec");
    t.at("matvec.rs", 1, 1);
    t.grid([n / 16, 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: 16 }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let y = t.write("output", Elem::F32, &[1, n], &own);
    let (zero, sixteen, id) = (t.index(0), t.index(16), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, sixteen);
    let left = t.load(x, &[zero, zero], &[1, k]);
    let right = t.load(w, &[row, zero], &[16, k]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let acc = t.splat(Elem::F32, &[1, 16], 0.0);
    let product = t.contract(left, right, acc, ContractSpec::matmul(true));
    t.store(y, product, &[zero, row]);
    t.finish().expect("valid")
}

#[test]
#[ignore = "a figure, not a check"]
fn products_by_rows() {
    for k in [576, 1536] {
        let kernel = matvec(49_152, k);
        let core = dma_testing::lower(&kernel, &mlir_to_gaudi::limits::TARGET).expect("lowers");
        let source = mlir_to_gaudi::print(&core).expect("prints");
        println!("{}", source.text);
        for threads in [1, 2] {
            let options = EmulatedOptions { checks: Checks::Barriers, threads: Some(threads), seed: 0, cache: None };
            let mut device = Emulated::named("gaudi-emu", options).expect("a device");
            let loaded = kernel_testing::load(&mut device, &source).expect("loads");
            let case = dma_testing::random_case(&kernel, 1);
            let started = Instant::now();
            kernel_testing::launch(&mut device, &loaded, &case).expect("runs");
            let seconds = started.elapsed().as_secs_f64();
            let rate = 49_152.0 * k as f64 / seconds / 1e6;
            println!("{k} terms, {threads} threads: {seconds:.3} s, {rate:.0} million products a second");
        }
    }
}
