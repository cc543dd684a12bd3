//! Modules on the machine's Vulkan device: every construct, functions of f32 over their whole range, folded grids, arguments
//! of 64 bits.

mod backend;

use backend::{BACKEND, at_every_width, available};
use emit_simt::testing;
use judge::{ArgValue, Buffer, Case, CaseArg, Expected, Outputs};
use lower_simt::ir::{Builtin, Convert, Expr, LaneKernel, Memory, Place, Scalar, Stmt, StmtKind};
use lower_simt::testing::Build;
use tile_ir::{Access, Axis, BinaryOp, Elem, ParamKind, Predicate, Shape, UnaryOp};

/// The kernel as one program, in which one thread writes what all of them would write to one place.
fn alone(mut kernel: LaneKernel) -> LaneKernel {
    kernel.grid = [1, 1, 1];
    by_one(&mut kernel.body);
    kernel
}

fn by_one(block: &mut Vec<Stmt>) {
    for stmt in block {
        stmt.blocks_mut().into_iter().for_each(by_one);
        let StmtKind::Store { place, .. } = &stmt.kind else { continue };
        let mut own = false;
        place.offset.for_each(&mut |expr| own |= matches!(expr, Expr::Builtin(_) | Expr::Var(_)));
        if !own {
            let first = Expr::Compare(Predicate::IEq, Box::new(Expr::Builtin(Builtin::Thread)), Box::new(Expr::int(0)));
            let then = vec![stmt.clone()];
            stmt.kind = StmtKind::If { condition: first, then, otherwise: Vec::new() };
        }
    }
}

/// A case whose views hold what `value` gives for an element type and index; scalars likewise. Floats to be written are poison.
fn case(kernel: &LaneKernel, value: impl Fn(Elem, usize) -> f64) -> Case {
    let args = kernel.params.iter().enumerate().map(|(number, param)| {
        let value = match &param.kind {
            ParamKind::View(view) => {
                let values: Vec<f64> = (0..view.shape.count() as usize).map(|i| value(view.elem, i)).collect();
                let buffer = if view.access == Access::Write && view.elem.is_float() {
                    Buffer::poisoned(view.elem, view.shape)
                } else {
                    Buffer::from_values(view.elem, view.shape, &values)
                };
                ArgValue::View { buffer, access: view.access }
            }
            ParamKind::Scalar(scalar) => match scalar.elem {
                Elem::F32 => ArgValue::Float(value(Elem::F32, number) as f32),
                elem => {
                    let most = scalar.bound.map_or(u64::MAX, |bound| bound - 1);
                    ArgValue::Int { elem, value: (value(elem, number) as u64).min(most) }
                }
            },
        };
        CaseArg { name: param.name.clone(), value }
    });
    Case { family: kernel.family.clone(), seed: 1, args: args.collect() }
}

fn on_device(kernel: &LaneKernel, case: &Case) -> Outputs {
    let source = (BACKEND.print)(kernel).unwrap_or_else(|error| panic!("{}: {error:?}", kernel.name));
    simt_testing::run_on_device("vulkan", &source, case).unwrap_or_else(|error| panic!("{}: {error}", kernel.name))
}

/// Numbers that no operation of those kernels traps on: small, positive where they divide or shift.
fn tame(elem: Elem, index: usize) -> f64 {
    let small = (index * 7 % 5 + 1) as f64;
    match elem {
        Elem::F32 | Elem::F16 | Elem::Bf16 => small / 4.0,
        Elem::I1 => f64::from(u8::from(index.is_multiple_of(3))),
        Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => small,
    }
}

#[test]
fn every_construct_computes_what_the_lane_interpreter_does() {
    if !available() || at_every_width("every_construct_computes_what_the_lane_interpreter_does") {
        return;
    }
    let mut kernels = testing::all();
    kernels.retain(|kernel| kernel.name != "vectors");
    kernels.extend(testing::vectors_by_elem());
    for kernel in kernels {
        let kernel = alone(kernel);
        let mut case = case(&kernel, tame);
        // A loop from -4 to there, which reads elements of that number, is not to run.
        for arg in case.args.iter_mut().filter(|arg| arg.name == "free") {
            arg.value = ArgValue::Int { elem: Elem::I32, value: u64::from(-8i32 as u32) };
        }
        let truth = simt_testing::lane_outputs(&kernel, BACKEND.target, &case);
        let truth = truth.unwrap_or_else(|trap| panic!("{}: {trap}", kernel.name));
        let found = on_device(&kernel, &case);
        let comparison = judge::compare(&case, &Expected::from_outputs(&case, &truth), &found);
        assert!(comparison.passed(), "{}: {comparison}", kernel.name);
    }
}

const COUNT: usize = 64 * 256;

/// `y[i] = op(x[i])`.
fn map(op: UnaryOp) -> LaneKernel {
    let mut b = Build::new("map", 64);
    b.grid([COUNT as u64 / 64, 1, 1]);
    let x = b.read("x", Elem::F32, &[COUNT as u64]);
    let y = b.write("y", Elem::F32, &[COUNT as u64]);
    let first = binary(BinaryOp::Mul, Expr::Builtin(Builtin::Program(Axis::X)), Expr::int(64));
    let at = binary(BinaryOp::Add, first, Expr::Builtin(Builtin::Thread));
    let value = Expr::Load(place(Memory::Global(x), at.clone()));
    b.store(place(Memory::Global(y), at), Expr::Unary(op, Box::new(value)));
    b.finish()
}

fn binary(op: BinaryOp, x: Expr, y: Expr) -> Expr {
    Expr::Binary(op, Box::new(x), Box::new(y))
}

fn place(memory: Memory, offset: Expr) -> Place {
    Place { memory, offset: Box::new(offset), owner: None }
}

/// Numbers of every magnitude and both signs, and special ones.
fn numbers() -> Vec<f32> {
    let special = [
        0.0,
        -0.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        1.0,
        -1.0,
        88.72,
        88.73,
        -87.0,
        -103.0,
        f32::MAX,
        f32::MIN_POSITIVE,
        std::f32::consts::PI,
        1e22,
    ];
    let mut bits = 1u32;
    let mut any = || {
        bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bits
    };
    let mut numbers: Vec<f32> = special.to_vec();
    while numbers.len() < COUNT {
        let value = match numbers.len() % 4 {
            // Every magnitude.
            0 => f32::from_bits(any()),
            // Between -128 and 128.
            1 => (any() as i32 as f32) / (1 << 24) as f32,
            // Around one.
            2 => 1.0 + (any() as i32 as f32) / (1u64 << 33) as f32,
            // Between -8 and 8.
            _ => (any() as i32 as f32) / (1 << 28) as f32,
        };
        // Denormal numbers may count as zeros.
        numbers.push(if value.is_subnormal() { 1.0 } else { value });
    }
    numbers
}

fn truth(op: UnaryOp, x: f64) -> f64 {
    match op {
        UnaryOp::Neg => -x,
        UnaryOp::Abs => x.abs(),
        UnaryOp::Exp => x.exp(),
        UnaryOp::Log => x.ln(),
        UnaryOp::Sqrt => x.sqrt(),
        UnaryOp::Rsqrt => 1.0 / x.sqrt(),
        UnaryOp::Tanh => x.tanh(),
        UnaryOp::Sin => x.sin(),
        UnaryOp::Cos => x.cos(),
        UnaryOp::Floor => x.floor(),
    }
}

/// Each result is within a few units of the last place, whatever the argument; special numbers give special numbers.
#[test]
fn functions_are_good_over_their_whole_range() {
    if !available() {
        return;
    }
    let numbers = numbers();
    for &op in UnaryOp::ALL {
        let kernel = map(op);
        let case = case(&kernel, |_, index| f64::from(numbers[index]));
        let found = on_device(&kernel, &case);
        let found = found.get("y").expect("it is written");
        let mut worst = (0.0f64, 0.0f32);
        for (index, &x) in numbers.iter().enumerate() {
            let (want, got) = (truth(op, f64::from(x)), found.get(index));
            let rounded = want as f32;
            let tiny = want != 0.0 && rounded.abs() < f32::MIN_POSITIVE;
            if rounded.is_nan() || rounded.is_infinite() || tiny {
                let alike = match () {
                    () if rounded.is_nan() => got.is_nan(),
                    () if rounded.is_infinite() => got == f64::from(rounded),
                    // Zero, or nearly right.
                    () => got.abs() <= f64::from(f32::MIN_POSITIVE),
                };
                assert!(alike, "{op:?}({x:e}) = {got:e} instead of {want:e}");
                continue;
            }
            let error = if want == got { 0.0 } else { ((got - want) / want).abs() };
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        println!("{op:?}: {:.1e} at {:e}", worst.0, worst.1);
        assert!(worst.0 < 6e-7, "{op:?}: relative error {:e} at {:e}", worst.0, worst.1);
    }
}

/// More programs than a device counts along x, with a number of 64 bits among the arguments.
#[test]
fn folded_programs_find_their_numbers() {
    if !available() {
        return;
    }
    let programs = 70_001u64;
    let mut b = Build::new("folded", 64);
    b.grid([programs, 2, 1]);
    let bias = b.scalar("bias", Elem::I64);
    let out = b.write("out", Elem::I64, &[2, programs]);
    let (x, y) = (Expr::Builtin(Builtin::Program(Axis::X)), Expr::Builtin(Builtin::Program(Axis::Y)));
    let row = binary(BinaryOp::Mul, y, Expr::int(programs as u32));
    let at = binary(BinaryOp::Add, row, x);
    let first = Expr::Compare(Predicate::IEq, Box::new(Expr::Builtin(Builtin::Thread)), Box::new(Expr::int(0)));
    let wide = Expr::Convert(Convert::ZeroExtend(Scalar::I64), Box::new(at.clone()));
    b.when(first, |b| b.store(place(Memory::Global(out), at), binary(BinaryOp::Add, wide, bias)));
    let kernel = b.finish();
    let source = mlir_to_spirv::print(&kernel).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(source.kernel.workgroups, Some([35_001, 4, 1]));
    assert_eq!((source.kernel.grid, source.kernel.push_constant_bytes), ([programs, 2, 1], 16));
    let mut case = case(&kernel, |_, _| 0.0);
    let bias = 0x1234_5678_9abc_def0u64;
    case.args[0].value = ArgValue::Int { elem: Elem::I64, value: bias };
    let found = on_device(&kernel, &case);
    let found = found.get("out").expect("it is written");
    assert_eq!(found.shape, Shape::new(&[2, programs]).expect("a shape"));
    for index in 0..2 * programs {
        assert_eq!(found.bits(index as usize), bias + index, "{index}");
    }
}
