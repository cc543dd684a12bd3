//! What is refused before anything runs: each rule with a text that keeps it.

use emulator::gaudi::{Error, SLM_BYTES, VLM_BYTES, VLM_BYTES_WITH_TABLES, check};

use crate::harness::refused;

/// A text whose kernel has variables of every kind, with a body.
fn kernel(body: &str) -> String {
    format!(
        "__local__ float64 rows[4];\n__local__ float s[4];\n\
         void main(tensor x, tensor y, int n, unsigned u, float f)\n{{\n\
         int5 c = {{ 0, 0, 0, 0, 0 }};\nfloat64 v = 0;\nint64 i = 0;\nuint64 w = 0;\nbfloat128 h = 0;\n\
         float128 p = {{ 0 }};\nbool64 m = v_f32_cmp_grt_b(v, v);\n{body}\n}}\n"
    )
}

/// `right` is read as the body of a kernel, `wrong` is refused.
fn rule(right: &str, wrong: &str, word: &str) {
    let source = kernel(right);
    check(&source).unwrap_or_else(|error| panic!("{error}\n{source}"));
    refused(&kernel(&format!("{wrong} // here")), word);
}

#[test]
fn numbers() {
    rule("float a = 1.0f;", "float a = 1.0;", "double");
    rule("float a = 2.5e-3f;", "float a = 2.5e-3;", "double");
    rule("unsigned a = 0xffffffff;", "unsigned a = 0x100000000;", "32 bits");
    rule("int a = 2147483647;", "int a = 2147483648;", "32 bits");
    rule("int a = 8;", "int a = 010;", "decimal");
    rule("float a = 1.0f;", "double a = 1.0f;", "not a type");
    rule("int a = 1;", "long a = 1;", "not a type");
}

#[test]
fn lanes_cannot_be_reached() {
    rule("c[0] = 1;", "v[0] = 1.0f;", "lanes");
    rule("int a = c[4];", "float a = v[3];", "lanes");
    rule("c[1 + 1] = n;", "c[n] = 1;", "constant of 0 to 4");
    rule("c[4] = n;", "c[5] = n;", "constant of 0 to 4");
    rule("v = p.v1;", "v = p.v3;", "no such member");
    rule("v = p.v2;", "v = v.v1;", "no such member");
}

#[test]
fn there_is_no_division() {
    rule("int a = 7 / 2;", "int a = n / 2;", "division");
    rule("int a = 7 % 2;", "int a = n % 2;", "division");
    rule("float a = 1.0f / 64.0f;", "float a = 1.0f / f;", "division");
    rule("v = v * 0.5f;", "v = v / v;", "division");
    rule("v *= v;", "v /= v;", "not known");
}

#[test]
fn types_go_together() {
    rule("v = v + f;", "v = v + n;", "`int` where `float64`");
    rule("v = 0;", "v = i;", "`int64` where `float64`");
    rule("v = v_convert_i32_to_f32_b(i);", "v = v_convert_u32_to_f32_b(i);", "`int64` where `uint64`");
    rule("i = (int64)w;", "i = w;", "`uint64` where `int64`");
    rule("h = 0;", "h = f;", "`float` where `bfloat128`");
    rule("v = p.v1 + p.v2;", "v = p;", "`float128` where `float64`");
    rule("v = p.v1;", "v = h;", "`bfloat128` where `float64`");
    rule("h = v_bf16_add_b(h, h);", "h = h + h;", "no such operator");
    rule("i = i << 2;", "v = v << 2;", "no such operator");
    rule("m = v_f32_cmp_less_b(v, v) & m;", "m = m + m;", "no such operator");
    rule("bool b = n < 3;", "bool b = v < v;", "no such operator");
    rule("if (n) { n = 1; }", "if (f) { n = 1; }", "a condition");
    rule("int a = (int)f;", "int a = f;", "`float` where `int`");
    rule("i = n;", "i = u;", "`unsigned` where `int64`");
}

#[test]
fn signs_are_not_mixed() {
    rule("bool b = u < 3;", "bool b = n < u;", "without a cast");
    rule("bool b = (unsigned)n < u;", "bool b = u < -1;", "without a cast");
    rule("n = get_dim_size(x, 0);", "n = get_dim_size(x, 0) + n;", "without a cast");
}

#[test]
fn braces() {
    rule("int5 d = { 1, 2, 3, 4, 5 };", "int5 d = { 1, 2 };", "5 parts, not 2");
    rule("float128 q = { v, v };", "float128 q = { v };", "2 parts, not 1");
    rule("float64 q = { 0 };", "float64 q = { 1.0f, 2.0f };", "no parts");
    rule("v = v_f32_ld_tnsr_b((int5){ 0, n, 0, 0, 0 }, x);", "v = v_f32_ld_tnsr_b((int5){ 0, n }, x);", "5 parts");
}

#[test]
fn names() {
    rule("int a = 1; a += n;", "a = 1;", "not declared");
    rule("{ int a = 1; a = n; } int a = 2;", "int a = 1; int a = 2;", "taken");
    rule("int row = 1;", "int float64 = 1;", "taken");
    rule("int row = 1;", "int v_exp_f32 = 1;", "taken");
    rule("const int a = n;", "const int a = n; a = 2;", "is constant");
    rule("const int a = n;", "const int a;", "no value");
    rule("v = v_exp_f32(v);", "v = exp_f32(v);", "not declared");
    rule("v = v_reciprocal_f32(v);", "v = v_f32_reciprocal_b(v);", "not declared");
    rule("int a = 1;", "int a[4];", "`__local__` at the top");
    rule("n = 1;", "int *a = 0;", "pointers");
    rule("n = s_i32_ld_g(gen_addr(c, x));", "n = *gen_addr(c, x);", "pointers");
    rule("n = s_i32_ld_g(gen_addr(c, x));", "n = s_i32_ld_g(gen_addr(c, x) + 1);", "without a cast");
    rule("v = v_f32_ld_tnsr_b(c, x);", "v_f32_ld_tnsr_b + 1;", "not declared");
    rule("rows[1] = v;", "rows[f] = v;", "index");
}

#[test]
fn arguments() {
    let load = "v = v_f32_ld_tnsr_b(c, x, 0, v, n, 0);";
    rule(load, "v = v_f32_ld_tnsr_b(c);", "takes 2 to 6 arguments");
    rule(load, "v = v_f32_ld_tnsr_b(c, x, n);", "not a constant");
    rule(load, "v = v_f32_ld_tnsr_b(c, x, 1);", "switches");
    rule(load, "v = v_f32_ld_tnsr_b(c, n);", "`int` where `tensor`");
    rule(load, "v = v_f32_ld_tnsr_b(c, n ? x : y);", "a choice of `tensor`");
    rule(load, "v = v_f32_ld_tnsr_b(n, v);", "`float64` where `tensor`");
    rule("v_f32_st_tnsr(c, y, v, 0, 1, 0);", "v_f32_st_tnsr(c, y, v, 0, v, 1, 0);", "takes 3 to 6");
    rule("v_f32_st_tnsr(c, y, v);", "v_f32_st_tnsr(c, y, h);", "`bfloat128` where `float64`");
    // `mac` has no income.
    rule("v = v_f32_mac_b(v, v, v, 0, n, 0);", "v = v_f32_mac_b(v, v, v, 0, v, 1, 0);", "takes 3 to 6");
    rule("n = get_dim_size(x, 4);", "n = get_dim_size(x, 5);", "0 to 4");
    rule("n = get_dim_size(x, 4);", "n = get_dim_size(x, n);", "not a constant");
    rule("v_f32_st_tnsr_partial(c, y, v, n, 0);", "v_f32_st_tnsr_partial(c, y, v, n, 1);", "not known here");
    let convert = "h = convert_float128_to_bfloat128(p, SW_RZ | SW_LINEAR);";
    rule(convert, "h = convert_float128_to_bfloat128(p, 1);", "switches");
    rule(convert, "h = convert_float128_to_bfloat128(p);", "arguments");
    rule(convert, "p = convert_bfloat128_to_float128(h, SW_RZ);", "switches");
    rule("v = v_f32_mov_vb(v, 0, v, m, 0);", "v = v_f32_mov_vb(v, 0, v, m);", "arguments");
    rule("v = v_f32_mov_vb(v, 0, v, m, 0);", "v = v_f32_mov_vb(v, 0, v, n, 0);", "`int` where `bool64`");
    let all = "SW_WR_LOWER_GROUP0 | SW_WR_UPPER_GROUP3";
    let dual =
        |mask: &str, first: &str| format!("v = v_f32_mov_dual_group_all_b(v, {mask}, {first}, 1, 2, 3, {all}, v);");
    rule(&dual("0xFFFFFFFF", "0"), &dual("0xFFFFFFFF", "4"), "0 to 3");
    rule(&dual("-1", "3"), &dual("1", "0"), "mask");
    rule("v = v_f32_mov_group_b(v, -1, 63, v);", "v = v_f32_mov_group_b(v, -1, 63);", "arguments");
    rule("v = v_f32_mov_group_b(v, -1, SW_GROUP0_EN, v);", "v = v_f32_mov_group_b(v, -1, 64, v);", "switches");
}

#[test]
fn functions() {
    let main = "void main(tensor x) { int a = f(1); }";
    check(&format!("static inline int f(int a) {{ return a + 1; }}\n{main}")).unwrap();
    for (function, word) in [
        ("int f(int a); // here", "without a body"),
        ("int f(int a) { return a < 1 ? 0 : f(a - 1); } // here", "not declared"),
        ("int f(int a) { if (a) { return 1; } } // here", "without a value"),
        ("int f(int a) { return; } // here", "does not fit"),
        ("void f(int a) { return 1; } // here", "does not fit"),
        ("int f(int a[4]) { return 1; } // here", "arrays"),
        ("int f(int a) { break; return 1; } // here", "outside a loop"),
        ("int f(int a) { goto end; return 1; } // here", "not known"),
        ("int a = 1; // here", "outside functions"),
        ("__local__ int a[2] = { 1, 2 }; // here", "no initial values"),
        ("__local__ bf16 a[2]; // here", "not an element"),
        ("__local__ bool a[2]; // here", "not an element"),
        ("__local__ int a[0]; // here", "0 elements"),
        ("#include <math.h> // here", "pragmas"),
        ("#define f(a) a // here", "pragmas"),
        ("struct A { int a; }; // here", "not a type"),
        ("int @ // here", "not of the language"),
    ] {
        refused(&format!("{function}\n{main}"), word);
    }
    refused("void f(int a) { }\nvoid main(tensor x) { f(1, 2); } // here", "takes 1 arguments");
}

#[test]
fn the_kernel() {
    check("void main(tensor x, int n, float f, unsigned u) { }").unwrap();
    assert_eq!(check("void k(tensor x) { }"), Err(Error::NoEntry));
    refused("int main(tensor x) { return 1; } // here", "returns void");
    refused("inline void main(tensor x) { } // here", "inline");
    refused("void main(int n, tensor x) { } // here", "tensors come first");
    refused("void main(tensor x, bf16 b) { } // here", "32 bits");
    let of = |tensors: usize, scalars: usize| {
        let tensors = (0..tensors).map(|at| format!("tensor t{at}"));
        let params: Vec<_> = tensors.chain((0..scalars).map(|at| format!("int n{at}"))).collect();
        check(&format!("void main({}) {{ }}", params.join(", ")))
    };
    of(16, 32).unwrap();
    assert!(matches!(of(17, 0), Err(Error::Limit { value: 17, limit: 16, .. })));
    assert!(matches!(of(1, 33), Err(Error::Limit { value: 33, limit: 32, .. })));
}

#[test]
fn arrays_fit() {
    let of = |array: &str, body: &str| check(&format!("__local__ {array};\nvoid main(tensor x) {{ {body} }}\n"));
    let vectors = |bytes: u64| format!("float64 a[{}]", bytes / 256);
    let exp = "float64 v = 0; v = v_exp_f32(v);";
    let cephes = "float64 v = 0; v = v_exp_cephes_f32(v);";
    let sum = "float64 v = 0; v = v_f32_reduce_add(v);";
    of(&vectors(VLM_BYTES), "").unwrap();
    of(&vectors(VLM_BYTES), cephes).unwrap();
    of(&vectors(VLM_BYTES_WITH_TABLES), exp).unwrap();
    of(&format!("float s[{}]", SLM_BYTES / 4), "").unwrap();
    for (array, body, most) in [
        (vectors(VLM_BYTES + 256), "", VLM_BYTES),
        (vectors(VLM_BYTES_WITH_TABLES + 256), exp, VLM_BYTES_WITH_TABLES),
        (vectors(VLM_BYTES_WITH_TABLES + 256), sum, VLM_BYTES_WITH_TABLES),
        (format!("float128 a[{}]", VLM_BYTES / 512 + 1), "", VLM_BYTES),
        (format!("float s[{}]", SLM_BYTES / 4 + 1), "", SLM_BYTES),
    ] {
        let error = of(&array, body).expect_err(&array);
        assert!(matches!(error, Error::Limit { limit, .. } if limit == most), "{error}");
    }
}

#[test]
fn damaged_texts_are_refused_or_read() {
    let source = kernel(
        "for (int d = 0; d < n; d += 64) {\nc[0] = d;\nrows[1] = v_f32_ld_tnsr_b(c, x);\np.v1 = rows[1] * 2.0f;\n}\n\
         do { n -= 1; } while (n > 0 && u < 3);\nif (n) { v = p.v1; } else { v = (n ? v : 0.0f); }\n\
         v_f32_st_tnsr(c, y, v_f32_mac_b(v, v, p.v1));",
    );
    check(&source).unwrap();
    // Every word is left out, doubled, and put in the place of the next one; no text makes the reader fail otherwise.
    let words: Vec<&str> = source.split_inclusive([' ', '\n', '(', ')', ',', ';', '{', '}', '[', ']']).collect();
    let (mut read, mut refused) = (0, 0);
    for at in 0..words.len() {
        for change in 0..3 {
            let mut damaged = words.clone();
            match change {
                0 => drop(damaged.remove(at)),
                1 => damaged.insert(at, words[at]),
                _ => damaged[at] = words[(at + 1) % words.len()],
            }
            match check(&damaged.concat()) {
                Ok(()) => read += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 4 * read, "{refused} refused, {read} read");
    for open in ["(", "{", "- ", "!", "(int5){", "if (n) ", "n ? ", "v_exp_f32("] {
        refused_deep(open);
    }
    crate::harness::refused(&kernel(&format!("n = n{}; // here", " + n".repeat(100_000))), "in a row");
}

fn refused_deep(open: &str) {
    let source =
        kernel(&format!("n = n;\n{}{}", if open.starts_with(['{', 'i']) { "" } else { "n = " }, open.repeat(10_000)));
    let error = check(&source).expect_err(open);
    assert!(error.to_string().contains("levels"), "{open}: {error}");
}
