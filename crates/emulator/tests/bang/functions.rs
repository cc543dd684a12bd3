//! Each function against what its page says.

use crate::harness::{input, kernel, out, pass, pass_each};

/// Runs a call with `a` and `b` loaded from 256 numbers each, and gives `c`.
fn run(call: &str, a: &[f32], b: &[f32]) -> Option<Vec<f32>> {
    let source = kernel(&format!(
        "__memcpy(a, x, 1024, GDRAM2NRAM);\n__memcpy(b, x + 256, 1024, GDRAM2NRAM);\n__bang_write_value(c, 256, -7.0f);\n\
         {call}\n__memcpy(y, c, 1024, NRAM2GDRAM);"
    ));
    let mut x = a.to_vec();
    x.resize(256, 1.0);
    x.extend_from_slice(b);
    x.resize(512, 1.0);
    let mut y = vec![f32::NAN; 256];
    let results = std::ptr::from_ref(&y[..]);
    let mut first: Option<Vec<f32>> = None;
    pass_each(&source, 1, &[out(&mut y), input(&x)], |arch| {
        // SAFETY: the launch is over, and the buffer lives.
        let results = unsafe { &*results }.to_vec();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let first = first.get_or_insert_with(|| results.clone());
        assert_eq!(bits(first), bits(&results), "{arch}: {call}");
    });
    first
}

#[track_caller]
fn gives(call: &str, a: &[f32], b: &[f32], expected: &[f32]) {
    let Some(results) = run(call, a, b) else { return };
    for (index, expected) in expected.iter().enumerate() {
        let same = results[index] == *expected || (results[index].is_nan() && expected.is_nan());
        assert!(same, "{call}: element {index} is {}, not {expected}", results[index]);
    }
}

const NAN: f32 = f32::NAN;
const A: [f32; 6] = [1.5, -2.0, 0.0, 4.0, NAN, 3.0];
const B: [f32; 6] = [0.5, -2.0, 1.0, -8.0, 2.0, NAN];

#[test]
fn two_vectors() {
    gives("__bang_add(c, a, b, 6);", &A, &B, &[2.0, -4.0, 1.0, -4.0, NAN, NAN, -7.0]);
    gives("__bang_sub(c, a, b, 6);", &A, &B, &[1.0, 0.0, -1.0, 12.0, NAN, NAN, -7.0]);
    gives("__bang_mul(c, a, b, 6);", &A, &B, &[0.75, 4.0, 0.0, -32.0, NAN, NAN, -7.0]);
    // Where one is NaN, the first is given.
    gives("__bang_maxequal(c, a, b, 6);", &A, &B, &[1.5, -2.0, 1.0, 4.0, NAN, 3.0, -7.0]);
    gives("__bang_minequal(c, a, b, 6);", &A, &B, &[0.5, -2.0, 0.0, -8.0, NAN, 3.0, -7.0]);
    gives("__bang_gt(c, a, b, 6);", &A, &B, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, -7.0]);
    gives("__bang_ge(c, a, b, 6);", &A, &B, &[1.0, 1.0, 0.0, 1.0, 0.0, 0.0, -7.0]);
    gives("__bang_lt(c, a, b, 6);", &A, &B, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -7.0]);
    gives("__bang_le(c, a, b, 6);", &A, &B, &[0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -7.0]);
    gives("__bang_eq(c, a, b, 6);", &A, &B, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -7.0]);
    gives("__bang_ne(c, a, b, 6);", &A, &B, &[1.0, 0.0, 1.0, 1.0, 1.0, 1.0, -7.0]);
    let (p, q) = ([0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 3.0, 4.0]);
    gives("__bang_and(c, a, b, 4);", &p, &q, &[0.0, 0.0, 0.0, 1.0]);
    gives("__bang_or(c, a, b, 4);", &p, &q, &[0.0, 1.0, 1.0, 1.0]);
    gives("__bang_xor(c, a, b, 4);", &p, &q, &[0.0, 1.0, 1.0, 0.0]);
    gives("__bang_not(c, a, 4);", &p, &q, &[1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_vector_and_a_scalar() {
    gives("__bang_add_scalar(c, a, 0.5f, 3);", &A, &B, &[2.0, -1.5, 0.5, -7.0]);
    gives("__bang_sub_scalar(c, a, 0.5f, 3);", &A, &B, &[1.0, -2.5, -0.5, -7.0]);
    gives("__bang_mul_scalar(c, a, -1.0f, 3);", &A, &B, &[-1.5, 2.0, 0.0, -7.0]);
    gives("__bang_maxeq_scalar(c, a, 1.0f, 5);", &A, &B, &[1.5, 1.0, 1.0, 4.0, NAN, -7.0]);
    gives("__bang_mineq_scalar(c, a, 1.0f, 5);", &A, &B, &[1.0, -2.0, 0.0, 1.0, NAN, -7.0]);
    gives("__bang_gt_scalar(c, a, 0.0f, 4);", &A, &B, &[1.0, 0.0, 0.0, 1.0, -7.0]);
}

#[test]
fn a_vector_and_a_repeated_one() {
    gives(
        "__bang_cycle_add(c, a, b, 6, 2);",
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        &[10.0, 20.0],
        &[11.0, 22.0, 13.0, 24.0, 15.0, 26.0, -7.0],
    );
    gives("__bang_cycle_maxequal(c, a, b, 4, 1);", &[1.0, 2.0, 3.0, 4.0], &[2.5], &[2.5, 2.5, 3.0, 4.0, -7.0]);
    gives("__bang_cycle_gt(c, a, b, 4, 2);", &[1.0, 2.0, 3.0, 4.0], &[2.0, 3.0], &[0.0, 0.0, 1.0, 1.0, -7.0]);
}

#[test]
fn fusions() {
    let (a, b) = ([2.0, 3.0, 4.0, 5.0], [10.0, 20.0]);
    for (code, expected) in [
        ("FMA", [2.0 * 10.0 + 7.0, 3.0 * 20.0 + 7.0, 47.0, 107.0]),
        ("FMS", [13.0, 53.0, 33.0, 93.0]),
        ("FAM", [84.0, 161.0, 98.0, 175.0]),
        ("FSM", [-56.0, -119.0, -42.0, -105.0]),
        ("FAA", [19.0, 30.0, 21.0, 32.0]),
        ("FAS", [5.0, 16.0, 7.0, 18.0]),
        ("FSA", [-1.0, -10.0, 1.0, -8.0]),
        ("FSS", [-15.0, -24.0, -13.0, -22.0]),
    ] {
        gives(&format!("__bang_fusion(FUSION_{code}, c, a, b, 7.0f, 4, 2);"), &a, &b, &expected);
    }
    gives("__bang_fusion(FUSION_FMA, c, a, 2.0f, 1.0f, 4);", &a, &b, &[5.0, 7.0, 9.0, 11.0, -7.0]);
    gives("__bang_fusion(FUSION_FMA, c, a, 2.0f, b, 4, 2);", &a, &b, &[14.0, 26.0, 18.0, 30.0, -7.0]);
    gives(
        "__bang_fusion(FUSION_FMS, a, a, b, 2.0f, 4, 2); __bang_move(c, a, 16);",
        &a,
        &b,
        &[18.0, 58.0, 38.0, 98.0, -7.0],
    );
}

#[test]
fn one_vector() {
    gives("__bang_square(c, a, 4);", &A, &B, &[2.25, 4.0, 0.0, 16.0, -7.0]);
    gives("__bang_abs(c, a, 4);", &A, &B, &[1.5, 2.0, 0.0, 4.0, -7.0]);
    gives("__bang_relu(c, a, 4);", &A, &B, &[1.5, 0.0, 0.0, 4.0, -7.0]);
    gives("__bang_sqrt(c, a, 2);", &[2.25, 2.0], &B, &[1.5, 2.0_f32.sqrt(), -7.0]);
    gives("__bang_rsqrt(c, a, 2);", &[4.0, 0.0625], &B, &[0.5, 4.0, -7.0]);
    gives("__bang_recip(c, a, 2);", &[4.0, 3.0], &B, &[0.25, 1.0 / 3.0, -7.0]);
    gives("__bang_pow2(c, a, 4);", &[3.0, -2.0, 0.5, 200.0], &B, &[8.0, 0.25, 2.0_f32.sqrt(), f32::INFINITY, -7.0]);
    // The logarithm is the binary one.
    gives("__bang_log(c, a, 3);", &[8.0, 0.25, 1.0], &B, &[3.0, -2.0, 0.0, -7.0]);
    gives("__bang_floor(c, a, 3);", &[1.5, -1.5, 2.0], &B, &[1.0, -2.0, 2.0, -7.0]);
    gives("__bang_round(c, a, 3);", &[0.5, -2.5, 1.4], &B, &[1.0, -3.0, 1.0, -7.0]);
    gives("__bang_nearbyint(c, a, 3);", &[0.5, -2.5, 1.5], &B, &[0.0, -2.0, 2.0, -7.0]);
}

#[test]
fn integers() {
    let of = |call: &str| {
        format!(
            "__bang_float2int32_tz(i, a, 8, 0); __bang_float2int32_rn(i + 8, b, 8, 0);\n{call}\n\
             __bang_int322float(c, i + 16, 8, 0);"
        )
    };
    let (a, b) = ([7.9, -7.9, 6.0, 12.0], [2.5, -2.0, 3.5, 10.0]);
    gives(&of("__bang_add(i + 16, i, i + 8, 8);"), &a, &b, &[9.0, -9.0, 10.0, 22.0]);
    gives(&of("__bang_sub(i + 16, i, i + 8, 8);"), &a, &b, &[5.0, -5.0, 2.0, 2.0]);
    gives(&of("__bang_mul(i + 16, i, i + 8, 8);"), &a, &b, &[14.0, 14.0, 24.0, 120.0]);
    gives(&of("__bang_maxequal(i + 16, i, i + 8, 8);"), &a, &b, &[7.0, -2.0, 6.0, 12.0]);
    gives(&of("__bang_eq(i + 16, i, i, 8);"), &a, &b, &[1.0, 1.0]);
    gives(&of("__bang_sll(i + 16, i, 2, 8);"), &a, &b, &[28.0, -28.0]);
    gives(&of("__bang_sra(i + 16, i, 1, 8);"), &a, &b, &[3.0, -4.0]);
    gives(&of("__bang_srl((NPTR(unsigned))i + 16, (NPTR(unsigned))i, 1, 8);"), &a, &b, &[3.0, 2_147_483_520.0]);
    gives(
        &of("__bang_band((NPTR(char))(i + 16), (NPTR(char))i, (NPTR(char))(i + 8), 32);"),
        &a,
        &b,
        &[2.0, -8.0, 4.0, 8.0],
    );
}

#[test]
fn bytes() {
    let a = [7.5, -7.9, 200.0, -300.0, 8.5];
    let of = |call: &str, back: &str| format!("__nram__ {back} n[64];\n{call}");
    let signed = "__bang_float2int8_rn(n, a, 5, 0); __bang_int82float(c, n, 5, 0);";
    gives(&of(signed, "int8_t"), &a, &B, &[8.0, -8.0, 127.0, -128.0, 8.0, -7.0]);
    gives(&of(&signed.replace("_rn", "_tz"), "int8_t"), &a, &B, &[7.0, -7.0, 127.0, -128.0, 8.0, -7.0]);
    let unsigned = "__bang_float2uchar_rn(n, a, 5); __bang_uchar2float(c, n, 5);";
    gives(&of(unsigned, "unsigned char"), &a, &B, &[8.0, 0.0, 200.0, 0.0, 8.0, -7.0]);
}

#[test]
fn sums_and_extremes() {
    let a: Vec<f32> = (0..256).map(|index| ((index * 37) % 256) as f32).collect();
    let block = |first: usize| a[first..first + 32].iter().sum::<f32>();
    let mut expected = vec![-7.0; 64];
    (expected[0], expected[32]) = (block(0), block(32));
    gives("__bang_reduce_sum(c, a, 64);", &a, &B, &expected);
    // [4][16] with 4 channels: a window of 1 by 4, wide stride 2.
    let pool = |f: &dyn Fn(f32, f32) -> f32| -> Vec<f32> {
        let at = |row: usize, column: usize, channel: usize| a[(row * 16 + column) * 4 + channel];
        let mut result = Vec::new();
        for (row, column, channel) in (0..2).flat_map(|r| (0..7).flat_map(move |c| (0..4).map(move |k| (r, c, k)))) {
            let cells = (0..2).flat_map(|y| (0..4).map(move |x| (row * 2 + y, column * 2 + x)));
            result.push(cells.map(|(y, x)| at(y, x, channel)).reduce(f).unwrap());
        }
        result
    };
    gives("__bang_sumpool(c, a, 4, 4, 16, 2, 4, 2, 2);", &a, &B, &pool(&|a, b| a + b));
    gives("__bang_maxpool(c, a, 4, 4, 16, 2, 4, 2, 2);", &a, &B, &pool(&f32::max));
    gives("__bang_minpool(c, a, 4, 4, 16, 2, 4, 2, 2);", &a, &B, &pool(&f32::min));
    let transposed: Vec<f32> = (0..64).map(|index| a[index % 4 * 16 + index / 4]).collect();
    gives("__bang_transpose(c, a, 4, 16);", &a, &B, &transposed);
}

#[test]
fn positions() {
    let first = |call: &str, a: &[f32], value: f32, index: u32| {
        let Some(results) = run(call, a, &B) else { return };
        assert_eq!((results[0], results[1].to_bits(), results[2].to_bits()), (value, index, 0), "{call}");
    };
    let a = [1.0, NAN, 5.0, -2.0, 5.0, -2.0];
    first("__bang_argmax(c, a, 6);", &a, 5.0, 2);
    first("__bang_argmin(c, a, 6);", &a, -2.0, 3);
    first("__bang_argmax(c, a, 1);", &a, 1.0, 0);
    first("__bang_argmax(c, a + 1, 2);", &a, 5.0, 1);
}

#[test]
fn copies_with_segments() {
    let a: Vec<f32> = (0..256).map(|index| index as f32).collect();
    gives("__memcpy(c, a, 4, NRAM2NRAM, 4, 128, 3);", &a, &B, &[0.0, 32.0, 64.0, 96.0, -7.0]);
    gives("__memcpy(c, a + 1, 4, NRAM2NRAM, 8, 0, 2);", &a, &B, &[1.0, -7.0, 1.0, -7.0, 1.0, -7.0]);
    gives("__bang_move(c, a, 8, 12, 16, 1);", &a, &B, &[0.0, 1.0, -7.0, 4.0, 5.0, -7.0]);
    // A [2][3] block out of rows of 16, and into one row of 6; the levels of both sides differ.
    gives("__memcpy(c, a, 4, NRAM2NRAM, 4, 5, 24, 0, 4, 2, 64, 1);", &a, &B, &[0.0, 1.0, 2.0, 16.0, 17.0, 18.0, -7.0]);
    gives("__memcpy(w, a, 64, NRAM2WRAM); __memcpy(c, w, 16, WRAM2NRAM);", &a, &B, &[0.0, 1.0, 2.0, 3.0, -7.0]);
    gives("__bang_write_value(c, 2, 1.5f); __bang_write_zero(c + 1, 1);", &a, &B, &[1.5, 0.0, -7.0]);
    // Two rows of three, padded to four, in rows of eight.
    let expected = [-7.0, 2.0, -7.0, -7.0, -7.0, 2.0, -7.0, -7.0, -7.0, 2.0, -7.0, -7.0, -7.0, 2.0, -7.0];
    gives("__bang_write_value(c + 1, 1, 2.0f, 16, 1, 32, 1);", &a, &B, &expected);
    // Without `f` it is an int's pattern.
    gives("__bang_write_value(c, 2, 1);", &a, &B, &[f32::from_bits(1), f32::from_bits(1), -7.0]);
}

#[test]
fn numbers_of_a_task() {
    let source = kernel(
        "y[taskId * 4] = taskId; y[taskId * 4 + 1] = taskDim; y[taskId * 4 + 2] = taskIdX + taskDimX * 100; \
         y[taskId * 4 + 3] = taskIdY + taskIdZ + (taskDimY - 1) + (taskDimZ - 1) + clusterDim;",
    );
    let mut y = vec![-1.0_f32; 12];
    let results = std::ptr::from_ref(&y[..]);
    pass(&source, 3, &[out(&mut y), input(&[0.0_f32])], |_| {
        let expected = [0.0, 3.0, 300.0, 0.0, 1.0, 3.0, 301.0, 0.0, 2.0, 3.0, 302.0, 0.0];
        // SAFETY: the launch is over, and the buffer lives.
        assert_eq!(unsafe { &*results }, expected);
    });
}
