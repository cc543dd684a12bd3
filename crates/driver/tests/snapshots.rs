//! What the compiler prints, locked: the MLIR of every kernel, as the frontend writes it, under `snapshots/mlir/<suite>/`,
//! and the text of the chosen candidate of every family under `snapshots/<target>/<suite>/`.
//!
//! `INSTA_UPDATE=always cargo test -p driver --test snapshots` blesses; review with `git diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use driver::frontend::Source;
use driver::targets::{self, Target};
use driver::{names, pipeline};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use mlir_to_gpu::validate::Nvrtc;
use tile_ir::Module;

/// The texts of one folder by name.
type Texts = BTreeMap<String, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots")
}

/// A test per text, and one that no other file is in the folder.
fn lock(group: &str, suite: &'static str, texts: Texts, trials: &mut Vec<Trial>) {
    let folder = root().join(group).join(suite);
    let mut names: BTreeSet<String> = texts.keys().map(|name| format!("{name}.snap")).collect();
    if group == "cuda" {
        names.insert(format!("{RESOURCES}.snap"));
    }
    for (name, text) in texts {
        let folder = folder.clone();
        trials.push(Trial::test(format!("{group}/{suite}/{name}"), move || {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(folder);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(name, text));
            Ok(())
        }));
    }
    trials.push(Trial::test(format!("{group}/{suite}/no orphans"), move || {
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !names.contains(&name) {
                return Err(format!("{name} belongs to no kernel: remove it").into());
            }
        }
        Ok(())
    }));
}

/// The frontend's MLIR, by kernel.
fn mlir(source: &Source, module: &Module) -> Texts {
    let (text, _) = pipeline::mlir(source).unwrap_or_else(|error| panic!("{}: {error}", module.name));
    let function = |name: &str| pipeline::function(&text, name).unwrap_or_else(|| panic!("no function `{name}`"));
    module.kernels.iter().map(|kernel| (kernel.name.clone(), function(&kernel.name).to_owned())).collect()
}

/// A target's text, by the entry that was chosen.
fn texts(target: Target, module: &Module) -> Texts {
    let compiled = targets::compile(target, module).unwrap_or_else(|error| panic!("{target}: {error}"));
    let text = |kernel| compiled.text_of(kernel).map(|text| text.text.clone()).unwrap_or_default();
    compiled.kernels().iter().map(|kernel| (kernel.entry.clone(), text(kernel))).collect()
}

/// What NVIDIA's own compiler makes of each kernel's text for sm_90: registers, spills, shared memory.
fn resources(suite: &'static str, module: Arc<Module>) -> Trial {
    Trial::ignorable_test(format!("cuda/{suite}/{RESOURCES}"), move || {
        let nvrtc = match Nvrtc::open() {
            Ok(nvrtc) => nvrtc,
            Err(absent) => return Ok(Completion::ignored_with(absent.to_string())),
        };
        let compiled = targets::compile(Target::Cuda, &module).map_err(|error| error.to_string())?;
        let mut text = String::new();
        for source in compiled.sources() {
            let made = nvrtc.compile(&source).map_err(|findings| format!("{}: {findings:?}", source.kernel.entry))?;
            for resources in &made.resources {
                text.push_str(&format!("{resources}\n"));
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(root().join("cuda").join(suite));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(RESOURCES, text));
        Ok(Completion::Completed)
    })
}

/// Name of the snapshot of resources.
const RESOURCES: &str = "resources";

/// Folders of targets and suites that are no more.
fn no_orphan_folders() -> Result<(), Failed> {
    let suites: BTreeSet<&str> = names::SUITES.iter().map(|row| row.0).collect();
    let mut groups: BTreeSet<&str> = SNAPSHOT_TARGETS.iter().map(|target| target.name()).collect();
    groups.insert("mlir");
    for group in std::fs::read_dir(root())? {
        let group = group?;
        if !groups.contains(&*group.file_name().to_string_lossy()) {
            return Err(format!("{} is of no target: remove it", group.path().display()).into());
        }
        for suite in std::fs::read_dir(group.path())? {
            let suite = suite?;
            if !suites.contains(&*suite.file_name().to_string_lossy()) {
                return Err(format!("{} is of no suite: remove it", suite.path().display()).into());
            }
        }
    }
    Ok(())
}

/// The CPU's text depends on the processor, and is not for reading.
const SNAPSHOT_TARGETS: [Target; 3] = [Target::Msl, Target::Cuda, Target::Musa];

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("no orphan folders", no_orphan_folders)];
    for (suite, _) in names::SUITES {
        let source = Source::parse(suite).expect("the suite is known");
        let module = pipeline::module(&source).unwrap_or_else(|error| panic!("{suite}: {error}"));
        lock("mlir", suite, mlir(&source, &module), &mut trials);
        for target in SNAPSHOT_TARGETS {
            lock(target.name(), suite, texts(target, &module), &mut trials);
        }
        trials.push(resources(suite, Arc::new(module)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
