//! What the whole family supports, and what a target does by scalar code.
//!
//! The lowering asks this table before it starts, so what it refuses here it never meets. Vector operations are the target's
//! tables ([`crate::target::Target`]); an elementwise operation that is in none of them becomes a loop of scalar code.

use tile_ir::{BinaryOp, CastOp, Elem, Kernel, Op, OpKind, Predicate, ReduceOp, UnaryOp, Value, check_ops};

use crate::Error;
use crate::target::Target;

/// How an operation is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// By an operation of the vector unit, or an expression of scalar code.
    Native,
    /// By several.
    Composed,
    /// Element by element, by scalar code: right, and slow.
    Scalar,
    /// Not at all; holds the nearest alternative.
    Refused(&'static str),
}

const FLOATS_ONLY: Support = Support::Refused("cast to f32 first");
const INTS_ONLY: Support = Support::Refused("cast to i32 first");

/// Elementwise operation of one operand.
#[must_use]
pub fn unary(op: UnaryOp, elem: Elem, target: &Target) -> Support {
    match (elem, op) {
        (Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, _) => FLOATS_ONLY,
        // Within 2e-7 of the number where the angle is at most 200 000; NaN above.
        (_, UnaryOp::Sin | UnaryOp::Cos) => Support::Composed,
        (Elem::F16 | Elem::Bf16, _) | (_, UnaryOp::Neg) => Support::Composed,
        (_, UnaryOp::Rsqrt | UnaryOp::Tanh) if target.unary.contains(&op) => Support::Native,
        (_, UnaryOp::Rsqrt | UnaryOp::Tanh) => Support::Composed,
        (_, UnaryOp::Abs | UnaryOp::Exp | UnaryOp::Log | UnaryOp::Sqrt | UnaryOp::Floor) => {
            if target.unary.contains(&op) {
                Support::Native
            } else {
                Support::Refused("the target has no such function")
            }
        }
    }
}

/// Elementwise operation of two operands.
#[must_use]
pub fn binary(op: BinaryOp, elem: Elem, target: &Target) -> Support {
    if !op.takes(elem.is_float()) {
        return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
    }
    match (elem, op) {
        (Elem::F32, _) => Support::Native,
        (Elem::F16 | Elem::Bf16, _) | (Elem::I1, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor) => Support::Composed,
        (Elem::I1, _) => Support::Refused("cast to i32 first, or use `and`, `or`, `xor`"),
        // Where the range analysis shows that nothing overflows.
        (Elem::I32, _) if target.binary_i32.contains(&op) => Support::Native,
        (Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, _) => Support::Scalar,
    }
}

/// Comparison of operands of type `elem`.
#[must_use]
pub fn compare(predicate: Predicate, elem: Elem) -> Support {
    if predicate.is_float() != elem.is_float() {
        return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
    }
    match (elem, predicate) {
        (Elem::I1, Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe) => {
            Support::Refused("use the unsigned comparison")
        }
        (Elem::F32 | Elem::F16 | Elem::Bf16, _) => Support::Native,
        (Elem::I1, _) => Support::Composed,
        // As `f32`, where the range analysis shows that it is exact there.
        (Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, _) => Support::Scalar,
    }
}

/// Conversion.
#[must_use]
pub fn cast(op: CastOp, from: Elem, to: Elem, target: &Target) -> Support {
    match (op, from, to) {
        (CastOp::SIntToFp | CastOp::UIntToFp, Elem::I32 | Elem::I64, Elem::F16 | Elem::Bf16) => {
            Support::Refused("cast to f32 first: it rounds twice")
        }
        (CastOp::Bitcast, Elem::F32, Elem::I32) | (CastOp::Bitcast, Elem::I32, Elem::F32) => Support::Scalar,
        (CastOp::Bitcast, _, _) if from != to => Support::Refused("reinterpret `f32` and `u32` only"),
        (CastOp::FpToSInt | CastOp::FpToUInt, _, Elem::I64 | Elem::Index) if !target.holds(Elem::I64) => {
            Support::Refused("cast to i32 first: the target has no numbers of 64 bits")
        }
        (CastOp::ExtF | CastOp::TruncF, _, _) => Support::Native,
        (CastOp::SIntToFp | CastOp::FpToSInt, _, _) if target.casts.contains(&(from, to)) => Support::Native,
        (_, _, _) => Support::Scalar,
    }
}

/// Reduction.
#[must_use]
pub fn reduce(op: ReduceOp, elem: Elem) -> Support {
    let float = match op {
        ReduceOp::Add => elem.is_float(),
        ReduceOp::MinF | ReduceOp::MaxF => true,
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
    };
    match elem {
        Elem::I1 => INTS_ONLY,
        _ if float != elem.is_float() => {
            if float {
                FLOATS_ONLY
            } else {
                INTS_ONLY
            }
        }
        Elem::F32 => Support::Native,
        Elem::F16 | Elem::Bf16 => Support::Composed,
        Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => Support::Scalar,
    }
}

/// Support of one operation of a kernel, with the element type that decides.
#[must_use]
pub fn op(kernel: &Kernel, op: &Op, target: &Target) -> (Support, Elem) {
    let elem = |value: Value| kernel.ty(value).elem;
    let of_view = |id: tile_ir::ViewId| kernel.view(id).map_or(Elem::Index, |view| view.elem);
    let result = op.results.first().map_or(Elem::Index, |&value| elem(value));
    match &op.kind {
        OpKind::Unary(kind, x) => (unary(*kind, elem(*x), target), elem(*x)),
        OpKind::Binary(kind, x, _) => (binary(*kind, elem(*x), target), elem(*x)),
        OpKind::Fma(x, ..) => (if elem(*x) == Elem::F32 { Support::Native } else { Support::Composed }, elem(*x)),
        OpKind::Compare(predicate, x, _) => (compare(*predicate, elem(*x)), elem(*x)),
        OpKind::Cast(kind, x) => (cast(*kind, elem(*x), result, target), result),
        OpKind::Reduce { op, value, .. } => (reduce(*op, elem(*value)), elem(*value)),
        OpKind::Contract { lhs, .. } => {
            (if elem(*lhs).is_float() { Support::Composed } else { FLOATS_ONLY }, elem(*lhs))
        }
        OpKind::Load { view, .. }
        | OpKind::Store { view, .. }
        | OpKind::LoadScalar { view, .. }
        | OpKind::StoreScalar { view, .. }
        | OpKind::Gather { view, .. }
            if !target.holds(of_view(*view)) =>
        {
            (Support::Refused("the target has no numbers of 64 bits: use a view of i32"), of_view(*view))
        }
        OpKind::Load { view, .. } | OpKind::Store { view, .. } => (Support::Native, of_view(*view)),
        OpKind::LoadScalar { view, .. } | OpKind::StoreScalar { view, .. } => (Support::Scalar, of_view(*view)),
        OpKind::Gather { view, .. } => (Support::Scalar, of_view(*view)),
        OpKind::Transpose { .. } => (Support::Scalar, result),
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Select { .. }
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Slice { .. }
        | OpKind::InsertSlice { .. }
        | OpKind::Extract { .. }
        | OpKind::Insert { .. }
        | OpKind::CreateMask { .. }
        | OpKind::For { .. }
        | OpKind::While { .. }
        | OpKind::If { .. } => (Support::Native, result),
    }
}

/// The first refused operation of a kernel.
pub(crate) fn check(kernel: &Kernel, target: &Target) -> Result<(), Error> {
    check_ops(kernel, target.name, |item| match op(kernel, item, target) {
        (Support::Refused(help), elem) => Some((help, elem)),
        (Support::Native | Support::Composed | Support::Scalar, _) => None,
    })
}
