//! Each rule has a program that breaks it, beside one that does not.

use lower_dma::interp::{Arg, Options, Schedule, TrapKind, run};
use lower_dma::ir::{CoreKernel, Expr, Operand, Pipe, Scalar, Span, Stmt, StmtKind, VectorOp};
use lower_dma::place::Placed;
use lower_dma::sync::synchronise;
use lower_dma::target::Target;
use lower_dma::testing::{ASCEND, BANG, BANG_ASYNC, Build, GAUDI};
use lower_dma::verify::{Rule, verify};
use tile_ir::{Access, BinaryOp, Elem, Number, Predicate, ReduceOp};

fn two() -> Operand {
    Operand::Scalar(Expr::Float(2.0))
}

const MUL: VectorOp = VectorOp::Binary(BinaryOp::Mul);

/// `y = 2 x` for two rows of 64, with every flag.
fn doubled() -> CoreKernel {
    let mut b = Build::new("doubled", &ASCEND);
    let x = b.view("x", Elem::F32, &[2, 64], Access::Read);
    let y = b.view("y", Elem::F32, &[2, 64], Access::Write);
    let (a, c) = (b.buffer("a", Elem::F32, 2, 64), b.buffer("c", Elem::F32, 2, 64));
    b.load(a, x, Expr::int(0));
    b.sync(Pipe::In, Pipe::Vector);
    let operand = b.span(a);
    b.vector(MUL, c, &[operand, two()]);
    b.sync(Pipe::Vector, Pipe::Out);
    b.store(c, y, Expr::int(0));
    b.finish()
}

/// Four rows of `y = 2 x` in a loop that uses one buffer again; `back` says whether the next copy waits.
fn looped(back: bool) -> CoreKernel {
    let mut b = Build::new("looped", &ASCEND);
    let x = b.view("x", Elem::F32, &[4, 64], Access::Read);
    let y = b.view("y", Elem::F32, &[4, 64], Access::Write);
    let (a, c) = (b.buffer("a", Elem::F32, 1, 64), b.buffer("c", Elem::F32, 1, 64));
    b.count("row", 4, |b, row| {
        let at = Expr::Binary(BinaryOp::Mul, Box::new(row), Box::new(Expr::int(64)));
        if back {
            b.sync(Pipe::Vector, Pipe::In);
        }
        b.load(a, x, at.clone());
        b.sync(Pipe::In, Pipe::Vector);
        b.sync(Pipe::Out, Pipe::Vector);
        let operand = b.span(a);
        b.vector(MUL, c, &[operand, two()]);
        b.sync(Pipe::Vector, Pipe::Out);
        b.store(c, y, at);
    });
    b.finish()
}

fn rules(kernel: &CoreKernel, target: &Target) -> Vec<Rule> {
    verify(kernel, target).err().unwrap_or_default().into_iter().map(|error| error.rule).collect()
}

/// The sound program with one change, and the first rule it breaks.
fn broken(change: impl FnOnce(&mut CoreKernel)) -> Rule {
    let mut kernel = doubled();
    assert_eq!(rules(&kernel, &ASCEND), []);
    change(&mut kernel);
    rules(&kernel, &ASCEND).into_iter().next().expect("a rule is broken")
}

fn vector(kernel: &mut CoreKernel) -> (&mut VectorOp, &mut Span, &mut Vec<Operand>) {
    let stmt = kernel.body.iter_mut().find_map(|stmt| match &mut stmt.kind {
        StmtKind::Vector { op, dst, args } => Some((op, dst, args)),
        _ => None,
    });
    stmt.expect("there is one")
}

fn copies(kernel: &mut CoreKernel) -> Vec<&mut lower_dma::ir::Copy> {
    let list = kernel.body.iter_mut().filter_map(|stmt| match &mut stmt.kind {
        StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => Some(copy),
        _ => None,
    });
    list.collect()
}

fn without(kernel: &mut CoreKernel, at: usize) -> Stmt {
    kernel.body.remove(at)
}

#[test]
fn buffers_are_inside_local_memory_and_aligned() {
    assert_eq!(broken(|k| k.buffers[0].address = ASCEND.local_bytes), Rule::Place("a".into()));
    assert_eq!(broken(|k| k.buffers[0].address = 16), Rule::Place("a".into()));
    assert_eq!(broken(|k| k.buffers[0].pitch = 65), Rule::Pitch("a".into()));
}

#[test]
fn parts_are_inside_their_buffers_and_start_at_blocks() {
    assert_eq!(broken(|k| vector(k).1.offset = Expr::int(64)), Rule::Inside("c".into()));
    assert_eq!(broken(|k| copies(k)[0].max_rows = 3), Rule::Inside("a".into()));
    let shifted = broken(|k| {
        copies(k)[0].offset = Expr::int(4);
        copies(k)[0].max_cols = 32;
    });
    assert_eq!(shifted, Rule::Aligned("a".into()));
}

#[test]
fn operands_fit() {
    let operands = |rule: Rule| matches!(rule, Rule::Operands(_));
    assert!(operands(broken(|k| vector(k).1.rows = 1)), "sizes");
    assert!(operands(broken(|k| *vector(k).0 = VectorOp::Binary(BinaryOp::Sub))), "a form that it does not take");
    assert!(operands(broken(|k| *vector(k).0 = VectorOp::Compare(Predicate::FLt))), "a result that is no mask");
    assert!(operands(broken(|k| *vector(k).0 = VectorOp::ReduceRows(ReduceOp::Add))), "one operand");
    assert!(operands(broken(|k| k.buffers[1].elem = Elem::Bf16)), "element types");
    let foreign = broken(|k| {
        vector(k).2.pop();
        *vector(k).0 = VectorOp::Unary(tile_ir::UnaryOp::Sin);
    });
    assert!(matches!(foreign, Rule::Native(_)));
}

/// Where a target cannot reduce parts of rows, what lies between them must be nobody's.
#[test]
fn reduced_rows_are_what_the_target_reduces() {
    let check = |target: &Target, rows: u64, cols: u64| {
        let mut b = Build::new("parts", target);
        let x = b.view("x", Elem::F32, &[rows, 32], Access::Read);
        let (a, d) = (b.buffer("a", Elem::F32, rows, 32), b.buffer("d", Elem::F32, 1, rows));
        b.load(a, x, Expr::int(0));
        b.put(StmtKind::Fence);
        let part = Span { cols, ..b.all(a) };
        let (op, dst) = (VectorOp::ReduceRows(ReduceOp::Add), b.all(d));
        b.put(StmtKind::Vector { op, dst, args: vec![Operand::Span(part)] });
        verify(&b.finish(), target)
    };
    for target in &lower_dma::testing::TARGETS {
        assert_eq!(check(target, 3, 30), Ok(()), "{}: the rest of the last block", target.name);
        assert_eq!(check(target, 1, 8), Ok(()), "{}: one row", target.name);
        let parts = check(target, 3, 8).map_err(|errors| errors[0].rule.clone());
        let wanted = Err(Rule::Native("ReduceRows(Add) on f32".into()));
        assert_eq!(parts, if target.reduces_parts { Ok(()) } else { wanted }, "{}", target.name);
    }
}

#[test]
fn variables_are_defined_and_typed() {
    let number = |value: Expr| {
        move |k: &mut CoreKernel| {
            let var = lower_dma::ir::Var(0);
            k.vars.push(lower_dma::ir::VarData { name: "n".into(), scalar: Scalar::F32 });
            let stmt = Stmt { kind: StmtKind::Let { var, value }, loc: k.loc.clone() };
            k.body.insert(0, stmt);
        }
    };
    let own = lower_dma::ir::Var(0);
    assert_eq!(broken(number(Expr::Var(own))), Rule::Undefined("n".into()));
    assert_eq!(broken(number(Expr::int(1))), Rule::Type("a variable"));
    let mut sound = doubled();
    number(Expr::Float(1.0))(&mut sound);
    assert_eq!(rules(&sound, &ASCEND), []);
}

#[test]
fn copies_are_within_limits() {
    assert!(matches!(broken(|k| copies(k)[1].pad = Some(Number::Float(0.0))), Rule::Copy(_)), "outward");
    assert!(matches!(broken(|k| copies(k)[0].cols = Expr::int(0)), Rule::Copy(_)), "nothing");
    assert_eq!(broken(|k| copies(k)[1].view = tile_ir::ViewId(0)), Rule::View("x".into()));
    let narrow = Target { copy_rows: 1, ..ASCEND };
    assert_eq!(rules(&doubled(), &narrow), [Rule::Copy("too many rows"), Rule::Copy("too many rows")]);
    let short = Target { copy_row_bytes: 64, ..ASCEND };
    assert_eq!(rules(&doubled(), &short).len(), 2);
    let filled = |elem, pad| {
        let mut b = Build::new("filled", &ASCEND);
        let x = b.view("x", elem, &[3], Access::Read);
        let a = b.buffer("a", elem, 1, 3);
        let copy = b.copy(a, x, Expr::int(0));
        b.put(StmtKind::CopyIn(lower_dma::ir::Copy { pad: Some(Number::Int(pad)), ..copy }));
        rules(&b.finish(), &ASCEND)
    };
    assert_eq!([filled(Elem::I32, 5), filled(Elem::I64, 0)], [vec![], vec![]]);
    assert!(matches!(filled(Elem::I64, 5)[..], [Rule::Copy(_)]));
}

#[test]
fn nothing_is_read_before_it_is_written() {
    let rule = broken(|k| {
        without(k, 0);
        without(k, 0);
        without(k, 0);
    });
    assert_eq!(rule, Rule::Unwritten("a".into()));
}

#[test]
fn nothing_is_read_that_something_else_was_written_over() {
    // The result lies over the operand, which is read again.
    let twice = |address: u64| {
        let mut kernel = doubled();
        kernel.buffers[1].address = address;
        let again = kernel.body[3].clone();
        let barrier = Stmt { kind: StmtKind::Barrier(Pipe::Vector), loc: kernel.loc.clone() };
        kernel.body.insert(4, again);
        kernel.body.insert(4, barrier);
        kernel
    };
    assert_eq!(rules(&twice(512), &ASCEND), []);
    assert_eq!(rules(&twice(256), &ASCEND), [Rule::Unwritten("a".into())]);
}

#[test]
fn accesses_are_ordered() {
    let unordered = broken(|k| {
        without(k, 1);
        without(k, 1);
    });
    assert_eq!(unordered, Rule::Unordered(Pipe::In, Pipe::Vector));
    let late = broken(|k| {
        without(k, 4);
        without(k, 4);
    });
    assert_eq!(late, Rule::Unordered(Pipe::Vector, Pipe::Out));
    assert_eq!(rules(&looped(true), &ASCEND), []);
    let next = rules(&looped(false), &ASCEND);
    assert!(next.contains(&Rule::Unordered(Pipe::Vector, Pipe::In)), "{next:?}");
}

#[test]
fn one_pipe_needs_barriers() {
    let make = |barrier: bool| {
        let mut kernel = doubled();
        let again = kernel.body[3].clone();
        kernel.body.insert(4, again);
        if barrier {
            let loc = kernel.loc.clone();
            kernel.body.insert(4, Stmt { kind: StmtKind::Barrier(Pipe::Vector), loc });
        }
        kernel
    };
    assert_eq!(rules(&make(true), &ASCEND), []);
    assert_eq!(rules(&make(false), &ASCEND), [Rule::Unordered(Pipe::Vector, Pipe::Vector)]);
}

#[test]
fn overlapping_buffers_are_one_place() {
    let rule = broken(|k| {
        k.buffers[0].address = 32;
        k.buffers[1].address = 0;
        without(k, 1);
        without(k, 1);
        // The product reads nothing that was copied, but writes over it.
        let operand = vector(k).2[0].clone();
        if let Operand::Span(span) = operand {
            vector(k).2[0] = Operand::Span(Span { buffer: lower_dma::ir::Buffer(1), ..span });
        }
        *vector(k).0 = MUL;
        let fill = Stmt {
            kind: StmtKind::Vector { op: VectorOp::Copy, dst: vector(k).1.clone(), args: vec![two()] },
            loc: k.loc.clone(),
        };
        k.body.insert(1, fill);
    });
    assert_eq!(rule, Rule::Unordered(Pipe::In, Pipe::Vector));
}

#[test]
fn flags_are_in_turn() {
    let (from, to, event) = (Pipe::In, Pipe::Vector, 0);
    assert_eq!(broken(|k| drop(without(k, 1))), Rule::NotSet { from, to, event });
    let left = broken(|k| {
        let signal = Stmt { kind: StmtKind::Signal { from: Pipe::Out, to: Pipe::In, event: 3 }, loc: k.loc.clone() };
        k.body.push(signal);
    });
    assert_eq!(left, Rule::Unbalanced);
    let twice = broken(|k| {
        let signal = k.body[1].clone();
        k.body.insert(1, signal);
    });
    assert_eq!(twice, Rule::SetTwice { from, to, event });
    // The flag is waited for in between, but nobody knows whether the vector unit got there.
    let soon = broken(|k| {
        let pair = [k.body[1].clone(), k.body[2].clone()];
        pair.into_iter().for_each(|stmt| k.body.insert(3, stmt));
        k.body.swap(3, 4);
    });
    assert_eq!(soon, Rule::SetTwice { from, to, event });
    let unknown = broken(|k| {
        for stmt in &mut k.body[1..3] {
            if let StmtKind::Signal { event, .. } | StmtKind::Await { event, .. } = &mut stmt.kind {
                *event = 6;
            }
        }
    });
    assert_eq!(unknown, Rule::Foreign);
}

#[test]
fn branches_leave_the_same_flags() {
    let rule = broken(|k| {
        let signal = without(k, 1);
        let loc = k.loc.clone();
        let kind = StmtKind::If { condition: Expr::Bool(true), then: vec![signal], otherwise: vec![] };
        k.body.insert(1, Stmt { kind, loc });
    });
    assert_eq!(rule, Rule::Unbalanced);
}

/// `doubled` for a target that waits for pipes.
fn drained(waits: bool, target: &Target) -> CoreKernel {
    let mut kernel = doubled();
    let mut address = 0;
    for data in &mut kernel.buffers {
        data.address = address;
        address += target.bytes(data.elem, data.elements()).next_multiple_of(target.align);
    }
    let drain = |pipe| Stmt { kind: StmtKind::Drain(pipe), loc: tile_ir::Loc::Unknown };
    kernel.body.retain(|stmt| !matches!(stmt.kind, StmtKind::Signal { .. } | StmtKind::Await { .. }));
    if waits {
        kernel.body.insert(1, drain(Pipe::In));
        kernel.body.insert(3, drain(Pipe::Vector));
    }
    kernel
}

#[test]
fn copies_beside_what_follows_are_waited_for() {
    assert_eq!(rules(&drained(true, &BANG_ASYNC), &BANG_ASYNC), []);
    let open = [Rule::Unordered(Pipe::In, Pipe::Vector), Rule::Unordered(Pipe::Vector, Pipe::Out)];
    assert_eq!(rules(&drained(false, &BANG_ASYNC), &BANG_ASYNC), open);
    assert_eq!(rules(&drained(false, &BANG), &BANG), []);
    assert!(rules(&doubled(), &BANG).contains(&Rule::Foreign));
    assert!(rules(&drained(true, &ASCEND), &ASCEND).contains(&Rule::Foreign));
}

/// `y = 2 x`, the second element a hundred more, which scalar code writes; and what the core does before the copy out.
fn written(before: Option<StmtKind>, target: &Target) -> CoreKernel {
    let mut b = Build::new("written", target);
    let x = b.view("x", Elem::F32, &[64], Access::Read);
    let y = b.view("y", Elem::F32, &[64], Access::Write);
    let (a, c) = (b.buffer("a", Elem::F32, 1, 64), b.buffer("c", Elem::F32, 1, 64));
    b.load(a, x, Expr::int(0));
    if before.is_some() {
        b.put(StmtKind::Drain(Pipe::In));
    }
    let operand = b.span(a);
    b.vector(MUL, c, &[operand, two()]);
    let first = b.var("first", Scalar::F32);
    b.put(StmtKind::Read { var: first, buffer: c, offset: Expr::int(1) });
    let more = Expr::Binary(BinaryOp::Add, Box::new(Expr::Var(first)), Box::new(Expr::Float(100.0)));
    b.put(StmtKind::Write { buffer: c, offset: Expr::int(1), value: more });
    before.into_iter().for_each(|kind| b.put(kind));
    b.store(c, y, Expr::int(0));
    b.finish()
}

#[test]
fn copies_do_not_wait_for_scalar_code() {
    let of = |pipe: Pipe| written(Some(StmtKind::Drain(pipe)), &BANG_ASYNC);
    let open = |first| vec![Rule::Unordered(first, Pipe::Out)];
    assert_eq!(rules(&of(Pipe::Vector), &BANG_ASYNC), open(Pipe::Scalar));
    assert_eq!(rules(&of(Pipe::Scalar), &BANG_ASYNC), open(Pipe::Vector));
    let sound = written(Some(StmtKind::Fence), &BANG_ASYNC);
    assert_eq!(rules(&sound, &BANG_ASYNC), []);
    assert_eq!(rules(&written(None, &BANG), &BANG), []);
    let mut want: Vec<f32> = (0..64).map(|i| 2.0 * i as f32).collect();
    want[1] += 100.0;
    for schedule in [Schedule::Eager, Schedule::Late, Schedule::Random(7)] {
        assert_eq!(launch(&sound, &BANG_ASYNC, schedule), Ok(want.clone()));
        assert_eq!(launch(&written(None, &BANG), &BANG, schedule), Ok(want.clone()));
    }
    let early = launch(&of(Pipe::Vector), &BANG_ASYNC, Schedule::Late);
    assert!(early.is_ok_and(|found| found[1] == 2.0), "the copy took what scalar code had not written yet");
}

/// What the lowering makes of scalar code whose results are copied out, and of two pipes that one statement waits for.
#[test]
fn the_core_waits_for_scalar_code_before_a_copy() {
    let open = written(None, &BANG_ASYNC);
    let sound = synchronise(Placed(open), &BANG_ASYNC);
    assert_eq!(rules(&sound, &BANG_ASYNC), []);
    let orders: Vec<&StmtKind> = sound.body.iter().map(|stmt| &stmt.kind).filter(|kind| is_order(kind)).collect();
    assert_eq!(orders, [&StmtKind::Drain(Pipe::In), &StmtKind::Fence]);
}

const fn is_order(kind: &StmtKind) -> bool {
    matches!(kind, StmtKind::Drain(_) | StmtKind::Fence)
}

fn launch(kernel: &CoreKernel, target: &Target, schedule: Schedule) -> Result<Vec<f32>, TrapKind> {
    let count = kernel.view(tile_ir::ViewId(0)).map_or(0, |view| view.shape.count()) as usize;
    let x: Vec<u8> = (0..count).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let mut y = vec![0xff; x.len()];
    let options = Options { schedule, ..Options::default() };
    run(kernel, target, &mut [Arg::In(&x), Arg::Out(&mut y)], &options).map_err(|trap| trap.kind)?;
    Ok(y.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

#[test]
fn what_the_proof_refuses_shows_when_it_runs() {
    let want = |count: usize| (0..count).map(|i| 2.0 * i as f32).collect::<Vec<_>>();
    for schedule in [Schedule::Eager, Schedule::Late, Schedule::Random(7)] {
        assert_eq!(launch(&doubled(), &ASCEND, schedule), Ok(want(128)));
        assert_eq!(launch(&looped(true), &ASCEND, schedule), Ok(want(256)));
        assert_eq!(launch(&drained(false, &BANG), &BANG, schedule), Ok(want(128)));
        assert_eq!(launch(&drained(true, &BANG_ASYNC), &BANG_ASYNC, schedule), Ok(want(128)));
    }
    let noticed = |kernel: &CoreKernel, target: &Target| {
        let mut schedules = vec![Schedule::Late];
        schedules.extend((0..20).map(Schedule::Random));
        let count = kernel.view(tile_ir::ViewId(0)).map_or(0, |view| view.shape.count()) as usize;
        schedules.into_iter().any(|schedule| launch(kernel, target, schedule) != Ok(want(count)))
    };
    assert!(noticed(&looped(false), &ASCEND));
    assert!(noticed(&drained(false, &BANG_ASYNC), &BANG_ASYNC));
    for at in [1, 4] {
        let mut open = doubled();
        without(&mut open, at);
        without(&mut open, at);
        assert!(noticed(&open, &ASCEND), "without the flags at {at}");
    }
}

/// Rows folded into a row of sums that starts anywhere, where local memory is vectors; a copy starts at one.
#[test]
fn rows_that_start_anywhere() {
    let folded = |first: i64, start: i64, target: &'static Target| {
        let mut b = Build::new("folded", target);
        let x = b.view("x", Elem::F32, &[4, 64], Access::Read);
        let y = b.view("y", Elem::F32, &[128], Access::Write);
        let (a, sums) = (b.buffer("a", Elem::F32, 4, 64), b.buffer("sums", Elem::F32, 1, 128));
        b.load(a, x, Expr::int(0));
        b.vector(VectorOp::Copy, sums, &[Operand::Scalar(Expr::Float(1.0))]);
        let part = |first: i64| Span { buffer: sums, offset: Expr::int(first), rows: 1, cols: 4, pitch: 128 };
        let args = vec![b.span(a), Operand::Span(part(start))];
        b.put(StmtKind::Vector { op: VectorOp::ReduceRows(ReduceOp::Add), dst: part(first), args });
        b.store(sums, y, Expr::int(0));
        b.finish()
    };
    assert_eq!(rules(&folded(61, 61, &GAUDI), &GAUDI), []);
    let inside = |rule: &Rule| matches!(rule, Rule::Inside(_));
    assert!(rules(&folded(125, 125, &GAUDI), &GAUDI).iter().any(inside), "past the end");
    assert!(rules(&folded(61, 64, &GAUDI), &GAUDI).contains(&Rule::Aligned("sums".to_owned())), "another place");
    assert!(!rules(&folded(64, 64, &BANG), &BANG).is_empty(), "local memory is no vectors");
    let sound = folded(61, 61, &GAUDI);
    let x: Vec<u8> = (0..256).flat_map(|at| ((at / 64) as f32).to_le_bytes()).collect();
    let mut y = vec![0; 512];
    let options = Options { schedule: Schedule::Eager, ..Options::default() };
    run(&sound, &GAUDI, &mut [Arg::In(&x), Arg::Out(&mut y)], &options).expect("it runs");
    let y: Vec<f32> = y.chunks(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
    assert_eq!(y[60..66], [1.0, 1.0, 65.0, 129.0, 193.0, 1.0]);
}
