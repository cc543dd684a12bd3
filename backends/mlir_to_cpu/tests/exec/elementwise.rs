//! Arithmetic, comparisons, selection and elementary functions.

use tile_ir::interp::Buffer;
use tile_ir::{BinaryOp, Elem, Kernel, KernelBuilder, Number, Own, Predicate, UnaryOp, Value as Id};

use crate::harness::{Case, Value, check};

/// A kernel that stores `f` of the loads of its inputs, all of shape `dims`.
pub(crate) fn map(
    name: &str,
    inputs: &[Elem],
    dims: &[u64],
    f: impl FnOnce(&mut KernelBuilder, &[Id]) -> Id,
) -> Kernel {
    let mut b = KernelBuilder::new(name);
    b.at("kernel.rs", 3, 5);
    let views: Vec<_> = inputs.iter().enumerate().map(|(i, &elem)| b.read(&format!("in{i}"), elem, dims)).collect();
    let zero = b.index(0);
    let start = vec![zero; dims.len()];
    let tiles: Vec<Id> = views.into_iter().map(|view| b.load(view, &start, dims)).collect();
    let result = f(&mut b, &tiles);
    let ty = b.ty(result);
    let out = b.write("out", ty.elem, ty.shape.dims(), &vec![Own::Whole; ty.shape.rank()]);
    let start = vec![zero; ty.shape.rank()];
    b.store(out, result, &start);
    b.finish().expect("valid")
}

/// Odd sizes: single elements, tails of every length, several dimensions.
pub(crate) const SIZES: &[&[u64]] = &[&[1], &[3], &[29], &[5, 7], &[1, 16], &[2, 3, 12]];

fn with_ints(case: Case, elem: Elem, name: &str, seed: u64, f: impl Fn(u64) -> i64) -> Case {
    let dims: Vec<u64> = {
        let at = case.kernel.params.iter().position(|param| param.name == name).expect("a parameter");
        match &case.args[at] {
            Value::Buffer(buffer) => buffer.shape.dims().to_vec(),
            _ => panic!("a buffer"),
        }
    };
    let count: u64 = dims.iter().product();
    let mut rng = tile_ir::testing::Rng::new(seed);
    let values: Vec<i64> = (0..count).map(|_| f(rng.number())).collect();
    case.with(name, Value::Buffer(Buffer::from_ints(elem, &dims, &values).expect("ints")))
}

/// Floats that find rounding and special cases: ties, subnormal numbers, infinities, NaN, signed zero.
fn special(elem: Elem, count: u64, seed: u64) -> Vec<f32> {
    let mut rng = tile_ir::testing::Rng::new(seed);
    let fixed = [0.0, -0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 65504.0, 1e-7, 6e-8, 3.0, -1.5, 1e-40];
    (0..count)
        .map(|i| match fixed.get(i as usize).filter(|_| count > 20) {
            Some(&x) => x,
            None => {
                rng.float() * [1.0, 100.0, 1e-3, 1e-6][(i % 4) as usize] * if elem == Elem::F16 { 0.5 } else { 1.0 }
            }
        })
        .collect()
}

#[test]
fn float_operations() {
    let mut cases = Vec::new();
    for (e, &elem) in [Elem::F32, Elem::Bf16, Elem::F16].iter().enumerate() {
        for (s, &dims) in SIZES.iter().enumerate() {
            for &op in BinaryOp::ALL.iter().filter(|op| op.takes(true)) {
                let name = format!("{op:?}_{elem}_{s}");
                let kernel = map(&name, &[elem, elem], dims, |b, v| b.binary(op, v[0], v[1]));
                let count = dims.iter().product();
                let x = Buffer::from_floats(elem, dims, &special(elem, count, 1)).expect("floats");
                let mut y = special(elem, count, 2);
                y.reverse();
                let y = Buffer::from_floats(elem, dims, &y).expect("floats");
                let case = Case::random(kernel, (s * 7 + e) as u64);
                cases.push(case.with("in0", Value::Buffer(x)).with("in1", Value::Buffer(y)));
            }
            let name = format!("fma_{elem}_{s}");
            let kernel = map(&name, &[elem; 3], dims, |b, v| b.fma(v[0], v[1], v[2]));
            cases.push(Case::random(kernel, 5));
        }
    }
    check(&cases);
}

#[test]
fn elementary_functions() {
    let mut cases = Vec::new();
    for &elem in &[Elem::F32, Elem::Bf16, Elem::F16] {
        for (s, &dims) in SIZES.iter().enumerate() {
            for &op in UnaryOp::ALL {
                let kernel = map(&format!("{op:?}_{elem}_{s}"), &[elem], dims, |b, v| b.unary(op, v[0]));
                let count: u64 = dims.iter().product();
                let positive = matches!(op, UnaryOp::Log | UnaryOp::Sqrt | UnaryOp::Rsqrt);
                let scale = if matches!(op, UnaryOp::Exp | UnaryOp::Floor) { 10.0 } else { 3.0 };
                let mut rng = tile_ir::testing::Rng::new(s as u64);
                let values: Vec<f32> =
                    (0..count).map(|_| if positive { rng.float().abs() + 0.01 } else { rng.float() * scale }).collect();
                let x = Buffer::from_floats(elem, dims, &values).expect("floats");
                cases.push(Case::random(kernel, 0).with("in0", Value::Buffer(x)));
            }
        }
    }
    check(&cases);
}

#[test]
fn exponential_of_extremes() {
    let kernel = map("exp_wide", &[Elem::F32], &[64], |b, v| b.unary(UnaryOp::Exp, v[0]));
    let mut values =
        vec![0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 88.7, 89.0, 1e30, -87.0, -103.0, -110.0, -1e30];
    while values.len() < 64 {
        values.push((values.len() as f32 - 40.0) * 0.37);
    }
    let each: Vec<Case> = values
        .iter()
        .map(|&x| {
            let buffer = Buffer::from_floats(Elem::F32, &[64], &[x; 64]).expect("floats");
            Case::random(kernel.clone(), 0).with("in0", Value::Buffer(buffer))
        })
        .collect();
    check(&each);
}

#[test]
fn integer_operations() {
    let mut cases = Vec::new();
    for &elem in &[Elem::I8, Elem::I32, Elem::I64, Elem::I1] {
        for (s, &dims) in SIZES.iter().enumerate() {
            for &op in BinaryOp::ALL.iter().filter(|op| op.takes(false)) {
                if elem == Elem::I1 && !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor) {
                    continue;
                }
                let kernel = map(&format!("{op:?}_{elem}_{s}"), &[elem, elem], dims, |b, v| b.binary(op, v[0], v[1]));
                let case = Case::random(kernel, s as u64);
                let bits = elem.bits();
                let case = match op {
                    BinaryOp::DivS | BinaryOp::DivU | BinaryOp::RemS | BinaryOp::RemU => {
                        with_ints(case, elem, "in1", 3, |n| {
                            let small = (n % 200) as i64 - 100;
                            if small == 0 || small == -1 { 7 } else { small }
                        })
                    }
                    BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => {
                        with_ints(case, elem, "in1", 3, |n| (n % bits) as i64)
                    }
                    _ => case,
                };
                cases.push(case);
            }
        }
    }
    check(&cases);
}

#[test]
fn shifts_by_a_constant() {
    let mut cases = Vec::new();
    for &elem in &[Elem::I8, Elem::I32, Elem::I64] {
        for op in [BinaryOp::Shl, BinaryOp::ShrS, BinaryOp::ShrU] {
            let kernel = map(&format!("{op:?}_{elem}"), &[elem], &[13], |b, v| {
                let amount = b.int(elem, 3);
                let amount = b.broadcast(amount, &[13]);
                b.binary(op, v[0], amount)
            });
            cases.push(Case::random(kernel, 1));
        }
    }
    check(&cases);
}

#[test]
fn comparisons_and_selection() {
    let mut cases = Vec::new();
    for (p, &(predicate, keyword, _)) in Predicate::ALL.iter().enumerate() {
        for &elem in &[Elem::F32, Elem::Bf16, Elem::F16, Elem::I8, Elem::I32, Elem::I64] {
            if predicate.is_float() != elem.is_float() {
                continue;
            }
            for (s, &dims) in SIZES.iter().enumerate() {
                for what in ["mask", "choice"] {
                    let name = format!("{what}_{keyword}_{p}_{elem}_{s}");
                    let kernel = map(&name, &[elem, elem], dims, |b, v| {
                        let mask = b.compare(predicate, v[0], v[1]);
                        if what == "mask" { mask } else { b.select(mask, v[0], v[1]) }
                    });
                    let case = Case::random(kernel, s as u64);
                    cases.push(if elem.is_float() {
                        let count = dims.iter().product();
                        let x = Buffer::from_floats(elem, dims, &special(elem, count, 1)).expect("floats");
                        case.with("in0", Value::Buffer(x))
                    } else {
                        let case = with_ints(case, elem, "in0", 8, |n| (n % 5) as i64 - 2);
                        with_ints(case, elem, "in1", 9, |n| (n % 5) as i64 - 2)
                    });
                }
            }
        }
    }
    check(&cases);
}

#[test]
fn selection_by_a_scalar() {
    let mut cases = Vec::new();
    for &elem in &[Elem::F32, Elem::I8, Elem::I64, Elem::I1] {
        let mut b = KernelBuilder::new(&format!("pick_{elem}"));
        let limit = b.scalar("limit", Elem::I32, Some(10));
        let (x, y) = (b.read("x", elem, &[1, 21]), b.read("y", elem, &[1, 21]));
        let out = b.write("out", elem, &[1, 21], &[Own::Whole, Own::Whole]);
        let zero = b.index(0);
        let (x, y) = (b.load(x, &[zero, zero], &[1, 21]), b.load(y, &[zero, zero], &[1, 21]));
        let five = b.int(Elem::I32, 5);
        let cond = b.compare(Predicate::ULt, limit, five);
        let z = b.select(cond, x, y);
        b.store(out, z, &[zero, zero]);
        let kernel = b.finish().expect("valid");
        for limit in [1, 8] {
            cases.push(Case::random(kernel.clone(), 4).with("limit", Value::I32(limit)));
        }
    }
    check(&cases);
}

#[test]
fn constants() {
    let mut cases = Vec::new();
    for &elem in Elem::ALL.iter().filter(|&&elem| elem != Elem::Index) {
        let numbers: Vec<Number> = (0..21)
            .map(|i| if elem.is_float() { Number::Float(i as f32 * 0.5 - 3.0) } else { Number::Int(i % 2) })
            .collect();
        let kernel = map(&format!("dense_{elem}"), &[elem], &[3, 7], |b, v| {
            let dense = b.dense(elem, &[3, 7], numbers);
            if elem.is_float() { b.add(v[0], dense) } else { b.binary(BinaryOp::Xor, v[0], dense) }
        });
        cases.push(Case::random(kernel, 2));
        if elem.is_int() && elem != Elem::I1 {
            for dim in 0..2 {
                let kernel = map(&format!("iota_{elem}_{dim}"), &[elem], &[3, 21], |b, v| {
                    let iota = b.iota(elem, &[3, 21], dim);
                    b.add(v[0], iota)
                });
                cases.push(Case::random(kernel, 2));
            }
        }
    }
    check(&cases);
}
