//! Fused kernels against the launches they stand for: the same tokens, on the CPU, on each emulated device and through Vulkan.
//! Every part of a fusion, in every candidate, against the interpreter of tile programs.

mod common;

use std::collections::BTreeMap;

use bundle::Bundle;
use bundle::manifest::{self, ArgKind};
use common::{assert_telling, is_here, small_model, suite};
use decode::{Engine, Model, plan};
use driver::names;
use driver::targets::{self, Target};
use tile_ir::Module;

/// The tokens that follow token 17, and the logits after each.
fn decode(target: Target, bundle: &Bundle, model: &Model, fused: bool, count: usize) -> (Vec<u32>, Vec<Vec<f32>>) {
    let mut plan = plan::build(model.config(), bundle.manifest()).expect("the bundle is the model's");
    if fused {
        let plain = plan.launches_per_token();
        plan = plan::fuse(&plan, bundle.manifest());
        assert!(plan.launches_per_token() < plain, "{target}: nothing is fused");
    }
    let device = decode::open_device(target.device(), Some(2)).expect("the device is here");
    let mut engine = Engine::with_plan(device, bundle, model, plan).expect("it loads");
    // Prompts take steps without logits.
    engine.feed(3).expect("it runs");
    engine.feed(900).expect("it runs");
    let (mut token, mut tokens, mut logits) = (17, Vec::new(), Vec::new());
    for _ in 0..count {
        logits.push(engine.next_logits(token).expect("it runs"));
        token = engine.argmax().expect("it runs");
        tokens.push(token);
    }
    (tokens, logits)
}

/// Decodes with and without fused kernels.
fn agree(target: Target, count: usize) {
    let (model, bundle, _folder) = small_model(target);
    let (plain, before) = decode(target, &bundle, &model, false, count);
    let (fused, after) = decode(target, &bundle, &model, true, count);
    assert_eq!(plain, fused, "{target}");
    assert_telling(target, &plain);
    let mut errors = Vec::new();
    for (before, after) in before.iter().zip(&after) {
        let norm = before.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        let error = before.iter().zip(after).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt() / norm;
        errors.push(error);
    }
    // Sums in another order differ in their last bits; the cache holds bf16, where such a bit now and then decides a rounding,
    // which later steps see: the tolerance of bf16 paths. Most steps see none.
    errors.sort_by(f64::total_cmp);
    let (median, largest) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(median <= 1e-6, "{target}: logits differ by {median} in half of the steps (relative L2)");
    assert!(largest <= 4e-3, "{target}: logits differ by {largest} (relative L2)");
}

#[test]
fn tokens_on_the_cpu() {
    agree(Target::Cpu, 40);
}

#[test]
fn tokens_on_emulated_cuda() {
    agree(Target::Cuda, 20);
}

#[test]
fn tokens_on_emulated_metal() {
    agree(Target::Msl, 20);
}

#[test]
fn tokens_on_emulated_musa() {
    agree(Target::Musa, 20);
}

#[test]
fn tokens_through_vulkan() {
    if is_here(Target::Spirv) {
        agree(Target::Spirv, 20);
    }
}

#[test]
fn a_layer_is_five_launches_where_kernels_stand_side_by_side() {
    let mut models = 0;
    for (name, _) in names::SUITES {
        let Ok(model) = Model::synthetic(&format!("synthetic:{name}")) else { continue };
        let (module, fusions) = suite(name);
        models += 1;
        let layers = model.config().layers as usize;
        for (target, per_layer) in
            [(Target::Cuda, 5), (Target::Msl, 5), (Target::Musa, 5), (Target::Spirv, 5), (Target::Cpu, 9)]
        {
            let compiled = targets::compile_fused(target, &module, &fusions).expect("it compiles");
            let folder = tempfile::tempdir().expect("a folder");
            let manifest = targets::write_bundle(&module.name, &compiled, folder.path()).expect("a bundle");
            let plain = plan::build(model.config(), &manifest).expect("the bundle is the model's");
            let fused = plan::fuse(&plain, &manifest);
            assert_eq!(plain.launches_per_token(), 10 * layers + 4, "{target} {name}");
            assert_eq!(fused.launches_per_token(), per_layer * layers + 3, "{target} {name}");
            assert_eq!(fused.bytes_per_token(5), plain.bytes_per_token(5), "{target} {name}: weights are read once");
            // Long contexts have as many launches, with attention in parts.
            let far = fused.far.as_ref().expect("long contexts have a step of their own");
            assert_eq!(far.step.len(), fused.step.len(), "{target} {name}");
            assert!(far.step.iter().any(|launch| launch.kernel == "merge_o_proj"), "{target} {name}");
            assert!(fused.step.iter().all(|launch| launch.kernel != "attention_parts"), "{target} {name}");
            assert_eq!(fused.bytes_per_token(far.from), plain.bytes_per_token(far.from), "{target} {name}");
            // Without the longest rewrite, the next ones.
            let shorter = plan::fuse_except(&plain, &manifest, &["norm_qkv_rope".to_owned()]);
            assert_eq!(shorter.launches_per_token(), per_layer.max(6) * layers + 3, "{target} {name}");
        }
    }
    assert_eq!(models, 3);
}

/// Side by side, each written view belongs to the programs of its part, and parts do not share programs.
#[test]
fn written_views_name_their_programs() {
    let (module, fusions) = suite("deepseek-r1-distill-qwen-1.5b");
    let compiled = targets::compile_fused(Target::Cuda, &module, &fusions).expect("it compiles");
    let kernel = |name: &str| compiled.kernels().iter().find(|kernel| kernel.name == name).expect("it is there");
    let ranges = |kernel: &manifest::Kernel| -> BTreeMap<String, (u64, u64)> {
        let range = |arg: &manifest::Arg| match &arg.kind {
            ArgKind::View { own, .. } => own.iter().find_map(|own| match own {
                manifest::Own::Range { first, programs, .. } => Some((arg.name.clone(), (*first, *programs))),
                manifest::Own::Whole
                | manifest::Own::Block { .. }
                | manifest::Own::Folded { .. }
                | manifest::Own::At { .. } => None,
            }),
            ArgKind::Scalar { .. } => None,
        };
        kernel.args.iter().filter_map(range).collect()
    };
    let found = ranges(kernel("norm_qkv"));
    let (q, k) = (found["output"], found["k_cache"]);
    assert_eq!((q.0, k.0), (0, q.1));
    assert_eq!(q.1 + k.1, kernel("norm_qkv").grid[0]);
    assert_eq!(found["v_cache"], k);
    // Candidates are chosen for the programs that the parts have together, not for those of each by itself.
    let candidates = |family: &str| -> Vec<u64> {
        module.kernels.iter().filter(|kernel| kernel.family == family).map(|kernel| kernel.grid[0]).collect()
    };
    assert!(candidates("q_proj_matvec").contains(&q.1) && candidates("kv_proj_matvec").contains(&k.1));
    let wanted = mlir_to_gpu::limits::TARGET.ahead.and_then(|ahead| ahead.copy).expect("it copies").programs;
    assert_eq!(q.1 + k.1, wanted);
}

/// With the rotations inside: blocks of rows and columns, whose programs are counted along one axis.
#[test]
fn written_views_of_folded_grids_name_their_programs() {
    let (module, fusions) = suite("deepseek-r1-distill-qwen-1.5b");
    let compiled = targets::compile_fused(Target::Cuda, &module, &fusions).expect("it compiles");
    let kernel = compiled.kernels().iter().find(|kernel| kernel.name == "norm_qkv_rope").expect("it is there");
    let own = |name: &str| -> Vec<manifest::Own> {
        let arg = kernel.args.iter().find(|arg| arg.name == name).expect("it is there");
        match &arg.kind {
            ArgKind::View { own, .. } => own.clone(),
            ArgKind::Scalar { .. } => Vec::new(),
        }
    };
    let folded = |size, first, grid, along| manifest::Own::Folded { size, first, grid, along };
    let (q_grid, k_grid) = ([8, 12, 1], [16, 2, 1]);
    assert_eq!(own("q"), [folded(2, 0, q_grid, 1), folded(8, 0, q_grid, 0)]);
    let position = manifest::Own::At { arg: "position".to_owned() };
    let cache = [position, folded(2, 96, k_grid, 1), folded(4, 96, k_grid, 0)];
    assert_eq!(own("k_cache"), cache);
    assert_eq!(own("v_cache"), cache);
    assert_eq!(kernel.grid, [96 + 32, 1, 1]);
}

/// Every candidate of every part: lowered, proven, without a barrier to spare, and right.
#[test]
fn parts_compute_what_their_tile_programs_say() {
    let (module, fusions) = suite("qwen2-reduced");
    let mut cases = 0;
    for declaration in &fusions {
        let group = fuse::group(declaration, &module).unwrap_or_else(|error| panic!("{}", error.report()));
        for kernel in group.parts.iter().flat_map(|part| &part.candidates) {
            let targets = [
                &mlir_to_msl::limits::TARGET,
                &mlir_to_gpu::limits::TARGET,
                &mlir_to_musa::limits::TARGET,
                &mlir_to_spirv::limits::TARGET,
            ];
            for target in targets {
                let module = Module { name: "one".to_owned(), kernels: vec![kernel.clone()] };
                let lane = lower_simt::lower(&module, target).expect("it lowers").kernels.remove(0);
                assert_eq!(
                    lower_simt::verify::redundant_barriers(&lane, target),
                    [],
                    "{} {}",
                    target.name,
                    kernel.name
                );
                for case in simt_testing::judged_cases(kernel, &[1, 2]) {
                    if let Err(problem) = simt_testing::interpret_lanes(kernel, &lane, target, &case) {
                        panic!("{} {} seed {}: {problem}", target.name, kernel.name, case.seed);
                    }
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 50, "{cases}");
}
