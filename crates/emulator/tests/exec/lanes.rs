//! Values of exchanges and reductions, and operands that are refused.

use emulator::{FaultKind, Language};

use crate::harness::{ALL, fail, input, out, pass, text};

fn lanes(language: Language, body: &str) -> Vec<f32> {
    let (x, mut y) = ((0..128).map(|index| index as f32).collect::<Vec<_>>(), vec![0.0_f32; 128]);
    pass(language, &text(language, body), 1, 128, &[input(&x), out(&mut y)]);
    y
}

#[test]
fn xor_exchanges() {
    for language in ALL {
        for distance in [1, 2, 4, 8, 16] {
            let y = lanes(language, &format!("y[$I] = $XOR(x[$I], {distance});"));
            let expected: Vec<_> = (0..128).map(|thread| (thread ^ distance) as f32).collect();
            assert_eq!(y, expected, "{language} {distance}");
        }
    }
}

#[test]
fn cuda_exchanges_keep_to_their_width() {
    for (call, source) in [
        (
            "__shfl_down_sync(0xffffffffu, x[$I], 3, 8)",
            (|lane| if lane % 8 < 5 { lane + 3 } else { lane }) as fn(usize) -> usize,
        ),
        ("__shfl_up_sync(0xffffffffu, x[$I], 3, 8)", |lane| if lane % 8 >= 3 { lane - 3 } else { lane }),
        ("__shfl_sync(0xffffffffu, x[$I], 3, 8)", |lane| lane / 8 * 8 + 3),
        ("(float)__shfl_xor_sync(0xffffffffu, (unsigned long long)x[$I] << 33, 5) / 8589934592.0f", |lane| lane ^ 5),
    ] {
        let expected: Vec<_> = (0..128).map(|thread| source(thread) as f32).collect();
        assert_eq!(lanes(Language::Cuda, &format!("y[$I] = {call};")), expected, "{call}");
    }
}

#[test]
fn metal_reductions() {
    let first = |thread: usize| (thread / 32 * 32) as f32;
    for (call, value) in [
        ("simd_sum(x[$I])", (|first| first * 32.0 + 496.0) as fn(f32) -> f32),
        ("simd_max(x[$I])", |first| first + 31.0),
        ("simd_min(x[$I])", |first| first),
        ("simd_broadcast(x[$I], 5)", |first| first + 5.0),
        ("float(simd_sum(int(x[$I]) - 1000))", |first| first * 32.0 + 496.0 - 32_000.0),
        ("float(simd_max(int(x[$I]) - 1000))", |first| first + 31.0 - 1000.0),
        ("float(simd_or(1u << $L) == 0xffffffffu)", |_| 1.0),
    ] {
        let expected: Vec<_> = (0..128).map(|thread| value(first(thread))).collect();
        assert_eq!(lanes(Language::Msl, &format!("y[$I] = {call};")), expected, "{call}");
    }
}

#[test]
fn operands_that_hardware_does_not_take() {
    for (language, calls) in [
        (Language::Cuda, ["__shfl_xor_sync(0xffffu, x[$I], 1)", "__shfl_xor_sync(0xffffffffu, x[$I], 1, 12)"]),
        (Language::Musa, ["__shfl_xor_sync(0xffffffffu, x[$I], 1, 64)", "__shfl_xor_sync(0xffffffffu, x[$I], 32, 32)"]),
    ] {
        for call in calls {
            let (x, mut y) = (vec![0.0_f32; 128], vec![0.0_f32; 128]);
            let source = text(language, &format!("y[$I] = {call}; // here"));
            fail(language, &source, 1, 128, &[input(&x), out(&mut y)], FaultKind::LaneOperands, "// here");
        }
    }
}
