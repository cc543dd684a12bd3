//! Dtypes of tensors.

use lower_nki::ir::Dtype;
use tile_ir::{Elem, Param, ParamKind};

/// Element type of a parameter, as its tensor in HBM has it; `None` for 64 bits, which is refused before.
pub fn of_param(param: &Param) -> Option<Dtype> {
    match &param.kind {
        ParamKind::View(view) => Dtype::of_view(view.elem),
        ParamKind::Scalar(scalar) => match scalar.elem {
            Elem::F32 => Some(Dtype::F32),
            Elem::I32 => Some(Dtype::I32),
            Elem::I1 | Elem::I8 | Elem::F16 | Elem::Bf16 | Elem::I64 | Elem::Index => None,
        },
    }
}
