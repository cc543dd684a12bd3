//! Generated inputs are reproducible, in range, and poisoned where nothing may be read.

use judge::{ArgValue, Case, CaseError, generate};
use tile_ir::{
    Access, Axis, Block, Elem, Kernel, Loc, Op, OpKind, Own, Param, ParamKind, Scalar, Shape, Type, Value, View, ViewId,
};

fn view(name: &str, elem: Elem, dims: &[u64], access: Access, own: Vec<Own>) -> Param {
    let shape = Shape::new(dims).expect("rank");
    Param { name: name.into(), kind: ParamKind::View(View { elem, shape, access, own }), loc: Loc::Unknown }
}

fn int(name: &str, bound: Option<u64>) -> Param {
    let kind = ParamKind::Scalar(Scalar { value: Value(0), elem: Elem::I32, bound });
    Param { name: name.into(), kind, loc: Loc::Unknown }
}

fn kernel(family: &str, params: Vec<Param>) -> Kernel {
    Kernel {
        name: family.into(),
        family: family.into(),
        tuning: Vec::new(),
        params,
        grid: [1, 1, 1],
        values: Vec::new(),
        body: Block::default(),
        loc: Loc::Unknown,
    }
}

/// Makes the body read view `param` (the operands are never looked at).
fn reading(mut kernel: Kernel, param: u32) -> Kernel {
    let value = kernel.new_value(Type::F32);
    let load = OpKind::LoadScalar { view: ViewId(param), indices: Vec::new() };
    let inner = Block {
        args: Vec::new(),
        ops: vec![Op { kind: load, results: vec![value], loc: Loc::Unknown }],
        yields: Vec::new(),
    };
    let branch = OpKind::If { cond: Value(0), then: Block::default(), otherwise: inner };
    kernel.body.ops.push(Op { kind: branch, results: Vec::new(), loc: Loc::Unknown });
    kernel
}

fn at_position(param: usize) -> Vec<Own> {
    vec![Own::At { param }, Own::Block { axis: Axis::X, size: 2 }]
}

fn value(case: &Case, name: &str) -> u64 {
    match case.get(name) {
        Some(ArgValue::Int { value, .. }) => *value,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn the_same_seed_gives_the_same_case() {
    let kernel = kernel("k", vec![view("input", Elem::Bf16, &[4, 8], Access::Read, vec![])]);
    let make = |seed| generate(&kernel, seed).expect("case");
    assert_eq!(make(3), make(3));
    assert_ne!(make(3).args, make(4).args);
}

#[test]
fn tokens_and_positions_stay_inside_and_reach_the_edges() {
    let kernel = kernel(
        "embedding_lookup",
        vec![
            view("table", Elem::Bf16, &[50, 4], Access::Weights, vec![]),
            int("token", None),
            int("position", Some(9)),
        ],
    );
    let tokens: Vec<u64> = (0..64).map(|seed| value(&generate(&kernel, seed).expect("case"), "token")).collect();
    assert!(tokens.iter().all(|&token| token < 50));
    assert_eq!((tokens[1], tokens[2]), (0, 49));
    assert!(tokens.iter().collect::<std::collections::BTreeSet<_>>().len() > 20);
    assert_eq!(value(&generate(&kernel, 2).expect("case"), "position"), 8);
    // The same for a token in memory.
    let mut kernel = kernel;
    kernel.params[1] = view("token", Elem::I32, &[1, 1], Access::Read, vec![]);
    let token = |seed| generate(&kernel, seed).expect("case").buffer("token").expect("token").get(0);
    assert_eq!((token(1), token(2)), (0.0, 49.0));
    assert!((0..64).all(|seed| token(seed) < 50.0));
}

#[test]
fn positions_reach_the_edges_of_a_context() {
    let contexts = |rows: u64| -> Vec<u64> {
        let params = vec![view("k_cache", Elem::Bf16, &[rows, 4], Access::Read, vec![]), int("position", Some(rows))];
        let kernel = kernel("k", params);
        (1..=6).map(|seed| value(&generate(&kernel, seed).expect("case"), "position") + 1).collect()
    };
    assert_eq!(contexts(75), [1, 75, 2, 63, 64, 65]);
    assert_eq!(contexts(64), [1, 64, 2, 63, 64, 64], "never past the cache");
}

#[test]
fn caches_hold_data_before_the_position_and_nan_after() {
    // Read: 0..=position.
    let params = vec![view("k_cache", Elem::Bf16, &[10, 4], Access::Read, vec![]), int("position", Some(10))];
    for seed in 0..8 {
        let case = generate(&kernel("attention", params.clone()), seed).expect("case");
        let position = value(&case, "position") as usize;
        let cache = case.buffer("k_cache").expect("cache");
        (0..40).for_each(|i| assert_eq!(cache.get(i).is_nan(), i / 4 > position, "seed {seed}, element {i}"));
    }
    // Written at position without being read: the row is unwritten too. Read as well: it holds data.
    let params = vec![view("keys", Elem::F32, &[10, 4], Access::Write, at_position(1)), int("row", Some(10))];
    let written = kernel("kv_proj", params);
    for (kernel, kept) in [(written.clone(), 0), (reading(written, 0), 1)] {
        let case = generate(&kernel, 5).expect("case");
        let row = value(&case, "row") as usize;
        let cache = case.buffer("keys").expect("cache");
        (0..40).for_each(|i| assert_eq!(cache.is_poison(i), i / 4 >= row + kept));
    }
}

#[test]
fn written_views_are_poisoned_unless_read() {
    let own = vec![Own::Whole, Own::Whole];
    let kernel = kernel("k", vec![view("hidden", Elem::F32, &[1, 8], Access::Write, own)]);
    let all = |kernel: &Kernel| {
        let case = generate(kernel, 0).expect("case");
        let buffer = case.buffer("hidden").expect("hidden").clone();
        (0..8).filter(|&i| buffer.is_poison(i)).count()
    };
    assert_eq!(all(&kernel), 8);
    assert_eq!(all(&reading(kernel, 0)), 0);
}

#[test]
fn tables_are_angles_and_weights_are_scaled() {
    let kernel = kernel(
        "rope",
        vec![
            view("cos", Elem::F32, &[5, 4], Access::Weights, vec![]),
            view("sin", Elem::F32, &[5, 4], Access::Weights, vec![]),
            view("weight", Elem::Bf16, &[64, 256], Access::Weights, vec![]),
            view("gamma", Elem::F32, &[1, 256], Access::Weights, vec![]),
        ],
    );
    let case = generate(&kernel, 0).expect("case");
    let (cos, sin) = (case.buffer("cos").expect("cos"), case.buffer("sin").expect("sin"));
    for i in 0..20 {
        assert!((cos.get(i).hypot(sin.get(i)) - 1.0).abs() < 1e-6);
    }
    assert!((sin.at(1, 0) - 1f64.sin()).abs() < 1e-7 && (sin.at(3, 2) - 0.03f64.sin()).abs() < 1e-7);
    let rms = |name: &str| {
        let values = case.buffer(name).expect("buffer").values();
        (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt()
    };
    assert!((rms("weight") * 16.0 - 1.0).abs() < 0.05);
    assert!((rms("gamma") - 1.0).abs() < 0.05);
}

#[test]
fn logits_have_ties_on_odd_seeds_and_the_largest_last_on_seed_two() {
    let kernel = kernel("argmax", vec![view("logits", Elem::F32, &[1, 1000], Access::Read, vec![])]);
    let largest = |seed| {
        let values = generate(&kernel, seed).expect("case").buffer("logits").expect("logits").values();
        let max = values.iter().copied().fold(f64::MIN, f64::max);
        (0..1000).filter(|&i| values[i] == max).collect::<Vec<_>>()
    };
    assert!((1..20).step_by(2).any(|seed| largest(seed).len() == 2));
    assert_eq!(largest(2), [999]);
}

#[test]
fn huge_arguments_are_refused_without_allocating() {
    for dims in [&[1 << 40, 2][..], &[u64::MAX, u64::MAX, u64::MAX, 2][..]] {
        let kernel = kernel("k", vec![view("input", Elem::F32, dims, Access::Read, vec![])]);
        let error = generate(&kernel, 0).expect_err("refused");
        assert!(matches!(&error, CaseError::TooLarge { kernel, .. } if kernel == "k"));
        let report = diagnostics::Report::from(&error);
        assert_eq!(report.kind, diagnostics::Kind::Limit);
    }
    let empty = kernel("k", vec![view("logits", Elem::F32, &[0, 4], Access::Read, vec![])]);
    assert!(generate(&empty, 1).expect("case").buffer("logits").expect("logits").is_empty());
}
