//! Where arches and functions differ in accuracy.

use emulator::bang::Arch;

use crate::harness::{error, input, kernel, out, pass, random};

#[test]
fn bf16_is_rounded_to_even_and_its_overflow_is_the_archs() {
    let source = "#include <bang.h>
__nram__ float a[16];
__nram__ bfloat16_t h[16];
__mlu_entry__ void k(bfloat16_t *y, const float *x) {
  __memcpy(a, x, 24, GDRAM2NRAM);
  __bang_float2bfloat16_rn(h, a, 6);
  __memcpy(y, h, 12, NRAM2GDRAM);
}
";
    let x = [f32::from_bits(0x3f80_8000), f32::from_bits(0x3f81_8000), 3.4e38, -3.4e38, 1.0, f32::NAN];
    let mut y = [0_u16; 6];
    let results = std::ptr::from_ref(&y);
    pass(source, 1, &[out(&mut y), input(&x)], |arch| {
        let [high, low] = match arch {
            Arch::Mtp372 => [0x7f7f, 0xff7f],
            Arch::Mtp592 => [0x7f80, 0xff80],
        };
        // SAFETY: the launch is over, and the buffer lives.
        let y = unsafe { &*results };
        assert_eq!(y[..5], [0x3f80, 0x3f82, high, low, 0x3f80], "{arch}");
        assert!(y[5] & 0x7f80 == 0x7f80 && y[5] & 0x7f != 0, "NaN stays");
    });
}

#[test]
fn half_is_rounded() {
    let source = kernel(
        "__nram__ half n[64];\n__memcpy(a, x, 256, GDRAM2NRAM);\n__bang_float2half_rn(n, a, 64);\n__bang_half2float(c, n, 64);\n\
         __memcpy(y, c, 256, NRAM2GDRAM);",
    );
    let x = random(64, 11);
    let mut y = vec![0.0_f32; 64];
    let results = std::ptr::from_ref(&y[..]);
    pass(&source, 1, &[out(&mut y), input(&x)], |_| {
        // SAFETY: the launch is over, and the buffer lives.
        let y = unsafe { &*results };
        assert!(y.iter().zip(&x).all(|(y, x)| *y == half::f16::from_f32(*x).to_f32()));
    });
}

/// The error of a function of 128 numbers of `low` to `high`.
fn off(call: &str, low: f32, high: f32, exact: impl Fn(f64) -> f64) -> Option<f64> {
    let source =
        kernel(&format!("__memcpy(a, x, 512, GDRAM2NRAM);\n{call}(c, a, 128);\n__memcpy(y, c, 512, NRAM2GDRAM);"));
    let x: Vec<f32> = random(128, 12).iter().map(|x| (low + high) / 2.0 + x * (high - low) / 2.0).collect();
    let expected: Vec<f64> = x.iter().map(|x| exact(f64::from(*x))).collect();
    let mut y = vec![0.0_f32; 128];
    let results = std::ptr::from_ref(&y[..]);
    let mut found = None;
    pass(&source, 1, &[out(&mut y), input(&x)], |_| {
        // SAFETY: the launch is over, and the buffer lives.
        let wide: Vec<f64> = unsafe { &*results }.iter().map(|y| f64::from(*y)).collect();
        found = Some(error(&wide, &expected));
    });
    found
}

#[test]
fn functions_of_their_own_are_right_to_f32() {
    for (call, exact) in [
        ("__bang_pow2", f64::exp2 as fn(f64) -> f64),
        ("__bang_recip", |x| 1.0 / x),
        ("__bang_sqrt", f64::sqrt),
        ("__bang_rsqrt", |x| 1.0 / x.sqrt()),
        ("__bang_log", f64::log2),
        ("__bang_sin", f64::sin),
        ("__bang_cos", f64::cos),
    ] {
        let Some(error) = off(call, 0.1, 5.0, exact) else { return };
        assert!(error < 1e-7, "{call}: {error}");
    }
}

#[test]
fn active_functions_are_as_wrong_as_they_may_be() {
    // A text's f32 results may be off by 1e-5: whoever uses these fails.
    for (call, exact, about) in [
        ("__bang_active_exp", f64::exp as fn(f64) -> f64, 0.01),
        ("__bang_active_exphp", f64::exp, 0.003),
        ("__bang_active_sigmoid", |x| 1.0 / (1.0 + (-x).exp()), 0.01),
        ("__bang_active_tanh", f64::tanh, 0.01),
        ("__bang_active_recip", |x| 1.0 / x, 0.003),
        ("__bang_active_reciphp", |x| 1.0 / x, 0.0004),
        ("__bang_active_rsqrt", |x| 1.0 / x.sqrt(), 0.01),
        ("__bang_active_rsqrthp", |x| 1.0 / x.sqrt(), 0.0005),
    ] {
        let Some(error) = off(call, 0.1, 5.0, exact) else { return };
        assert!((about * 0.9..about * 1.1).contains(&error), "{call}: {error}");
        assert!(error > 1e-5);
    }
    // Outside their domain they give no number.
    let Some(error) = off("__bang_active_exp", 11.5, 12.0, f64::exp) else { return };
    assert!(error.is_infinite());
}
