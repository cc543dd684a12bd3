//! The real model's text: SmolLM2-135M against the golden tokens and logits of all prompts, through the same command that a
//! user runs: all of them on the CPU, the first tokens on each emulated device and
//! through Vulkan. The weights are fetched on the first run.

use std::process::Command;

fn check(args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_tenfold"))
        .args(["decode", "check", "--golden", "crates/decode/tests/data/smollm2-135m.json"])
        .args(args)
        // What the device does is checked where that can be.
        .env("TENFOLD_VULKAN_VALIDATION", "1")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("tenfold starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("3 of 3 prompts passed"), "{text}");
}

#[test]
fn smollm2_reproduces_the_golden_file() {
    check(&[]);
}

#[test]
fn smollm2_on_emulated_metal() {
    check(&["--device", "msl-emu", "--tokens", "8"]);
}

#[test]
fn smollm2_on_emulated_cuda() {
    check(&["--device", "cuda-emu", "--tokens", "8"]);
}

#[test]
fn smollm2_on_emulated_musa() {
    check(&["--device", "musa-emu", "--tokens", "8"]);
}

#[test]
fn smollm2_on_emulated_ascendc() {
    check(&["--device", "ascendc-emu", "--tokens", "4"]);
}

#[test]
fn smollm2_on_emulated_pto() {
    check(&["--device", "pto-emu", "--tokens", "4"]);
}

#[test]
fn smollm2_on_emulated_bang() {
    check(&["--device", "bang-emu", "--tokens", "4"]);
}

#[test]
fn smollm2_through_vulkan() {
    if let Err(error) = decode::open_device("vulkan", None) {
        return eprintln!("SKIPPED: nothing is decoded through Vulkan: {error}");
    }
    check(&["--device", "vulkan", "--tokens", "8"]);
}
