//! What the lowering makes: bytes moved, programs on cores, copies ahead, refusals, text.

use std::collections::BTreeSet;

use dma_testing::{SCHEDULES, interpret_cores, lower};
use lower_dma::Error;
use lower_dma::ir::{CoreKernel, Operand, StmtKind, VectorOp};
use lower_dma::target::Target;
use lower_dma::testing::{ASCEND, BANG, BANG_ASYNC, GAUDI, TARGETS};
use tile_ir::{Axis, BinaryOp, CastOp, ContractSpec, Elem, Kernel, KernelBuilder, Own, UnaryOp};

/// `output = input * transpose(weight)`, `block` columns per program.
fn matvec(n: u64, k: u64, block: u64) -> Kernel {
    let mut t = KernelBuilder::new("matvec");
    t.at("matvec.rs", 7, 3);
    t.grid([n / block, 1, 1]);
    let own = [Own::Whole, Own::Block { axis: Axis::X, size: block }];
    let (x, w) = (t.read("input", Elem::F32, &[1, k]), t.weights("weight", Elem::Bf16, &[n, k]));
    let y = t.write("output", Elem::F32, &[1, n], &own);
    let (zero, size, id) = (t.index(0), t.index(block as i64), t.program_id(Axis::X));
    let row = t.binary(BinaryOp::Mul, id, size);
    let left = t.load(x, &[zero, zero], &[1, k]);
    t.name(left, "x");
    let right = t.load(w, &[row, zero], &[block, k]);
    t.name(right, "rows");
    let right = t.cast(CastOp::ExtF, right, Elem::F32);
    let acc = t.splat(Elem::F32, &[1, block], 0.0);
    let product = t.contract(left, right, acc, ContractSpec::matmul(true));
    t.store(y, product, &[zero, row]);
    t.finish().expect("valid")
}

/// Twice a tile that must exist as a whole.
fn carried(rows: u64, cols: u64) -> Kernel {
    let mut t = KernelBuilder::new("carried");
    t.at("carried.rs", 4, 5);
    let x = t.read("input", Elem::F32, &[rows, cols]);
    let y = t.write("output", Elem::F32, &[rows, cols], &[Own::Whole, Own::Whole]);
    let (zero, two, one) = (t.index(0), t.index(2), t.index(1));
    let value = t.load(x, &[zero, zero], &[rows, cols]);
    let sum = t.for_loop(zero, two, one, &[value], |t, _, carried| {
        t.at("carried.rs", 9, 1);
        let more = t.unary(UnaryOp::Abs, carried[0]);
        t.name(more, "sizes");
        vec![t.add(more, carried[0])]
    });
    t.store(y, sum[0], &[zero, zero]);
    t.finish().expect("valid")
}

fn run(kernel: &Kernel, target: &Target) -> (CoreKernel, lower_dma::interp::Stats) {
    let core = lower(kernel, target).unwrap_or_else(|error| panic!("{}", error.report()));
    let case = judge::generate(kernel, 1).expect("small views");
    let stats = interpret_cores(kernel, &core, target, &case, &SCHEDULES).unwrap_or_else(|problem| panic!("{problem}"));
    (core, stats)
}

#[test]
fn weights_are_read_once_and_what_programs_share_once_per_core() {
    for (n, k, block) in [(96, 1536, 16), (64, 2240, 32), (4096, 64, 16)] {
        for target in &TARGETS {
            let (core, stats) = run(&matvec(n, k, block), target);
            assert_eq!(stats.bytes_in, [core.cores * k * 4, n * k * 2, 0], "{} {n}x{k}", target.name);
            assert_eq!(stats.bytes_out, [0, 0, n * 4]);
        }
    }
}

#[test]
fn copies_are_large() {
    let (_, stats) = run(&matvec(32, 4096, 32), &ASCEND);
    let (moved, copies) = (stats.bytes_in[1], stats.copies - 2);
    assert!(moved / copies >= 16 << 10, "{moved} bytes in {copies} copies");
}

#[test]
fn copies_run_ahead_where_pipes_run_on_their_own() {
    let targets_of = |core: &CoreKernel| {
        let mut list = BTreeSet::new();
        for stmt in &core.body {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::CopyIn(copy) = &stmt.kind
                    && copy.view.index() == 1
                {
                    list.insert(copy.buffer);
                }
            });
        }
        list.len()
    };
    let kernel = matvec(32, 4096, 32);
    assert_eq!(targets_of(&run(&kernel, &ASCEND).0), 2);
    assert_eq!(targets_of(&run(&kernel, &BANG).0), 1);
    assert_eq!(targets_of(&run(&kernel, &BANG_ASYNC).0), 2);
}

/// Where the core waits for whole pipes: everything before a copy ahead, and nothing between it and the work that goes on meanwhile.
#[test]
fn nothing_waits_for_copies_ahead() {
    let (core, _) = run(&matvec(32, 4096, 32), &BANG_ASYNC);
    let mut turns = None;
    for stmt in &core.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::For { body, .. } = &stmt.kind
                && body.iter().any(|stmt| matches!(stmt.kind, StmtKind::CopyIn(_)))
                && body.iter().any(|stmt| matches!(stmt.kind, StmtKind::If { .. }))
            {
                turns = Some(body);
            }
        });
    }
    let kinds = turns.expect("a loop of two turns").iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Fence | StmtKind::Drain(_) => Some("wait"),
        StmtKind::CopyIn(_) | StmtKind::If { .. } => Some("copy"),
        StmtKind::Vector { .. } => Some("work"),
        _ => None,
    });
    let mut kinds: Vec<&str> = kinds.collect();
    kinds.dedup();
    assert_eq!(kinds, ["wait", "copy", "work", "wait", "copy", "work"]);
}

#[test]
fn no_two_cores_write_into_one_block() {
    // Columns per program, then programs per turn and cores.
    for (block, grain, cores) in [(16, 1, 48), (8, 1, 48), (4, 2, 48), (2, 4, 48), (1, 8, 48)] {
        let core = lower(&matvec(block * 480, 64, block), &ASCEND).expect("supported");
        assert_eq!((core.grain, core.cores), (grain, cores), "{block} columns");
    }
    // Rows that are no whole blocks: the first program of a row meets the last one of the row before.
    let mut t = KernelBuilder::new("rows");
    t.grid([4, 3, 1]);
    let own = [Own::Block { axis: Axis::Y, size: 1 }, Own::Block { axis: Axis::X, size: 8 }];
    let y = t.write("output", Elem::F32, &[3, 31], &own);
    let (row, id, eight) = (t.program_id(Axis::Y), t.program_id(Axis::X), t.index(8));
    let col = t.mul(id, eight);
    let value = t.splat(Elem::F32, &[1, 8], 1.5);
    t.store(y, value, &[row, col]);
    let kernel = t.finish().expect("valid");
    assert_eq!(lower(&kernel, &ASCEND).expect("supported").cores, 1);
    assert_eq!(lower(&kernel, &BANG).expect("supported").cores, 12);
}

#[test]
fn tiles_that_do_not_fit_are_refused_with_what_takes_the_room() {
    run(&carried(64, 256), &ASCEND);
    let error = lower(&carried(256, 512), &ASCEND).expect_err("512 KiB");
    let Error::Limit { needed, limit, .. } = &error else { panic!("{error}") };
    assert!(needed > limit && *limit == ASCEND.local_bytes, "{needed} {limit}");
    let report = error.report().to_string();
    assert!(report.contains("use smaller tiles; the largest buffers are"), "{report}");
    assert!(report.contains("524288") && report.contains("carried.rs"), "{report}");
}

/// `function(input * scale)`.
fn wave(function: UnaryOp, scale: f32) -> Kernel {
    let mut t = KernelBuilder::new("wave");
    t.at("wave.rs", 3, 9);
    let x = t.read("input", Elem::F32, &[5, 70]);
    let y = t.write("output", Elem::F32, &[5, 70], &[Own::Whole, Own::Whole]);
    let (zero, scale) = (t.index(0), t.splat(Elem::F32, &[5, 70], scale));
    let value = t.load(x, &[zero, zero], &[5, 70]);
    let angle = t.binary(BinaryOp::Mul, value, scale);
    let value = t.unary(function, angle);
    t.store(y, value, &[zero, zero]);
    t.finish().expect("valid")
}

#[test]
fn sines_and_cosines_of_small_and_large_angles() {
    for target in &TARGETS {
        for function in [UnaryOp::Sin, UnaryOp::Cos] {
            for scale in [1e-6, 1.0, 40.0, 30_000.0] {
                run(&wave(function, scale), target);
            }
        }
    }
}

#[test]
fn what_no_target_has_is_refused_at_the_users_line() {
    let mut t = KernelBuilder::new("twice");
    t.at("twice.rs", 3, 9);
    let x = t.read("input", Elem::I32, &[1, 8]);
    let y = t.write("output", Elem::F16, &[1, 8], &[Own::Whole, Own::Whole]);
    let zero = t.index(0);
    let value = t.load(x, &[zero, zero], &[1, 8]);
    let value = t.cast(CastOp::SIntToFp, value, Elem::F16);
    t.store(y, value, &[zero, zero]);
    let kernel = t.finish().expect("valid");
    for target in &TARGETS {
        let report = lower(&kernel, target).expect_err("it rounds twice").report().to_string();
        assert!(report.contains("cast to f32 first") && report.contains("twice.rs:3:9"), "{report}");
    }
}

#[test]
fn text_has_the_users_names_and_lines() {
    let text = lower_dma::text::print(&lower(&matvec(32, 64, 16), &ASCEND).expect("supported"));
    assert!(text.contains("kernel matvec(input: &[f32; 1x64], weight: &weights [bf16; 32x64]"), "{text}");
    assert!(text.contains("local rows_bf16: [bf16; 16x64] by 64 at ") && text.contains("// matvec.rs:7:3"), "{text}");
    assert!(text.contains("copy rows_bf16[0; by 64] <- weight["), "{text}");
}

/// Twice the first column of rows, and the rows themselves, of which there are more than a copy may have.
#[test]
fn copies_have_as_many_rows_as_they_may() {
    for (rows, cols) in [(4100, 2), (4100, 1)] {
        let mut t = KernelBuilder::new("rows");
        t.at("rows.rs", 1, 1);
        let x = t.read("input", Elem::F32, &[rows, 2]);
        let y = t.write("output", Elem::F32, &[rows, 2], &[Own::Whole, Own::Whole]);
        let zero = t.index(0);
        let value = t.load(x, &[zero, zero], &[rows, cols]);
        let twice = t.add(value, value);
        t.store(y, twice, &[zero, zero]);
        let kernel = t.finish().expect("valid");
        for target in &TARGETS {
            run(&kernel, target);
        }
    }
}

#[test]
fn what_is_moved_is_known_without_running() {
    for (n, k, block) in [(96, 1536, 16), (64, 2240, 32), (100 * 16, 64, 16)] {
        for target in &TARGETS {
            let (core, stats) = run(&matvec(n, k, block), target);
            let estimate = lower_dma::estimate::estimate(&core, target);
            assert!(estimate.exact, "{}", target.name);
            assert_eq!(
                (&estimate.bytes_in, &estimate.bytes_out),
                (&stats.bytes_in, &stats.bytes_out),
                "{}",
                target.name
            );
            let counted = (estimate.copies, estimate.vectors, estimate.scalars, estimate.syncs);
            assert_eq!(counted, (stats.copies, stats.vectors, stats.scalars, stats.syncs), "{}", target.name);
        }
    }
}

/// Copies fill rows up with at most 32 bits, so that other numbers of 8 bytes are put element by element.
#[test]
fn wide_numbers_around_a_view() {
    let kernel = |pad: i64| {
        let mut t = KernelBuilder::new("around");
        t.at("around.rs", 1, 1);
        let x = t.read("input", Elem::I64, &[5, 6]);
        let y = t.write("output", Elem::I64, &[8, 9], &[Own::Whole, Own::Whole]);
        let (zero, one) = (t.index(0), t.index(1));
        let pad = t.int(Elem::I64, pad);
        let value = t.load_masked(x, &[one, one], &[8, 9], pad, None);
        t.store(y, value, &[zero, zero]);
        t.finish().expect("valid")
    };
    for target in TARGETS.iter().filter(|target| target.holds(Elem::I64)) {
        for (pad, copied) in [(0, true), (5, false), (-1, false)] {
            let (core, _) = run(&kernel(pad), target);
            let mut pads = Vec::new();
            core.body.iter().for_each(|stmt| {
                stmt.for_each(&mut |stmt| {
                    if let StmtKind::CopyIn(copy) = &stmt.kind {
                        pads.push(copy.pad);
                    }
                });
            });
            assert_eq!(!pads.is_empty(), copied, "{} {pad}: {pads:?}", target.name);
        }
    }
}

/// Where local memory is arrays of vectors, sums fold into rows that start anywhere, and no array has two types.
#[test]
fn arrays_of_vectors() {
    let (core, _) = run(&matvec(48, 900, 16), &GAUDI);
    let mut folds = 0;
    for stmt in &core.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::Vector { op: VectorOp::ReduceRows(_), dst, args } = &stmt.kind {
                assert_eq!(args.last(), Some(&Operand::Span(dst.clone())));
                folds += 1;
            }
        });
    }
    assert!(folds > 0);
    for (a, one) in core.buffers.iter().enumerate() {
        for other in &core.buffers[a + 1..] {
            assert!(one.address != other.address || one.elem == other.elem, "`{}` and `{}`", one.name, other.name);
        }
    }
}

/// Functions that look tables up leave less memory, so that chunks are smaller.
#[test]
fn tables_take_local_memory() {
    let rows = |function: UnaryOp| {
        let mut t = KernelBuilder::new("rows");
        t.at("rows.rs", 2, 1);
        let x = t.read("input", Elem::F32, &[64, 320]);
        let y = t.write("output", Elem::F32, &[64, 320], &[Own::Whole, Own::Whole]);
        let zero = t.index(0);
        let value = t.load(x, &[zero, zero], &[64, 320]);
        let value = t.unary(UnaryOp::Abs, value);
        let value = t.unary(function, value);
        t.store(y, value, &[zero, zero]);
        run(&t.finish().expect("valid"), &GAUDI).0
    };
    let (plain, tables) = (rows(UnaryOp::Exp), rows(UnaryOp::Sqrt));
    assert_eq!((GAUDI.room(&plain), GAUDI.room(&tables)), (80 << 10, 16 << 10));
    assert!(GAUDI.used(&plain) > 16 << 10 && GAUDI.used(&tables) <= 16 << 10);
}

/// What must fit in 32 bits, and what need not.
#[test]
fn numbers_of_32_bits() {
    let kernel = |bound: Option<u64>, compared: bool| {
        let mut t = KernelBuilder::new("rows");
        t.at("rows.rs", 5, 9);
        let x = t.read("input", Elem::F32, &[640, 64]);
        let position = t.scalar("position", Elem::I32, bound);
        let y = t.write("output", Elem::F32, &[1, 64], &[Own::Whole, Own::Whole]);
        let (zero, many) = (t.index(0), t.index(1 << 20));
        let row = t.cast(CastOp::IndexU, position, Elem::Index);
        let product = t.mul(row, many);
        let value = t.load(x, &[if compared { product } else { row }, zero], &[1, 64]);
        t.store(y, value, &[zero, zero]);
        lower(&t.finish().expect("valid"), &GAUDI)
    };
    kernel(Some(4000), true).expect("below 2^32");
    kernel(None, false).expect("a number of 32 bits without a sign");
    let error = kernel(Some(5000), true).expect_err("above 2^32");
    assert!(matches!(error, Error::Limit { needed: 64, limit: 32, .. }), "{error:?}");
}
