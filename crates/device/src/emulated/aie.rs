//! Designs for the NPU of Ryzen AI: two texts, run together.

use std::path::Path;

use bundle::Bundle;
use bundle::manifest::{ArgKind, Dtype, HostRead, Kernel};
use emulator::aie::{Error, File, Launch, Program, Texts};
use emulator::{Arg, Checks};

use super::Fault;
use crate::error::Error as DeviceError;

/// A launch that takes longer is ended: a core function may loop for ever.
const SECONDS: u64 = 600;

/// A design with its core functions.
#[derive(Debug)]
pub(super) struct Design {
    program: Program,
}

impl Design {
    /// Compiles the core functions and resolves the design.
    pub(super) fn compile(
        cache: Option<&Path>,
        checks: Checks,
        design: &str,
        functions: &str,
    ) -> Result<Design, Error> {
        let texts = Texts { design, kernels: functions };
        Ok(Design { program: Program::compile_with(cache, checks, texts)? })
    }

    /// Runs the sequence; `args` are those of `kernel`, and valid.
    pub(super) fn launch(&self, kernel: &Kernel, args: &[Arg]) -> Result<(), Fault> {
        let mut all = args.to_vec();
        for read in &kernel.host_reads {
            all.push(element(kernel, args, read).map_err(|message| (None, message))?);
        }
        self.program.launch(&Launch { args: &all, seconds: SECONDS }).map_err(|fault| {
            let line = fault.place.and_then(|(file, line)| (file == File::Design).then_some(line));
            (line, fault.to_string())
        })
    }
}

/// The text of the core functions of a kernel.
pub(super) fn functions(bundle: &Bundle, kernel: &Kernel) -> Result<String, DeviceError> {
    let [file] = kernel.parts.as_slice() else {
        let message =
            format!("it has {} texts beside the design; a design has one of core functions", kernel.parts.len());
        return Err(DeviceError::Kernel { kernel: kernel.name.clone(), message });
    };
    let failed = || DeviceError::Load { file: file.clone(), message: "it is not UTF-8".to_owned() };
    String::from_utf8(bundle.read(file)?).map_err(|_| failed())
}

/// An element of a view as a number of the sequence.
fn element(kernel: &Kernel, args: &[Arg], read: &HostRead) -> Result<Arg, String> {
    let missing = || format!("element {} of `{}` cannot be read", read.element, read.arg);
    let place = kernel.args.iter().position(|arg| arg.name == read.arg).ok_or_else(missing)?;
    let (Some(arg), ArgKind::View { dtype, .. }) = (args.get(place), &kernel.args[place].kind) else {
        return Err(missing());
    };
    let Arg::Buffer { address, bytes, .. } = *arg else { return Err(missing()) };
    let width = dtype.bytes();
    if (read.element + 1).saturating_mul(width) > bytes {
        return Err(missing());
    }
    // SAFETY: the device's own buffer, which has `bytes` bytes; no kernel runs now.
    let data = unsafe { std::slice::from_raw_parts(address.add((read.element * width) as usize), width as usize) };
    let number = match (dtype, data) {
        (Dtype::I8, &[byte]) => i64::from(byte.cast_signed()),
        (Dtype::Bool, &[byte]) => i64::from(byte),
        (Dtype::I32, &[a, b, c, d]) => i64::from(i32::from_le_bytes([a, b, c, d])),
        (Dtype::I64, &[a, b, c, d, e, f, g, h]) => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        (Dtype::F32 | Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::Bool | Dtype::I32 | Dtype::I64, _) => {
            return Err(missing());
        }
    };
    let number = i32::try_from(number);
    number.map(|number| Arg::U32(number.cast_unsigned())).map_err(|_| {
        format!("element {} of `{}` is no number of 32 bits, which arguments of a sequence are", read.element, read.arg)
    })
}
