//! Runs a case's arguments through a device.

use cases::{ArgValue, Case, Outputs};
use device::{Arg, Binding, Buffer, Device, Judge, LoadedKernel, Usage};
use view_types::{Access, Elem};

/// Bytes behind each view that the kernel must leave alone.
const GUARD: usize = 256;
/// What they hold.
const GUARD_BYTE: u8 = 0xc3;

/// What lies behind each buffer of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guards {
    /// Bytes that must stay as they are, unless the device itself watches every access.
    #[default]
    Bytes,
    /// Nothing: something that watches every access, such as compute-sanitizer, sees where buffers end.
    Nothing,
}

/// Why a launch gave no outputs.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The device refuses memory, a binding or the launch.
    #[error(transparent)]
    Device(#[from] device::Error),
    /// Bytes behind the end of a view have changed.
    #[error("`{arg}` was written past its end, {count} bytes of the {GUARD} behind it")]
    PastEnd {
        /// The argument.
        arg: String,
        /// Bytes that have changed.
        count: usize,
    },
    /// A view that is only read has changed.
    #[error("`{arg}` is only read, yet it was written, first at byte {at}")]
    Input {
        /// The argument.
        arg: String,
        /// The first byte that has changed.
        at: usize,
    },
}

/// Uploads the case's buffers, launches `kernel` once, and downloads what it writes. What lies behind the buffers must stay as
/// it is, and so must buffers that are only read (but for weights, which may be too large to bring back). The buffers are
/// freed again.
///
/// # Errors
/// What the device refuses, and memory written that the launch must leave alone.
pub fn launch(
    device: &mut dyn Device,
    kernel: &LoadedKernel,
    case: &Case,
    guards: Guards,
) -> Result<Outputs, LaunchError> {
    let guard = match (guards, device.judge()) {
        (Guards::Bytes, Judge::Hardware | Judge::NativeCpu) => GUARD,
        // An emulator checks accesses against the buffer, which must end where the view does.
        (Guards::Bytes, Judge::Emulated) | (Guards::Nothing, _) => 0,
    };
    let mut buffers = Vec::new();
    let result = run(device, kernel, case, guard, &mut buffers);
    let freed = buffers.into_iter().try_for_each(|buffer| device.free(buffer));
    let outputs = result?;
    freed?;
    Ok(outputs)
}

fn run(
    device: &mut dyn Device,
    kernel: &LoadedKernel,
    case: &Case,
    guard: usize,
    buffers: &mut Vec<Buffer>,
) -> Result<Outputs, LaunchError> {
    let mut args = Vec::with_capacity(case.args.len());
    let mut views = Vec::new();
    for arg in &case.args {
        args.push(match &arg.value {
            ArgValue::View { buffer, access } => {
                let usage = match access {
                    Access::Weights => Usage::Weights,
                    Access::Read | Access::Write => Usage::Data,
                };
                let size = buffer.bytes.len() as u64;
                let on_device = device.alloc(size + guard as u64, usage)?;
                buffers.push(on_device);
                device.upload(on_device, 0, &buffer.bytes)?;
                device.upload(on_device, size, &vec![GUARD_BYTE; guard])?;
                views.push((&arg.name, *access, on_device, buffer));
                Arg::Buffer(on_device)
            }
            ArgValue::Float(value) => Arg::F32(*value),
            ArgValue::Int { elem: Elem::I64, value } => Arg::U64(*value),
            ArgValue::Int { elem: _, value } => Arg::U32(*value as u32),
        });
    }
    let binding = Binding::new(device, kernel, &args)?;
    device.launch(&binding)?;
    device.sync()?;
    let mut outputs = Outputs::default();
    for (name, access, on_device, before) in views {
        let mut behind = vec![GUARD_BYTE; guard];
        device.download(on_device, before.bytes.len() as u64, &mut behind)?;
        let count = behind.iter().filter(|byte| **byte != GUARD_BYTE).count();
        if count > 0 {
            return Err(LaunchError::PastEnd { arg: name.clone(), count });
        }
        if access == Access::Weights {
            continue;
        }
        let mut after = before.clone();
        device.download(on_device, 0, &mut after.bytes)?;
        let changed = || after.bytes.iter().zip(&before.bytes).position(|(after, before)| after != before);
        match access {
            Access::Write => outputs.0.push((name.clone(), after)),
            Access::Read | Access::Weights => {
                if let Some(at) = changed() {
                    return Err(LaunchError::Input { arg: name.clone(), at });
                }
            }
        }
    }
    Ok(outputs)
}
