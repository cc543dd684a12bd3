//! Arguments, program order, whole kernels.

use diagnostics::{Kind, Report};

use super::*;
use crate::op::{Axis, BinaryOp, CastOp, ContractSpec};
use crate::testing::{Rng, random_buffer};

/// `y[n] = sum_k w[n, k] * x[k]`, `block` rows per program.
fn matvec(rows: u64, cols: u64, block: u64) -> Kernel {
    let mut b = KernelBuilder::new("matvec");
    b.grid([rows.div_ceil(block), 1, 1]);
    let x = b.read("x", Elem::F32, &[1, cols]);
    let w = b.weights("w", Elem::Bf16, &[rows, cols]);
    let y = b.write("y", Elem::F32, &[1, rows], &[Own::Whole, Own::Block { axis: Axis::X, size: block }]);
    let (id, size, zero) = (b.program_id(Axis::X), b.index(block as i64), b.index(0));
    let start = b.mul(id, size);
    let x = b.load(x, &[zero, zero], &[1, cols]);
    let w = b.load(w, &[start, zero], &[block, cols]);
    let w = b.cast(CastOp::ExtF, w, Elem::F32);
    let acc = b.splat(Elem::F32, &[1, block], 0.0);
    let sum = b.contract(x, w, acc, ContractSpec::matmul(true));
    b.store(y, sum, &[zero, start]);
    b.finish().expect("a valid kernel")
}

#[test]
fn matvec_in_any_order_of_programs() {
    let (rows, cols) = (75, 129);
    let kernel = matvec(rows, cols, 8);
    let mut rng = Rng::new(1);
    let x = random_buffer(&mut rng, Elem::F32, &[1, cols]);
    let w = random_buffer(&mut rng, Elem::Bf16, &[rows, cols]);
    let (xs, ws) = (x.to_floats().expect("floats"), w.to_floats().expect("floats"));
    let expected: Vec<f64> = ws
        .chunks(cols as usize)
        .map(|row| row.iter().zip(&xs).map(|(&w, &x)| f64::from(w) * f64::from(x)).sum())
        .collect();
    let mut first: Option<Buffer> = None;
    for order in [Order::Ascending, Order::Descending, Order::Shuffled(1), Order::Shuffled(2), Order::Shuffled(77)] {
        let mut y = Buffer::zeros(Elem::F32, &[1, rows]).expect("a buffer");
        let options = Options { order, ..Options::default() };
        let outcome = run(&kernel, &mut [Arg::In(&x), Arg::In(&w), Arg::Out(&mut y)], &options).expect("runs");
        assert_eq!(outcome.poisoned, [0, 0, 0]);
        for (found, expected) in y.to_floats().expect("floats").into_iter().zip(&expected) {
            assert!((f64::from(found) - expected).abs() < 1e-6 * expected.abs().max(1.0));
        }
        assert_eq!(first.get_or_insert(y.clone()), &y);
    }
}

#[test]
fn a_large_matvec_takes_seconds_at_most() {
    let (rows, cols) = (8960, 1536);
    let kernel = matvec(rows, cols, 64);
    let mut rng = Rng::new(2);
    let x = random_buffer(&mut rng, Elem::F32, &[1, cols]);
    let w = random_buffer(&mut rng, Elem::Bf16, &[rows, cols]);
    let mut y = Buffer::zeros(Elem::F32, &[1, rows]).expect("a buffer");
    let start = std::time::Instant::now();
    run(&kernel, &mut [Arg::In(&x), Arg::In(&w), Arg::Out(&mut y)], &Options::default()).expect("runs");
    // Generous: the machine may be busy.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn every_program_runs_once() {
    let mut b = KernelBuilder::new("ids");
    b.grid([5, 3, 2]);
    let own = [Axis::Z, Axis::Y, Axis::X].map(|axis| Own::Block { axis, size: 1 });
    let out = b.write("out", Elem::I32, &[2, 3, 5], &own);
    let [x, y, z] = Axis::ALL.map(|axis| b.program_id(axis));
    let (width, height) = (b.num_programs(Axis::X), b.num_programs(Axis::Y));
    let plane = b.mul(z, height);
    let row = b.add(plane, y);
    let row = b.mul(row, width);
    let number = b.binary(BinaryOp::Add, row, x);
    let number = b.cast(CastOp::IndexU, number, Elem::I32);
    b.store_scalar(out, number, &[z, y, x]);
    let kernel = b.finish().expect("a valid kernel");
    for order in [Order::Ascending, Order::Descending, Order::Shuffled(5)] {
        let shape = Shape::new(&[2, 3, 5]).expect("a shape");
        let options = Options { order, ..Options::default() };
        let (output, outcome) = run_out(&kernel, Elem::I32, shape, &options).expect("runs");
        assert_eq!(outcome.poisoned, [0]);
        assert_eq!(output.to_ints().expect("ints"), (0..30).collect::<Vec<_>>());
    }
}

#[test]
fn arguments_must_fit_their_parameters() {
    let mut b = KernelBuilder::new("args");
    b.read("x", Elem::F32, &[4]);
    b.write("y", Elem::F32, &[4], &[Own::Whole]);
    b.scalar("n", Elem::I32, Some(10));
    b.scalar("eps", Elem::F32, None);
    b.scalar("wide", Elem::I64, None);
    let kernel = b.finish().expect("a valid kernel");
    let x = floats(Elem::F32, &[4], &[0.0; 4]);
    let mut y = x.clone();
    let launch = |args: &mut [Arg]| run(&kernel, args, &Options::default());
    launch(&mut [Arg::In(&x), Arg::Out(&mut y), Arg::I32(9), Arg::F32(0.0), Arg::I64(-1)]).expect("they fit");
    let found = trap_kind(launch(&mut [Arg::In(&x)]));
    assert_eq!(found, TrapKind::ArgumentCount { expected: 5, found: 1 });

    let (mut z, short) = (x.clone(), floats(Elem::F32, &[3], &[0.0; 3]));
    let narrow = floats(Elem::F16, &[4], &[0.0; 4]);
    let cut = Buffer { bytes: vec![0; 15], ..x.clone() };
    let names: Vec<String> = [
        launch(&mut [Arg::In(&short), Arg::Out(&mut y), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&narrow), Arg::Out(&mut y), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&cut), Arg::Out(&mut y), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::Out(&mut z), Arg::Out(&mut y), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::In(&narrow), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::I32(0), Arg::I32(9), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::Out(&mut y), Arg::I32(10), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::Out(&mut y), Arg::I32(-1), Arg::F32(0.0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::Out(&mut y), Arg::I32(0), Arg::I32(0), Arg::I64(0)]),
        launch(&mut [Arg::In(&x), Arg::Out(&mut y), Arg::I32(0), Arg::F32(0.0), Arg::I32(0)]),
    ]
    .into_iter()
    .map(|result| match trap_kind(result) {
        TrapKind::Argument { name, problem } => format!("{name} {problem}"),
        other => panic!("{other:?}"),
    })
    .collect();
    assert_eq!(
        names,
        [
            "x is a buffer of 3xf32; 4xf32 expected",
            "x is a buffer of 4xf16; 4xf32 expected",
            "x has 15 bytes, which do not fit its shape",
            "x is an output, but the view is only read",
            "y is an input, but the view is written",
            "y is a number, not a buffer",
            "n is 10, which is not below its bound 10",
            "n is 4294967295, which is not below its bound 10",
            "eps is not a number of type f32",
            "wide is not a number of type i64",
        ]
    );
}

#[test]
fn invalid_kernels_do_not_run() {
    let mut b = KernelBuilder::new("bad");
    b.add(Value(7), Value(8));
    let found = run(&b.finish_unchecked(), &mut [], &Options::default());
    assert!(matches!(trap_kind(found), TrapKind::Invalid(_)));
}

#[test]
fn traps_become_reports() {
    let mut b = KernelBuilder::new("k");
    b.at("src/k.rs", 1, 1);
    let view = b.read("x", Elem::F32, &[4]);
    b.at("src/k.rs", 3, 5);
    let at = b.index(4);
    b.load_scalar(view, &[at]);
    let kernel = b.finish().expect("a valid kernel");
    let x = floats(Elem::F32, &[4], &[0.0; 4]);
    let trap = run(&kernel, &mut [Arg::In(&x)], &Options::default()).expect_err("outside");
    let report = Report::from(&*trap);
    assert_eq!(report.kind, Kind::Invalid);
    assert_eq!(report.message, "index 4 is outside view `x`, whose extent is 4");
    assert_eq!(report.span.expect("a position").to_string(), "src/k.rs:3:5");
    assert_eq!(report.notes, ["in kernel `k`, program (0, 0, 0)"]);
}
