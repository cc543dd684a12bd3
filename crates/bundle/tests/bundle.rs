//! Bundles go to disk and back, and hostile ones are refused with the reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bundle::manifest::{Access, Arg, ArgKind, Dtype, Fusion, HostRead, Kernel, Layout, Manifest, Need, Own, Slot};
use bundle::{Bundle, BundleWriter, Error, check};
use serde_json::{Value, json};

fn view(name: &str, shape: &[u64], access: Access, own: Vec<Own>) -> Arg {
    let kind = ArgKind::View { dtype: Dtype::F32, shape: shape.to_vec(), access, layout: Layout::RowMajor, own };
    Arg { name: name.to_owned(), kind }
}

fn kernel() -> Kernel {
    Kernel {
        name: "scale".to_owned(),
        entry: "scale_bn4".to_owned(),
        file: "code/kernels.so".to_owned(),
        tuning: BTreeMap::from([("BN".to_owned(), 4)]),
        grid: [4, 1, 1],
        block: [1, 1, 1],
        args: vec![
            view("input", &[1, 16], Access::Read, vec![]),
            view(
                "cache",
                &[8, 16],
                Access::Write,
                vec![Own::At { arg: "position".to_owned() }, Own::Block { axis: 0, size: 4 }],
            ),
            Arg { name: "position".to_owned(), kind: ArgKind::Scalar { dtype: Dtype::I32, bound: Some(8) } },
            Arg { name: "factor".to_owned(), kind: ArgKind::Scalar { dtype: Dtype::F32, bound: None } },
        ],
        budgets: BTreeMap::from([("scratch".to_owned(), 4096)]),
        dependent: false,
        needs: vec![],
        push_constant_bytes: 0,
        parts: vec![],
        scratch_bytes: 0,
        host_reads: vec![],
        workgroups: None,
        lines: vec![],
    }
}

fn writer() -> BundleWriter {
    let mut writer = BundleWriter::new("test 1", "group", "cpu");
    writer.feature("x86_64");
    writer.file("code/kernels.so", b"code".as_slice()).unwrap();
    writer.kernel(kernel());
    writer
}

#[test]
fn round_trip() {
    let dir = tempfile::tempdir().unwrap();
    let writer = writer();
    writer.finish(dir.path()).unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    assert_eq!(bundle.manifest(), writer.manifest());
    assert_eq!(bundle.kernel("scale"), Some(&kernel()));
    assert_eq!(bundle.kernel("scal"), None);
    assert_eq!(bundle.read("code/kernels.so").unwrap(), b"code");
    assert!(matches!(bundle.read("manifest.json"), Err(Error::UnknownFile { .. })));
    // Writing over an older bundle is allowed and gives the same bytes.
    let before = fs::read(dir.path().join("manifest.json")).unwrap();
    writer.finish(dir.path()).unwrap();
    assert_eq!(fs::read(dir.path().join("manifest.json")).unwrap(), before);
}

/// A need is written by its name; a kernel without any says nothing.
#[test]
fn needs_by_name() {
    assert!(!writer().manifest_text().contains("needs"));
    let mut writer = writer();
    let needs = Need::ALL.to_vec();
    writer.kernel(Kernel { name: "needy".to_owned(), needs, push_constant_bytes: 24, ..kernel() });
    let text = writer.manifest_text();
    for need in Need::ALL {
        assert!(text.contains(&format!("\"{need}\"")), "{need}");
    }
    let dir = tempfile::tempdir().unwrap();
    writer.finish(dir.path()).unwrap();
    assert_eq!(Bundle::open(dir.path()).unwrap().manifest(), writer.manifest());
}

#[test]
fn damaged_or_missing_files() {
    let dir = tempfile::tempdir().unwrap();
    writer().finish(dir.path()).unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    fs::write(dir.path().join("code/kernels.so"), "CODE").unwrap();
    assert!(matches!(Bundle::open(dir.path()), Err(Error::Hash { .. })));
    assert!(matches!(bundle.read("code/kernels.so"), Err(Error::Hash { .. })), "changed after opening");
    fs::remove_file(dir.path().join("code/kernels.so")).unwrap();
    let error = Bundle::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("kernels.so"), "{error}");
    let error = Bundle::open(dir.path().join("nowhere")).unwrap_err().to_string();
    assert!(error.contains("nowhere") && error.contains("manifest.json"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_do_not_leave_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("kernels.so"), "code").unwrap();
    writer().finish(dir.path()).unwrap();
    fs::remove_dir_all(dir.path().join("code")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("code")).unwrap();
    assert!(matches!(Bundle::open(dir.path()), Err(Error::FileName { .. })));
}

#[test]
fn names_that_leave_the_folder() {
    let names = [
        "../evil.so",
        "/etc/passwd",
        "code/../../evil",
        "",
        "code//a",
        "./a",
        "a/.",
        "a\\b",
        "C:evil",
        "a\0b",
        "manifest.json",
        "Manifest.JSON",
        "a b",
        "ä",
        &"x".repeat(300),
    ];
    for name in names {
        let mut writer = BundleWriter::new("test 1", "group", "cpu");
        assert!(matches!(writer.file(name, b"x".as_slice()), Err(Error::FileName { .. })), "{name}");
        let mut manifest = writer.manifest().clone();
        manifest.files.insert(name.to_owned(), "0".repeat(64));
        assert!(matches!(check(&manifest), Err(Error::FileName { .. })), "{name}");
    }
    let mut writer = writer();
    assert!(matches!(writer.file("code/kernels.so", b"x".as_slice()), Err(Error::FileName { .. })));
}

/// Opens a bundle whose manifest was edited as JSON.
fn open_edited(dir: &Path, edit: impl FnOnce(&mut Value)) -> Result<Bundle, Error> {
    writer().finish(dir).unwrap();
    let path = dir.join("manifest.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut json);
    fs::write(&path, json.to_string()).unwrap();
    Bundle::open(dir)
}

#[test]
fn hostile_manifests() {
    /// Words of the message, and the edit that must cause it.
    type Case = (&'static str, fn(&mut Value));
    let cases: &[Case] = &[
        ("format version 2", |m| m["version"] = json!(2)),
        ("format version 18446744073709551615", |m| m["version"] = json!(u64::MAX)),
        ("not a manifest", |m| m["version"] = json!("1")),
        ("not a manifest", |m| m["surprise"] = json!(1)),
        ("not a manifest", |m| m["kernels"][0]["args"][0]["surprise"] = json!(1)),
        ("not a manifest", |m| m["kernels"][0]["args"][2]["shape"] = json!([1])),
        ("not a manifest", |m| *m = json!([])),
        ("not a manifest", |m| m["kernels"][0]["grid"] = json!([1, 1])),
        ("not a manifest", |m| m["kernels"][0]["grid"] = json!([-1, 1, 1])),
        ("not a manifest", |m| m["kernels"][0]["args"][0]["dtype"] = json!("f8")),
        ("not 64 lower-case hex", |m| m["files"]["code/kernels.so"] = json!("AB")),
        ("`.` and `..`", |m| m["files"]["../x"] = json!("0".repeat(64))),
        ("is damaged", |m| m["files"]["code/kernels.so"] = json!("0".repeat(64))),
        ("not in the manifest's list", |m| m["kernels"][0]["file"] = json!("other.so")),
        ("listed twice", |m| {
            let kernel = m["kernels"][0].clone();
            m["kernels"].as_array_mut().unwrap().push(kernel);
        }),
        ("must not be empty", |m| m["kernels"][0]["entry"] = json!("")),
        ("must not be empty", |m| m["kernels"][0]["entry"] = json!("a\u{0}b")),
        ("grid is empty", |m| m["kernels"][0]["grid"] = json!([0, 1, 1])),
        ("more than the limit", |m| m["kernels"][0]["grid"] = json!([u64::MAX, u64::MAX, 1])),
        ("grid of workgroups is empty", |m| m["kernels"][0]["workgroups"] = json!([4, 0, 1])),
        ("more than the limit", |m| m["kernels"][0]["workgroups"] = json!([1u64 << 40, 2, 1])),
        ("more than the limit", |m| m["kernels"][0]["block"] = json!([1 << 20, 1, 1])),
        ("more than the limit", |m| m["kernels"][0]["budgets"]["scratch"] = json!(u64::MAX)),
        ("overflowing shape", |m| m["kernels"][0]["args"][0]["shape"] = json!([1u64 << 63, 4])),
        ("overflowing shape", |m| m["kernels"][0]["args"][0]["shape"] = json!([1u64 << 40, 4])),
        ("overflowing shape", |m| m["kernels"][0]["args"][0]["shape"] = json!([0])),
        ("1 to 4 dimensions", |m| m["kernels"][0]["args"][0]["shape"] = json!([])),
        ("1 to 4 dimensions", |m| m["kernels"][0]["args"][0]["shape"] = json!([1, 1, 1, 1, 1])),
        ("`position` is listed twice", |m| m["kernels"][0]["args"][3]["name"] = json!("position")),
        ("one owner rule per dimension", |m| m["kernels"][0]["args"][1]["own"] = json!(["whole"])),
        ("yet has owners", |m| m["kernels"][0]["args"][0]["own"] = json!(["whole", "whole"])),
        ("program axis 3", |m| m["kernels"][0]["args"][1]["own"][1] = json!({"block": {"axis": 3, "size": 4}})),
        ("empty blocks", |m| m["kernels"][0]["args"][1]["own"][1] = json!({"block": {"axis": 0, "size": 0}})),
        ("past its extent", |m| m["kernels"][0]["args"][1]["own"][1] = json!({"block": {"axis": 0, "size": 6}})),
        ("no scalar argument", |m| m["kernels"][0]["args"][1]["own"][0] = json!({"at": {"arg": "row"}})),
        ("bound of at most 8", |m| m["kernels"][0]["args"][2]["bound"] = json!(9)),
        ("bound of at most 8", |m| m["kernels"][0]["args"][1]["own"][0] = json!({"at": {"arg": "factor"}})),
        ("bound 0", |m| m["kernels"][0]["args"][2]["bound"] = json!(0)),
        ("cannot have a bound", |m| m["kernels"][0]["args"][3]["bound"] = json!(4)),
        ("unknown variant `shaderInt65`", |m| m["kernels"][0]["needs"] = json!(["shaderInt65"])),
        ("`shaderInt64` is listed twice", |m| m["kernels"][0]["needs"] = json!(["shaderInt64", "shaderInt64"])),
        ("more than the limit", |m| m["kernels"][0]["push_constant_bytes"] = json!(4097)),
        ("must be f32, i32 or i64", |m| m["kernels"][0]["args"][3]["dtype"] = json!("bf16")),
    ];
    for (words, edit) in cases {
        let dir = tempfile::tempdir().unwrap();
        let error = open_edited(dir.path(), edit).expect_err(words).to_string();
        assert!(error.contains(words), "expected `{words}` in `{error}`");
    }
}

#[test]
fn an_edit_that_changes_nothing_opens() {
    let dir = tempfile::tempdir().unwrap();
    open_edited(dir.path(), |_| {}).unwrap();
}

#[test]
fn too_many_entries() {
    let mut manifest: Manifest = writer().manifest().clone();
    let kernel = manifest.kernels[0].clone();
    manifest.kernels = (0..5000).map(|i| Kernel { name: format!("k{i}"), ..kernel.clone() }).collect();
    assert!(matches!(check(&manifest), Err(Error::TooLarge { .. })));
    let mut manifest: Manifest = writer().manifest().clone();
    let arg = manifest.kernels[0].args[0].clone();
    manifest.kernels[0].args = (0..100).map(|i| Arg { name: format!("a{i}"), ..arg.clone() }).collect();
    assert!(matches!(check(&manifest), Err(Error::TooLarge { .. })));
}

#[test]
fn truncated_manifest_text() {
    let dir = tempfile::tempdir().unwrap();
    writer().finish(dir.path()).unwrap();
    let path = dir.path().join("manifest.json");
    let text = fs::read(&path).unwrap();
    for end in 0..text.len() - 2 {
        fs::write(&path, &text[..end]).unwrap();
        assert!(matches!(Bundle::open(dir.path()), Err(Error::Syntax { .. })), "cut at {end}");
    }
}

/// Parts are files of the bundle, and the host reads what nothing writes, inside of it.
#[test]
fn parts_and_reads_of_the_host() {
    let read = |arg: &str, element| HostRead { arg: arg.to_owned(), element };
    let mut sound = writer().manifest().clone();
    sound.kernels[0].parts = vec!["code/kernels.so".to_owned()];
    sound.kernels[0].host_reads = vec![read("input", 15), read("input", 0)];
    sound.kernels[0].scratch_bytes = 256;
    check(&sound).unwrap();
    let text = serde_json::to_string(&sound).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), sound);

    /// Words of the message, and the edit that must cause it.
    type Broken = (&'static str, fn(&mut Kernel));
    let cases: &[Broken] = &[
        ("its part `gone.cc`", |kernel| kernel.parts.push("gone.cc".to_owned())),
        ("element 16 of `input`", |kernel| kernel.host_reads[0].element = 16),
        ("`cache`, which is no view that is only read", |kernel| kernel.host_reads[0].arg = "cache".to_owned()),
        ("`factor`, which is no view", |kernel| kernel.host_reads[0].arg = "factor".to_owned()),
        ("`gone`, which is no view", |kernel| kernel.host_reads[0].arg = "gone".to_owned()),
        ("65, more than the limit of 64", |kernel| kernel.host_reads = vec![kernel.host_reads[0].clone(); 65]),
        ("scratch memory", |kernel| kernel.scratch_bytes = 1 << 60),
    ];
    for (words, edit) in cases {
        let mut manifest = sound.clone();
        edit(&mut manifest.kernels[0]);
        let error = check(&manifest).expect_err(words).to_string();
        assert!(error.contains(words), "expected `{words}` in `{error}`");
    }
}

fn slot(launch: usize, arg: &str) -> Slot {
    Slot { launch, arg: arg.to_owned() }
}

/// `scale` twice as one launch, in which the first one's cache is not written.
fn fused() -> BundleWriter {
    let mut writer = writer();
    let mut both = kernel();
    both.name = "both".to_owned();
    both.grid = [8, 1, 1];
    if let ArgKind::View { own, .. } = &mut both.args[1].kind {
        own[1] = Own::Range { axis: 0, size: 4, first: 4, programs: 4 };
    }
    writer.kernel(both);
    writer.fusion(Fusion {
        kernel: "both".to_owned(),
        launches: vec!["scale".to_owned(), "scale".to_owned()],
        same: vec![vec![slot(0, "position"), slot(1, "position")], vec![slot(0, "cache")]],
        args: vec![slot(0, "input"), slot(1, "cache"), slot(1, "position"), slot(0, "factor")],
        drops: vec![slot(0, "cache")],
    });
    writer
}

#[test]
fn fusions_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    fused().finish(dir.path()).unwrap();
    assert_eq!(Bundle::open(dir.path()).unwrap().manifest(), fused().manifest());
    assert!(!writer().manifest_text().contains("fusions"), "nothing is said where there are none");
}

#[test]
fn hostile_fusions() {
    /// Words of the message, and the edit that must cause it.
    type Case = (&'static str, fn(&mut Manifest));
    let cases: &[Case] = &[
        ("names `gone`", |m| m.fusions[0].kernel = "gone".to_owned()),
        ("names `gone`", |m| m.fusions[0].launches[1] = "gone".to_owned()),
        ("fewer than two", |m| m.fusions[0].launches.truncate(1)),
        ("limit of 64", |m| m.fusions[0].launches = vec!["scale".to_owned(); 65]),
        ("binds 3 arguments of 4", |m| m.fusions[0].args.truncate(3)),
        ("is not there", |m| m.fusions[0].args[0].launch = 2),
        ("is not there", |m| m.fusions[0].args[0].arg = "gone".to_owned()),
        ("of another type", |m| m.fusions[0].args.swap(0, 1)),
        ("of another type", |m| m.fusions[0].args.swap(2, 3)),
        ("empty list", |m| m.fusions[0].same.push(vec![])),
        ("differ in type", |m| m.fusions[0].same[0][1].arg = "factor".to_owned()),
        ("drops `input`", |m| m.fusions[0].drops[0].arg = "input".to_owned()),
        ("drops `cache`", |m| m.fusions[0].drops[0].launch = 1),
        ("more than the limit", |m| m.fusions = vec![m.fusions[0].clone(); 5000]),
        ("there are 7", |m| m.kernels[1].grid = [7, 1, 1]),
    ];
    check(fused().manifest()).unwrap();
    for (words, edit) in cases {
        let mut manifest = fused().manifest().clone();
        edit(&mut manifest);
        let error = check(&manifest).expect_err(words).to_string();
        assert!(error.contains(words), "expected `{words}` in `{error}`");
    }
}

#[test]
fn ranges_of_programs_fit() {
    let range = |size, first, programs| Own::Range { axis: 0, size, first, programs };
    let folded = |size, first, grid, along| Own::Folded { size, first, grid, along };
    let mut sound = fused().manifest().clone();
    if let ArgKind::View { own: found, .. } = &mut sound.kernels[1].args[1].kind {
        found[1] = folded(4, 0, [2, 4, 1], 1);
    }
    check(&sound).unwrap();
    for (words, own) in [
        ("program axis 3", Own::Range { axis: 3, size: 4, first: 0, programs: 4 }),
        ("empty blocks", range(0, 0, 4)),
        ("empty blocks", range(4, 0, 0)),
        ("8 programs from 1", range(2, 1, 8)),
        ("there are 8", range(2, u64::MAX, 8)),
        ("past its extent", range(6, 0, 4)),
        ("along axis 3", folded(2, 0, [2, 2, 1], 3)),
        ("empty blocks", folded(0, 0, [2, 2, 1], 0)),
        ("from program 5", folded(2, 5, [2, 2, 1], 0)),
        ("there are 8", folded(2, 0, [3, 3, 1], 0)),
        ("there are 8", folded(2, 0, [0, 3, 1], 0)),
        ("there are 8", folded(2, 0, [u64::MAX, 3, 1], 0)),
        ("past its extent", folded(16, 0, [2, 4, 1], 1)),
    ] {
        let mut manifest = fused().manifest().clone();
        if let ArgKind::View { own: found, .. } = &mut manifest.kernels[1].args[1].kind {
            found[1] = own;
        }
        let error = check(&manifest).expect_err(words).to_string();
        assert!(error.contains(words), "expected `{words}` in `{error}`");
    }
}
