//! Kernels of TPC-C: members of an index space of one dimension, tensors of one dimension.

use bundle::manifest::{ArgKind, Dtype, Kernel};
use bundle::members::{self, Stretch};
use emulator::gaudi::{Access, Element, Error, Launch, Program, Split, Tensor};
use emulator::{Arg, Checks};

use super::Fault;
use crate::memory::Memory;

/// A kernel for members.
#[derive(Debug)]
pub(super) struct Members {
    program: Program,
    checks: Checks,
    members: u32,
}

/// The tensor of a view: one dimension. Of numbers of 64 bits it has the words, which no kernel touches.
fn view(dtype: Dtype, count: u64) -> Option<Tensor> {
    let (element, words) = match dtype {
        Dtype::F32 => (Element::F32, 1),
        Dtype::F16 => (Element::F16, 1),
        Dtype::Bf16 => (Element::Bf16, 1),
        Dtype::I32 => (Element::I32, 1),
        Dtype::I8 | Dtype::Bool => (Element::I8, 1),
        Dtype::I64 => (Element::I32, 2),
    };
    tensor(element, count.checked_mul(words)?)
}

fn tensor(element: Element, count: u64) -> Option<Tensor> {
    Some(Tensor { element, dims: [u32::try_from(count).ok()?, 1, 1, 1, 1] })
}

/// What members touch of a tensor of one dimension.
fn access(stretch: Option<Stretch>) -> [Access; 5] {
    let along = |stretch: Stretch| {
        let (a, end) = (u32::try_from(stretch.step).ok()?, i32::try_from(stretch.last).ok()?);
        Some(Access::Of { dim: 0, a, start: 0, end })
    };
    [stretch.and_then(along).unwrap_or(Access::All), Access::All, Access::All, Access::All, Access::All]
}

impl Members {
    /// Reads a text.
    pub(super) fn compile(text: &str, checks: Checks, members: u32) -> Result<Members, Error> {
        Ok(Members { program: Program::compile(text, checks)?, checks, members })
    }

    /// Runs all members; `args` are those of `kernel`, and valid. Tensors come first, then numbers of 32 bits.
    pub(super) fn launch(&self, kernel: &Kernel, args: &[Arg], workers: usize, seed: u64) -> Result<(), Fault> {
        let refused = |name: &str, what: &str| Err((None, format!("`{name}`: {what}")));
        let bytes = kernel.scratch_bytes.saturating_mul(u64::from(self.members));
        let scratch = Memory::zeroed(bytes).map_err(|error| (None, error.to_string()))?;
        let (mut tensors, mut patterns, mut buffers) = (Vec::new(), Vec::new(), Vec::new());
        for one in members::tensors(kernel) {
            let (at, output) = match one {
                members::Tensor::Input(at) => (at, false),
                members::Tensor::Output(at) => (at, true),
                members::Tensor::Scratch => {
                    let Some(tensor) = tensor(Element::I32, bytes / 4) else {
                        return refused("scratch", "no tensor has so many elements");
                    };
                    tensors.push(tensor);
                    let step = kernel.scratch_bytes / 4;
                    patterns.push(access(Some(Stretch { step, last: step.saturating_sub(1) })));
                    buffers.push(Arg::Buffer { address: scratch.pointer(), bytes, writable: true });
                    continue;
                }
            };
            let (Some(declared), Some(Arg::Buffer { address, bytes, .. })) = (kernel.args.get(at), args.get(at)) else {
                return refused(&kernel.name, "a view without a buffer");
            };
            let shape = match &declared.kind {
                ArgKind::View { dtype, shape, .. } => view(*dtype, shape.iter().product()),
                ArgKind::Scalar { .. } => None,
            };
            let Some(shape) = shape else { return refused(&declared.name, "no tensor has so many elements") };
            tensors.push(shape);
            patterns.push(access(if output { members::stretch(kernel, at) } else { None }));
            buffers.push(Arg::Buffer { address: *address, bytes: *bytes, writable: output });
        }
        for (declared, arg) in kernel.args.iter().zip(args) {
            match (&declared.kind, arg) {
                (ArgKind::View { .. }, _) => {}
                (ArgKind::Scalar { .. }, Arg::U64(value)) => match i32::try_from(*value as i64) {
                    Ok(value) => buffers.push(Arg::U32(value as u32)),
                    Err(_) => return refused(&declared.name, "scalars have 32 bits"),
                },
                (ArgKind::Scalar { .. }, Arg::Buffer { .. } | Arg::U32(_) | Arg::F32(_)) => buffers.push(*arg),
            }
        }
        let split = match (self.checks, seed) {
            (Checks::Barriers, _) | (Checks::Memory, 0) => Split::Members,
            (Checks::Memory, 1) => Split::Whole,
            (Checks::Memory, seed) => Split::Random(seed),
        };
        let launch = Launch {
            index_space: [self.members, 1, 1, 1, 1],
            tensors: &tensors,
            access: &patterns,
            args: &buffers,
            split,
            workers,
        };
        self.program.launch(&launch).map_err(|fault| (Some(fault.line).filter(|line| *line > 0), fault.to_string()))
    }
}
