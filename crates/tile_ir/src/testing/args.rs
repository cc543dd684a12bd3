//! Random arguments for a launch.

use super::rng::{Rng, random_buffer};
use crate::interp::{Arg, Buffer};
use crate::kernel::{Access, Kernel, ParamKind};
use crate::types::Elem;

/// An argument that owns its buffer.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnedArg {
    /// Argument of a view.
    Buffer(Buffer),
    /// Argument of an `f32` parameter.
    F32(f32),
    /// Argument of an `i32` parameter.
    I32(i32),
    /// Argument of an `i64` parameter.
    I64(i64),
}

/// Random arguments that fit the kernel's parameters: floats in `[-1, 1)`, integers below their bounds.
///
/// # Panics
/// If the kernel is not valid.
pub fn random_args(kernel: &Kernel, seed: u64) -> Vec<OwnedArg> {
    let mut rng = Rng::new(seed);
    let args = kernel.params.iter().map(|param| match &param.kind {
        ParamKind::View(view) => OwnedArg::Buffer(random_buffer(&mut rng, view.elem, view.shape.dims())),
        ParamKind::Scalar(scalar) => {
            let number = rng.number();
            let number = scalar.bound.map_or(number, |bound| number % bound);
            match scalar.elem {
                Elem::I32 => OwnedArg::I32(number as i32),
                Elem::I64 => OwnedArg::I64(number as i64),
                Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::Index => OwnedArg::F32(rng.float()),
            }
        }
    });
    args.collect()
}

/// The arguments as a launch takes them; outputs keep what they hold ([`Arg::InOut`]).
pub fn borrowed<'a>(kernel: &Kernel, args: &'a mut [OwnedArg]) -> Vec<Arg<'a>> {
    let pairs = kernel.params.iter().zip(args);
    pairs
        .map(|(param, arg)| match arg {
            OwnedArg::Buffer(buffer) => match &param.kind {
                ParamKind::View(view) if view.access == Access::Write => Arg::InOut(buffer),
                ParamKind::View(_) | ParamKind::Scalar(_) => Arg::In(buffer),
            },
            OwnedArg::F32(x) => Arg::F32(*x),
            OwnedArg::I32(n) => Arg::I32(*n),
            OwnedArg::I64(n) => Arg::I64(*n),
        })
        .collect()
}
