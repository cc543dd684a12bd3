//! Printed kernels on a device of this machine.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bundle::{Bundle, BundleWriter};
use device::{Arg, Binding, Buffer, Device, Error, LoadedKernel, Usage};
use emit::Source;
use judge::{ArgValue, Case, Outputs};
use tile_ir::{Access, Elem};

/// Devices that were opened, by name: opening one takes longer than a run.
static OPEN: Mutex<BTreeMap<&'static str, Box<dyn Device>>> = Mutex::new(BTreeMap::new());

/// Runs `body` with the device of this name.
fn with<T>(name: &'static str, body: impl FnOnce(&mut dyn Device) -> Result<T, Error>) -> Result<T, Error> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !open.contains_key(name) {
        open.insert(name, device::open(name, None)?);
    }
    match open.get_mut(name) {
        Some(device) => body(device.as_mut()),
        None => Err(Error::UnknownDevice { name: name.to_owned() }),
    }
}

/// Whether this machine has the device.
///
/// # Errors
/// Why not.
pub fn available(name: &'static str) -> Result<(), String> {
    with(name, |_| Ok(())).map_err(|error| error.to_string())
}

/// Loads a printed kernel on the device of this name and launches it once; what it wrote.
///
/// # Errors
/// What the device refuses.
///
/// # Panics
/// If no temporary file can be written.
pub fn run(name: &'static str, source: &Source, case: &Case) -> Result<Outputs, String> {
    let ran = with(name, |device| {
        let kernel = load(device, source)?;
        launch(device, &kernel, case)
    });
    ran.map_err(|error| error.to_string())
}

/// Loads a printed kernel, through a bundle in a temporary folder.
///
/// # Errors
/// What the device refuses.
///
/// # Panics
/// If no temporary file can be written.
pub fn load(device: &mut dyn Device, source: &Source) -> Result<LoadedKernel, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let binary = source.binary.as_ref().map_or(source.text.as_bytes(), |binary| binary.bytes.as_slice());
    let mut writer = BundleWriter::new("test", "test", target(device.name()));
    writer.file(source.kernel.file.as_str(), binary)?;
    for part in &source.parts {
        writer.file(part.file.as_str(), part.text.as_bytes())?;
    }
    writer.kernel(source.kernel.clone());
    writer.finish(folder.path())?;
    let program = device.load(&Bundle::open(folder.path())?)?;
    let refused = |message: &str| Error::Kernel { kernel: source.kernel.name.clone(), message: message.to_owned() };
    program.kernel(&source.kernel.name).cloned().ok_or_else(|| refused("is not in its bundle"))
}

/// The target of bundles that a device runs.
fn target(device: &str) -> &str {
    match device {
        "vulkan" => "spirv",
        "metal" => "msl",
        other => other.strip_suffix("-emu").unwrap_or(other),
    }
}

/// Launches a kernel once, in buffers that hold what `case` has; what it wrote.
///
/// # Errors
/// What the device refuses.
pub fn launch(device: &mut dyn Device, kernel: &LoadedKernel, case: &Case) -> Result<Outputs, Error> {
    let mut buffers = Vec::new();
    let result = launch_in(device, kernel, case, &mut buffers);
    for buffer in buffers {
        device.free(buffer)?;
    }
    result
}

/// As [`launch`]; notes every buffer that it makes.
fn launch_in(
    device: &mut dyn Device,
    kernel: &LoadedKernel,
    case: &Case,
    buffers: &mut Vec<Buffer>,
) -> Result<Outputs, Error> {
    let mut args = Vec::new();
    let mut written = Vec::new();
    for arg in &case.args {
        args.push(match &arg.value {
            ArgValue::View { buffer, access, .. } => {
                let usage = if *access == Access::Weights { Usage::Weights } else { Usage::Data };
                let on_device = device.alloc(buffer.bytes.len() as u64, usage)?;
                buffers.push(on_device);
                device.upload(on_device, 0, &buffer.bytes)?;
                if *access == Access::Write {
                    written.push((arg.name.clone(), on_device));
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
    let mut found = case.outputs();
    for (name, on_device) in written {
        if let Some(buffer) = found.get_mut(&name) {
            device.download(on_device, 0, &mut buffer.bytes)?;
        }
    }
    Ok(found)
}
