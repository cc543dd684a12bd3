//! What each refused text in `tests/refused` is told. The folder holds one fault per file.

use std::path::Path;

/// Words that only readers of this repository know.
const INTERNAL: [&str; 6] = ["Problem", "ImportError", "OpKind", "MlirOperation", "TypeClass", "tile_ir"];

#[test]
fn every_refusal_names_the_place_and_the_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let mut names: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert!(names.len() > 12);
    for name in names {
        let name = name.to_string_lossy();
        // Relative to the package, so that reports show the same path everywhere.
        let path = format!("tests/refused/{name}");
        let text = std::fs::read_to_string(&path).expect("a text");
        let errors = tile_mlir::import(&text, &path).expect_err(&name);
        let reports: Vec<String> = errors.iter().map(|error| error.report().to_string()).collect();
        for report in &reports {
            assert_eq!(report.matches("error:").count(), 1, "{name}: {report}");
            assert!(INTERNAL.iter().all(|word| !report.contains(word)), "{name}: {report}");
        }
        assert!(errors.iter().all(|error| error.loc != tile_ir::Loc::Unknown), "{name}: {}", reports.join("\n"));
        insta::assert_snapshot!(name.trim_end_matches(".mlir"), reports.join("\n"));
    }
}

#[test]
fn hostile_sizes_are_refused_before_mlir_sees_them() {
    let deep = format!("module {{ {} }}", "scf.if {".repeat(100_000));
    let long = format!("#m = affine_map<(d0) -> (d0{})>", " + d0".repeat(1_000_000));
    let doubling: String = (0..64)
        .map(|i| format!("#a{} = [#a{i}, #a{i}]\n", i + 1))
        .fold("#a0 = []\n".to_owned(), |text, line| text + &line);
    let negative = format!("#m = affine_map<(d0) -> ({}d0)>", "-".repeat(1_000_000));
    let types = "vector<".repeat(1_000_000);
    let huge = " ".repeat(tile_mlir::MAX_BYTES + 1);
    for (text, expected) in [
        (deep, "nested"),
        (long, "affine map"),
        (doubling, "alias"),
        (negative, "affine map"),
        (types, "nested"),
        (huge, "bytes"),
        ("module {}\0".to_owned(), "NUL"),
    ] {
        let errors = tile_mlir::import(&text, "hostile.mlir").expect_err(expected);
        assert!(errors[0].problem.to_string().contains(expected), "{}", errors[0]);
    }
}
