//! The interpreter of lane programs against the tile interpreter and its own rules.

mod common;

use common::{TARGET, check, gallery};
use lower_simt::interp::{Arg, Options, TrapKind, run};
use lower_simt::ir::{LaneKernel, Scalar, Unroll};
use lower_simt::testing::Build;
use lower_simt::testing::exprs::*;
use tile_ir::{BinaryOp, Elem, ReduceOp};

#[test]
fn products_and_sums_are_what_the_tile_program_says() {
    for (tile, lane) in gallery() {
        check(&tile, &lane, &TARGET, &[1, 2, 3]).expect("the same numbers");
    }
}

#[test]
fn a_large_product_takes_well_under_a_second() {
    let (tile, lane) = common::matvec(576, 1536);
    let case = judge::generate(&tile, 3).expect("a case");
    let start = std::time::Instant::now();
    common::run_lanes(&lane, &TARGET, &case, &Options::default()).expect("runs");
    let took = start.elapsed();
    assert!(took.as_secs_f64() < 1.0, "{took:?}");
}

/// Runs a kernel whose parameters are `input`, 64 f32, and `output`, 64 f32 without contents.
fn trap(f: impl FnOnce(&mut Build, tile_ir::ViewId, tile_ir::ViewId)) -> Option<TrapKind> {
    let mut b = Build::new("test", 64);
    let input = b.read("input", Elem::F32, &[64]);
    let output = b.write("output", Elem::F32, &[64]);
    f(&mut b, input, output);
    execute(&b.finish())
}

fn execute(kernel: &LaneKernel) -> Option<TrapKind> {
    let input: Vec<u8> = (0..64u32).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let mut output = vec![0; 256];
    let mut args = [Arg::In(&input), Arg::Out(&mut output)];
    let options = Options { max_steps: 10_000, ..Options::default() };
    run(kernel, &TARGET, &mut args, &options).err().map(|trap| trap.kind)
}

macro_rules! assert_trap {
    ($found:expr, $pattern:pat) => {
        let found = $found;
        assert!(matches!(found, Some($pattern)), "{found:?}");
    };
}

#[test]
fn accesses_stay_inside() {
    assert_eq!(trap(|b, input, output| b.store(global(output, thread()), load(global(input, thread())))), None);
    let beyond = |by: u32| {
        trap(move |b, input, output| {
            let value = load(global(input, add(thread(), int(by))));
            b.store(global(output, thread()), value);
        })
    };
    assert_trap!(beyond(1), TrapKind::OutOfBounds { offset: 64, len: 64, .. });
    assert_trap!(beyond(u32::MAX), TrapKind::OutOfBounds { offset: -1, .. });
    let index = |at: u32| {
        trap(move |b, _, _| {
            let array = b.declare("array", Scalar::F32, Some(4), Some(float(0.0)));
            b.assign_at(array, int(at), float(1.0));
        })
    };
    assert_eq!(index(3), None);
    assert_trap!(index(4), TrapKind::Index { index: 4, len: 4, .. });
}

#[test]
fn a_guard_keeps_a_load_from_happening() {
    let guarded = trap(|b, input, output| {
        let inside = lt(thread(), int(10));
        let value = select(inside, load(global(input, mul(thread(), int(6)))), float(0.0));
        b.store(global(output, thread()), value);
    });
    assert_eq!(guarded, None);
}

#[test]
fn vectors_are_aligned() {
    let at = |offset: u32| {
        trap(move |b, input, _| {
            let array = b.declare("array", Scalar::F32, Some(4), None);
            b.load_vector(array, int(0), global(input, int(offset)), 4);
        })
    };
    assert_eq!(at(8), None);
    assert_trap!(at(6), TrapKind::Misaligned { offset: 6, multiple: 4, .. });
    assert_trap!(at(64), TrapKind::OutOfBounds { .. });
}

#[test]
fn what_is_read_has_a_value() {
    let declared = |value: bool| {
        trap(move |b, _, output| {
            let x = b.declare("x", Scalar::F32, None, None);
            b.when(lt(thread(), int(if value { 64 } else { 63 })), |b| b.assign(x, float(1.0)));
            b.store(global(output, thread()), var(x));
        })
    };
    assert_eq!(declared(true), None);
    assert_trap!(declared(false), TrapKind::Undefined(_));
    let memory = |count: u32| {
        trap(move |b, _, output| {
            let array = b.shared("array", Elem::F32, 64);
            b.when(lt(thread(), int(count)), |b| b.store(shared(array, thread()), float(1.0)));
            b.store(global(output, thread()), load(shared(array, thread())));
        })
    };
    assert_eq!(memory(64), None);
    assert_trap!(memory(63), TrapKind::Unwritten { offset: 63, .. });
    let output = trap(|b, _, output| b.store(global(output, thread()), load(global(output, thread()))));
    assert_trap!(output, TrapKind::Unwritten { .. });
}

#[test]
fn read_views_are_not_written() {
    assert_trap!(trap(|b, input, _| b.store(global(input, thread()), float(0.0))), TrapKind::ReadOnly(_));
}

#[test]
fn races_are_found() {
    let exchange = |barrier: bool| {
        trap(move |b, input, output| {
            let array = b.shared("array", Elem::F32, 64);
            b.store(shared(array, thread()), load(global(input, thread())));
            if barrier {
                b.barrier();
            }
            b.store(global(output, thread()), load(shared(array, sub(int(63), thread()))));
        })
    };
    assert_eq!(exchange(true), None);
    assert_trap!(exchange(false), TrapKind::Race { .. });
    let again = |barrier: bool| {
        trap(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 64);
            b.store(shared(array, thread()), int(0));
            b.barrier();
            b.define("other", load(shared(array, sub(int(63), thread()))));
            if barrier {
                b.barrier();
            }
            b.store(shared(array, thread()), int(1));
        })
    };
    assert_eq!(again(true), None);
    assert_trap!(again(false), TrapKind::Race { .. });
    assert_trap!(trap(|b, _, output| b.store(global(output, int(0)), float(1.0))), TrapKind::Race { .. });
}

#[test]
fn programs_do_not_share_what_they_write() {
    let mut b = Build::new("test", 64);
    let input = b.read("input", Elem::F32, &[64]);
    let output = b.write("output", Elem::F32, &[64]);
    b.grid([2, 1, 1]);
    b.store(global(output, thread()), load(global(input, thread())));
    assert_trap!(execute(&b.finish()), TrapKind::Race { .. });
}

#[test]
fn owners_keep_their_promise() {
    let owner = |of: fn() -> lower_simt::ir::Expr| {
        trap(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 64);
            b.store(owned(shared(array, thread()), 7), thread());
            b.barrier();
            b.define("x", load(owned(shared(array, of()), 7)));
        })
    };
    assert_eq!(owner(thread), None);
    assert_trap!(owner(|| sub(int(63), thread())), TrapKind::NotOwned { owner: 7, .. });
}

#[test]
fn threads_meet_as_a_whole() {
    let barrier = |count: u32| trap(move |b, _, _| b.when(lt(thread(), int(count)), Build::barrier));
    assert_eq!(barrier(64), None);
    assert_trap!(barrier(32), TrapKind::Divergent { reached: 32, wanted: 64, .. });
    let lanes = |count: u32| {
        trap(move |b, _, _| {
            let x = b.declare("x", Scalar::I32, None, Some(thread()));
            b.when(lt(thread(), int(count)), |b| b.lane_reduce(x, ReduceOp::Add, 16));
        })
    };
    assert_eq!(lanes(32), None);
    assert_trap!(lanes(16), TrapKind::Divergent { reached: 16, wanted: 32, .. });
    // A loop that threads leave at different times.
    let divergent = trap(|b, _, _| {
        b.for_loop("i", [int(0), thread(), int(1)], Unroll::No, |b, _| b.barrier());
    });
    assert_trap!(divergent, TrapKind::Divergent { reached: 63, .. });
}

#[test]
fn integers_divide_and_shift_within_bounds() {
    let of = |op: BinaryOp, y: u32| trap(move |b, _, _| _ = b.define("x", binary(op, thread(), int(y))));
    for op in [BinaryOp::DivS, BinaryOp::DivU, BinaryOp::RemS, BinaryOp::RemU] {
        assert_eq!(of(op, 3), None);
        assert_trap!(of(op, 0), TrapKind::DivisionByZero);
    }
    for op in [BinaryOp::Shl, BinaryOp::ShrS, BinaryOp::ShrU] {
        assert_eq!(of(op, 31), None);
        assert_trap!(of(op, 32), TrapKind::Shift { bits: 32, amount: 32 });
    }
    let lowest = |y: u32| trap(move |b, _, _| _ = b.define("x", binary(BinaryOp::DivS, int(1 << 31), int(y))));
    assert_eq!(lowest(1), None);
    assert_trap!(lowest(u32::MAX), TrapKind::DivisionOverflow);
}

#[test]
fn loops_end() {
    let step = |step: u32, upper: u32| {
        trap(move |b, _, _| b.for_loop("i", [int(0), int(upper), int(step)], Unroll::No, |_, _| {}))
    };
    assert_eq!(step(1, 64), None);
    assert_trap!(step(0, 64), TrapKind::Step(0));
    assert_trap!(step(1 << 30, i32::MAX as u32), TrapKind::LoopOverflow(_));
    assert_trap!(step(1, 100_000), TrapKind::Fuel(10_000));
}
