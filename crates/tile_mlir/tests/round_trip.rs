//! Text to IR and back: printing what was imported and importing it again changes nothing.

mod common;

use tile_ir::{Module, print_module};
use tile_mlir::{ImportError, Options, import_with};

fn read(text: &str, name: &str, simplify: bool) -> Module {
    let report = |errors: Vec<ImportError>| errors.iter().map(|error| error.report().to_string()).collect::<String>();
    import_with(text, name, Options { simplify }).unwrap_or_else(|errors| panic!("{name}: {}\n{text}", report(errors)))
}

/// Names of values are hints that MLIR's text does not keep.
fn without_names(mut module: Module) -> Module {
    for value in module.kernels.iter_mut().flat_map(|kernel| &mut kernel.values) {
        value.name = None;
    }
    module
}

#[test]
fn import_after_print_gives_the_same_module() {
    for (name, text) in common::samples() {
        for simplify in [false, true] {
            let first = without_names(read(&text, &name, simplify));
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
    assert_eq!(sum, ["sum"]);
    assert!(kernel.body.ops.iter().any(|op| op.loc.to_string() == "norms.rs:14:5"));
    let (_, matvec) = common::samples().into_iter().find(|sample| sample.0 == "matvec_bf16.mlir").expect("the sample");
    let kernel = &read(&matvec, "m.mlir", true).kernels[0];
    assert_eq!(kernel.tuning, [("BN".to_owned(), 16)]);
    insta::assert_debug_snapshot!(kernel.params.iter().map(|param| (&param.name, &param.kind)).collect::<Vec<_>>());
}
