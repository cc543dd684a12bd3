//! What the compiler prints, locked: the MLIR of every kernel, as the frontend writes it, under `snapshots/mlir/<suite>/`,
//! and the text of the chosen candidate of every family, and of every fused kernel, under `snapshots/<target>/<suite>/`;
//! under `snapshots/plan/<suite>/` the launches of a token of a model of two layers, plain and fused.
//!
//! `INSTA_UPDATE=always cargo test -p driver --test snapshots` blesses; review with `git diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use decode::{Config, Model, plan};
use driver::frontend::Source;
use driver::targets::{self, Compiled, Lowered, Target};
use driver::{names, pipeline};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use lower_dma::estimate::estimate;
use lower_dma::ir::CoreKernel;
use lower_nki::ir::Program;
use mlir_to_gpu::validate::Nvrtc;
use tile_ir::{Module, Param, ParamKind};

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

/// A suite's kernels and the fusions it declares.
struct Suite {
    name: &'static str,
    module: Module,
    fusions: Vec<fuse::Declaration>,
}

impl Suite {
    fn compile(&self, target: Target) -> Compiled {
        let compiled = targets::compile_fused(target, &self.module, &self.fusions);
        let compiled = compiled.unwrap_or_else(|error| panic!("{target}: {error}"));
        // Where kernels stand side by side, the suites' do; on cores, which run one after the other, no two kernels do.
        let mut left_out = compiled.left_out().iter().map(|one| format!("{}: {}", one.name, one.why));
        let beside = "does not put kernels side by side";
        let other = left_out.find(|why| !(target.is_alone() && why.contains(beside)));
        assert_eq!(other, None, "{target}, {}", self.name);
        compiled
    }
}

/// The launches of a token, if the suite is a model's.
fn plans(suite: &Suite, target: Target) -> Texts {
    let Ok(model) = Model::synthetic(&format!("synthetic:{}", suite.name)) else { return Texts::new() };
    let config = Config { layers: 2, ..model.config().clone() };
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = targets::write_bundle(suite.name, &suite.compile(target), folder.path()).expect("a bundle");
    let plain = plan::build(&config, &manifest).expect("the bundle is the model's");
    let fused = plan::fuse(&plain, &manifest);
    Texts::from([("plain".to_owned(), plain.to_string()), ("fused".to_owned(), fused.to_string())])
}

/// A target's texts, by the name of the candidate that was chosen, which their files have.
fn texts(target: Target, suite: &Suite) -> Texts {
    let compiled = suite.compile(target);
    let text = |kernel| compiled.text_of(kernel).map(|text| text.text.clone()).unwrap_or_default();
    let mut texts: Texts = compiled.kernels().iter().map(|kernel| (stem(&kernel.file), text(kernel))).collect();
    let parts = compiled.texts().iter().flat_map(|text| &text.parts);
    texts.extend(parts.map(|part| (part.file.clone(), part.text.clone())));
    texts.extend(moved(target, &suite.module).map(|text| (MOVED.to_owned(), text)));
    texts
}

/// A file's name without what stands behind the dot.
fn stem(file: &str) -> String {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// What each kernel moves on a target of cores: bytes of global memory by view against the view's size, and what is done on the chip.
fn moved(target: Target, module: &Module) -> Option<String> {
    match targets::lower(target, module).unwrap_or_else(|error| panic!("{target}: {error}"))? {
        Lowered::Lanes(..) => None,
        Lowered::Cores(cores, limits) => {
            let text = |kernel: &CoreKernel| {
                let moved = estimate(kernel, limits);
                let views = views(&kernel.params, |index, _| (moved.bytes_in[index], moved.bytes_out[index]));
                let local = format!("  local: {} by {} vector operations\n", moved.vector_bytes, moved.vectors);
                let head = if moved.exact { "" } else { ", at most, for what depends on data" };
                format!("{}{head}\n{views}{local}", kernel.name)
            };
            Some(cores.kernels.iter().map(text).collect())
        }
        Lowered::Neuron(programs) => {
            let text = |program: &Program| {
                let moved = lower_nki::estimate::estimate(program);
                let of = |name: &str| moved.params.get(name).map_or((0, 0), |moved| (moved.read, moved.written));
                let views = views(&program.params, |_, name| of(name));
                let private = format!("  private: {} in, {} out\n", moved.private.read, moved.private.written);
                let head = if moved.exact { "" } else { ", one turn of loops that depend on data" };
                format!("{}{head}\n{views}{private}", program.name)
            };
            Some(programs.iter().map(text).collect())
        }
    }
}

/// A line per view, with the bytes read and written of it.
fn views(params: &[Param], moved: impl Fn(usize, &str) -> (u64, u64)) -> String {
    let mut text = String::new();
    for (index, param) in params.iter().enumerate() {
        let ParamKind::View(view) = &param.kind else { continue };
        let (read, written) = moved(index, &param.name);
        let size = view.shape.count() * view.elem.bytes();
        text.push_str(&format!("  {}: {read} in, {written} out, of {size}\n", param.name));
    }
    text
}

/// Name of the snapshot of what kernels move.
const MOVED: &str = "moved";

/// What NVIDIA's own compiler makes of each kernel's text for sm_90: registers, spills, shared memory.
fn resources(suite: Arc<Suite>) -> Trial {
    Trial::ignorable_test(format!("cuda/{}/{RESOURCES}", suite.name), move || {
        let nvrtc = match Nvrtc::open() {
            Ok(nvrtc) => nvrtc,
            Err(absent) => return Ok(Completion::ignored_with(absent.to_string())),
        };
        let compiled = suite.compile(Target::Cuda);
        let mut text = String::new();
        for source in compiled.sources() {
            let made = nvrtc.compile(&source).map_err(|findings| format!("{}: {findings:?}", source.kernel.entry))?;
            for resources in &made.resources {
                text.push_str(&format!("{resources}\n"));
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(root().join("cuda").join(suite.name));
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
    groups.extend(["mlir", PLANS]);
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

/// Folder of the launches of a token.
const PLANS: &str = "plan";

/// The CPU's text depends on the processor, and is not for reading.
const SNAPSHOT_TARGETS: [Target; 10] = [
    Target::Msl,
    Target::Cuda,
    Target::Musa,
    Target::Spirv,
    Target::Ascendc,
    Target::Pto,
    Target::Bang,
    Target::Gaudi,
    Target::Nki,
    Target::Aie,
];

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("no orphan folders", no_orphan_folders)];
    for (name, _) in names::SUITES {
        let source = Source::parse(name).expect("the suite is known");
        let (module, fusions) =
            pipeline::module_with_fusions(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        lock("mlir", name, mlir(&source, &module), &mut trials);
        let suite = Arc::new(Suite { name, module, fusions });
        for target in SNAPSHOT_TARGETS {
            lock(target.name(), name, texts(target, &suite), &mut trials);
        }
        let plans = plans(&suite, Target::Cuda);
        if !plans.is_empty() {
            lock(PLANS, name, plans, &mut trials);
        }
        trials.push(resources(suite));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
