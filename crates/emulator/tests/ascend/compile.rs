//! What does not compile, and where the message points.

use emulator::{Checks, Error, Language, Program};

use crate::harness::ascendc;

/// The text is refused at a line with `// here`.
fn refused(source: &str) {
    match Program::compile(Language::AscendC, source, "k", Checks::Barriers) {
        Ok(_) => panic!("this compiles:\n{source}"),
        Err(error) if error.is_skip() => {}
        Err(error) => {
            assert!(matches!(error, Error::Compile { .. }), "{error}\n{source}");
            let marked =
                |line: u32| source.lines().nth(line.max(1) as usize - 1).is_some_and(|text| text.contains("// here"));
            assert!(
                error.diagnostics().iter().any(|message| marked(message.line)),
                "{error}\n{:?}\n{source}",
                error.diagnostics()
            );
        }
    }
}

#[test]
fn element_types_are_those_of_the_core() {
    let tensors = "LocalTensor<bfloat16_t> u(TPosition::VECCALC, 0, 64), v(TPosition::VECCALC, 256, 64);\n\
                   LocalTensor<half> h(TPosition::VECCALC, 512, 64); LocalTensor<float> f(TPosition::VECCALC, 1024, 64);\n\
                   LocalTensor<int32_t> i(TPosition::VECCALC, 2048, 64); LocalTensor<uint8_t> b(TPosition::VECCALC, 4096, 64);\n";
    for call in [
        "Add(u, u, v, 64);",
        "Exp(u, v, 64);",
        "Div(i, i, i, 64);",
        "And(i, i, i, 64);",
        "Cast(h, u, RoundMode::CAST_NONE, 64);",
        "Cast(u, h, RoundMode::CAST_RINT, 64);",
        "Cast(u, i, RoundMode::CAST_RINT, 64);",
        "Add(f, f, h, 64);",
        "Muls(f, f, 2.0, 64);",
        "Muls(f, f, 2, 64);",
        "Duplicate(b, (uint8_t)1, 64);",
        "WholeReduceSum(i, i, 64, 1, 1, 1, 8);",
        "DataCopy(gx, gy, 64);",
        "DataCopy(u, gx, 64);",
        "Sin(f, f, 64);",
        "gy.SetValue(0, 1.0f);",
        "PipeBarrier<PIPE_S>();",
        "float w = u.GetValue(0) + 1.0f;",
        "uint32_t q = 1; DataCopyParams p{1, q, 0, 0};",
    ] {
        refused(&ascendc("float", &format!("{tensors}{call} // here")));
    }
}

#[test]
fn functions_for_the_core_are_marked() {
    let source = |mark: &str| {
        ascendc("float", "LocalTensor<float> a(TPosition::VECCALC, 0, 64);\nfill(a);")
            .replace("extern \"C\" __global__", &format!("{mark} inline void fill(LocalTensor<float> t) {{\nDuplicate(t, 1.0f, 64); // here\n}}\nextern \"C\" __global__"))
    };
    match Program::compile(Language::AscendC, &source("__aicore__"), "k", Checks::Barriers) {
        Ok(_) => {}
        Err(error) if error.is_skip() => return,
        Err(error) => panic!("{error}"),
    }
    refused(&source(""));
}

#[test]
fn launches_have_the_arguments_of_the_kernel() {
    let right = ascendc("float", "");
    refused(&right.replace("stream>>>(x, y, n);", "stream>>>(x, y); // here"));
    refused(&right.replace("stream>>>(x, y, n);", "stream>>>(n, y, n); // here"));
}
