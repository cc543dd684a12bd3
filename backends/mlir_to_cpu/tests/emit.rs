//! What `emit` gives and refuses, without running it.

use mlir_to_cpu::caps::{self, Support};
use mlir_to_cpu::validate::{ObjectError, validate};
use mlir_to_cpu::{Error, Features, Options, emit, limits};
use tile_ir::{
    Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Module, OpKind, Own, Predicate, ReduceOp, Type,
    UnaryOp,
};

fn options() -> Options {
    Options { features: Features::x86_64(&["sse4.1", "avx", "fma"]).expect("known"), candidates: Default::default() }
}

fn module(kernels: Vec<Kernel>) -> Module {
    Module { name: "test".into(), kernels }
}

/// `out = transpose(x) . x` of `n` x `n` tiles, the product kept as a whole.
fn square(name: &str, n: u64) -> Kernel {
    let mut b = KernelBuilder::new(name);
    b.family("square", &[("N", n)]);
    b.at("kernels.rs", 7, 3);
    let x = b.read("x", Elem::F32, &[n, n]);
    let out = b.write("out", Elem::F32, &[n, n], &[Own::Whole; 2]);
    let zero = b.index(0);
    let x = b.load(x, &[zero, zero], &[n, n]);
    let acc = b.splat(Elem::F32, &[n, n], 0.0);
    b.at("kernels.rs", 9, 5);
    let y = b.contract(x, x, acc, ContractSpec::matmul(true));
    b.at("kernels.rs", 11, 5);
    b.store(out, y, &[zero, zero]);
    b.finish().expect("valid")
}

#[test]
fn the_largest_candidate_that_fits_is_chosen() {
    let module = module(vec![square("square_16", 16), square("square_512", 512), square("square_64", 64)]);
    let object = emit(&module, &options()).expect("compiles");
    assert_eq!(object.kernels.len(), 1);
    let kernel = &object.kernels[0];
    assert_eq!((kernel.name.as_str(), kernel.entry.as_str()), ("square", "tenfold_square_64"));
    assert_eq!(kernel.tuning["N"], 64);
    assert!(kernel.budgets["scratch"] <= limits::MAX_SCRATCH_BYTES);

    let mut named = options();
    named.candidates.insert("square".into(), "square_16".into());
    assert_eq!(emit(&module, &named).expect("compiles").kernels[0].entry, "tenfold_square_16");
}

#[test]
fn unknown_candidates_are_refused() {
    let mut named = options();
    named.candidates.insert("square".into(), "square_17".into());
    let errors = emit(&module(vec![square("square_16", 16)]), &named).expect_err("there is none");
    let report = errors[0].report().to_string();
    assert!(report.contains("square_17") && report.contains("square_16"), "{report}");
}

#[test]
fn too_large_tiles_are_refused_at_their_line() {
    let errors = emit(&module(vec![square("square_512", 512)]), &options()).expect_err("too large");
    assert!(matches!(&errors[..], [Error::Limit { needed, .. }] if *needed >= 512 * 512 * 4), "{errors:?}");
    let report = errors[0].report().to_string();
    assert!(report.contains("kernels.rs:9:5"), "{report}");
    assert!(report.contains("square_512") && report.contains("target `cpu`") && report.contains("smaller"), "{report}");
    for word in ["Error", "Plan", "Value(", "Loc"] {
        assert!(!report.contains(word), "{report}");
    }
}

#[test]
fn invalid_programs_are_refused() {
    let mut kernel = square("square_16", 16);
    kernel.body.ops.remove(0);
    let errors = emit(&module(vec![kernel]), &options()).expect_err("a value is missing");
    assert!(matches!(&errors[..], [Error::Invalid(_), ..]), "{errors:?}");
}

#[test]
fn promises_of_files_are_not_relied_on() {
    // A store that promises to be inside its view, and is not.
    let mut b = KernelBuilder::new("liar");
    let at = b.scalar("at", Elem::I64, None);
    let out = b.write("out", Elem::F32, &[16], &[Own::Whole]);
    let at = b.cast(CastOp::IndexS, at, Elem::Index);
    let x = b.splat(Elem::F32, &[16], 1.0);
    b.store(out, x, &[at]);
    let mut honest = b.finish().expect("valid");
    let expected = emit(&module(vec![honest.clone()]), &options()).expect("compiles");
    honest.body.for_each_op_mut(&mut |op| {
        if let OpKind::Store { in_bounds, .. } = &mut op.kind {
            in_bounds.fill(true);
        }
    });
    assert_eq!(emit(&module(vec![honest]), &options()).expect("compiles"), expected);
}

#[test]
fn output_is_deterministic() {
    let module = module(vec![square("square_16", 16)]);
    assert_eq!(emit(&module, &options()), emit(&module, &options()));
}

#[test]
fn text_names_the_users_lines() {
    let object = emit(&module(vec![square("square_16", 16)]), &options()).expect("compiles");
    assert!(object.clif.starts_with("; tenfold "), "{}", object.clif);
    assert!(object.clif.contains("; kernels.rs:9:5"));
    let text: Vec<&str> = object.clif.lines().collect();
    let lines = &object.kernels[0].lines;
    assert!(lines.iter().any(|origin| origin.line == 9) && lines.iter().any(|origin| origin.line == 11));
    // The first line of each run of one origin has an entry.
    let product = text.iter().position(|line| line.contains("= fma")).expect("a product") as u32 + 1;
    let origin = lines.iter().rfind(|origin| origin.emitted <= product).expect("an origin");
    assert_eq!((origin.file.as_str(), origin.line), ("kernels.rs", 9));
}

#[test]
fn unknown_features_are_refused() {
    let error = Features::x86_64(&["avx", "avx9"]).expect_err("no such feature");
    assert!(error.to_string().contains("avx9"), "{error}");
}

#[test]
fn wrong_object_files_are_caught() {
    let object = emit(&module(vec![square("square_16", 16)]), &options()).expect("compiles");
    assert_eq!(validate(&object), Ok(()));
    let mut renamed = object.clone();
    renamed.kernels[0].entry = "tenfold_other".into();
    assert_eq!(validate(&renamed), Err(ObjectError::MissingEntry("tenfold_other".into())));
    let mut cut = object;
    cut.bytes.truncate(40);
    assert!(matches!(validate(&cut), Err(ObjectError::Unreadable(_))));
}

/// Tiles that only pass through need no memory, however large.
#[test]
fn streams_need_no_scratch() {
    let n = 151_936;
    let mut b = KernelBuilder::new("argmax");
    let x = b.read("x", Elem::F32, &[1, n]);
    let out = b.write("out", Elem::I32, &[1, 1], &[Own::Whole; 2]);
    let zero = b.index(0);
    let x = b.load(x, &[zero, zero], &[1, n]);
    let least = b.splat(Elem::F32, &[1], f32::NEG_INFINITY);
    let best = b.reduce(ReduceOp::MaxF, x, least, &[1]);
    let best = b.reshape(best, &[1, 1]);
    let best = b.broadcast(best, &[1, n]);
    let is_best = b.compare(Predicate::FEq, x, best);
    let index = b.iota(Elem::I32, &[1, n], 1);
    let none = b.splat_int(Elem::I32, &[1, n], i64::from(i32::MAX));
    let index = b.select(is_best, index, none);
    let most = b.splat_int(Elem::I32, &[1], i64::from(i32::MAX));
    let first = b.reduce(ReduceOp::MinU, index, most, &[1]);
    let first = b.reshape(first, &[1, 1]);
    b.store(out, first, &[zero, zero]);
    let argmax = b.finish().expect("valid");

    let mut b = KernelBuilder::new("matvec");
    b.grid([36, 1, 1]);
    let x = b.read("x", Elem::F32, &[1, 576]);
    let w = b.weights("w", Elem::Bf16, &[576, 576]);
    let y = b.write("y", Elem::F32, &[1, 576], &[Own::Whole, Own::Block { axis: Axis::X, size: 16 }]);
    let id = b.program_id(Axis::X);
    let size = b.index(16);
    let row = b.mul(id, size);
    let zero = b.index(0);
    let x = b.load(x, &[zero, zero], &[1, 576]);
    let w = b.load(w, &[row, zero], &[16, 576]);
    let w = b.cast(CastOp::ExtF, w, Elem::F32);
    let acc = b.splat(Elem::F32, &[1, 16], 0.0);
    let sum = b.contract(x, w, acc, ContractSpec::matmul(true));
    b.store(y, sum, &[zero, row]);
    let matvec = b.finish().expect("valid");

    let object = emit(&module(vec![argmax, matvec]), &options()).expect("compiles");
    assert_eq!(object.kernels[0].budgets["scratch"], 0);
    assert_eq!(object.kernels[1].budgets["scratch"], 64);
}

/// Deep and widely shared computations end in time: as code, or as an error.
#[test]
fn doubling_chains_end() {
    for (n, levels) in [(64, 2000), (151_936, 30), (151_936, 60)] {
        let mut b = KernelBuilder::new("doubling");
        let at = b.scalar("at", Elem::I64, None);
        let x = b.read("x", Elem::F32, &[4, n]);
        let out = b.write("out", Elem::F32, &[1, 1], &[Own::Whole; 2]);
        let zero = b.index(0);
        let at = b.cast(CastOp::IndexS, at, Elem::Index);
        let mut sum = b.load(x, &[at, zero], &[1, n]);
        for _ in 0..levels {
            sum = b.add(sum, sum);
        }
        let acc = b.splat(Elem::F32, &[1, 1], 0.0);
        let dot = b.contract(sum, sum, acc, ContractSpec::matmul(true));
        b.store(out, dot, &[zero, zero]);
        let result = emit(&module(vec![b.finish().expect("valid")]), &options());
        assert_eq!(result.is_ok(), n == 64 || levels == 30, "{n} {levels}");
        if let Err(errors) = result {
            assert!(errors.iter().all(|error| matches!(error, Error::Limit { .. })), "{errors:?}");
        }
    }
}

/// A kernel with one operation `kind` on two inputs of type `elem`, if that is a valid program.
fn one(elem: Elem, result: Type, kind: impl FnOnce(tile_ir::Value, tile_ir::Value) -> OpKind) -> Option<Kernel> {
    let mut b = KernelBuilder::new("one");
    let wide = if elem == Elem::Index { Elem::I64 } else { elem };
    let (x, y) = (b.read("x", wide, &[8]), b.read("y", wide, &[8]));
    let zero = b.index(0);
    let (mut x, mut y) = (b.load(x, &[zero], &[8]), b.load(y, &[zero], &[8]));
    if elem == Elem::Index {
        x = b.cast(CastOp::IndexS, x, elem);
        y = b.cast(CastOp::IndexS, y, elem);
    }
    let z = b.op(kind(x, y), &[result])[0];
    let (z, stored) =
        if result.elem == Elem::Index { (b.cast(CastOp::IndexS, z, Elem::I64), Elem::I64) } else { (z, result.elem) };
    let out = b.write("out", stored, &[8], &[Own::Whole]);
    b.store(out, z, &[zero]);
    b.finish().ok()
}

/// The capability table against the validator and the lowering: what is valid is supported and compiles, and the table
/// refuses the rest.
#[test]
fn capabilities_are_true() {
    let mut kernels: Vec<Kernel> = Vec::new();
    let mut check = |what: String, support: Support, kernel: Option<Kernel>| {
        assert_eq!(kernel.is_some(), !matches!(support, Support::Refused(_)), "{what}");
        if let Some(mut kernel) = kernel {
            kernel.name = format!("k{}", kernels.len());
            kernel.family.clone_from(&kernel.name);
            kernels.push(kernel);
        }
    };
    for &elem in Elem::ALL {
        let same = Type::tile(elem, &[8]).expect("a tile");
        for &op in UnaryOp::ALL {
            check(format!("{op:?} {elem}"), caps::unary(op, elem), one(elem, same, |x, _| OpKind::Unary(op, x)));
        }
        for &op in BinaryOp::ALL {
            check(format!("{op:?} {elem}"), caps::binary(op, elem), one(elem, same, |x, y| OpKind::Binary(op, x, y)));
        }
        check(format!("fma {elem}"), caps::fma(elem), one(elem, same, |x, y| OpKind::Fma(x, y, x)));
        for &(predicate, ..) in Predicate::ALL {
            let mask = same.with_elem(Elem::I1);
            let kernel = one(elem, mask, |x, y| OpKind::Compare(predicate, x, y));
            check(format!("{predicate:?} {elem}"), caps::compare(predicate, elem), kernel);
        }
        for &to in Elem::ALL {
            for &op in CastOp::ALL {
                let kernel = one(elem, same.with_elem(to), |x, _| OpKind::Cast(op, x));
                check(format!("{op:?} {elem} {to}"), caps::cast(op, elem, to), kernel);
            }
        }
        for &(op, _) in ReduceOp::ALL {
            let mut b = KernelBuilder::new("reduce");
            let memory = if elem == Elem::Index { Elem::I64 } else { elem };
            let x = b.read("x", memory, &[8, 3]);
            let zero = b.index(0);
            let mut x = b.load(x, &[zero, zero], &[8, 3]);
            if elem == Elem::Index {
                x = b.cast(CastOp::IndexS, x, elem);
            }
            let acc = b.extract(x, &[tile_ir::Index::Static(0)]);
            let sum = b.op(OpKind::Reduce { op, value: x, acc, dims: vec![0] }, &[b.ty(acc)])[0];
            let sum = if elem == Elem::Index { b.cast(CastOp::IndexS, sum, Elem::I64) } else { sum };
            let out = b.write("out", memory, &[3], &[Own::Whole]);
            b.store(out, sum, &[zero]);
            check(format!("{op:?} {elem}"), caps::reduce(op, elem), b.finish().ok());
        }
    }
    assert!(kernels.len() > 250, "{}", kernels.len());
    emit(&module(kernels), &options()).expect("compiles");
}
