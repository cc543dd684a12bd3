//! Kernels of NKI on one NeuronCore. Views are tensors of the manifest's sizes, scalars tensors of one element; views that a kernel
//! writes are returned, in their order.

use bundle::manifest::{Access, ArgKind, Dtype, Kernel};
use emulator::nki::{self, Error, Launch, Operand, Program};
use emulator::{Arg, Checks};

use super::Fault;

/// A kernel.
#[derive(Debug)]
pub(super) struct Core {
    program: Program,
}

/// Element type of a tensor; `None` for 64 bits.
const fn dtype(dtype: Dtype) -> Option<nki::Dtype> {
    match dtype {
        Dtype::F32 => Some(nki::Dtype::F32),
        Dtype::F16 => Some(nki::Dtype::F16),
        Dtype::Bf16 => Some(nki::Dtype::Bf16),
        Dtype::I8 => Some(nki::Dtype::I8),
        Dtype::I32 => Some(nki::Dtype::I32),
        Dtype::Bool => Some(nki::Dtype::U8),
        Dtype::I64 => None,
    }
}

impl Core {
    pub(super) fn compile(text: &str, kernel: &Kernel, checks: Checks) -> Result<Core, Error> {
        Ok(Core { program: Program::compile_with(text, &kernel.entry, checks)? })
    }

    /// Runs the kernel; `args` are those of `kernel`, and valid.
    pub(super) fn launch(&self, kernel: &Kernel, args: &[Arg]) -> Result<(), Fault> {
        // Numbers of the launch, as tensors.
        let mut numbers: Vec<u32> = args
            .iter()
            .map(|arg| match arg {
                Arg::U32(value) => *value,
                Arg::F32(value) => value.to_bits(),
                Arg::U64(_) | Arg::Buffer { .. } => 0,
            })
            .collect();
        let (mut operands, mut outputs) = (Vec::new(), Vec::new());
        for ((declared, arg), number) in kernel.args.iter().zip(args).zip(&mut numbers) {
            let refused = |what: &str| (None, format!("`{}` {what}", declared.name));
            match &declared.kind {
                ArgKind::View { dtype: elem, shape, access, .. } => {
                    let dtype = dtype(*elem).ok_or_else(|| refused("has elements of 64 bits"))?;
                    let operand = Operand::Tensor { buffer: *arg, dtype, shape };
                    operands.push(operand);
                    if *access == Access::Write {
                        outputs.push(operand);
                    }
                }
                ArgKind::Scalar { dtype: elem, .. } => {
                    let dtype = match elem {
                        Dtype::F32 => nki::Dtype::F32,
                        Dtype::I32 => nki::Dtype::I32,
                        Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::I64 | Dtype::Bool => {
                            return Err(refused("is a number that no tensor holds"));
                        }
                    };
                    let address = std::ptr::from_mut(number).cast();
                    let buffer = Arg::Buffer { address, bytes: 4, writable: false };
                    operands.push(Operand::Tensor { buffer, dtype, shape: &[1, 1] });
                }
            }
        }
        let launch = Launch { args: &operands, outputs: &outputs };
        self.program.launch(&launch).map_err(|fault| (fault.line, fault.to_string()))
    }
}
