//! For each rule, a program that breaks it; and a program that breaks none.

use diagnostics::{Kind, Report};

use super::*;
use crate::builder::KernelBuilder;
use crate::kernel::{Access, Own};
use crate::op::{Axis, BinaryOp, CastOp, ContractSpec, Index, Literal, Number, Predicate, ReduceOp, UnaryOp, ViewId};
use crate::types::{Elem, Shape};

/// A kernel with a read view `x` (parameter 0), a written view `y` (1), both `8x16xf32`, and a scalar `n` (2, value 0).
fn base() -> KernelBuilder {
    let mut b = KernelBuilder::new("k");
    b.read("x", Elem::F32, &[8, 16]);
    b.write("y", Elem::F32, &[8, 16], &[Own::Whole, Own::Whole]);
    b.scalar("n", Elem::I32, Some(8));
    b
}

const X: ViewId = ViewId(0);
const Y: ViewId = ViewId(1);
const N: Value = Value(0);

/// The only problem of a kernel.
fn problem_of(kernel: &Kernel) -> Problem {
    let errors = validate_kernel(kernel).expect_err("the kernel breaks a rule");
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].problem.clone()
}

/// The only problem of [`base`] with `f`'s operations.
fn problem(f: impl FnOnce(&mut KernelBuilder)) -> Problem {
    let mut b = base();
    f(&mut b);
    problem_of(&b.finish_unchecked())
}

/// Checks that the problem of [`base`] with the operations matches a pattern.
macro_rules! breaks {
    ($pattern:pat, $f:expr) => {
        let found = problem($f);
        assert!(matches!(found, $pattern), "{found:?}");
    };
}

fn shape(dims: &[u64]) -> Shape {
    Shape::new(dims).expect("at most four dimensions")
}

#[test]
fn a_valid_kernel_passes() {
    let mut b = base();
    let zero = b.index(0);
    let eight = b.index(8);
    let one = b.index(1);
    let tile = b.load(X, &[zero, zero], &[8, 16]);
    let sums = b.for_loop(zero, eight, one, &[tile], |b, _, carried| vec![b.add(carried[0], carried[0])]);
    b.store(Y, sums[0], &[zero, zero]);
    b.finish().expect("valid");
}

#[test]
fn names_are_unique_identifiers() {
    let kernel = base().finish().expect("valid");
    let module = Module { name: "m".into(), kernels: vec![kernel.clone(), kernel.clone()] };
    let errors = validate(&module).expect_err("duplicate");
    assert_eq!(errors[0].problem, Problem::DuplicateKernel("k".into()));

    for name in ["", "9x", "a-b", "a b", "é"] {
        let mut bad = kernel.clone();
        bad.family = name.into();
        assert_eq!(problem_of(&bad), Problem::NotAnIdentifier(name.into()));
        let mut bad = kernel.clone();
        bad.params[0].name = name.into();
        assert_eq!(problem_of(&bad), Problem::NotAnIdentifier(name.into()));
    }
    breaks!(Problem::DuplicateParam(_), |b| {
        b.read("x", Elem::F32, &[1]);
    });
    breaks!(Problem::DuplicateTuning(_), |b| b.family("f", &[("BN", 1), ("BN", 2)]));
    breaks!(Problem::TuningSize(_), |b| b.family("f", &[("BN", 1 << 63)]));
}

#[test]
fn grids_are_bounded() {
    breaks!(Problem::EmptyGrid([1, 0, 1]), |b| b.grid([1, 0, 1]));
    breaks!(Problem::LargeGrid(_), |b| {
        let mut other = KernelBuilder::new("k");
        other.grid([1 << 30, u64::MAX, 2]);
        *b = other;
    });
}

#[test]
fn bodies_take_and_return_nothing() {
    let mut kernel = base().finish().expect("valid");
    kernel.body.yields.push(N);
    assert_eq!(problem_of(&kernel), Problem::BodySignature);
}

#[test]
fn scalar_parameters_have_plain_types_and_bounds() {
    breaks!(Problem::ScalarType { .. }, |b| {
        b.scalar("p", Elem::Bf16, None);
    });
    for (elem, bound) in [(Elem::F32, 1), (Elem::I32, 0), (Elem::I32, (1 << 32) + 1), (Elem::I64, 1 << 63)] {
        breaks!(Problem::ScalarBound { .. }, |b| {
            b.scalar("p", elem, Some(bound));
        });
    }
}

#[test]
fn views_have_shapes_that_memory_can_hold() {
    for dims in [&[][..], &[0], &[4, 0], &[1 << 40, 1 << 40]] {
        breaks!(Problem::ViewShape { .. }, |b| {
            b.read("v", Elem::F32, dims);
        });
    }
    breaks!(Problem::ViewElem { .. }, |b| {
        b.read("v", Elem::Index, &[4]);
    });
}

#[test]
fn written_views_are_partitioned() {
    breaks!(Problem::OwnCount { expected: 1, found: 0, .. }, |b| {
        b.write("v", Elem::F32, &[4], &[]);
    });
    breaks!(Problem::OwnCount { expected: 0, found: 1, .. }, |b| {
        b.view("v", Elem::F32, &[4], Access::Weights, &[Own::Whole]);
    });
    breaks!(Problem::OwnBlock { dim: 0, .. }, |b| {
        b.write("v", Elem::F32, &[4], &[Own::Block { axis: Axis::X, size: 0 }]);
    });
    for param in [0, 9] {
        breaks!(Problem::OwnAt { dim: 1, .. }, |b| {
            b.write("v", Elem::F32, &[4, 4], &[Own::Whole, Own::At { param }]);
        });
    }
    breaks!(Problem::OwnShared { axis: "y", programs: 2, .. }, |b| b.grid([1, 2, 1]));
}

#[test]
fn values_are_defined_once_before_use_in_scope() {
    breaks!(Problem::NotDefined(_), |b| {
        b.unary(UnaryOp::Neg, Value(99));
    });
    // The value exists, but only later.
    breaks!(Problem::NotDefined(_), |b| {
        b.binary(BinaryOp::Add, Value(2), Value(2));
        b.int(Elem::I32, 0);
    });
    let escape = |b: &mut KernelBuilder| {
        let cond = b.int(Elem::I1, 1);
        let mut inner = N;
        b.when(cond, |b| inner = b.int(Elem::I32, 3));
        b.add(inner, inner);
    };
    breaks!(Problem::NotDefined(_), escape);
    breaks!(Problem::NotDefined(_), |b| {
        let cond = b.int(Elem::I1, 1);
        b.if_else(cond, |_| vec![Value(1000)], |_| vec![N]);
    });
    let mut kernel = base().finish().expect("valid");
    kernel.body.ops.push(Op { kind: OpKind::ProgramId(Axis::X), results: vec![N], loc: Loc::Unknown });
    let errors = validate_kernel(&kernel).expect_err("defined twice");
    assert_eq!(errors[0].problem, Problem::Redefined("`n`".into()));
}

#[test]
fn tiles_and_nesting_are_bounded() {
    for dims in [&[0, 4][..], &[1 << 20, 1 << 20], &[1, 1, 1, 1, 1]] {
        breaks!(Problem::TileShape(_), |b| {
            b.splat(Elem::F32, dims, 0.0);
        });
    }
    fn nest(b: &mut KernelBuilder, cond: Value, depth: usize) {
        if depth > 0 {
            b.when(cond, |b| nest(b, cond, depth - 1));
        }
    }
    let mut b = base();
    let cond = b.int(Elem::I1, 1);
    nest(&mut b, cond, MAX_NESTING);
    b.finish().expect("just deep enough");
    breaks!(Problem::Nesting, |b| {
        let cond = b.int(Elem::I1, 1);
        nest(b, cond, MAX_NESTING + 1);
    });
}

#[test]
fn result_counts_and_types_follow_from_the_operation() {
    breaks!(Problem::ResultCount { expected: 1, found: 0 }, |b| {
        b.op(OpKind::ProgramId(Axis::X), &[]);
    });
    breaks!(Problem::Mismatch { role: "result", .. }, |b| {
        b.op(OpKind::ProgramId(Axis::X), &[Type::I32]);
    });
    breaks!(Problem::ResultCount { expected: 0, found: 1 }, |b| {
        let zero = b.index(0);
        let value = b.float(Elem::F32, 0.0);
        b.op(OpKind::StoreScalar { view: Y, value, indices: vec![zero, zero] }, &[Type::F32]);
    });
}

#[test]
fn constants_fit_their_type() {
    for (elem, number) in [
        (Elem::I1, Number::Int(-1)),
        (Elem::I8, Number::Int(128)),
        (Elem::I32, Number::Int(1 << 31)),
        (Elem::I32, Number::Float(1.0)),
        (Elem::F32, Number::Int(1)),
        (Elem::F16, Number::Float(1e9)),
        (Elem::Bf16, Number::Float(1.001)),
    ] {
        breaks!(Problem::LiteralRange(_), |b| {
            b.constant(Type::scalar(elem), Literal::Splat(number));
        });
    }
    breaks!(Problem::LiteralCount { expected: 4, found: 3 }, |b| {
        b.dense(Elem::I32, &[4], vec![Number::Int(0); 3]);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        b.constant(Type::I32, Literal::Dense(vec![Number::Int(0)]));
    });
    breaks!(Problem::OutOfRange { role: "dimension", .. }, |b| {
        b.iota(Elem::I32, &[4], 1);
    });
    breaks!(Problem::LiteralRange(Elem::I8), |b| {
        b.iota(Elem::I8, &[129], 0);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        b.iota(Elem::F32, &[4], 0);
    });
}

#[test]
fn elementwise_operands_agree() {
    breaks!(Problem::Unexpected { .. }, |b| {
        b.unary(UnaryOp::Exp, N);
    });
    breaks!(Problem::Mismatch { role: "second operand", .. }, |b| {
        let other = b.index(0);
        b.add(N, other);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        b.binary(BinaryOp::DivF, N, N);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        let x = b.float(Elem::F32, 0.0);
        b.binary(BinaryOp::Xor, x, x);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        let x = b.int(Elem::I1, 0);
        b.add(x, x);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        b.fma(N, N, N);
    });
    breaks!(Problem::Mismatch { role: "third operand", .. }, |b| {
        let x = b.float(Elem::F32, 0.0);
        b.fma(x, x, N);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        b.compare(Predicate::FLt, N, N);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        let x = b.int(Elem::I1, 0);
        b.compare(Predicate::SLt, x, x);
    });
    breaks!(Problem::Mismatch { role: "condition", .. }, |b| {
        let mask = b.splat_int(Elem::I1, &[4], 1);
        b.select(mask, N, N);
    });
    breaks!(Problem::Mismatch { role: "second choice", .. }, |b| {
        let cond = b.int(Elem::I1, 0);
        b.select(cond, N, cond);
    });
}

#[test]
fn casts_fit_their_kind() {
    for (op, from, to) in [
        (CastOp::ExtF, Elem::F32, Elem::F16),
        (CastOp::ExtF, Elem::F16, Elem::Bf16),
        (CastOp::TruncF, Elem::F16, Elem::F32),
        (CastOp::SIntToFp, Elem::Index, Elem::F32),
        (CastOp::UIntToFp, Elem::F32, Elem::F32),
        (CastOp::FpToSInt, Elem::F32, Elem::Index),
        (CastOp::FpToUInt, Elem::F32, Elem::I1),
        (CastOp::ExtS, Elem::I32, Elem::I32),
        (CastOp::ExtU, Elem::I32, Elem::I8),
        (CastOp::TruncI, Elem::I8, Elem::I32),
        (CastOp::IndexS, Elem::I32, Elem::I64),
        (CastOp::IndexU, Elem::Index, Elem::F32),
        (CastOp::Bitcast, Elem::I1, Elem::I8),
        (CastOp::Bitcast, Elem::F32, Elem::I64),
    ] {
        breaks!(Problem::Cast { .. }, |b| {
            let value = b.number(from, 1);
            b.cast(op, value, to);
        });
    }
    // `i1` is one bit for extension, whatever memory does.
    let mut b = base();
    let bit = b.int(Elem::I1, 1);
    let byte = b.cast(CastOp::ExtU, bit, Elem::I8);
    b.cast(CastOp::TruncI, byte, Elem::I1);
    b.finish().expect("valid");
}

#[test]
fn shapes_follow_their_rules() {
    let tile = |b: &mut KernelBuilder| b.splat(Elem::F32, &[2, 3], 0.0);
    breaks!(Problem::ShapeRule { role: "broadcast", .. }, |b| {
        let t = tile(b);
        b.broadcast(t, &[2, 6]);
    });
    breaks!(Problem::ShapeRule { role: "broadcast", .. }, |b| {
        let t = tile(b);
        b.broadcast(t, &[3]);
    });
    breaks!(Problem::ShapeRule { role: "reshape", .. }, |b| {
        let t = tile(b);
        b.reshape(t, &[7]);
    });
    for perm in [&[0][..], &[0, 0], &[0, 2], &[0, 1, 2]] {
        breaks!(Problem::Permutation, |b| {
            let t = tile(b);
            b.transpose(t, perm);
        });
    }
    breaks!(Problem::Mismatch { .. }, |b| {
        let value = tile(b);
        b.op(OpKind::Transpose { value, perm: vec![1, 0] }, &[Type { elem: Elem::F32, shape: shape(&[2, 3]) }]);
    });
    breaks!(Problem::Part { dim: 1, offset: 2, size: 2, extent: 3 }, |b| {
        let t = tile(b);
        b.slice(t, &[0, 2], &[2, 2]);
    });
    breaks!(Problem::Part { dim: 0, .. }, |b| {
        let t = tile(b);
        b.slice(t, &[u64::MAX, 0], &[1, 1]);
    });
    breaks!(Problem::Count { role: "offsets", .. }, |b| {
        let t = tile(b);
        b.slice(t, &[0], &[2, 2]);
    });
    breaks!(Problem::ShapeRule { role: "slice", .. }, |b| {
        let t = tile(b);
        b.slice(t, &[0, 0], &[2]);
    });
    breaks!(Problem::Part { dim: 0, .. }, |b| {
        let t = tile(b);
        b.insert_slice(t, t, &[1, 0]);
    });
    breaks!(Problem::Mismatch { role: "part", .. }, |b| {
        let t = tile(b);
        let part = b.splat_int(Elem::I32, &[1, 1], 0);
        b.insert_slice(part, t, &[1, 0]);
    });
}

#[test]
fn indices_fit_the_tile() {
    breaks!(Problem::OutOfRange { role: "index", found: 3, limit: 3 }, |b| {
        let t = b.splat(Elem::F32, &[2, 3], 0.0);
        b.extract(t, &[Index::Static(0), Index::Static(3)]);
    });
    breaks!(Problem::Mismatch { role: "index", .. }, |b| {
        let t = b.splat(Elem::F32, &[2, 3], 0.0);
        b.extract(t, &[Index::Dynamic(N)]);
    });
    for indices in [vec![], vec![Index::Static(0); 3]] {
        breaks!(Problem::Count { role: "indices", .. }, |b| {
            let t = b.splat(Elem::F32, &[2, 3], 0.0);
            b.extract(t, &indices);
        });
    }
    breaks!(Problem::Mismatch { role: "part", .. }, |b| {
        let t = b.splat(Elem::F32, &[2, 3], 0.0);
        let x = b.float(Elem::F32, 0.0);
        b.insert(x, t, &[Index::Static(0)]);
    });
    breaks!(Problem::Count { role: "bounds", .. }, |b| {
        b.create_mask(&[4, 4], &[Index::Static(1)]);
    });
    breaks!(Problem::Mismatch { role: "bound", .. }, |b| {
        b.create_mask(&[4], &[Index::Dynamic(N)]);
    });
    breaks!(Problem::OutOfRange { role: "bound", .. }, |b| {
        b.create_mask(&[4], &[Index::Static(u64::MAX)]);
    });
}

#[test]
fn reductions_fit_the_tile() {
    let tile = |b: &mut KernelBuilder| b.splat(Elem::F32, &[2, 3], 0.0);
    for (dims, rank) in [(vec![1, 0], 0), (vec![0, 0], 1)] {
        breaks!(Problem::ReduceOrder, |b| {
            let t = tile(b);
            let acc = if rank == 0 { b.float(Elem::F32, 0.0) } else { b.splat(Elem::F32, &[3], 0.0) };
            b.reduce(ReduceOp::Add, t, acc, &dims);
        });
    }
    breaks!(Problem::OutOfRange { role: "dimension", .. }, |b| {
        let t = tile(b);
        b.reduce(ReduceOp::Add, t, t, &[2]);
    });
    breaks!(Problem::NothingReduced, |b| {
        let t = tile(b);
        b.reduce(ReduceOp::Add, t, t, &[]);
    });
    breaks!(Problem::Mismatch { role: "start value", .. }, |b| {
        let t = tile(b);
        b.reduce(ReduceOp::Add, t, t, &[0]);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        let t = tile(b);
        b.reduce(ReduceOp::MaxS, t, t, &[0]);
    });
    breaks!(Problem::Unexpected { .. }, |b| {
        let t = b.splat_int(Elem::I32, &[2], 0);
        b.reduce(ReduceOp::MaxF, t, t, &[0]);
    });
}

#[test]
fn products_have_consistent_maps() {
    let contract = |spec: ContractSpec, rhs: [u64; 2]| {
        problem(|b| {
            let lhs = b.splat(Elem::F32, &[2, 4], 0.0);
            let rhs = b.splat(Elem::F32, &rhs, 0.0);
            let acc = b.splat(Elem::F32, &[2, 3], 0.0);
            b.contract(lhs, rhs, acc, spec);
        })
    };
    let spec = ContractSpec::matmul(false);
    let rule = |problem: Problem| match problem {
        Problem::Iterator { rule, .. } => rule,
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(contract(spec.clone(), [3, 4])), "indexes dimensions of different extents");
    let bad = ContractSpec { reduced: vec![false; 3], ..spec.clone() };
    assert_eq!(rule(contract(bad, [4, 3])), "is not reduced, but does not index the accumulator");
    let bad = ContractSpec { reduced: vec![false, true, true], ..spec.clone() };
    assert_eq!(rule(contract(bad, [4, 3])), "is reduced, but indexes the accumulator");
    let bad = ContractSpec { reduced: vec![false, false, true, true], ..spec.clone() };
    assert_eq!(rule(contract(bad, [4, 3])), "is reduced, but does not index both operands");
    let bad = ContractSpec { rhs: vec![2, 2], ..spec.clone() };
    assert_eq!(rule(contract(bad, [4, 4])), "indexes two dimensions of one operand");
    let bad = ContractSpec { rhs: vec![2, 3], reduced: vec![false, false, true, true], ..spec.clone() };
    assert_eq!(rule(contract(bad, [4, 3])), "indexes neither operand");
    let bad = ContractSpec { rhs: vec![2, 9], ..spec.clone() };
    assert!(matches!(contract(bad, [4, 3]), Problem::OutOfRange { role: "iterator", .. }));
    let bad = ContractSpec { rhs: vec![2], ..spec };
    assert!(matches!(contract(bad, [4, 3]), Problem::Count { .. }));
    let outer = ContractSpec { reduced: vec![false, false], lhs: vec![0], rhs: vec![1], acc: vec![0, 1] };
    breaks!(Problem::NothingReduced, |b| {
        let lhs = b.splat(Elem::F32, &[2], 0.0);
        let rhs = b.splat(Elem::F32, &[3], 0.0);
        let acc = b.splat(Elem::F32, &[2, 3], 0.0);
        b.contract(lhs, rhs, acc, outer);
    });
    breaks!(Problem::Mismatch { role: "right operand", .. }, |b| {
        let lhs = b.splat(Elem::F32, &[2, 4], 0.0);
        let rhs = b.splat(Elem::F16, &[4, 3], 0.0);
        let acc = b.splat(Elem::F32, &[2, 3], 0.0);
        b.contract(lhs, rhs, acc, ContractSpec::matmul(false));
    });
}

#[test]
fn memory_is_accessed_by_the_views_rules() {
    breaks!(Problem::NoView(2), |b| {
        let zero = b.index(0);
        let pad = b.float(Elem::F32, 0.0);
        b.load_masked(ViewId(2), &[zero, zero], &[4], pad, None);
    });
    breaks!(Problem::ReadOnly(_), |b| {
        let zero = b.index(0);
        let tile = b.splat(Elem::F32, &[4], 0.0);
        b.store(X, tile, &[zero, zero]);
    });
    breaks!(Problem::ReadOnly(_), |b| {
        let zero = b.index(0);
        let x = b.float(Elem::F32, 0.0);
        b.store_scalar(X, x, &[zero, zero]);
    });
    breaks!(Problem::Count { role: "indices", expected: 2, found: 1 }, |b| {
        let zero = b.index(0);
        b.load(X, &[zero], &[4]);
    });
    breaks!(Problem::Mismatch { role: "index", .. }, |b| {
        b.load_scalar(X, &[N, N]);
    });
    breaks!(Problem::Mismatch { role: "padding", .. }, |b| {
        let zero = b.index(0);
        b.load_masked(X, &[zero, zero], &[4], zero, None);
    });
    breaks!(Problem::Mismatch { role: "mask", .. }, |b| {
        let zero = b.index(0);
        let tile = b.splat(Elem::F32, &[4], 0.0);
        let mask = b.splat_int(Elem::I1, &[5], 1);
        b.store_masked(Y, tile, &[zero, zero], Some(mask));
    });
    breaks!(Problem::ShapeRule { role: "transfer", .. }, |b| {
        let zero = b.index(0);
        b.load(X, &[zero, zero], &[1, 1, 4]);
    });
    breaks!(Problem::Mismatch { role: "tile", .. }, |b| {
        let zero = b.index(0);
        let tile = b.splat_int(Elem::I32, &[4], 0);
        b.store(Y, tile, &[zero, zero]);
    });
    breaks!(Problem::Count { role: "in-bounds flags", .. }, |b| {
        let zero = b.index(0);
        let value = b.splat(Elem::F32, &[4], 0.0);
        b.op(OpKind::Store { view: Y, value, indices: vec![zero, zero], mask: None, in_bounds: vec![] }, &[]);
    });
    breaks!(Problem::Unexpected { role: "offsets", .. }, |b| {
        let offsets = b.splat_int(Elem::I8, &[4], 0);
        let mask = b.splat_int(Elem::I1, &[4], 1);
        let other = b.splat(Elem::F32, &[4], 0.0);
        b.gather(X, offsets, mask, other);
    });
    breaks!(Problem::Mismatch { role: "alternative", .. }, |b| {
        let offsets = b.splat_int(Elem::I32, &[4], 0);
        let mask = b.splat_int(Elem::I1, &[4], 1);
        b.gather(X, offsets, mask, offsets);
    });
}

#[test]
fn regions_agree_with_their_operation() {
    breaks!(Problem::Mismatch { role: "step", .. }, |b| {
        let zero = b.index(0);
        b.for_loop(zero, zero, N, &[], |_, _, _| Vec::new());
    });
    breaks!(Problem::Mismatch { role: "yielded value", .. }, |b| {
        let zero = b.index(0);
        b.for_loop(zero, zero, zero, &[N], |_, i, _| vec![i]);
    });
    breaks!(Problem::Count { role: "yielded values", .. }, |b| {
        let zero = b.index(0);
        b.for_loop(zero, zero, zero, &[N], |_, _, _| Vec::new());
    });
    breaks!(Problem::Count { role: "loop arguments", expected: 1, found: 0 }, |b| {
        let zero = b.index(0);
        b.op(OpKind::For { lower: zero, upper: zero, step: zero, init: vec![], body: Block::default() }, &[]);
    });
    breaks!(Problem::Mismatch { role: "condition", .. }, |b| {
        b.while_loop(&[N], |_, args| (args[0], vec![]), |_, _| vec![N]);
    });
    breaks!(Problem::Count { role: "yielded values", .. }, |b| {
        let cond = b.int(Elem::I1, 0);
        b.while_loop(&[N], |_, args| (cond, vec![args[0]]), |_, _| vec![]);
    });
    breaks!(Problem::Mismatch { role: "condition", .. }, |b| b.when(N, |_| {}));
    breaks!(Problem::Count { role: "yielded values", .. }, |b| {
        let cond = b.int(Elem::I1, 0);
        b.if_else(cond, |_| vec![N], |_| vec![]);
    });
    breaks!(Problem::Count { role: "branch arguments", .. }, |b| {
        let cond = b.int(Elem::I1, 0);
        let then = b.block(&[Type::I32], |_, _| Vec::new());
        b.op(OpKind::If { cond, then, otherwise: Block::default() }, &[]);
    });
}

#[test]
fn reports_name_the_operation_the_line_and_the_kernel() {
    let mut b = base();
    b.at("src/k.rs", 7, 9);
    b.add(N, Value(500));
    let errors = validate_kernel(&b.finish_unchecked()).expect_err("undefined");
    let report = Report::from(&errors[0]);
    assert_eq!(report.kind, Kind::Invalid);
    assert_eq!(report.message, "`arith.addi`: value 500 is used where it is not defined");
    assert_eq!(report.span.expect("a position").to_string(), "src/k.rs:7:9");
    assert_eq!(report.notes, ["in kernel `k`"]);
}
