//! Each rule: a right program passes, a faulty one is caught.

use emulator::{Arg, Checks, FaultKind, Language, Launch};

use crate::harness::{ALL, compile, fail, fail_under, input, out, pass, text};

const THREADS: u32 = 128;

fn buffers() -> (Vec<f32>, Vec<f32>) {
    ((0..1024).map(|value| value as f32).collect(), vec![0.0; 1024])
}

/// In every language, `right` passes and `wrong` is caught at a line with `// here`.
fn rule(right: &str, wrong: &str, kind: FaultKind) {
    for language in ALL {
        let (x, mut y) = buffers();
        let args = [input(&x), out(&mut y)];
        pass(language, &text(language, right), 4, THREADS, &args);
        fail(language, &text(language, wrong), 4, THREADS, &args, kind, "// here");
    }
}

#[test]
fn a_missing_barrier_is_a_race() {
    let right = "$SHARED float s[128];\n s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[127 - $I];";
    let wrong = "$SHARED float s[128];\n s[$I] = x[$I]; // here\n y[$P * 128 + $I] = s[$I ^ 1]; // here";
    for language in ALL {
        let (x, mut y) = buffers();
        let args = [input(&x), out(&mut y)];
        pass(language, &text(language, right), 4, THREADS, &args);
        assert_eq!((y[0], y[1]), (127.0, 126.0));
        let source = text(language, wrong);
        let Some(program) = compile(language, &source, Checks::Memory) else { return };
        let launch = Launch { grid: [1, 1, 1], threads: 128, dynamic_shared: 0, args: &args, workers: 1, seed: 0 };
        let fault = program.launch(&launch).unwrap_err();
        // Whoever reads first reads what nobody wrote yet.
        assert!(matches!(fault.kind, FaultKind::Race | FaultKind::Uninitialised), "{fault}");
    }
}

#[test]
fn reading_before_the_writer_meets_is_a_race() {
    // Initialised, so that only the order is wrong.
    let start = "$SHARED float s[128];\n s[$I] = 0.0f;\n $SBAR\n";
    let right = format!("{start} s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[$I ^ 64];");
    let wrong = format!("{start} s[$I] = x[$I]; // here\n y[$P * 128 + $I] = s[$I ^ 64]; // here");
    rule(&right, &wrong, FaultKind::Race);
    // Lock step of a subgroup does not excuse it.
    let wrong = format!("{start} s[$I] = x[$I]; // here\n y[$P * 128 + $I] = s[$I ^ 1]; // here");
    rule(&right, &wrong, FaultKind::Race);
}

#[test]
fn reusing_an_array_too_early_is_a_race() {
    let loop_of = |second: &str| {
        format!(
            "$SHARED float s[128];\n float sum = 0.0f;\n for (int i = 0; i < 3; ++i) {{\n  s[$I] = x[$I + i]; // here\n  $SBAR\n  \
             sum += s[127 - $I]; // here\n  {second}\n }}\n y[$P * 128 + $I] = sum;"
        )
    };
    rule(&loop_of("$SBAR"), &loop_of(""), FaultKind::Race);
}

#[test]
fn two_writers_of_one_shared_element_race() {
    let right = "$SHARED float s[128];\n s[$I] = 1.0f;\n $SBAR\n y[$P * 128 + $I] = s[$I];";
    let wrong = "$SHARED float s[128];\n s[$I / 2] = x[$I]; // here\n $SBAR\n y[$P * 128 + $I] = s[$I / 2];";
    rule(right, wrong, FaultKind::Race);
}

#[test]
fn buffers_race_too() {
    let right = "y[$P * 128 + $I] = x[$I];\n $BAR\n float v = y[$P * 128 + ($I ^ 1)];\n $BAR\n y[$P * 128 + $I] = v;";
    let wrong =
        "y[$P * 128 + $I] = x[$I]; // here\n float v = y[$P * 128 + ($I ^ 1)]; // here\n $BAR\n y[$P * 128 + $I] = v;";
    rule(right, wrong, FaultKind::Race);
}

#[test]
fn programs_may_not_meet_in_a_buffer() {
    let right = "y[$P * 128 + $I] = x[$I];";
    rule(right, "y[$P * 64 + $I] = x[$I]; // here", FaultKind::ProgramRace);
    rule(right, "y[$P * 128 + $I] = y[($P ^ 1) * 128 + $I] + 1.0f; // here", FaultKind::ProgramRace);
}

#[test]
fn barriers_need_all_threads() {
    let right = "$SHARED float s[128];\n if ($I < 64) { s[$I] = x[$I]; }\n $SBAR\n y[$P * 128 + $I] = s[$I % 64];";
    for checks in [Checks::Memory, Checks::Barriers] {
        for language in ALL {
            let (x, mut y) = buffers();
            let args = [input(&x), out(&mut y)];
            pass(language, &text(language, right), 4, THREADS, &args);
            for wrong in [
                "if ($I < 64) {\n $BAR // here\n }\n y[$P * 128 + $I] = 1.0f;",
                "if ($I >= 96) { return; }\n $BAR // here\n y[$P * 128 + $I] = 1.0f;",
                "if ($I < 64) {\n $BAR // here\n } else {\n $BAR // here\n }\n y[$P * 128 + $I] = 1.0f;",
                "for (unsigned i = 0; i < $I / 64 + 1; ++i) {\n $BAR // here\n }\n y[$P * 128 + $I] = 1.0f;",
            ] {
                let source = text(language, wrong);
                fail_under(checks, language, &source, 4, THREADS, &args, FaultKind::DivergentBarrier, "// here");
            }
        }
    }
}

#[test]
fn exchanges_need_all_lanes() {
    let right = "float v = x[$I];\n v += $XOR(v, 16);\n if ($I < 64) { v += $XOR(v, 1); }\n y[$P * 128 + $I] = v;";
    for checks in [Checks::Memory, Checks::Barriers] {
        for language in ALL {
            let (x, mut y) = buffers();
            let args = [input(&x), out(&mut y)];
            pass(language, &text(language, right), 4, THREADS, &args);
            for wrong in [
                "float v = x[$I];\n if ($L < 16) {\n v += $XOR(v, 1); // here\n }\n y[$P * 128 + $I] = v;",
                "float v = x[$I];\n if ($L == 5) { return; }\n v += $XOR(v, 1); // here\n y[$P * 128 + $I] = v;",
                "float v = x[$I];\n if ($L < 16) {\n v += $XOR(v, 1); // here\n } else {\n v -= $XOR(v, 1); // here\n }\n y[$P * 128 + $I] = v;",
            ] {
                let source = text(language, wrong);
                fail_under(checks, language, &source, 4, THREADS, &args, FaultKind::DivergentLanes, "// here");
            }
        }
    }
}

#[test]
fn accesses_stay_inside() {
    let right = "y[$P * 128 + $I] = x[1023 - $I];";
    rule(right, "y[$P * 128 + $I] = x[1024 - $I]; // here", FaultKind::ReadOutOfBounds);
    rule(right, "y[$P * 128 + $I] = x[(int)$I - 1]; // here", FaultKind::ReadOutOfBounds);
    rule(right, "y[$P * 128 + $I + 900] = x[$I]; // here", FaultKind::WriteOutOfBounds);
    let right = "$SHARED float s[128];\n s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[$I];";
    let read = "$SHARED float s[128];\n s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[$I + 1]; // here";
    rule(right, read, FaultKind::ReadOutOfBounds);
    let write = "$SHARED float s[128];\n $SHARED float t[128];\n t[$I] = 0.0f; s[$I + 1] = x[$I]; // here\n $SBAR\n y[$P * 128 + $I] = s[$I] + t[$I];";
    rule(right, write, FaultKind::WriteOutOfBounds);
}

#[test]
fn shared_memory_is_written_before_it_is_read() {
    let right = "$SHARED float s[129];\n s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[$I];";
    let wrong = "$SHARED float s[129];\n s[$I] = x[$I];\n $SBAR\n y[$P * 128 + $I] = s[$I + 1]; // here";
    rule(right, wrong, FaultKind::Uninitialised);
}

#[test]
fn vectors_are_aligned() {
    let vector = |offset: u32| {
        format!(
            "$GLOBAL const float4* p = ($GLOBAL const float4*)(x + $I * 4 + {offset});\n float4 v = *p; // here\n \
             y[$P * 128 + $I] = v.x + v.y + v.z + v.w;"
        )
    };
    rule(&vector(4), &vector(2), FaultKind::Misaligned);
    let store = |offset: u32| {
        format!(
            "$GLOBAL float4* p = ($GLOBAL float4*)(y + ($P * 128 + $I) * 1 / 4 * 4 + {offset});\n float4 v = *($GLOBAL const float4*)x;\n if ($I % 4 == 0) {{\n *p = v; // here\n }}"
        )
    };
    rule(&store(0), &store(1), FaultKind::Misaligned);
}

#[test]
fn inputs_are_not_written() {
    for language in ALL {
        let (x, y) = buffers();
        let source = text(language, "y[$P * 128 + $I] = x[$I]; // here");
        fail(language, &source, 4, THREADS, &[input(&x), input(&y)], FaultKind::WriteToConstant, "// here");
    }
}

#[test]
fn scopes_of_metal_barriers_count() {
    let source = |flags: &str, memory: &str| {
        let body = match memory {
            "shared" => format!(
                "$SHARED float s[128];\n s[$I] = 0.0f;\n $SBAR\n s[$I] = x[$I]; // here\n threadgroup_barrier({flags});\n \
                 y[$P * 128 + $I] = s[127 - $I]; // here"
            ),
            _ => format!(
                "y[$P * 128 + $I] = x[$I]; // here\n threadgroup_barrier({flags});\n float v = y[$P * 128 + 127 - $I]; // here\n \
                 $BAR\n y[$P * 128 + $I] = v;"
            ),
        };
        text(Language::Msl, &body)
    };
    let (x, mut y) = buffers();
    let args = [input(&x), out(&mut y)];
    for (memory, enough, wrong) in [
        ("shared", "mem_flags::mem_threadgroup", ["mem_flags::mem_none", "mem_flags::mem_device"]),
        ("buffers", "mem_flags::mem_device", ["mem_flags::mem_none", "mem_flags::mem_threadgroup"]),
    ] {
        pass(Language::Msl, &source(enough, memory), 4, THREADS, &args);
        for flags in wrong {
            fail(Language::Msl, &source(flags, memory), 4, THREADS, &args, FaultKind::Race, "// here");
        }
    }
}

#[test]
fn subgroup_barriers_order_a_subgroup() {
    for (language, barrier) in
        [(Language::Msl, "simdgroup_barrier(mem_flags::mem_threadgroup);"), (Language::Cuda, "__syncwarp();")]
    {
        let (x, mut y) = buffers();
        let args = [input(&x), out(&mut y)];
        let source = |distance: u32| {
            let body = format!(
                "$SHARED float s[128];\n s[$I] = 0.0f;\n $SBAR\n s[$I] = x[$I]; // here\n {barrier}\n y[$P * 128 + $I] = s[$I ^ {distance}]; // here"
            );
            text(language, &body)
        };
        pass(language, &source(1), 4, THREADS, &args);
        fail(language, &source(32), 4, THREADS, &args, FaultKind::Race, "// here");
    }
}

#[test]
fn launches_fit_the_kernel() {
    for language in ALL {
        let (x, mut y) = buffers();
        let source = text(language, "y[$P * 128 + $I] = x[$I];");
        let Some(program) = compile(language, &source, Checks::Barriers) else { return };
        let good = [input(&x), out(&mut y)];
        let launch = |threads, args: &[Arg]| {
            program.launch(&Launch { grid: [1, 1, 1], threads, dynamic_shared: 0, args, workers: 1, seed: 0 })
        };
        launch(128, &good).unwrap();
        for (threads, args) in [(0, &good[..]), (1025, &good), (128, &good[..1]), (128, &[good[0], Arg::U32(1)])] {
            assert_eq!(launch(threads, args).unwrap_err().kind, FaultKind::Launch);
        }
        let refused = launch(64, &good).err().map(|fault| fault.kind);
        assert_eq!(refused, (language == Language::Musa).then_some(FaultKind::Launch), "groups of 64 on {language}");
    }
}
