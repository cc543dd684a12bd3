//! A producer inside its consumers against the two launches, and what is refused.

use fuse::{Declaration, Error, Origin, group, inline_producer};
use tile_ir::interp::{Arg, Buffer, Options, run};
use tile_ir::testing::Rng;
use tile_ir::{Axis, ContractSpec, Elem, Kernel, KernelBuilder, Loc, Module, Own, ReduceOp, Value, ViewId};

const K: u64 = 24;
const N: u64 = 10;
const BN: u64 = 4;

/// `output = input / sqrt(mean(input²) + eps)`, computed with its program's (only) index mixed in.
fn norm() -> Kernel {
    norm_with(|b, output, value, zero| b.store(output, value, &[zero, zero]))
}

fn norm_with(store: impl FnOnce(&mut KernelBuilder, ViewId, Value, Value)) -> Kernel {
    let mut b = KernelBuilder::new("norm");
    let x = b.read("input", Elem::F32, &[1, K]);
    let y = b.write("output", Elem::F32, &[1, K], &[Own::Whole, Own::Whole]);
    let eps = b.scalar("eps", Elem::F32, None);
    let (zero, id) = (b.index(0), b.program_id(Axis::X));
    let value = b.load(x, &[zero, id], &[1, K]);
    let square = b.mul(value, value);
    let start = b.splat(Elem::F32, &[1], 0.0);
    let sum = b.reduce(ReduceOp::Add, square, start, &[1]);
    let sum = b.reshape(sum, &[1, 1]);
    let share = b.splat(Elem::F32, &[1, 1], 1.0 / K as f32);
    let mean = b.mul(sum, share);
    let eps = b.broadcast(eps, &[1, 1]);
    let above = b.add(mean, eps);
    let scale = b.unary(tile_ir::UnaryOp::Rsqrt, above);
    let scale = b.broadcast(scale, &[1, K]);
    let result = b.mul(value, scale);
    store(&mut b, y, result, zero);
    b.finish_unchecked()
}

/// `output = input · weightᵀ`, `BN` outputs per program; `load` reads the input.
fn matvec_with(load: impl FnOnce(&mut KernelBuilder, ViewId, Value) -> Value) -> Kernel {
    let mut b = KernelBuilder::new("matvec");
    b.grid([N.div_ceil(BN), 1, 1]);
    let x = b.read("input", Elem::F32, &[1, K]);
    let w = b.weights("weight", Elem::F32, &[N, K]);
    let y = b.write("output", Elem::F32, &[1, N], &[Own::Whole, Own::Block { axis: Axis::X, size: BN }]);
    let (zero, size, id) = (b.index(0), b.index(BN as i64), b.program_id(Axis::X));
    let at = b.mul(id, size);
    let left = load(&mut b, x, zero);
    let right = b.load(w, &[at, zero], &[BN, K]);
    let acc = b.splat(Elem::F32, &[1, BN], 0.0);
    let product = b.contract(left, right, acc, ContractSpec::matmul(true));
    b.store(y, product, &[zero, at]);
    b.finish().expect("valid")
}

fn matvec() -> Kernel {
    matvec_with(|b, x, zero| b.load(x, &[zero, zero], &[1, K]))
}

fn random(rng: &mut Rng, dims: &[u64]) -> Buffer {
    let values: Vec<f32> = (0..dims.iter().product()).map(|_| rng.float()).collect();
    Buffer::from_floats(Elem::F32, dims, &values).expect("fits")
}

fn launch(kernel: &Kernel, args: &mut [Arg<'_>]) {
    run(kernel, args, &Options::default()).expect("runs");
}

/// Runs norm then `consumer`, and the two as one; the outputs must be equal to the bit.
fn same(consumer: &Kernel) {
    let fused = inline_producer(&norm(), consumer, 0).expect("they fit");
    let names: Vec<&str> = fused.kernel.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names, ["input", "eps", "weight", "output"]);
    let (producer, own) = (Origin::Producer, Origin::Consumer);
    assert_eq!(fused.origins, [producer(0), producer(2), own(1), own(2)]);
    assert_eq!((fused.same.as_slice(), fused.drops), ([(1, 0)].as_slice(), Some(1)));
    let mut rng = Rng::new(7);
    for _ in 0..5 {
        let (x, w) = (random(&mut rng, &[1, K]), random(&mut rng, &[N, K]));
        let mut middle = Buffer::zeros(Elem::F32, &[1, K]).expect("fits");
        let mut expected = Buffer::zeros(Elem::F32, &[1, N]).expect("fits");
        let mut found = expected.clone();
        launch(&norm(), &mut [Arg::In(&x), Arg::Out(&mut middle), Arg::F32(1e-3)]);
        launch(consumer, &mut [Arg::In(&middle), Arg::In(&w), Arg::Out(&mut expected)]);
        launch(&fused.kernel, &mut [Arg::In(&x), Arg::F32(1e-3), Arg::In(&w), Arg::Out(&mut found)]);
        assert_eq!(found, expected);
        assert!(found.to_floats().expect("floats").iter().any(|value| value.abs() > 0.01));
    }
}

#[test]
fn a_whole_vector_is_computed_in_place() {
    same(&matvec());
}

#[test]
fn parts_at_constant_places_are_slices() {
    const HALF: u64 = K / 2;
    let halves = matvec_with(|b, x, zero| {
        let half = b.index(HALF as i64);
        let (low, high) = (b.load(x, &[zero, zero], &[1, HALF]), b.load(x, &[zero, half], &[1, HALF]));
        let whole = b.splat(Elem::F32, &[1, K], 0.0);
        let whole = b.insert_slice(low, whole, &[0, 0]);
        b.insert_slice(high, whole, &[0, HALF])
    });
    same(&halves);
}

#[test]
fn loads_in_loops_and_branches_are_replaced() {
    let looped = matvec_with(|b, x, zero| {
        let (one, two) = (b.index(1), b.index(2));
        let start = b.splat(Elem::F32, &[1, K], 0.0);
        b.for_loop(zero, two, one, &[start], |b, _, carried| {
            let value = b.load(x, &[zero, zero], &[1, K]);
            vec![b.add(carried[0], value)]
        })[0]
    });
    same(&looped);
}

fn refusal(producer: &Kernel, consumer: &Kernel) -> Error {
    inline_producer(producer, consumer, 0).expect_err("refused")
}

#[test]
fn producers_of_another_form_are_refused() {
    let mut many = norm();
    many.grid = [2, 1, 1];
    assert!(matches!(refusal(&many, &matvec()), Error::ManyPrograms { programs: 2, .. }));
    let twice = norm_with(|b, output, value, zero| {
        b.store(output, value, &[zero, zero]);
        b.store(output, value, &[zero, zero]);
    });
    assert!(matches!(refusal(&twice, &matvec()), Error::Output { .. }));
    let shifted = norm_with(|b, output, value, zero| {
        let one = b.index(1);
        b.store(output, value, &[zero, one]);
    });
    assert!(matches!(refusal(&shifted, &matvec()), Error::Output { .. }));
    let part = norm_with(|b, output, value, zero| {
        let half = b.slice(value, &[0, 0], &[1, K / 2]);
        b.store(output, half, &[zero, zero]);
    });
    assert!(matches!(refusal(&part, &matvec()), Error::Output { .. }));
    let reading = norm_with(|b, output, value, zero| {
        b.store(output, value, &[zero, zero]);
        b.load(output, &[zero, zero], &[1, K]);
    });
    assert!(matches!(refusal(&reading, &matvec()), Error::Output { .. }));
    let inside = norm_with(|b, output, value, zero| {
        let one = b.index(1);
        b.for_loop(zero, one, one, &[], |b, _, _| {
            b.store(output, value, &[zero, zero]);
            vec![]
        });
    });
    assert!(matches!(refusal(&inside, &matvec()), Error::Output { .. }));
    let mut two = norm();
    let mut second = two.params[1].clone();
    second.name = "other".into();
    two.params.push(second);
    assert!(matches!(refusal(&two, &matvec()), Error::Output { what, .. } if what.contains("several")));
}

#[test]
fn chunks_at_places_known_late_are_refused() {
    let chunked = matvec_with(|b, x, zero| {
        let (step, end) = (b.index(8), b.index(K as i64));
        let start = b.splat(Elem::F32, &[1, 8], 0.0);
        let sum = b.for_loop(zero, end, step, &[start], |b, i, carried| {
            let value = b.load(x, &[zero, i], &[1, 8]);
            vec![b.add(carried[0], value)]
        })[0];
        let whole = b.splat(Elem::F32, &[1, K], 0.0);
        b.insert_slice(sum, whole, &[0, 0])
    });
    let error = refusal(&norm(), &chunked);
    assert!(matches!(&error, Error::Part { arg, what, .. } if arg == "input" && what.contains("loop")), "{error}");
    assert!(error.report().to_string().contains("constant places"), "{}", error.report());
    let single = matvec_with(|b, x, zero| {
        let value = b.load_scalar(x, &[zero, zero]);
        b.broadcast(value, &[1, K])
    });
    assert!(matches!(refusal(&norm(), &single), Error::Part { .. }));
    let past = matvec_with(|b, x, zero| {
        let one = b.index(1);
        b.load(x, &[zero, one], &[1, K])
    });
    assert!(matches!(refusal(&norm(), &past), Error::Part { what, .. } if what.contains("end")));
}

#[test]
fn links_that_do_not_fit_are_refused() {
    for input in [1, 2, 7] {
        let refused = inline_producer(&norm(), &matvec(), input);
        assert!(matches!(refused, Err(Error::WrongLink { .. })), "{input}");
    }
}

fn declared(text: &str, kernels: Vec<Kernel>) -> Result<fuse::Group, Error> {
    let module = Module { name: "test".into(), kernels };
    group(&Declaration::parse(text).expect("well formed"), &module)
}

fn called(mut kernel: Kernel, family: &str, tuning: &[(&str, u64)]) -> Kernel {
    kernel.family = family.into();
    kernel.tuning = tuning.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
    kernel.name = tuning
        .iter()
        .fold(family.to_owned(), |name, (key, value)| format!("{name}_{}{value}", key.to_ascii_lowercase()));
    kernel
}

#[test]
fn groups_name_their_kernels_and_arguments() {
    let kernels = || {
        vec![
            called(norm(), "norm", &[]),
            called(matvec(), "q", &[("BN", 4)]),
            called(matvec(), "q", &[("BN", 8)]),
            called(matvec(), "k", &[]),
        ]
    };
    let both = declared("norm_qk=norm>q+k", kernels()).expect("fits");
    assert_eq!(both.launches, ["norm", "q", "k"]);
    let names: Vec<&str> = both.parts[0].candidates.iter().map(|kernel| kernel.name.as_str()).collect();
    assert_eq!(names, ["norm_qk_q_bn4", "norm_qk_q_bn8"]);
    let slots = |slots: &[bundle::manifest::Slot]| -> Vec<String> {
        slots.iter().map(|slot| format!("{}.{}", slot.launch, slot.arg)).collect()
    };
    assert_eq!(slots(&both.parts[1].slots), ["0.input", "0.eps", "2.weight", "2.output"]);
    assert_eq!(slots(&both.same[0]), ["0.output", "1.input", "2.input"]);
    assert_eq!(slots(&both.drops), ["0.output"]);
    let single = declared("norm_q=norm>q.input", kernels()).expect("fits");
    assert_eq!(single.parts[0].candidates[1].name, "norm_q_bn8");
    let beside = declared("qk=q+k", kernels()).expect("fits");
    assert!(beside.same.is_empty() && beside.drops.is_empty());
    assert!(matches!(declared("x=norm>q+v", kernels()), Err(Error::UnknownKernel { kernel, .. }) if kernel == "v"));
    assert!(matches!(declared("q=norm>k", kernels()), Err(Error::NameTaken { .. })));
    assert!(matches!(declared("x=norm>q.weight", kernels()), Err(Error::WrongLink { .. })));
    assert!(matches!(declared("x=q>norm", kernels()), Err(Error::NoLink { found: 0, .. })));
    assert_eq!(Loc::Unknown, both.parts[0].candidates[0].loc);
}
