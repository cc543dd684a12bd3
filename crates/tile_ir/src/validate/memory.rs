//! Loads and stores.

use super::{Check, Problem, count, same, shape, tile};
use crate::kernel::{Access, Kernel, View};
use crate::op::{Value, ViewId};
use crate::types::{Elem, Type};

fn view(kernel: &Kernel, id: ViewId) -> Result<&View, Problem> {
    kernel.view(id).ok_or(Problem::NoView(id.index()))
}

fn written(kernel: &Kernel, id: ViewId) -> Result<&View, Problem> {
    let view = view(kernel, id)?;
    match view.access {
        Access::Write => Ok(view),
        Access::Read | Access::Weights => Err(Problem::ReadOnly(id.param(&kernel.params).name.clone())),
    }
}

/// What loads and stores of a tile share.
fn access(kernel: &Kernel, view: &View, ty: Type, indices: &[Value], mask: Option<Type>, in_bounds: &[bool]) -> Check {
    tile("tile", ty)?;
    same("tile", ty.with_elem(view.elem), ty)?;
    if ty.shape.rank() > view.shape.rank() {
        return Err(Problem::ShapeRule { role: "transfer", from: view.shape, to: ty.shape });
    }
    shape::indices(kernel, view.shape.rank(), indices)?;
    if let Some(mask) = mask {
        same("mask", ty.with_elem(Elem::I1), mask)?;
    }
    count("in-bounds flags", ty.shape.rank(), in_bounds.len())
}

pub(super) fn load(
    kernel: &Kernel,
    id: ViewId,
    indices: &[Value],
    pad: Type,
    mask: Option<Type>,
    in_bounds: &[bool],
    result: Type,
) -> Check {
    let view = view(kernel, id)?;
    same("padding", Type::scalar(view.elem), pad)?;
    access(kernel, view, result, indices, mask, in_bounds)
}

pub(super) fn store(
    kernel: &Kernel,
    id: ViewId,
    value: Type,
    indices: &[Value],
    mask: Option<Type>,
    in_bounds: &[bool],
) -> Check {
    access(kernel, written(kernel, id)?, value, indices, mask, in_bounds)
}

pub(super) fn load_scalar(kernel: &Kernel, id: ViewId, indices: &[Value], result: Type) -> Check {
    let view = view(kernel, id)?;
    shape::indices(kernel, view.shape.rank(), indices)?;
    same("result", Type::scalar(view.elem), result)
}

pub(super) fn store_scalar(kernel: &Kernel, id: ViewId, value: Type, indices: &[Value]) -> Check {
    let view = written(kernel, id)?;
    shape::indices(kernel, view.shape.rank(), indices)?;
    same("value", Type::scalar(view.elem), value)
}

pub(super) fn gather(kernel: &Kernel, id: ViewId, offsets: Type, mask: Type, passthru: Type, result: Type) -> Check {
    let view = view(kernel, id)?;
    tile("offsets", offsets)?;
    match offsets.elem {
        Elem::I32 | Elem::Index => {}
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::I64 => {
            return Err(Problem::Unexpected { role: "offsets", expected: "a tile of i32 or index", found: offsets });
        }
    }
    same("mask", offsets.with_elem(Elem::I1), mask)?;
    same("alternative", offsets.with_elem(view.elem), passthru)?;
    same("result", passthru, result)
}
