//! A producer of many programs inside its consumers, piece by piece, against the two launches, and what is refused.

use fuse::{Declaration, Error, Group, group, inline_blocks};
use tile_ir::interp::{Arg, Buffer, Options, run};
use tile_ir::testing::Rng;
use tile_ir::{
    Access, Axis, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Module, OpKind, Own, Type, Value, ViewId,
};

const K: u64 = 12;
const HALF: u64 = 8;
const ROWS: u64 = 4;
const N: u64 = ROWS * HALF;
const CAP: u64 = 5;

fn block(axis: Axis, size: u64) -> Own {
    Own::Block { axis, size }
}

/// `input · weightᵀ` for rows `at` to `at + bn - 1`.
fn rows_times(b: &mut KernelBuilder, x: ViewId, w: ViewId, at: Value, bn: u64) -> Value {
    let zero = b.index(0);
    let left = b.load(x, &[zero, zero], &[1, K]);
    let right = b.load(w, &[at, zero], &[bn, K]);
    let acc = b.splat(Elem::F32, &[1, bn], 0.0);
    b.contract(left, right, acc, ContractSpec::matmul(true))
}

/// First row of a program's weights.
fn first_row(b: &mut KernelBuilder, bn: u64) -> Value {
    let (program, size) = (b.program_id(Axis::X), b.index(bn as i64));
    b.mul(program, size)
}

/// `output = input · weightᵀ`, `bn` outputs per program; `store` writes them.
fn project_with(bn: u64, store: impl FnOnce(&mut KernelBuilder, ViewId, Value, Value)) -> Kernel {
    let mut b = KernelBuilder::new("project");
    b.family("project", &[("BN", bn)]);
    b.grid([N.div_ceil(bn), 1, 1]);
    let x = b.read("input", Elem::F32, &[1, K]);
    let w = b.weights("weight", Elem::F32, &[N, K]);
    let y = b.write("output", Elem::F32, &[1, N], &[Own::Whole, block(Axis::X, bn)]);
    let at = first_row(&mut b, bn);
    let product = rows_times(&mut b, x, w, at, bn);
    store(&mut b, y, product, at);
    b.finish_unchecked()
}

fn project(bn: u64) -> Kernel {
    project_with(bn, |b, y, value, at| {
        let zero = b.index(0);
        b.store(y, value, &[zero, at]);
    })
}

/// Keys and values at row `position` of bf16 caches; `v_at` moves the values.
fn keys_with(bn: u64, v_at: impl FnOnce(&mut KernelBuilder, Value) -> Value) -> Kernel {
    let mut b = KernelBuilder::new("keys");
    b.family("keys", &[("BN", bn)]);
    b.grid([N / bn, 1, 1]);
    let x = b.read("input", Elem::F32, &[1, K]);
    let [kw, vw] = ["k_weight", "v_weight"].map(|name| b.weights(name, Elem::F32, &[N, K]));
    let own = [Own::At { param: 5 }, block(Axis::X, bn)];
    let [k, v] = ["k", "v"].map(|name| b.write(name, Elem::Bf16, &[CAP, N], &own));
    let position = b.scalar("position", Elem::I32, Some(CAP));
    let row = b.cast(CastOp::IndexU, position, Elem::Index);
    let at = first_row(&mut b, bn);
    let v_at = v_at(&mut b, at);
    for (weight, cache, at) in [(kw, k, at), (vw, v, v_at)] {
        let product = rows_times(&mut b, x, weight, at, bn);
        let rounded = b.cast(CastOp::TruncF, product, Elem::Bf16);
        b.store(cache, rounded, &[row, at]);
    }
    b.finish_unchecked()
}

fn keys(bn: u64) -> Kernel {
    keys_with(bn, |_, at| at)
}

/// What a turning kernel does with its pairs.
struct Turn {
    b: KernelBuilder,
    data: ViewId,
    /// Numbers of the block's columns.
    scale: Value,
    /// Indices of a program's block, and of its second row.
    low: Vec<Value>,
    high: Vec<Value>,
    column: Value,
    bn: u64,
}

/// Pairs of neighbouring rows, `bn` columns per program, columns along x; `leading` is a cache with `position`.
fn turn_of(bn: u64, leading: bool, access: Access) -> Turn {
    let mut b = KernelBuilder::new("turn");
    b.family("turn", &[("BN", bn)]);
    let by_columns = bn < HALF;
    b.grid(if by_columns { [HALF / bn, ROWS / 2, 1] } else { [ROWS / 2, 1, 1] });
    let (row_axis, columns) = if by_columns { (Axis::Y, block(Axis::X, bn)) } else { (Axis::X, Own::Whole) };
    let own = [block(row_axis, 2), columns];
    let written = access == Access::Write;
    let data = match (leading, written) {
        (false, true) => b.write("data", Elem::F32, &[ROWS, HALF], &own),
        (false, false) => b.view("data", Elem::F32, &[ROWS, HALF], access, &[]),
        (true, _) => b.write("data", Elem::Bf16, &[CAP, ROWS, HALF], &[Own::At { param: 2 }, own[0], own[1]]),
    };
    let angle = b.weights("angle", Elem::F32, &[CAP, HALF]);
    let position = b.scalar("position", Elem::I32, Some(CAP));
    let row = b.cast(CastOp::IndexU, position, Elem::Index);
    let (two, one) = (b.index(2), b.index(1));
    let pair = b.program_id(row_axis);
    let first = b.mul(pair, two);
    let second = b.add(first, one);
    let column = if by_columns { first_row(&mut b, bn) } else { b.index(0) };
    let lead: Vec<Value> = leading.then_some(row).into_iter().collect();
    let at = |row: Value| lead.iter().copied().chain([row, column]).collect();
    let (low, high) = (at(first), at(second));
    let scale = b.load(angle, &[row, column], &[1, bn]);
    Turn { b, data, scale, low, high, column, bn }
}

impl Turn {
    /// A row of the block as f32.
    fn row(&mut self, indices: &[Value]) -> Value {
        let value = self.b.load(self.data, indices, &[1, self.bn]);
        if self.b.ty(value).elem == Elem::F32 { value } else { self.b.cast(CastOp::ExtF, value, Elem::F32) }
    }

    fn put(&mut self, value: Value, indices: &[Value]) {
        let wide = self.b.kernel().view(self.data).is_some_and(|view| view.elem == Elem::F32);
        let value = if wide { value } else { self.b.cast(CastOp::TruncF, value, Elem::Bf16) };
        self.b.store(self.data, value, indices);
    }

    /// `low - scale high`, `high + scale low`.
    fn pairs(&mut self, low: Value, high: Value) -> (Value, Value) {
        let (from_high, from_low) = (self.b.mul(high, self.scale), self.b.mul(low, self.scale));
        (self.b.sub(low, from_high), self.b.add(high, from_low))
    }

    /// Loads both rows, then stores both.
    fn both(mut self) -> Kernel {
        let (low_at, high_at) = (self.low.clone(), self.high.clone());
        let (low, high) = (self.row(&low_at), self.row(&high_at));
        let (low, high) = self.pairs(low, high);
        self.put(low, &low_at);
        self.put(high, &high_at);
        self.b.finish().expect("valid")
    }
}

fn turn(bn: u64) -> Kernel {
    turn_of(bn, false, Access::Write).both()
}

fn turn_cache(bn: u64) -> Kernel {
    turn_of(bn, true, Access::Write).both()
}

fn random(rng: &mut Rng, elem: Elem, dims: &[u64]) -> Buffer {
    let values: Vec<f32> = (0..dims.iter().product()).map(|_| rng.float()).collect();
    Buffer::from_floats(elem, dims, &values).expect("fits")
}

fn launch(kernel: &Kernel, args: &mut [Arg<'_>]) {
    run(kernel, args, &Options::default()).unwrap_or_else(|trap| panic!("{}: {trap}", kernel.name));
}

fn names(kernel: &Kernel) -> Vec<&str> {
    kernel.params.iter().map(|param| param.name.as_str()).collect()
}

/// The same bytes, seen as another shape.
fn seen_as(mut buffer: Buffer, dims: &[u64]) -> Buffer {
    buffer.shape = tile_ir::Shape::new(dims).expect("fits");
    buffer
}

/// Runs project then `consumer`, in place, and the two as one; the outputs must be equal to the bit.
fn same(producer: &Kernel, consumer: &Kernel, copies: usize) -> Kernel {
    let fused = inline_blocks(producer, 2, consumer, 0).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(names(&fused.kernel), ["input", "weight", "data", "angle", "position"]);
    assert_eq!((fused.copies, fused.drops, fused.same.as_slice()), (copies, None, [(2, 0)].as_slice()));
    assert_eq!(fused.kernel.grid, consumer.grid);
    let mut rng = Rng::new(7);
    for position in 0..3 {
        let (x, w) = (random(&mut rng, Elem::F32, &[1, K]), random(&mut rng, Elem::F32, &[N, K]));
        let angle = random(&mut rng, Elem::F32, &[CAP, HALF]);
        let mut middle = Buffer::zeros(Elem::F32, &[1, N]).expect("fits");
        launch(producer, &mut [Arg::In(&x), Arg::In(&w), Arg::Out(&mut middle)]);
        let mut expected = seen_as(middle, &[ROWS, HALF]);
        launch(consumer, &mut [Arg::InOut(&mut expected), Arg::In(&angle), Arg::I32(position)]);
        let mut found = Buffer::zeros(Elem::F32, &[ROWS, HALF]).expect("fits");
        let mut args = [Arg::In(&x), Arg::In(&w), Arg::Out(&mut found), Arg::In(&angle), Arg::I32(position)];
        launch(&fused.kernel, &mut args);
        assert_eq!(found, expected);
        assert!(found.to_floats().expect("floats").iter().any(|value| value.abs() > 0.01));
    }
    fused.kernel
}

/// Stores to view parameter `view`.
fn stores(kernel: &Kernel, view: &str) -> usize {
    let id = kernel.params.iter().position(|param| param.name == view).expect("it is there");
    let mut count = 0;
    kernel.body.for_each_op(&mut |op| count += usize::from(op.kind.view_written() == Some(ViewId(id as u32))));
    count
}

#[test]
fn pairs_of_rows_are_computed_in_place() {
    for bn in [4, 2, 8] {
        let kernel = same(&project(bn), &turn(bn), 2);
        assert_eq!(stores(&kernel, "data"), 2, "the producer's own stores are gone");
    }
}

#[test]
fn a_row_may_be_several_pieces() {
    same(&project(2), &turn(4), 4);
    same(&project(1), &turn(2), 4);
    same(&project(2), &turn(8), 8);
}

#[test]
fn a_block_of_two_rows_is_put_together() {
    for (producer, bn, copies) in [(4, 4, 2), (2, 4, 4), (4, 8, 4), (8, 8, 2), (16, 8, 1)] {
        let mut t = turn_of(bn, false, Access::Write);
        let at = t.low.clone();
        let value = t.b.load(t.data, &at, &[2, bn]);
        let result = t.b.add(value, value);
        t.b.store(t.data, result, &at);
        let consumer = t.b.finish().expect("valid");
        same(&project(producer), &consumer, copies);
    }
}

#[test]
fn caches_are_rounded_and_other_outputs_written() {
    for bn in [4, 2, 8] {
        let (producer, consumer) = (keys(bn), turn_cache(bn));
        let fused = inline_blocks(&producer, 3, &consumer, 0).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(names(&fused.kernel), ["input", "k_weight", "v_weight", "v", "data", "angle", "position"]);
        assert_eq!(fused.same, [(3, 0), (5, 2)]);
        assert_eq!((stores(&fused.kernel, "data"), stores(&fused.kernel, "v")), (2, 2));
        let mut rng = Rng::new(bn);
        for position in 0..CAP as i32 {
            let x = random(&mut rng, Elem::F32, &[1, K]);
            let [kw, vw] = [(); 2].map(|()| random(&mut rng, Elem::F32, &[N, K]));
            let angle = random(&mut rng, Elem::F32, &[CAP, HALF]);
            let before = random(&mut rng, Elem::Bf16, &[CAP, N]);
            let (mut k, mut v) = (before.clone(), before.clone());
            let mut args =
                [Arg::In(&x), Arg::In(&kw), Arg::In(&vw), Arg::InOut(&mut k), Arg::InOut(&mut v), Arg::I32(position)];
            launch(&producer, &mut args);
            let mut k = seen_as(k, &[CAP, ROWS, HALF]);
            launch(&consumer, &mut [Arg::InOut(&mut k), Arg::In(&angle), Arg::I32(position)]);
            let halves = seen_as(before, &[CAP, ROWS, HALF]);
            let (mut k_found, mut v_found) = (halves.clone(), halves);
            let mut args = [
                Arg::In(&x),
                Arg::In(&kw),
                Arg::In(&vw),
                Arg::InOut(&mut v_found),
                Arg::InOut(&mut k_found),
                Arg::In(&angle),
                Arg::I32(position),
            ];
            launch(&fused.kernel, &mut args);
            assert_eq!((k_found.bytes, v_found.bytes), (k.bytes, v.bytes));
        }
    }
}

#[test]
fn what_is_only_read_is_dropped() {
    let mut t = turn_of(4, false, Access::Read);
    let own = [block(Axis::Y, 2), block(Axis::X, 4)];
    let output = t.b.write("output", Elem::F32, &[ROWS, HALF], &own);
    let (low_at, high_at) = (t.low.clone(), t.high.clone());
    let (low, high) = (t.row(&low_at), t.row(&high_at));
    let (low, high) = t.pairs(low, high);
    t.b.store(output, low, &low_at);
    t.b.store(output, high, &high_at);
    let consumer = t.b.finish().expect("valid");
    let fused = inline_blocks(&project(4), 2, &consumer, 0).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(names(&fused.kernel), ["input", "weight", "angle", "position", "output"]);
    assert_eq!(fused.drops, Some(2));
    // A producer that leaves some of it as it was has nobody to do it.
    let mut part = project(4);
    part.grid[0] -= 1;
    assert!(
        matches!(inline_blocks(&part, 2, &consumer, 0), Err(Error::Blocks { what, .. }) if what.contains("pieces"))
    );
}

/// The producer's store stays where the consumer does not write all of what it read.
#[test]
fn what_is_not_overwritten_is_stored() {
    let mut t = turn_of(4, false, Access::Write);
    let (low_at, high_at) = (t.low.clone(), t.high.clone());
    let (low, high) = (t.row(&low_at), t.row(&high_at));
    let sum = t.b.add(low, high);
    t.put(sum, &low_at);
    let kernel = same(&project(4), &t.b.finish().expect("valid"), 2);
    assert_eq!(stores(&kernel, "data"), 3);
}

/// A store that stays needs a rectangle of the consumer's view.
#[test]
fn pieces_across_rows_are_not_stored() {
    let producer = || {
        let mut b = KernelBuilder::new("count");
        b.grid([3, 1, 1]);
        let y = b.write("output", Elem::F32, &[1, 12], &[Own::Whole, block(Axis::X, 4)]);
        let (at, zero) = (first_row(&mut b, 4), b.index(0));
        let value = b.splat(Elem::F32, &[1, 4], 3.0);
        b.store(y, value, &[zero, at]);
        b.finish().expect("valid")
    };
    let consumer = |all: bool| {
        let mut b = KernelBuilder::new("take");
        let y = b.write("data", Elem::F32, &[2, 6], &[Own::Whole, Own::Whole]);
        let zero = b.index(0);
        let value = b.load(y, &[zero, zero], &[2, 6]);
        let sum = b.add(value, value);
        let stored = if all { sum } else { b.slice(sum, &[0, 0], &[1, 6]) };
        b.store(y, stored, &[zero, zero]);
        b.finish().expect("valid")
    };
    let fused = inline_blocks(&producer(), 0, &consumer(true), 0).expect("nothing of it stays");
    let mut data = Buffer::zeros(Elem::F32, &[2, 6]).expect("fits");
    launch(&fused.kernel, &mut [Arg::Out(&mut data)]);
    assert_eq!(data.to_floats(), Some(vec![6.0; 12]));
    let error = inline_blocks(&producer(), 0, &consumer(false), 0).map(|fused| fused.kernel.name);
    assert!(matches!(&error, Err(Error::Pieces { what, .. }) if what.contains("parts of rows")), "{error:?}");
}

fn refused(producer: &Kernel, consumer: &Kernel) -> Error {
    inline_blocks(producer, 2, consumer, 0).map(|fused| fused.kernel.name).expect_err("refused")
}

/// What the refusal of a consumer's read says.
#[track_caller]
fn assert_reads(error: &Error, wanted: &str) {
    assert!(matches!(error, Error::Blocks { what, .. } if what.contains(wanted)), "{error}");
    assert!(error.report().to_string().contains("divide both kernels alike"));
}

#[test]
fn blocks_of_other_sizes_are_refused() {
    // Pieces of 16 elements, read in rows of 4 or 8.
    assert_reads(&refused(&project(16), &turn(4)), "other pieces");
    assert_reads(&refused(&project(4), &turn(2)), "other pieces");
    // Pieces of 6 are no neighbours of rows of 8: the last one crosses the edge, too.
    let ragged = refused(&project(6), &turn(8));
    assert!(matches!(&ragged, Error::Pieces { what, .. } if what.contains("edge")), "{ragged}");
}

#[test]
fn pieces_are_needed_once_and_all() {
    // All programs read the first two rows.
    let mut t = turn_of(8, false, Access::Read);
    let own = [block(Axis::X, 2), Own::Whole];
    let output = t.b.write("output", Elem::F32, &[ROWS, HALF], &own);
    let (zero, one) = (t.b.index(0), t.b.index(1));
    let (low, high) = (t.row(&[zero, zero]), t.row(&[one, zero]));
    let sum = t.b.add(low, high);
    let at = t.low.clone();
    t.b.store(output, sum, &at);
    assert_reads(&refused(&project(8), &t.b.finish().expect("valid")), "overlap");
    // Nobody reads the odd rows.
    let mut t = turn_of(4, false, Access::Write);
    let at = t.low.clone();
    let low = t.row(&at);
    t.put(low, &at);
    assert_reads(&refused(&project(4), &t.b.finish().expect("valid")), "not everywhere");
    // What one program reads twice, it needs once.
    let mut t = turn_of(4, false, Access::Write);
    let (low_at, high_at) = (t.low.clone(), t.high.clone());
    let (low, high) = (t.row(&low_at), t.row(&high_at));
    let _ = t.row(&low_at);
    let (low, high) = t.pairs(low, high);
    t.put(low, &low_at);
    t.put(high, &high_at);
    same(&project(4), &t.b.finish().expect("valid"), 2);
}

#[test]
fn places_that_are_not_known_are_refused() {
    // A row that the launch chooses.
    let mut t = turn_of(4, false, Access::Write);
    let position = t.b.kernel().params.iter().find_map(|param| match &param.kind {
        tile_ir::ParamKind::Scalar(scalar) => Some(scalar.value),
        tile_ir::ParamKind::View(_) => None,
    });
    let row = t.b.cast(CastOp::IndexU, position.expect("it is there"), Elem::Index);
    let mut at = t.low.clone();
    at[0] = row;
    let low = t.row(&at);
    let own = t.low.clone();
    t.put(low, &own);
    assert_reads(&refused(&project(4), &t.b.finish_unchecked()), "number of the launch");
    // A loop's.
    let mut t = turn_of(8, false, Access::Read);
    let output = t.b.write("output", Elem::F32, &[ROWS, HALF], &[block(Axis::X, 2), Own::Whole]);
    let (zero, four, eight) = (t.b.index(0), t.b.index(4), t.b.index(8));
    let start = t.b.splat(Elem::F32, &[1, 4], 0.0);
    let (data, row) = (t.data, t.low[0]);
    let sum = t.b.for_loop(zero, eight, four, &[start], |b, i, carried| {
        let value = b.load(data, &[row, i], &[1, 4]);
        vec![b.add(carried[0], value)]
    })[0];
    t.b.store(output, sum, &[row, zero]);
    assert_reads(&refused(&project(4), &t.b.finish().expect("valid")), "loop");
    // One element.
    let mut t = turn_of(4, false, Access::Write);
    let at = t.low.clone();
    let value = t.b.load_scalar(t.data, &at);
    let value = t.b.broadcast(value, &[1, 4]);
    t.put(value, &at);
    assert_reads(&refused(&project(4), &t.b.finish_unchecked()), "element by element");
    // Past the edge.
    let mut t = turn_of(4, false, Access::Write);
    let mut at = t.low.clone();
    let one = t.b.index(1);
    at[1] = t.b.add(at[1], one);
    let low = t.row(&at);
    t.put(low, &at);
    assert_reads(&refused(&project(4), &t.b.finish_unchecked()), "pieces");
    let eight = |t: &mut Turn| t.b.index(8);
    let mut t = turn_of(4, false, Access::Write);
    let past = eight(&mut t);
    let mut at = t.low.clone();
    at[1] = t.b.add(at[1], past);
    let low = t.row(&at);
    t.put(low, &at);
    assert_reads(&refused(&project(4), &t.b.finish_unchecked()), "past its edge");
}

#[test]
fn reads_after_writes_are_refused() {
    let mut t = turn_of(4, false, Access::Write);
    let (low_at, high_at) = (t.low.clone(), t.high.clone());
    let low = t.row(&low_at);
    t.put(low, &low_at);
    let high = t.row(&high_at);
    t.put(high, &high_at);
    assert_reads(&refused(&project(4), &t.b.finish().expect("valid")), "overwritten some");
    // The write in a branch counts as well.
    let mut t = turn_of(4, false, Access::Write);
    let low = t.row(&low_at);
    let (data, zero) = (t.data, t.b.index(0));
    let first = t.b.compare(tile_ir::Predicate::IEq, t.column, zero);
    t.b.when(first, |b| b.store(data, low, &low_at));
    let high = t.row(&high_at);
    t.put(high, &high_at);
    assert_reads(&refused(&project(4), &t.b.finish().expect("valid")), "overwritten some");
}

#[test]
fn producers_of_another_form_are_refused() {
    let form = |producer: &Kernel, wanted: &str| {
        let error = refused(producer, &turn(4));
        assert!(matches!(&error, Error::Pieces { what, .. } if what.contains(wanted)), "{error}");
    };
    let twice = project_with(4, |b, y, value, at| {
        let zero = b.index(0);
        b.store(y, value, &[zero, at]);
        b.store(y, value, &[zero, at]);
    });
    form(&twice, "exactly once");
    let looped = project_with(4, |b, y, value, at| {
        let (zero, one) = (b.index(0), b.index(1));
        b.for_loop(zero, one, one, &[], |b, _, _| {
            b.store(y, value, &[zero, at]);
            vec![]
        });
    });
    form(&looped, "loop");
    let reading = project_with(4, |b, y, _, at| {
        let zero = b.index(0);
        b.load(y, &[zero, at], &[1, 4]);
    });
    form(&reading, "reads its output");
    let many = Kernel { grid: [1 << 21, 1, 1], ..project(4) };
    form(&many, "too many programs");
    // Other outputs elsewhere.
    let moved = keys_with(4, |b, at| {
        let four = b.index(4);
        b.add(at, four)
    });
    let error = inline_blocks(&moved, 3, &turn_cache(4), 0).map(|fused| fused.kernel.name);
    assert!(
        matches!(&error, Err(Error::Pieces { what, .. }) if what.contains("edge") || what.contains("other places"))
    );
    // Another type.
    let error = inline_blocks(&keys(4), 3, &turn(4), 0).map(|fused| fused.kernel.name);
    assert!(matches!(error, Err(Error::WrongLink { .. })));
}

fn declared(text: &str, kernels: Vec<Kernel>) -> Result<Group, Error> {
    let module = Module { name: "test".into(), kernels };
    group(&Declaration::parse(text).expect("well formed"), &module)
}

/// Squares: one program.
fn norm() -> Kernel {
    let mut b = KernelBuilder::new("norm");
    let x = b.read("input", Elem::F32, &[1, K]);
    let y = b.write("output", Elem::F32, &[1, K], &[Own::Whole, Own::Whole]);
    let zero = b.index(0);
    let value = b.load(x, &[zero, zero], &[1, K]);
    let square = b.mul(value, value);
    b.store(y, square, &[zero, zero]);
    b.finish().expect("valid")
}

#[test]
fn chains_take_the_candidates_that_fit() {
    let called = |mut kernel: Kernel, family: &str| {
        kernel.family = family.to_owned();
        kernel.name = format!("{family}_bn{}", kernel.tuning[0].1);
        kernel
    };
    let kernels = || {
        let mut all = vec![norm()];
        all.extend([8, 4, 2].map(project));
        all.extend([4, 2].map(keys));
        all.extend([8, 4].map(|bn| called(turn(bn), "turn_q")));
        all.extend([8, 4].map(|bn| called(turn_cache(bn), "turn_k")));
        all
    };
    let group = declared("all=norm>(project>turn_q)+(keys:k>turn_k)", kernels()).expect("fits");
    assert_eq!(group.launches, ["norm", "project", "keys", "turn_q", "turn_k"]);
    let found: Vec<&str> = group.parts[0].candidates.iter().map(|kernel| kernel.name.as_str()).collect();
    assert_eq!(found, ["all_turn_q_bn8", "all_turn_q_bn4"]);
    let slots = |slots: &[bundle::manifest::Slot]| -> Vec<String> {
        slots.iter().map(|slot| format!("{}.{}", slot.launch, slot.arg)).collect()
    };
    assert_eq!(slots(&group.parts[0].slots), ["0.input", "1.weight", "3.data", "3.angle", "3.position"]);
    let keys_and_values = ["0.input", "2.k_weight", "2.v_weight", "2.v", "4.data", "4.angle", "4.position"];
    assert_eq!(slots(&group.parts[1].slots), keys_and_values);
    let same: Vec<Vec<String>> = group.same.iter().map(|same| slots(same)).collect();
    let wanted = [
        vec!["0.output", "1.input", "2.input"],
        vec!["1.output", "3.data"],
        vec!["2.k", "4.data"],
        vec!["2.position", "4.position"],
    ];
    assert_eq!(same, wanted);
    assert_eq!(slots(&group.drops), ["0.output"]);
    // The norm is computed once in a program, whatever the pieces.
    let kernel = &group.parts[0].candidates[0];
    let mut products = 0;
    let square = |op: &tile_ir::Op| {
        op.result().is_some_and(|result| kernel.ty(result) == Type::tile(Elem::F32, &[1, K]).expect("fits"))
            && matches!(op.kind, OpKind::Binary(tile_ir::BinaryOp::Mul, ..))
    };
    kernel.body.for_each_op(&mut |op| products += usize::from(square(op)));
    assert_eq!(products, 1);
    // Which of two outputs is read has to be said, and be one.
    let unnamed = declared("all=(keys>turn_k)", kernels());
    assert!(matches!(unnamed, Err(Error::NoLink { found: 2, .. })), "{unnamed:?}");
    let unknown = declared("all=(keys:input>turn_k)", kernels());
    assert!(matches!(unknown, Err(Error::NoOutput { .. })), "{unknown:?}");
    // No candidate fits.
    let none = declared("all=(project>turn_q)", vec![project(16), called(turn(4), "turn_q")]);
    assert!(matches!(none, Err(Error::Blocks { .. })), "{none:?}");
}
