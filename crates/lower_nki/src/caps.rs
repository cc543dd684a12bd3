//! What the target supports, operation by element type, and where its numbers differ from those of the tile IR.
//!
//! - Views of 64-bit integers are refused: no dtype has 64 bits. Numbers of 64 bits inside a kernel are held in 32 where the analysis
//!   shows that this is enough, and refused else.
//! - Engines compute in `f32`. 32-bit integers beyond 2^24 are computed on GpSimd, where operations on integers alone are exact
//!   (source: aws-neuron-sdk, nki/api/nki/isa/__init__.py, tensor_tensor).
//! - There is no division: quotients of floats are products with reciprocals, which is one rounding more; those of integers are exact.
//! - `fma` rounds twice. The smaller and the larger of two with NaN: either, or NaN.
//! - Sine and cosine are within 3e-7 up to angles of 200 000, NaN beyond; functions of the Scalar Engine are piecewise polynomials
//!   whose errors are not published.
//! - Weights stay as they are, one row per output: rows are brought on chip with contiguous copies and turned by the Tensor Engine.
//!   Manifests have no layout that would have the host do it.

use tile_ir::{Elem, Kernel, ParamKind, check_ops};

use crate::{Error, TARGET};

/// Refuses what no instruction stands for.
///
/// # Errors
/// [`Error::Unsupported`].
pub fn check(kernel: &Kernel) -> Result<(), Error> {
    for param in &kernel.params {
        if let ParamKind::View(view) = &param.kind
            && matches!(view.elem, Elem::I64 | Elem::Index)
        {
            return Err(Error::Unsupported {
                target: TARGET,
                kernel: kernel.name.clone(),
                op: format!("view `{}`", param.name),
                elem: view.elem,
                loc: param.loc.clone(),
                help: "no dtype of NKI has 64 bits; use 32-bit integers".to_owned(),
            });
        }
    }
    check_ops(kernel, TARGET, |op| match &op.kind {
        tile_ir::OpKind::Cast(tile_ir::CastOp::Bitcast, from) => {
            let (from, to) = (kernel.ty(*from).elem, kernel.ty(*op.results.first()?).elem);
            (from.is_float() != to.is_float()).then_some(("no instruction reads the bits of floats as integers", from))
        }
        _other => None,
    })
}
