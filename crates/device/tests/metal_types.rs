//! The Metal device is compiled on macOS only; this type-checks it here, so that a change cannot break it unseen.
//!
//! A package of its own includes the sources of this crate, and its tests for Macs, with `--cfg tenfold_check_metal`. Two things stand in the
//! way elsewhere than on macOS: `objc2` wants to be told of an Objective-C runtime (feature `gnustep-2-1`), and
//! `objc2-metal` links a framework, which rustc refuses; a copy of it without that line takes its place. Nothing is
//! linked or run. The package stays in the target folder, so that only this crate is checked again.
#![cfg(not(target_os = "macos"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use serde_json::Value;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The line of `objc2-metal` that only Apple's linker understands.
const FRAMEWORK: &str = r#"#[link(name = "Metal", kind = "framework")]"#;

/// The checks share one build folder.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn cargo(folder: &Path, args: &[&str]) -> Output {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .current_dir(folder)
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("cargo starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The workspace's packages, those for other systems included, which this fetches if they are not there.
fn metadata() -> Result<Value, String> {
    let mut last = String::new();
    for offline in [&["--offline"][..], &[]] {
        let args = [&["metadata", "--format-version", "1", "--locked"], offline].concat();
        let output = cargo(Path::new(CRATE), &args);
        if output.status.success() {
            return serde_json::from_slice(&output.stdout).map_err(|error| error.to_string());
        }
        last = stderr(&output);
    }
    Err(last)
}

/// A dependency as its line in a manifest, from what `cargo metadata` says of ours.
fn dependency_line(declared: &Value, metadata: &Value) -> String {
    let name = declared["name"].as_str().expect("a dependency has a name");
    let mut features: Vec<&str> =
        declared["features"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if matches!(name, "objc2" | "objc2-foundation") {
        features.push("gnustep-2-1");
    }
    // The very version of the lock file, so that nothing else is asked for.
    let source = match declared["path"].as_str() {
        Some(path) => format!("path = {path:?}"),
        None => {
            let package = metadata["packages"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|package| package["name"] == name && package["source"].is_string());
            format!("version = \"={}\"", package.and_then(|package| package["version"].as_str()).expect("it is locked"))
        }
    };
    let default = declared["uses_default_features"].as_bool().unwrap_or(true);
    format!("{name} = {{ {source}, default-features = {default}, features = {features:?} }}\n")
}

/// Copies a folder.
fn copy(from: &Path, to: &Path, edit: &dyn Fn(&Path, String) -> String) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy(&path, &target, edit);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            write(&target, &edit(&path, text));
        }
    }
}

/// Writes a file unless it holds this text already: cargo goes by the time of the last change.
fn write(path: &Path, text: &str) {
    if std::fs::read_to_string(path).ok().as_deref() != Some(text) {
        std::fs::write(path, text).expect("the file can be written");
    }
}

/// Makes the package that checks the sources in `source`; its folder, or why it cannot be made.
fn package(source: &Path) -> Result<PathBuf, String> {
    let metadata = metadata()?;
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let metal = packages().find(|package| package["name"] == "objc2-metal").ok_or("objc2-metal is not locked")?;
    let metal = Path::new(metal["manifest_path"].as_str().unwrap_or_default()).parent().ok_or("no path")?;
    let own = packages().find(|package| package["name"] == "device").ok_or("this crate is not listed")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metal_types");
    let patched = folder.join("objc2-metal");
    copy(metal, &patched, &|_, text| text.replace(FRAMEWORK, ""));
    let dependencies: String = own["dependencies"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|declared| declared["kind"].is_null() || declared["name"] == "tempfile")
        .map(|declared| dependency_line(declared, &metadata))
        .collect();
    let manifest = format!(
        "[package]\nname = \"metal_types\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\nname = \"device\"\npath = {:?}\n\n[[test]]\nname = \"metal\"\npath = {:?}\n\n[dependencies]\n{dependencies}\n\
         [patch.crates-io]\nobjc2-metal = {{ path = {:?} }}\n\n\
         [workspace]\n\n",
        source.join("lib.rs"),
        Path::new(CRATE).join("tests/metal.rs"),
        patched,
    );
    write(&folder.join("Cargo.toml"), &manifest);
    write(
        &folder.join("build.rs"),
        "fn main() {\n    println!(\"cargo::rustc-cfg=tenfold_check_metal\");\n    \
         println!(\"cargo::rustc-check-cfg=cfg(tenfold_check_metal)\");\n}\n",
    );
    // The same versions as the workspace, from a fresh copy of its lock file whenever that changes.
    let lock = std::fs::read_to_string(Path::new(CRATE).join("../../Cargo.lock")).map_err(|error| error.to_string())?;
    let seen = folder.join("workspace.lock");
    if std::fs::read_to_string(&seen).ok().as_deref() != Some(&lock) {
        write(&folder.join("Cargo.lock"), &lock);
        write(&seen, &lock);
    }
    Ok(folder)
}

/// Checks the sources in `source`; `None`, with the reason printed, if that is impossible on this machine.
fn check(source: &Path) -> Option<Output> {
    let folder = match package(source) {
        Ok(folder) => folder,
        Err(reason) => {
            eprintln!("skipped: the crates for macOS cannot be had: {reason}");
            return None;
        }
    };
    let started = std::time::Instant::now();
    let mut output = cargo(&folder, &["check", "--lib", "--test", "metal", "--offline"]);
    if !output.status.success() && stderr(&output).contains("--offline") {
        output = cargo(&folder, &["check", "--lib", "--test", "metal"]);
    }
    eprintln!("cargo check took {:.1} s", started.elapsed().as_secs_f64());
    Some(output)
}

#[test]
fn the_metal_device_type_checks() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(output) = check(&Path::new(CRATE).join("src")) else {
        return;
    };
    let text = stderr(&output);
    assert!(output.status.success(), "{text}");
    let warnings: Vec<&str> = text.lines().filter(|line| line.starts_with("warning:")).collect();
    // What cargo says of version requirements that other crates of this one have is not about the source.
    assert!(warnings.iter().all(|line| line.contains("semver metadata")), "{text}");
}

/// The check above sees every file: a wrong type in each of them is an error in that file.
#[test]
fn a_wrong_type_in_any_file_is_found() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let files: Vec<PathBuf> = std::fs::read_dir(Path::new(CRATE).join("src/metal"))
        .expect("the folder is readable")
        .map(|entry| entry.expect("the entry is readable").path())
        .collect();
    assert!(files.len() >= 4, "{files:?}");
    let seeded = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metal_types_seeded");
    copy(&Path::new(CRATE).join("src"), &seeded, &|path, text| {
        if files.iter().any(|file| file == path) { format!("{text}\nconst SEEDED: u8 = \"text\";\n") } else { text }
    });
    let Some(output) = check(&seeded) else {
        return;
    };
    let text = stderr(&output);
    assert!(!output.status.success(), "{text}");
    for file in &files {
        let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
        assert!(text.contains(&format!("metal/{name}:")), "{name}: {text}");
    }
    assert_eq!(text.matches("error[E0308]").count(), files.len(), "{text}");
}
