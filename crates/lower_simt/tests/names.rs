//! Variables of lane programs are called what the user calls the values they hold.

mod common;

use common::TARGET;
use tile_ir::{Axis, Elem, KernelBuilder, Module, Own, ReduceOp};

/// The names of the lane program's variables, in order.
fn names(build: impl FnOnce(&mut KernelBuilder)) -> Vec<String> {
    let mut b = KernelBuilder::new("k");
    build(&mut b);
    let module = Module { name: "test".into(), kernels: vec![b.finish().expect("valid")] };
    let lane = lower_simt::lower(&module, &TARGET).expect("supported").kernels.remove(0);
    lane.vars.iter().map(|var| var.name.clone()).collect()
}

fn count(names: &[String], name: &str) -> usize {
    names.iter().filter(|other| *other == name).count()
}

/// A sum goes by the name of what it is reshaped to, an element read through a slice by that of the slice.
#[test]
fn other_shapes_of_a_named_tile_share_its_name() {
    let found = names(|b| {
        let x = b.read("x", Elem::F32, &[1, 64]);
        let y = b.write("y", Elem::F32, &[1, 32], &[Own::Whole, Own::Whole]);
        let zero = b.index(0);
        let tile = b.load(x, &[zero, zero], &[1, 64]);
        let start = b.splat(Elem::F32, &[1], 0.0);
        let sum = b.reduce(ReduceOp::Add, tile, start, &[1]);
        let total = b.reshape(sum, &[1, 1]);
        b.name(total, "total");
        let low = b.slice(tile, &[0, 0], &[1, 32]);
        b.name(low, "low");
        let spread = b.broadcast(total, &[1, 32]);
        let result = b.mul(low, spread);
        b.store(y, result, &[zero, zero]);
    });
    assert_eq!(count(&found, "total"), 1, "{found:?}");
    assert_eq!(count(&found, "sum"), 0, "{found:?}");
    assert!(found.iter().any(|name| name.starts_with("low")), "{found:?}");
}

/// What a loop carries on as the same variable is computed into that variable, or as its next value.
#[test]
fn a_loop_keeps_a_variable_and_its_next_value_apart() {
    let found = names(|b| {
        let x = b.read("x", Elem::F32, &[64, 64]);
        let y = b.write("y", Elem::F32, &[1, 64], &[Own::Whole, Own::Whole]);
        let (zero, one, end) = (b.index(0), b.index(1), b.index(64));
        let (low, high) = (b.splat(Elem::F32, &[1, 64], 0.0), b.splat(Elem::F32, &[1, 64], 1.0));
        let last = b.for_loop(zero, end, one, &[low, high], |b, row, carried| {
            b.name(row, "row");
            b.name(carried[0], "best");
            b.name(carried[1], "other");
            let tile = b.load(x, &[row, zero], &[1, 64]);
            let best = b.add(carried[1], tile);
            b.name(best, "best");
            let other = b.mul(carried[0], tile);
            b.name(other, "other");
            vec![best, other]
        });
        let result = b.add(last[0], last[1]);
        b.store(y, result, &[zero, zero]);
    });
    // Each needs the other's old value, so both wait.
    for name in ["row", "best", "other", "next_best", "next_other"] {
        assert_eq!(count(&found, name), 1, "{name}: {found:?}");
    }
}

/// Words of the lowering's own give way to the user's.
#[test]
fn made_up_names_are_none_of_the_users() {
    let kernel = |name: &'static str| {
        names(move |b| {
            b.grid([4, 1, 1]);
            let x = b.read("x", Elem::F32, &[64]);
            let y = b.write("y", Elem::F32, &[64], &[Own::Block { axis: Axis::X, size: 20 }]);
            let (id, size) = (b.program_id(Axis::X), b.index(20));
            let start = b.mul(id, size);
            b.name(start, name);
            let tile = b.load(x, &[start], &[20]);
            let result = b.add(tile, tile);
            b.store(y, result, &[start]);
        })
    };
    let plain = kernel("start");
    let taken = plain.iter().find(|name| ["at", "col"].contains(&name.as_str())).expect("a position").clone();
    let found = kernel(if taken == "at" { "at" } else { "col" });
    assert_eq!(count(&found, &taken), 1, "{found:?}");
    assert!(found.contains(&format!("{taken}_index")), "{found:?}");
}
