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
