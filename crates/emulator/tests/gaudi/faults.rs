//! Each rule of running: a right program passes, a faulty one is caught at its line.

use emulator::gaudi::{Access, FaultKind, Launch, Program, Split};
use emulator::{Arg, Checks};

use crate::harness::{bf16s, f32s, fail, input, out, pass, space};

/// A kernel of two members along dimension 0 over `x` and `y` of 128 elements; `n` is 2.
fn kernel(body: &str) -> String {
    format!(
        "__local__ float64 rows[4];\n__local__ float s[4];\n__local__ float128 pairs[2];\n\
         void main(tensor x, tensor y, tensor h, int n)\n{{\n\
         const int5 at = get_index_space_offset();\nint5 c = {{ 0, 0, 0, 0, 0 }};\nc[0] = at[0] * 64;\nfloat64 v = 0;\n{body}\n}}\n"
    )
}

fn rule(kind: FaultKind, right: &str, wrong: &str) {
    let (x, h, mut y) = (vec![1.0_f32; 128], vec![0x3f80_u16; 128], vec![0.0_f32; 128]);
    let shapes = [f32s(&[128]), f32s(&[128]), bf16s(&[128])];
    let args = [input(&x), out(&mut y), input(&h), Arg::U32(2)];
    // What members must not do to each other one alone may.
    let members = if kind == FaultKind::MemberRace { 2 } else { 1 };
    pass(&kernel(right), &[members], &shapes, &args, || ());
    fail(&kernel(&format!("{wrong} // here")), &[members], &shapes, &args, kind);
}

#[test]
fn addresses_are_of_elements() {
    let right = "c[0] = 127; v = v_f32_ld_g(gen_addr(c, x));";
    rule(FaultKind::OutOfBounds, right, "c[0] = 128; v = v_f32_ld_g(gen_addr(c, x));");
    rule(FaultKind::OutOfBounds, right, "c[1] = 1; v = v_f32_ld_g(gen_addr(c, x));");
    rule(FaultKind::OutOfBounds, right, "c[4] = n - 3; v = v_f32_ld_g(gen_addr(c, x));");
}

#[test]
fn coordinates_are_not_negative() {
    let right = "c[0] = 100; v = v_f32_ld_tnsr_b(c, x); v_f32_st_tnsr(c, y, v);";
    rule(FaultKind::OutOfBounds, right, "c[0] = -1; v = v_f32_ld_tnsr_b(c, x);");
    rule(FaultKind::OutOfBounds, right, "c[2] = n - 3; v_f32_st_tnsr(c, y, v);");
}

#[test]
fn indices_are_inside_their_arrays() {
    rule(FaultKind::OutOfBounds, "rows[n + 1] = v; v = rows[n + 1];", "rows[n + 2] = v;");
    rule(FaultKind::OutOfBounds, "s[n] = 1.0f;", "s[n - 3] = 1.0f;");
}

#[test]
fn inputs_are_not_written() {
    rule(FaultKind::WriteToConstant, "v_f32_st_tnsr(c, y, v);", "v_f32_st_tnsr(c, x, v);");
}

#[test]
fn functions_fit_the_elements() {
    let right = "bfloat128 b = v_bf16_ld_tnsr_b(c, h); float f = s_f32_ld_g(gen_addr(c, x));";
    rule(FaultKind::Element, right, "bfloat128 b = v_bf16_ld_tnsr_b(c, x);");
    rule(FaultKind::Element, right, "v = v_f32_ld_tnsr_b(c, h);");
    rule(FaultKind::Element, right, "int i = s_i32_ld_g(gen_addr(c, x));");
    rule(FaultKind::Element, right, "bfloat128 b = 0; v_bf16_st_tnsr(c, y, b);");
}

#[test]
fn parts_are_of_one_to_all_lanes() {
    let right = "v_f32_st_tnsr_partial(c, y, v, 0, 0); v = v_f32_ld_tnsr_partial_b(c, x, n + 61, 0);";
    rule(FaultKind::Limit, right, "v_f32_st_tnsr_partial(c, y, v, n - 3, 0);");
    rule(FaultKind::Limit, right, "v = v_f32_ld_tnsr_partial_b(c, x, n + 62, 0);");
}

#[test]
fn shifts() {
    rule(FaultKind::Limit, "int a = 1 << (n + 29);", "int a = 1 << (n + 30);");
    rule(FaultKind::Limit, "uint64 a = 1; a = a >> ((unsigned)n + 29u);", "uint64 a = 1; a = v_u32_shl_b(a, 32);");
}

#[test]
fn values_are_written_before_they_are_read() {
    rule(FaultKind::Uninitialised, "float64 a; a = v; v = a;", "float64 a; v = a;");
    rule(FaultKind::Uninitialised, "int a; if (n) { a = 1; } a += 1;", "int a; if (n < 1) { a = 1; } a += 1;");
    rule(FaultKind::Uninitialised, "rows[1] = v; v = rows[1];", "rows[1] = v; v = rows[0];");
    rule(FaultKind::Uninitialised, "float128 p; p.v1 = v; v = p.v1;", "float128 p; p.v1 = v; v = p.v2;");
    let both = "float128 p; p.v1 = v; p.v2 = v; float128 q = p;";
    rule(FaultKind::Uninitialised, both, "float128 p; p.v1 = v; float128 q = p;");
    let element = "pairs[1].v2 = v; v = pairs[1].v2;";
    rule(FaultKind::Uninitialised, element, "pairs[1].v2 = v; v = pairs[1].v1;");
    rule(FaultKind::Uninitialised, "int5 d = { 0, 0, 0, 0, 0 }; d[1] = 1;", "int5 d; d[1] = 1;");
    // A scope's variable does not keep what the round before gave it.
    let loops = |first: &str| format!("for (int i = 0; i < 2; i++) {{ int a; if (i {first}) {{ a = 1; }} a += i; }}");
    rule(FaultKind::Uninitialised, &loops("< 2"), &loops("< 1"));
}

#[test]
fn local_memory_is_not_kept_between_members() {
    let source = kernel("if (at[0] < 1) { rows[0] = v; }\nv = rows[0]; // here");
    let (x, h, mut y) = (vec![1.0_f32; 128], vec![0x3f80_u16; 128], vec![0.0_f32; 128]);
    let shapes = [f32s(&[128]), f32s(&[128]), bf16s(&[128])];
    let args = [input(&x), out(&mut y), input(&h), Arg::U32(2)];
    pass(&source, &[1], &shapes, &args, || ());
    let fault = fail(&source, &[2], &shapes, &args, FaultKind::Uninitialised);
    assert_eq!(fault.member, [1, 0, 0, 0, 0]);
}

#[test]
fn what_was_written_is_not_read() {
    let right = "v = v_f32_ld_tnsr_b(c, y); v_f32_st_tnsr(c, y, v); v_f32_st_tnsr(c, y, v);";
    rule(FaultKind::Coherence, right, "v_f32_st_tnsr(c, y, v); v = v_f32_ld_tnsr_b(c, y);");
    rule(FaultKind::Coherence, right, "v_f32_st_tnsr(c, y, v); v = v_f32_ld_g(gen_addr(c, y));");
    let parts = "v_f32_st_tnsr_partial(c, y, v, 7, 0); c[0] = 8; v = v_f32_ld_tnsr_b(c, y);";
    rule(FaultKind::Coherence, parts, &parts.replace("c[0] = 8", "c[0] = 7"));
}

#[test]
fn members_do_not_meet() {
    let right = "v_f32_st_tnsr(c, y, v);";
    rule(FaultKind::MemberRace, right, "c[0] = 0; v_f32_st_tnsr(c, y, v);");
    rule(FaultKind::MemberRace, right, "c[0] = at[0] * 63; v_f32_st_tnsr(c, y, v);");
    // One reads what the other writes, whichever comes first.
    let own = "v = v_f32_ld_tnsr_b(c, y); v_f32_st_tnsr(c, y, v);";
    rule(FaultKind::MemberRace, own, "c[0] = 0; v = v_f32_ld_g(gen_addr(c, y)); c[0] = at[0]; v_f32_st_tnsr(c, y, v);");
    rule(
        FaultKind::MemberRace,
        own,
        "if (at[0] < 1) { v_f32_st_tnsr(c, y, v); } c[0] = 64; v = v_f32_ld_tnsr_b(c, y); if (at[0]) { c[0] = 0; v = v_f32_ld_tnsr_b(c, y); }",
    );
    // Lanes that are not stored do not meet.
    rule(
        FaultKind::MemberRace,
        "c[0] = at[0]; v_f32_st_tnsr_partial(c, y, v, 0, 0);",
        "c[0] = at[0]; v_f32_st_tnsr_partial(c, y, v, 1, 0);",
    );
    rule(
        FaultKind::MemberRace,
        "c[0] = 0; v_f32_st_tnsr(c, y, v, 0, at[0] < 1, 0);",
        "c[0] = 0; v_f32_st_tnsr(c, y, v, 0, at[0] < 2, 0);",
    );
}

#[test]
fn a_bound_output_is_its_input() {
    let source = "void main(tensor x, tensor y) {\n\
                  int5 c = get_index_space_offset();\nv_f32_st_tnsr_partial(c, y, 1.0f, 0, 0);\n\
                  c[0] = 0;\nfloat64 v = v_f32_ld_tnsr_partial_b(c, x, 0, 0); // here\n}\n";
    let mut y = vec![0.0_f32; 64];
    let bound = out(&mut y);
    let Arg::Buffer { address, bytes, .. } = bound else { panic!("a buffer") };
    let read = Arg::Buffer { address, bytes, writable: false };
    let shapes = [f32s(&[64]), f32s(&[64])];
    fail(source, &[2], &shapes, &[read, bound], FaultKind::Coherence);
    let own = vec![0.0_f32; 64];
    pass(source, &[2], &shapes, &[input(&own), bound], || ());
    // A part of the memory is no binding.
    let Arg::Buffer { address, .. } = bound else { panic!("a buffer") };
    let half = Arg::Buffer { address, bytes: 128, writable: false };
    let program = Program::compile(source, Checks::Memory).unwrap();
    let launch = Launch {
        index_space: space(&[2]),
        tensors: &[f32s(&[32]), f32s(&[64])],
        access: &[],
        args: &[half, bound],
        split: Split::Whole,
        workers: 1,
    };
    let fault = program.launch(&launch).unwrap_err();
    assert!(fault.message.contains("share"), "{fault}");
}

#[test]
fn launches_fit() {
    let program = Program::compile("void main(tensor x, float f) { }", Checks::Memory).unwrap();
    let x = vec![0.0_f32; 64];
    let (good, shapes) = ([input(&x), Arg::F32(1.0)], [f32s(&[64])]);
    let launch = Launch {
        index_space: space(&[1]),
        tensors: &shapes,
        access: &[],
        args: &good,
        split: Split::Members,
        workers: 1,
    };
    program.launch(&launch).unwrap();
    for (wrong, word) in [
        (Launch { index_space: [0, 1, 1, 1, 1], ..launch }, "empty"),
        (Launch { index_space: [1 << 16, 1 << 16, 1, 1, 1], ..launch }, "more members"),
        (Launch { tensors: &[], ..launch }, "shapes"),
        (Launch { tensors: &[f32s(&[63])], ..launch }, "buffer of 256 bytes"),
        (Launch { tensors: &[bf16s(&[64])], ..launch }, "buffer of 256 bytes"),
        (Launch { access: &[[Access::All; 5]; 2], ..launch }, "access patterns"),
        (Launch { access: &[[Access::Of { dim: 5, a: 1, start: 0, end: 0 }; 5]], ..launch }, "access patterns"),
        (Launch { args: &good[..1], ..launch }, "1 arguments"),
        (Launch { args: &[input(&x), Arg::U32(1)], ..launch }, "not what the parameter `f`"),
        (Launch { args: &[Arg::F32(1.0), input(&x)], ..launch }, "not what the parameter `x`"),
    ] {
        let fault = program.launch(&wrong).expect_err(word);
        assert_eq!(fault.kind, FaultKind::Launch);
        assert!(fault.message.contains(word), "{fault}");
    }
}

#[test]
fn accesses_keep_to_their_patterns() {
    let source = "void main(tensor x, tensor y) {\n\
                  const int5 at = get_index_space_offset();\nconst int5 end = at + get_index_space_size();\n\
                  int5 c = { 0, 0, 0, 0, 0 };\nfor (int n = at[1]; n < end[1]; n++) {\nc[1] = n;\n\
                  float64 v = v_f32_ld_tnsr_b(c, x);\nv_f32_st_tnsr(c, y, v + v_f32_ld_g(gen_addr(c, x)));\n}\n}\n";
    let (x, mut y) = (vec![1.0_f32; 200], vec![0.0_f32; 200]);
    let (tensors, args) = ([f32s(&[50, 4]), f32s(&[50, 4])], [input(&x), out(&mut y)]);
    let of = |a, start, end| Access::Of { dim: 1, a, start, end };
    let rows = |row| [Access::All, row, Access::All, Access::All, Access::All];
    let program = Program::compile(source, Checks::Memory).unwrap();
    let run = |access: &[[Access; 5]], split| {
        program.launch(&Launch {
            index_space: space(&[1, 4]),
            tensors: &tensors,
            access,
            args: &args,
            split,
            workers: 1,
        })
    };
    for split in [Split::Members, Split::Whole, Split::Random(3)] {
        run(&[rows(of(1, 0, 0)), rows(of(1, 0, 0))], split).unwrap();
        run(&[[Access::All; 5], rows(of(1, -1, 2))], split).unwrap();
    }
    let line = |access: [Access; 5], other: [Access; 5]| {
        let fault = run(&[access, other], Split::Members).expect_err("a wrong pattern");
        assert_eq!(fault.kind, FaultKind::Access, "{fault}");
        fault.line
    };
    let right = rows(of(1, 0, 0));
    // Rows of another member, too few elements of a row: of the input, then of the output.
    assert_eq!(line(rows(of(2, 0, 0)), right), 7);
    assert_eq!(line(rows(of(1, 1, 1)), right), 7);
    assert_eq!(line(right, rows(of(1, -1, -1))), 8);
    let narrow = Access::Of { dim: 0, a: 64, start: 0, end: 48 };
    assert_eq!(line(right, [narrow, of(1, 0, 0), Access::All, Access::All, Access::All]), 8);
    let whole = Access::Of { dim: 0, a: 64, start: 0, end: 49 };
    run(&[right, [whole, of(1, 0, 0), Access::All, Access::All, Access::All]], Split::Members).unwrap();
}

#[test]
fn loads_wait_for_stores() {
    let raised = "v_f32_st_tnsr(c, y, v); aso(SW_INC | SW_VPU);";
    let waits = format!("{raised} aso(SW_DEC | SW_SPU);");
    let vector = " v = v_f32_ld_tnsr_b(c, y);";
    let lanes = " v = v_f32_ld_g(gen_addr(c, y));";
    for load in [vector, lanes] {
        let right = format!("{waits}{load}");
        rule(FaultKind::Coherence, &right, &format!("{raised}{load}"));
        // What comes behind the semaphore is not waited for.
        rule(FaultKind::Coherence, &right, &format!("{waits} v_f32_st_tnsr(c, y, v);{load}"));
    }
    // Scalar loads have a cache, which is emptied after the wait.
    let scalar = " float f = s_f32_ld_g(gen_addr(c, y));";
    let right = format!("{waits} cache_invalidate(SW_D);{scalar}");
    rule(FaultKind::Coherence, &right, &format!("{waits}{scalar}"));
    rule(FaultKind::Coherence, &right, &format!("{waits} cache_invalidate();{scalar}"));
    rule(FaultKind::Coherence, &right, &format!("{raised} cache_invalidate(SW_D); aso(SW_DEC | SW_SPU);{scalar}"));
    // A semaphore that nothing raised is never lowered.
    rule(FaultKind::Limit, &waits, "v_f32_st_tnsr(c, y, v); aso(SW_DEC | SW_SPU);");
    rule(FaultKind::Limit, &waits, "v_f32_st_tnsr(c, y, v); aso(SW_INC | SW_SPU);");
}

#[test]
fn bytes_hold_what_is_narrowed() {
    let right = "int256 w = { 0 }; w.v1 = n + 125; char256 b = convert_int256_to_char256(w, 0);";
    rule(FaultKind::Limit, right, "int256 w = { 0 }; w.v1 = n + 126; char256 b = convert_int256_to_char256(w, 0);");
    let divided = "unsigned q = u32_udiv(7u, (unsigned)n, SW_DIV_MODE_DIV, 0);";
    rule(FaultKind::Limit, divided, "unsigned q = u32_udiv(7u, (unsigned)(n - 2), SW_DIV_MODE_DIV, 0);");
}

#[test]
fn members_run_side_by_side() {
    let source = "void main(tensor x, tensor y) {\nconst int5 at = get_index_space_offset();\n\
                  int5 c = { 0, 0, 0, 0, 0 };\nc[0] = at[0] * 64;\n\
                  v_f32_st_tnsr(c, y, v_f32_ld_tnsr_b(c, x) * 2.0f);\n}\n";
    let x: Vec<f32> = (0..64 * 50).map(|at| at as f32).collect();
    let mut y = vec![0.0_f32; 64 * 50];
    let args = [input(&x), out(&mut y)];
    let program = Program::compile(source, Checks::Barriers).unwrap();
    let launch = Launch {
        index_space: space(&[50]),
        tensors: &[f32s(&[64 * 50]), f32s(&[64 * 50])],
        access: &[],
        args: &args,
        split: Split::Members,
        workers: 4,
    };
    program.launch(&launch).unwrap();
    assert!(y.iter().zip(&x).all(|(y, x)| *y == 2.0 * x));
    // The first fault is told, whoever finds it.
    let faulty = source.replace("at[0] * 64", "at[0] * 64 - 64");
    let program = Program::compile(&faulty, Checks::Barriers).unwrap();
    let fault = program.launch(&launch).unwrap_err();
    assert_eq!((fault.kind, fault.member[0]), (FaultKind::OutOfBounds, 0));
}
