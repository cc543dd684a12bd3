//! Small kernels that together use what the lowering knows: odd sizes, tails, rows beyond the partitions, addresses of the run.

use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Index, Kernel, KernelBuilder, Own, ReduceOp, Type, UnaryOp, Value,
};

fn block(axis: Axis, size: u64) -> Own {
    Own::Block { axis, size }
}

fn start(t: &mut KernelBuilder, size: i64) -> Value {
    let (program, size) = (t.program_id(Axis::X), t.index(size));
    t.mul(program, size)
}

/// Conversions between all types that tensors have.
fn conversions() -> Kernel {
    let mut t = KernelBuilder::new("conversions");
    t.at("kernels.rs", 1, 1);
    let (x, n, b) =
        (t.read("x", Elem::F32, &[3, 40]), t.read("n", Elem::I32, &[3, 40]), t.read("b", Elem::I8, &[3, 40]));
    let zero = t.index(0);
    let [x, n, b] = [x, n, b].map(|view| t.load(view, &[zero, zero], &[3, 40]));
    let factor = t.splat(Elem::F32, &[3, 40], 300.0);
    let large = t.mul(x, factor);
    let store = |t: &mut KernelBuilder, name: &str, value: Value| {
        let elem = t.ty(value).elem;
        let view = t.write(name, elem, &[3, 40], &[Own::Whole, Own::Whole]);
        t.store(view, value, &[zero, zero]);
    };
    for (name, op, from, to) in [
        ("narrow", CastOp::TruncF, x, Elem::Bf16),
        ("half", CastOp::TruncF, x, Elem::F16),
        ("truncated", CastOp::FpToSInt, large, Elem::I32),
        ("positive", CastOp::FpToUInt, large, Elem::I32),
        ("signed", CastOp::SIntToFp, n, Elem::F32),
        ("unsigned", CastOp::UIntToFp, n, Elem::F32),
        ("bytes", CastOp::TruncI, n, Elem::I8),
        ("extended", CastOp::ExtS, b, Elem::I32),
        ("filled", CastOp::ExtU, b, Elem::I32),
    ] {
        let value = t.cast(op, from, to);
        store(&mut t, name, value);
    }
    t.finish().expect("valid")
}

/// More rows than partitions, and a number of columns that is none of the core's: sums along both, the largest of each column.
fn tall() -> Kernel {
    let mut t = KernelBuilder::new("tall");
    t.at("kernels.rs", 2, 1);
    let x = t.read("x", Elem::F32, &[300, 171]);
    let y = t.write("y", Elem::F32, &[300, 171], &[Own::Whole, Own::Whole]);
    let sums = t.write("sums", Elem::F32, &[1, 171], &[Own::Whole, Own::Whole]);
    let tops = t.write("tops", Elem::F32, &[1, 171], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let x = t.load(x, &[zero, zero], &[300, 171]);
    let start = t.splat(Elem::F32, &[300], 0.0);
    let rows = t.reduce(ReduceOp::Add, x, start, &[1]);
    let rows = t.reshape(rows, &[300, 1]);
    let rows = t.broadcast(rows, &[300, 171]);
    let value = t.binary(BinaryOp::Sub, x, rows);
    t.store(y, value, &[zero, zero]);
    for (op, view, from) in [(ReduceOp::Add, sums, 0.5), (ReduceOp::MaxF, tops, f32::NEG_INFINITY)] {
        let start = t.splat(Elem::F32, &[171], from);
        let columns = t.reduce(op, x, start, &[0]);
        let columns = t.reshape(columns, &[1, 171]);
        t.store(view, columns, &[zero, zero]);
    }
    t.finish().expect("valid")
}

/// A row of a cache at a place of the run: read, turned, written by three programs.
fn append() -> Kernel {
    let mut t = KernelBuilder::new("append");
    t.at("kernels.rs", 3, 1);
    t.grid([3, 1, 1]);
    let table = t.read("table", Elem::F32, &[64, 16]);
    let position = t.scalar("position", Elem::I32, Some(64));
    let place = t.param_number("position").expect("it is there");
    let own = [Own::At { param: place }, block(Axis::X, 16)];
    let cache = t.write("cache", Elem::F32, &[64, 48], &own);
    let row = t.cast(CastOp::IndexU, position, Elem::Index);
    let (zero, at) = (t.index(0), start(&mut t, 16));
    let old = t.load(cache, &[row, at], &[1, 16]);
    let factor = t.load(table, &[row, zero], &[1, 16]);
    let value = t.mul(old, factor);
    t.store(cache, value, &[row, at]);
    t.finish().expect("valid")
}

/// Rows of a matrix times a vector, 16 a program, with sizes that nothing divides, added to what is there.
fn odd_product() -> Kernel {
    let mut t = KernelBuilder::new("odd_product");
    t.at("kernels.rs", 4, 1);
    let x = t.read("x", Elem::F32, &[1, 1009]);
    let w = t.weights("w", Elem::Bf16, &[93, 1009]);
    let y = t.write("y", Elem::F32, &[1, 93], &[Own::Whole, block(Axis::X, 16)]);
    t.grid([6, 1, 1]);
    let (zero, at) = (t.index(0), start(&mut t, 16));
    let x = t.load(x, &[zero, zero], &[1, 1009]);
    let rows = t.load(w, &[at, zero], &[16, 1009]);
    let rows = t.cast(CastOp::ExtF, rows, Elem::F32);
    let old = t.load(y, &[zero, at], &[1, 16]);
    let sum = t.contract(x, rows, old, ContractSpec::matmul(true));
    t.store(y, sum, &[zero, at]);
    t.finish().expect("valid")
}

/// Single elements by their place, some masked off, and the logarithm and root of what is found.
fn elements() -> Kernel {
    let mut t = KernelBuilder::new("elements");
    t.at("kernels.rs", 5, 1);
    let table = t.weights("table", Elem::F32, &[7, 11]);
    let places = t.read("places", Elem::I32, &[3, 10]);
    let y = t.write("y", Elem::F32, &[3, 10], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let places = t.load(places, &[zero, zero], &[3, 10]);
    let count = t.splat_int(Elem::I32, &[3, 10], 77);
    let places = t.binary(BinaryOp::RemU, places, count);
    let mask = t.create_mask(&[3, 10], &[Index::Static(3), Index::Static(7)]);
    let other = t.splat(Elem::F32, &[3, 10], 2.5);
    let ty = Type::tile(Elem::F32, &[3, 10]).expect("a tile");
    let found = t.op(tile_ir::OpKind::Gather { view: table, offsets: places, mask, passthru: other }, &[ty])[0];
    let size = t.unary(UnaryOp::Abs, found);
    let (log, root) = (t.unary(UnaryOp::Log, size), t.unary(UnaryOp::Sqrt, size));
    let value = t.add(log, root);
    t.store(y, value, &[zero, zero]);
    t.finish().expect("valid")
}

/// Sums of the columns of a stretch of rows whose end the run knows, in chunks of 13. With a mask, the last chunk is cut at the end; without, it
/// hangs over the view.
fn stretch(name: &str, line: u32, masked: bool) -> Kernel {
    let mut t = KernelBuilder::new(name);
    t.at("kernels.rs", line, 1);
    let rows = if masked { 52 } else { 50 };
    let x = t.read("x", Elem::F32, &[rows, 24]);
    let y = t.write("y", Elem::F32, &[1, 24], &[Own::Whole, Own::Whole]);
    let length = t.scalar("length", Elem::I32, Some(rows));
    let (zero, step) = (t.index(0), t.index(13));
    let length = t.cast(CastOp::IndexU, length, Elem::Index);
    let begin = t.splat(Elem::F32, &[1, 24], 0.0);
    let last = t.for_loop(zero, length, step, &[begin], |t, at, sums| {
        let left = t.sub(length, at);
        let mask = masked.then(|| t.create_mask(&[13, 24], &[Index::Dynamic(left), Index::Static(24)]));
        let pad = t.float(Elem::F32, 0.25);
        let rows = t.load_masked(x, &[at, zero], &[13, 24], pad, mask);
        let start = t.splat(Elem::F32, &[24], 0.0);
        let part = t.reduce(ReduceOp::Add, rows, start, &[0]);
        let part = t.reshape(part, &[1, 24]);
        vec![t.add(sums[0], part)]
    });
    t.store(y, last[0], &[zero, zero]);
    t.finish().expect("valid")
}

/// All of them.
pub(crate) fn own() -> Vec<Kernel> {
    vec![
        conversions(),
        tall(),
        append(),
        odd_product(),
        elements(),
        stretch("stretch", 6, true),
        stretch("overhang", 7, false),
    ]
}
