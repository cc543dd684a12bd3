//! What instructions compute, to the bit where the documentation says so.

use emulator::{Arg, Language};

use half::f16;

use crate::harness::{ascendc, bf16, input, out, pass, random};

/// Runs `call` over 64 floats at `a` and `b` into `c`, and looks at `c`.
fn computes(call: &str, expected: impl Fn(f32, f32) -> f32) {
    let source = ascendc(
        "float",
        &format!(
            "LocalTensor<float> a(TPosition::VECCALC, 0, 128), c(TPosition::VECCALC, 1024, 64); auto b = a[64];\nDataCopy(a, gx, 128);\nDuplicate(c, 0.5f, 64);\n\
             SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\nPipeBarrier<PIPE_V>();\n{call}\n\
             SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, c, 64);"
        ),
    );
    let x = random(128, 21);
    let mut y = vec![0.0_f32; 64];
    let wanted: Vec<f32> = (0..64).map(|index| expected(x[index], x[64 + index])).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || {
        for (index, (found, wanted)) in y.iter().zip(&wanted).enumerate() {
            let same =
                found == wanted || (found - wanted).abs() <= 1e-6 * wanted.abs() || found.is_nan() && wanted.is_nan();
            assert!(same, "{call}: element {index} is {found}, not {wanted}");
        }
    });
}

#[test]
fn elements() {
    computes("Add(c, a, b, 64);", |a, b| a + b);
    computes("Sub(c, a, b, 64, 1, {1, 1, 1, 8, 8, 8});", |a, b| a - b);
    computes("Mul(c, a, b, 64);", |a, b| a * b);
    computes("Div(c, a, b, 64);", |a, b| a / b);
    computes("Max(c, a, b, 64);", f32::max);
    computes("Min(c, a, b, 64);", f32::min);
    computes("MulAddDst(c, a, b, 64);", |a, b| a.mul_add(b, 0.5));
    computes("FusedMulAdd(c, a, b, 64);", |a, b| 0.5_f32.mul_add(a, b));
    computes("Axpy(c, a, 3.0f, 64);", |a, _| a.mul_add(3.0, 0.5));
    computes("Exp(c, a, 64);", |a, _| a.exp());
    computes("Ln(c, a, 64);", |a, _| a.ln());
    computes("Sqrt(c, a, 64);", |a, _| a.sqrt());
    computes("Abs(c, a, 64);", |a, _| a.abs());
    computes("Relu(c, a, 64);", |a, _| a.max(0.0));
    computes("Muls(c, a, 2.5f, 64);", |a, _| a * 2.5);
    computes("Maxs(c, a, 0.25f, 64);", |a, _| a.max(0.25));
    computes("Mins(c, a, 0.25f, 64);", |a, _| a.min(0.25));
    computes("uint64_t m[2] = {~0ul, 0}; Adds(c, a, 1.0f, m, 1, {1, 1, 8, 8});", |a, _| a + 1.0);
}

#[test]
fn coarse_functions_are_coarse() {
    let source = ascendc(
        "float",
        "LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 256, 64);\nDuplicate(a, 4.0f, 64);\nPipeBarrier<PIPE_V>();\n\
         Reciprocal(b, a, 32);\nRsqrt(b[32], a[32], 32);\nSetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, b, 64);",
    );
    let x = [0.0_f32];
    let mut y = vec![0.0_f32; 64];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || {
        for (found, exact) in [(y[0], 0.25_f32), (y[40], 0.5)] {
            let error = (found - exact).abs() / exact;
            assert!(error > 1e-4 && error < 1e-3, "{found}");
        }
    });
}

#[test]
fn sixteen_bits_round_to_even() {
    // Ties of bfloat16, in both directions.
    let x: Vec<f32> = (0..64).map(|index| f32::from_bits(0x3f80_8000 + (index << 16))).collect();
    let mut y = vec![0_u16; 64];
    let source = "#include \"kernel_operator.h\"
        using namespace AscendC;
        extern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y) {
          InitSocState();
          GlobalTensor<float> gx; GlobalTensor<bfloat16_t> gy;
          gx.SetGlobalBuffer((__gm__ float*)x); gy.SetGlobalBuffer((__gm__ bfloat16_t*)y);
          LocalTensor<float> a(TPosition::VECCALC, 0, 64); LocalTensor<bfloat16_t> b(TPosition::VECCALC, 256, 64);
          DataCopy(a, gx, 64);
          SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);
          Cast(b, a, RoundMode::CAST_RINT, 64, 1, {1, 1, 4, 8});
          SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);
          DataCopy(gy, b, 64);
          PipeBarrier<PIPE_ALL>();
        }";
    let expected: Vec<u16> = x.iter().map(|x| bf16(*x)).collect();
    pass(Language::AscendC, source, 1, &[input(&x), out(&mut y)], || assert_eq!(y, expected));
}

#[test]
fn places() {
    let source = ascendc(
        "float",
        "LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 512, 64), c(TPosition::VECCALC, 1024, 64);\nDataCopy(a, gx, 64);\n\
         SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\nBrcb(b, a, 1, {1, 8});\nBlockReduceMax(c, a, 1, 64, 1, 1, 8);\n\
         PipeBarrier<PIPE_V>();\nCopy(c[8], b, 8, 7, {1, 1, 1, 1});\nSetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, c, 64);",
    );
    let x = random(64, 2);
    let mut y = vec![0.0_f32; 64];
    let mut expected: Vec<f32> = x.chunks(8).map(|block| block.iter().copied().fold(f32::MIN, f32::max)).collect();
    expected.extend(x[..7].iter().flat_map(|value| [*value; 8]));
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn bits_and_integers() {
    // Runs a call over 64 integers of 16 bits.
    let run = |call: &str, expected: fn(i16, i16) -> i16| {
        let source = ascendc(
            "int16_t",
            &format!(
                "LocalTensor<int16_t> a(TPosition::VECCALC, 0, 128), c(TPosition::VECCALC, 1024, 64); auto b = a[64];\nDataCopy(a, gx, 128);\n\
                 SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\n{call}\n\
                 SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, c, 64);"
            ),
        );
        let x: Vec<i16> = random(128, 4).into_iter().map(|value| (value * 15_000.0) as i16).collect();
        let mut y = vec![0_i16; 64];
        let wanted: Vec<i16> = (0..64).map(|index| expected(x[index], x[64 + index])).collect();
        let args = [input(&x), out(&mut y), Arg::U32(0)];
        pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, wanted, "{call}"));
    };
    run("And(c, a, b, 64);", |a, b| a & b);
    run("Or(c, a, b, 64);", |a, b| a | b);
    run("Not(c, a, 64);", |a, _| !a);
    run("Add(c, a, b, 64);", i16::wrapping_add);
    run("Mul(c, a, b, 64);", i16::wrapping_mul);
    run("ShiftLeft(c, a, (int16_t)3, 64);", |a, _| a << 3);
    run("ShiftRight(c, a, (int16_t)3, 64);", |a, _| a >> 3);
    run("Adds(c, a, (int16_t)-7, 64);", |a, _| a.wrapping_sub(7));
}

#[test]
fn halves_are_rounded_after_each_instruction() {
    let source = ascendc(
        "half",
        "LocalTensor<half> a(TPosition::VECCALC, 0, 256), b(TPosition::VECCALC, 1024, 256);\nDataCopy(a, gx, 256);\n\
         SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\nMuls(b, a, half(3.0f), 256);\nPipeBarrier<PIPE_V>();\nAdd(b, b, a, 256);\n\
         PipeBarrier<PIPE_V>();\nTranspose(a, b);\nSetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, a, 256);",
    );
    let x: Vec<f16> = random(256, 11).into_iter().map(f16::from_f32).collect();
    let mut y = vec![f16::ZERO; 256];
    let value = |x: f16| f16::from_f32(f16::from_f32(x.to_f32() * 3.0).to_f32() + x.to_f32());
    let expected: Vec<f16> = (0..256).map(|index| value(x[index % 16 * 16 + index / 16])).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn repeats_are_compared_and_chosen() {
    let source = ascendc(
        "float",
        "LocalTensor<float> a(TPosition::VECCALC, 0, 128), b(TPosition::VECCALC, 512, 128), c(TPosition::VECCALC, 1024, 128), d(TPosition::VECCALC, 4096, 128);\n\
         LocalTensor<uint8_t> m(TPosition::VECCALC, 2048, 32); LocalTensor<uint32_t> o(TPosition::VECCALC, 3072, 128);\nuint64_t whole = 64;\n\
         DataCopy(a, gx, 128); DataCopy(b, gx[128], 128);\nfor (uint32_t i = 0; i < 128; ++i) o.SetValue(i, (i ^ 1) * 4);\n\
         SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\nSetFlag<HardEvent::S_V>(0); WaitFlag<HardEvent::S_V>(0);\n\
         Compare(m, a, b, CMPMODE::GE, whole, 2, {1, 1, 1, 8, 8, 8});\nPipeBarrier<PIPE_V>();\n\
         Select(c, m, a, b, SELMODE::VSEL_TENSOR_TENSOR_MODE, whole, 2, {1, 1, 1, 8, 8, 8});\nPipeBarrier<PIPE_V>();\nGather(d, c, o, 0, whole, 2, 8);\n\
         CompareScalar(m, c, 0.0f, CMPMODE::LT, whole, 2, {1, 1, 8, 8});\nPipeBarrier<PIPE_V>();\n\
         Select(c, m, d, 0.25f, SELMODE::VSEL_TENSOR_SCALAR_MODE, whole, 2, {1, 1, 1, 8, 8, 8});\n\
         SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, c, 128);",
    );
    let x = random(256, 31);
    let mut y = vec![0.0_f32; 128];
    let high: Vec<f32> = (0..128).map(|index| x[index].max(x[128 + index])).collect();
    let expected: Vec<f32> = (0..128).map(|index| if high[index] < 0.0 { high[index ^ 1] } else { 0.25 }).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn blocks_are_gathered() {
    let source = ascendc(
        "uint32_t",
        "LocalTensor<uint32_t> a(TPosition::VECCALC, 0, 64), o(TPosition::VECCALC, 512, 8), c(TPosition::VECCALC, 1024, 64);\nDataCopy(a, gx, 64);\n\
         for (uint32_t i = 0; i < 8; ++i) o.SetValue(i, (7 - i) * 32);\nSetFlag<HardEvent::S_V>(0); WaitFlag<HardEvent::S_V>(0);\n\
         SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0);\nGatherb(c, a, o, 1, {1, 8});\n\
         SetFlag<HardEvent::V_MTE3>(0); WaitFlag<HardEvent::V_MTE3>(0);\nDataCopy(gy, c, 64);",
    );
    let x: Vec<u32> = (0..64).collect();
    let mut y = vec![0_u32; 64];
    let expected: Vec<u32> = x.chunks(8).rev().flatten().copied().collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn rows_of_any_length_are_copied() {
    // Three rows of 5 elements, 7 apart, go to every second block and back, densely.
    let source = ascendc(
        "float",
        "LocalTensor<float> a(TPosition::VECCALC, 0, 64);\n\
         DataCopyPad(a, gx, DataCopyExtParams(3, 20, 8, 1, 0), DataCopyPadExtParams<float>(true, 0, 3, 9.0f));\n\
         SetFlag<HardEvent::MTE2_MTE3>(0); WaitFlag<HardEvent::MTE2_MTE3>(0);\nDataCopyPad(gy, a, DataCopyExtParams(3, 24, 1, 0, 0));",
    );
    let x = random(21, 2);
    let mut y = vec![0.0_f32; 18];
    let expected: Vec<f32> = x.chunks(7).flat_map(|row| row[..5].iter().copied().chain([9.0])).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &source, 1, &args, || assert_eq!(y, expected));
}
