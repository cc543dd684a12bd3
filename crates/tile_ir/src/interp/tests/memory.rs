//! Loads, stores, partitions, poison.

use super::*;
use crate::op::{Axis, Index, OpKind};
use crate::testing::{Rng, random_buffer};
use crate::types::Type;

/// A kernel that loads a `tile`-shaped part of a view of shape `dims` at `start` and stores it to `out`.
fn load_at(x: &Buffer, tile: &[u64], start: &[i64], pad: i8, mask: Option<&Buffer>) -> Result<Buffer, Box<Trap>> {
    let mut b = KernelBuilder::new("load");
    let view = b.read("x", x.elem, x.shape.dims());
    let own = vec![Own::Whole; tile.len()];
    let out = b.write("out", x.elem, tile, &own);
    let zeros = vec![b.index(0); tile.len()];
    let mask_view = mask.map(|mask| b.read("mask", Elem::I1, mask.shape.dims()));
    let bits = mask_view.map(|view| b.load(view, &zeros, tile));
    let start: Vec<Value> = start.iter().map(|&i| b.index(i)).collect();
    let pad = b.number(x.elem, pad);
    let loaded = b.load_masked(view, &start, tile, pad, bits);
    b.store(out, loaded, &zeros);
    let kernel = b.finish().expect("a valid kernel");
    let mut output = Buffer::zeros(x.elem, tile).expect("a buffer");
    let mut args = vec![Arg::In(x), Arg::Out(&mut output)];
    args.extend(mask.map(Arg::In));
    run(&kernel, &mut args, &Options::default())?;
    Ok(output)
}

#[test]
fn loads_pad_outside_the_view_and_the_mask() {
    let mut rng = Rng::new(1);
    for elem in [Elem::F32, Elem::F16, Elem::Bf16, Elem::I1, Elem::I8, Elem::I32, Elem::I64] {
        let x = random_buffer(&mut rng, elem, &[5, 7]);
        for start in [[0, 0], [3, 4], [-2, -3], [4, 6], [5, 0], [-9, 0], [i64::MIN, 2], [1, i64::MAX]] {
            for masked in [false, true] {
                let mask = random_buffer(&mut rng, Elem::I1, &[4, 6]);
                let found = load_at(&x, &[4, 6], &start, 1, masked.then_some(&mask)).expect("runs");
                let size = elem.bytes() as usize;
                let pad = load_at(&x, &[1, 1], &[100, 100], 1, None).expect("runs");
                for i in 0..4 {
                    for j in 0..6 {
                        let at = (start[0].checked_add(i), start[1].checked_add(j));
                        let source = match at {
                            (Some(r @ 0..5), Some(c @ 0..7)) if !masked || mask.bytes[(i * 6 + j) as usize] != 0 => {
                                &x.bytes[(r * 7 + c) as usize * size..][..size]
                            }
                            _ => &pad.bytes[..],
                        };
                        assert_eq!(&found.bytes[(i * 6 + j) as usize * size..][..size], source, "{elem} {start:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn tiles_align_with_the_last_dimensions() {
    let x = random_buffer(&mut Rng::new(2), Elem::F32, &[2, 3, 4]);
    let found = load_at(&x, &[4], &[1, 2, 0], 0, None).expect("runs");
    assert_eq!(found.bytes, x.bytes[20 * 4..]);
    // A leading index outside the view is outside the view.
    let found = load_at(&x, &[4], &[2, 0, 0], 0, None).expect("runs");
    assert_eq!(found.to_floats().expect("floats"), [0.0; 4]);
}

#[test]
fn stores_write_what_is_inside_and_unmasked() {
    let mut rng = Rng::new(3);
    for start in [[0, 0], [-1, 2], [3, 5], [9, 9]] {
        let mut b = KernelBuilder::new("store");
        let view = b.write("x", Elem::I32, &[4, 6], &[Own::Whole, Own::Whole]);
        let tile = b.iota(Elem::I32, &[3, 4], 1);
        let at: Vec<Value> = start.iter().map(|&i| b.index(i)).collect();
        let mask = b.create_mask(&[3, 4], &[Index::Static(3), Index::Static(2)]);
        b.store_masked(view, tile, &at, Some(mask));
        let kernel = b.finish().expect("a valid kernel");
        let before = random_buffer(&mut rng, Elem::I32, &[4, 6]);
        let mut after = before.clone();
        let outcome = run(&kernel, &mut [Arg::InOut(&mut after)], &Options::default()).expect("runs");
        assert_eq!(outcome.poisoned, [0]);
        let mut expected = before.to_ints().expect("ints");
        for i in 0..3 {
            for j in 0..2 {
                let (r, c) = (start[0] + i, start[1] + j);
                if (0..4).contains(&r) && (0..6).contains(&c) {
                    expected[(r * 6 + c) as usize] = j;
                }
            }
        }
        assert_eq!(after.to_ints().expect("ints"), expected);
    }
}

#[test]
fn scalar_accesses_must_be_inside() {
    let x = random_buffer(&mut Rng::new(4), Elem::F32, &[3, 4]);
    let at = |row: i64, col: i64| {
        let mut b = KernelBuilder::new("scalar");
        let view = b.read("x", Elem::F32, &[3, 4]);
        let out = b.write("out", Elem::F32, &[1], &[Own::Whole]);
        let (row, col, zero) = (b.index(row), b.index(col), b.index(0));
        let value = b.load_scalar(view, &[row, col]);
        b.store_scalar(out, value, &[zero]);
        let kernel = b.finish().expect("a valid kernel");
        let mut output = Buffer::zeros(Elem::F32, &[1]).expect("a buffer");
        run(&kernel, &mut [Arg::In(&x), Arg::Out(&mut output)], &Options::default())?;
        Ok(output.to_floats().expect("floats")[0])
    };
    assert_eq!(at(2, 1).expect("runs"), x.to_floats().expect("floats")[9]);
    for (row, col, index, extent) in [(3, 0, 3, 3), (-1, 0, -1, 3), (0, 4, 4, 4)] {
        assert_eq!(trap_kind(at(row, col)), TrapKind::OutOfBounds { view: "x".into(), index, extent });
    }
}

#[test]
fn gathers_take_linear_offsets() {
    let x = random_buffer(&mut Rng::new(5), Elem::Bf16, &[3, 4]);
    let gather = |offsets: &[i64], mask: &[i64]| {
        let mut b = KernelBuilder::new("gather");
        let view = b.read("x", Elem::Bf16, &[3, 4]);
        let count = offsets.len() as u64;
        let out = b.write("out", Elem::Bf16, &[count], &[Own::Whole]);
        let numbers = |values: &[i64]| values.iter().map(|&n| crate::op::Number::Int(n)).collect();
        let offsets = b.dense(Elem::I32, &[count], numbers(offsets));
        let mask = b.dense(Elem::I1, &[count], numbers(mask));
        let other = b.splat(Elem::Bf16, &[count], -1.0);
        let found = b.gather(view, offsets, mask, other);
        let zero = b.index(0);
        b.store(out, found, &[zero]);
        let kernel = b.finish().expect("a valid kernel");
        let mut output = Buffer::zeros(Elem::Bf16, &[count]).expect("a buffer");
        run(&kernel, &mut [Arg::In(&x), Arg::Out(&mut output)], &Options::default())?;
        Ok(output.to_floats().expect("floats"))
    };
    let values = x.to_floats().expect("floats");
    assert_eq!(gather(&[11, 0, 99, 5], &[1, 1, 0, 1]).expect("runs"), [values[11], values[0], -1.0, values[5]]);
    for index in [12, -1] {
        let found = trap_kind(gather(&[index], &[1]));
        assert_eq!(found, TrapKind::OutOfBounds { view: "x".into(), index, extent: 12 });
    }
}

#[test]
fn broken_promises_trap() {
    let kernel = |start: i64, store: bool| {
        let mut b = KernelBuilder::new("promise");
        let view = b.write("x", Elem::F32, &[8], &[Own::Whole]);
        let start = b.index(start);
        let pad = b.float(Elem::F32, 0.0);
        let mask = Some(b.create_mask(&[4], &[Index::Static(1)]));
        if store {
            let value = b.splat(Elem::F32, &[4], 0.0);
            b.op(OpKind::Store { view, value, indices: vec![start], mask, in_bounds: vec![true] }, &[]);
        } else {
            let ty = Type::tile(Elem::F32, &[4]).expect("a tile type");
            b.op(OpKind::Load { view, indices: vec![start], pad, mask, in_bounds: vec![true] }, &[ty]);
        }
        b.finish().expect("a valid kernel")
    };
    for store in [false, true] {
        for start in [-1, 5, 8] {
            let mut x = Buffer::zeros(Elem::F32, &[8]).expect("a buffer");
            let found = run(&kernel(start, store), &mut [Arg::InOut(&mut x)], &Options::default());
            let expected = TrapKind::BrokenPromise { view: "x".into(), dim: 0, start, size: 4, extent: 8 };
            assert_eq!(trap_kind(found), expected);
        }
        let mut x = Buffer::zeros(Elem::F32, &[8]).expect("a buffer");
        run(&kernel(4, store), &mut [Arg::InOut(&mut x)], &Options::default()).expect("the promise holds");
    }
}

/// Each of 4 programs stores (or loads) 4 elements from `4 * id + shift` on of a view owned in blocks of 4.
fn partitioned(shift: i64, store: bool) -> Kernel {
    let mut b = KernelBuilder::new("part");
    b.grid([4, 1, 1]);
    let view = b.write("x", Elem::F32, &[14], &[Own::Block { axis: Axis::X, size: 4 }]);
    let (id, four, shift) = (b.program_id(Axis::X), b.index(4), b.index(shift));
    let start = b.mul(id, four);
    let start = b.add(start, shift);
    if store {
        let tile = b.splat(Elem::F32, &[4], 1.0);
        b.store(view, tile, &[start]);
    } else {
        b.load(view, &[start], &[4]);
    }
    b.finish().expect("a valid kernel")
}

#[test]
fn programs_touch_their_own_part_only() {
    for store in [false, true] {
        let mut x = Buffer::zeros(Elem::F32, &[14]).expect("a buffer");
        run(&partitioned(0, store), &mut [Arg::InOut(&mut x)], &Options::default()).expect("inside");
        let trap = run(&partitioned(1, store), &mut [Arg::InOut(&mut x)], &Options::default()).expect_err("outside");
        assert_eq!(trap.kind, TrapKind::NotOwned { view: "x".into(), index: vec![4] });
        assert_eq!(trap.program, Some([0, 0, 0]));
        let trap = run(&partitioned(-1, store), &mut [Arg::InOut(&mut x)], &Options::default()).expect_err("outside");
        assert_eq!(
            (trap.kind, trap.program),
            (TrapKind::NotOwned { view: "x".into(), index: vec![3] }, Some([1, 0, 0]))
        );
    }
}

#[test]
fn rows_at_a_parameter_are_owned_alone() {
    let kernel = |row: i64| {
        let mut b = KernelBuilder::new("row");
        b.scalar("position", Elem::I32, Some(100));
        let view = b.write("x", Elem::F32, &[8, 4], &[Own::At { param: 0 }, Own::Whole]);
        let tile = b.splat(Elem::F32, &[1, 4], 1.0);
        let (row, zero) = (b.index(row), b.index(0));
        b.store(view, tile, &[row, zero]);
        b.finish().expect("a valid kernel")
    };
    let mut x = Buffer::zeros(Elem::F32, &[8, 4]).expect("a buffer");
    let launch = |kernel: &Kernel, position, x: &mut Buffer| {
        run(kernel, &mut [Arg::I32(position), Arg::Out(x)], &Options::default())
    };
    assert_eq!(launch(&kernel(3), 3, &mut x).expect("inside").poisoned, [0, 28]);
    assert_eq!(trap_kind(launch(&kernel(3), 2, &mut x)), TrapKind::NotOwned { view: "x".into(), index: vec![3, 0] });
    // Nobody owns a row outside the view.
    assert_eq!(trap_kind(launch(&kernel(3), 50, &mut x)), TrapKind::NotOwned { view: "x".into(), index: vec![3, 0] });
}

#[test]
fn poison_traps_when_read() {
    let mut b = KernelBuilder::new("poison");
    let view = b.write("x", Elem::F32, &[8], &[Own::Whole]);
    let zero = b.index(0);
    let tile = b.splat(Elem::F32, &[4], 1.0);
    b.store(view, tile, &[zero]);
    b.load(view, &[zero], &[4]);
    let mut bad = b.clone();
    let one = bad.index(1);
    bad.load(view, &[one], &[4]);
    let good = b.finish().expect("a valid kernel");
    let bad = bad.finish().expect("a valid kernel");

    let mut x = Buffer::zeros(Elem::F32, &[8]).expect("a buffer");
    let outcome = run(&good, &mut [Arg::Out(&mut x)], &Options::default()).expect("reads what it wrote");
    assert_eq!(outcome.poisoned, [4]);
    assert!(x.to_floats().expect("floats")[4..].iter().all(|x| x.is_nan()));
    let found = run(&bad, &mut [Arg::Out(&mut x)], &Options::default());
    assert_eq!(trap_kind(found), TrapKind::Poison { view: "x".into(), index: vec![4] });
    run(&bad, &mut [Arg::InOut(&mut x)], &Options::default()).expect("the caller provided it");
}
