//! The executable: what it writes, and that damaged input never ends it without a report.

mod support;

use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&Path], options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rustc_codegen_mlir"))
        .args(arguments)
        .args(options)
        .current_dir(support::root())
        .output()
        .expect("it starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn stages() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("kernels.bc");
    std::fs::write(&input, support::bitcode(&support::case("early_exit"), &[])).expect("written");
    let output = run(&[&input], &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mlir = text(&output.stdout);
    assert!(mlir.starts_with("module @\"test\" {") && mlir.contains("func.func @sum_until("), "{mlir}");

    let file = folder.path().join("out.mlir");
    let output = run(&[&input, Path::new("-o"), &file], &["--group", "test"]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(std::fs::read_to_string(&file).expect("it wrote"), mlir);

    let output = run(&[&input], &["--stage", "llvm"]);
    assert!(text(&output.stdout).contains("call void @__tile_store("));

    let output = run(&[&input], &["--group", "other"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: there is no kernel group `other`"));
}

#[test]
fn missing_file() {
    let output = run(&[Path::new("no/such.bc")], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: cannot read `no/such.bc`"));
}

/// LLVM's reader dies of some of these; the process reports even then.
#[test]
fn flipped_bits() {
    let bitcode = support::bitcode(&support::case("loops"), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("damaged.bc");
    let rounds = if std::env::var_os("TENFOLD_FULL").is_some() { 1000 } else { 40 };
    let mut state = 7_u64;
    for _ in 0..rounds {
        let mut damaged = bitcode.clone();
        for _ in 0..2 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let bit = (state >> 20) as usize % (damaged.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        std::fs::write(&input, &damaged).expect("written");
        let output = run(&[&input], &[]);
        let errors = text(&output.stderr);
        match output.status.code() {
            // Names and line numbers may be damaged without harm.
            Some(0) => {}
            // LLVM may complain of debug information first.
            Some(1) => assert!(errors.lines().any(|line| line.starts_with("error: ")), "{errors}"),
            code => panic!("ends with {code:?}: {errors}"),
        }
    }
}
