//! Small tile programs that together hold every operation.

mod reductions;

use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own, Predicate, UnaryOp, Value, ViewId,
};

const COLS: u64 = 96;

/// Rows of results, in the order they are stored.
struct Rows {
    view: ViewId,
    next: i64,
    zero: Value,
}

impl Rows {
    fn new(t: &mut KernelBuilder, name: &str, elem: Elem, rows: u64) -> Rows {
        let view = t.write(name, elem, &[rows, COLS], &[Own::Whole, Own::Whole]);
        Rows { view, next: 0, zero: t.index(0) }
    }

    fn store(&mut self, t: &mut KernelBuilder, value: Value) {
        let row = t.index(self.next);
        self.next += 1;
        t.store(self.view, value, &[row, self.zero]);
    }
}

fn input(t: &mut KernelBuilder, name: &str, elem: Elem) -> Value {
    let view = t.read(name, elem, &[1, COLS]);
    let zero = t.index(0);
    t.load(view, &[zero, zero], &[1, COLS])
}

fn unary(functions: &[UnaryOp]) -> Kernel {
    let mut t = KernelBuilder::new("unary");
    let x = input(&mut t, "input", Elem::F32);
    let mut rows = Rows::new(&mut t, "output", Elem::F32, functions.len() as u64);
    for &op in functions {
        // NaN is no result to compare.
        let operand = match op {
            UnaryOp::Log | UnaryOp::Sqrt | UnaryOp::Rsqrt => t.unary(UnaryOp::Abs, x),
            UnaryOp::Neg
            | UnaryOp::Abs
            | UnaryOp::Exp
            | UnaryOp::Tanh
            | UnaryOp::Sin
            | UnaryOp::Cos
            | UnaryOp::Floor => x,
        };
        let value = t.unary(op, operand);
        rows.store(&mut t, value);
    }
    t.finish().expect("valid")
}

/// Operations on two floats, and choices by comparisons.
fn floats() -> Kernel {
    let mut t = KernelBuilder::new("floats");
    let (x, y) = (input(&mut t, "x", Elem::F32), input(&mut t, "y", Elem::F32));
    let mut rows = Rows::new(&mut t, "output", Elem::F32, 64);
    for &op in BinaryOp::ALL.iter().filter(|op| op.takes(true)) {
        let value = t.binary(op, x, y);
        rows.store(&mut t, value);
    }
    let value = t.fma(x, y, x);
    rows.store(&mut t, value);
    // Whole numbers are often equal. They are cut, not floored: `x < floor(y)` is `floor(x) < floor(y)`.
    let mut whole = |value| {
        let cut = t.cast(CastOp::FpToSInt, value, Elem::I32);
        t.cast(CastOp::SIntToFp, cut, Elem::F32)
    };
    let (a, b) = (whole(x), whole(y));
    for &(predicate, _, _) in Predicate::ALL.iter().filter(|(predicate, _, _)| predicate.is_float()) {
        let condition = t.compare(predicate, a, b);
        let value = t.select(condition, x, y);
        rows.store(&mut t, value);
    }
    t.finish().expect("valid")
}

/// Operations on two integers, and choices by comparisons.
fn integers() -> Kernel {
    let mut t = KernelBuilder::new("integers");
    t.family("signed_integers", &[]);
    let (x, y) = (input(&mut t, "x", Elem::I32), input(&mut t, "y", Elem::I32));
    let mut rows = Rows::new(&mut t, "output", Elem::I32, 64);
    let (one, five) = (t.splat_int(Elem::I32, &[1, COLS], 1), t.splat_int(Elem::I32, &[1, COLS], 5));
    let odd = t.binary(BinaryOp::Or, y, one);
    let small = t.binary(BinaryOp::And, y, five);
    for &op in BinaryOp::ALL.iter().filter(|op| op.takes(false)) {
        let right = match op {
            BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => odd,
            BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => small,
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::DivF
            | BinaryOp::MinF
            | BinaryOp::MaxF
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor => y,
        };
        let value = t.binary(op, x, right);
        rows.store(&mut t, value);
    }
    // Remainders are often equal.
    let (a, b) = (t.binary(BinaryOp::RemS, x, five), t.binary(BinaryOp::RemS, y, five));
    for &(predicate, _, _) in Predicate::ALL.iter().filter(|(predicate, _, _)| !predicate.is_float()) {
        let condition = t.compare(predicate, a, b);
        let value = t.select(condition, x, y);
        rows.store(&mut t, value);
    }
    t.finish().expect("valid")
}

fn casts() -> Kernel {
    let mut t = KernelBuilder::new("casts");
    t.family("signed_casts", &[]);
    let (x, n) = (input(&mut t, "x", Elem::F32), input(&mut t, "n", Elem::I32));
    // Apart from larger numbers, next to which an error would be small.
    let mut large = Rows::new(&mut t, "large", Elem::F32, 8);
    let mut whole = Rows::new(&mut t, "whole", Elem::F32, 8);
    let mut floats = Rows::new(&mut t, "floats", Elem::F32, 8);
    let mut ints = Rows::new(&mut t, "ints", Elem::I32, 8);
    let value = t.cast(CastOp::UIntToFp, n, Elem::F32);
    large.store(&mut t, value);
    let value = t.cast(CastOp::SIntToFp, n, Elem::F32);
    whole.store(&mut t, value);
    for elem in [Elem::F16, Elem::Bf16] {
        let narrow = t.cast(CastOp::TruncF, x, elem);
        let value = t.cast(CastOp::ExtF, narrow, Elem::F32);
        floats.store(&mut t, value);
    }
    let signed = t.cast(CastOp::FpToSInt, x, Elem::I32);
    ints.store(&mut t, signed);
    let positive = t.unary(UnaryOp::Abs, x);
    let unsigned = t.cast(CastOp::FpToUInt, positive, Elem::I32);
    ints.store(&mut t, unsigned);
    let bits = t.cast(CastOp::Bitcast, x, Elem::I32);
    ints.store(&mut t, bits);
    // Without the sign.
    let mask = t.splat_int(Elem::I32, &[1, COLS], i64::from(i32::MAX));
    let size = t.binary(BinaryOp::And, bits, mask);
    let value = t.cast(CastOp::Bitcast, size, Elem::F32);
    floats.store(&mut t, value);
    let byte = t.cast(CastOp::TruncI, n, Elem::I8);
    let value = t.cast(CastOp::ExtS, byte, Elem::I32);
    ints.store(&mut t, value);
    t.finish().expect("valid")
}

/// Integers of 64 bits, by themselves: not every target has them.
fn longs() -> Kernel {
    let mut t = KernelBuilder::new("longs");
    t.family("signed_longs", &[]);
    let n = input(&mut t, "n", Elem::I32);
    let mut longs = Rows::new(&mut t, "longs", Elem::I64, 8);
    for op in [CastOp::ExtS, CastOp::ExtU] {
        let value = t.cast(op, n, Elem::I64);
        longs.store(&mut t, value);
    }
    t.finish().expect("valid")
}

/// Loops, a branch and a parameter; the rows of a tile exchanged with its columns.
fn control() -> Kernel {
    let mut t = KernelBuilder::new("control");
    t.grid([3, 1, 1]);
    let own = [Own::Block { axis: Axis::X, size: 16 }, Own::Whole];
    let x = t.read("x", Elem::F32, &[48, 32]);
    let y = t.write("y", Elem::F32, &[48, 32], &own);
    let z = t.write("z", Elem::F32, &[32, 48], &[Own::Whole, Own::Block { axis: Axis::X, size: 16 }]);
    let scale = t.scalar("factor", Elem::F32, None);
    let (zero, one, four, sixteen) = (t.index(0), t.index(1), t.index(4), t.index(16));
    let program = t.program_id(Axis::X);
    let row = t.mul(program, sixteen);
    let tile = t.load(x, &[row, zero], &[16, 32]);
    let factor = t.broadcast(scale, &[16, 32]);
    let summed = t.for_loop(zero, four, one, &[tile], |t, _, carried| {
        let value = t.fma(carried[0], factor, tile);
        vec![value]
    });
    let low = t.float(Elem::F32, 0.5);
    let grown = t.while_loop(
        &[low],
        |t, args| {
            let limit = t.float(Elem::F32, 8.0);
            (t.compare(Predicate::FLt, args[0], limit), vec![args[0]])
        },
        |t, args| vec![t.add(args[0], args[0])],
    );
    let first = t.compare(Predicate::IEq, program, one);
    let chosen = t.if_else(first, |t| vec![t.add(grown[0], scale)], |_| vec![low]);
    let chosen = t.broadcast(chosen[0], &[16, 32]);
    let result = t.mul(summed[0], chosen);
    t.store(y, result, &[row, zero]);
    let turned = t.transpose(result, &[1, 0]);
    t.store(z, turned, &[zero, row]);
    t.finish().expect("valid")
}

/// A row times the rows of a bf16 matrix, 16 a program.
fn product() -> Kernel {
    let mut t = KernelBuilder::new("product");
    t.grid([2, 1, 1]);
    let x = t.read("input", Elem::F32, &[1, 256]);
    let w = t.weights("weight", Elem::Bf16, &[32, 256]);
    let y = t.write("output", Elem::Bf16, &[1, 32], &[Own::Whole, Own::Block { axis: Axis::X, size: 16 }]);
    let (zero, sixteen, program) = (t.index(0), t.index(16), t.program_id(Axis::X));
    let row = t.mul(program, sixteen);
    let left = t.load(x, &[zero, zero], &[1, 256]);
    let right = t.load(w, &[row, zero], &[16, 256]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let acc = t.splat(Elem::F32, &[1, 16], 0.0);
    let sums = t.contract(left, right, acc, ContractSpec::matmul(true));
    let narrow = t.cast(CastOp::TruncF, sums, Elem::Bf16);
    t.store(y, narrow, &[zero, row]);
    t.finish().expect("valid")
}

/// Two matrices, with the matrix unit where the target has one. Rows and columns of the product are no multiples of its sizes;
/// terms are, since zeros on one side would hide what fills up the other.
fn matrices() -> Kernel {
    let mut t = KernelBuilder::new("matrices");
    let (left, right) = (t.read("left", Elem::Bf16, &[20, 32]), t.read("right", Elem::Bf16, &[32, 24]));
    let output = t.write("output", Elem::F32, &[20, 24], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let mut wide = |view, dims: &[u64]| {
        let tile = t.load(view, &[zero, zero], dims);
        t.cast(CastOp::ExtF, tile, Elem::F32)
    };
    let (x, y) = (wide(left, &[20, 32]), wide(right, &[32, 24]));
    let start = t.splat(Elem::F32, &[20, 24], 1.5);
    let sums = t.contract(x, y, start, ContractSpec::matmul(false));
    t.store(output, sums, &[zero, zero]);
    t.finish().expect("valid")
}

/// All of them; `functions` are the operations of one float that the first one holds, `terms` the numbers that are reduced to one.
///
/// # Panics
/// Never: they are valid.
pub fn kernels(functions: &[UnaryOp], terms: u64) -> Vec<Kernel> {
    vec![
        unary(functions),
        floats(),
        integers(),
        casts(),
        longs(),
        reductions::reductions(terms),
        control(),
        product(),
        matrices(),
    ]
}
