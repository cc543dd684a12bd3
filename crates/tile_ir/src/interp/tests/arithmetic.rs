//! Elementwise operations and conversions.

use half::{bf16, f16};

use super::*;
use crate::op::{BinaryOp, CastOp, Literal, Number, Predicate, UnaryOp};
use crate::testing::{Rng, random_buffer};
use crate::types::Type;

const SPECIAL: [f32; 10] =
    [0.0, -0.0, 1.0, -2.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, f32::MAX, 1e-40];

/// Same number, or both NaN.
fn same(a: f32, b: f32) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn round(elem: Elem, x: f64) -> f32 {
    match elem {
        Elem::F16 => f16::from_f32(x as f32).to_f32(),
        Elem::Bf16 => bf16::from_f32(x as f32).to_f32(),
        _ => x as f32,
    }
}

/// Random floats with the special ones in front.
fn sample(rng: &mut Rng, elem: Elem, count: usize) -> Buffer {
    let scale = f32::powi(10.0, rng.below(5) as i32 - 2);
    let values: Vec<f32> = (0..count).map(|i| SPECIAL.get(i).copied().unwrap_or_else(|| rng.float() * scale)).collect();
    floats(elem, &[count as u64], &values)
}

#[test]
fn unary_functions_are_rounded_from_double() {
    for (seed, &op) in UnaryOp::ALL.iter().enumerate() {
        for elem in [Elem::F32, Elem::F16, Elem::Bf16] {
            let x = sample(&mut Rng::new(seed as u64), elem, 77);
            let found = eval(&[&x], |b, v| b.unary(op, v[0])).expect("runs").to_floats().expect("floats");
            for (x, found) in x.to_floats().expect("floats").into_iter().zip(found) {
                let wide = f64::from(x);
                let expected = match op {
                    UnaryOp::Neg => -wide,
                    UnaryOp::Abs => wide.abs(),
                    UnaryOp::Exp => wide.exp(),
                    UnaryOp::Log => wide.ln(),
                    UnaryOp::Sqrt => wide.sqrt(),
                    UnaryOp::Rsqrt => wide.sqrt().recip(),
                    UnaryOp::Tanh => wide.tanh(),
                    UnaryOp::Sin => wide.sin(),
                    UnaryOp::Cos => wide.cos(),
                    UnaryOp::Floor => wide.floor(),
                };
                assert!(same(found, round(elem, expected)), "{op:?} {elem} of {x}: {found}");
            }
        }
    }
}

#[test]
fn float_arithmetic_rounds_once() {
    let ops = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::DivF, BinaryOp::MinF, BinaryOp::MaxF];
    for seed in 0..5 {
        for elem in [Elem::F32, Elem::F16, Elem::Bf16] {
            let mut rng = Rng::new(seed);
            let x = sample(&mut rng, elem, 100);
            let mut shifted = sample(&mut rng, elem, 100).to_floats().expect("floats");
            shifted.rotate_left(seed as usize + 1);
            let y = floats(elem, &[100], &shifted);
            for op in ops {
                let found = eval(&[&x, &y], |b, v| b.binary(op, v[0], v[1])).expect("runs");
                let pairs = x.to_floats().expect("floats").into_iter().zip(y.to_floats().expect("floats"));
                for ((x, y), found) in pairs.zip(found.to_floats().expect("floats")) {
                    // Sums, products and quotients of f32 in f64 round to the same f32 as directly.
                    let (a, b) = (f64::from(x), f64::from(y));
                    let expected = match op {
                        BinaryOp::Add => a + b,
                        BinaryOp::Sub => a - b,
                        BinaryOp::Mul => a * b,
                        BinaryOp::DivF => a / b,
                        BinaryOp::MinF => a.min(b),
                        BinaryOp::MaxF => a.max(b),
                        _ => unreachable!("not in the list"),
                    };
                    assert!(same(found, round(elem, expected)), "{op:?} {elem} of {x}, {y}: {found}");
                }
            }
        }
    }
}

#[test]
fn fma_rounds_once() {
    let (x, y) = (1.0 + f32::EPSILON, 1.0 - f32::EPSILON);
    let (x, y, z) = (floats(Elem::F32, &[1], &[x]), floats(Elem::F32, &[1], &[y]), floats(Elem::F32, &[1], &[-1.0]));
    let fused = eval(&[&x, &y, &z], |b, v| b.fma(v[0], v[1], v[2])).expect("runs");
    assert_eq!(fused.to_floats().expect("floats"), [-f32::EPSILON * f32::EPSILON]);
    let split = eval(&[&x, &y, &z], |b, v| {
        let product = b.mul(v[0], v[1]);
        b.add(product, v[2])
    });
    assert_eq!(split.expect("runs").to_floats().expect("floats"), [0.0]);
}

/// Integers of `elem` with the extreme ones in front.
fn int_sample(rng: &mut Rng, elem: Elem, count: usize) -> Vec<i64> {
    let buffer = random_buffer(rng, elem, &[count as u64]);
    let bits = elem.bits();
    let extremes = [i64::MIN >> (64 - bits), i64::MAX >> (64 - bits), -1, 0, 1];
    let mut values = buffer.to_ints().expect("ints");
    values[..5].copy_from_slice(&extremes);
    values
}

/// The operation in 128 bits, on numbers read as the operation reads them, before wrapping.
fn int_reference(op: BinaryOp, elem: Elem, x: i64, y: i64) -> i128 {
    let mask = (1i128 << elem.bits()) - 1;
    let (sx, sy) = (i128::from(x), i128::from(y));
    let (ux, uy) = (sx & mask, sy & mask);
    match op {
        BinaryOp::Add => sx + sy,
        BinaryOp::Sub => sx - sy,
        BinaryOp::Mul => sx * sy,
        BinaryOp::DivS => sx / sy,
        BinaryOp::DivU => ux / uy,
        BinaryOp::RemS => sx % sy,
        BinaryOp::RemU => ux % uy,
        BinaryOp::MinS => sx.min(sy),
        BinaryOp::MaxS => sx.max(sy),
        BinaryOp::MinU => ux.min(uy),
        BinaryOp::MaxU => ux.max(uy),
        BinaryOp::And => ux & uy,
        BinaryOp::Or => ux | uy,
        BinaryOp::Xor => ux ^ uy,
        BinaryOp::Shl => ux << uy,
        BinaryOp::ShrS => sx >> uy,
        BinaryOp::ShrU => ux >> uy,
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => unreachable!("floats only"),
    }
}

fn wrapped(elem: Elem, x: i128) -> i64 {
    let unused = 128 - elem.bits();
    ((x << unused) >> unused) as i64
}

#[test]
fn integers_wrap_at_their_width() {
    for seed in 0..4 {
        for elem in [Elem::I8, Elem::I32, Elem::I64] {
            let mut rng = Rng::new(seed);
            let xs = int_sample(&mut rng, elem, 61);
            for &op in BinaryOp::ALL.iter().filter(|op| op.takes(false)) {
                let mut ys = int_sample(&mut rng, elem, 61);
                ys.rotate_right(seed as usize);
                for (y, x) in ys.iter_mut().zip(&xs) {
                    let bits = elem.bits() as i64;
                    match op {
                        BinaryOp::Shl | BinaryOp::ShrS | BinaryOp::ShrU => *y = y.rem_euclid(bits),
                        BinaryOp::DivS | BinaryOp::RemS if *y == 0 || (*y == -1 && *x < 0) => *y = 7,
                        BinaryOp::DivU | BinaryOp::RemU if *y == 0 => *y = 7,
                        _ => {}
                    }
                }
                let (a, b) = (ints(elem, &[61], &xs), ints(elem, &[61], &ys));
                let found = eval(&[&a, &b], |k, v| k.binary(op, v[0], v[1])).expect("runs");
                for ((&x, &y), found) in xs.iter().zip(&ys).zip(found.to_ints().expect("ints")) {
                    let expected = wrapped(elem, int_reference(op, elem, x, y));
                    assert_eq!(found, expected, "{op:?} {elem} of {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn undefined_integer_operations_trap() {
    let binary = |op, elem, x, y| {
        let (x, y) = (ints(elem, &[1], &[x]), ints(elem, &[1], &[y]));
        trap_kind(eval(&[&x, &y], |b, v| b.binary(op, v[0], v[1])))
    };
    for op in [BinaryOp::DivS, BinaryOp::DivU, BinaryOp::RemS, BinaryOp::RemU] {
        assert_eq!(binary(op, Elem::I32, 5, 0), TrapKind::DivisionByZero);
    }
    for (elem, smallest) in [(Elem::I8, -128), (Elem::I32, i64::from(i32::MIN)), (Elem::I64, i64::MIN)] {
        assert_eq!(binary(BinaryOp::DivS, elem, smallest, -1), TrapKind::DivisionOverflow);
        assert_eq!(binary(BinaryOp::RemS, elem, smallest, -1), TrapKind::DivisionOverflow);
    }
    for (op, amount) in [(BinaryOp::Shl, 8), (BinaryOp::ShrS, 9), (BinaryOp::ShrU, -1)] {
        let shift = binary(op, Elem::I8, 1, amount);
        assert_eq!(shift, TrapKind::Shift { elem: Elem::I8, amount: amount as u8 as u64 });
    }
}

#[test]
fn comparisons_follow_their_predicate() {
    let mut rng = Rng::new(3);
    let x = sample(&mut rng, Elem::F32, 40);
    let mut ys = x.to_floats().expect("floats");
    ys.rotate_left(4);
    ys[0] = 0.0;
    let y = floats(Elem::F32, &[40], &ys);
    let (i, j) = (int_sample(&mut rng, Elem::I32, 40), int_sample(&mut rng, Elem::I32, 40));
    let (ib, jb) = (ints(Elem::I32, &[40], &i), ints(Elem::I32, &[40], &j));
    for &(predicate, _, _) in Predicate::ALL {
        let inputs = if predicate.is_float() { [&x, &y] } else { [&ib, &jb] };
        let found = eval(&inputs, |b, v| b.compare(predicate, v[0], v[1])).expect("runs");
        let found = found.to_ints().expect("bits");
        for n in 0..40 {
            let (a, b) = (x.to_floats().expect("floats")[n], ys[n]);
            let (ua, ub) = (i[n] as u32, j[n] as u32);
            let expected = match predicate {
                Predicate::FEq => a == b,
                Predicate::FNe => a != b,
                Predicate::FLt => a < b,
                Predicate::FLe => a <= b,
                Predicate::FGt => a > b,
                Predicate::FGe => a >= b,
                Predicate::IEq => i[n] == j[n],
                Predicate::INe => i[n] != j[n],
                Predicate::SLt => i[n] < j[n],
                Predicate::SLe => i[n] <= j[n],
                Predicate::SGt => i[n] > j[n],
                Predicate::SGe => i[n] >= j[n],
                Predicate::ULt => ua < ub,
                Predicate::ULe => ua <= ub,
                Predicate::UGt => ua > ub,
                Predicate::UGe => ua >= ub,
            };
            assert_eq!(found[n], i64::from(expected), "{predicate:?} at {n}");
        }
    }
}

#[test]
fn select_takes_scalar_and_tile_conditions() {
    let (x, y) = (floats(Elem::F32, &[3], &[1.0, 2.0, 3.0]), floats(Elem::F32, &[3], &[4.0, 5.0, 6.0]));
    let mask = ints(Elem::I1, &[3], &[1, 0, 1]);
    let tile = eval(&[&x, &y, &mask], |b, v| b.select(v[2], v[0], v[1])).expect("runs");
    assert_eq!(tile.to_floats().expect("floats"), [1.0, 5.0, 3.0]);
    let scalar = eval(&[&x, &y], |b, v| {
        let cond = b.int(Elem::I1, 0);
        b.select(cond, v[0], v[1])
    });
    assert_eq!(scalar.expect("runs"), y);
}

/// Casts `value` and reads the result as a number.
fn cast_int(op: CastOp, from: Elem, value: i64, to: Elem) -> i64 {
    let input = ints(from, &[1], &[value]);
    eval(&[&input], |b, v| b.cast(op, v[0], to)).expect("runs").to_ints().expect("ints")[0]
}

fn to_float(op: CastOp, from: Elem, value: i64, to: Elem) -> f32 {
    let input = ints(from, &[1], &[value]);
    eval(&[&input], |b, v| b.cast(op, v[0], to)).expect("runs").to_floats().expect("floats")[0]
}

fn to_int(op: CastOp, value: f32, to: Elem) -> i64 {
    let input = floats(Elem::F32, &[1], &[value]);
    eval(&[&input], |b, v| b.cast(op, v[0], to)).expect("runs").to_ints().expect("ints")[0]
}

#[test]
fn integer_casts() {
    assert_eq!(cast_int(CastOp::ExtS, Elem::I8, -3, Elem::I32), -3);
    assert_eq!(cast_int(CastOp::ExtU, Elem::I8, -3, Elem::I32), 253);
    assert_eq!(cast_int(CastOp::ExtS, Elem::I1, 1, Elem::I32), -1);
    assert_eq!(cast_int(CastOp::ExtU, Elem::I1, 1, Elem::I32), 1);
    assert_eq!(cast_int(CastOp::TruncI, Elem::I32, 0x1ff, Elem::I8), -1);
    assert_eq!(cast_int(CastOp::TruncI, Elem::I32, 2, Elem::I1), 0);
    let through_index = |op| {
        let input = ints(Elem::I32, &[1], &[-5]);
        let wide = eval(&[&input], |b, v| {
            let index = b.cast(op, v[0], Elem::Index);
            b.cast(CastOp::IndexS, index, Elem::I64)
        });
        wide.expect("runs").to_ints().expect("ints")[0]
    };
    assert_eq!(through_index(CastOp::IndexS), -5);
    assert_eq!(through_index(CastOp::IndexU), (1 << 32) - 5);
}

#[test]
fn float_casts() {
    assert_eq!(to_float(CastOp::SIntToFp, Elem::I32, -7, Elem::F32), -7.0);
    assert_eq!(to_float(CastOp::UIntToFp, Elem::I32, -1, Elem::F32), u32::MAX as f32);
    assert_eq!(to_float(CastOp::UIntToFp, Elem::I1, 1, Elem::Bf16), 1.0);
    assert_eq!(to_float(CastOp::SIntToFp, Elem::I1, 1, Elem::F32), -1.0);
    assert_eq!(to_float(CastOp::SIntToFp, Elem::I32, 257, Elem::Bf16), 256.0);
    for (value, signed, unsigned) in
        [(2.9, 2, 2), (-2.9, -2, 0), (300.0, 127, -1), (-1e30, -128, 0), (f32::NAN, 0, 0), (200.5, 127, -56)]
    {
        assert_eq!(to_int(CastOp::FpToSInt, value, Elem::I8), signed, "{value}");
        assert_eq!(to_int(CastOp::FpToUInt, value, Elem::I8), unsigned, "{value}");
    }
    assert_eq!(to_int(CastOp::FpToSInt, 1e30, Elem::I64), i64::MAX);
    assert_eq!(to_int(CastOp::FpToUInt, 4e9, Elem::I32), 4_000_000_000u32 as i32 as i64);

    let mut rng = Rng::new(9);
    let x = sample(&mut rng, Elem::F32, 60);
    for elem in [Elem::F16, Elem::Bf16] {
        let narrow = eval(&[&x], |b, v| b.cast(CastOp::TruncF, v[0], elem)).expect("runs");
        assert_eq!(narrow.bytes, floats(elem, &[60], &x.to_floats().expect("floats")).bytes);
        let wide = eval(&[&narrow], |b, v| b.cast(CastOp::ExtF, v[0], Elem::F32)).expect("runs");
        let pairs = wide.to_floats().expect("floats").into_iter().zip(narrow.to_floats().expect("floats"));
        assert!(pairs.into_iter().all(|(a, b)| same(a, b)));
    }
}

#[test]
fn bitcasts_keep_bits() {
    let mut rng = Rng::new(11);
    let bits = random_buffer(&mut rng, Elem::I32, &[50]);
    // Keep clear of signalling NaN, which a float register may quiet.
    let bits =
        ints(Elem::I32, &[50], &bits.to_ints().expect("ints").iter().map(|b| b & 0x7f7f_ffff).collect::<Vec<_>>());
    let float = eval(&[&bits], |b, v| b.cast(CastOp::Bitcast, v[0], Elem::F32)).expect("runs");
    assert_eq!(float.bytes, bits.bytes);
    let back = eval(&[&float], |b, v| b.cast(CastOp::Bitcast, v[0], Elem::I32)).expect("runs");
    assert_eq!(back, bits);
    let half = floats(Elem::F16, &[2], &[1.0, -2.0]);
    let brain = eval(&[&half], |b, v| b.cast(CastOp::Bitcast, v[0], Elem::Bf16)).expect("runs");
    assert_eq!(brain.bytes, half.bytes);
}

#[test]
fn constants() {
    let splat = eval(&[], |b, _| b.splat(Elem::Bf16, &[3], 1.5)).expect("runs");
    assert_eq!(splat.to_floats().expect("floats"), [1.5; 3]);
    let iota = eval(&[], |b, _| b.iota(Elem::I32, &[2, 3, 2], 1)).expect("runs");
    assert_eq!(iota.to_ints().expect("ints"), [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
    let dense = eval(&[], |b, _| b.dense(Elem::I8, &[2], vec![Number::Int(-1), Number::Int(5)])).expect("runs");
    assert_eq!(dense.to_ints().expect("ints"), [-1, 5]);
    let scalar = eval(&[], |b, _| b.constant(Type::F32, Literal::Splat(Number::Float(0.25)))).expect("runs");
    assert_eq!(scalar.to_floats().expect("floats"), [0.25]);
}
