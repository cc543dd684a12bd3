//! Conversions.

use mlir_to_cpu::caps::{Support, cast};
use tile_ir::interp::Buffer;
use tile_ir::{CastOp, Elem};

use crate::elementwise::map;
use crate::harness::{Case, Value, check};

/// Values around every edge of the types.
fn floats() -> Vec<f32> {
    let mut values = vec![0.0, -0.0, 0.5, -0.5, 1.5, 2.5, 127.4, 128.0, -128.9, -129.0, 255.5, 256.0, 300.0, -1.0];
    values.extend([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 2147483648.0, -2147483648.0, 4294967296.0, 1e20, -1e20]);
    // Ties and neighbours when rounded to 16 bits; overflow; subnormal numbers.
    values.extend([
        257.0 / 256.0,
        259.0 / 256.0,
        1025.0 / 1024.0,
        1027.0 / 1024.0,
        65519.9,
        65520.0,
        3e-8,
        2.98e-8,
        5.96e-8,
        6.1e-5,
    ]);
    values.extend([3.39e38, 3.4e38, 1e-40, -1e-40, 1e-38, 6.097e-5, -6.104e-5]);
    for i in 0..60 {
        values.push((i as f32 - 30.0) * 1.2345 * 10_f32.powi(i % 9 - 6));
    }
    values
}

#[test]
fn every_conversion() {
    let mut cases = Vec::new();
    for &op in CastOp::ALL {
        for &from in Elem::ALL {
            for &to in Elem::ALL {
                let memory = from != Elem::Index && to != Elem::Index;
                if !memory || matches!(cast(op, from, to), Support::Refused(_)) {
                    continue;
                }
                let buffer = |len: usize| {
                    if from.is_float() {
                        let mut values = floats();
                        if matches!(op, CastOp::FpToSInt | CastOp::FpToUInt) {
                            values.retain(|x| !x.is_nan());
                        }
                        Buffer::from_floats(from, &[len as u64], &values[..len]).expect("floats")
                    } else {
                        let values: Vec<i64> = (0..len as i64)
                            .map(|i| (i - 9).wrapping_mul([1, 77, 65_537, 1 << 40][i as usize % 4]))
                            .collect();
                        Buffer::from_ints(from, &[len as u64], &values).expect("ints")
                    }
                };
                for len in [1_usize, 31, 85] {
                    let kernel =
                        map(&format!("{op:?}_{from}_{to}_{len}"), &[from], &[len as u64], |b, v| b.cast(op, v[0], to));
                    cases.push(Case::random(kernel, 0).with("in0", Value::Buffer(buffer(len))));
                }
            }
        }
    }
    assert!(cases.len() > 100);
    check(&cases);
}

#[test]
fn through_index() {
    let mut cases = Vec::new();
    for &elem in &[Elem::I8, Elem::I32, Elem::I64, Elem::I1] {
        for op in [CastOp::IndexS, CastOp::IndexU] {
            let kernel = map(&format!("{op:?}_{elem}"), &[elem], &[19], |b, v| {
                let index = b.cast(op, v[0], Elem::Index);
                let twice = b.add(index, index);
                b.cast(op, twice, Elem::I64)
            });
            cases.push(Case::random(kernel, 3));
            let kernel = map(&format!("back_{op:?}_{elem}"), &[Elem::I64], &[19], |b, v| {
                let index = b.cast(op, v[0], Elem::Index);
                b.cast(op, index, elem)
            });
            cases.push(Case::random(kernel, 3));
        }
    }
    check(&cases);
}
