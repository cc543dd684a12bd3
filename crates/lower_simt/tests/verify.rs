//! Every rule of lane programs: a program that breaks it, and its twin that does not.

mod common;

use common::{TARGET, gallery};
use lower_simt::ir::{
    Builtin, Convert, Early, EarlyCopy, Expr, FragmentRole, LaneKernel, MatrixOp, Memory, Place, Scalar, Shared, Stmt,
    StmtKind, Unroll, Var, WeightRange,
};
use lower_simt::target::{Ahead, CopyAhead, Meeting, Target};
use lower_simt::testing::Build;
use lower_simt::testing::exprs::*;
use lower_simt::verify::{Rule, redundant_barriers, verify};
use tile_ir::{Access, Axis, BinaryOp, Elem, Loc, Param, ParamKind, Predicate, ReduceOp, Shape, UnaryOp, View, ViewId};

const SOUND: &[Rule] = &[];

/// The rules that a kernel of 64 threads over `input` (4096 f32) and `output` (4096 f32) breaks.
fn rules(f: impl FnOnce(&mut Build, ViewId, ViewId)) -> Vec<Rule> {
    broken(&kernel(f), &TARGET)
}

fn kernel(f: impl FnOnce(&mut Build, ViewId, ViewId)) -> LaneKernel {
    let mut b = Build::new("test", 64);
    let input = b.read("input", Elem::F32, &[4096]);
    let output = b.write("output", Elem::F32, &[4096]);
    f(&mut b, input, output);
    b.finish()
}

fn broken(kernel: &LaneKernel, target: &Target) -> Vec<Rule> {
    match verify(kernel, target) {
        Ok(()) => Vec::new(),
        Err(violations) => {
            let mut rules: Vec<Rule> = violations.iter().map(|violation| violation.rule).collect();
            rules.dedup();
            rules
        }
    }
}

#[test]
fn programs_by_hand_pass() {
    for (_, lane) in gallery() {
        assert_eq!(verify(&lane, &TARGET), Ok(()), "{}", lane.name);
        assert_eq!(redundant_barriers(&lane, &TARGET), [], "{}", lane.name);
    }
}

#[test]
fn limits() {
    let sound = kernel(|_, _, _| {});
    assert_eq!(broken(&sound, &TARGET), SOUND);
    for change in [
        |k: &mut LaneKernel| k.threads = 48,
        |k: &mut LaneKernel| k.threads = 2048,
        |k: &mut LaneKernel| k.grid = [1, 70_000, 1],
        |k: &mut LaneKernel| k.grid = [0, 1, 1],
    ] {
        let mut faulty = sound.clone();
        change(&mut faulty);
        assert_eq!(broken(&faulty, &TARGET), [Rule::Limit]);
    }
    assert_eq!(broken(&sound, &Target { warp: 128, ..TARGET }), [Rule::Limit]);
    assert_eq!(broken(&sound, &Target { max_buffers: 1, ..TARGET }), [Rule::Limit]);
    let bytes = |len| rules(move |b, _, _| _ = b.shared("array", Elem::F32, len));
    assert_eq!(bytes(8 << 10), SOUND);
    assert_eq!(bytes((8 << 10) + 1), [Rule::Limit]);
    let unit = |elem| rules(move |b, _, _| _ = b.fragment("a", FragmentRole::A, elem, 1));
    assert_eq!(unit(Elem::Bf16), SOUND);
    assert_eq!(unit(Elem::F16), [Rule::Limit]);
    let unroll = |by| rules(move |b, _, _| b.for_loop("i", [int(0), int(64), int(1)], Unroll::By(by), |_, _| {}));
    assert_eq!(unroll(16), SOUND);
    assert_eq!(unroll(32), [Rule::Limit]);
}

#[test]
fn early_starts() {
    let ahead = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy: None }), ..TARGET };
    // One row of weights per program.
    let weights = |k: &mut LaneKernel| {
        let view =
            View { elem: Elem::Bf16, shape: Shape::new(&[4, 64]).unwrap(), access: Access::Weights, own: Vec::new() };
        k.params.push(Param { name: "w".to_owned(), kind: ParamKind::View(view), loc: Loc::Unknown });
        k.grid = [4, 1, 1];
        let view = ViewId(k.params.len() as u32 - 1);
        k.early = Some(Early {
            prefetches: vec![WeightRange {
                view,
                programs: [0, 4],
                first: 0,
                folded: None,
                per_program: [64, 0, 0],
                bytes: 128,
            }],
            copies: vec![],
        });
    };
    let mut sound = kernel(|b, _, _| b.push(StmtKind::AwaitEarlier));
    weights(&mut sound);
    assert_eq!(broken(&sound, &ahead), SOUND);
    assert_eq!(broken(&sound, &TARGET), [Rule::Early], "no such start on this target");
    let changed = |change: fn(&mut LaneKernel)| {
        let mut faulty = sound.clone();
        change(&mut faulty);
        broken(&faulty, &ahead)
    };
    // One program less, not in units of 16 bytes, too long, nothing, what another kernel writes, no view at all.
    assert_eq!(changed(|k| k.grid = [3, 1, 1]), [Rule::Early]);
    for change in [
        |p: &mut WeightRange| p.first = 4,
        |p: &mut WeightRange| p.programs = [4, 4],
        |p: &mut WeightRange| p.programs = [0, 5],
        |p: &mut WeightRange| p.folded = Some([2, 3, 1]),
        |p: &mut WeightRange| p.folded = Some([0, 2, 1]),
        |p: &mut WeightRange| p.bytes = 24,
        |p: &mut WeightRange| p.bytes = 144,
        |p: &mut WeightRange| p.bytes = 0,
        |p: &mut WeightRange| p.view = ViewId(99),
    ] {
        let mut faulty = sound.clone();
        faulty.early.iter_mut().flat_map(|early| &mut early.prefetches).for_each(change);
        assert_eq!(broken(&faulty, &ahead), [Rule::Early]);
    }
    let written = changed(|k| {
        if let Some(ParamKind::View(view)) = k.params.last_mut().map(|param| &mut param.kind) {
            view.access = Access::Read;
        }
    });
    assert_eq!(written, [Rule::Early]);
}

#[test]
fn waits_for_earlier_kernels() {
    let ahead = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy: None }), ..TARGET };
    // `weights`: what the input's access is.
    let with = |weights: bool, body: &dyn Fn(&mut Build, StmtKind, StmtKind)| {
        let mut kernel = kernel(|b, input, output| {
            let at = |view| Place { memory: Memory::Global(view), offset: Box::new(int(0)), owner: None };
            let x = b.var("x", Scalar::F32, None);
            let read = StmtKind::Let { var: x, value: Expr::Load(at(input)) };
            let write = StmtKind::Store { place: at(output), value: Expr::Float(1.0) };
            let thread = Expr::Compare(Predicate::IEq, Box::new(Expr::Builtin(Builtin::Thread)), Box::new(int(0)));
            let write = StmtKind::If {
                condition: thread,
                then: vec![Stmt { kind: write, loc: Loc::Unknown }],
                otherwise: vec![],
            };
            body(b, read, write);
        });
        if let (true, ParamKind::View(view)) = (weights, &mut kernel.params[0].kind) {
            view.access = Access::Weights;
        }
        kernel.early = Some(Early::default());
        broken(&kernel, &ahead)
    };
    let wait = || StmtKind::AwaitEarlier;
    let in_order = |order: [usize; 3]| {
        move |b: &mut Build, read: StmtKind, write: StmtKind| {
            let all = [wait(), read, write];
            order.into_iter().for_each(|number| b.push(all[number].clone()));
        }
    };
    // Weights may be read before the wait; everything else, and every write, comes after it.
    assert_eq!(with(false, &in_order([0, 1, 2])), SOUND);
    assert_eq!(with(true, &in_order([1, 0, 2])), SOUND);
    assert_eq!(with(false, &in_order([1, 0, 2])), [Rule::Early]);
    assert_eq!(with(true, &in_order([2, 0, 1])), [Rule::Early]);
    // No wait, or none on some way.
    assert_eq!(with(true, &|b, read, _| b.push(read)), [Rule::Early]);
    let branch = |then, otherwise| {
        let condition =
            Expr::Compare(Predicate::ULt, Box::new(Expr::Builtin(Builtin::Program(Axis::X))), Box::new(int(2)));
        let stmt = |kind: Option<StmtKind>| kind.map(|kind| Stmt { kind, loc: Loc::Unknown }).into_iter().collect();
        StmtKind::If { condition, then: stmt(then), otherwise: stmt(otherwise) }
    };
    let after = |branch: StmtKind| {
        move |b: &mut Build, read: StmtKind, _: StmtKind| {
            b.push(branch.clone());
            b.push(read);
        }
    };
    assert_eq!(with(false, &after(branch(Some(wait()), Some(wait())))), SOUND);
    assert_eq!(with(false, &after(branch(Some(wait()), None))), [Rule::Early]);
    // A kernel that starts after the others have ended has nothing to wait for.
    assert_eq!(rules(|b, _, _| b.push(StmtKind::AwaitEarlier)), [Rule::Early]);
}

#[test]
fn early_copies() {
    let copy = Some(CopyAhead { least: 16, bytes: 1 << 10, programs: 1, threads: 32 });
    let ahead = Target { ahead: Some(Ahead { bytes: 1 << 20, threads: 1 << 16, copy }), ..TARGET };
    let array = Shared(0);
    let (read, wait) = (
        || Expr::Load(Place { memory: Memory::Shared(array), offset: Box::new(int(3)), owner: None }),
        || StmtKind::AwaitCopy { array },
    );
    // One row of weights per program, copied to shared memory; an element of it is read.
    let with = |body: &dyn Fn(&mut Build)| {
        let mut kernel = kernel(|b, _, _| {
            b.shared("tile", Elem::Bf16, 64);
            b.push(StmtKind::AwaitEarlier);
            body(b);
        });
        let view =
            View { elem: Elem::Bf16, shape: Shape::new(&[4, 64]).unwrap(), access: Access::Weights, own: Vec::new() };
        kernel.params.push(Param { name: "w".to_owned(), kind: ParamKind::View(view), loc: Loc::Unknown });
        kernel.grid = [4, 1, 1];
        let view = ViewId(kernel.params.len() as u32 - 1);
        let from = WeightRange { view, programs: [0, 4], first: 0, folded: None, per_program: [64, 0, 0], bytes: 128 };
        kernel.early = Some(Early { prefetches: vec![], copies: vec![EarlyCopy { from, to: array }] });
        kernel
    };
    let reads = |b: &mut Build| {
        b.define("x", read());
    };
    let sound = with(&|b| {
        b.push(wait());
        reads(b);
    });
    assert_eq!(broken(&sound, &ahead), SOUND);
    let none = Target { ahead: Some(Ahead { copy: None, bytes: 1 << 20, threads: 1 << 16 }), ..TARGET };
    assert_eq!(broken(&sound, &none), [Rule::Early], "no such copies on this target");
    // Read without a wait, before it, after one that may not have run; written beside the copy.
    let condition =
        || Expr::Compare(Predicate::ULt, Box::new(Expr::Builtin(Builtin::Program(Axis::X))), Box::new(int(2)));
    let branch = |then, otherwise| StmtKind::If { condition: condition(), then, otherwise };
    let stmt = |kind| Stmt { kind, loc: Loc::Unknown };
    assert_eq!(broken(&with(&reads), &ahead), [Rule::Early]);
    let late = with(&|b| {
        reads(b);
        b.push(wait());
    });
    assert_eq!(broken(&late, &ahead), [Rule::Early]);
    let some = with(&|b| {
        b.push(branch(vec![stmt(wait())], vec![]));
        reads(b);
    });
    assert_eq!(broken(&some, &ahead), [Rule::Early]);
    let both = with(&|b| {
        b.push(branch(vec![stmt(wait())], vec![stmt(wait())]));
        reads(b);
    });
    assert_eq!(broken(&both, &ahead), SOUND);
    let in_loop = with(&|b| {
        b.for_loop("i", [int(0), int(64), int(1)], Unroll::No, |b, _| b.push(wait()));
        reads(b);
    });
    assert_eq!(broken(&in_loop, &ahead), [Rule::Early]);
    let written = with(&|b| {
        b.push(wait());
        let place = Place { memory: Memory::Shared(array), offset: Box::new(int(3)), owner: Some(0) };
        b.push(StmtKind::Store { place, value: Expr::Float(1.0) });
    });
    assert!(broken(&written, &ahead).contains(&Rule::Early));
    // Only the threads of some lanes wait.
    let uneven = with(&|b| {
        let lanes = Expr::Compare(Predicate::ULt, Box::new(Expr::Builtin(Builtin::Thread)), Box::new(int(8)));
        b.push(StmtKind::If { condition: lanes, then: vec![stmt(wait())], otherwise: vec![] });
    });
    assert_eq!(broken(&uneven, &ahead), [Rule::Uniformity]);
    // Another element type, an array that is too short or missing, two copies to it, a wait for nothing.
    for change in [
        |k: &mut LaneKernel| k.shared[0].elem = Elem::F16,
        |k: &mut LaneKernel| k.shared[0].len = 63,
        |k: &mut LaneKernel| k.early.iter_mut().for_each(|early| early.copies[0].from.first = 4),
        |k: &mut LaneKernel| k.early.iter_mut().for_each(|early| early.copies.push(early.copies[0].clone())),
        |k: &mut LaneKernel| k.early.iter_mut().for_each(|early| early.copies.clear()),
    ] {
        let mut faulty = sound.clone();
        change(&mut faulty);
        assert_eq!(broken(&faulty, &ahead), [Rule::Early]);
    }
}

#[test]
fn types_of_expressions() {
    let of = |expr: Expr| rules(move |b, _, _| _ = b.define("x", expr));
    let truth = || Expr::Bool(true);
    let pairs: Vec<(Expr, Expr)> = vec![
        (unary(UnaryOp::Exp, float(1.0)), unary(UnaryOp::Exp, int(1))),
        (add(int(1), thread()), add(float(1.0), thread())),
        (binary(BinaryOp::DivF, float(1.0), float(2.0)), binary(BinaryOp::DivF, int(1), int(2))),
        (binary(BinaryOp::DivS, int(1), int(2)), binary(BinaryOp::DivS, float(1.0), float(2.0))),
        (binary(BinaryOp::And, truth(), truth()), add(truth(), truth())),
        (fma(float(1.0), float(1.0), float(1.0)), fma(float(1.0), int(1), float(1.0))),
        (compare(Predicate::FLt, float(1.0), float(1.0)), compare(Predicate::FLt, int(1), int(1))),
        (lt(int(1), int(1)), lt(float(1.0), float(1.0))),
        (compare(Predicate::IEq, truth(), truth()), lt(truth(), truth())),
        (select(truth(), int(1), int(2)), select(truth(), int(1), float(2.0))),
        (select(truth(), int(1), int(2)), select(int(1), int(1), int(2))),
        (int_of(Scalar::I8, 255), int_of(Scalar::I8, 256)),
        (int_of(Scalar::I32, 1), int_of(Scalar::Bool, 1)),
        (convert(Convert::Round(Elem::Bf16), float(1.0)), convert(Convert::Round(Elem::F32), float(1.0))),
        (convert(Convert::SignedToFloat, int(1)), convert(Convert::SignedToFloat, truth())),
        (convert(Convert::UnsignedToFloat, truth()), convert(Convert::UnsignedToFloat, float(1.0))),
        (convert(Convert::SignExtend(Scalar::I64), int(1)), convert(Convert::SignExtend(Scalar::I8), int(1))),
        (convert(Convert::Truncate(Scalar::Bool), int(1)), convert(Convert::Truncate(Scalar::I64), int(1))),
        (
            convert(Convert::FloatToSigned(Scalar::I32), float(1.0)),
            convert(Convert::FloatToSigned(Scalar::I32), int(1)),
        ),
        (convert(Convert::Bits(Scalar::I32), float(1.0)), convert(Convert::Bits(Scalar::I64), float(1.0))),
        (load(global(ViewId(0), int(1))), load(global(ViewId(0), float(1.0)))),
        (load(global(ViewId(0), int(1))), load(global(ViewId(7), int(1)))),
        (int(1), Expr::Param(0)),
    ];
    for (sound, faulty) in pairs {
        assert_eq!(of(sound.clone()), SOUND, "{sound:?}");
        assert_eq!(of(faulty.clone()), [Rule::Type], "{faulty:?}");
    }
}

#[test]
fn types_of_statements() {
    let store = |to: u32, value: Expr| rules(move |b, _, _| b.store(global(ViewId(to), thread()), value));
    assert_eq!(store(1, float(1.0)), SOUND);
    assert_eq!(store(1, int(1)), [Rule::Type]);
    assert_eq!(store(0, float(1.0)), [Rule::Type], "only read");
    assert_eq!(rules(|b, _, _| b.store(shared(Shared(3), thread()), float(1.0))), [Rule::Type]);
    let assign = |value: Expr| {
        rules(move |b, _, _| {
            let x = b.declare("x", Scalar::F32, None, Some(float(0.0)));
            b.assign(x, value);
        })
    };
    assert_eq!(assign(float(1.0)), SOUND);
    assert_eq!(assign(int(1)), [Rule::Type]);
    let init = |value: Expr| rules(move |b, _, _| _ = b.declare("x", Scalar::F32, Some(2), Some(value)));
    assert_eq!(init(float(1.0)), SOUND);
    assert_eq!(init(int(1)), [Rule::Type]);
    let condition = |value: Expr| rules(move |b, _, _| b.when(value, |_| {}));
    assert_eq!(condition(Expr::Bool(true)), SOUND);
    assert_eq!(condition(int(1)), [Rule::Type]);
    let looped = |upper: Expr, step: u32| {
        rules(move |b, _, _| b.for_loop("i", [int(0), upper, int(step)], Unroll::No, |_, _| {}))
    };
    assert_eq!(looped(int(1), 1), SOUND);
    assert_eq!(looped(int_of(Scalar::I64, 1), 1), [Rule::Type]);
    assert_eq!(looped(int(1), 0), [Rule::Type]);
    let reduce = |op, lanes, scalar, init: Expr| {
        rules(move |b, _, _| {
            let x = b.declare("x", scalar, None, Some(init));
            b.lane_reduce(x, op, lanes);
        })
    };
    assert_eq!(reduce(ReduceOp::MaxF, 16, Scalar::F32, float(1.0)), SOUND);
    assert_eq!(reduce(ReduceOp::MaxF, 16, Scalar::I32, int(1)), [Rule::Type]);
    assert_eq!(reduce(ReduceOp::Add, 3, Scalar::F32, float(1.0)), [Rule::Type]);
    assert_eq!(reduce(ReduceOp::Add, 16, Scalar::Bool, Expr::Bool(true)), [Rule::Type]);
    let barrier = |shared| rules(move |b, _, _| b.push(StmtKind::Barrier { global: false, shared }));
    assert_eq!(barrier(true), SOUND);
    assert_eq!(barrier(false), [Rule::Type]);
}

#[test]
fn scopes() {
    let x = |b: &mut Build, init| b.declare("x", Scalar::F32, None, init);
    assert_eq!(
        rules(|b, _, out| {
            let x = x(b, Some(float(0.0)));
            b.store(global(out, thread()), var(x));
        }),
        SOUND
    );
    let undefined = rules(|b, _, out| {
        let x = x(b, None);
        b.store(global(out, thread()), var(x));
    });
    assert_eq!(undefined, [Rule::Scope]);
    let branches = |both: bool| {
        rules(move |b, _, out| {
            let x = b.declare("x", Scalar::F32, None, None);
            let condition = lt(thread(), int(3));
            let then = b.block(|b| b.assign(x, float(1.0)));
            let otherwise = b.block(|b| {
                if both {
                    b.assign(x, float(2.0))
                }
            });
            b.push(StmtKind::If { condition, then, otherwise });
            b.store(global(out, thread()), var(x));
        })
    };
    assert_eq!(branches(true), SOUND);
    assert_eq!(branches(false), [Rule::Scope]);
    let outside = rules(|b, _, out| {
        let mut inner = Var(0);
        b.when(Expr::Bool(true), |b| inner = b.define("x", float(1.0)));
        b.store(global(out, thread()), var(inner));
    });
    assert_eq!(outside, [Rule::Scope]);
    assert_eq!(
        rules(|b, _, _| {
            let x = b.define("x", float(1.0));
            b.assign(x, float(2.0));
        }),
        [Rule::Scope]
    );
    let again = rules(|b, _, _| {
        let x = b.define("x", float(1.0));
        b.push(StmtKind::Let { var: x, value: float(2.0) });
    });
    assert_eq!(again, [Rule::Scope]);
    assert_eq!(rules(|b, _, _| b.assign(Var(9), float(2.0))), [Rule::Scope]);
    let counter = |changes: bool| {
        rules(move |b, _, _| {
            b.for_loop("i", [int(0), int(4), int(1)], Unroll::No, |b, i| {
                if changes {
                    b.assign(i, int(0))
                }
            });
        })
    };
    assert_eq!(counter(false), SOUND);
    assert_eq!(counter(true), [Rule::Scope]);
}

#[test]
fn indices_are_constants_inside() {
    let index = |upper: u32, unroll| {
        rules(move |b, _, _| {
            let array = b.declare("array", Scalar::F32, Some(8), Some(float(0.0)));
            b.for_loop("i", [int(0), int(upper), int(1)], unroll, |b, i| {
                b.assign_at(array, add(mul(var(i), int(2)), int(1)), float(1.0));
            });
        })
    };
    assert_eq!(index(4, Unroll::Full), SOUND);
    assert_eq!(index(5, Unroll::Full), [Rule::Index]);
    assert_eq!(index(4, Unroll::No), [Rule::Index]);
    let read = |index: Expr| {
        rules(move |b, _, _| {
            let array = b.declare("array", Scalar::F32, Some(8), Some(float(0.0)));
            b.define("x", element(array, index));
        })
    };
    assert_eq!(read(int(7)), SOUND);
    assert_eq!(read(int(8)), [Rule::Index]);
    assert_eq!(read(thread()), [Rule::Index]);
    let dynamic = rules(|b, _, _| b.for_loop("i", [int(0), thread(), int(1)], Unroll::Full, |_, _| {}));
    assert_eq!(dynamic, [Rule::Index]);
    let vector = |at: u32| {
        rules(move |b, input, _| {
            let array = b.declare("array", Scalar::F32, Some(8), None);
            b.load_vector(array, int(at), global(input, int(0)), 4);
        })
    };
    assert_eq!(vector(4), SOUND);
    assert_eq!(vector(5), [Rule::Index]);
}

#[test]
fn vectors_are_aligned() {
    let at = |lanes: u32, f: fn(&mut Build) -> Expr| {
        rules(move |b, input, _| {
            let offset = f(b);
            let array = b.declare("array", Scalar::F32, Some(16), None);
            b.load_vector(array, int(0), global(input, offset), lanes);
        })
    };
    assert_eq!(at(4, |_| mul(thread(), int(4))), SOUND);
    assert_eq!(at(4, |_| mul(thread(), int(2))), [Rule::Alignment]);
    assert_eq!(at(4, |_| add(mul(program(), int(12)), binary(BinaryOp::Shl, thread(), int(2)))), SOUND);
    assert_eq!(at(4, |_| add(mul(program(), int(12)), int(2))), [Rule::Alignment]);
    assert_eq!(at(4, |b| var(b.define("x", mul(thread(), int(8))))), SOUND);
    assert_eq!(at(8, |_| int(0)), [Rule::Alignment], "32 bytes");
    assert_eq!(at(3, |_| int(0)), [Rule::Alignment]);
    let looped = |step: u32| {
        rules(move |b, input, _| {
            b.for_loop("i", [mul(lane(), int(4)), int(4096), int(step)], Unroll::No, |b, i| {
                let array = b.declare("array", Scalar::F32, Some(4), None);
                b.load_vector(array, int(0), global(input, var(i)), 4);
            });
        })
    };
    assert_eq!(looped(128), SOUND);
    assert_eq!(looped(130), [Rule::Alignment]);
    let counted = |by: u32| {
        rules(move |b, input, _| {
            let at = b.declare("at", Scalar::I32, None, Some(int(0)));
            b.for_loop("i", [int(0), int(9), int(1)], Unroll::No, |b, _| {
                let array = b.declare("array", Scalar::F32, Some(4), None);
                b.load_vector(array, int(0), global(input, var(at)), 4);
                b.assign(at, add(var(at), int(by)));
            });
        })
    };
    assert_eq!(counted(4), SOUND);
    assert_eq!(counted(6), [Rule::Alignment]);
}

#[test]
fn barriers_stand_under_uniform_control() {
    let under = |condition: Expr| rules(move |b, _, _| b.when(condition, Build::barrier));
    assert_eq!(under(lt(program(), int(1))), SOUND);
    assert_eq!(under(lt(load(global(ViewId(0), program())), float(1.0))), [Rule::Type], "SLt on floats");
    assert_eq!(under(compare(Predicate::FLt, load(global(ViewId(0), program())), float(1.0))), SOUND);
    assert_eq!(under(compare(Predicate::FLt, load(global(ViewId(0), thread())), float(1.0))), [Rule::Uniformity]);
    assert_eq!(under(lt(thread(), int(1))), [Rule::Uniformity]);
    assert_eq!(under(lt(subgroup(), int(1))), [Rule::Uniformity]);
    assert_eq!(under(lt(thread(), int(64))), SOUND, "all of them");
    let looped =
        |upper: Expr| rules(move |b, _, _| b.for_loop("i", [int(0), upper, int(1)], Unroll::No, |b, _| b.barrier()));
    assert_eq!(looped(int(4)), SOUND);
    assert_eq!(looped(thread()), [Rule::Uniformity]);
    // A variable that becomes uneven at the end of an iteration.
    let late = |value: Expr| {
        rules(move |b, _, _| {
            let x = b.declare("x", Scalar::I32, None, Some(int(0)));
            b.for_loop("i", [int(0), int(4), int(1)], Unroll::No, |b, _| {
                b.when(lt(var(x), int(1)), Build::barrier);
                b.assign(x, value);
            });
        })
    };
    assert_eq!(late(program()), SOUND);
    assert_eq!(late(thread()), [Rule::Uniformity]);
    // Uneven because only some threads assign it.
    let chosen = |condition: Expr| {
        rules(move |b, _, _| {
            let x = b.declare("x", Scalar::I32, None, Some(int(0)));
            b.when(condition, |b| b.assign(x, int(1)));
            b.when(lt(var(x), int(1)), Build::barrier);
        })
    };
    assert_eq!(chosen(lt(program(), int(1))), SOUND);
    assert_eq!(chosen(lt(thread(), int(1))), [Rule::Uniformity]);
}

#[test]
fn lane_operations_stand_under_control_of_whole_subgroups() {
    let under = |condition: Expr| {
        rules(move |b, _, _| {
            let x = b.declare("x", Scalar::I32, None, Some(thread()));
            b.when(condition, |b| b.lane_reduce(x, ReduceOp::Add, 8));
        })
    };
    assert_eq!(under(lt(subgroup(), int(1))), SOUND);
    assert_eq!(under(lt(thread(), int(32))), SOUND);
    assert_eq!(under(lt(binary(BinaryOp::ShrU, thread(), int(5)), program())), SOUND);
    assert_eq!(under(lt(binary(BinaryOp::DivU, thread(), int(32)), program())), SOUND);
    assert_eq!(under(lt(thread(), int(8))), [Rule::Uniformity]);
    assert_eq!(under(lt(lane(), int(8))), [Rule::Uniformity]);
    // Where lanes meet with barriers, the whole group must come.
    let met = |condition: Expr, lanes_meet: Meeting| {
        let mut b = Build::new("test", 64);
        let x = b.declare("x", Scalar::I32, None, Some(thread()));
        b.when(condition, |b| b.lane_reduce(x, ReduceOp::Add, 8));
        broken(&b.finish(), &Target { lanes_meet, ..TARGET })
    };
    assert_eq!(met(lt(subgroup(), int(1)), Meeting::Subgroup), SOUND);
    assert_eq!(met(lt(subgroup(), int(1)), Meeting::Group), [Rule::Uniformity]);
    assert_eq!(met(lt(program(), int(1)), Meeting::Group), SOUND);
    // What a lane operation gives is the same in the subgroup; in a group of one subgroup, in the group.
    let result = |threads: u32, lanes: u32| {
        let mut b = Build::new("test", threads);
        let x = b.declare("x", Scalar::I32, None, Some(thread()));
        b.lane_reduce(x, ReduceOp::Add, lanes);
        b.when(lt(var(x), int(100)), Build::barrier);
        broken(&b.finish(), &TARGET)
    };
    assert_eq!(result(32, 32), SOUND);
    assert_eq!(result(32, 16), [Rule::Uniformity]);
    assert_eq!(result(64, 32), [Rule::Uniformity]);
}

/// Stores through `write`, a barrier or not, loads through `read`.
fn exchange(barrier: bool, write: Expr, read: Expr) -> Vec<Rule> {
    rules(move |b, _, _| {
        let array = b.shared("array", Elem::I32, 4096);
        b.store(shared(array, write), thread());
        if barrier {
            b.barrier();
        }
        b.define("x", load(shared(array, read)));
    })
}

#[test]
fn exchanges_need_a_barrier() {
    assert_eq!(exchange(true, thread(), sub(int(63), thread())), SOUND);
    assert_eq!(exchange(false, thread(), sub(int(63), thread())), [Rule::Hazard]);
    assert_eq!(exchange(false, thread(), thread()), SOUND, "one's own");
    assert_eq!(exchange(false, thread(), add(thread(), int(64))), SOUND, "another part");
    assert_eq!(exchange(false, thread(), add(thread(), int(63))), [Rule::Hazard]);
    assert_eq!(exchange(true, int(0), int(0)), [Rule::Hazard], "all write one element");
    let at = |by: u32| add(mul(program(), int(128)), add(thread(), int(by)));
    assert_eq!(exchange(false, at(0), at(0)), SOUND);
    assert_eq!(exchange(false, at(0), at(1)), [Rule::Hazard]);
    let split = |div: u32| {
        let row = binary(BinaryOp::DivU, thread(), int(8));
        add(mul(row, int(div)), binary(BinaryOp::RemU, thread(), int(8)))
    };
    assert_eq!(exchange(false, split(9), split(9)), SOUND);
    assert_eq!(exchange(true, split(7), split(7)), [Rule::Hazard]);
}

#[test]
fn one_thread_needs_no_barrier() {
    let one = |other: u32| {
        rules(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 4);
            b.when(eq(thread(), int(0)), |b| b.store(shared(array, program()), int(1)));
            b.when(eq(thread(), int(other)), |b| _ = b.define("x", load(shared(array, program()))));
        })
    };
    assert_eq!(one(0), SOUND);
    assert_eq!(one(1), [Rule::Hazard]);
}

#[test]
fn owners_need_no_barrier() {
    let owners = |second: Option<u32>| {
        rules(move |b, input, _| {
            let array = b.shared("array", Elem::F32, 64);
            let at = b.define("at", convert(Convert::FloatToSigned(Scalar::I32), load(global(input, thread()))));
            let place = |owner| Place { memory: Memory::Shared(array), offset: Box::new(var(at)), owner };
            b.store(place(Some(1)), float(1.0));
            b.define("x", load(place(second)));
        })
    };
    assert_eq!(owners(Some(1)), SOUND);
    assert_eq!(owners(Some(2)), [Rule::Hazard]);
    assert_eq!(owners(None), [Rule::Hazard]);
}

#[test]
fn loops_need_a_barrier_around_the_back_edge() {
    let looped = |first: bool, second: bool| {
        kernel(move |b, input, _| {
            let array = b.shared("array", Elem::F32, 64);
            b.for_loop("i", [int(0), int(4096), int(64)], Unroll::No, |b, i| {
                b.store(shared(array, thread()), load(global(input, add(var(i), thread()))));
                if first {
                    b.barrier();
                }
                b.define("x", load(shared(array, sub(int(63), thread()))));
                if second {
                    b.barrier();
                }
            });
        })
    };
    assert_eq!(broken(&looped(true, true), &TARGET), SOUND);
    assert_eq!(broken(&looped(true, false), &TARGET), [Rule::Hazard]);
    assert_eq!(broken(&looped(false, true), &TARGET), [Rule::Hazard]);
    assert_eq!(redundant_barriers(&looped(true, true), &TARGET), []);
    // Strides by the number of threads keep threads apart; other strides do not.
    let strided = |step: u32| {
        rules(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 4096);
            b.for_loop("i", [thread(), int(4000), int(step)], Unroll::No, |b, i| {
                b.store(shared(array, var(i)), add(load(shared(array, var(i))), int(1)));
            });
        })
    };
    assert_eq!(strided(64), SOUND);
    assert_eq!(strided(128), SOUND);
    assert_eq!(strided(32), [Rule::Hazard]);
}

#[test]
fn a_barrier_on_one_path_is_not_enough() {
    let path = |both: bool| {
        rules(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 64);
            b.store(shared(array, thread()), thread());
            let then = b.block(Build::barrier);
            let otherwise = b.block(|b| {
                if both {
                    b.barrier()
                }
            });
            b.push(StmtKind::If { condition: lt(program(), int(1)), then, otherwise });
            b.define("x", load(shared(array, sub(int(63), thread()))));
        })
    };
    assert_eq!(path(true), SOUND);
    assert_eq!(path(false), [Rule::Hazard]);
}

#[test]
fn a_barrier_orders_its_memory_only() {
    let over = |global_memory: bool| {
        rules(move |b, _, output| {
            b.store(global(output, thread()), float(1.0));
            b.push(StmtKind::Barrier { global: global_memory, shared: !global_memory });
            b.define("x", load(global(output, sub(int(63), thread()))));
        })
    };
    assert_eq!(over(true), SOUND);
    assert_eq!(over(false), [Rule::Hazard]);
}

#[test]
fn barriers_that_order_nothing_are_found() {
    let count = |extra: bool, global_too: bool| {
        let kernel = kernel(move |b, _, _| {
            let array = b.shared("array", Elem::I32, 64);
            b.store(shared(array, thread()), thread());
            b.push(StmtKind::Barrier { global: global_too, shared: true });
            b.define("x", load(shared(array, sub(int(63), thread()))));
            if extra {
                b.barrier();
            }
        });
        redundant_barriers(&kernel, &TARGET).len()
    };
    assert_eq!(count(false, false), 0);
    assert_eq!(count(true, false), 1);
    assert_eq!(count(false, true), 1);
}

#[test]
fn matrix_operations() {
    let product = |roles_swapped: bool, stride: u64, offset: u32, barrier: bool| {
        rules(move |b, _, _| {
            let memory = b.shared("memory", Elem::Bf16, 1024);
            let sums = b.shared("sums", Elem::F32, 1024);
            b.for_loop("i", [thread(), int(1024), int(64)], Unroll::No, |b, i| {
                b.store(shared(memory, var(i)), float(1.0));
            });
            b.barrier();
            let left = b.fragment("a", FragmentRole::A, Elem::Bf16, 1);
            let right = b.fragment("b", FragmentRole::B, Elem::Bf16, 1);
            let acc = b.fragment("acc", FragmentRole::Acc, Elem::F32, 1);
            b.matrix(MatrixOp::Fill { fragment: acc, at: int(0), value: 0.0 });
            let place = |at| shared(memory, at);
            let load = |fragment, offset| MatrixOp::Load {
                fragment,
                at: int(0),
                place: place(offset),
                stride,
                transposed: false,
            };
            b.matrix(load(left, int(offset)));
            b.matrix(load(right, int(0)));
            let (a, c) = if roles_swapped { (right, left) } else { (left, right) };
            b.matrix(MatrixOp::Multiply { acc: (acc, int(0)), a: (a, int(0)), b: (c, int(0)) });
            let place = shared(sums, mul(subgroup(), int(128)));
            b.matrix(MatrixOp::Store { fragment: acc, at: int(0), place, stride: 8 });
            if barrier {
                b.barrier();
            }
            b.define("x", lower_simt::testing::exprs::load(shared(sums, thread())));
        })
    };
    assert_eq!(product(false, 16, 256, true), SOUND);
    assert_eq!(product(true, 16, 256, true), [Rule::Type]);
    assert_eq!(product(false, 12, 256, true), [Rule::Alignment]);
    assert_eq!(product(false, 16, 250, true), [Rule::Alignment]);
    assert_eq!(product(false, 16, 256, false), [Rule::Hazard]);
}
