//! The documented limits of operands and calls, each broken once.

use emulator::{Arg, FaultKind, Language};

use crate::faults::{caught, rule, rule_on, sound};
use crate::harness::{COMPUTED, LOADED, ascendc, fail, input, out, pass};

const T: &str = "LocalTensor<float> a(TPosition::VECCALC, 0, 1024), b(TPosition::VECCALC, 8192, 1024), c(TPosition::VECCALC, 16384, 1024);\n\
                 Duplicate(a, 1.0f, 1024); Duplicate(b, 1.0f, 1024); Duplicate(c, 1.0f, 1024);\nPipeBarrier<PIPE_V>();\n";
const RIGHT: &str = "Add(c, a, b, 64);";

/// Each call has a limit that it breaks.
fn broken(kind: FaultKind, calls: &[&str]) {
    sound(&format!("{T}{RIGHT}"));
    for call in calls {
        caught(&format!("{T}{call} // here"), kind);
    }
}

#[test]
fn memory_ends() {
    let at = |start: u32, count: u32| {
        format!("LocalTensor<float> t(TPosition::VECCALC, {start}, {count}); // here\nDuplicate(t, 1.0f, {count});")
    };
    rule(&at(188_160 - 256, 64), &at(188_160 - 256, 72), FaultKind::Operand);
    rule(&at(64, 64), &at(48, 64), FaultKind::Misaligned);
    // Behind the end of a tensor, though inside UB.
    broken(
        FaultKind::Operand,
        &[
            "Add(c, a, b, 1025);",
            "Add(c, a, b[1000], 64);",
            "Exp(c, a, 64, 17, {1, 1, 8, 8});",
            "float v = a.GetValue(1024);",
            "Brcb(c, a, 17, {1, 8});",
        ],
    );
}

#[test]
fn operands_are_aligned() {
    broken(
        FaultKind::Misaligned,
        &["Add(c, a[3], b, 64);", "Add(c[4], a, b, 64);", "DataCopy(gy, a[1], 64);", "DataCopy(a[1], gx, 64);"],
    );
}

#[test]
fn repeats_and_masks_fit() {
    rule(
        &format!("{T}Add(c, a, b, 64, 16, {{1, 1, 1, 8, 8, 8}});"),
        &format!("{T}uint32_t r = n / 2;\nAdd(c, a, b, 64, r, {{1, 1, 1, 0, 0, 0}}); // here"),
        FaultKind::Operand,
    );
    broken(
        FaultKind::Operand,
        &[
            "Add(c, a, b, 65, 1, {1, 1, 1, 8, 8, 8});",
            "uint64_t m[2] = {1, 1}; Add(c, a, b, m, 1, {1, 1, 1, 8, 8, 8});",
            "WholeReduceSum(c, a, 64, 256, 1, 1, 0);",
            "Add(c, a, b, 64, 0, {1, 1, 1, 8, 8, 8});",
            "Add(c, a, b, 0);",
            "Add(c, a, b, -5);",
            "Copy(c, a, 64, 1, {1, 1, 4096, 8});",
            "uint64_t none = 0; Adds(c, a, 1.0f, none, 1, {1, 1, 8, 8});",
            "BinaryRepeatParams p; uint32_t s = n; p.dstRepStride = s; Add(c, a, b, 64, 1, p);",
        ],
    );
}

#[test]
fn copies_have_limits() {
    let copy = |count: u32| format!("{T}{COMPUTED}\nDataCopy(gy, a, {count}); // here");
    rule(&copy(64), &copy(61), FaultKind::Operand);
    rule(&copy(64), &copy(0), FaultKind::Operand);
    let pad = |params: &str| format!("{T}{COMPUTED}\nDataCopyPad(gy, a, DataCopyExtParams({params})); // here");
    rule(&pad("1, 20, 0, 0, 0"), &pad("1, 22, 0, 0, 0"), FaultKind::Operand);
    rule(&pad("1, 20, 0, 0, 0"), &pad("4096, 4, 0, 0, 0"), FaultKind::Operand);
    rule(&pad("1, 20, 0, 0, 0"), &pad("0, 4, 0, 0, 0"), FaultKind::Operand);
    rule(&pad("1, 20, 0, 0, 0"), &pad("1, 2097152, 0, 0, 0"), FaultKind::Operand);
    let left = |count: u32| {
        format!(
            "LocalTensor<float> a(TPosition::VECCALC, 0, 1024);\nDataCopyPad(a, gx, DataCopyExtParams(1, 32, 0, 0, 0), DataCopyPadExtParams<float>(true, 0, {count}, 0.0f)); // here"
        )
    };
    rule(&left(8), &left(9), FaultKind::Operand);
}

#[test]
fn comparisons_take_whole_repeats() {
    let compare = |count: u32, ty: &str, mode: &str| {
        format!(
            "{T}LocalTensor<uint8_t> m(TPosition::VECCALC, 32768, 64);\nauto u = a.ReinterpretCast<{ty}>(); auto v = b.ReinterpretCast<{ty}>();\n\
                 Compare(m, u, v, CMPMODE::{mode}, {count}); // here"
        )
    };
    rule(&compare(128, "float", "LT"), &compare(100, "float", "LT"), FaultKind::Operand);
    let part =
        compare(128, "float", "LT").replace("CMPMODE::LT, 128", "CMPMODE::LT, (uint64_t)63, 2, {1, 1, 1, 8, 8, 8}");
    rule(&part.replace("(uint64_t)63", "(uint64_t)64"), &part, FaultKind::Operand);
    rule(&compare(128, "int32_t", "EQ"), &compare(128, "int32_t", "LT"), FaultKind::Operand);
}

#[test]
fn results_lie_over_operands_as_a_whole_or_not_at_all() {
    rule(&format!("{T}Add(a, a, b, 64);"), &format!("{T}Add(a[8], a, b, 64); // here"), FaultKind::Overlap);
    broken(
        FaultKind::Overlap,
        &[
            "Muls(a, a[8], 2.0f, 64);",
            "Add(c, a, b, 64, 4, {1, 1, 1, 0, 8, 8});",
            "Add(c, a, b, 64, 4, {1, 1, 1, 4, 8, 8});",
            "Brcb(a, a, 1, {1, 8});",
            "WholeReduceSum(a[64], a, 64, 2, 1, 1, 8);",
            "Cast(a, a.ReinterpretCast<bfloat16_t>(), RoundMode::CAST_NONE, 64);",
            "Gather(a, a, b.ReinterpretCast<uint32_t>(), 0, 8);",
        ],
    );
    // Narrowing in place reads first.
    let cast = format!("{T}Cast(a.ReinterpretCast<bfloat16_t>(), a, RoundMode::CAST_RINT, 64);");
    rule(
        &cast,
        &format!("{T}Cast(a.ReinterpretCast<bfloat16_t>()[16], a, RoundMode::CAST_RINT, 64); // here"),
        FaultKind::Overlap,
    );
}

#[test]
fn conversions_have_their_roundings() {
    let cast = |to: &str, mode: &str| {
        format!("{T}auto r = c.ReinterpretCast<{to}>();\nCast(r, a, RoundMode::{mode}, 64); // here")
    };
    rule(&cast("bfloat16_t", "CAST_RINT"), &cast("bfloat16_t", "CAST_NONE"), FaultKind::Operand);
    rule(&cast("int32_t", "CAST_TRUNC"), &cast("int32_t", "CAST_NONE"), FaultKind::Operand);
    rule(&cast("half", "CAST_NONE"), &cast("int16_t", "CAST_ODD"), FaultKind::Operand);
}

#[test]
fn gathers_stay_inside() {
    // The offsets are bytes.
    let gather = |offset: u32| {
        format!(
            "{T}LocalTensor<uint32_t> o(TPosition::VECCALC, 32768, 64);\nDuplicate(o, (uint32_t){offset}, 64);\nPipeBarrier<PIPE_V>();\nGather(c, a, o, 0, 64); // here"
        )
    };
    rule(&gather(4092), &gather(4096), FaultKind::ReadOutOfBounds);
    rule(&gather(4), &gather(6), FaultKind::Misaligned);
}

#[test]
fn global_memory_ends() {
    let load = |start: u32| {
        format!("LocalTensor<float> a(TPosition::VECCALC, 0, 1024);\nDataCopy(a, gx[{start}], 64); // here")
    };
    rule(&load(448), &load(456), FaultKind::ReadOutOfBounds);
    let store = |start: u32| format!("{T}{COMPUTED}\nDataCopy(gy[{start}], a, 64); // here");
    rule(&store(448), &store(456), FaultKind::WriteOutOfBounds);
    let far = "LocalTensor<float> a(TPosition::VECCALC, 0, 1024);\nDataCopy(a, gx[~0ul / 8], 64); // here";
    rule(&load(0), far, FaultKind::ReadOutOfBounds);
    let both = format!("{T}{COMPUTED}\nDataCopy(gx, a, 64); // here");
    rule(&store(0), &both, FaultKind::WriteToConstant);
    // The end that the text gives counts too.
    let sized = |count: u32| {
        format!(
            "GlobalTensor<float> g; g.SetGlobalBuffer((__gm__ float*)x, {count});\nLocalTensor<float> a(TPosition::VECCALC, 0, 1024);\nDataCopy(a, g, 64); // here"
        )
    };
    rule(&sized(64), &sized(63), FaultKind::ReadOutOfBounds);
    let scalar = |index: u32| format!("float v = gx.GetValue({index}); // here");
    rule_on(2, &scalar(511), &scalar(512), FaultKind::ReadOutOfBounds);
}

#[test]
fn kernels_announce_themselves_and_end_in_order() {
    let x = vec![1.5_f32; 512];
    let mut y = vec![0.0_f32; 512];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    let source = |body: &str| ascendc("float", body);
    let mask = "LocalTensor<uint8_t> m(TPosition::VECCALC, 32768, 64);";
    let body = format!(
        "{T}{mask}CompareScalar(m, a, 0.5f, CMPMODE::GT, 64);\nPipeBarrier<PIPE_V>();\nSelect(c, m, a, 0.5f, SELMODE::VSEL_TENSOR_SCALAR_MODE, 64);"
    );
    pass(Language::AscendC, &source(&body), 1, &args, || {});
    let silent = source("LocalTensor<float> a(TPosition::VECCALC, 0, 64);\nDuplicate(a, 1.0f, 64); // here")
        .replace("InitSocState();", "");
    fail(Language::AscendC, &silent, 1, &args, FaultKind::Call);
    for call in ["ReduceSum(c, a, b, 64);", "ReduceMax(c, a, b, 64);", "CreateVecIndex(c, 0.0f, 64);", "TPipe pipe;"] {
        let wrong = format!("{T}{call} // here");
        fail(Language::AscendC, &source(&wrong), 1, &args, FaultKind::Call);
    }
}

#[test]
fn kernels_end_with_a_barrier_of_all_pipes() {
    use crate::harness::{compile, launch};
    let x = vec![1.5_f32; 512];
    let mut y = vec![0.0_f32; 512];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    let source = ascendc("float", &format!("{T}{LOADED}")).replace("PipeBarrier<PIPE_ALL>();", "");
    for checks in [emulator::Checks::Memory, emulator::Checks::Barriers] {
        let Some(program) = compile(Language::AscendC, &source, checks) else { return };
        assert_eq!(launch(&program, 1, &args, 0).unwrap_err().kind, FaultKind::Call);
    }
}

#[test]
fn events_of_a_pipe_object_come_from_it() {
    let kernel = |body: &str| {
        format!(
            "#include \"kernel_operator.h\"\nusing namespace AscendC;\nextern \"C\" __global__ __aicore__ void k(GM_ADDR x, GM_ADDR y, uint32_t n) {{\n\
             TPipe pipe; TBuf<TPosition::VECCALC> ub;\n{body}\n}}\n"
        )
    };
    let x = vec![1.5_f32; 512];
    let mut y = vec![0.0_f32; 512];
    let args = [input(&x), out(&mut y), Arg::U32(0)];
    let right = "pipe.InitBuffer(ub, 188160);\nauto e = pipe.FetchEventID<HardEvent::MTE2_V>(); SetFlag<HardEvent::MTE2_V>(e); WaitFlag<HardEvent::MTE2_V>(e);";
    pass(Language::AscendC, &kernel(right), 1, &args, || {});
    for (wrong, kind) in [
        ("SetFlag<HardEvent::MTE2_V>(0); WaitFlag<HardEvent::MTE2_V>(0); // here", FaultKind::Flag),
        ("for (int i = 0; i < 7; ++i) pipe.AllocEventID<HardEvent::MTE2_V>(); // here", FaultKind::Flag),
        ("pipe.ReleaseEventID<HardEvent::MTE2_V>(0); // here", FaultKind::Flag),
        ("pipe.InitBuffer(ub, 188161); // here", FaultKind::Operand),
        ("LocalTensor<float> t(TPosition::VECCALC, 0, 64); // here", FaultKind::Call),
        ("InitSocState(); // here", FaultKind::Call),
        // Functions that look for events find one that is set, or none.
        (
            "pipe.InitBuffer(ub, 4096); auto a = ub.Get<float>();\nDuplicate(a, 1.0f, 64);\nauto e = pipe.FetchEventID<HardEvent::V_S>();\n\
             SetFlag<HardEvent::V_S>(e);\nPipeBarrier<PIPE_V>();\nReduceSum(a[64], a, a, 64); // here\nWaitFlag<HardEvent::V_S>(e);",
            FaultKind::Flag,
        ),
        (
            "pipe.InitBuffer(ub, 4096); auto a = ub.Get<float>();\nDuplicate(a, 1.0f, 64);\nPipeBarrier<PIPE_V>();\n\
             for (int i = 0; i < 6; ++i) pipe.AllocEventID<HardEvent::S_V>();\nReduceSum(a[64], a, a, 64); // here",
            FaultKind::Flag,
        ),
        // The scratch of an extreme has room for a value and an index of each repeat.
        (
            "pipe.InitBuffer(ub, 8192); auto a = ub.Get<float>(1024), t = ub.GetWithOffset<float>(24, 4096);\nDuplicate(a, 1.0f, 1024);\n\
             PipeBarrier<PIPE_V>();\nReduceMax(ub.GetWithOffset<float>(8, 6144), a, t, 1024); // here",
            FaultKind::Operand,
        ),
        // The scalar unit writes the first numbers at once.
        (
            "pipe.InitBuffer(ub, 4096); auto a = ub.Get<float>();\nDuplicate(a, 1.0f, 64);\nPipeBarrier<PIPE_V>();\n\
             CreateVecIndex(a, 0.0f, 64); // here",
            FaultKind::Hazard,
        ),
    ] {
        fail(Language::AscendC, &kernel(wrong), 1, &args, kind);
    }
}
