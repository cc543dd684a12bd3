//! The dependency rules of docs/architecture.md, read off cargo's own graph.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Normal (not dev, not build) dependencies of each package by name, for the whole graph.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let names: BTreeMap<&str, &str> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let normal = list(&node["deps"])
            .iter()
            .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()))
            .map(|dep| names[text(&dep["pkg"])].to_string());
        graph.entry(names[text(&node["id"])].to_string()).or_default().extend(normal);
    }
    graph
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Everything `root` is linked with.
fn closure(graph: &BTreeMap<String, BTreeSet<String>>, root: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![root.to_string()];
    while let Some(name) = queue.pop() {
        for next in graph.get(&name).into_iter().flatten() {
            if seen.insert(next.clone()) {
                queue.push(next.clone());
            }
        }
    }
    seen
}

/// Our own packages.
fn workspace(graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut names = Vec::new();
    for folder in ["crates", "backends", "kernels"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder is there") {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            let package = if folder == "kernels" { format!("kernels_{name}") } else { name };
            assert!(graph.contains_key(&package), "{folder}/{package} is not a package of that name");
            names.push(package);
        }
    }
    names.sort();
    names
}

#[test]
fn only_the_waist_and_the_driver_link_mlir() {
    let graph = graph();
    for name in workspace(&graph) {
        let links = closure(&graph, &name).contains("mlir-sys");
        assert_eq!(links, ["tile_mlir", "driver"].contains(&name.as_str()), "{name}");
    }
}

#[test]
fn only_the_frontend_links_llvm() {
    let graph = graph();
    for name in workspace(&graph) {
        let links = closure(&graph, &name).contains("llvm-sys");
        assert_eq!(links, name == "rustc_codegen_mlir", "{name}");
    }
}

#[test]
fn runtimes_need_no_compiler() {
    let graph = graph();
    for name in ["bundle", "cases", "device", "decode", "emulator", "vendor", "wheel"] {
        let linked = closure(&graph, name);
        let backends = [
            "mlir_to_cpu",
            "mlir_to_msl",
            "mlir_to_gpu",
            "mlir_to_musa",
            "mlir_to_spirv",
            "mlir_to_cpp",
            "mlir_to_pto",
            "mlir_to_bang",
            "mlir_to_gaudi",
            "mlir_to_nki",
            "mlir_to_aie",
            "lower_nki",
            "lower_simt",
            "emit_simt",
            "lower_dma",
            "emit_dma",
        ];
        let others = ["tile_mlir", "cranelift-codegen", "rustc_codegen_mlir", "fuse"];
        // `vendor` judges printed sources, whose type lies beside the printers' tools.
        let ir = (name != "vendor").then_some("tile_ir");
        for compiler in backends.into_iter().chain(others).chain(ir) {
            assert!(!linked.contains(compiler), "{name} links {compiler}");
        }
    }
}

#[test]
fn backends_stand_alone() {
    let graph = graph();
    let backends: Vec<String> = workspace(&graph).into_iter().filter(|name| name.starts_with("mlir_to_")).collect();
    assert!(!backends.is_empty());
    for name in &backends {
        let linked = closure(&graph, name);
        for other in &backends {
            assert!(name == other || !linked.contains(other), "{name} links {other}");
        }
    }
}

/// What prints has no files, clock or environment; only `validate` starts tools.
#[test]
fn printers_are_pure() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let lowerings = ["crates/lower_simt", "crates/lower_dma", "crates/lower_nki"];
    let crates = ["crates/emit", "crates/emit_simt", "crates/emit_dma", "crates/fuse", "crates/tile_ir"];
    let backends = ["msl", "gpu", "musa", "spirv", "cpp", "pto", "bang", "gaudi", "nki", "aie"]
        .map(|name| format!("backends/mlir_to_{name}"));
    let mut seen = 0;
    let folders = crates.into_iter().chain(lowerings).map(str::to_owned).chain(backends);
    for folder in folders {
        let mut queue = vec![root.join(&folder).join("src")];
        while let Some(path) = queue.pop() {
            if path.is_dir() {
                queue.extend(std::fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()));
                continue;
            }
            let is = |word: &str| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(word));
            if is("tests") {
                continue;
            }
            if is("validate") && folder.starts_with("backends") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("readable");
            for word in ["std::fs", "std::env", "std::process", "std::time", "std::net", "HashMap", "HashSet"] {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} files");
}

/// docs/architecture.md names, for each invariant, the test that keeps it; a test that moves takes its name along.
#[test]
fn the_named_tests_exist() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).expect("the page is there");
    let table = page.split("| invariant | kept by |").nth(1).expect("the table is there");
    let names: Vec<&str> = table.split('`').filter(|word| word.contains("/tests")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(root.join(name).exists(), "{name} is named in docs/architecture.md, and is not there");
    }
}
