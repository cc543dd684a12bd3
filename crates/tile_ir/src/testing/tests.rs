//! What holds for every random kernel.

use super::*;
use crate::analysis::{Analysis, Proven, prove_in_bounds};
use crate::interp::{Options, Order, TrapKind, run};
use crate::kernel::{Access, Kernel, Module, ParamKind};
use crate::{print_module, validate_kernel};

/// Kernels per test: enough to meet every operation, quick enough for every run.
const KERNELS: u64 = 1000;

fn outputs(kernel: &Kernel, seed: u64, order: Order) -> Vec<OwnedArg> {
    let mut args = random_args(kernel, seed);
    let options = Options { order, fuel: 50_000_000, ..Options::default() };
    if let Err(trap) = run(kernel, &mut borrowed(kernel, &mut args), &options) {
        let module = Module { name: String::new(), kernels: vec![kernel.clone()] };
        panic!("seed {seed}: {trap}\n{}", print_module(&module).expect("valid"));
    }
    args
}

#[test]
fn random_kernels_run_in_any_order() {
    let seeds = (0..KERNELS).flat_map(|seed| [(seed, kernel_from_seed(seed)), (seed, stream_from_seed(seed))]);
    for (seed, kernel) in seeds {
        let first = outputs(&kernel, seed, Order::Ascending);
        assert_eq!(first, outputs(&kernel, seed, Order::Shuffled(seed)), "seed {seed}");
        // Floats stay finite, so that outputs can be compared.
        for (param, arg) in kernel.params.iter().zip(&first) {
            if let (ParamKind::View(view), OwnedArg::Buffer(buffer)) = (&param.kind, arg)
                && view.access == Access::Write
                && let Some(values) = buffer.to_floats()
            {
                assert!(values.iter().all(|x| x.is_finite()), "seed {seed}");
            }
        }
    }
}

#[test]
fn every_operation_is_generated() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..KERNELS {
        let kernel = kernel_from_seed(seed);
        kernel.body.for_each_op(&mut |op| {
            let ty = op.result().map(|result| kernel.ty(result));
            seen.insert(op.kind.mlir_name(ty));
        });
    }
    let missing: Vec<&str> = ALL_OPS.iter().copied().filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "never generated: {missing:?}");
}

/// Every operation there is, but bit casts, whose NaN no two machines agree on.
const ALL_OPS: [&str; 67] = [
    "gpu.block_id",
    "gpu.grid_dim",
    "arith.constant",
    "arith.negf",
    "math.absf",
    "math.exp",
    "math.log",
    "math.sqrt",
    "math.rsqrt",
    "math.tanh",
    "math.sin",
    "math.cos",
    "math.floor",
    "arith.addf",
    "arith.addi",
    "arith.subf",
    "arith.subi",
    "arith.mulf",
    "arith.muli",
    "arith.divf",
    "arith.divsi",
    "arith.divui",
    "arith.remsi",
    "arith.remui",
    "arith.minnumf",
    "arith.maxnumf",
    "arith.minsi",
    "arith.maxsi",
    "arith.minui",
    "arith.maxui",
    "arith.andi",
    "arith.ori",
    "arith.xori",
    "arith.shli",
    "arith.shrsi",
    "arith.shrui",
    "math.fma",
    "arith.cmpf",
    "arith.cmpi",
    "arith.select",
    "arith.extf",
    "arith.truncf",
    "arith.sitofp",
    "arith.uitofp",
    "arith.fptosi",
    "arith.extsi",
    "arith.extui",
    "arith.trunci",
    "arith.index_cast",
    "arith.index_castui",
    "vector.broadcast",
    "vector.shape_cast",
    "vector.transpose",
    "vector.extract_strided_slice",
    "vector.insert_strided_slice",
    "vector.extract",
    "vector.insert",
    "vector.multi_reduction",
    "vector.contract",
    "vector.create_mask",
    "vector.transfer_read",
    "vector.transfer_write",
    "memref.load",
    "vector.gather",
    "scf.for",
    "scf.while",
    "scf.if",
];

#[test]
fn proven_promises_hold() {
    let mut total = Proven::default();
    for seed in 0..KERNELS {
        let kernel = kernel_from_seed(seed);
        let mut promised = kernel.clone();
        let proven = prove_in_bounds(&mut promised);
        total.dimensions += proven.dimensions;
        total.masks += proven.masks;
        validate_kernel(&promised).expect("still valid");
        // A broken promise traps.
        let before = outputs(&kernel, seed, Order::Ascending);
        assert_eq!(before, outputs(&promised, seed, Order::Ascending), "seed {seed}");
    }
    assert!(total.dimensions > 100 && total.masks > 10, "hardly anything is proven: {total:?}");
}

#[test]
fn ranges_are_known_of_every_integer() {
    for seed in 0..50 {
        let kernel = kernel_from_seed(seed);
        let analysis = Analysis::new(&kernel);
        for (i, data) in kernel.values.iter().enumerate() {
            assert_eq!(analysis.range(crate::Value(i as u32)).is_some(), data.ty.elem.is_int());
        }
    }
}

#[test]
fn few_bytes_make_small_kernels() {
    arbtest::arbtest(|u| {
        let kernel = random_kernel(u);
        validate_kernel(&kernel).expect("valid");
        Ok(())
    })
    .budget_ms(1000);
}

/// Damaged kernels that are still valid.
fn valid_mutants(seeds: std::ops::Range<u64>) -> impl Iterator<Item = (u64, Kernel)> {
    seeds.filter_map(|seed| {
        let mut kernel = kernel_from_seed(seed);
        mutate(&mut kernel, &mut Rng::new(seed));
        validate_kernel(&kernel).is_ok().then_some((seed, kernel))
    })
}

#[test]
fn damaged_kernels_are_refused_or_trap_or_run() {
    let (mut valid, mut trapped) = (0, 0);
    for (seed, kernel) in valid_mutants(0..4000) {
        valid += 1;
        let options = Options { fuel: 10_000_000, ..Options::default() };
        let mut promised = kernel.clone();
        prove_in_bounds(&mut promised);
        let results = [&kernel, &promised].map(|kernel| {
            let mut args = random_args(kernel, seed);
            let result = run(kernel, &mut borrowed(kernel, &mut args), &options);
            result.map(|_| args).map_err(|trap| trap.kind)
        });
        trapped += u64::from(results[0].is_err());
        // Work is counted alike but for masks that are gone.
        if results.iter().all(Result::is_ok) || !matches!(results[0], Err(TrapKind::Fuel(_))) {
            assert_eq!(results[0], results[1], "seed {seed}");
        }
    }
    assert!(valid > 300 && trapped > 20 && valid < 3700, "{valid} valid, {trapped} trapped");
}
