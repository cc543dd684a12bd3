//! What the numbers of a view look like.

use cases::Fill;
use tile_ir::{Access, Elem, Kernel, Param, ParamKind, View};

/// The view that a parameter is, unless it is a scalar.
pub(crate) fn as_view(param: &Param) -> Option<&View> {
    match &param.kind {
        ParamKind::View(view) => Some(view),
        ParamKind::Scalar(_) => None,
    }
}

/// What the numbers of view `name` of `kernel` mean.
pub(crate) fn role(kernel: &Kernel, name: &str, view: &View) -> Fill {
    let dims = view.shape.dims();
    let cols = dims.last().copied().unwrap_or(1).max(1) as f32;
    let by_name = match name {
        // What some kernels of the gallery ask of their inputs.
        "input" if kernel.family.starts_with("newton_sqrt") => Some(Fill::Positive { scale: 4.0 }),
        "input" if kernel.family.starts_with("quantize_rows") => Some(Fill::Steps),
        "input" if kernel.family.starts_with("top_k_mask") => Some(Fill::Scores),
        "input" if kernel.family.starts_with("row_argmax") => Some(Fill::Scores),
        "matrix" => Some(Fill::Normal { mean: 0.0, deviation: cols.sqrt().recip() }),
        "cos" => Some(Fill::Angle { cosine: true }),
        "sin" => Some(Fill::Angle { cosine: false }),
        "gamma" => Some(Fill::Normal { mean: 1.0, deviation: 0.1 }),
        "logits" => Some(Fill::Scores),
        // The weights of softmax.
        "total" => Some(Fill::Positive { scale: 2.0 }),
        "scale" | "scales" => {
            // One scale per row of an int8 matrix: the products then come out around 1.
            let quantised = kernel.params.iter().filter_map(as_view).find(|view| view.elem == Elem::I8);
            let k = quantised.and_then(|view| view.shape.dims().last().copied()).unwrap_or(1) as f32;
            Some(Fill::Positive { scale: 1.0 / (73.0 * k.sqrt()) })
        }
        _ if name == "beta" || name.ends_with("bias") => Some(Fill::Normal { mean: 0.0, deviation: 0.5 }),
        _ => None,
    };
    match view.elem {
        Elem::F32 | Elem::F16 | Elem::Bf16 => by_name.unwrap_or_else(|| {
            let matrix = view.access == Access::Weights && dims.len() >= 2 && dims[dims.len() - 2] > 1;
            let deviation = if matrix && name != "table" { cols.sqrt().recip() } else { 1.0 };
            Fill::Normal { mean: 0.0, deviation }
        }),
        Elem::I8 => Fill::Within(127),
        Elem::I1 => Fill::Below(2),
        Elem::I32 | Elem::I64 | Elem::Index if name == "index" => {
            // Into a table, and an eighth past its end: that is defined to read zeros.
            let table = kernel.params.iter().find(|param| param.name == "table").and_then(as_view);
            let dims = table.map_or(&[16][..], |table| table.shape.dims());
            let entries = dims.iter().copied().find(|&size| size > 1).unwrap_or(1);
            Fill::Below(entries.saturating_add(entries / 8))
        }
        Elem::I32 | Elem::I64 | Elem::Index if kernel.family.starts_with("hash") => Fill::Bits,
        Elem::I32 | Elem::I64 | Elem::Index if kernel.family.starts_with("signed") => Fill::Within(60),
        Elem::I32 | Elem::I64 | Elem::Index => {
            // Indices into whatever else is read: below the fewest rows of a matrix among the inputs.
            let rows = kernel.params.iter().filter(|param| param.name != name).filter_map(as_view);
            let matrices = rows.filter(|view| view.access != Access::Write && view.shape.rank() >= 2);
            Fill::Below(matrices.map(|view| view.shape.dims()[0]).filter(|&rows| rows > 1).min().unwrap_or(16))
        }
    }
}
