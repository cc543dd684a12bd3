//! Bindings: a kernel with its arguments, checked once so that each launch is only a call.

use std::sync::Arc;

use bundle::manifest::{self, Access, ArgKind, Dtype, Kernel};

use crate::Device;
use crate::buffer::{Buffer, Usage};
use crate::error::Error;
use crate::program::{KernelHandle, LoadedKernel};

/// An argument of a launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    /// A buffer for a view.
    Buffer(Buffer),
    /// For an `f32` scalar.
    F32(f32),
    /// For an `i32` scalar; integers carry no sign.
    U32(u32),
    /// For an `i64` scalar.
    U64(u64),
}

impl Arg {
    /// What it is, in a message.
    fn kind(self) -> &'static str {
        match self {
            Arg::Buffer(_) => "a buffer",
            Arg::F32(_) => "an f32 number",
            Arg::U32(_) => "a 32-bit integer",
            Arg::U64(_) => "a 64-bit integer",
        }
    }
}

/// A kernel with arguments that obey its manifest. Scalars may change between launches ([`Binding::set`]), buffers not.
#[derive(Clone, Debug)]
pub struct Binding {
    handle: KernelHandle,
    manifest: Arc<Kernel>,
    args: Vec<Arg>,
}

impl Binding {
    /// Binds `args`, in the manifest's order, to a kernel.
    ///
    /// # Errors
    /// - a wrong number of arguments, or a buffer for a scalar, a scalar for a buffer or a scalar of another type;
    /// - a buffer that is dead or smaller than the view;
    /// - a scalar at or past its bound;
    /// - a written view that shares its buffer with any other view of the launch, or whose buffer holds weights;
    /// - a weights view whose buffer does not hold weights, so that a launch might write it.
    pub fn new(device: &dyn Device, kernel: &LoadedKernel, args: &[Arg]) -> Result<Binding, Error> {
        let manifest = &kernel.manifest;
        if manifest.args.len() != args.len() {
            return Err(Error::ArgumentCount {
                kernel: manifest.name.clone(),
                expected: manifest.args.len(),
                found: args.len(),
            });
        }
        for (declared, &arg) in manifest.args.iter().zip(args) {
            match (&declared.kind, arg) {
                (ArgKind::View { dtype, shape, access, layout: _, own: _ }, Arg::Buffer(buffer)) => {
                    let needed = bundle::view_bytes(*dtype, shape).unwrap_or(u64::MAX);
                    check_view(device, manifest, declared, *access, needed, buffer)?;
                }
                (ArgKind::Scalar { .. }, Arg::F32(_) | Arg::U32(_) | Arg::U64(_)) => {
                    check_scalar(manifest, declared, arg)?;
                }
                (ArgKind::View { .. }, Arg::F32(_) | Arg::U32(_) | Arg::U64(_)) => {
                    return Err(wrong(manifest, declared, format!("is a view, {} is bound", arg.kind())));
                }
                (ArgKind::Scalar { .. }, Arg::Buffer(_)) => {
                    return Err(wrong(manifest, declared, format!("is a number, {} is bound", arg.kind())));
                }
            }
        }
        check_aliases(manifest, args)?;
        Ok(Binding { handle: kernel.handle, manifest: Arc::clone(manifest), args: args.to_vec() })
    }

    /// Changes a scalar.
    ///
    /// # Errors
    /// No such argument, a buffer, another type, or a value at or past the bound. The old value stays.
    pub fn set(&mut self, index: usize, value: Arg) -> Result<(), Error> {
        let (Some(declared), Some(slot)) = (self.manifest.args.get(index), self.args.get_mut(index)) else {
            return Err(Error::ArgumentCount {
                kernel: self.manifest.name.clone(),
                expected: self.manifest.args.len(),
                found: index + 1,
            });
        };
        match (&declared.kind, value) {
            (ArgKind::Scalar { .. }, Arg::F32(_) | Arg::U32(_) | Arg::U64(_)) => {
                check_scalar(&self.manifest, declared, value)?;
                *slot = value;
                Ok(())
            }
            (ArgKind::View { .. }, _) | (ArgKind::Scalar { .. }, Arg::Buffer(_)) => {
                Err(wrong(&self.manifest, declared, "cannot change between launches".to_owned()))
            }
        }
    }

    /// The kernel's handle.
    pub fn handle(&self) -> KernelHandle {
        self.handle
    }

    /// The kernel's manifest entry.
    pub fn kernel(&self) -> &Kernel {
        &self.manifest
    }

    /// The arguments, in order.
    pub fn args(&self) -> &[Arg] {
        &self.args
    }
}

fn check_view(
    device: &dyn Device,
    kernel: &Kernel,
    declared: &manifest::Arg,
    access: Access,
    needed: u64,
    buffer: Buffer,
) -> Result<(), Error> {
    let info = device.info(buffer)?;
    if info.bytes < needed {
        let message = format!("needs {needed} bytes, its buffer has {}", info.bytes);
        return Err(wrong(kernel, declared, message));
    }
    match (access, info.usage) {
        (Access::Write, Usage::Weights) => {
            Err(wrong(kernel, declared, "is written, its buffer holds weights".to_owned()))
        }
        (Access::Weights, Usage::Data) => {
            Err(wrong(kernel, declared, "is weights, its buffer is one that kernels may write".to_owned()))
        }
        (Access::Read, _) | (Access::Write, Usage::Data) | (Access::Weights, Usage::Weights) => Ok(()),
    }
}

fn check_scalar(kernel: &Kernel, declared: &manifest::Arg, value: Arg) -> Result<(), Error> {
    let ArgKind::Scalar { dtype, bound } = &declared.kind else {
        return Ok(());
    };
    let number = match (dtype, value) {
        (Dtype::F32, Arg::F32(_)) => return Ok(()),
        (Dtype::I32, Arg::U32(number)) => u64::from(number),
        (Dtype::I64, Arg::U64(number)) => number,
        (Dtype::F32 | Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::I32 | Dtype::I64 | Dtype::Bool, _) => {
            let expected = match dtype {
                Dtype::F32 => "an f32 number",
                Dtype::I32 => "a 32-bit integer",
                Dtype::I64 => "a 64-bit integer",
                Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::Bool => "of a type no scalar can have",
            };
            return Err(wrong(kernel, declared, format!("is {expected}, {} is bound", value.kind())));
        }
    };
    match bound {
        Some(bound) if number >= *bound => {
            Err(wrong(kernel, declared, format!("must be below {bound}, it is {number}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// A buffer behind a written view may stand behind no other view of the launch; read views may share.
fn check_aliases(kernel: &Kernel, args: &[Arg]) -> Result<(), Error> {
    let views = || {
        kernel.args.iter().zip(args).filter_map(|(declared, arg)| match (&declared.kind, arg) {
            (ArgKind::View { access, .. }, Arg::Buffer(buffer)) => Some((declared, *access, *buffer)),
            (ArgKind::View { .. } | ArgKind::Scalar { .. }, _) => None,
        })
    };
    for (i, (written, access, buffer)) in views().enumerate() {
        if access != Access::Write {
            continue;
        }
        if let Some((_, (other, ..))) = views().enumerate().find(|(j, view)| *j != i && view.2 == buffer) {
            return Err(wrong(kernel, written, format!("is written, yet shares its buffer with `{}`", other.name)));
        }
    }
    Ok(())
}

fn wrong(kernel: &Kernel, declared: &manifest::Arg, message: String) -> Error {
    Error::Argument { kernel: kernel.name.clone(), arg: declared.name.clone(), message }
}
