//! The command line, as a user meets it: kernels from outside the repository, wrong names, bad files.

use std::process::{Command, Output};

fn tenfold(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tenfold"))
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("tenfold starts")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error of a refusal: exit code 1, nothing printed as result, one `error:`.
fn refusal(args: &[&str]) -> String {
    let output = tenfold(args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!text.contains("panicked"), "{text}");
    text
}

fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}

const NEWCOMER: &str = "crates/driver/tests/data/newcomer.rs";

#[test]
fn a_file_from_outside_goes_through_every_stage_and_judge() {
    assert_contains(&stdout(&tenfold(&["emit", NEWCOMER, "--stage", "llvm"])), &["scaled_relu", "define"]);
    let mlir = stdout(&tenfold(&["emit", NEWCOMER, "--stage", "mlir"]));
    assert_contains(&mlir, &["@scaled_relu_bn128(", "@scaled_relu_bn64(", "block(x, 128)", "newcomer.rs\":14"]);
    assert_contains(&stdout(&tenfold(&["emit", NEWCOMER, "--stage", "ir"])), &["arith.maxnumf"]);
    assert_contains(&stdout(&tenfold(&["emit", NEWCOMER])), &["function %tenfold_scaled_relu_bn128"]);
    let verdicts = stdout(&tenfold(&["validate", NEWCOMER, "--seeds", "2"]));
    assert_contains(
        &verdicts,
        &["no f64 reference", "cpu: 2 passed, 0 failed, 0 skipped", "stock: 2 passed, 0 failed, 0 skipped"],
    );
}

#[test]
fn the_chapters_listing_goes_through_unchanged() {
    let listing = "crates/ascend_std/examples/rms_norm_1536.rs";
    assert_contains(&stdout(&tenfold(&["emit", listing, "--stage", "mlir"])), &["@rms_norm_1536(", "math.rsqrt"]);
    let verdicts = stdout(&tenfold(&["validate", listing, "--seeds", "2"]));
    assert_contains(&verdicts, &["reference: 2 passed, 0 failed", "cpu: 2 passed, 0 failed"]);
}

#[test]
fn a_bundle_is_written_and_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bundle");
    let printed = stdout(&tenfold(&["emit", NEWCOMER, "--out", &path.to_string_lossy()]));
    assert_contains(&printed, &["wrote 1 kernels"]);
    let bundle = bundle::Bundle::open(&path).expect("the bundle opens");
    let kernel = bundle.kernel("scaled_relu").expect("the kernel is in it");
    assert_eq!(kernel.grid, [8, 1, 1]);
    assert_eq!(kernel.args.iter().map(|arg| arg.name.as_str()).collect::<Vec<_>>(), ["input", "scale", "output"]);
}

#[test]
fn hand_written_mlir() {
    let file = "crates/driver/tests/data/good.mlir";
    assert_contains(&stdout(&tenfold(&["emit", file, "--stage", "ir"])), &["arith.addf", "in_bounds = [true, true]"]);
    assert_contains(&stdout(&tenfold(&["validate", file])), &["cpu: 3 passed", "stock: 3 passed"]);
}

#[test]
fn wrong_names_suggest_the_nearest() {
    assert_contains(&refusal(&["emit", "smolm2-135m"]), &["no kernel suite", "did you mean `smollm2-135m`?"]);
    assert_contains(&refusal(&["emit", "--kernel", "rms_norm_1563"]), &["did you mean `rms_norm_1536`?"]);
    assert_contains(&refusal(&["emit", "--target", "cppu"]), &["did you mean `cpu`?"]);
    assert_contains(&refusal(&["emit", "--target", "gaudy"]), &["did you mean `gaudi`?"]);
    assert_contains(
        &refusal(&["emit", "--target", "quantum"]),
        &["there are: msl, cuda, musa, spirv, ascendc, pto, bang, gaudi, nki, aie, cpu, all"],
    );
    assert_contains(&refusal(&["decode", "--model", "smollm2-153m"]), &["did you mean `smollm2-135m`?"]);
    assert_contains(&refusal(&["decode", "--device", "cup"]), &["did you mean `cpu`?"]);
    assert_contains(&refusal(&["emit", "missing.mlir"]), &["cannot read `missing.mlir`"]);
}

#[test]
fn refusals_point_at_the_users_line() {
    let text = refusal(&["emit", "crates/driver/tests/data/bounds.rs"]);
    assert_contains(&text, &["bounds.rs:10:17", "let scale = SCALES[choice as usize];", "help:"]);
    let text = refusal(&["emit", "crates/driver/tests/data/shapes.rs"]);
    assert_contains(&text, &["shapes.rs:8", "does not fit"]);
    let text = refusal(&["emit", "crates/driver/tests/data/dynamic.mlir"]);
    assert_contains(&text, &["dynamic.mlir:1", "help:"]);
    let text = refusal(&["emit", "crates/driver/tests/data/foreign.mlir"]);
    assert_contains(&text, &["linalg.copy", "foreign.mlir:2:3"]);
}

/// Whatever the bytes, the tool ends with an error, not a crash.
#[test]
fn damaged_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/good.mlir")).expect("readable");
    let cases: [Vec<u8>; 5] = [
        Vec::new(),
        vec![0xff, 0xfe, 0x00],
        good.as_bytes()[..good.len() / 2].to_vec(),
        "(".repeat(200_000).into_bytes(),
        good.replace("4x4", "99999999999999999999x4").into_bytes(),
    ];
    for (i, bytes) in cases.iter().enumerate() {
        let path = folder.path().join(format!("{i}.mlir"));
        std::fs::write(&path, bytes).expect("writable");
        let output = tenfold(&["emit", &path.to_string_lossy()]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "case {i}: {text}");
        assert!(text.contains("error:") && !text.contains("panicked"), "case {i}: {text}");
    }
}
