//! Asynchronous copies into shared memory: right programs, and one faulty twin per rule. PTX ISA 8.x, "cp.async.bulk", "mbarrier".

use emulator::FaultKind::{self, Copy, Misaligned, Race, ReadOutOfBounds, Uninitialised, WriteOutOfBounds};
use emulator::Language;

use crate::harness::{fail, fail_as_one, input, out, pass, refuse};

const INIT: &str = "asm volatile(\"mbarrier.init.shared::cta.b64 [%0], 1;\" ::\"l\"(object) : \"memory\"); // init";
const FENCE: &str = "asm volatile(\"fence.mbarrier_init.release.cluster;\" ::: \"memory\"); // fence";
const EXPECT: &str = "asm volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\" ::\"l\"(object), \"r\"(256) : \"memory\"); // expect";
const COPY: &str = "asm volatile(\"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];\" ::\"l\"(__cvta_generic_to_shared(to)), \"l\"(from), \"r\"(256), \"l\"(object) : \"memory\"); // copy";
const MEET: &str = "__syncthreads(); // meet";
const WAIT: &str = "wait(&arrival); // wait";

/// Two programs of 64 threads: each copies its 64 numbers and turns them round.
fn program() -> String {
    format!(
        "static __device__ __forceinline__ void wait(unsigned long long* arrival) {{
    unsigned int done;
    do {{
        asm volatile(\"{{ .reg .pred done; mbarrier.try_wait.parity.shared::cta.b64 done, [%1], 0; selp.u32 %0, 1, 0, done; }}\" : \"=r\"(done) : \"l\"(__cvta_generic_to_shared(arrival)) : \"memory\"); // poll
    }} while (done == 0);
}}
extern \"C\" __global__ void k(const unsigned* x, unsigned* y) {{
    __shared__ __align__(16) unsigned tile[64];
    __shared__ unsigned long long arrival, other;
    if (threadIdx.x == 0) {{
        const unsigned long long object = __cvta_generic_to_shared(&arrival);
        unsigned* to = tile;
        const unsigned* from = x + blockIdx.x * 64;
        {INIT}
        {FENCE}
        {EXPECT}
        {COPY}
    }}
    {MEET}
    {WAIT}
    y[blockIdx.x * 64 + threadIdx.x] = tile[63 - threadIdx.x]; // read
}}
"
    )
}

#[test]
fn right_programs() {
    let (x, mut y) = ((0..128_u32).collect::<Vec<_>>(), vec![0_u32; 128]);
    let args = [input(&x), out(&mut y)];
    let right = program();
    let twice = right.replace(WAIT, &format!("{WAIT}\n    for (int i = 0; i < 3; ++i) {WAIT}"));
    // A later barrier shows all threads what one has waited for.
    let one = right.replace(WAIT, "if (threadIdx.x == 5) wait(&arrival);\n    __syncthreads();");
    let halves = right.replace(
        COPY,
        &[
            COPY.replace("256", "128"),
            COPY.replace("256", "128").replace("(to)", "(to + 32)").replace("(from)", "(from + 32)"),
        ]
        .join("\n"),
    );
    for source in [right, twice, one, halves] {
        y_is_turned(&source, &args, &y);
    }
}

fn y_is_turned(source: &str, args: &[emulator::Arg], y: &[u32]) {
    pass(Language::Cuda, source, 2, 64, args);
    assert_eq!((y[0], y[63], y[64], y[127]), (63, 0, 127, 64), "{source}");
}

#[test]
fn faulty_twins() {
    let (x, mut y) = ((0..128_u32).collect::<Vec<_>>(), vec![0_u32; 128]);
    let args = [input(&x), out(&mut y)];
    let moved = |from: &str, to: &str| COPY.replace(from, to);
    let late = format!("{MEET}\n    if (threadIdx.x == 9) tile[9] = 1; // late\n    __syncthreads();");
    let twins: &[(&str, String, FaultKind, &str)] = &[
        (INIT, String::new(), Uninitialised, "expect"),
        (INIT, format!("{INIT}\n{INIT}"), Copy, "init"),
        (INIT, INIT.replace("(object)", "(object + 4)"), Misaligned, "init"),
        (FENCE, String::new(), Copy, "copy"),
        (EXPECT, String::new(), Copy, "poll"),
        (EXPECT, EXPECT.replace("256", "272"), Copy, "poll"),
        (EXPECT, EXPECT.replace("256", "240"), Copy, "copy"),
        (EXPECT, format!("{EXPECT}\n{EXPECT}"), Copy, "expect"),
        (COPY, String::new(), Copy, "poll"),
        (COPY, moved("(from)", "(from + 1)"), Misaligned, "copy"),
        (COPY, moved("(to)", "(to + 1)"), Misaligned, "copy"),
        (COPY, moved("256", "248"), Misaligned, "copy"),
        (COPY, moved("(from)", "(from + 68)"), ReadOutOfBounds, "copy"),
        (COPY, moved("(to)", "(to + 4)"), WriteOutOfBounds, "copy"),
        (MEET, late, Race, "late"),
        (WAIT, String::new(), Uninitialised, "read"),
        (WAIT, "wait(&other);".to_owned(), Uninitialised, "poll"),
    ];
    for (what, instead, kind, marker) in twins {
        let source = program().replace(what, instead);
        assert_ne!(source, program(), "{what}");
        fail(Language::Cuda, &source, 2, 64, &args, *kind, marker);
    }
    // Without a barrier, or with a wait by some, the fault depends on who comes first.
    for (what, instead) in [(MEET, ""), (WAIT, "if (threadIdx.x % 32 == 0) wait(&arrival);")] {
        let source = program().replace(what, instead);
        fail_as_one(Language::Cuda, &source, 2, 64, &args, &[Race, Uninitialised]);
    }
}

#[test]
fn other_forms_are_refused() {
    for (from, to) in [("[%0], 1;", "[%0], 2;"), ("[%1], 0;", "[%1], 1;"), ("selp.u32 %0, 1, 0", "selp.u32 %0, 0, 1")] {
        let source = program().replace(from, to);
        assert_ne!(source, program());
        let Some(refused) = refuse(Language::Cuda, &source) else { return };
        assert!(matches!(refused, emulator::Error::Unsupported { .. }), "{refused}");
    }
}
