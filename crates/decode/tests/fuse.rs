//! Rewrites of launches: where they hold, where they do not, and what is left.

use std::collections::BTreeMap;

use bundle::manifest::{Access, Arg, ArgKind, Dtype, Fusion, Kernel, Layout, Manifest, Slot};
use decode::plan::{Argument, BufferPlan, Content, Launch, Source, Traffic, fuse, fuse_except};
use decode::{LayerTensor, Plan, Tensor};

/// A kernel of views, `!` before the written ones.
fn kernel(name: &str, args: &[&str]) -> Kernel {
    let arg = |arg: &&str| {
        let access = if arg.starts_with('!') { Access::Write } else { Access::Read };
        let kind =
            ArgKind::View { dtype: Dtype::F32, shape: vec![4], access, layout: Layout::RowMajor, own: Vec::new() };
        Arg { name: arg.trim_start_matches('!').to_owned(), kind }
    };
    Kernel {
        name: name.to_owned(),
        entry: name.to_owned(),
        file: "kernels".to_owned(),
        tuning: BTreeMap::new(),
        grid: [1; 3],
        block: [1; 3],
        args: args.iter().map(arg).collect(),
        budgets: BTreeMap::new(),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: Vec::new(),
    }
}

/// `launch.arg`.
fn slot(text: &str) -> Slot {
    let (launch, arg) = text.split_once('.').expect("launch.arg");
    Slot { launch: launch.parse().expect("a number"), arg: arg.to_owned() }
}

fn slots(texts: &[&str]) -> Vec<Slot> {
    texts.iter().map(|text| slot(text)).collect()
}

/// `norm` into `q` and `k` side by side, `q` with `k`, and both with what turns their outputs in place.
fn manifest() -> Manifest {
    let kernels = vec![
        kernel("embed", &["!y"]),
        kernel("norm", &["x", "!y"]),
        kernel("q", &["x", "!y"]),
        kernel("k", &["x", "!y"]),
        kernel("add", &["x", "!y"]),
        kernel("norm_qk", &["x", "!q", "!k"]),
        kernel("qk", &["q_x", "!q", "k_x", "!k"]),
        kernel("turn_q", &["!y"]),
        kernel("turn_k", &["!y"]),
        kernel("all", &["x", "!q", "!k"]),
    ];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let fusions = vec![
        Fusion {
            kernel: "qk".to_owned(),
            launches: names(&["q", "k"]),
            same: vec![],
            args: slots(&["0.x", "0.y", "1.x", "1.y"]),
            drops: vec![],
        },
        Fusion {
            kernel: "norm_qk".to_owned(),
            launches: names(&["norm", "q", "k"]),
            same: vec![slots(&["0.y", "1.x", "2.x"])],
            args: slots(&["0.x", "1.y", "2.y"]),
            drops: slots(&["0.y"]),
        },
        Fusion {
            kernel: "all".to_owned(),
            launches: names(&["norm", "q", "k", "turn_q", "turn_k"]),
            same: vec![slots(&["0.y", "1.x", "2.x"]), slots(&["1.y", "3.y"]), slots(&["2.y", "4.y"])],
            args: slots(&["0.x", "3.y", "4.y"]),
            drops: slots(&["0.y"]),
        },
    ];
    Manifest {
        version: 1,
        generator: String::new(),
        group: String::new(),
        target: String::new(),
        features: Vec::new(),
        files: BTreeMap::new(),
        kernels,
        fusions,
    }
}

/// A plan of launches like `norm h n`: kernels and the buffers of their arguments. `token` and `logits` are the host's; a
/// buffer whose name starts with `w` holds weights.
fn plan(manifest: &Manifest, parts: [&[&'static str]; 3]) -> Plan {
    let mut names = vec!["token", "logits"];
    let [step, logits, argmax] = parts.map(|part| {
        part.iter()
            .map(|line| {
                let mut words = line.split(' ');
                let name = words.next().expect("a kernel");
                let kernel = manifest.kernels.iter().find(|kernel| kernel.name == name).expect("known");
                let args = kernel.args.iter().zip(words).map(|(arg, buffer)| {
                    let known = names.iter().position(|name| *name == buffer);
                    let buffer = known.unwrap_or_else(|| {
                        names.push(buffer);
                        names.len() - 1
                    });
                    let ArgKind::View { access, .. } = arg.kind else { panic!("a view") };
                    let source = Source::Buffer { buffer, access, traffic: Traffic::Whole };
                    Argument { name: arg.name.clone(), source }
                });
                Launch { kernel: name.to_owned(), args: args.collect() }
            })
            .collect::<Vec<Launch>>()
    });
    let content = |name: &str| {
        let weights = Content::Weights(Tensor::Layer(0, LayerTensor::Q));
        if name.starts_with('w') { weights } else { Content::Zero }
    };
    let buffer =
        |name: &&str| BufferPlan { name: (*name).to_owned(), dtype: Dtype::F32, elements: 4, content: content(name) };
    let buffers = names.iter().map(buffer).collect();
    Plan { buffers, step, far: None, logits, argmax, capacity: 8, token: 0, logits_buffer: 1 }
}

/// The launches of the three parts after fusing, as they were written.
fn fused(parts: [&[&'static str]; 3]) -> [Vec<String>; 3] {
    let manifest = manifest();
    let plan = fuse(&plan(&manifest, parts), &manifest);
    let words = |launch: &Launch| {
        let name = |arg: &Argument| match arg.source {
            Source::Buffer { buffer, .. } => plan.buffers[buffer].name.clone(),
            Source::Position | Source::F32(_) => "number".to_owned(),
        };
        let mut words = vec![launch.kernel.clone()];
        words.extend(launch.args.iter().map(name));
        words.join(" ")
    };
    assert_eq!(plan.buffers[plan.token].name, "token");
    assert_eq!(plan.buffers[plan.logits_buffer].name, "logits");
    [&plan.step, &plan.logits, &plan.argmax].map(|launches| launches.iter().map(words).collect())
}

const LOGITS: &[&str] = &["add h logits"];
const ARGMAX: &[&str] = &["add logits token"];

/// The step after fusing.
fn step(launches: &[&'static str]) -> Vec<String> {
    let [step, logits, argmax] = fused([launches, LOGITS, ARGMAX]);
    assert_eq!((logits, argmax), (vec!["add h logits".to_owned()], vec!["add logits token".to_owned()]));
    step
}

#[test]
fn the_longest_rewrite_is_taken_and_repeats() {
    let launches =
        ["norm h n", "q n a", "k n b", "add a h", "add b h", "norm h n", "q n a", "k n b", "add a h", "add b h"];
    let layer = ["norm_qk h a b", "add a h", "add b h"];
    assert_eq!(step(&launches), [layer, layer].concat());
}

#[test]
fn chains_are_matched_as_the_plan_orders_them() {
    let rest = ["add a h", "add b h"];
    let layer = ["norm h n", "q n a", "k n b", "turn_q a", "turn_k b"];
    assert_eq!(step(&[&layer[..], &rest].concat()), [&["all h a b"][..], &rest].concat());
    // What touches none of its buffers may stand between, in front of them all.
    let between = ["norm h n", "q n a", "k n b", "add w c", "turn_q a", "turn_k b", "add c h"];
    let passed = ["add w c", "all h a b", "add c h"];
    assert_eq!(step(&[&between[..], &rest].concat()), [&passed[..], &rest].concat());
    // It reads what is turned later, or changes what the producer reads.
    for touching in ["add a c", "add w a", "add w h"] {
        let between = ["norm h n", "q n a", "k n b", touching, "turn_q a", "turn_k b", "add c h"];
        let left = ["norm_qk h a b", touching, "turn_q a", "turn_k b", "add c h"];
        assert_eq!(step(&[&between[..], &rest].concat()), [&left[..], &rest].concat(), "{touching}");
    }
    // Turned is something else.
    let other = ["norm h n", "q n a", "k n b", "turn_q b", "turn_k a"];
    let left = ["norm_qk h a b", "turn_q b", "turn_k a"];
    assert_eq!(step(&[&other[..], &rest].concat()), [&left[..], &rest].concat());
    // Both are one buffer, which two programs would write.
    let one = ["norm h n", "q n a", "k n a", "turn_q a", "turn_k a", "add a h"];
    assert_eq!(step(&one), one);
    // Without it, the next one.
    let manifest = manifest();
    let plan = plan(&manifest, [&[&layer[..], &rest].concat(), LOGITS, ARGMAX]);
    let shorter = fuse_except(&plan, &manifest, &["all".to_owned()]);
    let names: Vec<&str> = shorter.step.iter().map(|launch| launch.kernel.as_str()).collect();
    assert_eq!(names, ["norm_qk", "turn_q", "turn_k", "add", "add"]);
}

#[test]
fn a_buffer_that_is_dropped_is_forgotten() {
    let manifest = manifest();
    let plan = plan(&manifest, [&["norm h n", "q n a", "k n b", "add a h", "add b h"], LOGITS, ARGMAX]);
    let fused = fuse(&plan, &manifest);
    let names = |plan: &Plan| plan.buffers.iter().map(|buffer| buffer.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan), ["token", "logits", "h", "n", "a", "b"]);
    assert_eq!(names(&fused), ["token", "logits", "h", "a", "b"]);
}

#[test]
fn a_buffer_that_is_read_later_is_still_written() {
    let kept = ["norm h n", "norm_qk h a b", "add n h", "add a h", "add b h"];
    assert_eq!(step(&["norm h n", "q n a", "k n b", "add n h", "add a h", "add b h"]), kept);
    // In place, the old contents may count.
    let kept = ["norm h n", "norm_qk h a b", "add a n", "add n h", "add b h"];
    assert_eq!(step(&["norm h n", "q n a", "k n b", "add a n", "add n h", "add b h"]), kept);
    // Read by the next token's step, before anything writes it.
    let kept = ["add n h", "norm h n", "norm_qk h a b", "add a h", "add b h"];
    assert_eq!(step(&["add n h", "norm h n", "q n a", "k n b", "add a h", "add b h"]), kept);
    // Read by the logits.
    let [step, ..] = fused([&["norm h n", "q n a", "k n b", "add a h", "add b h"], &["add n logits"], ARGMAX]);
    assert_eq!(step[0], "norm h n");
    // The logits are the host's.
    let launches: &[&str] = &["norm h logits", "q logits a", "k logits b", "add a h", "add b h"];
    let [step, ..] = fused([launches, &["add h logits"], ARGMAX]);
    assert_eq!(step[..2], ["norm h logits", "norm_qk h a b"]);
}

#[test]
fn other_bindings_are_left_alone() {
    // The second reads something else: only the two are put side by side.
    let launches = ["norm h n", "q n a", "k h b", "add a h", "add b h"];
    assert_eq!(step(&launches), ["norm h n", "qk n a h b", "add a h", "add b h"]);
    // One writes what the other one reads.
    let launches = ["norm h n", "q n a", "k a b", "add b h"];
    assert_eq!(step(&launches), launches);
    // One writes what the producer reads: another program may have read it, or not.
    let launches = ["norm h n", "q n h", "k n b", "add b h"];
    assert_eq!(step(&launches), ["norm h n", "qk n h n b", "add b h"]);
    // Both write the same.
    let launches = ["norm h n", "q n a", "k n a", "add a h"];
    assert_eq!(step(&launches), launches);
}

#[test]
fn launches_between_may_be_passed_only_if_independent() {
    let passed = ["norm h n", "q n a", "add w c", "k n b", "add a h", "add b h", "add c h"];
    assert_eq!(step(&passed), ["add w c", "norm_qk h a b", "add a h", "add b h", "add c h"]);
    // It changes what the producer reads.
    let launches = ["norm h n", "add w h", "q n a", "k n b", "add a h", "add b h"];
    assert_eq!(step(&launches), ["norm h n", "add w h", "qk n a n b", "add a h", "add b h"]);
    // It reads what the first one writes.
    let launches = ["q h a", "add a c", "k h b", "add b h", "add c h"];
    assert_eq!(step(&launches), launches);
}

#[test]
fn launches_without_use_go() {
    let launches = ["q h a", "norm h n", "add w h"];
    // Nobody reads `n`. What is left in `a` may count for the next step's `q`.
    assert_eq!(step(&launches), ["q h a", "add w h"]);
    // What counted for another launch goes when that one does.
    let launches = ["norm h n", "q n a", "k n b", "add a n", "add b h"];
    assert_eq!(step(&launches), ["norm_qk h a b", "add b h"]);
}

#[test]
fn without_rules_nothing_changes() {
    let mut manifest = manifest();
    manifest.fusions.clear();
    let plan = plan(&manifest, [&["norm h n", "q n a", "k n b", "add a h", "add b h"], LOGITS, ARGMAX]);
    assert_eq!(fuse(&plan, &manifest), plan);
}

#[test]
fn rewrites_can_be_left_out() {
    let manifest = manifest();
    let plan = plan(&manifest, [&["norm h n", "q n a", "k n b", "add a h", "add b h"], LOGITS, ARGMAX]);
    let names = |except: &[&str]| -> Vec<String> {
        let except: Vec<String> = except.iter().map(|name| (*name).to_owned()).collect();
        fuse_except(&plan, &manifest, &except).step.into_iter().map(|launch| launch.kernel).collect()
    };
    assert_eq!(names(&[]), ["norm_qk", "add", "add"]);
    assert_eq!(names(&["norm_qk"]), ["norm", "qk", "add", "add"]);
    assert_eq!(names(&["norm_qk", "qk"]), ["norm", "q", "k", "add", "add"]);
}
