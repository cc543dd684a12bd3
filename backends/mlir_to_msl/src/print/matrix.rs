//! `simdgroup_matrix`: 8x8, spread over a simdgroup in a layout that only the library knows.

use emit_simt::{Dialect, Helpers, MatrixAccess, MatrixFill};

use super::Msl;
use crate::types;

pub(super) fn fill(msl: &Msl, fill: &MatrixFill<'_>, helpers: &mut Helpers) -> String {
    let value = msl.float(fill.value);
    let value = match fill.elem {
        tile_ir::Elem::F16 | tile_ir::Elem::Bf16 => msl.narrow(fill.elem, &value, helpers),
        tile_ir::Elem::F32
        | tile_ir::Elem::I1
        | tile_ir::Elem::I8
        | tile_ir::Elem::I32
        | tile_ir::Elem::I64
        | tile_ir::Elem::Index => value,
    };
    let ty = types::storage(fill.elem);
    format!("{} = make_filled_simdgroup_matrix<{ty}, 8, 8>({});", fill.fragment, value.text)
}

pub(super) fn load(load: &MatrixAccess<'_>) -> String {
    let transposed = if load.transposed { ", ulong2(0, 0), true" } else { "" };
    format!("simdgroup_load({}, {}, {}{transposed});", load.fragment, load.place, load.stride)
}

pub(super) fn store(store: &MatrixAccess<'_>) -> String {
    format!("simdgroup_store({}, {}, {});", store.fragment, store.place, store.stride)
}
