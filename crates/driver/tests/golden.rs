//! The real model's text: SmolLM2-135M against the golden tokens and logits of all prompts, through the same command that a
//! user runs: all of them on the CPU and through Vulkan; the first tokens on each emulated device, of the shortest prompt, and with
//! TENFOLD_FULL of all. The weights are fetched on the first run.

use std::process::Command;

/// The first two tokens of the first prompt, or with TENFOLD_FULL the first `tokens` of all, on an emulated device.
fn emulated(device: &str, tokens: &str) {
    if std::env::var_os("TENFOLD_FULL").is_some() {
        return check(&["--device", device, "--tokens", tokens], 3);
    }
    check(&["--device", device, "--tokens", "2", "--prompts", "1"], 1);
}

fn check(args: &[&str], prompts: usize) {
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
    assert!(text.contains(&format!("{prompts} of {prompts} prompts passed")), "{text}");
}

#[test]
fn smollm2_reproduces_the_golden_file() {
    check(&[], 3);
}

#[test]
fn smollm2_on_emulated_metal() {
    emulated("msl-emu", "8");
}

#[test]
fn smollm2_on_emulated_cuda() {
    emulated("cuda-emu", "8");
}

#[test]
fn smollm2_on_emulated_musa() {
    emulated("musa-emu", "8");
}

#[test]
fn smollm2_on_emulated_ascendc() {
    emulated("ascendc-emu", "4");
}

#[test]
fn smollm2_on_emulated_pto() {
    emulated("pto-emu", "4");
}

#[test]
fn smollm2_on_emulated_bang() {
    emulated("bang-emu", "4");
}

#[test]
fn smollm2_on_emulated_gaudi() {
    emulated("gaudi-emu", "4");
}

#[test]
fn smollm2_on_emulated_nki() {
    emulated("nki-emu", "4");
}

#[test]
fn smollm2_on_emulated_aie() {
    emulated("aie-emu", "4");
}

#[test]
fn smollm2_through_vulkan() {
    if let Err(error) = decode::open_device("vulkan", None) {
        return eprintln!("SKIPPED: nothing is decoded through Vulkan: {error}");
    }
    check(&["--device", "vulkan", "--tokens", "8"], 3);
}
