//! Cases survive a file, to the bit; what is damaged in it is noticed.

use cases::{
    ArgValue, Case, Fill, Outputs, Recipe, RecipeArg, RecipeError, Recorder, Recording, RecordingError, Value,
};
use view_types::{Access, Elem, Shape};

fn view(name: &str, elem: Elem, dims: &[u64], access: Access, fill: Option<Fill>, filled: u64) -> RecipeArg {
    let shape = Shape::new(dims).expect("rank");
    RecipeArg {
        name: name.to_owned(),
        value: Value::View { elem, shape, access, stream: format!("0.{name}"), fill, filled },
    }
}

/// Every way to fill a view, and every kind of argument.
fn recipe(seed: u64) -> Recipe {
    let fills = [
        Fill::Normal { mean: 0.1, deviation: 1.0 / 3.0 },
        Fill::Positive { scale: 0.7 },
        Fill::Angle { cosine: true },
        Fill::Angle { cosine: false },
        Fill::Scores,
        Fill::Below(7),
        Fill::Within(60),
        Fill::Steps,
    ];
    let mut args: Vec<RecipeArg> = fills
        .iter()
        .enumerate()
        .map(|(i, &fill)| view(&format!("in{i}"), Elem::F32, &[4, 16], Access::Read, Some(fill), 64))
        .collect();
    args.push(view("bits", Elem::I64, &[5], Access::Weights, Some(Fill::Bits), 5));
    let numbers = Fill::Normal { mean: 0.0, deviation: 1.0 };
    args.push(view("k_cache", Elem::Bf16, &[8, 4], Access::Write, Some(numbers), 12));
    args.push(view("output", Elem::F32, &[1, 6], Access::Write, None, 6));
    args.push(RecipeArg { name: "eps".to_owned(), value: Value::Float(1e-5) });
    args.push(RecipeArg {
        name: "position".to_owned(),
        value: Value::Int { elem: Elem::I32, value: u64::from(u32::MAX) },
    });
    Recipe { family: "k".to_owned(), seed, args }
}

/// What a launch might leave: a row of the cache, half of the output.
fn outputs(case: &Case) -> Outputs {
    let mut outputs = case.outputs();
    let cache = outputs.get_mut("k_cache").expect("it is written");
    (12..16).for_each(|i| cache.set(i, i as f64));
    let output = outputs.get_mut("output").expect("it is written");
    (0..3).for_each(|i| output.set(i, 0.1 * i as f64));
    outputs
}

fn record(path: &std::path::Path) -> Vec<(Case, Outputs)> {
    let mut recorder = Recorder::new(path, "test", "group", "cpu").expect("a file");
    let made: Vec<(Case, Outputs)> = (1..=3)
        .map(|seed| {
            let case = recipe(seed).make().expect("small");
            let outputs = outputs(&case);
            recorder.add("kernel", &recipe(seed), &case, &outputs).expect("room");
            (case, outputs)
        })
        .collect();
    assert_eq!(recorder.finish().expect("room"), 3);
    made
}

#[test]
fn what_is_recorded_comes_back_to_the_bit() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("cases.zip");
    let made = record(&path);
    assert_ne!(made[0].0.args, made[1].0.args, "seeds differ");
    let mut recording = Recording::open(&path).expect("it opens");
    assert_eq!((recording.group.as_str(), recording.target.as_str()), ("group", "cpu"));
    for (index, (case, outputs)) in made.iter().enumerate() {
        let (again, expected) = recording.make(index).expect("it is whole");
        // Bits: NaN is not equal to itself.
        assert_eq!(again.hash(), case.hash());
        assert_eq!(again.outputs(), case.outputs());
        assert_eq!(expected, *outputs);
    }
    // The same cases, the same bytes.
    let other = dir.path().join("other.zip");
    record(&other);
    assert!(std::fs::read(&path).expect("it is there") == std::fs::read(&other).expect("it is there"));
}

/// Rewrites a file of cases, with its index or an output changed.
fn rewrite(path: &std::path::Path, change: impl Fn(&str, Vec<u8>) -> Vec<u8>) {
    use std::io::{Read, Write};
    let mut old = zip::ZipArchive::new(std::fs::File::open(path).expect("it is there")).expect("an archive");
    let mut members = Vec::new();
    for index in 0..old.len() {
        let mut member = old.by_index(index).expect("it is there");
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).expect("it is whole");
        members.push((member.name().expect("a name").into_owned(), bytes));
    }
    let mut new = zip::ZipWriter::new(std::fs::File::create(path).expect("a file"));
    for (name, bytes) in members {
        new.start_file(&name, zip::write::SimpleFileOptions::default()).expect("room");
        new.write_all(&change(&name, bytes)).expect("room");
    }
    new.finish().expect("room");
}

#[test]
fn damage_is_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("cases.zip");
    // Every byte of the first output's data: the archive's own sums find it, or the archive is none.
    record(&path);
    let whole = std::fs::read(&path).expect("it is there");
    let mut noticed = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).expect("room");
        let opened = Recording::open(&path);
        let made = opened.and_then(|mut recording| (0..3).map(|i| recording.make(i)).collect::<Result<Vec<_>, _>>());
        match made {
            Err(RecordingError::Damaged { .. } | RecordingError::OtherInputs { .. }) => noticed += 1,
            Err(other) => panic!("byte {at}: {other}"),
            // Times and versions inside the archive mean nothing here; numbers are as they were.
            Ok(made) => assert!(made.iter().zip(1..).all(|((case, found), seed)| {
                case.hash() == recipe(seed).make().expect("small").hash() && *found == outputs(case)
            })),
        }
    }
    assert!(noticed > whole.len() / 7 / 2, "{noticed} of {}", whole.len() / 7);
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("room");
    assert!(matches!(Recording::open(&path), Err(RecordingError::Damaged { .. })));
    assert!(matches!(Recording::open(&dir.path().join("none")), Err(RecordingError::Io { .. })));
}

#[test]
fn other_inputs_versions_and_outputs_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("cases.zip");
    let make = |change: &dyn Fn(&str, Vec<u8>) -> Vec<u8>| {
        record(&path);
        rewrite(&path, change);
        Recording::open(&path).and_then(|mut recording| recording.make(0).map(drop))
    };
    let in_index = |from: &'static str, to: &'static str| {
        move |name: &str, bytes: Vec<u8>| match name {
            "cases.json" => {
                let text = String::from_utf8(bytes).expect("text");
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1).into_bytes()
            }
            _ => bytes,
        }
    };
    assert!(make(&|_, bytes| bytes).is_ok());
    let error = make(&in_index("\"mean\": 0.1", "\"mean\": 0.2")).expect_err("another input");
    assert!(matches!(error, RecordingError::OtherInputs { .. }), "{error}");
    let error = make(&in_index("\"version\": 1", "\"version\": 2")).expect_err("another version");
    assert!(error.to_string().contains("format version 2 instead of 1"), "{error}");
    let error = make(&in_index("\"elem\": \"f32\"", "\"elem\": \"f33\"")).expect_err("no type");
    assert!(error.to_string().contains("`f33` is no element type"), "{error}");
    let shorter = |name: &str, bytes: Vec<u8>| if name == "kernel/1/output" { bytes[1..].to_vec() } else { bytes };
    let error = make(&shorter).expect_err("too few bytes");
    assert!(error.to_string().contains("`kernel/1/output`: not 24 bytes"), "{error}");
}

#[test]
fn huge_cases_are_refused_without_allocating() {
    let huge = view("x", Elem::F32, &[1 << 40, 1 << 40], Access::Read, None, 0);
    let recipe = Recipe { family: "k".to_owned(), seed: 1, args: vec![huge] };
    assert_eq!(recipe.make().map(drop), Err(RecipeError::TooLarge { family: "k".to_owned() }));
}

#[test]
fn elements_past_the_filled_ones_are_unwritten() {
    let case = recipe(1).make().expect("small");
    let cache = case.buffer("k_cache").expect("it is there");
    assert!((0..32).all(|i| cache.is_poison(i) == (i >= 12)));
    assert!((0..6).all(|i| case.buffer("output").is_some_and(|output| output.is_poison(i))));
    assert!(matches!(case.get("position"), Some(ArgValue::Int { value: 0xffff_ffff, .. })));
}
