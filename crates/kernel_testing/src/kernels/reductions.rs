//! All reductions.

use tile_ir::{Axis, BinaryOp, Elem, Kernel, KernelBuilder, Own, Predicate, ReduceOp, UnaryOp, Value};

/// All reductions of rows of `terms` numbers, a program each. One thread writes a sum, all of them the smallest and largest.
pub(super) fn reductions(terms: u64) -> Kernel {
    let mut t = KernelBuilder::new("reductions");
    t.family("signed_reductions", &[]);
    t.grid([3, 1, 1]);
    let own = [Own::Block { axis: Axis::X, size: 1 }, Own::Whole];
    let (zero, row) = (t.index(0), t.program_id(Axis::X));
    let mut loaded = Vec::new();
    for (name, elem) in [("x", Elem::F32), ("n", Elem::I32)] {
        let view = t.read(name, elem, &[3, terms]);
        let starts = t.read(&format!("{name}_start"), elem, &[3]);
        let start = t.load(starts, &[row], &[1]);
        loaded.push((elem, t.load(view, &[row, zero], &[1, terms]), start));
    }
    for &(op, _) in ReduceOp::ALL {
        for &(elem, value, start) in &loaded {
            let float = elem.is_float();
            let fits = match op {
                ReduceOp::Add => true,
                ReduceOp::MinF | ReduceOp::MaxF => float,
                ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => !float,
            };
            if !fits {
                continue;
            }
            let (value, start) = if float {
                float_terms(&mut t, op, value, start, terms)
            } else {
                int_terms(&mut t, op, value, start, terms)
            };
            let result = t.reduce(op, value, start, &[1]);
            let result = t.reshape(result, &[1, 1]);
            let cols = if op == ReduceOp::Add { 1 } else { terms };
            let output = t.write(&format!("{op:?}_{elem}").to_lowercase(), elem, &[3, cols], &own);
            let result = if cols == 1 { result } else { t.broadcast(result, &[1, cols]) };
            t.store(output, result, &[row, zero]);
        }
    }
    t.finish().expect("valid")
}

/// What is reduced, made from random numbers: the zeros that fill up registers would change every result, and either side of the
/// choice between start and terms wins somewhere.
fn float_terms(t: &mut KernelBuilder, op: ReduceOp, value: Value, start: Value, terms: u64) -> (Value, Value) {
    let (part, four) = (t.splat(Elem::F32, &[1, terms], 0.25), t.splat(Elem::F32, &[1], 4.0));
    let start = t.mul(start, four);
    let value = match op {
        ReduceOp::Add => value,
        ReduceOp::MinF | ReduceOp::MinS | ReduceOp::MinU => t.unary(UnaryOp::Abs, value),
        ReduceOp::MaxF | ReduceOp::MaxS | ReduceOp::MaxU => {
            let size = t.unary(UnaryOp::Abs, value);
            return (t.binary(BinaryOp::Sub, part, size), start);
        }
    };
    (t.add(value, part), start)
}

/// As [`float_terms`]. In the middle program, all are the number that changes nothing, so that it must be the first.
fn int_terms(t: &mut KernelBuilder, op: ReduceOp, value: Value, start: Value, terms: u64) -> (Value, Value) {
    let splat = |t: &mut KernelBuilder, n| [[1, terms].as_slice(), &[1]].map(|dims| t.splat_int(Elem::I32, dims, n));
    let [many, factor] = splat(t, 4001);
    let start = t.mul(start, factor);
    let (least, mask, first, neutral) = match op {
        ReduceOp::Add | ReduceOp::MinF | ReduceOp::MaxF => return (t.add(value, many), start),
        ReduceOp::MinS => (0x1_0000, 0x1_ffff, 3, i64::from(i32::MAX)),
        ReduceOp::MinU => (0x1_0000, 0x1_ffff, 3, -1),
        ReduceOp::MaxS => (-0x1_0000, 0x1_ffff, -0x2_0000, i64::from(i32::MIN)),
        ReduceOp::MaxU => (0x1_ffff, 0x3_ffff, 3, 0),
    };
    let ([low, _], [least, _], [_, mask], [_, first]) =
        (splat(t, 0xffff), splat(t, least), splat(t, mask), splat(t, first));
    let part = t.binary(BinaryOp::And, value, low);
    let value = match op {
        ReduceOp::MaxS | ReduceOp::MaxU => t.binary(BinaryOp::Sub, least, part),
        ReduceOp::Add | ReduceOp::MinF | ReduceOp::MaxF | ReduceOp::MinS | ReduceOp::MinU => t.add(least, part),
    };
    let start = t.binary(BinaryOp::And, start, mask);
    let start = t.add(start, first);
    let (program, one) = (t.program_id(Axis::X), t.index(1));
    let middle = t.compare(Predicate::IEq, program, one);
    let [neutral, begin] = splat(t, neutral);
    let (all, single) = (t.broadcast(middle, &[1, terms]), t.broadcast(middle, &[1]));
    (t.select(all, neutral, value), t.select(single, begin, start))
}
