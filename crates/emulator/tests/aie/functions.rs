//! What is caught inside core functions.

use emulator::aie::FaultKind;

use crate::harness::{copies, fail, input, out, pass};

const HEAD: &str =
    "#include <aie_api/aie.hpp>\nextern \"C\" void copy(const float *__restrict x, float *__restrict y) {\n";
const WHOLE: &str = "  for (int32_t i = 0; i < 64; i++) y[i] = x[i];\n";

fn text(body: &str) -> String {
    format!("{HEAD}{body}}}\n")
}

/// `right` passes; `wrong` is caught at its line of `kernels.cc`.
fn rule(kind: FaultKind, right: &str, wrong: &str) {
    let (x, mut y) = (vec![1.5_f32; 128], vec![0.0_f32; 128]);
    let args = [input(&x), out(&mut y)];
    pass(&copies(2, &[]), &text(&format!("{WHOLE}{right}\n")), &args);
    fail(&copies(2, &[]), &text(&format!("{WHOLE}{wrong} // here\n")), &args, kind);
}

#[test]
fn bounds() {
    rule(
        FaultKind::ReadOutOfBounds,
        "aie::store_v(y, aie::load_v<16>(x + 48));",
        "aie::store_v(y, aie::load_v<16>(x + 64));",
    );
    rule(
        FaultKind::WriteOutOfBounds,
        "aie::store_v(y + 48, aie::load_v<16>(x));",
        "aie::store_v(y + 64, aie::load_v<16>(x));",
    );
    rule(FaultKind::ReadOutOfBounds, "y[0] = x[63];", "y[0] = x[-1];");
    rule(FaultKind::WriteOutOfBounds, "y[63] = 1;", "y[64] = 1;");
    // The end of a vector, not its start.
    rule(
        FaultKind::ReadOutOfBounds,
        "aie::store_v(y, aie::load_unaligned_v<16>(x + 48));",
        "aie::store_v(y, aie::load_unaligned_v<16>(x + 49));",
    );
}

#[test]
fn alignment() {
    rule(FaultKind::Misaligned, "aie::store_v(y, aie::load_v<4>(x + 4));", "aie::store_v(y, aie::load_v<8>(x + 4));");
    rule(
        FaultKind::Misaligned,
        "aie::store_v(y, aie::load_unaligned_v<16>(x + 8));",
        "aie::store_v(y, aie::load_v<16>(x + 8));",
    );
    rule(
        FaultKind::Misaligned,
        "aie::store_v(y + 32, aie::load_v<32>(x));",
        "aie::store_v(y + 8, aie::load_v<32>(x));",
    );
    rule(
        FaultKind::Misaligned,
        "aie::store_unaligned_v(y + 1, aie::load_v<16>(x));",
        "aie::store_v(y + 1, aie::load_v<16>(x));",
    );
}

#[test]
fn written_before_read() {
    let (x, mut y) = (vec![1.5_f32; 128], vec![0.0_f32; 128]);
    let args = [input(&x), out(&mut y)];
    let accumulates = "  for (int32_t i = 0; i < 64; i++) y[i] += x[i]; // here\n";
    fail(&copies(2, &[]), &text(accumulates), &args, FaultKind::Uninitialised);
    pass(&copies(2, &[]), &text(&format!("{WHOLE}{accumulates}")), &args);
    // A part that nobody wrote reaches the host.
    let half = copies(2, &[("    b.release(1)\n", "    b.release(1) # here\n")]);
    fail(&half, &text("  for (int32_t i = 0; i < 63; i++) y[i] = x[i];\n"), &args, FaultKind::Uninitialised);
}

#[test]
fn second_object_of_an_odd_size_is_not_aligned() {
    let text = "#include <aie_api/aie.hpp>\nextern \"C\" void copy(const float *x, float *y) {\n  for (int i = 0; i < 20; i++) y[i] = x[i];\n  aie::store_v(y, aie::load_v<16>(x)); // here\n}\n";
    let (x, mut y) = (vec![1.5_f32; 128], vec![0.0_f32; 128]);
    let args = [input(&x[..40]), out(&mut y[..40])];
    let design = |bytes: &str, objects: &str| copies(2, &[("T(64)", bytes), ("T(128)", objects)]);
    fail(&design("T(20)", "T(40)"), text, &args, FaultKind::Misaligned);
    let whole = text.replace("i < 20", "i < 32");
    pass(&design("T(32)", "T(64)"), &whole, &[input(&x[..64]), out(&mut y[..64])]);
}

#[test]
fn endless_functions_are_ended() {
    let design = copies(2, &[]);
    let endless = text("  volatile int go = 1;\n  while (go) {}\n");
    let texts = emulator::aie::Texts { design: &design, kernels: &endless };
    let Ok(program) = emulator::aie::Program::compile(texts) else { return };
    let (x, mut y) = (vec![1.5_f32; 128], vec![0.0_f32; 128]);
    let fault =
        program.launch(&emulator::aie::Launch { args: &[input(&x), out(&mut y)], seconds: 1 }).expect_err("endless");
    assert_eq!(fault.kind, FaultKind::Timeout);
}

/// A mask from bits, lane by lane from the lowest one on.
#[test]
fn masks_of_bits() {
    let body = "  const auto some = aie::mask<16>::from_uint32(0x5u);
  for (int32_t i = 0; i < 64; i += 16)
    aie::store_v(y + i, aie::select(aie::load_v<16>(x + i), 7.0f, some));
";
    let (x, mut y) = (vec![1.5_f32; 128], vec![0.0_f32; 128]);
    if pass(&copies(2, &[]), &text(body), &[input(&x), out(&mut y)]) {
        let expected = |lane: usize| if matches!(lane % 16, 0 | 2) { 7.0 } else { 1.5 };
        assert!(y.iter().enumerate().all(|(at, value)| *value == expected(at)), "{y:?}");
    }
}

/// Without checks of accesses a right design gives the same, and what is wrong about its transfers is still told.
#[test]
fn accesses_may_go_unchecked() {
    let whole = text(WHOLE);
    let run = |design: &str, y: &mut [f32]| {
        let texts = emulator::aie::Texts { design, kernels: &whole };
        let program = emulator::aie::Program::compile_with(None, emulator::Checks::Barriers, texts).ok()?;
        let x: Vec<f32> = (0..128).map(|at| at as f32).collect();
        Some(program.launch(&emulator::aie::Launch { args: &[input(&x), out(y)], seconds: 20 }))
    };
    let mut y = vec![0.0_f32; 128];
    let Some(ended) = run(&copies(2, &[]), &mut y) else { return };
    ended.unwrap_or_else(|fault| panic!("{fault}"));
    assert!(y.iter().enumerate().all(|(at, value)| *value == at as f32), "{y:?}");
    let unwaited = copies(2, &[("hb.drain(y, wait=True)", "hb.drain(y)")]);
    let fault = run(&unwaited, &mut y).expect("it compiles").expect_err("nothing waits");
    assert_eq!(fault.kind, FaultKind::Unwaited);
}
