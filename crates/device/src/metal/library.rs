//! From MSL text to pipelines.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bundle::Bundle;
use bundle::manifest::Kernel;
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::{NSObjectProtocol, ProtocolObject};
use objc2::sel;
use objc2_foundation::NSString;
use objc2_metal::{
    MTLCompileOptions, MTLComputePipelineState, MTLDevice, MTLLanguageVersion, MTLLibrary,
    MTLMathFloatingPointFunctions, MTLMathMode, MTLSize,
};

use crate::compile_log;
use crate::error::Error;
use crate::limits::Limits;
use crate::metal::errors;

/// Slots for buffers and values passed to one kernel.
const SLOTS: u64 = 31;

/// A kernel that can be dispatched.
pub(super) struct Pipeline {
    pub(super) state: Retained<ProtocolObject<dyn MTLComputePipelineState>>,
    /// Threadgroups of the grid.
    pub(super) grid: MTLSize,
    /// Threads of a threadgroup.
    pub(super) block: MTLSize,
}

/// Makes a pipeline of every kernel of the bundle, in the manifest's order. Each file is compiled once.
pub(super) fn load(device: &ProtocolObject<dyn MTLDevice>, bundle: &Bundle) -> Result<Vec<Pipeline>, Error> {
    autoreleasepool(|_| {
        let options = options();
        let mut libraries = BTreeMap::new();
        let mut pipelines = Vec::new();
        for kernel in &bundle.manifest().kernels {
            let library = match libraries.entry(kernel.file.as_str()) {
                Entry::Occupied(slot) => slot.into_mut(),
                Entry::Vacant(slot) => slot.insert(compile(device, &options, bundle, &kernel.file)?),
            };
            pipelines.push(pipeline(device, library, kernel)?);
        }
        Ok(pipelines)
    })
}

/// The language the kernels are printed in, and mathematics that keep the order of operations, infinities and NaN.
fn options() -> Retained<MTLCompileOptions> {
    let options = MTLCompileOptions::new();
    options.setLanguageVersion(MTLLanguageVersion::Version3_1);
    // macOS 15 replaced the switch by a mode.
    if options.respondsToSelector(sel!(setMathMode:)) {
        options.setMathMode(MTLMathMode::Safe);
        options.setMathFloatingPointFunctions(MTLMathFloatingPointFunctions::Precise);
    } else {
        #[expect(deprecated, reason = "all that macOS 14 has")]
        options.setFastMathEnabled(false);
    }
    options
}

fn compile(
    device: &ProtocolObject<dyn MTLDevice>,
    options: &MTLCompileOptions,
    bundle: &Bundle,
    file: &str,
) -> Result<Retained<ProtocolObject<dyn MTLLibrary>>, Error> {
    let text = String::from_utf8(bundle.read(file)?)
        .map_err(|_| Error::Load { file: file.to_owned(), message: "it is not UTF-8 text".to_owned() })?;
    device
        .newLibraryWithSource_options_error(&NSString::from_str(&text), Some(options))
        .map_err(|error| compile_log::refused(&bundle.manifest().kernels, file, &errors::text(&error)))
}

fn pipeline(
    device: &ProtocolObject<dyn MTLDevice>,
    library: &ProtocolObject<dyn MTLLibrary>,
    kernel: &Kernel,
) -> Result<Pipeline, Error> {
    let refused = |message: String| Error::Kernel { kernel: kernel.name.clone(), message };
    let function = library
        .newFunctionWithName(&NSString::from_str(&kernel.entry))
        .ok_or_else(|| refused(format!("`{}` has no function `{}`", kernel.file, kernel.entry)))?;
    let state = device
        .newComputePipelineStateWithFunction_error(&function)
        .map_err(|error| refused(format!("no pipeline can be made of it: {}", errors::text(&error))))?;
    let limits = Limits {
        block: extents(device.maxThreadsPerThreadgroup()),
        threads: state.maxTotalThreadsPerThreadgroup() as u64,
        shared_bytes: device.maxThreadgroupMemoryLength() as u64,
        args: SLOTS,
    };
    // The larger of what the bundle states and what the compiler made of the text.
    let stated = kernel.budgets.get("shared").copied().unwrap_or(0);
    limits.check(kernel, stated.max(state.staticThreadgroupMemoryLength() as u64))?;
    Ok(Pipeline { state, grid: size(kernel.grid), block: size(kernel.block) })
}

fn extents(size: MTLSize) -> [u64; 3] {
    [size.width as u64, size.height as u64, size.depth as u64]
}

fn size(extents: [u64; 3]) -> MTLSize {
    let [width, height, depth] = extents.map(|extent| extent as usize);
    MTLSize { width, height, depth }
}
