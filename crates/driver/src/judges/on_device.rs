//! Runs a case's arguments through a device.

use device::{Arg, Binding, Device, Error, LoadedKernel, Usage};
use judge::{ArgValue, Case, Outputs};
use tile_ir::{Access, Elem};

/// Uploads the case's buffers, launches `kernel` once, and downloads what it writes. The buffers are freed again.
///
/// # Errors
/// What the device refuses: memory, a binding, a launch.
pub fn run(device: &mut dyn Device, kernel: &LoadedKernel, case: &Case) -> Result<Outputs, Error> {
    let mut buffers = Vec::new();
    let result = launch(device, kernel, case, &mut buffers);
    for buffer in buffers {
        device.free(buffer)?;
    }
    result
}

fn launch(
    device: &mut dyn Device,
    kernel: &LoadedKernel,
    case: &Case,
    buffers: &mut Vec<device::Buffer>,
) -> Result<Outputs, Error> {
    let mut args = Vec::with_capacity(case.args.len());
    let mut written = Vec::new();
    for arg in &case.args {
        args.push(match &arg.value {
            ArgValue::View { buffer, access, own: _ } => {
                let usage = match access {
                    Access::Weights => Usage::Weights,
                    Access::Read | Access::Write => Usage::Data,
                };
                let on_device = device.alloc(buffer.bytes.len() as u64, usage)?;
                buffers.push(on_device);
                device.upload(on_device, 0, &buffer.bytes)?;
                if *access == Access::Write {
                    written.push((arg.name.clone(), on_device, buffer));
                }
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
    for (name, on_device, before) in written {
        let mut after = before.clone();
        device.download(on_device, 0, &mut after.bytes)?;
        outputs.0.push((name, after));
    }
    Ok(outputs)
}
