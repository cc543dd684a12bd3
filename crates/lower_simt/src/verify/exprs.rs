//! Types of expressions.

use tile_ir::{BinaryOp, Elem, ParamKind, Predicate};

use crate::ir::{Convert, Expr, LaneKernel, Memory, Scalar};

/// Whether the kernel has this memory, with elements that exist in memory.
pub(super) fn memory_exists(kernel: &LaneKernel, memory: Memory) -> bool {
    match memory {
        Memory::Global(view) => kernel.view(view).is_some_and(|view| view.elem != Elem::Index),
        Memory::Shared(shared) => kernel.shared.get(shared.0 as usize).is_some(),
    }
}

/// Whether an expression of this type may be an index, offset or bound.
pub(super) const fn is_index(scalar: Scalar) -> bool {
    match scalar {
        Scalar::I32 | Scalar::I64 => true,
        Scalar::F32 | Scalar::Bool | Scalar::I8 => false,
    }
}

const fn is_int(scalar: Scalar) -> bool {
    match scalar {
        Scalar::I8 | Scalar::I32 | Scalar::I64 => true,
        Scalar::F32 | Scalar::Bool => false,
    }
}

/// The type of an expression whose parts are sound.
///
/// # Errors
/// The first operand or operation that does not fit.
pub(super) fn type_of(kernel: &LaneKernel, expr: &Expr) -> Result<Scalar, String> {
    let operands: Vec<Scalar> =
        expr.operands().into_iter().map(|operand| type_of(kernel, operand)).collect::<Result<_, _>>()?;
    let same = |wanted: Scalar| match operands.iter().find(|found| **found != wanted) {
        Some(found) => Err(format!("{found:?} where {wanted:?} is wanted")),
        None => Ok(()),
    };
    let variable = |var: crate::ir::Var, array: bool| match kernel.vars.get(var.0 as usize) {
        Some(data) if data.len.is_some() == array => Ok(data.scalar),
        Some(data) => Err(format!("`{}` used as {}", data.name, if array { "an array" } else { "a scalar" })),
        None => Err(format!("variable {} does not exist", var.0)),
    };
    match expr {
        Expr::Float(_) => Ok(Scalar::F32),
        Expr::Int(scalar, bits) => {
            if !is_int(*scalar) || bits >> 1 >> (scalar.bits() - 1) != 0 {
                return Err(format!("the constant {bits:#x} as {scalar:?}"));
            }
            Ok(*scalar)
        }
        Expr::Bool(_) => Ok(Scalar::Bool),
        Expr::Var(var) => variable(*var, false),
        Expr::Element(var, _) => {
            if !is_index(operands[0]) {
                return Err(format!("an index of type {:?}", operands[0]));
            }
            variable(*var, true)
        }
        Expr::Builtin(_) => Ok(Scalar::I32),
        Expr::Param(param) => match kernel.params.get(*param).map(|param| &param.kind) {
            Some(ParamKind::Scalar(_)) => Ok(expr.scalar(kernel)),
            Some(ParamKind::View(_)) | None => Err(format!("parameter {param} is no scalar")),
        },
        Expr::Unary(..) | Expr::Fma(..) => same(Scalar::F32).map(|()| Scalar::F32),
        Expr::Binary(op, ..) => {
            same(operands[0])?;
            if !binary_fits(*op, operands[0]) {
                return Err(format!("{op:?} on {:?}", operands[0]));
            }
            Ok(operands[0])
        }
        Expr::Compare(predicate, ..) => {
            same(operands[0])?;
            if !compare_fits(*predicate, operands[0]) {
                return Err(format!("{predicate:?} on {:?}", operands[0]));
            }
            Ok(Scalar::Bool)
        }
        Expr::Select(..) => {
            if operands[0] != Scalar::Bool || operands[1] != operands[2] {
                return Err(format!("a choice by {:?} between {:?} and {:?}", operands[0], operands[1], operands[2]));
            }
            Ok(operands[1])
        }
        Expr::Convert(convert, _) => {
            convert_fits(*convert, operands[0]).ok_or_else(|| format!("{convert:?} of {:?}", operands[0]))
        }
        Expr::Load(place) => {
            if !is_index(operands[0]) {
                return Err(format!("an offset of type {:?}", operands[0]));
            }
            if !memory_exists(kernel, place.memory) {
                return Err(format!("{:?} does not exist", place.memory));
            }
            Ok(Scalar::of(kernel.memory_elem(place.memory)))
        }
    }
}

const fn binary_fits(op: BinaryOp, scalar: Scalar) -> bool {
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => !matches!(scalar, Scalar::Bool),
        BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => matches!(scalar, Scalar::F32),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => !matches!(scalar, Scalar::F32),
        BinaryOp::DivS
        | BinaryOp::DivU
        | BinaryOp::RemS
        | BinaryOp::RemU
        | BinaryOp::MinS
        | BinaryOp::MaxS
        | BinaryOp::MinU
        | BinaryOp::MaxU
        | BinaryOp::Shl
        | BinaryOp::ShrS
        | BinaryOp::ShrU => is_int(scalar),
    }
}

const fn compare_fits(predicate: Predicate, scalar: Scalar) -> bool {
    match predicate {
        Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => {
            matches!(scalar, Scalar::F32)
        }
        Predicate::SLt | Predicate::SLe | Predicate::SGt | Predicate::SGe => is_int(scalar),
        Predicate::IEq | Predicate::INe | Predicate::ULt | Predicate::ULe | Predicate::UGt | Predicate::UGe => {
            !matches!(scalar, Scalar::F32)
        }
    }
}

fn convert_fits(convert: Convert, from: Scalar) -> Option<Scalar> {
    let (fits, to) = match convert {
        Convert::Round(elem) => (from == Scalar::F32 && matches!(elem, Elem::F16 | Elem::Bf16), Scalar::F32),
        Convert::SignedToFloat => (is_int(from), Scalar::F32),
        Convert::UnsignedToFloat => (from != Scalar::F32, Scalar::F32),
        Convert::FloatToSigned(to) | Convert::FloatToUnsigned(to) => (from == Scalar::F32 && is_int(to), to),
        Convert::SignExtend(to) | Convert::ZeroExtend(to) => {
            (from != Scalar::F32 && is_int(to) && to.bits() > from.bits(), to)
        }
        Convert::Truncate(to) => (is_int(from) && to != Scalar::F32 && to.bits() < from.bits(), to),
        Convert::Bits(to) => {
            let pair = (from, to);
            (pair == (Scalar::F32, Scalar::I32) || pair == (Scalar::I32, Scalar::F32), to)
        }
    };
    fits.then_some(to)
}
