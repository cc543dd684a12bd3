//! Modules are right with subgroups of any size: every kernel of the smaller suites on lavapipe, which takes the bits of its
//! subgroups from the environment: 4, 8 and 16 lanes.

use std::process::Command;

fn validate(suite: &str, width: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_tenfold"))
        .args(["validate", suite, "--target", "spirv", "--seeds", "1"])
        .env("LP_NATIVE_VECTOR_WIDTH", width)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("tenfold starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{suite}, {width} bits: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    let count = text.lines().find(|line| line.starts_with("vulkan: ")).expect("the device is a judge");
    if let Err(error) = device::open("vulkan", None) {
        assert!(count.contains("vulkan: 0 passed, 0 failed"), "{count}");
        println!("skipped: {error}");
        return;
    }
    assert!(count.ends_with("0 failed, 0 skipped") && !count.contains(": 0 passed"), "{suite}, {width} bits: {count}");
}

#[test]
fn gallery() {
    ["128", "256", "512"].into_iter().for_each(|width| validate("gallery", width));
}

#[test]
fn reduced_model() {
    ["128", "256", "512"].into_iter().for_each(|width| validate("qwen2-reduced", width));
}
