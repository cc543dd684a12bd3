//! The chapter's listing compiles unchanged, and becomes a kernel with three named buffers.

use std::path::Path;
use std::process::Command;

/// LLVM IR of the example, compiled the way kernels are.
fn example_ir(dir: &Path) -> String {
    let output = dir.join("listing.ll");
    let status = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--package", "ascend_std", "--example", "rms_norm_1536", "--profile", "kernel"])
        .args(["--", "-C", "no-prepopulate-passes", "-C", "codegen-units=1"])
        .arg(format!("--emit=llvm-ir={}", output.display()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the listing does not compile");
    std::fs::read_to_string(output).expect("rustc wrote the IR")
}

#[test]
fn listing_is_a_kernel() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let ir = example_ir(dir.path());

    let entry = ir
        .lines()
        .find(|line| line.contains("__tile_kernel_entry$ascend_std$rms_norm_1536$\" = constant ptr @"))
        .expect("an entry names the kernel");
    let symbol = entry.split("constant ptr @").nth(1).and_then(|rest| rest.split(',').next()).expect("a function");
    let definition = ir
        .lines()
        .find(|line| line.starts_with("define") && line.contains(&format!("@{symbol}(")))
        .expect("the kernel is kept");
    let parameters = definition.split_once('(').expect("parameters").1;
    assert_eq!(parameters.matches("ptr noundef").count(), 3, "one pointer per argument: {definition}");

    for name in ["input", "gamma", "output"] {
        assert!(ir.contains(&format!("c\"{name}\"")), "`{name}` reaches the compiler by its name");
    }
    assert!(!ir.contains("panic"), "nothing in the listing can panic");
}
