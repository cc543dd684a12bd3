//! The runtime links no compiler: it must run on machines without Rust, MLIR or LLVM.

use std::collections::{BTreeMap, BTreeSet};

/// Direct dependencies of each package in the lock file, those for tests included.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let lock = include_str!("../../../Cargo.lock");
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
        let name = package.lines().find(|line| line.starts_with("name = ")).map(quoted);
        let dependencies = package.lines().filter(|line| line.starts_with(" \""));
        // An entry may be followed by a version.
        let names = dependencies.filter_map(|line| quoted(line).split(' ').next().map(str::to_owned));
        packages.entry(name.unwrap_or_default()).or_default().extend(names);
    }
    packages
}

#[test]
fn no_compiler_in_the_runtime() {
    let packages = locked();
    for root in ["bundle", "device", "decode"] {
        let mut reached = BTreeSet::new();
        let mut queue = vec![root.to_owned()];
        while let Some(name) = queue.pop() {
            let next = packages.get(&name).unwrap_or_else(|| panic!("`{name}` is not locked"));
            queue.extend(next.iter().filter(|name| !reached.contains(*name)).cloned());
            reached.insert(name);
        }
        let compilers = ["melior", "mlir", "inkwell", "llvm", "cranelift", "tile", "driver"];
        let found: Vec<_> =
            reached.iter().filter(|name| compilers.iter().any(|prefix| name.starts_with(prefix))).collect();
        assert!(found.is_empty(), "`{root}` reaches {found:?}");
    }
}
