//! Types of MLIR to types of the tile IR.

use tile_ir::{Elem, MAX_RANK, Shape, Type};

use crate::errors::{Problem, TypeProblem};
use crate::raw::{self, TypeClass};

/// Most elements a tile may have. No target's fast memory holds more, and an interpreter has to.
pub const MAX_TILE_ELEMENTS: u64 = 1 << 24;

/// What a value of the text is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AnyType {
    /// A number or a tile.
    Value(Type),
    /// A whole view: element type and extents.
    View(Elem, Shape),
}

/// Reads any type of the subset.
pub(crate) fn any(ty: raw::Type<'_>) -> Result<AnyType, Problem> {
    let refuse = |why| Problem::Type { ty: ty.text(), why };
    match ty.class() {
        TypeClass::Vector => tile(ty).map(AnyType::Value).map_err(refuse),
        TypeClass::MemRef => view(ty).map(|(elem, shape)| AnyType::View(elem, shape)).map_err(refuse),
        TypeClass::UnrankedMemRef => Err(refuse(TypeProblem::Dynamic)),
        TypeClass::F32
        | TypeClass::F16
        | TypeClass::Bf16
        | TypeClass::Index
        | TypeClass::Int(_)
        | TypeClass::SignedInt
        | TypeClass::Float
        | TypeClass::Other => element(ty).map(|elem| AnyType::Value(Type::scalar(elem))).map_err(refuse),
    }
}

/// Reads the type of a number or a tile.
pub(crate) fn value(ty: raw::Type<'_>) -> Result<Type, Problem> {
    match any(ty)? {
        AnyType::Value(ty) => Ok(ty),
        AnyType::View(..) => Err(Problem::Type { ty: ty.text(), why: TypeProblem::Other }),
    }
}

fn element(ty: raw::Type<'_>) -> Result<Elem, TypeProblem> {
    match ty.class() {
        TypeClass::F32 => Ok(Elem::F32),
        TypeClass::F16 => Ok(Elem::F16),
        TypeClass::Bf16 => Ok(Elem::Bf16),
        TypeClass::Index => Ok(Elem::Index),
        TypeClass::Int(1) => Ok(Elem::I1),
        TypeClass::Int(8) => Ok(Elem::I8),
        TypeClass::Int(32) => Ok(Elem::I32),
        TypeClass::Int(64) => Ok(Elem::I64),
        TypeClass::Int(_) | TypeClass::Float => Err(TypeProblem::Element),
        TypeClass::SignedInt => Err(TypeProblem::Signed),
        TypeClass::Vector | TypeClass::MemRef | TypeClass::UnrankedMemRef | TypeClass::Other => Err(TypeProblem::Other),
    }
}

fn tile(ty: raw::Type<'_>) -> Result<Type, TypeProblem> {
    if ty.is_scalable() {
        return Err(TypeProblem::Scalable);
    }
    let elem = element(ty.element().ok_or(TypeProblem::Other)?)?;
    let shape = shape(ty)?;
    if shape.rank() == 0 {
        return Err(TypeProblem::RankZero);
    }
    if shape.count() > MAX_TILE_ELEMENTS {
        return Err(TypeProblem::TooLarge);
    }
    Ok(Type { elem, shape })
}

fn view(ty: raw::Type<'_>) -> Result<(Elem, Shape), TypeProblem> {
    let elem = match element(ty.element().ok_or(TypeProblem::Other)?)? {
        Elem::Index => return Err(TypeProblem::StoredIndex),
        elem @ (Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64) => elem,
    };
    let shape = shape(ty)?;
    if shape.rank() == 0 {
        return Err(TypeProblem::RankZero);
    }
    let bytes = shape.dims().iter().try_fold(elem.bytes(), |n, &dim| n.checked_mul(dim));
    if bytes.is_none_or(|bytes| i64::try_from(bytes).is_err()) {
        return Err(TypeProblem::TooLarge);
    }
    if !ty.has_identity_layout() {
        return Err(TypeProblem::Layout);
    }
    if ty.has_memory_space() {
        return Err(TypeProblem::MemorySpace);
    }
    Ok((elem, shape))
}

fn shape(ty: raw::Type<'_>) -> Result<Shape, TypeProblem> {
    let dims = ty.dims();
    if dims.len() > MAX_RANK {
        return Err(TypeProblem::Rank);
    }
    let dims: Vec<u64> = dims
        .into_iter()
        .map(|dim| match dim {
            None => Err(TypeProblem::Dynamic),
            Some(0) => Err(TypeProblem::Zero),
            Some(dim) => u64::try_from(dim).map_err(|_| TypeProblem::TooLarge),
        })
        .collect::<Result<_, _>>()?;
    Shape::new(&dims).ok_or(TypeProblem::Rank)
}
