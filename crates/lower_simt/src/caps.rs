//! What the whole family supports: operation by element type.
//!
//! The lowering asks this table before it starts, so what it refuses here it never meets.

use tile_ir::{BinaryOp, CastOp, Elem, Kernel, Op, OpKind, Predicate, ReduceOp, UnaryOp, Value, check_ops};

use crate::Error;
use crate::target::Target;

/// How an operation is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// By an operation of the language.
    Native,
    /// By several.
    Composed,
    /// Not at all; holds the nearest alternative.
    Refused(&'static str),
}

const FLOATS_ONLY: Support = Support::Refused("cast to f32 first");
const INTS_ONLY: Support = Support::Refused("cast to i32 first");

/// Elementwise operation of one operand.
pub const fn unary(_op: UnaryOp, elem: Elem) -> Support {
    match elem {
        Elem::F32 => Support::Native,
        // Computed in f32, then rounded.
        Elem::F16 | Elem::Bf16 => Support::Composed,
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
    }
}

/// Elementwise operation of two operands.
pub const fn binary(op: BinaryOp, elem: Elem) -> Support {
    if !op.takes(elem.is_float()) {
        return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
    }
    match (elem, op) {
        (Elem::F16 | Elem::Bf16, _) => Support::Composed,
        (Elem::I1, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor) => Support::Native,
        (Elem::I1, _) => Support::Refused("cast to i32 first, or use `and`, `or`, `xor`"),
        (Elem::I8, _) => Support::Composed,
        (Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index, _) => Support::Native,
    }
}

/// Fused multiply-add. On 16-bit floats two roundings would differ from one.
pub const fn fma(elem: Elem) -> Support {
    match elem {
        Elem::F32 => Support::Native,
        Elem::F16 | Elem::Bf16 => Support::Composed,
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
    }
}

/// Comparison of operands of type `elem`.
pub const fn compare(predicate: Predicate, elem: Elem) -> Support {
    if predicate.is_float() != elem.is_float() {
        return if elem.is_float() { INTS_ONLY } else { FLOATS_ONLY };
    }
    match (elem, predicate) {
        (Elem::I1, Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe) => {
            Support::Refused("use the unsigned comparison")
        }
        (_, _) => Support::Native,
    }
}

/// Conversion.
pub const fn cast(op: CastOp, from: Elem, to: Elem) -> Support {
    match (op, from, to) {
        (CastOp::SIntToFp | CastOp::UIntToFp, Elem::I32 | Elem::I64, Elem::F16 | Elem::Bf16) => {
            Support::Refused("cast to f32 first: it rounds twice")
        }
        (CastOp::Bitcast, Elem::F32, Elem::I32) | (CastOp::Bitcast, Elem::I32, Elem::F32) => Support::Native,
        (CastOp::Bitcast, Elem::F16, Elem::Bf16) | (CastOp::Bitcast, Elem::Bf16, Elem::F16) => {
            Support::Refused("reinterpret `f32` and `u32` only")
        }
        (_, Elem::F16 | Elem::Bf16, _) | (_, _, Elem::F16 | Elem::Bf16) => Support::Composed,
        (_, _, _) => Support::Native,
    }
}

/// Reduction.
pub const fn reduce(op: ReduceOp, elem: Elem) -> Support {
    if matches!(elem, Elem::I1) {
        return INTS_ONLY;
    }
    let float = match op {
        ReduceOp::Add => elem.is_float(),
        ReduceOp::MinF | ReduceOp::MaxF => true,
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => false,
    };
    if float != elem.is_float() {
        return if float { FLOATS_ONLY } else { INTS_ONLY };
    }
    Support::Composed
}

/// Sum of products.
pub const fn contract(elem: Elem) -> Support {
    match elem {
        Elem::F32 | Elem::F16 | Elem::Bf16 => Support::Composed,
        Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => FLOATS_ONLY,
    }
}

/// Loads, stores and gathers of views.
pub const fn memory(elem: Elem) -> Support {
    match elem {
        Elem::F32 | Elem::I32 | Elem::I64 | Elem::F16 | Elem::I8 | Elem::I1 => Support::Native,
        Elem::Bf16 => Support::Composed,
        Elem::Index => Support::Refused("store `i32` or `i64`"),
    }
}

/// Support of one operation of a kernel, with the element type that decides.
pub fn op(kernel: &Kernel, op: &Op) -> (Support, Elem) {
    let elem = |value: Value| kernel.ty(value).elem;
    let of_view = |id: tile_ir::ViewId| kernel.view(id).map_or(Elem::Index, |view| view.elem);
    let result = op.results.first().map_or(Elem::Index, |&value| elem(value));
    match &op.kind {
        OpKind::Unary(kind, x) => (unary(*kind, elem(*x)), elem(*x)),
        OpKind::Binary(kind, x, _) => (binary(*kind, elem(*x)), elem(*x)),
        OpKind::Fma(x, ..) => (fma(elem(*x)), elem(*x)),
        OpKind::Compare(predicate, x, _) => (compare(*predicate, elem(*x)), elem(*x)),
        OpKind::Cast(kind, x) => (cast(*kind, elem(*x), result), result),
        OpKind::Reduce { op, value, .. } => (reduce(*op, elem(*value)), elem(*value)),
        OpKind::Contract { lhs, .. } => (contract(elem(*lhs)), elem(*lhs)),
        OpKind::Load { view, .. }
        | OpKind::Store { view, .. }
        | OpKind::LoadScalar { view, .. }
        | OpKind::StoreScalar { view, .. }
        | OpKind::Gather { view, .. } => (memory(of_view(*view)), of_view(*view)),
        OpKind::ProgramId(_)
        | OpKind::NumPrograms(_)
        | OpKind::Constant(_)
        | OpKind::Select { .. }
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::Transpose { .. }
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
    check_ops(kernel, target.name, |item| match op(kernel, item) {
        (Support::Refused(help), elem) => Some((help, elem)),
        (Support::Native | Support::Composed, _) => None,
    })
}
