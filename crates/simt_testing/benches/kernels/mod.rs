//! The kernels that are measured.

use tile_ir::{
    Access, Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own, ReduceOp, UnaryOp, Value, ViewId,
};

/// A kernel of `programs` programs.
fn start(name: &str, programs: u64) -> KernelBuilder {
    let mut b = KernelBuilder::new(name);
    b.grid([programs, 1, 1]);
    b
}

/// A written view of `rows` x `cols`, a row per program.
fn rows_out(b: &mut KernelBuilder, rows: u64, cols: u64) -> ViewId {
    b.view("output", Elem::F32, &[rows, cols], Access::Write, &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole])
}

/// The start of this program's block of `size`.
fn block_start(b: &mut KernelBuilder, size: u64) -> Value {
    let (program, size) = (b.program_id(Axis::X), b.index(size as i64));
    b.mul(program, size)
}

/// A row's sum or maximum, for each of its elements.
fn across(b: &mut KernelBuilder, op: ReduceOp, value: Value, first: f32) -> Value {
    let cols = b.ty(value).shape.dims()[1];
    let first = b.splat(Elem::F32, &[1], first);
    let result = b.reduce(op, value, first, &[1]);
    let result = b.reshape(result, &[1, 1]);
    b.broadcast(result, &[1, cols])
}

/// `silu(gate) * up` of bf16, 1024 elements per program.
pub(crate) fn elementwise() -> Kernel {
    let mut b = start("silu_mul", 8);
    let (gate, up) = (b.read("gate", Elem::Bf16, &[1, 8192]), b.read("up", Elem::Bf16, &[1, 8192]));
    let output = b.write("output", Elem::Bf16, &[1, 8192], &[Own::Whole, Own::Block { axis: Axis::X, size: 1024 }]);
    let (zero, at) = (b.index(0), block_start(&mut b, 1024));
    let (gate, up) = (b.load(gate, &[zero, at], &[1, 1024]), b.load(up, &[zero, at], &[1, 1024]));
    let (gate, up) = (b.cast(CastOp::ExtF, gate, Elem::F32), b.cast(CastOp::ExtF, up, Elem::F32));
    let power = b.unary(UnaryOp::Neg, gate);
    let power = b.unary(UnaryOp::Exp, power);
    let one = b.splat(Elem::F32, &[1, 1024], 1.0);
    let below = b.add(power, one);
    let silu = b.binary(BinaryOp::DivF, gate, below);
    let product = b.mul(silu, up);
    let narrow = b.cast(CastOp::TruncF, product, Elem::Bf16);
    b.store(output, narrow, &[zero, at]);
    b.finish().expect("valid")
}

/// Root mean square norm of four rows of `cols`, a row per program.
pub(crate) fn rms_norm(cols: u64) -> Kernel {
    let mut b = start("rms_norm", 4);
    let (x, weight) = (b.read("input", Elem::F32, &[4, cols]), b.weights("weight", Elem::Bf16, &[1, cols]));
    let output = rows_out(&mut b, 4, cols);
    let (zero, row) = (b.index(0), b.program_id(Axis::X));
    let x = b.load(x, &[row, zero], &[1, cols]);
    let squares = b.mul(x, x);
    let sum = across(&mut b, ReduceOp::Add, squares, 0.0);
    let count = b.splat(Elem::F32, &[1, cols], cols as f32);
    let mean = b.binary(BinaryOp::DivF, sum, count);
    let epsilon = b.splat(Elem::F32, &[1, cols], 1e-6);
    let mean = b.add(mean, epsilon);
    let scale = b.unary(UnaryOp::Rsqrt, mean);
    let scaled = b.mul(x, scale);
    let weight = b.load(weight, &[zero, zero], &[1, cols]);
    let weight = b.cast(CastOp::ExtF, weight, Elem::F32);
    let result = b.mul(scaled, weight);
    b.store(output, result, &[row, zero]);
    b.finish().expect("valid")
}

/// Softmax of `rows` rows of `cols`, a row per program.
pub(crate) fn softmax(rows: u64, cols: u64) -> Kernel {
    let mut b = start("softmax", rows);
    let x = b.read("input", Elem::F32, &[rows, cols]);
    let output = rows_out(&mut b, rows, cols);
    let (zero, row) = (b.index(0), b.program_id(Axis::X));
    let x = b.load(x, &[row, zero], &[1, cols]);
    let largest = across(&mut b, ReduceOp::MaxF, x, f32::NEG_INFINITY);
    let below = b.sub(x, largest);
    let power = b.unary(UnaryOp::Exp, below);
    let sum = across(&mut b, ReduceOp::Add, power, 0.0);
    let result = b.binary(BinaryOp::DivF, power, sum);
    b.store(output, result, &[row, zero]);
    b.finish().expect("valid")
}

/// One row of `k` times the transpose of bf16 weights, `n` of their rows per program.
pub(crate) fn matvec(n: u64, k: u64) -> Kernel {
    let mut b = start("matvec", 192);
    let (x, weight) = (b.read("input", Elem::F32, &[1, k]), b.weights("weight", Elem::Bf16, &[192 * n, k]));
    let output = b.write("output", Elem::F32, &[1, 192 * n], &[Own::Whole, Own::Block { axis: Axis::X, size: n }]);
    let (zero, row) = (b.index(0), block_start(&mut b, n));
    let x = b.load(x, &[zero, zero], &[1, k]);
    let weight = b.load(weight, &[row, zero], &[n, k]);
    let weight = b.cast(CastOp::ExtF, weight, Elem::F32);
    let first = b.splat(Elem::F32, &[1, n], 0.0);
    let product = b.contract(x, weight, first, ContractSpec::matmul(true));
    b.store(output, product, &[zero, row]);
    b.finish().expect("valid")
}

/// Blocks of `size` x `size`: a loop over 16 blocks of bf16 operands, sums in f32.
pub(crate) fn matmul(size: u64) -> Kernel {
    let mut b = start("matmul", 8);
    let (left, right) =
        (b.read("left", Elem::Bf16, &[8 * size, 16 * size]), b.weights("right", Elem::Bf16, &[size, 16 * size]));
    let output = b.write("output", Elem::F32, &[8 * size, size], &[Own::Block { axis: Axis::X, size }, Own::Whole]);
    let (zero, row) = (b.index(0), block_start(&mut b, size));
    let (end, step) = (b.index(16 * size as i64), b.index(size as i64));
    let first = b.splat(Elem::F32, &[size, size], 0.0);
    let sums = b.for_loop(zero, end, step, &[first], |b, k, sums| {
        let (left, right) = (b.load(left, &[row, k], &[size, size]), b.load(right, &[zero, k], &[size, size]));
        let (left, right) = (b.cast(CastOp::ExtF, left, Elem::F32), b.cast(CastOp::ExtF, right, Elem::F32));
        vec![b.contract(left, right, sums[0], ContractSpec::matmul(true))]
    });
    b.store(output, sums[0], &[row, zero]);
    b.finish().expect("valid")
}

/// One query of `head` elements against a context of any length, `chunk` keys at a time, a head per program.
pub(crate) fn attention(head: u64, chunk: u64) -> Kernel {
    let mut b = start("attention", 8);
    let query = b.read("query", Elem::F32, &[8, head]);
    let keys = b.read("keys", Elem::Bf16, &[2048, head]);
    let values = b.read("values", Elem::Bf16, &[2048, head]);
    let output = rows_out(&mut b, 8, head);
    let length = b.scalar("length", Elem::I32, Some(2049));
    let (zero, program, step) = (b.index(0), b.program_id(Axis::X), b.index(chunk as i64));
    let end = b.cast(CastOp::IndexS, length, Elem::Index);
    let query = b.load(query, &[program, zero], &[1, head]);
    let largest = b.splat(Elem::F32, &[1, 1], -1e30);
    let sum = b.splat(Elem::F32, &[1, 1], 0.0);
    let result = b.splat(Elem::F32, &[1, head], 0.0);
    let last = b.for_loop(zero, end, step, &[largest, sum, result], |b, at, carried| {
        let [largest, sum, result] = [carried[0], carried[1], carried[2]];
        let keys = b.load(keys, &[at, zero], &[chunk, head]);
        let keys = b.cast(CastOp::ExtF, keys, Elem::F32);
        let none = b.splat(Elem::F32, &[1, chunk], 0.0);
        let scores = b.contract(query, keys, none, ContractSpec::matmul(true));
        let lowest = b.splat(Elem::F32, &[1], -1e30);
        let new = b.reduce(ReduceOp::MaxF, scores, lowest, &[1]);
        let new = b.reshape(new, &[1, 1]);
        let new = b.binary(BinaryOp::MaxF, largest, new);
        let shrink = b.sub(largest, new);
        let shrink = b.unary(UnaryOp::Exp, shrink);
        let base = b.broadcast(new, &[1, chunk]);
        let scores = b.sub(scores, base);
        let scores = b.unary(UnaryOp::Exp, scores);
        let added = b.sum(scores, &[1]);
        let added = b.reshape(added, &[1, 1]);
        let sum = b.fma(sum, shrink, added);
        let values = b.load(values, &[at, zero], &[chunk, head]);
        let values = b.cast(CastOp::ExtF, values, Elem::F32);
        let shrink = b.broadcast(shrink, &[1, head]);
        let kept = b.mul(result, shrink);
        vec![new, sum, b.contract(scores, values, kept, ContractSpec::matmul(false))]
    });
    let sum = b.broadcast(last[1], &[1, head]);
    let result = b.binary(BinaryOp::DivF, last[2], sum);
    b.store(output, result, &[program, zero]);
    b.finish().expect("valid")
}

/// `ops` elementwise operations in a chain, none of them like another: each fourth takes another loaded tile.
pub(crate) fn chain(ops: usize) -> Kernel {
    let mut b = start("chain", 8);
    let x = b.read("input", Elem::F32, &[8, 256 * (ops as u64 + 1)]);
    let output = rows_out(&mut b, 8, 256);
    let (zero, row) = (b.index(0), b.program_id(Axis::X));
    let mut value = b.load(x, &[row, zero], &[1, 256]);
    for op in 0..ops {
        let factor = b.splat(Elem::F32, &[1, 256], 1.0 + op as f32 / 1024.0);
        value = match op % 4 {
            0 => {
                let at = b.index(256 * (op as i64 + 1));
                let loaded = b.load(x, &[row, at], &[1, 256]);
                b.add(value, loaded)
            }
            1 => b.mul(value, factor),
            2 => b.unary(UnaryOp::Sin, value),
            _ => b.sub(value, factor),
        };
    }
    b.store(output, value, &[row, zero]);
    b.finish().expect("valid")
}

/// `count` sums over rows of 1024, each of the row less the sum before.
pub(crate) fn sums(count: usize) -> Kernel {
    let mut b = start("sums", 8);
    let x = b.read("input", Elem::F32, &[8, 1024]);
    let output = rows_out(&mut b, 8, 1024);
    let (zero, row) = (b.index(0), b.program_id(Axis::X));
    let mut value = b.load(x, &[row, zero], &[1, 1024]);
    for _ in 0..count {
        let sum = across(&mut b, ReduceOp::Add, value, 0.0);
        value = b.sub(value, sum);
    }
    b.store(output, value, &[row, zero]);
    b.finish().expect("valid")
}
