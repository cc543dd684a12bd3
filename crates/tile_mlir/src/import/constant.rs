//! Constants: scalars, splats, counting tiles, and the rest.

use half::{bf16, f16};
use tile_ir::{Block, Elem, Literal, Number, OpKind, Type};

use super::{Importer, Site};
use crate::errors::ImportError;
use crate::raw::Attribute;

impl<'m> Importer<'m> {
    pub(super) fn constant(&mut self, site: &Site<'m>, block: &mut Block) -> Result<(), ImportError> {
        if is_folded(site) {
            return Ok(());
        }
        let ty = self.result_type(site)?;
        let literal = literal(site, site.attribute("value")?, ty)?;
        self.push(site, block, OpKind::Constant(literal))
    }
}

/// Whether the constant is needed only where the tile IR holds a number instead of a value: base indices of gathers and
/// bounds of masks.
fn is_folded(site: &Site<'_>) -> bool {
    let Some(result) = site.op.results().next() else {
        return false;
    };
    let mut uses = result.uses().peekable();
    uses.peek().is_some()
        && uses.all(|(user, operand)| match user.name() {
            "vector.create_mask" => true,
            "vector.gather" => (1..=user.operand_count().saturating_sub(4)).contains(&operand),
            _ => false,
        })
}

fn literal(site: &Site<'_>, value: Attribute<'_>, ty: Type) -> Result<Literal, ImportError> {
    let unreadable = || site.form("has a value that is neither a number nor `dense<..>`", None);
    if ty.is_scalar() {
        return number(value, ty.elem).map(Literal::Splat).ok_or_else(unreadable);
    }
    if let Some(value) = value.splat_value() {
        return number(value, ty.elem).map(Literal::Splat).ok_or_else(unreadable);
    }
    let numbers = elements(value, ty).ok_or_else(unreadable)?;
    if let Some((first, rest)) = numbers.split_first()
        && rest.iter().all(|number| same(number, first))
    {
        return Ok(Literal::Splat(*first));
    }
    Ok(match iota_dim(&numbers, ty) {
        Some(dim) => Literal::Iota { dim },
        None => Literal::Dense(numbers),
    })
}

fn number(value: Attribute<'_>, elem: Elem) -> Option<Number> {
    if elem.is_float() { Some(Number::Float(value.as_float()? as f32)) } else { value.as_int().map(Number::Int) }
}

/// Equality of bits, so that zeros of both signs stay apart and NaN equals itself.
fn same(a: &Number, b: &Number) -> bool {
    match (a, b) {
        (Number::Float(a), Number::Float(b)) => a.to_bits() == b.to_bits(),
        (Number::Int(a), Number::Int(b)) => a == b,
        (Number::Float(_), Number::Int(_)) | (Number::Int(_), Number::Float(_)) => false,
    }
}

/// Every element of a dense attribute that is no splat, read from MLIR's own storage.
fn elements(value: Attribute<'_>, ty: Type) -> Option<Vec<Number>> {
    let count = usize::try_from(ty.shape.count()).ok()?;
    if ty.elem == Elem::I1 {
        return value
            .is_dense_elements()
            .then(|| (0..count).map(|i| Number::Int(i64::from(value.dense_bool(i)))).collect());
    }
    let bytes = value.dense_bytes(count, ty.elem.bytes() as usize)?;
    Some(match ty.elem {
        Elem::F32 => each(bytes, |b| Number::Float(f32::from_ne_bytes(b))),
        Elem::F16 => each(bytes, |b| Number::Float(f16::from_ne_bytes(b).to_f32())),
        Elem::Bf16 => each(bytes, |b| Number::Float(bf16::from_ne_bytes(b).to_f32())),
        Elem::I8 => each(bytes, |b| Number::Int(i64::from(i8::from_ne_bytes(b)))),
        Elem::I32 => each(bytes, |b| Number::Int(i64::from(i32::from_ne_bytes(b)))),
        Elem::I64 | Elem::Index => each(bytes, |b| Number::Int(i64::from_ne_bytes(b))),
        Elem::I1 => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> Number) -> Vec<Number> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| read(*chunk)).collect()
}

/// The dimension along which an integer tile counts from 0.
fn iota_dim(numbers: &[Number], ty: Type) -> Option<usize> {
    let (dims, strides) = (ty.shape.dims(), ty.shape.strides());
    (0..dims.len()).find(|&dim| {
        numbers.iter().enumerate().all(|(i, number)| {
            let along = (i as u64 / strides[dim]) % dims[dim];
            matches!(number, Number::Int(value) if u64::try_from(*value) == Ok(along))
        })
    })
}
