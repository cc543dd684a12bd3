//! Kernels before recorded cases: right ones pass, wrong numbers, strayed writes and other forms are named.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bundle::manifest::{Access, Arg, ArgKind, Dtype, Kernel, Layout, Own};
use bundle::{Bundle, BundleWriter};
use cases::{Fill, Outputs, Recipe, RecipeArg, Recorder, Recording, Value};
use decode::judge::{Outcome, Selection, Verdict, judge};
use decode::open_device;
use serde_json::Value as Json;
use view_types::{Elem, Shape};

const N: usize = 64;

/// `y = 2 x` over half of `y`; the others do something that they must not.
const C: &str = "
#include <stdint.h>
#define KERNEL(name, more) \
    void name(const void *const *args, uint64_t first, uint64_t last, uint8_t *scratch) { \
        float *x = (float *)args[0], *y = (float *)args[1]; \
        for (int i = 0; i < 32; i++) y[i] = 2 * x[i]; \
        more; (void)first; (void)last; (void)scratch; \
    }
KERNEL(right, )
KERNEL(wrong, y[31] *= 1.01f)
KERNEL(lazy, ((uint32_t *)y)[3] = 0x7fd0dead)
KERNEL(undefined, y[5] = y[5] - y[5] + (x[0] - x[0]) / (y[6] - y[6]))
KERNEL(greedy, y[40] = 1)
KERNEL(stray, y[70] = 1)
KERNEL(input, x[7] = 1)
";
const KERNELS: [&str; 7] = ["right", "wrong", "lazy", "undefined", "greedy", "stray", "input"];

fn view(name: &str, access: Access) -> Arg {
    let own = if access == Access::Write { vec![Own::Whole] } else { Vec::new() };
    let (shape, layout) = (vec![N as u64], Layout::RowMajor);
    Arg { name: name.to_owned(), kind: ArgKind::View { dtype: Dtype::F32, shape, access, layout, own } }
}

fn bundle(dir: &Path, group: &str, args: &[Arg]) -> Bundle {
    let (source, library) = (dir.join("k.c"), dir.join("k.so"));
    std::fs::write(&source, C).unwrap();
    let cc = Command::new("cc").args(["-O0", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(cc.expect("the tests need the C compiler `cc`").success());
    let mut writer = BundleWriter::new("test", group, "cpu");
    writer.feature(std::env::consts::ARCH);
    writer.file("k.so", std::fs::read(&library).unwrap()).unwrap();
    for name in KERNELS {
        writer.kernel(Kernel {
            needs: Vec::new(),
            push_constant_bytes: 0,
            parts: vec![],
            scratch_bytes: 0,
            host_reads: vec![],
            workgroups: None,
            name: name.to_owned(),
            entry: name.to_owned(),
            file: "k.so".to_owned(),
            tuning: BTreeMap::new(),
            grid: [1; 3],
            block: [1; 3],
            args: args.to_vec(),
            budgets: BTreeMap::new(),
            dependent: false,
            lines: Vec::new(),
        });
    }
    writer.finish(dir.join("bundle")).unwrap();
    Bundle::open(dir.join("bundle")).unwrap()
}

fn recipe(seed: u64) -> Recipe {
    let view = |name: &str, access, fill| RecipeArg {
        name: name.to_owned(),
        value: Value::View {
            elem: Elem::F32,
            shape: Shape::new(&[N as u64]).unwrap(),
            access,
            stream: name.to_owned(),
            fill,
            filled: N as u64,
        },
    };
    let numbers = Fill::Normal { mean: 0.0, deviation: 1.0 };
    let args = vec![view("x", view_types::Access::Read, Some(numbers)), view("y", view_types::Access::Write, None)];
    Recipe { family: "double".to_owned(), seed, args }
}

/// Cases of these kernels, two seeds each.
fn record(path: &Path, kernels: &[&str]) {
    let mut recorder = Recorder::new(path, "test", "group", "cpu").unwrap();
    for kernel in kernels {
        for seed in [1, 2] {
            let case = recipe(seed).make().unwrap();
            let mut outputs: Outputs = case.outputs();
            let x = case.buffer("x").unwrap();
            let y = outputs.get_mut("y").unwrap();
            (0..32).for_each(|i| y.set(i, 2.0 * x.get(i)));
            recorder.add(kernel, &recipe(seed), &case, &outputs).unwrap();
        }
    }
    recorder.finish().unwrap();
}

fn verdicts(bundle: &Bundle, cases: &Path, selection: &Selection) -> Vec<Verdict> {
    let mut device = open_device("cpu", Some(1)).unwrap();
    let mut told = Vec::new();
    let mut recording = Recording::open(cases).unwrap();
    let verdicts = judge(device.as_mut(), bundle, &mut recording, selection, &mut |v| told.push(v.clone())).unwrap();
    assert_eq!(verdicts, told);
    verdicts
}

fn views() -> [Arg; 2] {
    [view("x", Access::Read), view("y", Access::Write)]
}

#[test]
fn what_is_wrong_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, cases) = (bundle(dir.path(), "group", &views()), dir.path().join("cases.zip"));
    record(&cases, &[&KERNELS[..], &["gone"]].concat());
    let verdicts = verdicts(&bundle, &cases, &Selection::default());
    let names: Vec<&str> = verdicts.iter().map(|verdict| verdict.kernel.as_str()).collect();
    assert_eq!(names, [&KERNELS[..], &["gone"]].concat());
    assert_eq!(verdicts[0].cases.len(), 2);
    assert_eq!(verdicts[0].outcome(), Outcome::Passed(0.0));
    let expected = [
        "`y`: relative error",
        "1 elements were not written, first [3]",
        "1 elements are NaN, first [5]",
        "1 elements outside the launch's part were changed, first [40]",
        "`y` was written past its end, ",
        "`x` is only read, yet it was written, first at byte ",
        "the bundle has no such kernel",
    ];
    for (verdict, expected) in verdicts[1..].iter().zip(expected) {
        let Outcome::Failed(why) = verdict.outcome() else { panic!("{verdict:?}") };
        assert!(why.starts_with("seed 1: ") && why.contains(expected), "{}: {why}", verdict.kernel);
    }
}

#[test]
fn what_has_no_case_is_skipped_and_selections_are_kept_to() {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, cases) = (bundle(dir.path(), "group", &views()), dir.path().join("cases.zip"));
    record(&cases, &["right"]);
    let all = verdicts(&bundle, &cases, &Selection::default());
    assert_eq!(all.len(), KERNELS.len());
    assert!(all[1..].iter().all(|verdict| matches!(verdict.outcome(), Outcome::Skipped(_))));
    let one = Selection { kernels: vec!["right".to_owned()], seeds: Some(1), ..Selection::default() };
    let one = verdicts(&bundle, &cases, &one);
    assert_eq!((one.len(), one[0].cases.len()), (1, 1));
    let none = Selection { kernels: vec!["left".to_owned()], ..Selection::default() };
    let mut device = open_device("cpu", Some(1)).unwrap();
    let mut recording = Recording::open(&cases).unwrap();
    let error = judge(device.as_mut(), &bundle, &mut recording, &none, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("`left`"), "{error}");
}

#[test]
fn cases_of_other_kernels_do_not_pass() {
    let dir = tempfile::tempdir().unwrap();
    let cases = dir.path().join("cases.zip");
    record(&cases, &["right"]);
    for args in [
        vec![view("y", Access::Write), view("x", Access::Read)],
        vec![view("x", Access::Weights), view("y", Access::Write)],
        vec![view("x", Access::Read)],
    ] {
        let bundle = bundle(dir.path(), "group", &args);
        let verdicts = verdicts(&bundle, &cases, &Selection::default());
        let Outcome::Failed(why) = verdicts[0].outcome() else { panic!("{args:?}") };
        assert!(why.contains("another form"), "{why}");
    }
    let other = bundle(dir.path(), "other", &views());
    let mut device = open_device("cpu", Some(1)).unwrap();
    let mut recording = Recording::open(&cases).unwrap();
    let error = judge(device.as_mut(), &other, &mut recording, &Selection::default(), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the cases are those of `group`, the bundle is `other`");
}

#[test]
fn the_command_counts_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    bundle(dir.path(), "group", &views());
    let cases = dir.path().join("bundle/cases.zip");
    record(&cases, &["right", "wrong"]);
    let json = dir.path().join("judge.json");
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold-decode"));
        command.args(["judge", "--threads", "1", "--bundle"]).arg(dir.path().join("bundle"));
        let output = command.args(args).arg("--json").arg(&json).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.ends_with("1 passed, 1 failed, 5 skipped\n") && text.contains("FAILED: seed 1: "), "{text}");
    let object: Json = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((&object["passed"], &object["failed"], &object["skipped"]), (&1.into(), &1.into(), &5.into()));
    assert_eq!(object["kernels"][1]["cases"][0]["outcome"], "failed");
    let (code, text) = run(&["--kernel", "right"]);
    assert_eq!(code, Some(0), "{text}");
    // Nothing judged is not a pass.
    assert_eq!(run(&["--kernel", "lazy"]).0, Some(1));
    // A file of cases that is damaged.
    let mut bytes = std::fs::read(&cases).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&cases, bytes).unwrap();
    assert_eq!(run(&["--kernel", "right"]).0, Some(1));
}
