//! Links rustc's own LLVM, so that the reader of the bitcode is the LLVM that wrote it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().expect("rustc runs");
    let sysroot = String::from_utf8(output.stdout).expect("the sysroot path is UTF-8");
    let lib = PathBuf::from(sysroot.trim()).join("lib");
    let name = llvm_library(&lib).unwrap_or_else(|| panic!("no libLLVM in {}", lib.display()));
    println!("cargo::rustc-link-search=native={}", lib.display());
    println!("cargo::rustc-link-lib=dylib={name}");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
}

/// Name to hand to the linker: `libLLVM-22-rust-1.95.0-stable.so` without `lib` and `.so`.
fn llvm_library(lib: &Path) -> Option<String> {
    let mut names: Vec<String> = std::fs::read_dir(lib)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("libLLVM-") && (name.ends_with(".so") || name.ends_with(".dylib")))
        .collect();
    names.sort();
    let name = names.pop()?;
    Some(name.strip_prefix("lib")?.rsplit_once('.')?.0.to_owned())
}
