//! Faulty programs of order and values, each with a sound twin.

use emulator::{Arg, Checks, FaultKind, Language, Launch};

use crate::harness::{COMPUTED, LOADED, ascendc, compile, fail, input, out, pass};

const N: usize = 512;

/// A sound body passes; a faulty one is caught at the line with `// here`.
pub(crate) fn rule(right: &str, wrong: &str, kind: FaultKind) {
    rule_on(1, right, wrong, kind);
}

pub(crate) fn rule_on(blocks: u64, right: &str, wrong: &str, kind: FaultKind) {
    sound_on(blocks, right);
    caught_on(blocks, wrong, kind);
}

pub(crate) fn sound(body: &str) {
    sound_on(1, body);
}

pub(crate) fn caught(body: &str, kind: FaultKind) {
    caught_on(1, body, kind);
}

fn sound_on(blocks: u64, body: &str) {
    let x = vec![1.5_f32; N];
    let mut y = vec![0.0_f32; N];
    let args = [input(&x), out(&mut y), Arg::U32(N as u32)];
    pass(Language::AscendC, &ascendc("float", body), blocks, &args, || {});
}

fn caught_on(blocks: u64, body: &str, kind: FaultKind) {
    let x = vec![1.5_f32; N];
    let mut y = vec![0.0_f32; N];
    let args = [input(&x), out(&mut y), Arg::U32(N as u32)];
    fail(Language::AscendC, &ascendc("float", body), blocks, &args, kind);
}

/// Two tensors of 64 elements.
const AB: &str = "LocalTensor<float> a(TPosition::VECCALC, 0, 64), b(TPosition::VECCALC, 1024, 64);\n";

fn body(text: &str) -> String {
    format!("{AB}{}", text.replace("$LOADED", LOADED).replace("$COMPUTED", COMPUTED))
}

#[test]
fn computing_waits_for_loading() {
    let right = body("DataCopy(a, gx, 64);\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, b, 64);");
    let wrong = body("DataCopy(a, gx, 64);\nAdds(b, a, 1.0f, 64); // here\n$COMPUTED\nDataCopy(gy, b, 64);");
    rule(&right, &wrong, FaultKind::Hazard);
}

#[test]
fn storing_waits_for_computing() {
    let right = body("DataCopy(a, gx, 64);\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, b, 64);");
    let wrong = body("DataCopy(a, gx, 64);\n$LOADED\nAdds(b, a, 1.0f, 64);\nDataCopy(gy, b, 64); // here");
    rule(&right, &wrong, FaultKind::Hazard);
}

#[test]
fn a_flag_the_other_way_is_none() {
    let right = body("DataCopy(a, gx, 64);\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, b, 64);");
    let wrong = body(
        "DataCopy(a, gx, 64);\nSetFlag<HardEvent::V_MTE2>(0); WaitFlag<HardEvent::V_MTE2>(0);\nAdds(b, a, 1.0f, 64); // here\n\
         $COMPUTED\nDataCopy(gy, b, 64);",
    );
    rule(&right, &wrong, FaultKind::Hazard);
}

#[test]
fn vector_instructions_need_a_barrier() {
    let with = |barrier: &str, second: &str| {
        body(&format!(
            "Duplicate(a, 2.0f, 64);\nDuplicate(b, 2.0f, 64);\nPipeBarrier<PIPE_V>();\nAdds(b, a, 1.0f, 64);\n{barrier}\n{second} // here\n\
             PipeBarrier<PIPE_V>();\n$COMPUTED\nDataCopy(gy, b, 64);"
        ))
    };
    // Read after write, write after read, write after write.
    for second in ["Adds(a, b, 1.0f, 64);", "Duplicate(a, 3.0f, 64);", "Duplicate(b, 3.0f, 64);"] {
        rule(&with("PipeBarrier<PIPE_V>();", second), &with("", second), FaultKind::Hazard);
        rule(&with("PipeBarrier<PIPE_ALL>();", second), &with("PipeBarrier<PIPE_MTE2>();", second), FaultKind::Hazard);
    }
    // Instructions that share only what they read need none.
    let shared = body(
        "Duplicate(a, 2.0f, 64);\nPipeBarrier<PIPE_V>();\nAdds(b, a, 1.0f, 32);\nAdds(b[32], a, 1.0f, 32);\n$COMPUTED\nDataCopy(gy, b, 64);",
    );
    rule(&shared, &with("", "Duplicate(b, 3.0f, 64);"), FaultKind::Hazard);
}

#[test]
fn buffers_are_used_again_after_a_flag_back() {
    let looped = |back: &str, last: &str| {
        body(&format!(
            "for (uint32_t i = 0; i < 3; ++i) {{\nDataCopy(a, gx[i * 64], 64); // here\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\n\
             DataCopy(gy[i * 64], b, 64);\n{back}\n{last}\n}}"
        ))
    };
    let flags = "SetFlag<HardEvent::V_MTE2>(1); WaitFlag<HardEvent::V_MTE2>(1);";
    let store = "SetFlag<HardEvent::MTE3_V>(1); WaitFlag<HardEvent::MTE3_V>(1);";
    rule(&looped(flags, store), &looped("", store), FaultKind::Hazard);
    let wrong =
        looped(flags, "").replace(" // here", "").replace("Adds(b, a, 1.0f, 64);", "Adds(b, a, 1.0f, 64); // here");
    rule(&looped("PipeBarrier<PIPE_ALL>();", ""), &wrong, FaultKind::Hazard);
}

#[test]
fn copies_to_one_place_need_a_barrier() {
    let loads = |barrier: &str| {
        body(&format!(
            "DataCopy(a, gx, 64);\n{barrier}\nDataCopy(a, gx[64], 64); // here\nSetFlag<HardEvent::MTE2_MTE3>(0);\n\
                       WaitFlag<HardEvent::MTE2_MTE3>(0);\nDataCopy(gy, a, 64);"
        ))
    };
    rule(&loads("PipeBarrier<PIPE_MTE2>();"), &loads(""), FaultKind::Hazard);
    let stores = |barrier: &str| {
        body(&format!(
            "Duplicate(a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, a, 64);\n{barrier}\nDataCopy(gy[32], a, 64); // here"
        ))
    };
    rule(&stores("PipeBarrier<PIPE_MTE3>();"), &stores(""), FaultKind::Hazard);
}

#[test]
fn what_was_stored_is_loaded_after_a_flag() {
    let again = |flag: &str| {
        body(&format!("Duplicate(a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, a, 64);\n{flag}\nDataCopy(b, gy, 64); // here"))
    };
    let flag = "SetFlag<HardEvent::MTE3_MTE2>(0); WaitFlag<HardEvent::MTE3_MTE2>(0);";
    rule(&again(flag), &again(""), FaultKind::Hazard);
}

#[test]
fn the_scalar_unit_waits_and_is_waited_for() {
    let read = |flag: &str| {
        body(&format!(
            "Duplicate(a, 1.0f, 64);\n{flag}\nfloat v = a.GetValue(3); // here\nDuplicate(b, v, 64);\n$COMPUTED\nDataCopy(gy, b, 64);"
        ))
    };
    let flag = "SetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);";
    rule(&read(flag), &read(""), FaultKind::Hazard);
    let write = |flag: &str| {
        body(&format!(
            "for (uint32_t i = 0; i < 64; ++i) a.SetValue(i, 2.0f);\n{flag}\nAdds(b, a, 1.0f, 64); // here\n$COMPUTED\nDataCopy(gy, b, 64);"
        ))
    };
    let flag = "SetFlag<HardEvent::S_V>(0); WaitFlag<HardEvent::S_V>(0);";
    rule(&write(flag), &write(""), FaultKind::Hazard);
    // A vector instruction over what the scalar unit has read.
    let over = |flag: &str| {
        body(&format!(
            "Duplicate(a, 1.0f, 64);\nSetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);\nfloat v = a.GetValue(3);\n{flag}\n\
                       Duplicate(a, v, 64); // here\n$COMPUTED\nDataCopy(gy, a, 64);"
        ))
    };
    rule(&over(flag), &over(""), FaultKind::Hazard);
}

#[test]
fn scalar_reads_of_memory_see_inputs_only() {
    let right = body("float v = gx.GetValue(5);\nDuplicate(a, v, 64);\n$COMPUTED\nDataCopy(gy, a, 64);");
    let wrong = body(
        "Duplicate(a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, a, 64);\nPipeBarrier<PIPE_ALL>();\nfloat v = gy.GetValue(5); // here\n\
                      Duplicate(b, v, 64);",
    );
    rule(&right, &wrong, FaultKind::Hazard);
    // The same through a pointer.
    let right = body("float v = ((__gm__ float*)x)[5];\nDuplicate(a, v, 64);\n$COMPUTED\nDataCopy(gy, a, 64);");
    let wrong =
        body("float v = ((__gm__ float*)x)[512]; // here\nDuplicate(a, v, 64);\n$COMPUTED\nDataCopy(gy, a, 64);");
    rule(&right, &wrong, FaultKind::ReadOutOfBounds);
    let wrong = body("((__gm__ float*)y)[5] = 1.0f; // here\nDuplicate(a, 1.0f, 64);");
    rule(&right, &wrong, FaultKind::Call);
}

#[test]
fn flags_come_in_pairs() {
    let right = body("DataCopy(a, gx, 64);\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, b, 64);");
    for wrong in [
        "SetFlag<HardEvent::MTE2_V>(0);\nSetFlag<HardEvent::MTE2_V>(0); // here\nWaitFlag<HardEvent::MTE2_V>(0);\nWaitFlag<HardEvent::MTE2_V>(0);",
        "SetFlag<HardEvent::MTE2_V>(0);\nWaitFlag<HardEvent::MTE2_V>(1); // here",
        "WaitFlag<HardEvent::MTE2_V>(0); // here\nSetFlag<HardEvent::MTE2_V>(0);",
        "SetFlag<HardEvent::MTE2_V>(3); // here",
        "SetFlag<HardEvent::MTE2_V>(6); // here\nWaitFlag<HardEvent::MTE2_V>(6);",
        "SetFlag<HardEvent::MTE2_V>(7); // here\nWaitFlag<HardEvent::MTE2_V>(7);",
        "SetFlag<HardEvent::MTE2_V>(8); // here\nWaitFlag<HardEvent::MTE2_V>(8);",
        "SetFlag<HardEvent::MTE2_V>(-1); // here\nWaitFlag<HardEvent::MTE2_V>(-1);",
        // Pipe MTE2 may be two flags ahead of pipe V.
        "SetFlag<HardEvent::MTE2_V>(0);\nWaitFlag<HardEvent::MTE2_V>(0);\nSetFlag<HardEvent::MTE2_V>(0); // here\nWaitFlag<HardEvent::MTE2_V>(0);",
    ] {
        caught(&body(wrong), FaultKind::Flag);
    }
    sound(&right);
    let last = "SetFlag<HardEvent::MTE2_V>(5); WaitFlag<HardEvent::MTE2_V>(5);";
    rule(&body(last), &body("SetFlag<HardEvent::MTE2_V>(6); // here"), FaultKind::Flag);
}

#[test]
fn bytes_have_values_before_they_matter() {
    // A tail that nobody loads is computed with, and not stored.
    let tail = |stored: u32| {
        body(&format!(
            "DataCopy(a, gx, 56);\n$LOADED\nAdds(b, a, 1.0f, 64);\n$COMPUTED\nDataCopy(gy, b, {stored}); // here"
        ))
    };
    rule(&tail(56), &tail(64), FaultKind::Uninitialised);
    let sum = |count: u32| {
        body(&format!(
            "DataCopy(a, gx, 56);\n$LOADED\nWholeReduceSum(b, a, {count}, 1, 1, 1, 8); // here\n\
                       SetFlag<HardEvent::V_S>(0); WaitFlag<HardEvent::V_S>(0);\nfloat v = b.GetValue(0);"
        ))
    };
    rule(&sum(56), &sum(64), FaultKind::Uninitialised);
    let scalar = |index: u32| {
        body(&format!(
            "DataCopy(a, gx, 56);\nSetFlag<HardEvent::MTE2_S>(0); WaitFlag<HardEvent::MTE2_S>(0);\nfloat v = a.GetValue({index}); // here"
        ))
    };
    rule(&scalar(55), &scalar(56), FaultKind::Uninitialised);
    // What fills the rest of a block is not ours.
    let pad = |stored: u32| {
        body(&format!(
            "DataCopyPad(a, gx, DataCopyExtParams(1, 20, 0, 0, 0), DataCopyPadExtParams<float>());\nSetFlag<HardEvent::MTE2_MTE3>(0);\n\
             WaitFlag<HardEvent::MTE2_MTE3>(0);\nDataCopyPad(gy, a, DataCopyExtParams(1, {stored}, 0, 0, 0)); // here"
        ))
    };
    rule(&pad(20), &pad(24), FaultKind::Uninitialised);
    // Padding with a value is.
    let valued = pad(32)
        .replace("DataCopyPadExtParams<float>()", "DataCopyPadExtParams<float>(true, 0, 3, 4.0f)")
        .replace(" // here", "");
    rule(&valued, &pad(32), FaultKind::Uninitialised);
}

#[test]
fn masks_have_values_bit_by_bit() {
    // 61 elements: the mask's last byte has bits of elements with and without a value.
    let select = |count: u32| {
        format!(
            "#include \"kernel_operator.h\"\nusing namespace AscendC;\n\
             extern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y, uint32_t n) {{\nKERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);\n\
             GlobalTensor<float> gx, gy;\ngx.SetGlobalBuffer((__gm__ float*)x); gy.SetGlobalBuffer((__gm__ float*)y);\n\
             TPipe pipe; TBuf<TPosition::VECCALC> ub; pipe.InitBuffer(ub, 4096);\n\
             auto a = ub.GetWithOffset<float>(64, 0), b = ub.GetWithOffset<float>(64, 256); auto m = ub.GetWithOffset<uint8_t>(32, 512);\n\
             TEventID in = pipe.AllocEventID<HardEvent::MTE2_V>(), res = pipe.AllocEventID<HardEvent::V_MTE3>();\n\
             DataCopyPad(a, gx, DataCopyExtParams(1, 61 * 4, 0, 0, 0), DataCopyPadExtParams<float>());\n\
             SetFlag<HardEvent::MTE2_V>(in); WaitFlag<HardEvent::MTE2_V>(in);\n\
             CompareScalar(m, a, 0.0f, CMPMODE::GT, 64);\nPipeBarrier<PIPE_V>();\n\
             Select(b, m, a, 0.0f, SELMODE::VSEL_TENSOR_SCALAR_MODE, 64);\nSetFlag<HardEvent::V_MTE3>(res); WaitFlag<HardEvent::V_MTE3>(res);\n\
             DataCopyPad(gy, b, DataCopyExtParams(1, {count} * 4, 0, 0, 0)); // here\n}}\n"
        )
    };
    let x = vec![1.5_f32; N];
    let mut y = vec![0.0_f32; N];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    pass(Language::AscendC, &select(61), 1, &args, || {});
    fail(Language::AscendC, &select(62), 1, &args, FaultKind::Uninitialised);
}

#[test]
fn cores_keep_apart() {
    let store = |step: u32, count: u32| {
        body(&format!(
            "Duplicate(a, 1.0f, 64);\n$COMPUTED\nDataCopyPad(gy[GetBlockIdx() * {step}], a, DataCopyExtParams(1, {count} * 4, 0, 0, 0)); // here"
        ))
    };
    rule_on(4, &store(64, 64), &store(32, 64), FaultKind::ProgramRace);
    // Neighbours, but in one block of 32 bytes.
    rule_on(4, &store(8, 8), &store(12, 12), FaultKind::ProgramRace);
    let read = |step: u32| {
        body(&format!(
            "DataCopy(b, gy[(GetBlockIdx() + {step}) % 4 * 64], 64);\nSetFlag<HardEvent::MTE2_MTE3>(0); WaitFlag<HardEvent::MTE2_MTE3>(0);\n\
             DataCopy(gy[GetBlockIdx() * 64], b, 64); // here"
        ))
    };
    let x = vec![1.5_f32; N];
    let mut y = vec![0.0_f32; N];
    let args = [input(&x), out(&mut y), Arg::U32(N as u32)];
    pass(Language::AscendC, &ascendc("float", &read(0)), 4, &args, || {});
    let wrong = ascendc("float", &read(1)).replace("% 4 * 64], 64);", "% 4 * 64], 64); // here");
    fail(Language::AscendC, &wrong, 4, &args, FaultKind::ProgramRace);
}

/// A worker runs one core after the other; none sees what another one left.
#[test]
fn cores_start_with_nothing() {
    let x = vec![1.0_f32; 64];
    let mut y = vec![0.0_f32; 64];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    let run = |body: &str| {
        let program = compile(Language::AscendC, &ascendc("float", body), Checks::Memory)?;
        let launch = Launch { grid: [2, 1, 1], threads: 1, dynamic_shared: 0, args: &args, workers: 1, seed: 0 };
        Some(program.launch(&launch))
    };
    let tensors = "LocalTensor<float> a(TPosition::VECIN, 0, 64), b(TPosition::VECIN, 256, 64);";
    let first = format!("{tensors} if (GetBlockIdx() == 0) {{ DataCopy(a, gx, 64); DataCopy(b, gx, 64); {LOADED} }}");
    // The second core fills what the first one loaded last.
    let sound = format!(
        "{first} else {{ DataCopy(a, gx, 64); Duplicate(b, 1.0f, 64); {LOADED} }} {COMPUTED} if (GetBlockIdx() == 1) DataCopy(gy, b, 64);"
    );
    if let Some(result) = run(&sound) {
        result.unwrap_or_else(|fault| panic!("{fault}"));
    }
    let unwritten = format!("{first} {COMPUTED} if (GetBlockIdx() == 1) DataCopy(gy, b, 64);");
    if let Some(result) = run(&unwritten) {
        assert_eq!(result.expect_err("nobody wrote it").kind, FaultKind::Uninitialised);
    }
}
