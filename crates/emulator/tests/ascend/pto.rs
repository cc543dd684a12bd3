//! Texts of the PTO tile library: the same core, tiles instead of tensors.

use emulator::{Arg, Checks, Error, FaultKind, Language, Program};

use crate::harness::{bf16, fail, input, near, of_bf16, out, pass, random};

/// A kernel with `body` in the middle. Parameters: `x`, read, and `y`, written, floats; `n`.
fn pto(body: &str) -> String {
    format!(
        "#include <pto/pto-inst.hpp>\n#include <pto/common/constants.hpp>\nusing namespace pto;\n\
         template <int R, int C> using F = Tile<TileType::Vec, float, R, C>;\n\
         template <int R> using Col = Tile<TileType::Vec, float, R, 1, BLayout::ColMajor>;\n\
         template <int R, int C> using G = GlobalTensor<float, Shape<1, 1, 1, R, C>, Stride<1, 1, 1, C, 1>>;\n\
         __global__ AICORE void k(__gm__ void* xv, __gm__ void* yv, int32_t n) {{\n\
         auto x = (__gm__ float*)xv; auto y = (__gm__ float*)yv;\n\
         #if defined(__DAV_VEC__)\nset_mask_norm(); set_vector_mask(-1, -1);\n{body}\npipe_barrier(PIPE_ALL);\n#endif\n}}\n\
         #ifndef __CPU_SIM\nextern \"C\" void call_k(uint32_t blocks, void* stream, uint8_t* x, uint8_t* y, int32_t n) {{\n\
         k<<<blocks, nullptr, stream>>>(x, y, n);\n}}\n#endif\n"
    )
}

fn flag(from: &str, to: &str) -> String {
    format!("set_flag(PIPE_{from}, PIPE_{to}, EVENT_ID0); wait_flag(PIPE_{from}, PIPE_{to}, EVENT_ID0);")
}

#[test]
fn elements_with_a_tail_of_bfloat16() {
    let source = "#include <pto/pto-inst.hpp>
        using namespace pto;
        __global__ AICORE void k(__gm__ bfloat16_t* x, __gm__ bfloat16_t* y, int32_t n) {
          constexpr int W = 256;
          using G = GlobalTensor<bfloat16_t, Shape<1, 1, 1, 1, -1>, Stride<1, 1, 1, W, 1>>;
          using TB = Tile<TileType::Vec, bfloat16_t, 1, W, BLayout::RowMajor, 1, -1>;
          using TF = Tile<TileType::Vec, float, 1, W, BLayout::RowMajor, 1, -1>;
          for (int32_t o = (int32_t)get_block_idx() * W; o < n; o += (int32_t)get_block_num() * W) {
            int32_t len = n - o < W ? n - o : W;
            TB a(len), r(len); TF f(len);
            TASSIGN(a, 0); TASSIGN(r, W * 2); TASSIGN(f, W * 4);
            G gx(x + o, Shape<1, 1, 1, 1, -1>(len)), gy(y + o, Shape<1, 1, 1, 1, -1>(len));
            TLOAD(a, gx);
            set_flag(PIPE_MTE2, PIPE_V, EVENT_ID0); wait_flag(PIPE_MTE2, PIPE_V, EVENT_ID0);
            TCVT(f, a, RoundMode::CAST_NONE); pipe_barrier(PIPE_V);
            TMULS(f, f, 3.0f); pipe_barrier(PIPE_V);
            TCVT(r, f, RoundMode::CAST_RINT);
            set_flag(PIPE_V, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID0);
            TSTORE(gy, r);
            pipe_barrier(PIPE_ALL);
          }
        }";
    let n = 1003;
    let x: Vec<u16> = random(n, 1).into_iter().map(bf16).collect();
    let mut y = vec![0_u16; n];
    let expected: Vec<u16> = x.iter().map(|x| bf16(of_bf16(*x) * 3.0)).collect();
    pass(Language::Pto, source, 2, &[input(&x), out(&mut y), Arg::U32(n as u32)], || assert_eq!(y, expected));
}

#[test]
fn softmax_of_rows() {
    let source = pto(&format!(
        "F<8, 128> a, t; Col<8> m; TASSIGN(a, 0); TASSIGN(t, 4096); TASSIGN(m, 8192);\nG<8, 128> gx(x), gy(y);\nTLOAD(a, gx);\n{}\n\
         TROWMAX(m, a, t); pipe_barrier(PIPE_V);\nTROWEXPANDEXPDIF(a, a, m); pipe_barrier(PIPE_V);\nTROWSUM(m, a, t); pipe_barrier(PIPE_V);\n\
         TROWEXPANDDIV(a, a, m);\n{}\nTSTORE(gy, a);",
        flag("MTE2", "V"),
        flag("V", "MTE3")
    ));
    let x = random(1024, 6);
    let mut y = vec![0.0_f32; 1024];
    let mut expected = Vec::new();
    for row in x.chunks(128) {
        let exp: Vec<f64> = row.iter().map(|x| f64::from(*x).exp()).collect();
        let sum: f64 = exp.iter().sum();
        expected.extend(exp.iter().map(|x| x / sum));
    }
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || near("softmax", &y, &expected, 1e-6));
}

#[test]
fn root_mean_square() {
    let source = pto(&format!(
        "constexpr int N = 1536;\nF<1, N> a, b, t; Tile<TileType::Vec, float, 1, 8, BLayout::RowMajor, 1, 1> s;\n\
         TASSIGN(a, 0); TASSIGN(b, N * 4); TASSIGN(t, N * 8); TASSIGN(s, N * 12);\nG<1, N> gx(x), gy(y);\nTLOAD(a, gx);\n{}\n\
         TMUL(b, a, a); pipe_barrier(PIPE_V);\nTROWSUM(s, b, t); pipe_barrier(PIPE_V);\nTMULS(s, s, 1.0f / N); pipe_barrier(PIPE_V);\n\
         TADDS(s, s, 1e-6f); pipe_barrier(PIPE_V);\nTSQRT(s, s);\n{}\nfloat inv = 1.0f / s.GetValue(0);\n{}\nTMULS(a, a, inv);\n{}\nTSTORE(gy, a);",
        flag("MTE2", "V"),
        flag("V", "S"),
        flag("S", "V"),
        flag("V", "MTE3")
    ));
    let x = random(1536, 7);
    let mut y = vec![0.0_f32; 1536];
    let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 1536.0 + 1e-6;
    let expected: Vec<f64> = x.iter().map(|x| f64::from(*x) / mean.sqrt()).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || near("norm", &y, &expected, 1e-5));
}

#[test]
fn matrix_times_vector() {
    // A row of 128, then a matrix of 16 x 128; column results.
    let source = pto(&format!(
        "F<1, 128> v; F<16, 128> m, t; Col<16> s; TASSIGN(v, 0); TASSIGN(m, 512); TASSIGN(t, 8704); TASSIGN(s, 16896);\n\
         G<1, 128> gv(x); G<16, 128> gm(x + 128 + get_block_idx() * 2048);\n\
         GlobalTensor<float, Shape<1, 1, 1, 16, 1>, Stride<1, 1, 1, 1, 16>, Layout::DN> gy(y + get_block_idx() * 16);\n\
         TLOAD(v, gv); TLOAD(m, gm);\n{}\nTCOLEXPANDMUL(m, m, v); pipe_barrier(PIPE_V);\nTROWSUM(s, m, t);\n{}\nTSTORE(gy, s);",
        flag("MTE2", "V"),
        flag("V", "MTE3")
    ));
    let x = random(128 * 33, 3);
    let mut y = vec![0.0_f32; 32];
    let dot = |row: &[f32]| row.iter().zip(&x[..128]).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum();
    let expected: Vec<f64> = x[128..].chunks(128).map(dot).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 2, &args, || near("product", &y, &expected, 1e-5));
}

#[test]
fn masks_indices_and_columns() {
    // y[0] = elements where they are positive, else 0.5; y[1] = that in reverse; y[2] = sums of columns.
    let source = pto(&format!(
        "F<1, 64> a, b, c, s; F<2, 64> two; Tile<TileType::Vec, uint8_t, 1, 32> m; Tile<TileType::Vec, int32_t, 1, 64> i, j;\n\
         Tile<TileType::Vec, uint32_t, 1, 16> tmp;\n\
         TASSIGN(a, 0); TASSIGN(two, 256); TASSIGN(b, 256); TASSIGN(c, 512); TASSIGN(s, 768); TASSIGN(m, 1024); TASSIGN(i, 2048); TASSIGN(j, 3072);\n\
         TASSIGN(tmp, 4096);\nG<1, 64> gx(x); G<2, 64> gy(y); G<1, 64> gs(y + 128);\nTLOAD(a, gx);\n\
         TCI<decltype(i), int32_t, 1>(i, 63);\n{}\n{}\nTCMPS(m, a, 0.0f, CmpMode::GT); pipe_barrier(PIPE_V);\nTSELS(b, m, a, tmp, 0.5f); pipe_barrier(PIPE_V);\n\
         TGATHER(c, b, i, j); pipe_barrier(PIPE_V);\nTCOLSUM(s, two);\n{}\nTSTORE(gy, two); TSTORE(gs, s);",
        flag("MTE2", "V"),
        flag("S", "V").replace("ID0", "ID1"),
        flag("V", "MTE3")
    ));
    let x = random(64, 12);
    let mut y = vec![0.0_f32; 192];
    let first: Vec<f32> = x.iter().map(|x| if *x > 0.0 { *x } else { 0.5 }).collect();
    let second: Vec<f32> = first.iter().rev().copied().collect();
    let sums: Vec<f32> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
    let expected = [first, second, sums].concat();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn transposes_and_masks_of_rows() {
    // y[0] = the transpose of 8 x 16; y[1] = elements of it above zero, else -1, in rows of 8.
    let source = pto(&format!(
        "F<8, 16> a; F<16, 8> b, c; F<16, 16> t; Tile<TileType::Vec, uint8_t, 16, 32> m; Tile<TileType::Vec, uint32_t, 1, 16> tmp;\n\
         TASSIGN(a, 0); TASSIGN(b, 512); TASSIGN(c, 1024); TASSIGN(t, 2048); TASSIGN(m, 4096); TASSIGN(tmp, 8192);\n\
         G<8, 16> gx(x); G<16, 8> gb(y), gc(y + 128);\nTLOAD(a, gx);\n{}\nTTRANS(b, a, t); pipe_barrier(PIPE_V);\n\
         TCMPS(m, b, 0.0f, CmpMode::GT); pipe_barrier(PIPE_V);\nTSELS(c, m, b, tmp, -1.0f);\n{}\nTSTORE(gb, b); TSTORE(gc, c);",
        flag("MTE2", "V"),
        flag("V", "MTE3")
    ));
    let x = random(128, 15);
    let mut y = vec![0.0_f32; 256];
    let turned: Vec<f32> = (0..128).map(|index| x[index % 8 * 16 + index / 8]).collect();
    let chosen: Vec<f32> = turned.iter().map(|x| if *x > 0.0 { *x } else { -1.0 }).collect();
    let expected = [turned, chosen].concat();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn loads_fill_rows_up() {
    // Rows of 5 of 16 elements: three more get the number, behind the block nothing does.
    let source = pto(&format!(
        "Tile<TileType::Vec, float, 2, 16, BLayout::RowMajor, -1, -1, SLayout::NoneBox, 512, PadValueCustom(0xc0000000u)> a(2, 5); F<2, 16> b;\n\
         TASSIGN(a, 0); TASSIGN(b, 0);\nTEXPANDS(b, 7.0f);\n{}\n\
         GlobalTensor<float, Shape<1, 1, 1, -1, -1>, Stride<1, 1, 1, 5, 1>> gx(x, Shape<1, 1, 1, -1, -1>(2, 5)); G<2, 16> gy(y);\nTLOAD(a, gx);\n{}\n\
         TSTORE(gy, b);",
        flag("V", "MTE2"),
        flag("MTE2", "MTE3")
    ));
    let x = random(10, 4);
    let mut y = vec![0.0_f32; 32];
    let row = |row: &[f32]| [row, &[-2.0; 3], &[7.0; 8]].concat();
    let expected = [row(&x[..5]), row(&x[5..])].concat();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || assert_eq!(y, expected));
}

#[test]
fn reductions_use_scratch_for_valid_rows() {
    // Three of eight rows; the fourth row of the scratch tile keeps its numbers.
    let source = pto(&format!(
        "Tile<TileType::Vec, float, 8, 64, BLayout::RowMajor, 3, 64> a, t; Tile<TileType::Vec, float, 8, 1, BLayout::ColMajor, 3, 1> c; F<8, 64> all, b;\n\
         TASSIGN(a, 0); TASSIGN(all, 0); TASSIGN(t, 2048); TASSIGN(b, 2048); TASSIGN(c, 4096);\nG<8, 64> gx(x);\n\
         TLOAD(all, gx); TLOAD(b, gx);\n{}\nTROWSUM(c, a, t);\n{}\nF<1, 64> row; TASSIGN(row, 2048 + 3 * 256); G<1, 64> gy(y); TSTORE(gy, row);",
        flag("MTE2", "V"),
        flag("V", "MTE3")
    ));
    let x = random(512, 9);
    let mut y = vec![0.0_f32; 64];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || assert_eq!(y, x[192..256]));
    let third =
        source.replace("2048 + 3 * 256", "2048 + 2 * 256").replace("TSTORE(gy, row);", "TSTORE(gy, row); // here");
    fail(Language::Pto, &third, 1, &args, FaultKind::Uninitialised);
}

#[test]
fn bytes_become_halves() {
    let source = "#include <pto/pto-inst.hpp>
        using namespace pto;
        __global__ AICORE void k(__gm__ int8_t* x, __gm__ half* y, int32_t n) {
          Tile<TileType::Vec, int8_t, 1, 64> a; Tile<TileType::Vec, half, 1, 64> b;
          TASSIGN(a, 0); TASSIGN(b, 64);
          GlobalTensor<int8_t, Shape<1, 1, 1, 1, 64>, Stride<1, 1, 1, 64, 1>> gx(x);
          GlobalTensor<half, Shape<1, 1, 1, 1, 64>, Stride<1, 1, 1, 64, 1>> gy(y);
          TLOAD(a, gx);
          set_flag(PIPE_MTE2, PIPE_V, EVENT_ID0); wait_flag(PIPE_MTE2, PIPE_V, EVENT_ID0);
          TCVT(b, a, RoundMode::CAST_NONE);
          set_flag(PIPE_V, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID0);
          TSTORE(gy, b);
          pipe_barrier(PIPE_ALL);
        }";
    let x: Vec<i8> = (0..64).map(|index| index * 4 - 128_i32).map(|value| value as i8).collect();
    let mut y = vec![0_u16; 64];
    let expected: Vec<u16> = x.iter().map(|x| half::f16::from_f32(f32::from(*x)).to_bits()).collect();
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, source, 1, &args, || assert_eq!(y, expected));
}

/// A sound body passes; each faulty one is caught at the line with `// here`.
fn rule(right: &str, faulty: &[(&str, FaultKind)]) {
    let x = vec![1.5_f32; 1024];
    let mut y = vec![0.0_f32; 1024];
    let args = [input(&x), out(&mut y), Arg::U32(5)];
    let tiles = "F<8, 64> a, b; F<8, 64> t; Col<8> c; TASSIGN(a, 0); TASSIGN(b, 2048); TASSIGN(t, 4096); TASSIGN(c, 6144);\n\
                 G<8, 64> gx(x), gy(y);\nTEXPANDS(a, 1.0f); TEXPANDS(b, 2.0f); pipe_barrier(PIPE_V);\n";
    pass(Language::Pto, &pto(&format!("{tiles}{right}")), 1, &args, || {});
    for (wrong, kind) in faulty {
        fail(Language::Pto, &pto(&format!("{tiles}{wrong}")), 1, &args, *kind);
    }
}

#[test]
fn order_and_limits_hold_for_tiles() {
    let store = format!("TADD(a, a, b);\n{}\nTSTORE(gy, a);", flag("V", "MTE3"));
    rule(
        &store,
        &[
            ("TADD(a, a, b);\nTSTORE(gy, a); // here", FaultKind::Hazard),
            ("TADD(a, a, b);\nTMULS(a, a, 2.0f); // here", FaultKind::Hazard),
            ("TROWSUM(c, a, t);\nTADDS(b, t, 1.0f); // here", FaultKind::Hazard),
            ("set_flag(PIPE_V, PIPE_MTE3, EVENT_ID7); // here", FaultKind::Flag),
            ("wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID7); // here", FaultKind::Flag),
            ("pipe_barrier(PIPE_S); // here", FaultKind::Call),
            ("TASSIGN(a, 48); // here", FaultKind::Misaligned),
            ("TASSIGN(a, ~0ul - 31); // here", FaultKind::Operand),
            (
                "GlobalTensor<float, Shape<1, 1, 1, 8, 64>, Stride<1, 1, 1, -1, 1>> g(x, Shape<1, 1, 1, 8, 64>(), Stride<1, 1, 1, -1, 1>(-64)); TLOAD(t, g); // here",
                FaultKind::ReadOutOfBounds,
            ),
            ("TASSIGN(a, 188416 - 1024); // here", FaultKind::Operand),
            ("F<8, 64> none; TADD(none, a, b); // here", FaultKind::Operand),
            ("TASSIGN(b, 32); TADDS(b, a, 1.0f); // here", FaultKind::Overlap),
            ("F<4, 64> d; TASSIGN(d, 8192); TADD(d, a, b); // here", FaultKind::Operand),
            (
                "Tile<TileType::Vec, float, 8, 64, BLayout::RowMajor, -1, 64> d(0); TASSIGN(d, 8192); TEXPANDS(d, 1.0f); // here",
                FaultKind::Operand,
            ),
            ("G<8, 32> g(x); TLOAD(a, g); // here", FaultKind::Operand),
            ("G<8, 64> g(x + 1024 - 511); TLOAD(t, g); // here", FaultKind::ReadOutOfBounds),
            (
                "TLOAD(t, gx);\nset_flag(PIPE_MTE2, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_MTE2, PIPE_MTE3, EVENT_ID0);\nG<8, 64> g(x); TSTORE(g, t); // here",
                FaultKind::WriteToConstant,
            ),
            ("float v = t.GetValue(3); // here", FaultKind::Uninitialised),
            ("TROWSUM(c, t, b); // here", FaultKind::Uninitialised),
            (
                "TMUL(t, t, a);\nset_flag(PIPE_V, PIPE_MTE3, EVENT_ID0); wait_flag(PIPE_V, PIPE_MTE3, EVENT_ID0);\nTSTORE(gy, t); // here",
                FaultKind::Uninitialised,
            ),
        ],
    );
}

#[test]
fn memory_that_the_library_uses_itself_is_watched() {
    // Both spread a column in the same memory.
    let rows = |barrier: &str| {
        format!(
            "TROWSUM(c, a, t); pipe_barrier(PIPE_V);\nTROWEXPANDMUL(a, a, c);\n{barrier}\nTROWEXPANDMUL(b, b, c); // here"
        )
    };
    // The scalar unit writes the second scalar while the first selection may not have read its own.
    let selects = |order: &str| {
        format!(
            "Tile<TileType::Vec, uint8_t, 8, 32> m; Tile<TileType::Vec, uint32_t, 1, 16> tmp; TASSIGN(m, 8192); TASSIGN(tmp, 9216);\n\
             TCMPS(m, a, 0.0f, CmpMode::GT); pipe_barrier(PIPE_V);\nTSELS(t, m, a, tmp, 0.5f);\n{order}\nTSELS(b, m, a, tmp, 1.5f); // here"
        )
    };
    rule(&rows("pipe_barrier(PIPE_V);"), &[(rows("").as_str(), FaultKind::Hazard)]);
    rule(&selects(&flag("V", "S")), &[(selects("pipe_barrier(PIPE_V);").as_str(), FaultKind::Hazard)]);
}

#[test]
fn element_types_and_layouts_are_checked() {
    let tiles = "Tile<TileType::Vec, bfloat16_t, 1, 64> u, v; F<8, 64> a, b; F<8, 32> s; Tile<TileType::Vec, half, 8, 64> h; Col<8> c; F<8, 8> w;\n\
                 TASSIGN(a, 0); TASSIGN(b, 0);\n";
    for call in [
        "TADD(u, u, v);",
        "TEXP(u, v);",
        "TMULS(u, v, bfloat16_t{});",
        "TROWSUM(c, h, h);",
        "TCVT(h, u, RoundMode::CAST_NONE);",
        "TADD(a, a, h);",
        "TROWSUM(c, a, s);",
        "TROWEXPANDMUL(a, a, w);",
        "Tile<TileType::Vec, float, 1, 7> odd;",
        "Tile<TileType::Vec, float, 8, 64, BLayout::RowMajor, -1, 64> open;",
        "Tile<TileType::Mat, float, 8, 64> mat;",
        "Tile<TileType::Vec, float, 8, 64, BLayout::RowMajor, 8, 64, SLayout::NoneBox, 512, PadValue::Max> filled;",
        "G<1, 64> g(x); TLOAD(u, g);",
        "G<8, 1> g(x); TLOAD(c, g);",
        "F<256, 64> many; F<1, 64> row; TCOLEXPANDMUL(many, many, row);",
        "TASSIGN<48>(a);",
        "TSIN(a, b);",
    ] {
        let source = pto(&format!("{tiles}{call} // here"));
        match Program::compile(Language::Pto, &source, "k", Checks::Barriers) {
            Ok(_) => panic!("this compiles: {call}"),
            Err(error) if error.is_skip() => return,
            Err(error) => {
                assert!(matches!(error, Error::Compile { .. }), "{error}\n{call}");
                let marked = |line: u32| {
                    source.lines().nth(line.max(1) as usize - 1).is_some_and(|text| text.contains("// here"))
                };
                assert!(
                    error.diagnostics().iter().any(|message| marked(message.line)),
                    "{call}: {:?}",
                    error.diagnostics()
                );
            }
        }
    }
    let plain = pto("").replace("__gm__ void* xv", "void* xv");
    match Program::compile(Language::Pto, &plain, "k", Checks::Barriers) {
        Err(Error::Signature { .. }) => {}
        Err(error) if error.is_skip() => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn places_of_equal_extremes_are_unknown() {
    let source = pto(&format!(
        "F<1, 64> a, t; Tile<TileType::Vec, int32_t, 8, 1, BLayout::ColMajor, 1, 1> i; TASSIGN(a, 0); TASSIGN(t, 256); TASSIGN(i, 512);\n\
         TEXPANDS(a, 1.0f); pipe_barrier(PIPE_V);\nTROWARGMAX(i, a, t);\n{}\nint32_t place = i.GetValue(0);\n{}\nTEXPANDS(a, (float)place);\n{}\n\
         G<1, 64> gy(y); TSTORE(gy, a);",
        flag("V", "S"),
        flag("S", "V"),
        flag("V", "MTE3")
    ));
    let x = [0.0_f32];
    let mut y = vec![0.0_f32; 64];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::Pto, &source, 1, &args, || assert_eq!(y[5], 63.0));
}
