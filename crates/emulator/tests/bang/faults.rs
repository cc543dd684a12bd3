//! Each rule about one access or one call: a right program passes, a faulty one is caught at its line.

use emulator::Arg;
use emulator::bang::FaultKind;

use crate::harness::{fail, input, kernel, out, twin};

const LOAD: &str = "__memcpy(a, x, 1024, GDRAM2NRAM);\n__memcpy(b, x, 1024, GDRAM2NRAM);\n__bang_write_zero(c, 256);\n\
                    __bang_write_zero(i, 256);\n";

/// With every array but `h` written, `right` passes and `wrong` is caught.
fn rule(kind: FaultKind, right: &str, wrong: &str) {
    let (x, mut y) = (vec![1.0_f32; 1024], vec![0.0_f32; 1024]);
    let args = [out(&mut y), input(&x)];
    twin(&kernel(&format!("{LOAD}{right}\n__memcpy(y, c, 4, NRAM2GDRAM);")), 1, &args);
    fail(&kernel(&format!("{LOAD}{wrong} // here")), 1, &args, kind, "// here");
}

#[test]
fn counts_and_sizes_are_positive() {
    let calls = [
        "__memcpy(a, x, n, GDRAM2NRAM);",
        "__memcpy_async(a, x, n, GDRAM2NRAM); __sync();",
        "__memcpy(a, x, n, GDRAM2NRAM, 8, 8, 3);",
        "__bang_move(c, a, n);",
        "__bang_add(c, a, b, n);",
        "__bang_mul_scalar(c, a, 2.0f, n);",
        "__bang_cycle_add(c, a, b, n * 4, 4);",
        "__bang_cycle_add(c, a, b, 4, n);",
        "__bang_fusion(FUSION_FMA, c, a, b, 1.0f, 8, n);",
        "__bang_sqrt(c, a, n);",
        "__bang_write_value(c, n, 1.0f);",
        "__bang_write_zero(c, n);",
        "__bang_float2bfloat16_rn(h, a, n);",
        "__bang_reduce_sum(c, a, n * 32);",
        "__bang_argmax(c, a, n);",
        "__bang_transpose(c, a, n, 4);",
        "__bang_transpose(c, a, 4, n);",
        "__bang_sumpool(c, a, n, 2, 2, 1, 1, 1, 1);",
        "__bang_sumpool(c, a, 2, 2, 2, 1, 1, n, 1);",
        "__bang_maxpool(c, a, 2, 2, 2, 1, 1, 1, n);",
        "__bang_maxpool(c, a, 2, n, 2, 1, 1, 1, 1);",
        "__bang_maxpool(c, a, 2, 2, n, 1, 1, 1, 1);",
        "__bang_minpool(c, a, 2, 2, 2, n, 1, 1, 1);",
        "__bang_minpool(c, a, 2, 2, 2, 1, n, 1, 1);",
    ];
    let (x, mut y) = (vec![1.0_f32; 1024], vec![0.0_f32; 1024]);
    let args = [out(&mut y), input(&x)];
    let right = calls.join("\n");
    twin(&kernel(&format!("{LOAD}unsigned n = (unsigned)x[0];\n{right}")), 1, &args);
    for call in calls {
        let wrong = kernel(&format!("{LOAD}unsigned n = (unsigned)x[0] - 1;\n{call} // here"));
        for fault in fail(&wrong, 1, &args, FaultKind::Limit, "// here") {
            assert!(fault.message.ends_with("` is 0"), "{fault}");
        }
    }
}

#[test]
fn segments_of_copies() {
    let right = "__memcpy(c, a, 4, NRAM2NRAM, 4, 16, 31);";
    for wrong in [
        "__memcpy(c, a, 8, NRAM2NRAM, 4, 16, 31);",
        "__memcpy(y, a, 1, NRAM2GDRAM, 1, 0, 65536);",
        "__memcpy(c, a, 4, NRAM2NRAM, 8, 1, 32, 1, 16, 1, 64, 2);",
        "__bang_move(c, a, 8, 4, 8, 3);",
        "__memcpy(c, a, 8, NRAM2NRAM, 4, 8, 0);",
        "__memcpy(c, a, 4, NRAM2NRAM, 4, 3, 12, 3, 4, 15, 64, 0);",
    ] {
        rule(FaultKind::Limit, right, wrong);
    }
    // The outer level may be the narrower one.
    for right in [
        "__memcpy(c, a, 4, NRAM2NRAM, 4, 3, 16, 3, 4, 15, 64, 0);",
        "__memcpy(c, a, 4, NRAM2NRAM, 16, 3, 4, 3, 4, 15, 64, 0);",
    ] {
        rule(FaultKind::Limit, right, "__memcpy(c, a, 4, NRAM2NRAM, 12, 3, 4, 3, 4, 15, 64, 0);");
    }
    // The number of segments is one more than the argument: one off is out of the array.
    rule(
        FaultKind::WriteOutOfBounds,
        "__memcpy(c, a, 4, NRAM2NRAM, 8, 8, 127);",
        "__memcpy(c, a, 4, NRAM2NRAM, 8, 4, 128);",
    );
    rule(
        FaultKind::ReadOutOfBounds,
        "__memcpy(c, a, 4, NRAM2NRAM, 4, 8, 127);",
        "__memcpy(c, a, 4, NRAM2NRAM, 4, 8, 128);",
    );
    rule(
        FaultKind::Limit,
        "__memcpy(c, a, 4, NRAM2NRAM, 8, 1, 32, 1, 16, 3, 64, 0);",
        "__memcpy(c, a, 4, NRAM2NRAM, 2, 1, 32, 1, 16, 3, 64, 0);",
    );
}

#[test]
fn segments_of_fills() {
    let right = "__bang_write_value(c, 2, 1.0f, 8, 3, 32, 7);";
    for wrong in [
        "__bang_write_value(c, 2, 1.0f, 4, 3, 32, 7);",
        "__bang_write_value(c, 2, 1.0f, 8, 3, 28, 7);",
        "__bang_write_value(c, 2, 1.0f, 8, 65536, 32, 0);",
    ] {
        rule(FaultKind::Limit, right, wrong);
    }
    rule(FaultKind::WriteOutOfBounds, right, "__bang_write_value(c + 25, 2, 1.0f, 8, 3, 128, 7);");
}

#[test]
fn blocks_of_sums() {
    rule(FaultKind::Limit, "__bang_reduce_sum(c, a, 64);", "__bang_reduce_sum(c, a, 40);");
    rule(FaultKind::WriteOutOfBounds, "__bang_reduce_sum(c + 224, a, 32);", "__bang_reduce_sum(c + 225, a, 32);");
}

#[test]
fn shifts_and_scales() {
    rule(FaultKind::Limit, "__bang_sll(i, i, 31, 8);", "__bang_sll(i, i, 32, 8);");
    rule(FaultKind::Limit, "__bang_int322float(c, i, 8, 0);", "__bang_int322float(c, i, 8, 1);");
}

#[test]
fn cycles_are_whole() {
    rule(FaultKind::Limit, "__bang_cycle_mul(c, a, b, 64, 32);", "__bang_cycle_mul(c, a, b, 64, 24);");
    rule(
        FaultKind::Limit,
        "__bang_fusion(FUSION_FMA, c, a, b, b, 64, 16);",
        "__bang_fusion(FUSION_FMA, c, a, b, b, 64, 60);",
    );
}

#[test]
fn windows() {
    let right = "__bang_sumpool(c, a, 32, 1, 8, 1, 8, 1, 1);";
    rule(FaultKind::Limit, right, "__bang_sumpool(c, a, 32, 1, 8, 1, 9, 1, 1);");
    rule(FaultKind::Limit, right, "__bang_sumpool(c, a, 32, 1, 8, 2, 8, 1, 1);");
    rule(FaultKind::Limit, right, "__bang_sumpool(c, a, 1, 1, 70000, 1, 65536, 1, 1);");
    rule(FaultKind::Limit, right, "__bang_minpool(c, a, 1, 300, 300, 300, 300, 1, 1);");
    // Strides in the wrong order: width comes first.
    rule(
        FaultKind::ReadOutOfBounds,
        "__bang_sumpool(c, a, 32, 2, 4, 1, 4, 4, 1);",
        "__bang_sumpool(c, a, 32, 4, 4, 1, 4, 4, 1);",
    );
}

#[test]
fn overlap() {
    for (right, wrong) in [
        (
            "__bang_float2bfloat16_rn(h, a, 64); __bang_bfloat162float(c, h, 64);",
            "__bang_float2bfloat16_rn((NPTR(bfloat16_t))a, a, 64); __bang_bfloat162float(a, (NPTR(bfloat16_t))a, 64);",
        ),
        ("__bang_transpose(c, a, 8, 8);", "__bang_transpose(a, a, 8, 8);"),
        ("__bang_sumpool(c, a, 32, 1, 8, 1, 8, 1, 1);", "__bang_sumpool(a, a, 32, 1, 8, 1, 8, 1, 1);"),
        ("__bang_maxequal(a, a, b, 64);", "__bang_maxequal(b, a, b, 64);"),
        ("__bang_cycle_add(a, a, b, 64, 8);", "__bang_cycle_add(b, a, b, 64, 8);"),
        ("__bang_fusion(FUSION_FMA, a, a, b, c, 64, 64);", "__bang_fusion(FUSION_FMA, c, a, b, c, 64, 64);"),
        ("__bang_floor(c, a, 64);", "__bang_floor(a, a, 64);"),
        ("__bang_add(b, a, b, 64);", "__bang_add(a + 1, a, b, 64);"),
        ("__bang_move(a + 1, a, 64);", "__memcpy(a + 1, a, 64, NRAM2NRAM);"),
        ("__bang_sqrt(a, a, 64);", "__bang_sqrt(a + 63, a, 64);"),
    ] {
        rule(FaultKind::Overlap, right, wrong);
    }
}

#[test]
fn bounds() {
    rule(FaultKind::WriteOutOfBounds, "__bang_add(c, a, b, 256);", "__bang_add(c + 1, a, b, 256);");
    rule(FaultKind::ReadOutOfBounds, "__bang_add(c, a, b, 256);", "__bang_add(c, a, b + 1, 256);");
    rule(
        FaultKind::ReadOutOfBounds,
        "__memcpy(a, x + 768, 1024, GDRAM2NRAM);",
        "__memcpy(a, x + 769, 1024, GDRAM2NRAM);",
    );
    rule(FaultKind::WriteOutOfBounds, "__memcpy(y + 1023, a, 4, NRAM2GDRAM);", "__memcpy(y + 1024, a, 4, NRAM2GDRAM);");
    rule(FaultKind::WriteOutOfBounds, "__memcpy(c, x, 1024, GDRAM2NRAM);", "__memcpy(c, x, 1028, GDRAM2NRAM);");
    rule(FaultKind::ReadOutOfBounds, "c[0] = a[(int)x[0] + 254];", "c[0] = a[(int)x[0] + 255];");
    rule(FaultKind::ReadOutOfBounds, "c[0] = x[(int)x[0] + 1022];", "c[0] = x[(int)x[0] + 1023];");
    rule(FaultKind::WriteOutOfBounds, "y[(int)x[0]] = 1.0f;", "y[(int)x[0] - 2] = 1.0f;");
    rule(
        FaultKind::ReadOutOfBounds,
        "__bang_cycle_add(c, a, b + 248, 64, 8);",
        "__bang_cycle_add(c, a, b + 249, 64, 8);",
    );
}

#[test]
fn read_only_buffers() {
    rule(FaultKind::WriteToConstant, "((float *)y)[0] = 1.0f;", "((float *)x)[0] = 1.0f;");
    rule(FaultKind::WriteToConstant, "__memcpy(y, a, 4, NRAM2GDRAM);", "__memcpy((float *)x, a, 4, NRAM2GDRAM);");
}

#[test]
fn scalars_are_aligned() {
    rule(
        FaultKind::Misaligned,
        "y[0] = *(const float *)((const char *)x + 4);",
        "y[0] = *(const float *)((const char *)x + 2);",
    );
}

#[test]
fn spaces_are_checked_where_types_are_lost() {
    // A cast takes the space out of the type; the address keeps it.
    let cast = "c[0] = *(float *)(size_t)";
    rule(FaultKind::Space, &format!("{cast}&a[0];"), &format!("{cast}&w[0];"));
    let load = "__memcpy(a, (const float *)(size_t)";
    rule(FaultKind::Space, &format!("{load}x, 8, GDRAM2NRAM);"), &format!("{load}&b[0], 8, GDRAM2NRAM);"));
}

#[test]
fn wram() {
    let back = "__memcpy(c, w, 64, WRAM2NRAM);";
    rule(FaultKind::Limit, &format!("__memcpy(w, a, 64, NRAM2WRAM); {back}"), "__memcpy(w, a, 40, NRAM2WRAM);");
    rule(
        FaultKind::Limit,
        &format!("__memcpy(w + 2, x, 64, GDRAM2WRAM); {}", back.replace("w,", "w + 2,")),
        "__memcpy(w + 1, x, 64, GDRAM2WRAM);",
    );
    rule(FaultKind::Limit, "__memcpy(w, a, 8, NRAM2WRAM, 16, 4, 3);", "__memcpy(w, a, 8, NRAM2WRAM, 12, 4, 3);");
    rule(FaultKind::Limit, "__memcpy(w, a, 8, NRAM2WRAM, 16, 4, 3);", "__memcpy(w, a, 12, NRAM2WRAM, 16, 4, 3);");
}

#[test]
fn undefined_values_do_not_leave() {
    rule(FaultKind::Uninitialised, "__memcpy(y, a, 8, NRAM2GDRAM);", "__memcpy(y, h, 8, NRAM2GDRAM);");
    rule(
        FaultKind::Uninitialised,
        "if (a[0] > 1.0f) { y[0] = 1.0f; }",
        "if (*(NPTR(short))&h[0] > 1) { y[0] = 1.0f; }",
    );
}

#[test]
fn undefined_values_spread() {
    let (x, mut y) = (vec![1.0_f32; 1024], vec![0.0_f32; 1024]);
    let args = [out(&mut y), input(&x)];
    // 100 of 256 elements are defined; what is made of them leaves, what is made of others must not.
    for (make, inside, outside) in [
        ("__bang_add(c, a, a, 256);", "c + 99", "c + 100"),
        ("__bang_sqrt(c, a, 256);", "c + 99", "c + 100"),
        ("__bang_mul_scalar(c, a, 0.0f, 256);", "c", "c + 255"),
        ("__bang_write_zero(b, 256); __bang_mul(c, b, a, 256);", "c + 99", "c + 100"),
        ("__bang_write_zero(b, 256); __bang_cycle_add(c, b, a + 96, 256, 8);", "c + 251", "c + 252"),
        ("__bang_write_zero(b, 256); __bang_fusion(FUSION_FMA, c, b, 2.0f, a, 256, 128);", "c + 227", "c + 228"),
        ("__bang_reduce_sum(c, a, 256);", "c + 64", "c + 96"),
        ("__bang_sumpool(c, a, 32, 1, 8, 1, 2, 2, 1);", "c + 32", "c + 64"),
        ("__bang_maxpool(c, a, 32, 1, 8, 1, 1, 1, 1);", "c + 99", "c + 100"),
        ("__bang_transpose(c, a, 16, 16);", "c", "c + 15"),
        ("__bang_argmax(c, a, 100);", "c", "c + 3"),
        ("__bang_argmax(c, a, 100); __bang_argmax(c + 32, a, 101);", "c", "c + 32"),
        ("__bang_float2bfloat16_rn((NPTR(bfloat16_t))c, a, 256);", "c + 49", "c + 50"),
        ("__memcpy(c, a, 4, NRAM2NRAM, 4, 32, 31);", "c + 12", "c + 13"),
        ("__memcpy(w, a, 1024, NRAM2WRAM); __memcpy(c, w, 1024, WRAM2NRAM);", "c + 99", "c + 100"),
        ("__bang_move(c + 1, a, 800);", "c + 100", "c + 101"),
        ("__bang_ge_scalar(c, a, 0.0f, 256);", "c + 99", "c + 100"),
    ] {
        let text = |from: &str| {
            kernel(&format!(
                "__memcpy(a, x, 400, GDRAM2NRAM);\n{make}\n\
                 __memcpy(y, {from}, 4, NRAM2GDRAM); // here"
            ))
        };
        twin(&text(inside), 1, &args);
        fail(&text(outside), 1, &args, FaultKind::Uninitialised, "// here");
    }
}

#[test]
fn messages_name_both_places_and_the_rule() {
    let (x, mut y) = (vec![1.0_f32; 256], vec![0.0_f32; 256]);
    let args = [out(&mut y), input(&x)];
    let message = |body: &str, tasks, kind| {
        let faults = fail(&kernel(body), tasks, &args, kind, "// here");
        faults.first().map(ToString::to_string)
    };
    let hazard = "__memcpy_async(a, x, 1024, GDRAM2NRAM);\n__bang_add(b, a + 4, a + 4, 8); // here";
    if let Some(message) = message(hazard, 1, FaultKind::Hazard) {
        assert_eq!(
            message,
            "hazard between streams: Compute reads byte 16 of the NRAM array `a` (1024 bytes), which IO writes at line 10 \
             (task 0; line 11 of the text; streams are ordered by `__sync` functions only; `__memcpy_async` does not wait and \
             is not waited for)"
        );
    }
    let race = "y[0] = x[0]; // here";
    if let Some(message) = message(race, 2, FaultKind::TaskRace) {
        assert!(
            message.contains("writes byte 0 of argument 0 `y` (1024 bytes), which is written in task "),
            "{message}"
        );
        assert!(message.contains(" at line 10 (task "), "{message}");
    }
    let local = "__nram__ float s[4]; __memcpy(y, s, 4, NRAM2GDRAM); // here";
    if let Some(message) = message(local, 1, FaultKind::Uninitialised) {
        assert!(message.contains("byte 0 of the NRAM array `s` (16 bytes) reaches GDRAM"), "{message}");
    }
}

#[test]
fn nram_does_not_live_across_tasks() {
    let source = kernel("if (taskId == 0) { a[0] = 1.0f; }\nif (taskId + 1 == taskDim) { y[0] = a[0]; } // here");
    let (x, mut y) = (vec![1.0_f32; 4], vec![0.0_f32; 4]);
    let args = [out(&mut y), input(&x)];
    twin(&source, 1, &args);
    fail(&source, 2, &args, FaultKind::Uninitialised, "// here");
}

#[test]
fn arguments_of_a_launch() {
    use emulator::Checks;
    use emulator::bang::{Arch, Launch, Schedule};
    let Some(program) = crate::harness::compile(Arch::Mtp372, &kernel("y[0] = x[0];"), Checks::Memory) else { return };
    let (x, mut y) = (vec![1.0_f32; 4], vec![0.0_f32; 4]);
    let good = [out(&mut y), input(&x)];
    let launch = |tasks, args: &[Arg]| program.launch(&Launch { tasks, args, workers: 1, schedule: Schedule::Eager });
    launch(1, &good).unwrap();
    for fault in [launch(0, &good), launch(1, &good[..1]), launch(1, &[good[0], Arg::U32(1)])] {
        assert_eq!(fault.unwrap_err().kind, FaultKind::Launch);
    }
    assert_eq!(y[0], 1.0);
}
