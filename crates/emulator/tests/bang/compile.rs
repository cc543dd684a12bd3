//! What is refused before anything runs.

use emulator::Checks;
use emulator::bang::{Arch, Error, NRAM_BYTES, Program, check};

use crate::harness::{compile, kernel, refuse};

/// The line that a refusal names holds `// here`, and its message `word`.
fn refused(source: &str, word: &str) {
    let Some(error) = refuse(source) else { return };
    let found = error.diagnostics().first().unwrap_or_else(|| panic!("{error}\n{source}"));
    assert!(error.diagnostics().iter().any(|found| found.message.contains(word)), "{error}\n{source}");
    let line = source.lines().nth((found.line as usize).wrapping_sub(1)).unwrap_or("");
    assert!(line.contains("// here") || found.line == 0, "{error}\n{source}");
}

/// `right` compiles as the body of a kernel, `wrong` is refused.
fn rule(right: &str, wrong: &str, word: &str) {
    match check(&kernel(right)) {
        Err(error) if error.is_skip() => return,
        result => result.unwrap_or_else(|error| panic!("{error}\n{right}")),
    }
    let Some(_) = compile(Arch::Mtp372, &kernel(right), Checks::Memory) else { return };
    refused(&kernel(&format!("{wrong} // here")), word);
}

#[test]
fn vector_functions_take_nram_only() {
    let right = "__bang_add(a, b, c, 8);";
    for wrong in [
        "__bang_add(a, x, c, 8);",
        "__bang_add(y, b, c, 8);",
        "__bang_add(a, w, c, 8);",
        "float s[8]; __bang_add(a, s, c, 8);",
    ] {
        rule(right, wrong, "no matching function");
    }
    rule("__bang_argmax(a, b, 8);", "__bang_argmax(a, x, 8);", "no matching function");
    rule("__bang_write_value(a, 8, 1.0f);", "__bang_write_value(y, 8, 1.0f);", "no matching function");
}

#[test]
fn pointers_keep_their_space() {
    rule(
        "NPTR(float) p = a + 8; __bang_sqrt(p, p, 8);",
        "float *p = a + 8; __bang_sqrt(p, p, 8);",
        "cannot initialize",
    );
    rule("NPTR(float) p = a; p[0] = x[0];", "NPTR(float) p = x;", "cannot initialize");
}

#[test]
fn directions_match_their_pointers() {
    let right = "__memcpy(a, x, 8, GDRAM2NRAM); __memcpy(y, a, 8, NRAM2GDRAM); __memcpy_async(a, b, 8, NRAM2NRAM);";
    for wrong in [
        "__memcpy(a, x, 8, NRAM2GDRAM);",
        "__memcpy(y, a, 8, GDRAM2NRAM);",
        "__memcpy(a, b, 8, GDRAM2NRAM);",
        "__memcpy_async(a, x, 8, NRAM2NRAM);",
        "__memcpy(w, a, 16, GDRAM2WRAM);",
        "__memcpy(w, a, 16, WRAM2NRAM);",
    ] {
        rule(right, wrong, "no matching function");
    }
    // There is no copy from WRAM to WRAM, and SRAM is not for launches of type Block.
    rule(right, "__memcpy(w, w, 16, WRAM2WRAM);", "undeclared");
    rule(right, "__memcpy(a, x, 16, SRAM2NRAM);", "undeclared");
}

#[test]
fn bf16_is_storage() {
    let right = "h[1] = h[0]; __bang_bfloat162float(a, h, 8); __bang_float2bfloat16_rn(h, a, 8);";
    for wrong in ["a[0] = h[0];", "h[0] = a[0];", "a[0] = h[0] + h[1];", "a[0] = (float)h[0];", "a[0] = 2.0f * h[0];"] {
        rule(right, wrong, "");
    }
    rule(right, "__bang_add(h, h, h, 8);", "no matching function");
    rule(right, "__bang_bfloat162float(h, h, 8);", "no matching function");
    rule(right, "__bang_float2bfloat16(h, a, 8);", "undeclared");
}

#[test]
fn what_mtp_372_lacks_is_refused_unless_guarded() {
    for call in [
        "__bang_div(a, b, c, 8);",
        "a[0] = __bang_sum(b, 8);",
        "__bang_maximum(a, b, c, 8);",
        "a[0] = __bfloat162float(h[0]);",
        "__bang_transpose(h, h + 128, 4, 4);",
    ] {
        let guarded = format!("\n#if __BANG_ARCH__ >= 520\n{call}\n#else\na[0] = 1.0f;\n#endif\n");
        let source = kernel(&format!("{call} // here"));
        match check(&kernel(&guarded)) {
            Err(error) if error.is_skip() => return,
            result => result.unwrap(),
        }
        let error = refuse(&source).unwrap();
        assert!(matches!(error, Error::Compile { arch: Arch::Mtp372, .. }), "{error}");
        assert!(
            error.diagnostics()[0].message.contains("__b") || error.diagnostics()[0].message.contains("no matching"),
            "{error}"
        );
    }
}

#[test]
fn words() {
    let right = "float s = 1.0f; a[0] = s * 2.5e-3f;";
    rule(right, "float s = 1.0;", "half");
    rule(right, "a[0] = b[0] * 2.5e-3;", "half");
    rule(right, "double s = 1.0f;", "double");
    rule("unsigned task = taskId;", "unsigned taskId = 0;", "reserved");
    rule("unsigned task = taskDim;", "for (int coreId = 0; coreId < 4; ++coreId) { a[0] = 1.0f; }", "reserved");
}

#[test]
fn double_by_another_way() {
    rule("a[0] = __builtin_sqrtf(b[0]);", "a[0] = (float)__builtin_sqrt(b[0]);", "double");
}

#[test]
fn functions_are_inlined() {
    let of = |function: &str| {
        format!("#include <bang.h>\n{function}\n__mlu_entry__ void k(float *y, int n) {{ y[0] = f(n); }}\n")
    };
    match Program::compile(Arch::Mtp592, &of("__mlu_func__ float f(int n) { return n + 1.0f; }"), "k", Checks::Memory) {
        Err(error) if error.is_skip() => return,
        result => drop(result.unwrap()),
    }
    let reference = "static float &first(float (&s)[4]) { return s[0]; }\n\
                     __mlu_func__ float f(int n) { float s[4] = {1.0f, 2.0f, 3.0f, 4.0f}; first(s) += n; return first(s); }";
    Program::compile(Arch::Mtp592, &of(reference), "k", Checks::Memory).unwrap();
    refused(&of("__mlu_func__ float f(int n) { return n < 2 ? 1.0f : n * f(n - 1); } // here"), "calls itself");
    refused(
        &of(
            "float g(int n);\n__mlu_func__ float f(int n) { return g(n); } // here\nfloat g(int n) { return n < 2 ? 1.0f : f(n - 1); } // here",
        ),
        "calls itself",
    );
    refused(
        &of("__mlu_func__ float g(int n) { return n + 1.0f; }\n\
             __mlu_func__ float f(int n) { float (*p)(int) = g; return p(n); } // here"),
        "through a pointer",
    );
    refused(&of("__mlu_func__ float f(int n) { asm volatile(\"nop\"); return n; } // here"), "assembly");
}

#[test]
fn arrays_are_constant_and_uninitialised() {
    rule("__nram__ float s[8]; s[0] = 1.0f;", "unsigned n = taskId; __nram__ float s[n];", "variable length");
    rule("float s[8]; s[0] = x[0]; y[0] = s[0];", "unsigned n = taskId; float s[n];", "variable length");
    let of = |global: &str| {
        format!("#include <bang.h>\n{global} // here\n__mlu_entry__ void k(float *y) {{ y[0] = s[0]; }}\n")
    };
    let right = "__mlu_const__ float s[2] = {1.0f, 2.0f};";
    match Program::compile(Arch::Mtp592, &of(right), "k", Checks::Memory) {
        Err(error) if error.is_skip() => return,
        result => drop(result.unwrap()),
    }
    refused(&of("__nram__ float s[2] = {1.0f, 2.0f};"), "initial value");
    refused(&of("__nram__ float *s;"), "pointer");
    refused(&of("float s[2];"), "no space");
    refused(&of("float f(); float s[2] = {f(), 1.0f};"), "before the kernel runs");
}

#[test]
fn a_scalar_is_given_a_value() {
    rule("float s = 1.0f; y[0] = s;", "float s; y[0] = s;", "uninitialized");
}

#[test]
fn arrays_fit() {
    let of = |bytes: u64| {
        format!(
            "#include <bang.h>\n__nram__ char s[{bytes}];\n__mlu_entry__ void k(char *y) {{ __memcpy(y, s, 1, NRAM2GDRAM); }}\n"
        )
    };
    match Program::compile(Arch::Mtp372, &of(NRAM_BYTES), "k", Checks::Barriers) {
        Err(error) if error.is_skip() => return,
        result => assert_eq!(result.unwrap().nram_bytes(), NRAM_BYTES),
    }
    let error = refuse(&of(NRAM_BYTES + 1)).unwrap();
    let Error::Other(emulator::Error::Limit { value, limit, .. }) = error else { panic!("{error}") };
    assert_eq!((value, limit), (NRAM_BYTES + 64, NRAM_BYTES), "arrays are rounded up to 64");
    // The table of an active function is in NRAM too.
    let exp =
        of(NRAM_BYTES - 5120 + 64).replace("__memcpy", "__nram__ float e[16]; __bang_active_exp(e, e, 16); __memcpy");
    let error = refuse(&exp).unwrap();
    assert!(
        matches!(error, Error::Other(emulator::Error::Limit { value, .. }) if value == NRAM_BYTES + 128),
        "{error}"
    );
    let two = "#include <bang.h>\n__nram__ char s[327600], t[256];\n__mlu_entry__ void k(char *y) { y[0] = 0; s[0] = 0; t[0] = 0; }\n";
    assert!(matches!(refuse(two), Some(Error::Other(emulator::Error::Limit { .. }))));
    let wram = of(1)
        .replace("__nram__ char", "__wram__ float w[131073];\n__nram__ char")
        .replace("__memcpy(", "__memcpy(w, y, 16, GDRAM2WRAM); __memcpy(");
    assert!(matches!(refuse(&wram), Some(Error::Other(emulator::Error::Limit { what: "bytes of WRAM", .. }))));
}

#[test]
fn a_kernel_is_marked() {
    let source = "#include <bang.h>\nextern \"C\" void k(float *y) { y[0] = 1.0f; }\n";
    let Some(error) = refuse(source) else { return };
    assert!(matches!(&error, Error::Other(emulator::Error::NoEntry { entry }) if entry == "k"), "{error}");
    for mark in ["__mlu_entry__", "__mlu_global__", "extern \"C\" __mlu_entry__"] {
        let source = source.replace("extern \"C\"", mark);
        Program::compile(Arch::Mtp592, &source, "k", Checks::Memory).unwrap();
    }
}

#[test]
fn one_text_is_compiled_for_every_arch() {
    let right = kernel("__memcpy(a, x, 8, GDRAM2NRAM); __memcpy(y, a, 8, NRAM2GDRAM);");
    match Program::compile_all(None, &right, "k", Checks::Barriers) {
        Ok(programs) => assert_eq!(programs.map(|program| program.arch()), Arch::ALL),
        Err(error) if error.is_skip() => return,
        Err(error) => panic!("{error}"),
    }
    // What only one arch has is refused, whichever it is.
    let other = kernel("#if __BANG_ARCH__ < 520\n__bang_div(a, b, c, 8);\n#endif");
    let error = Program::compile_all(None, &other, "k", Checks::Barriers).expect_err("mtp_372 has no such function");
    assert!(matches!(error, Error::Compile { arch: Arch::Mtp372, .. }), "{error}");
    let missing = Program::compile_all(None, &right, "other", Checks::Barriers).expect_err("there is no such kernel");
    assert!(missing.to_string().contains("`other`"), "{missing}");
}
