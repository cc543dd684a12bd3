//! What does not compile, and where the message points.

use emulator::{Checks, Error, Language, Program, check};

use crate::harness::{ALL, refuse, text};

/// Parameters of a Metal kernel that refused texts share.
const METAL: &str = "#include <metal_stdlib>\nusing namespace metal;\n";
const PARAMS: &str = "device const bfloat* x [[buffer(0)]], device float* y [[buffer(1)]], constant uint& n [[buffer(2)]], \
                      uint i [[thread_index_in_threadgroup]]";

/// The text is refused at the line with `// here`.
fn refused_here(language: Language, source: &str) {
    for checked in [check(language, source).err(), refuse(language, source)] {
        let Some(error) = checked else { continue };
        if error.is_skip() {
            return;
        }
        assert!(matches!(error, Error::Compile { .. }), "{error}\n{source}");
        let lines: Vec<_> = error.diagnostics().iter().map(|message| message.line).collect();
        let marked =
            |line: &u32| source.lines().nth((*line).max(1) as usize - 1).is_some_and(|text| text.contains("// here"));
        assert!(lines.iter().any(marked), "{error}\n{lines:?}\n{source}");
        assert!(error.diagnostics().iter().all(|message| !message.message.is_empty()));
    }
}

#[test]
fn metal_texts() {
    let kernel = |body: &str| format!("{METAL}kernel void k({PARAMS}) {{\n{body}\n}}\n");
    for body in [
        "bfloat b = y[i]; // here",
        "bfloat b = exp(float(x[i])); // here",
        "y[i] = as_type<float>(as_type<ushort>(x[i])); // here",
        "threadgroup float* t = (threadgroup float*)y; // here",
        "device float* t = y; thread float* u = t; // here",
        "threadgroup float s[32] = {0.0f}; // here",
        "for (uint j = 0; j < n; ++j) { threadgroup float s[32]; s[j] = 0.0f; } // here",
        "n = 3; // here",
        "y[i] = 0.5; float4 v = int4(1, 2, 3, 4); // here",
        "y[i] = undefined_function(1.0f); // here",
        "device bfloat* w = x; // here",
    ] {
        refused_here(Language::Msl, &kernel(body));
    }
    refused_here(Language::Msl, &format!("{METAL}kernel void k(float* y [[buffer(0)]]) {{ // here\n}}\n"));
    refused_here(Language::Msl, &format!("{METAL}float state; // here\nkernel void k({PARAMS}) {{\n}}\n"));
    refused_here(
        Language::Msl,
        &format!("{METAL}void f() {{\n threadgroup float s[4]; // here\n}}\nkernel void k({PARAMS}) {{\n f();\n}}\n"),
    );
    refused_here(
        Language::Msl,
        &format!(
            "{METAL}kernel void k(device float* y [[buffer(0)]], uint i [[thread_index_in_simdgruop]]) {{ // here\n}}\n"
        ),
    );
}

#[test]
fn metal_bindings() {
    let kernel = |params: &str| format!("{METAL}kernel void k({params}) {{\n}}\n");
    for (params, word) in [
        ("device float* a [[buffer(0)]], device float* b [[buffer(0)]]", "two have slot 0"),
        ("device float* a [[buffer(0)]], device float* b [[buffer(2)]]", "none has slot 1"),
        ("device float* a [[buffer(0)]], device float* b", "no attribute"),
        ("device float* a [[buffer(31)]]", "slot 31"),
        ("device float* a [[buffer(0)]], uint3 lane [[thread_index_in_simdgroup]]", "not a vector"),
    ] {
        let Some(error) = refuse(Language::Msl, &kernel(params)) else { return };
        assert!(matches!(error, Error::Signature { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error} lacks {word:?}");
    }
}

#[test]
fn cuda_and_musa_texts() {
    for language in [Language::Cuda, Language::Musa] {
        for body in [
            "y[$I] = undefined_function(1.0f); // here",
            "y[$I] = x; // here",
            "x[0] = 1.0f; // here",
            "y[$I] = metal_only; // here",
        ] {
            refused_here(language, &text(language, body));
        }
    }
}

#[test]
fn musa_has_no_warps_of_32() {
    for body in [
        "y[$I] = (float)warpSize; // here",
        "__syncwarp(); // here",
        "y[$I] = (float)__activemask(); // here",
        "y[$I] = (float)__ballot_sync(0xffffffffu, x[$I] > 0.0f); // here",
        "y[$I] = __shfl_xor_sync(0xffffffffu, x[$I], 1); // here",
    ] {
        refused_here(Language::Musa, &text(Language::Musa, body));
    }
    let source = text(Language::Musa, "asm volatile(\"bar.sync 0;\");");
    let Some(error) = refuse(Language::Musa, &source) else { return };
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
}

#[test]
fn unknown_instructions_are_refused() {
    for asm in [
        "asm volatile(\"membar.gl;\");",
        "asm volatile(\"add.f32 %0, %1, %2;\" : \"=f\"(y[0]) : \"f\"(x[0]), \"f\"(x[1]));",
    ] {
        let Some(error) = refuse(Language::Cuda, &text(Language::Cuda, asm)) else { return };
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(!error.to_string().contains('$'), "{error}");
    }
}

#[test]
fn shared_memory_fits() {
    for (language, bytes) in [(Language::Msl, 32_768), (Language::Cuda, 49_152), (Language::Musa, 28_672)] {
        let source = |floats: u32| {
            text(language, &format!("$SHARED float s[{floats}];\n s[$I] = x[$I];\n $SBAR\n y[$I] = s[$I ^ 1];"))
        };
        match Program::compile(language, &source(bytes / 4), "k", Checks::Barriers) {
            Ok(program) => assert_eq!(program.shared_bytes(), u64::from(bytes)),
            Err(error) if error.is_skip() => return,
            Err(error) => panic!("{error}"),
        }
        let error = refuse(language, &source(bytes / 4 + 1)).expect("a compiler");
        assert!(matches!(error, Error::Limit { limit, .. } if limit == u64::from(bytes)), "{error}");
    }
}

#[test]
fn a_kernel_must_exist() {
    for language in ALL {
        match Program::compile(language, &text(language, "y[$I] = x[$I];"), "absent", Checks::Barriers) {
            Err(Error::NoEntry { entry }) => assert_eq!(entry, "absent"),
            Err(error) if error.is_skip() => return,
            other => panic!("{other:?}"),
        }
    }
}
