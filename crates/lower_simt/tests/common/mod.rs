//! Runs lane programs on judged cases and compares with the tile interpreter.

#![allow(dead_code, reason = "each test binary uses a part")]

use judge::{ArgValue, Case, Expected, Outputs};
use lower_simt::interp::{self, Arg, Options, Trap};
use lower_simt::ir::{Convert, LaneKernel, Scalar as LaneScalar, Unroll};
use lower_simt::target::{MatrixUnit, Meeting, Target};
use lower_simt::testing::Build;
use lower_simt::testing::exprs::*;
use tile_ir::{Access, Axis, BinaryOp, CastOp, Elem, Kernel, KernelBuilder, Own, ReduceOp, UnaryOp};

/// Launches `lane` with the arguments of `case`, which stay as they are. Elements nobody writes keep their poison.
pub(crate) fn run_lanes(
    lane: &LaneKernel,
    target: &Target,
    case: &Case,
    options: &Options,
) -> Result<Outputs, Box<Trap>> {
    let mut written = case.outputs();
    let mut buffers = written.0.iter_mut();
    let mut args: Vec<Arg<'_>> = case
        .args
        .iter()
        .map(|arg| match &arg.value {
            ArgValue::View { buffer, access: Access::Read | Access::Weights, .. } => Arg::In(&buffer.bytes),
            ArgValue::View { access: Access::Write, .. } => {
                let (_, buffer) = buffers.next().expect("one output per written view");
                // Integers have no bits to spare, so their unwritten elements cannot be told from data.
                let unwritten = buffer.elem.is_float() && (0..buffer.len()).all(|i| buffer.is_poison(i));
                if unwritten { Arg::Out(&mut buffer.bytes) } else { Arg::InOut(&mut buffer.bytes) }
            }
            ArgValue::Float(value) => Arg::F32(*value),
            ArgValue::Int { elem: Elem::I64, value } => Arg::I64(*value as i64),
            ArgValue::Int { value, .. } => Arg::I32(*value as u32 as i32),
        })
        .collect();
    interp::run(lane, target, &mut args, options)?;
    drop(args);
    Ok(written)
}

/// Runs one case on `lane` and on `kernel`; what differs, or the trap.
pub(crate) fn check_case(kernel: &Kernel, lane: &LaneKernel, target: &Target, case: &Case) -> Result<(), String> {
    let truth = judge::run_interpreter(kernel, case).map_err(|trap| format!("the tile interpreter: {trap}"))?;
    let found = run_lanes(lane, target, case, &Options::default()).map_err(|trap| trap.to_string())?;
    let comparison = judge::compare(case, &Expected::from_outputs(case, &truth), &found);
    if comparison.passed() { Ok(()) } else { Err(comparison.to_string()) }
}

/// Runs `lane` and `kernel` on inputs made from each seed.
pub(crate) fn check(kernel: &Kernel, lane: &LaneKernel, target: &Target, seeds: &[u64]) -> Result<(), String> {
    for &seed in seeds {
        let case = judge::generate(kernel, seed).map_err(|error| error.to_string())?;
        check_case(kernel, lane, target, &case)
            .map_err(|problem| format!("{}, seed {seed}: {problem}", kernel.name))?;
    }
    Ok(())
}

/// A target with common limits.
pub(crate) const TARGET: Target = Target {
    name: "test",
    shared_bytes: 32 << 10,
    max_threads: 1024,
    warp: 32,
    max_grid: [1 << 30, 65_535, 65_535],
    max_buffers: 31,
    scalars_take_buffers: false,
    vector_bytes: 16,
    busy_threads: 256,
    programs: 64,
    tile_registers: 64,
    max_unroll: 16,
    lanes_meet: Meeting::Subgroup,
    matrix: &[MatrixUnit { elem: Elem::Bf16, m: 16, n: 8, k: 16 }, MatrixUnit { elem: Elem::F32, m: 8, n: 8, k: 8 }],
    ahead: None,
};

/// `output = input * transpose(weight)` for one row of `k` bf16, 16 columns per program, as a tile program and by hand:
/// a subgroup per column, eight elements at once.
pub(crate) fn matvec(n: u64, k: u64) -> (Kernel, LaneKernel) {
    let mut t = KernelBuilder::new("matvec");
    t.grid([n / 16, 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: 16 }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let y = t.write("output", Elem::F32, &[1, n], &own);
    let (zero, sixteen, id) = (t.index(0), t.index(16), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, sixteen);
    let left = t.load(x, &[zero, zero], &[1, k]);
    let right = t.load(w, &[row, zero], &[16, k]);
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let acc = t.splat(Elem::F32, &[1, 16], 0.0);
    let product = t.contract(left, right, acc, tile_ir::ContractSpec::matmul(true));
    t.store(y, product, &[zero, row]);
    let tile = t.finish().expect("valid");

    let mut b = Build::new("matvec", 512);
    b.grid([n / 16, 1, 1]);
    let x = b.read("input", Elem::F32, &[1, k]);
    let w = b.read("weight", Elem::Bf16, &[n, k]);
    let y = b.write("output", Elem::F32, &[1, n]);
    let column = b.define("column", add(mul(program(), int(16)), subgroup()));
    let sum = b.declare("sum", LaneScalar::F32, None, Some(float(0.0)));
    let bounds = [mul(lane(), int(8)), int(k as u32), int(256)];
    b.for_loop("i", bounds, Unroll::No, |b, i| {
        let a = b.declare("a", LaneScalar::F32, Some(8), None);
        let c = b.declare("c", LaneScalar::F32, Some(8), None);
        b.load_vector(a, int(0), global(x, var(i)), 4);
        b.load_vector(a, int(4), global(x, add(var(i), int(4))), 4);
        b.load_vector(c, int(0), global(w, add(mul(var(column), int(k as u32)), var(i))), 8);
        b.for_loop("j", [int(0), int(8), int(1)], Unroll::Full, |b, j| {
            b.assign(sum, fma(element(a, var(j)), element(c, var(j)), var(sum)));
        });
    });
    b.lane_reduce(sum, ReduceOp::Add, 32);
    b.when(eq(lane(), int(0)), |b| b.store(global(y, var(column)), var(sum)));
    (tile, b.finish())
}

/// `output = silu(input)` in bf16 over rows of `k`, a row per program.
fn silu(k: u64) -> (Kernel, LaneKernel) {
    let mut t = KernelBuilder::new("silu");
    t.grid([3, 1, 1]);
    let x = t.read("input", Elem::Bf16, &[3, k]);
    let y = t.write("output", Elem::Bf16, &[3, k], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let (zero, row) = (t.index(0), t.program_id(Axis::X));
    let value = t.load(x, &[row, zero], &[1, k]);
    let wide = t.cast(CastOp::ExtF, value, Elem::F32);
    let negative = t.unary(UnaryOp::Neg, wide);
    let power = t.unary(UnaryOp::Exp, negative);
    let one = t.splat(Elem::F32, &[1, k], 1.0);
    let below = t.add(power, one);
    let result = t.binary(BinaryOp::DivF, wide, below);
    let narrow = t.cast(CastOp::TruncF, result, Elem::Bf16);
    t.store(y, narrow, &[row, zero]);
    let tile = t.finish().expect("valid");

    let mut b = Build::new("silu", 64);
    b.grid([3, 1, 1]);
    let x = b.read("input", Elem::Bf16, &[3, k]);
    let y = b.write("output", Elem::Bf16, &[3, k]);
    let row = b.define("row", mul(program(), int(k as u32)));
    b.for_loop("i", [thread(), int(k as u32), int(64)], Unroll::No, |b, i| {
        let at = b.define("at", add(var(row), var(i)));
        let value = b.define("value", load(global(x, var(at))));
        let below = add(unary(UnaryOp::Exp, unary(UnaryOp::Neg, var(value))), float(1.0));
        let result = convert(Convert::Round(Elem::Bf16), binary(BinaryOp::DivF, var(value), below));
        b.store(global(y, var(at)), result);
    });
    (tile, b.finish())
}

/// `output = max(input)` over each row of `k`, a row per program: subgroups, then shared memory.
fn row_max(k: u64) -> (Kernel, LaneKernel) {
    let mut t = KernelBuilder::new("row_max");
    t.grid([4, 1, 1]);
    let x = t.read("input", Elem::F32, &[4, k]);
    let y = t.write("output", Elem::F32, &[4, 1], &[Own::Block { axis: Axis::X, size: 1 }, Own::Whole]);
    let (zero, row) = (t.index(0), t.program_id(Axis::X));
    let value = t.load(x, &[row, zero], &[1, k]);
    let lowest = t.splat(Elem::F32, &[1], f32::NEG_INFINITY);
    let largest = t.reduce(ReduceOp::MaxF, value, lowest, &[1]);
    let largest = t.reshape(largest, &[1, 1]);
    t.store(y, largest, &[row, zero]);
    let tile = t.finish().expect("valid");

    let mut b = Build::new("row_max", 128);
    b.grid([4, 1, 1]);
    let x = b.read("input", Elem::F32, &[4, k]);
    let y = b.write("output", Elem::F32, &[4, 1]);
    let parts = b.shared("parts", Elem::F32, 4);
    let largest = b.declare("largest", LaneScalar::F32, None, Some(float(f32::NEG_INFINITY)));
    b.for_loop("i", [thread(), int(k as u32), int(128)], Unroll::No, |b, i| {
        let value = load(global(x, add(mul(program(), int(k as u32)), var(i))));
        b.assign(largest, binary(BinaryOp::MaxF, var(largest), value));
    });
    b.lane_reduce(largest, ReduceOp::MaxF, 32);
    b.when(eq(lane(), int(0)), |b| b.store(shared(parts, subgroup()), var(largest)));
    b.barrier();
    b.when(eq(thread(), int(0)), |b| {
        b.for_loop("j", [int(1), int(4), int(1)], Unroll::No, |b, j| {
            b.assign(largest, binary(BinaryOp::MaxF, var(largest), load(shared(parts, var(j)))));
        });
        b.store(global(y, program()), var(largest));
    });
    (tile, b.finish())
}

/// Tile programs with lane programs written by hand.
pub(crate) fn gallery() -> Vec<(Kernel, LaneKernel)> {
    vec![matvec(32, 256), matvec(48, 1280), silu(100), silu(64), row_max(300), row_max(129)]
}
