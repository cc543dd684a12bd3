//! The real model's text: SmolLM2-135M on the CPU against the golden tokens and logits of all prompts, through the same
//! command that a user runs. The weights are fetched on the first run.

use std::process::Command;

#[test]
fn smollm2_reproduces_the_golden_file() {
    let output = Command::new(env!("CARGO_BIN_EXE_tenfold"))
        .args(["decode", "check", "--golden", "crates/decode/tests/data/smollm2-135m.json"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("tenfold starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("3 of 3 prompts passed"), "{text}");
}
