//! Cases that are recorded beside a bundle: every kernel of it, plain and fused, is judged on them by the runtime alone, on
//! the processor and on the emulated GPU; numbers that are a little off are not passed over.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use bundle::Bundle;
use cases::{Recorder, Recording};
use decode::judge::{Outcome, Selection, Verdict, judge};
use driver::judges::{CASES_FILE, record};
use driver::targets::{self, Target};

fn verdicts(target: Target, folder: &Path) -> Vec<Verdict> {
    let bundle = Bundle::open(folder).expect("it opens");
    let mut device = decode::open_device(target.device(), Some(2)).expect("the device is here");
    let mut recording = Recording::open(&folder.join(CASES_FILE)).expect("it opens");
    judge(device.as_mut(), &bundle, &mut recording, &Selection::default(), &mut |_| {}).expect("it loads")
}

fn write(target: Target, suite: &str, folder: &Path) -> (Bundle, usize) {
    let (module, fusions) = common::suite(suite);
    let compiled = targets::compile_fused(target, &module, &fusions).expect("it compiles");
    targets::write_bundle(&module.name, &compiled, folder).expect("a bundle");
    let count = record(&module, &compiled, 2, &folder.join(CASES_FILE)).expect("cases");
    (Bundle::open(folder).expect("it opens"), count)
}

fn all_pass(target: Target, suite: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (bundle, count) = write(target, suite, folder.path());
    let verdicts = verdicts(target, folder.path());
    assert_eq!(verdicts.len(), bundle.manifest().kernels.len());
    assert_eq!(verdicts.iter().map(|verdict| verdict.cases.len()).sum::<usize>(), count);
    let fused = verdicts.iter().filter(|verdict| verdict.fused).count();
    assert_eq!(fused, bundle.manifest().fusions.len());
    for verdict in &verdicts {
        assert!(matches!(verdict.outcome(), Outcome::Passed(_)), "{target} {}: {}", verdict.kernel, verdict.outcome());
        // The first and the last position, and those around a power of two.
        let takes_position = bundle
            .manifest()
            .kernels
            .iter()
            .any(|kernel| kernel.name == verdict.kernel && kernel.args.iter().any(|arg| arg.name == "position"));
        assert_eq!(verdict.cases.len(), if takes_position { 6 } else { 2 }, "{}", verdict.kernel);
    }
}

#[test]
fn every_kernel_on_the_cpu() {
    all_pass(Target::Cpu, common::SUITE);
    all_pass(Target::Cpu, "gallery");
}

#[test]
fn every_kernel_on_emulated_cuda() {
    all_pass(Target::Cuda, common::SUITE);
    all_pass(Target::Cuda, "gallery");
}

/// Arguments of one name of several launches, such as two weights, are other numbers.
#[test]
fn fused_kernels_have_other_numbers_for_each_argument() {
    let folder = tempfile::tempdir().expect("a folder");
    write(Target::Cuda, common::SUITE, folder.path());
    let mut recording = Recording::open(&folder.path().join(CASES_FILE)).expect("it opens");
    let index = recording.cases().iter().position(|case| case.kernel == "norm_qkv").expect("it is recorded");
    let (case, _) = recording.make(index).expect("it is whole");
    let contents: Vec<&[u8]> = case
        .args
        .iter()
        .filter_map(|arg| Some(&case.buffer(&arg.name)?.bytes[..]))
        .filter(|bytes| bytes.len() > 64)
        .map(|bytes| &bytes[..64])
        .collect();
    let inputs: Vec<&&[u8]> = contents.iter().filter(|bytes| bytes[..4] != bytes[4..8]).collect();
    assert!(inputs.len() > 4, "{}", inputs.len());
    assert_eq!(inputs.iter().collect::<BTreeSet<_>>().len(), inputs.len());
}

#[test]
fn expected_numbers_that_are_off_do_not_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    write(Target::Cpu, common::SUITE, folder.path());
    let path = folder.path().join(CASES_FILE);
    let mut recording = Recording::open(&path).expect("it opens");
    let (other, mut changed) = (folder.path().join("other.zip"), BTreeSet::new());
    let mut recorder = Recorder::new(&other, "test", &recording.group.clone(), "cpu").expect("a file");
    for index in 0..recording.cases().len() {
        let recorded = recording.cases()[index].clone();
        let (case, mut outputs) = recording.make(index).expect("it is whole");
        // The largest element, by a tenth, or an integer by one.
        if recorded.recipe.seed == 2 {
            let before = case.outputs();
            let (name, buffer) = outputs.0.first_mut().expect("it writes something");
            let written = |i: &usize| before.get(name).is_some_and(|before| before.bits(*i) != buffer.bits(*i));
            let largest =
                (0..buffer.len()).filter(written).max_by(|a, b| buffer.get(*a).abs().total_cmp(&buffer.get(*b).abs()));
            let element = largest.expect("it writes something");
            let value = buffer.get(element);
            let more = if buffer.elem.is_float() { value * 1.1 } else { value + 1.0 };
            buffer.set(element, more);
            changed.insert(recorded.kernel.clone());
        }
        recorder.add(&recorded.kernel, &recorded.recipe, &case, &outputs).expect("room");
    }
    recorder.finish().expect("room");
    std::fs::rename(&other, &path).expect("it is moved");
    let verdicts = verdicts(Target::Cpu, folder.path());
    assert_eq!(verdicts.len(), changed.len());
    for verdict in verdicts {
        assert!(matches!(verdict.cases[0].1, Outcome::Passed(_)), "{}", verdict.kernel);
        assert!(matches!(verdict.cases[1].1, Outcome::Failed(_)), "{}: {}", verdict.kernel, verdict.cases[1].1);
    }
}
