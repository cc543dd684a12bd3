//! Text to IR and back: printing what was imported and importing it again changes nothing.

mod common;

use tile_ir::{Module, print_module};
use tile_mlir::{ImportError, Options, import_with};

fn read(text: &str, name: &str, simplify: bool) -> Module {
    let report = |errors: Vec<ImportError>| errors.iter().map(|error| error.report().to_string()).collect::<String>();
    import_with(text, name, Options { simplify }).unwrap_or_else(|errors| panic!("{name}: {}\n{text}", report(errors)))
}

#[test]
fn import_after_print_gives_the_same_module() {
    for (name, text) in common::samples() {
        for simplify in [false, true] {
            let first = read(&text, &name, simplify);
            let printed = print_module(&first).expect("a valid module");
            let second = read(&printed, "printed.mlir", false);
            let again = print_module(&second).expect("a valid module");
            assert!(printed == again, "{name}, simplified: {simplify}\n{printed}\n{again}");
            assert!(first == second, "{name}, simplified: {simplify}: equal text, other module\n{printed}");
        }
    }
}

#[test]
fn passes_reach_a_fixed_point() {
    for (name, text) in common::samples() {
        let once = print_module(&read(&text, &name, true)).expect("a valid module");
        let twice = print_module(&read(&once, &name, true)).expect("a valid module");
        let sorted = |text: &str| {
            // Passes may exchange constants.
            let mut ops: Vec<_> = text
                .lines()
                .filter_map(|line| line.split(" = ").nth(1))
                .map(|op| op.split(' ').next().map(str::to_owned))
                .collect();
            ops.sort();
            ops
        };
        assert_eq!(sorted(&once), sorted(&twice), "{name}");
    }
}

#[test]
fn two_imports_are_equal() {
    for (name, text) in common::samples() {
        assert!(read(&text, &name, true) == read(&text, &name, true), "{name}");
    }
}

#[test]
fn locations_names_and_attributes_arrive() {
    let (name, text) = common::samples().into_iter().find(|sample| sample.0 == "rms_norm.mlir").expect("the sample");
    let module = read(&text, &name, true);
    assert_eq!(module.name, "norms");
    let kernel = &module.kernels[0];
    assert_eq!((kernel.name.as_str(), kernel.family.as_str(), kernel.grid), ("rms_norm", "rms_norm", [1, 1, 1]));
    assert_eq!(kernel.loc.to_string(), "norms.rs:8:1");
    assert_eq!(kernel.params[1].loc.to_string(), "rms_norm.mlir:5:7");
    let sum = kernel.values.iter().filter_map(|value| value.name.as_deref()).collect::<Vec<_>>();
    assert_eq!(sum, ["eps", "sum"]);
    assert!(kernel.body.ops.iter().any(|op| op.loc.to_string() == "norms.rs:14:5"));
    let (_, matvec) = common::samples().into_iter().find(|sample| sample.0 == "matvec_bf16.mlir").expect("the sample");
    let kernel = &read(&matvec, "m.mlir", true).kernels[0];
    assert_eq!(kernel.tuning, [("BN".to_owned(), 16)]);
    insta::assert_debug_snapshot!(kernel.params.iter().map(|param| (&param.name, &param.kind)).collect::<Vec<_>>());
}

/// The user's names, of operations and of what loops and branches carry.
fn named(text: &str, simplify: bool) -> Vec<String> {
    let module = read(text, "names.mlir", simplify);
    module.kernels[0].values.iter().filter_map(|value| value.name.clone()).collect()
}

#[test]
fn names_pass_through_the_passes_or_are_dropped() {
    let kernel = |yields: &str| {
        format!(
            r#"func.func @f(%n: i32, %m: memref<4xf32>) {{
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %end = arith.index_castui %n : i32 to index loc("end"("a.rs":1:1))
  %start = memref.load %m[%zero] : memref<4xf32> loc("start")
  %r:2 = scf.for %i = %zero to %end step %one iter_args(%a = %start, %b = %start) -> (f32, f32) {{
    %twice = arith.addf %a, %a : f32 loc("twice"("a.rs":2:1))
    scf.yield {yields} : f32, f32
  }} {{tenfold.names = ["i", "a", "b"]}}
  memref.store %r#0, %m[%zero] : memref<4xf32>
  memref.store %r#1, %m[%one] : memref<4xf32>
  return
}}"#
        )
    };
    // Both values change: all names stay.
    let both = kernel("%twice, %a");
    for simplify in [false, true] {
        assert_eq!(named(&both, simplify), ["arg0", "end", "start", "i", "a", "b", "twice", "a", "b"]);
    }
    // One is always the same: the passes take it away, and nobody knows which of the list it was.
    let same = kernel("%twice, %b");
    assert_eq!(named(&same, true), ["arg0", "end", "start", "twice"]);
    let error = import_with(&both.replace("[\"i\"", "[1 : i32"), "names.mlir", Options::default());
    let error = error.expect_err("no text").remove(0).report().to_string();
    assert!(error.contains("`tenfold.names` that is no list of texts"), "{error}");
}

/// MLIR's own spellings: with aliases for maps and locations, and the form with every operation quoted.
#[test]
fn what_mlir_opt_prints_is_the_same_module() {
    let prefix = std::env::var("MLIR_SYS_190_PREFIX").unwrap_or_else(|_| "/usr/lib/llvm-19".to_owned());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (name, text) in common::samples() {
        let ours = read(&text, &name, false);
        for form in ["--mlir-print-debuginfo", "--mlir-print-op-generic"] {
            let output = std::process::Command::new(format!("{prefix}/bin/mlir-opt"))
                .args(["--mlir-print-debuginfo", form, &name])
                .current_dir(&folder)
                .output()
                .expect("mlir-opt");
            let printed = String::from_utf8(output.stdout).expect("text");
            assert!(ours == read(&printed, &name, false), "{name} {form}\n{printed}");
        }
    }
}
