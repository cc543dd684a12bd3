//! Simplified kernels against themselves.

use super::*;
use crate::builder::KernelBuilder;
use crate::interp::{Options, run};
use crate::kernel::Own;
use crate::op::{Predicate, Value};
use crate::testing::{OwnedArg, borrowed, kernel_from_seed, random_args};
use crate::types::Elem;
use crate::validate_kernel;

fn names(kernel: &Kernel) -> Vec<&'static str> {
    let mut names = Vec::new();
    kernel.body.for_each_op(&mut |op| {
        names.push(op.kind.mlir_name(op.result().map(|result| kernel.ty(result))));
    });
    names
}

#[test]
fn unused_operations_go_and_effects_stay() {
    let mut b = KernelBuilder::new("dead");
    let y = b.write("y", Elem::F32, &[4], &[Own::Whole]);
    let (zero, one) = (b.index(0), b.index(1));
    let x = b.float(Elem::F32, 1.0);
    let unused = b.add(x, x);
    b.mul(unused, unused);
    // No effect inside: the whole loop goes, and with it what it used.
    b.for_loop(zero, one, one, &[x], |b, _, args| vec![b.add(args[0], args[0])]);
    // An effect inside: it stays, without what is unused in it.
    b.for_loop(zero, one, one, &[], |b, i, _| {
        b.add(i, i);
        b.store_scalar(y, x, &[i]);
        vec![]
    });
    let never = b.int(Elem::I1, 0);
    b.while_loop(&[], |_, _| (never, vec![]), |_, _| vec![]);
    let mut kernel = b.finish().expect("valid");
    assert_eq!(remove_dead(&mut kernel), 4);
    validate_kernel(&kernel).expect("still valid");
    let expected = ["arith.constant"; 3].into_iter().chain(["scf.for", "memref.store", "arith.constant", "scf.while"]);
    assert_eq!(names(&kernel), expected.collect::<Vec<_>>());
    assert_eq!(remove_dead(&mut kernel), 0);
}

#[test]
fn equal_operations_are_merged_where_they_are_visible() {
    let mut b = KernelBuilder::new("common");
    let x = b.read("x", Elem::F32, &[4]);
    let y = b.write("y", Elem::F32, &[4], &[Own::Whole]);
    let (zero, again) = (b.index(0), b.index(0));
    let (plus, minus) = (b.float(Elem::F32, 0.0), b.float(Elem::F32, -0.0));
    let (first, second) = (b.load(x, &[zero], &[4]), b.load(x, &[again], &[4]));
    let sum = b.add(first, second);
    // What may have been stored in between is read anew.
    b.store(y, sum, &[zero]);
    b.load(y, &[zero], &[4]);
    b.store(y, first, &[zero]);
    b.load(y, &[again], &[4]);
    // Siblings do not see each other, both see what is around them.
    let cond = b.compare(Predicate::FLt, plus, minus);
    let branch = |b: &mut KernelBuilder| -> Vec<Value> {
        let sum = b.add(first, second);
        vec![b.mul(sum, sum)]
    };
    b.if_else(cond, branch, branch);
    let mut kernel = b.finish().expect("valid");
    let before = names(&kernel);
    // An index, a load with its padding (that is `plus`), both paddings of loads from `y`, and a sum per branch. (The
    // padding of the first load is `plus` too.)
    assert_eq!(merge_common(&mut kernel), 8);
    validate_kernel(&kernel).expect("still valid");
    let count = |names: &[&str], name: &str| names.iter().filter(|&&other| other == name).count();
    let after = names(&kernel);
    for (name, removed) in [("arith.constant", 5), ("vector.transfer_read", 1), ("arith.addf", 2), ("arith.mulf", 0)] {
        assert_eq!(count(&before, name) - count(&after, name), removed, "{name}");
    }
}

#[test]
fn random_kernels_compute_the_same() {
    let outputs = |kernel: &Kernel, seed: u64| -> Vec<OwnedArg> {
        let mut args = random_args(kernel, seed);
        run(kernel, &mut borrowed(kernel, &mut args), &Options::default()).expect("runs");
        args
    };
    let mut removed = (0, 0);
    for seed in 0..500 {
        let kernel = kernel_from_seed(seed);
        let mut simple = kernel.clone();
        removed.0 += merge_common(&mut simple);
        validate_kernel(&simple).expect("still valid");
        removed.1 += remove_dead(&mut simple);
        validate_kernel(&simple).expect("still valid");
        assert_eq!(outputs(&kernel, seed), outputs(&simple, seed), "seed {seed}");
    }
    assert!(removed.0 > 500 && removed.1 > 500, "hardly anything is removed: {removed:?}");
}
