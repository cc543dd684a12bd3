//! Operations that move elements without computing, and masks.

use super::trap::TrapKind;
use super::value::{Data, Val};
use crate::types::{Shape, Type};

/// Linear positions of a box's elements in a larger array, in the box's row-major order: `base` plus the box's indices
/// times `strides`.
pub(super) fn positions(dims: &[u64], strides: &[u64], base: u64) -> impl Iterator<Item = usize> + use<> {
    let dims = dims.to_vec();
    let strides = strides.to_vec();
    let count: u64 = dims.iter().product();
    let mut index = vec![0u64; dims.len()];
    let mut at = base;
    (0..count).map(move |_| {
        let here = at as usize;
        for d in (0..dims.len()).rev() {
            index[d] += 1;
            at += strides[d];
            if index[d] < dims[d] {
                break;
            }
            at -= strides[d] * dims[d];
            index[d] = 0;
        }
        here
    })
}

pub(super) fn broadcast(value: &Val, from: Type, ty: Type) -> Val {
    let missing = ty.shape.rank() - from.shape.rank();
    let mut strides = vec![0; missing];
    let own = from.shape.strides();
    strides.extend(from.shape.dims().iter().zip(own).map(|(&dim, stride)| if dim == 1 { 0 } else { stride }));
    value.pick(ty, positions(ty.shape.dims(), &strides, 0))
}

pub(super) fn transpose(value: &Val, from: Type, perm: &[usize], ty: Type) -> Val {
    let strides = from.shape.strides();
    let strides: Vec<u64> = perm.iter().map(|&d| strides[d]).collect();
    value.pick(ty, positions(ty.shape.dims(), &strides, 0))
}

/// Position of the element at `indices` (leading dimensions) of a row-major array.
fn position(shape: &Shape, indices: &[u64]) -> u64 {
    indices.iter().zip(shape.strides()).map(|(index, stride)| index * stride).sum()
}

pub(super) fn slice(value: &Val, from: Type, offsets: &[u64], ty: Type) -> Val {
    value.pick(ty, positions(ty.shape.dims(), &from.shape.strides(), position(&from.shape, offsets)))
}

/// Replaces the elements of `into` (of type `ty`) at `at` by those of `value`, in order.
fn replace(value: &Val, into: &Val, ty: Type, at: impl Iterator<Item = usize>) -> Val {
    let data = if ty.elem.is_float() {
        let mut data = into.floats().to_vec();
        for (i, &x) in at.zip(value.floats()) {
            data[i] = x;
        }
        Data::Floats(data)
    } else {
        let mut data = into.ints().to_vec();
        for (i, &x) in at.zip(value.ints()) {
            data[i] = x;
        }
        Data::Ints(data)
    };
    Val::new(ty, data)
}

pub(super) fn insert_slice(value: &Val, part: Type, into: &Val, offsets: &[u64], ty: Type) -> Val {
    let at = positions(part.shape.dims(), &ty.shape.strides(), position(&ty.shape, offsets));
    replace(value, into, ty, at)
}

/// Checks leading indices of a tile and gives the position of the first element behind them.
fn leading(shape: &Shape, indices: &[i64]) -> Result<usize, TrapKind> {
    for (&index, &extent) in indices.iter().zip(shape.dims()) {
        if index < 0 || index as u64 >= extent {
            return Err(TrapKind::TileIndex { index, extent });
        }
    }
    let indices: Vec<u64> = indices.iter().map(|&index| index as u64).collect();
    Ok(position(shape, &indices) as usize)
}

pub(super) fn extract(value: &Val, from: Type, indices: &[i64], ty: Type) -> Result<Val, TrapKind> {
    let start = leading(&from.shape, indices)?;
    Ok(value.pick(ty, start..start + ty.shape.count() as usize))
}

pub(super) fn insert(value: &Val, part: Type, into: &Val, indices: &[i64], ty: Type) -> Result<Val, TrapKind> {
    let start = leading(&ty.shape, indices)?;
    Ok(replace(value, into, ty, start..start + part.shape.count() as usize))
}

pub(super) fn create_mask(bounds: &[i64], ty: Type) -> Val {
    let mut mask = vec![0; ty.shape.count() as usize];
    let clamped: Vec<u64> =
        bounds.iter().zip(ty.shape.dims()).map(|(&bound, &dim)| (bound.max(0) as u64).min(dim)).collect();
    for i in positions(&clamped, &ty.shape.strides(), 0) {
        mask[i] = 1;
    }
    Val::new(ty, Data::Ints(mask))
}
