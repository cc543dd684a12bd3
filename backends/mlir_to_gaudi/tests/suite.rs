//! Small kernels with what is hard for this target: loads behind stores, places out of data, bytes and f16, rows of odd lengths.

mod backend;

use dma_testing::{Program, SCHEDULES, full, interpret_cores, judged_cases, lower};
use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Index, Kernel, KernelBuilder, Own, Predicate, ReduceOp, UnaryOp,
};

const SEEDS: [u64; 3] = [1, 2, 3];

/// Lowers, prints and runs a kernel; the text.
fn check(kernel: &Kernel) -> String {
    let target = backend::BACKEND.target;
    let core = lower(kernel, target).unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.report()));
    let program = Program::new(&core, &backend::BACKEND).unwrap_or_else(|problem| panic!("{}: {problem}", kernel.name));
    let seeds = if full() { &[1, 2, 3, 4, 5, 6][..] } else { &SEEDS };
    for case in judged_cases(kernel, seeds) {
        let interpreted = interpret_cores(kernel, &core, target, &case, &SCHEDULES);
        interpreted.unwrap_or_else(|problem| panic!("{}: {problem}", kernel.name));
        let checked = program.check(kernel, &case);
        checked.unwrap_or_else(|problem| panic!("{}: {problem}\n{}", kernel.name, program.text()));
    }
    program.text().to_owned()
}

/// Powers of a matrix times a vector, which is read where it was just written; the number of turns is any `u32`.
#[test]
fn loads_behind_stores() {
    let mut t = KernelBuilder::new("matrix_power");
    let (m, x) = (t.read("matrix", Elem::F32, &[24, 24]), t.read("input", Elem::F32, &[24, 1]));
    let power = t.scalar("power", Elem::I32, Some(5));
    let y = t.write("output", Elem::F32, &[24, 1], &[Own::Whole, Own::Whole]);
    let (zero, one) = (t.index(0), t.index(1));
    let (seven, all) = (t.index(7), t.index(24));
    let start = t.load(x, &[zero, zero], &[24, 1]);
    t.store(y, start, &[zero, zero]);
    let turns = t.cast(CastOp::IndexU, power, Elem::Index);
    t.for_loop(zero, turns, one, &[], |t, _, _| {
        let none = t.splat(Elem::F32, &[24, 1], 0.0);
        let sum = t.for_loop(zero, all, seven, &[none], |t, k, carried| {
            let part = t.load(m, &[zero, k], &[24, 7]);
            let column = t.load(y, &[k, zero], &[7, 1]);
            vec![t.contract(part, column, carried[0], ContractSpec::matmul(false))]
        });
        t.store(y, sum[0], &[zero, zero]);
        vec![]
    });
    let text = check(&t.finish().expect("valid"));
    assert!(text.contains("aso(SW_INC | SW_VPU);\n"), "{text}");
    assert!(!text.contains("cache_invalidate"), "nothing is read by scalar code\n{text}");
}

/// The same with a number of turns of which nothing is known: it counts without a sign.
#[test]
fn turns_without_a_bound() {
    let mut t = KernelBuilder::new("turns");
    let x = t.read("turns", Elem::I32, &[4]);
    let y = t.write("output", Elem::F32, &[1, 8], &[Own::Whole, Own::Whole]);
    let (zero, one, three) = (t.index(0), t.index(1), t.int(Elem::I32, 3));
    let turns = t.load_scalar(x, &[one]);
    let turns = t.binary(BinaryOp::And, turns, three);
    // Below 4 all the same.
    let turns = t.binary(BinaryOp::Xor, turns, three);
    let turns = t.cast(CastOp::IndexU, turns, Elem::Index);
    let start = t.splat(Elem::F32, &[1, 8], 1.0);
    let sums = t.for_loop(zero, turns, one, &[start], |t, i, carried| {
        let i = t.cast(CastOp::IndexU, i, Elem::I32);
        let i = t.cast(CastOp::SIntToFp, i, Elem::F32);
        let i = t.broadcast(i, &[1, 8]);
        vec![t.add(carried[0], i)]
    });
    t.store(y, sums[0], &[zero, zero]);
    let text = check(&t.finish().expect("valid"));
    assert!(text.contains("for (unsigned count = (unsigned)0; count < end; count += 1u) {"), "{text}");
}

/// A row of a table that any number in a view names: what is outside is the pad.
#[test]
fn any_row() {
    let mut t = KernelBuilder::new("lookup");
    t.grid([2, 1, 1]);
    let (table, ids) = (t.weights("table", Elem::Bf16, &[30, 93]), t.read("ids", Elem::I32, &[2]));
    let y = t.write("output", Elem::Bf16, &[2, 93], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let (zero, id) = (t.index(0), t.program_id(Axis::X));
    let number = t.load_scalar(ids, &[id]);
    let mask = t.int(Elem::I32, 31);
    let some = t.binary(BinaryOp::And, number, mask);
    let row = t.cast(CastOp::IndexU, some, Elem::Index);
    let near = t.load(table, &[row, zero], &[1, 93]);
    let row = t.cast(CastOp::IndexU, number, Elem::Index);
    let far = t.load(table, &[row, zero], &[1, 93]);
    let sum = t.add(near, far);
    t.store(y, sum, &[id, zero]);
    let text = check(&t.finish().expect("valid"));
    assert!(text.contains("s_u32_min((unsigned)"), "{text}");
}

/// Rows of a table whose numbers stand in a view.
#[test]
fn places_out_of_data() {
    let mut t = KernelBuilder::new("embedding_bag");
    let (table, index) = (t.weights("table", Elem::F16, &[30, 48]), t.read("index", Elem::I32, &[7, 1]));
    let y = t.write("output", Elem::F32, &[1, 48], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let numbers = t.load(index, &[zero, zero], &[7, 1]);
    let limit = t.splat_int(Elem::I32, &[7, 1], 30);
    let numbers = t.binary(BinaryOp::RemU, numbers, limit);
    let numbers = t.broadcast(numbers, &[7, 48]);
    let width = t.splat_int(Elem::I32, &[7, 48], 48);
    let first = t.mul(numbers, width);
    let column = t.iota(Elem::I32, &[7, 48], 1);
    let place = t.add(first, column);
    let most = t.splat_int(Elem::I32, &[7, 48], 30 * 48);
    let inside = t.compare(Predicate::ULt, place, most);
    let place = t.cast(CastOp::IndexU, place, Elem::Index);
    let flat = t.splat(Elem::F16, &[7, 48], 0.0);
    let rows = t.gather(table, place, inside, flat);
    let rows = t.cast(CastOp::ExtF, rows, Elem::F32);
    let none = t.splat(Elem::F32, &[48], 0.0);
    let sum = t.reduce(ReduceOp::Add, rows, none, &[0]);
    let sum = t.reshape(sum, &[1, 48]);
    t.store(y, sum, &[zero, zero]);
    let text = check(&t.finish().expect("valid"));
    // Scalar code computes the places from the view.
    assert!(!text.contains("scratch)"), "{text}");
}

/// A product of bytes and rows of 93 and 171 elements, of bf16 and f16.
#[test]
fn odd_lengths() {
    for (elem, terms) in [(Elem::Bf16, 93), (Elem::F16, 171), (Elem::I8, 93), (Elem::I8, 260), (Elem::I8, 200)] {
        let mut t = KernelBuilder::new("matvec");
        t.grid([3, 1, 1]);
        let own = [Own::Whole, Own::Block { axis: Axis::X, size: 16 }];
        let (x, w) = (t.read("input", elem, &[1, terms]), t.weights("weight", elem, &[40, terms]));
        let y = t.write("output", Elem::F32, &[1, 40], &own);
        let copy = t.write("copy", elem, &[40, terms], &[Own::Block { axis: Axis::X, size: 16 }, Own::Whole]);
        let (zero, sixteen, id) = (t.index(0), t.index(16), t.program_id(Axis::X));
        let row = t.mul(id, sixteen);
        let wide = |t: &mut KernelBuilder, value| {
            if elem == Elem::I8 {
                t.cast(CastOp::SIntToFp, value, Elem::F32)
            } else {
                t.cast(CastOp::ExtF, value, Elem::F32)
            }
        };
        let left = t.load(x, &[zero, zero], &[1, terms]);
        let left = wide(&mut t, left);
        let right = t.load(w, &[row, zero], &[16, terms]);
        t.store(copy, right, &[row, zero]);
        let right = wide(&mut t, right);
        let acc = t.splat(Elem::F32, &[1, 16], 0.0);
        let product = t.contract(left, right, acc, ContractSpec::matmul(true));
        t.store(y, product, &[zero, row]);
        check(&t.finish().expect("valid"));
    }
}

/// Softmax over 1009 columns, in the little memory that tables leave.
#[test]
fn long_rows_beside_tables() {
    let mut t = KernelBuilder::new("softmax");
    t.grid([3, 1, 1]);
    let x = t.read("input", Elem::F32, &[3, 1009]);
    let y = t.write("output", Elem::F32, &[3, 1009], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let (zero, id) = (t.index(0), t.program_id(Axis::X));
    let value = t.load(x, &[id, zero], &[1, 1009]);
    let low = t.splat(Elem::F32, &[1], f32::NEG_INFINITY);
    let most = t.reduce(ReduceOp::MaxF, value, low, &[1]);
    let most = t.reshape(most, &[1, 1]);
    let most = t.broadcast(most, &[1, 1009]);
    let apart = t.sub(value, most);
    let power = t.unary(UnaryOp::Exp, apart);
    let sum = t.sum(power, &[1]);
    let sum = t.reshape(sum, &[1, 1]);
    let sum = t.broadcast(sum, &[1, 1009]);
    let result = t.binary(BinaryOp::DivF, power, sum);
    t.store(y, result, &[id, zero]);
    check(&t.finish().expect("valid"));
}

/// A norm inside a gate and its product: long rows beside functions that look tables up.
#[test]
fn norm_gate_up() {
    for k in [576, 1536] {
        let mut t = KernelBuilder::new("norm_gate_up");
        t.grid([3, 1, 1]);
        let own = [Own::Whole, Own::Block { axis: Axis::X, size: 16 }];
        let x = t.read("hidden", Elem::F32, &[1, k]);
        let norm = t.weights("norm", Elem::Bf16, &[1, k]);
        let gate = t.weights("gate", Elem::Bf16, &[48, k]);
        let up = t.weights("up", Elem::Bf16, &[48, k]);
        let y = t.write("output", Elem::F32, &[1, 48], &own);
        let (zero, sixteen, id) = (t.index(0), t.index(16), t.program_id(Axis::X));
        let row = t.mul(id, sixteen);
        let value = t.load(x, &[zero, zero], &[1, k]);
        let square = t.mul(value, value);
        let sum = t.sum(square, &[1]);
        let sum = t.reshape(sum, &[1, 1]);
        let part = t.splat(Elem::F32, &[1, 1], 1.0 / k as f32);
        let mean = t.mul(sum, part);
        let scale = t.unary(UnaryOp::Rsqrt, mean);
        let scale = t.broadcast(scale, &[1, k]);
        let value = t.mul(value, scale);
        let norm = t.load(norm, &[zero, zero], &[1, k]);
        let norm = t.cast(CastOp::ExtF, norm, Elem::F32);
        let value = t.mul(value, norm);
        let product = |t: &mut KernelBuilder, view| {
            let rows = t.load(view, &[row, zero], &[16, k]);
            let rows = t.cast(CastOp::ExtF, rows, Elem::F32);
            let acc = t.splat(Elem::F32, &[1, 16], 0.0);
            t.contract(value, rows, acc, ContractSpec::matmul(true))
        };
        let gate = product(&mut t, gate);
        let up = product(&mut t, up);
        let negative = t.unary(UnaryOp::Neg, gate);
        let power = t.unary(UnaryOp::Exp, negative);
        let one = t.splat(Elem::F32, &[1, 16], 1.0);
        let below = t.add(power, one);
        let gate = t.binary(BinaryOp::DivF, gate, below);
        let result = t.mul(gate, up);
        t.store(y, result, &[zero, row]);
        check(&t.finish().expect("valid"));
    }
}

/// A loop that goes on until a number of local memory is small: it goes through the scratch tensor.
#[test]
fn conditions_out_of_data() {
    let mut t = KernelBuilder::new("newton");
    let x = t.read("input", Elem::F32, &[1, 8]);
    let y = t.write("output", Elem::F32, &[1, 8], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let value = t.load(x, &[zero, zero], &[1, 8]);
    let value = t.unary(UnaryOp::Abs, value);
    let one = t.splat(Elem::F32, &[1, 8], 1.0);
    let value = t.add(value, one);
    let half = t.splat(Elem::F32, &[1, 8], 0.5);
    let start = t.float(Elem::F32, 1.0);
    let result = t.while_loop(
        &[value, start],
        |t, carried| {
            let small = t.float(Elem::F32, 0.01);
            let go = t.compare(Predicate::FGt, carried[1], small);
            (go, carried.to_vec())
        },
        |t, carried| {
            let next = t.mul(carried[0], half);
            let first = t.extract(next, &[Index::Static(0), Index::Static(3)]);
            let quarter = t.float(Elem::F32, 0.25);
            let error = t.mul(first, quarter);
            vec![next, error]
        },
    );
    t.store(y, result[0], &[zero, zero]);
    let text = check(&t.finish().expect("valid"));
    assert!(text.contains("(tensor input, tensor output_in, tensor output, tensor scratch)"), "{text}");
    assert!(text.contains("cache_invalidate(SW_D);\n"), "{text}");
}
