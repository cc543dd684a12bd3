//! Figures: `cargo test -p emulator --release -- --ignored --nocapture speed`.

use std::time::Instant;

use emulator::{Checks, Language, Launch};

use crate::harness::{compile, input, out, text};

/// Matrix-vector product, one row a subgroup, four rows a group.
pub(crate) fn matvec(language: Language, columns: usize, reduce: bool) -> String {
    let sum = match (language, reduce) {
        (Language::Msl, true) => "v = simd_sum(v);",
        _ => "v += XOR(v, 16); v += XOR(v, 8); v += XOR(v, 4); v += XOR(v, 2); v += XOR(v, 1);",
    };
    let widen = match language {
        Language::Msl => {
            "#define WIDEN(bits) as_type<float>((uint)(bits) << 16)\n#define XOR(v, d) simd_shuffle_xor(v, d)\n"
        }
        Language::Cuda | Language::Musa => "#define WIDEN(bits) __uint_as_float((unsigned)(bits) << 16)\n",
        Language::AscendC | Language::Pto => "",
    };
    let body = format!(
        "$GLOBAL const ushort4* w = ($GLOBAL const ushort4*)x + ($P * 4 + $I / 32) * {0};\n float v = 0.0f;\n \
         for (unsigned c = $L; c < {0}; c += 32) {{\n  ushort4 a = w[c];\n  \
         v += WIDEN(a.x); v += WIDEN(a.y); v += WIDEN(a.z); v += WIDEN(a.w);\n }}\n {sum}\n \
         if ($L == 0) {{ y[$P * 4 + $I / 32] = v; }}",
        columns / 4
    );
    format!("{widen}{}", text(language, &body))
}

#[test]
#[ignore = "a figure, not a check"]
fn speed() {
    let (rows, columns) = (1536_usize, 1536_usize);
    let weights = vec![0x3f80_u16; rows * columns];
    for language in [Language::Msl, Language::Cuda] {
        let started = Instant::now();
        let Some(program) = compile(language, &matvec(language, columns, true), Checks::Barriers) else { return };
        println!("{language}: compiled in {:?}", started.elapsed());
        for workers in [1, 2] {
            let mut sums = vec![0.0_f32; rows];
            let args = [input(&weights), out(&mut sums)];
            let launch = Launch {
                grid: [rows as u64 / 4, 1, 1],
                threads: 128,
                dynamic_shared: 0,
                args: &args,
                workers,
                seed: 0,
            };
            program.launch(&launch).unwrap();
            let started = Instant::now();
            for _ in 0..20 {
                program.launch(&launch).unwrap();
            }
            println!("{language}: {rows}x{columns} bf16, {workers} workers: {:?}", started.elapsed() / 20);
            assert_eq!(sums, vec![columns as f32; rows]);
        }
    }
    let body = "float v = x[$I];\n for (int i = 0; i < 10000; ++i) { v = $XOR(v, 1); }\n y[$I] = v;";
    let Some(program) = compile(Language::Cuda, &text(Language::Cuda, body), Checks::Barriers) else { return };
    let (x, mut y) = (vec![1.0_f32; 1024], vec![0.0_f32; 1024]);
    let args = [input(&x), out(&mut y)];
    let started = Instant::now();
    program
        .launch(&Launch { grid: [1, 1, 1], threads: 1024, dynamic_shared: 0, args: &args, workers: 1, seed: 0 })
        .unwrap();
    let rate = 10_000.0 * 1024.0 / started.elapsed().as_secs_f64();
    println!("{:.1} million exchanges a second (a switch there and one back each)", rate / 1e6);
}
