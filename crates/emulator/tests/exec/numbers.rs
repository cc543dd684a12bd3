//! Results of right kernels.

use emulator::{Arg, Checks, Language, Launch};
use half::bf16;

use crate::harness::{ALL, compile, input, out, pass, text};
use crate::speed::matvec;

#[test]
fn matvec_is_a_product() {
    let (rows, columns) = (16, 96);
    let weights: Vec<_> =
        (0..rows * columns).map(|index| bf16::from_f32((index % 13) as f32 - 6.0).to_bits()).collect();
    let row = |row: usize| (0..columns).map(|c| ((row * columns + c) % 13) as f32 - 6.0).sum::<f32>();
    let expected: Vec<_> = (0..rows).map(row).collect();
    for language in [Language::Msl, Language::Cuda] {
        let mut sums = vec![0.0_f32; rows];
        let source = matvec(language, columns, language == Language::Msl);
        pass(language, &source, rows as u64 / 4, 128, &[input(&weights), out(&mut sums)]);
        assert_eq!(sums, expected, "{language}");
    }
}

#[test]
fn rms_norm_of_shared_sums() {
    let x: Vec<f32> = (0..512).map(|index| (index as f32 * 0.37).sin()).collect();
    let square = |value: &f32| f64::from(*value) * f64::from(*value);
    let mean = x.iter().map(square).sum::<f64>() / 512.0;
    for language in ALL {
        let root = if language == Language::Msl { "precise::rsqrt" } else { "rsqrtf" };
        let body = format!(
            "$SHARED float s[128];\n float v = 0.0f;\n for (unsigned i = $I; i < 512; i += 128) {{ v += x[i] * x[i]; }}\n s[$I] = v;\n $SBAR\n \
             for (unsigned o = 64; o > 0; o >>= 1) {{\n  if ($I < o) {{ s[$I] += s[$I + o]; }}\n  $SBAR\n }}\n \
             float r = {root}(s[0] / 512.0f + 1e-5f);\n for (unsigned i = $I; i < 512; i += 128) {{ y[i] = x[i] * r; }}"
        );
        let mut y = vec![0.0_f32; 512];
        pass(language, &text(language, &body), 1, 128, &[input(&x), out(&mut y)]);
        for (got, from) in y.iter().zip(&x) {
            let expected = f64::from(*from) / (mean + 1e-5).sqrt();
            assert!((f64::from(*got) - expected).abs() < 1e-5, "{language}: {got} for {expected}");
        }
    }
}

#[test]
fn a_scalar_alone_in_shared_memory_is_shared() {
    for language in ALL {
        let mut y = vec![0.0_f32; 128];
        let body = "$SHARED float s;\n if ($I == 0) { s = x[7]; }\n $SBAR\n y[$I] = s;";
        let x: Vec<f32> = (0..128).map(|index| index as f32).collect();
        pass(language, &text(language, body), 1, 128, &[input(&x), out(&mut y)]);
        assert_eq!(y, vec![7.0; 128], "{language}");
    }
}

#[test]
fn metal_rounds_to_bfloat() {
    let source = "#include <metal_stdlib>\nusing namespace metal;\nkernel void k(device const float* x [[buffer(0)]], \
                  device bfloat* y [[buffer(1)]],\nuint i [[thread_position_in_grid]], constant uint& n [[buffer(2)]], \
                  constant float& f [[buffer(3)]]) {\n if (i < n) { y[i] = bfloat(x[i] * f); }\n}\n";
    let mut x: Vec<f32> = (0..256_u32).map(|index| f32::from_bits(index.wrapping_mul(0x0123_4567))).collect();
    x[0] = f32::from_bits(0x7f7f_ffff);
    x[1] = f32::NAN;
    let mut y = vec![0_u16; 256];
    pass(Language::Msl, source, 4, 64, &[input(&x), out(&mut y), Arg::U32(256), Arg::F32(1.0)]);
    for (got, from) in y.iter().zip(&x) {
        let expected = bf16::from_f32(*from);
        assert!(
            *got == expected.to_bits() || (expected.is_nan() && bf16::from_bits(*got).is_nan()),
            "{got:#x} of {from}"
        );
    }
}

#[test]
fn dynamic_shared_memory() {
    let body = "extern __shared__ float s[];\n s[$I] = x[$I];\n $SBAR\n y[$I] = s[127 - $I];";
    for language in [Language::Cuda, Language::Musa] {
        let (x, mut y) = ((0..128).map(|index| index as f32).collect::<Vec<_>>(), vec![0.0_f32; 128]);
        for checks in [Checks::Memory, Checks::Barriers] {
            let Some(program) = compile(language, &text(language, body), checks) else { return };
            let args = [input(&x), out(&mut y)];
            let launch = |dynamic_shared| {
                program.launch(&Launch {
                    grid: [1, 1, 1],
                    threads: 128,
                    dynamic_shared,
                    args: &args,
                    workers: 1,
                    seed: 3,
                })
            };
            launch(512).unwrap();
            assert!(launch(1 << 20).is_err(), "more than the hardware has");
            assert!(checks == Checks::Barriers || launch(508).is_err(), "one element too few");
        }
        assert_eq!((y[0], y[127]), (127.0, 0.0));
    }
}

#[test]
fn prefetches_of_ptx() {
    let source = |first: u32, bytes: u32| {
        format!(
            "extern \"C\" __global__ void k(const unsigned* x, unsigned* y) {{\n \
             if (threadIdx.x == 0) asm volatile(\"cp.async.bulk.prefetch.L2.global [%0], %1;\" ::\"l\"(x + {first}), \"r\"({bytes}));\n \
             asm volatile(\"griddepcontrol.launch_dependents;\");\n asm volatile(\"griddepcontrol.wait;\" ::: \"memory\");\n \
             y[threadIdx.x] = x[threadIdx.x];\n}}\n"
        )
    };
    let (x, mut y) = ((0..128_u32).collect::<Vec<_>>(), vec![0_u32; 32]);
    let args = [input(&x), out(&mut y)];
    pass(Language::Cuda, &source(64, 256), 1, 32, &args);
    assert_eq!(y[31], 31);
    // Not at a multiple of 16 bytes, not of such a size, one unit too long.
    for (first, bytes, kind) in [
        (1, 16, emulator::FaultKind::Misaligned),
        (0, 24, emulator::FaultKind::Misaligned),
        (64, 272, emulator::FaultKind::ReadOutOfBounds),
    ] {
        crate::harness::fail(Language::Cuda, &source(first, bytes), 1, 32, &args, kind, "asm");
    }
}

#[test]
fn cached_loads_of_ptx() {
    let source = |shift: u32| {
        format!(
            "extern \"C\" __global__ void k(const unsigned* x, unsigned* y) {{\n unsigned a, b, c, d;\n \
             asm volatile(\"ld.global.nc.L1::no_allocate.L2::256B.v4.u32 {{%0, %1, %2, %3}}, [%4];\" : \"=r\"(a), \"=r\"(b), \"=r\"(c), \"=r\"(d) : \"l\"(x + threadIdx.x * 4 + {shift}));\n \
             y[threadIdx.x] = a + 10 * b + 100 * c + 1000 * d;\n}}\n"
        )
    };
    let (x, mut y) = ((0..128_u32).collect::<Vec<_>>(), vec![0_u32; 32]);
    let args = [input(&x), out(&mut y)];
    pass(Language::Cuda, &source(0), 1, 32, &args);
    assert_eq!((y[0], y[1]), (3210, 7654));
    for (shift, kind) in [(1, emulator::FaultKind::Misaligned), (4, emulator::FaultKind::ReadOutOfBounds)] {
        crate::harness::fail(Language::Cuda, &source(shift), 1, 32, &args, kind, "asm");
    }
}
