//! Matrix units against plain products.

use emulator::{FaultKind, Language};

use crate::harness::{fail, input, out, pass};

/// Small integers, exact in every type.
fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7 + seed * 3) % 11) as f32 - 5.0).collect()
}

fn product(a: &[f32], b: &[f32], c: &[f32], [m, n, k]: [usize; 3]) -> Vec<f32> {
    (0..m * n).map(|at| (0..k).fold(c[at], |sum, i| sum + a[at / n * k + i] * b[i * n + at % n])).collect()
}

/// Rounds to the upper or lower bits that a 16-bit type keeps; the values are exact.
fn bits(values: &[f32], bf16: bool) -> Vec<u16> {
    let convert =
        |value: &f32| if bf16 { half::bf16::from_f32(*value).to_bits() } else { half::f16::from_f32(*value).to_bits() };
    values.iter().map(convert).collect()
}

fn mma(ty: &str) -> String {
    format!(
        "extern \"C\" __global__ void k(const unsigned short* a, const unsigned short* b, const float* c, float* d) {{
 unsigned g = threadIdx.x / 4, t = threadIdx.x % 4 * 2;
 unsigned a0 = *(const unsigned*)(a + g * 16 + t), a1 = *(const unsigned*)(a + (g + 8) * 16 + t);
 unsigned a2 = *(const unsigned*)(a + g * 16 + t + 8), a3 = *(const unsigned*)(a + (g + 8) * 16 + t + 8);
 unsigned b0 = b[t * 8 + g] | (unsigned)b[(t + 1) * 8 + g] << 16, b1 = b[(t + 8) * 8 + g] | (unsigned)b[(t + 9) * 8 + g] << 16;
 float c0 = c[g * 8 + t], c1 = c[g * 8 + t + 1], c2 = c[(g + 8) * 8 + t], c3 = c[(g + 8) * 8 + t + 1];
 float d0, d1, d2, d3;
 asm volatile(\"mma.sync.aligned.m16n8k16.row.col.f32.{ty}.{ty}.f32 {{%0, %1, %2, %3}}, {{%4, %5, %6, %7}}, {{%8, %9}}, {{%10, %11, %12, %13}};\"
  : \"=f\"(d0), \"=f\"(d1), \"=f\"(d2), \"=f\"(d3)
  : \"r\"(a0), \"r\"(a1), \"r\"(a2), \"r\"(a3), \"r\"(b0), \"r\"(b1), \"f\"(c0), \"f\"(c1), \"f\"(c2), \"f\"(c3));
 d[g * 8 + t] = d0; d[g * 8 + t + 1] = d1; d[(g + 8) * 8 + t] = d2; d[(g + 8) * 8 + t + 1] = d3;
}}\n"
    )
}

#[test]
fn mma_is_a_product() {
    let (a, b, c) = (values(16 * 16, 1), values(16 * 8, 2), values(16 * 8, 3));
    for (ty, bf16) in [("bf16", true), ("f16", false)] {
        let (a16, b16, mut d) = (bits(&a, bf16), bits(&b, bf16), vec![0.0_f32; 128]);
        pass(Language::Cuda, &mma(ty), 1, 32, &[input(&a16), input(&b16), input(&c), out(&mut d)]);
        assert_eq!(d, product(&a, &b, &c, [16, 8, 16]), "{ty}");
    }
}

#[test]
fn mma_needs_all_lanes() {
    let (a, b, c, mut d) = (vec![0_u16; 256], vec![0_u16; 128], vec![0.0_f32; 128], vec![0.0_f32; 128]);
    let source =
        mma("bf16").replace(" asm volatile(", " if (g < 4) asm volatile(").replace(" : \"=f\"", " /* here */ : \"=f\"");
    let args = [input(&a), input(&b), input(&c), out(&mut d)];
    fail(Language::Cuda, &source, 1, 32, &args, FaultKind::DivergentLanes, "asm");
}

fn simdgroup(ty: &str, condition: &str) -> String {
    format!(
        "#include <metal_stdlib>\n#include <metal_simdgroup_matrix>\nusing namespace metal;\n\
kernel void k(device const {ty}* a [[buffer(0)]], device const {ty}* b [[buffer(1)]], device const float* c [[buffer(2)]],\n\
 device float* d [[buffer(3)]], uint i [[thread_index_in_threadgroup]]) {{
 threadgroup {ty} s[64];
 for (uint j = i; j < 64; j += 32) {{ s[j % 8 * 8 + j / 8] = b[j]; }}
 threadgroup_barrier(mem_flags::mem_threadgroup);
 simdgroup_matrix<{ty}, 8, 8> ma, mb;
 simdgroup_float8x8 acc;
 simdgroup_load(acc, c, 8);
 simdgroup_load(ma, a, 8);
 simdgroup_load(mb, s, 8, ulong2(0, 0), true);
 {condition} simdgroup_multiply_accumulate(acc, ma, mb, acc); // here
 simdgroup_store(acc, d, 8);
}}\n"
    )
}

#[test]
fn simdgroup_matrices_multiply() {
    let (a, b, c) = (values(64, 1), values(64, 2), values(64, 3));
    let expected = product(&a, &b, &c, [8, 8, 8]);
    for (ty, bf16) in [("bfloat", true), ("half", false)] {
        let (a16, b16, mut d) = (bits(&a, bf16), bits(&b, bf16), vec![0.0_f32; 64]);
        pass(Language::Msl, &simdgroup(ty, ""), 1, 32, &[input(&a16), input(&b16), input(&c), out(&mut d)]);
        assert_eq!(d, expected, "{ty}");
    }
    let mut d = vec![0.0_f32; 64];
    let args = [input(&a), input(&b), input(&c), out(&mut d)];
    pass(Language::Msl, &simdgroup("float", ""), 1, 32, &args);
    assert_eq!(d, expected);
    let args = [input(&a), input(&b), input(&c), out(&mut d)];
    fail(Language::Msl, &simdgroup("float", "if (i < 16)"), 1, 32, &args, FaultKind::DivergentLanes, "here");
    let args = [input(&a), input(&b[..63]), input(&c), out(&mut d)];
    fail(Language::Msl, &simdgroup("float", ""), 1, 32, &args, FaultKind::ReadOutOfBounds, "= b[j]");
}
