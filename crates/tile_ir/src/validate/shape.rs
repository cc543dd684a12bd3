//! Operations that move elements without computing, and masks.

use super::{Check, Problem, count, same, tile};
use crate::kernel::Kernel;
use crate::op::{Index, Value};
use crate::types::{Elem, Shape, Type};

pub(super) fn broadcast(from: Type, to: Type) -> Check {
    tile("result", to)?;
    same("result", from.with_shape(to.shape), to)?;
    let (small, large) = (from.shape.dims(), to.shape.dims());
    let fits = small.len() <= large.len()
        && small.iter().rev().zip(large.iter().rev()).all(|(&small, &large)| small == large || small == 1);
    rule(fits, "broadcast", from.shape, to.shape)
}

pub(super) fn reshape(from: Type, to: Type) -> Check {
    tile("operand", from)?;
    tile("result", to)?;
    same("result", from.with_shape(to.shape), to)?;
    rule(from.shape.count() == to.shape.count(), "reshape", from.shape, to.shape)
}

fn rule(fits: bool, role: &'static str, from: Shape, to: Shape) -> Check {
    if fits { Ok(()) } else { Err(Problem::ShapeRule { role, from, to }) }
}

pub(super) fn transpose(from: Type, perm: &[usize], to: Type) -> Check {
    tile("operand", from)?;
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..from.shape.rank()) {
        return Err(Problem::Permutation);
    }
    let dims: Vec<u64> = perm.iter().map(|&d| from.shape.dims()[d]).collect();
    same("result", from.with_shape(Shape::new(&dims).unwrap_or_default()), to)
}

pub(super) fn slice(from: Type, offsets: &[u64], to: Type) -> Check {
    part(from.shape, offsets, to.shape)?;
    same("result", from.with_shape(to.shape), to)
}

pub(super) fn insert_slice(value: Type, into: Type, offsets: &[u64], result: Type) -> Check {
    part(into.shape, offsets, value.shape)?;
    same("part", into.with_shape(value.shape), value)?;
    same("result", into, result)
}

/// The part of shape `part` at `offsets` lies inside `whole`.
fn part(whole: Shape, offsets: &[u64], part: Shape) -> Check {
    rule(part.rank() == whole.rank() && part.rank() > 0, "slice", whole, part)?;
    count("offsets", whole.rank(), offsets.len())?;
    for (dim, ((&offset, &size), &extent)) in offsets.iter().zip(part.dims()).zip(whole.dims()).enumerate() {
        if offset.checked_add(size).is_none_or(|end| end > extent) {
            return Err(Problem::Part { dim, offset, size, extent });
        }
    }
    Ok(())
}

pub(super) fn extract(kernel: &Kernel, value: Type, indices: &[Index], result: Type) -> Check {
    same("result", value.with_shape(rest(kernel, value, indices)?), result)
}

pub(super) fn insert(kernel: &Kernel, value: Type, into: Type, indices: &[Index], result: Type) -> Check {
    same("part", into.with_shape(rest(kernel, into, indices)?), value)?;
    same("result", into, result)
}

/// Shape left behind leading `indices` of a tile.
fn rest(kernel: &Kernel, whole: Type, indices: &[Index]) -> Result<Shape, Problem> {
    tile("tile", whole)?;
    let rank = whole.shape.rank();
    if indices.is_empty() || indices.len() > rank {
        return Err(Problem::Count { role: "indices", expected: rank, found: indices.len() });
    }
    for (index, &extent) in indices.iter().zip(whole.shape.dims()) {
        match *index {
            Index::Static(index) if index >= extent => {
                return Err(Problem::OutOfRange { role: "index", found: index, limit: extent });
            }
            Index::Static(_) => {}
            Index::Dynamic(value) => same("index", Type::INDEX, kernel.ty(value))?,
        }
    }
    Ok(Shape::new(&whole.shape.dims()[indices.len()..]).unwrap_or_default())
}

pub(super) fn create_mask(kernel: &Kernel, bounds: &[Index], result: Type) -> Check {
    tile("result", result)?;
    same("result", result.with_elem(Elem::I1), result)?;
    count("bounds", result.shape.rank(), bounds.len())?;
    bounds.iter().try_for_each(|bound| match *bound {
        Index::Static(bound) if bound > i64::MAX as u64 => {
            Err(Problem::OutOfRange { role: "bound", found: bound, limit: 1 << 63 })
        }
        Index::Static(_) => Ok(()),
        Index::Dynamic(value) => same("bound", Type::INDEX, kernel.ty(value)),
    })
}

/// Every value is an `index` scalar, and there is one per dimension.
pub(super) fn indices(kernel: &Kernel, rank: usize, indices: &[Value]) -> Check {
    count("indices", rank, indices.len())?;
    indices.iter().try_for_each(|&index| same("index", Type::INDEX, kernel.ty(index)))
}
