//! Small tile programs whose core programs together hold what can be damaged.

use lower_dma::caps;
use lower_dma::target::Target;
use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own, ParamKind, Predicate, ReduceOp, UnaryOp,
};

/// Numbers that are reduced to one: no whole blocks, and few, so that each is the largest one now and then.
const TERMS: u64 = 44;

/// `output = silu(input * transpose(weight) + bias)`, 16 columns per program.
fn matvec(n: u64, k: u64) -> Kernel {
    let mut t = KernelBuilder::new("matvec");
    t.at("matvec.rs", 1, 1);
    t.grid([n / 16, 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: 16 }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let bias = t.weights("bias", Elem::F32, &[1, n]);
    let y = t.write("output", Elem::F32, &[1, n], &own);
    let (zero, sixteen, id) = (t.index(0), t.index(16), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, sixteen);
    let left = t.load(x, &[zero, zero], &[1, k]);
    let right = t.load(w, &[row, zero], &[16, k]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let acc = t.splat(Elem::F32, &[1, 16], 0.0);
    let product = t.contract(left, right, acc, ContractSpec::matmul(true));
    let bias = t.load(bias, &[zero, row], &[1, 16]);
    let sum = t.add(product, bias);
    let negative = t.unary(UnaryOp::Neg, sum);
    let power = t.unary(UnaryOp::Exp, negative);
    let one = t.splat(Elem::F32, &[1, 16], 1.0);
    let below = t.add(power, one);
    let result = t.binary(BinaryOp::DivF, sum, below);
    t.store(y, result, &[zero, row]);
    t.finish().expect("valid")
}

/// Rows of a kind of softmax over those elements that are above the row's mean.
fn softmax(rows: u64, k: u64) -> Kernel {
    let mut t = KernelBuilder::new("softmax");
    t.at("softmax.rs", 1, 1);
    t.grid([rows.div_ceil(8), 1, 1]);
    let x = t.read("input", Elem::F32, &[rows, k]);
    let y = t.write("output", Elem::F32, &[rows, k], &[Own::Block { axis: Axis::X, size: 8 }, Own::Whole]);
    let (zero, eight, id) = (t.index(0), t.index(8), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, eight);
    let value = t.load(x, &[row, zero], &[8, k]);
    let total = t.sum(value, &[1]);
    let mean = t.reshape(total, &[8, 1]);
    let part = t.splat(Elem::F32, &[8, 1], 1.0 / k as f32);
    let mean = t.mul(mean, part);
    let mean = t.broadcast(mean, &[8, k]);
    let above = t.compare(Predicate::FGe, value, mean);
    let low = t.splat(Elem::F32, &[8, k], -30.0);
    let chosen = t.select(above, value, low);
    let lowest = t.splat(Elem::F32, &[8], f32::NEG_INFINITY);
    let largest = t.reduce(ReduceOp::MaxF, chosen, lowest, &[1]);
    let largest = t.reshape(largest, &[8, 1]);
    let largest = t.broadcast(largest, &[8, k]);
    let apart = t.sub(chosen, largest);
    let power = t.unary(UnaryOp::Exp, apart);
    let sum = t.sum(power, &[1]);
    let sum = t.reshape(sum, &[8, 1]);
    let sum = t.broadcast(sum, &[8, k]);
    // So that moving the row changes the result.
    let one = t.splat(Elem::F32, &[8, k], 1.0);
    let sum = t.add(sum, one);
    let result = t.binary(BinaryOp::DivF, power, sum);
    t.store(y, result, &[row, zero]);
    t.finish().expect("valid")
}

/// Columns summed in a loop whose turns depend on a number and whose last rows hang over the end, then rows put in other places.
fn columns(position: u64) -> Kernel {
    let mut t = KernelBuilder::new("columns");
    t.at("columns.rs", 1, 1);
    let x = t.read("input", Elem::Bf16, &[60, 48]);
    let count = t.scalar("position", Elem::I32, Some(position));
    let y = t.write("output", Elem::Bf16, &[48, 2], &[Own::Whole, Own::Whole]);
    let (zero, step) = (t.index(0), t.index(16));
    let upper = t.cast(CastOp::IndexU, count, Elem::Index);
    let start = t.splat(Elem::F32, &[2, 48], 0.25);
    let sums = t.for_loop(zero, upper, step, &[start], |t, row, carried| {
        let rows = t.load(x, &[row, zero], &[16, 48]);
        let rows = t.cast(CastOp::ExtF, rows, Elem::F32);
        let none = t.splat(Elem::F32, &[48], 0.0);
        let sum = t.reduce(ReduceOp::Add, rows, none, &[0]);
        let sum = t.reshape(sum, &[1, 48]);
        let sum = t.broadcast(sum, &[2, 48]);
        vec![t.add(carried[0], sum)]
    });
    let turned = t.transpose(sums[0], &[1, 0]);
    let narrow = t.cast(CastOp::TruncF, turned, Elem::Bf16);
    t.store(y, narrow, &[zero, zero]);
    t.finish().expect("valid")
}

/// All of them, and those that hold every operation, but for functions that the target refuses or makes of a series: its last terms
/// are as small as what a comparison lets pass.
pub(super) fn kernels(target: &Target) -> Vec<Kernel> {
    let refused = |op: UnaryOp| matches!(caps::unary(op, Elem::F32, target), caps::Support::Refused(_));
    let series = |op| matches!(op, UnaryOp::Tanh | UnaryOp::Sin | UnaryOp::Cos) && !target.unary.contains(&op);
    let others = UnaryOp::ALL.iter().copied().filter(|&op| !series(op) && !refused(op));
    let mut kernels = vec![matvec(32, 320), softmax(24, 72), columns(65)];
    kernels.extend(kernel_testing::kernels(&others.collect::<Vec<_>>(), TERMS));
    kernels.retain(|kernel| {
        kernel.params.iter().all(|param| match &param.kind {
            ParamKind::View(view) => target.holds(view.elem),
            ParamKind::Scalar(_) => true,
        })
    });
    kernels
}
