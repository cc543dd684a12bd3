//! Order: between streams, between tasks, and what is never ordered.

use emulator::bang::{FaultKind, Launch, Schedule};
use emulator::{Arg, Checks};

use crate::harness::{compile, fail, input, kernel, out, text, twin};

fn buffers() -> (Vec<f32>, Vec<f32>) {
    ((0..1024).map(|value| value as f32).collect(), vec![0.0; 1024])
}

/// `right` passes and `wrong` is a hazard whose second access is at `// second` and whose first at `// first`.
fn rule(right: &str, wrong: &str) {
    let (x, mut y) = buffers();
    let args = [out(&mut y), input(&x)];
    twin(&kernel(right), 1, &args);
    let wrong = kernel(wrong);
    for fault in fail(&wrong, 1, &args, FaultKind::Hazard, "// second") {
        let other = fault.other.as_ref().unwrap_or_else(|| panic!("{fault}"));
        let line = other.line.unwrap_or_else(|| panic!("{fault}"));
        assert!(text(&wrong, line).contains("// first"), "{fault}\n{wrong}");
    }
}

#[test]
fn a_vector_function_waits_for_the_copy_of_its_source() {
    let of = |wait: &str| {
        format!(
            "__memcpy_async(a, x, 1024, GDRAM2NRAM); // first\n{wait}\n__bang_add(b, a, a, 256); // second\n__sync();\n\
             __memcpy(y, b, 1024, NRAM2GDRAM);"
        )
    };
    for wait in [
        "__sync();",
        "__sync_io();",
        "__sync_io_move_compute();",
        "__sync_cluster();",
        "__sync_io_move_compute(true, false, false, false, false, true);",
    ] {
        rule(&of(wait), &of(""));
    }
    // Waits of others, or for others.
    for wait in [
        "__sync_compute();",
        "__sync_move();",
        "__sync_io_move_compute(true, true, true, true, true, false);",
        "__sync_io_move_compute(false, true, true, true, true, true);",
    ] {
        rule(&of("__sync();"), &of(wait));
    }
}

#[test]
fn a_copy_waits_for_the_vector_function_that_makes_its_source() {
    let of = |wait: &str, copy: &str| {
        format!(
            "__memcpy(a, x, 1024, GDRAM2NRAM);\n__bang_add(b, a, a, 256); // first\n{wait}\n\
             {copy}(y, b, 1024, NRAM2GDRAM); // second"
        )
    };
    rule(&of("__sync_compute();", "__memcpy_async"), &of("", "__memcpy_async"));
    rule(&of("", "__memcpy"), &of("__sync_io();", "__memcpy_async"));
}

#[test]
fn a_copy_does_not_overwrite_what_is_still_read() {
    let of = |wait: &str| {
        format!(
            "__memcpy(a, x, 1024, GDRAM2NRAM);\n__bang_add(b, a, a, 256); // first\n{wait}\n\
             __memcpy_async(a + 100, x, 4, GDRAM2NRAM); // second\n__sync();\n__memcpy(y, b, 1024, NRAM2GDRAM);"
        )
    };
    rule(&of("__sync();"), &of(""));
}

#[test]
fn two_streams_do_not_write_one_place() {
    let of = |offset: u32| {
        format!(
            "__bang_write_zero(a, 256); // first\n__memcpy_async(b, x, 400, GDRAM2NRAM);\n\
             __memcpy_async(a + {offset}, x, 16, GDRAM2NRAM); // second\n__sync();\n\
             __memcpy(y, a, 1024, NRAM2GDRAM);"
        )
    };
    let right = of(252).replace("// first", "\n__sync_compute();");
    rule(&right, &of(252));
}

#[test]
fn one_stream_is_in_order() {
    let right = "__memcpy_async(a, x, 1024, GDRAM2NRAM);\n__memcpy_async(y, a, 1024, NRAM2GDRAM);\n\
                 __memcpy_async(a, y, 1024, GDRAM2NRAM);\n__sync_io();\n__bang_add(a, a, a, 256);\n__bang_mul(b, a, a, 256);";
    let (x, mut y) = buffers();
    twin(&kernel(right), 1, &[out(&mut y), input(&x)]);
    assert_eq!(y[..256], x[..256]);
}

#[test]
fn double_buffers_need_their_wait() {
    let of = |wait: &str| {
        format!(
            "__memcpy_async(a, x, 512, GDRAM2NRAM);\n__sync();\nfor (int t = 0; t < 6; ++t) {{\n\
             unsigned s = t % 2 * 128;\n\
             __memcpy_async(a + (128 - s), x + t * 128, 512, GDRAM2NRAM); // first\n\
             __bang_add(b, a + s, a + s, 128); // second\n{wait}\n}}\n__sync();"
        )
    };
    let (x, mut y) = buffers();
    let args = [out(&mut y), input(&x)];
    twin(&kernel(&of("__sync();")), 1, &args);
    let faults = fail(&kernel(&of("")), 1, &args, FaultKind::Hazard, "// ");
    assert!(faults.iter().all(|fault| fault.other.is_some()));
}

#[test]
fn scalar_code_waits_for_vector_functions_but_not_for_copies() {
    let of = |load: &str, wait: &str| {
        format!(
            "{load}\n{wait}\nfloat v = a[3]; // second\n__bang_write_value(b, 256, v);\n__memcpy(y, b, 1024, NRAM2GDRAM);"
        )
    };
    let compute = "__memcpy(a, x, 1024, GDRAM2NRAM);\n__bang_add(a, a, a, 256);";
    let copy = "__memcpy_async(a, x, 1024, GDRAM2NRAM); // first";
    rule(&of(compute, ""), &of(copy, ""));
    // Scalar code is not among those that `__sync_io` lets wait.
    rule(&of(copy, "__sync();"), &of(copy, "__sync_io();"));
}

#[test]
fn a_copy_does_not_wait_for_scalar_code() {
    let of = |copy: &str, wait: &str| {
        format!("a[0] = 2.0f; // first\n{wait}\n{copy}(y, a, 4, NRAM2GDRAM); // second\n__sync();")
    };
    rule(&of("__memcpy", ""), &of("__memcpy_async", ""));
    rule(&of("__memcpy_async", "__sync();"), &of("__memcpy_async", "__sync_io();"));
}

#[test]
fn gdram_is_ordered_too() {
    let of = |wait: &str| {
        format!(
            "__bang_write_value(a, 256, 7.0f);\n__sync();\n__memcpy_async(y, a, 1024, NRAM2GDRAM); // first\n{wait}\nfloat v = y[5]; // second\n\
             y[300] = v;"
        )
    };
    rule(&of("__sync();"), &of("__sync_io();"));
}

#[test]
fn move_is_a_stream_of_its_own() {
    let of = |first: &str, second: &str| {
        format!(
            "__memcpy(a, x, 1024, GDRAM2NRAM);\n__memcpy_async(w, a, 1024, NRAM2WRAM); // first\n{first}\n\
             __memcpy_async(b, w, 512, WRAM2NRAM);\n{second}\n__bang_add(a, a, a, 256); // second\n__sync();\n\
             __memcpy(y, b, 512, NRAM2GDRAM);"
        )
    };
    rule(&of("", "__sync_move();"), &of("", "__sync_io();"));
}

#[test]
fn a_wait_inside_a_condition_counts_where_it_is_reached() {
    let source = kernel(
        "__memcpy_async(a, x, 1024, GDRAM2NRAM); // first\nif (x[0] < 1.0f) { __sync(); }\n\
         __bang_add(b, a, a, 256); // second",
    );
    let (mut x, mut y) = buffers();
    twin(&source, 1, &[out(&mut y), input(&x)]);
    x[0] = 2.0;
    fail(&source, 1, &[out(&mut y), input(&x)], FaultKind::Hazard, "// second");
}

#[test]
fn tasks_may_not_meet_in_a_buffer() {
    let of = |stride: u32| {
        format!("__memcpy(a, x, 256, GDRAM2NRAM);\n__memcpy(y + taskId * {stride}, a, 256, NRAM2GDRAM); // second")
    };
    let (x, mut y) = buffers();
    let args = [out(&mut y), input(&x)];
    twin(&kernel(&of(64)), 4, &args);
    for fault in fail(&kernel(&of(63)), 4, &args, FaultKind::TaskRace, "// second") {
        assert!(fault.other.is_some_and(|other| other.task != fault.task));
    }
    let reads = "y[taskId] = x[taskId]; // second\n\
                 float v = y[(taskId + 1) % taskDim]; // second\nif (v > 1e9f) { y[100] = v; }";
    fail(&kernel(reads), 4, &args, FaultKind::TaskRace, "// second");
    fail(&kernel("y[0] = x[taskId]; // second"), 4, &args, FaultKind::TaskRace, "// second");
    twin(&kernel("y[0] = x[taskId];"), 1, &args);
}

#[test]
fn late_copies_are_late() {
    // Without checks of order a schedule would show what the text leaves open; with them it may only show right numbers.
    let source = kernel(
        "__memcpy_async(a, x, 1024, GDRAM2NRAM);\n__memcpy_async(b, x + 256, 1024, GDRAM2NRAM);\n__sync();\n\
         __bang_sub(c, b, a, 256);\n__bang_mul_scalar(c, c, 0.5f, 256);\n__sync_compute();\n\
         __memcpy_async(y, c, 1024, NRAM2GDRAM);",
    );
    let x: Vec<f32> = (0..512).map(|value| (value * value) as f32).collect();
    let Some(program) = compile(emulator::bang::Arch::Mtp592, &source, Checks::Memory) else { return };
    for schedule in (0..20).map(Schedule::Random).chain([Schedule::Late, Schedule::Eager]) {
        let mut y = vec![0.0_f32; 256];
        let args: [Arg; 2] = [out(&mut y), input(&x)];
        program.launch(&Launch { tasks: 1, args: &args, workers: 1, schedule }).unwrap();
        for (index, y) in y.iter().enumerate() {
            assert_eq!(*y, (x[index + 256] - x[index]) * 0.5, "{schedule:?}");
        }
    }
}
