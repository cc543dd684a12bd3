//! From SPIR-V to pipelines.

use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use ash::vk;
use bundle::Bundle;
use bundle::manifest::{ArgKind, Dtype, Kernel, Need};

use super::context::Context;
use super::errors::text;
use super::module::Module;
use super::needs;
use crate::disk_cache;
use crate::error::Error;
use crate::limits::Limits;

/// Bytes of a view's address among the arguments.
pub(super) const ADDRESS: u64 = 8;
/// The constant that a module may have, by its `SpecId`: lanes of a subgroup.
const SUBGROUP_SIZE: u32 = 0;

/// A kernel that can be launched.
pub(super) struct Loaded {
    pipeline: vk::Pipeline,
    /// Groups along x, y, z.
    pub(super) grid: [u32; 3],
    context: Arc<Context>,
}

impl Loaded {
    pub(super) fn pipeline(&self) -> vk::Pipeline {
        self.pipeline
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: the device drops its kernels when nothing runs; destroyed once.
        unsafe { self.context.device.destroy_pipeline(self.pipeline, None) };
    }
}

/// The layout of all pipelines: arguments only, as many bytes as the device passes.
pub(super) fn layout(context: &Context) -> Result<vk::PipelineLayout, vk::Result> {
    let size = context.physical.limits.max_push_constants_size;
    let ranges = [vk::PushConstantRange { stage_flags: vk::ShaderStageFlags::COMPUTE, offset: 0, size }];
    let info = vk::PipelineLayoutCreateInfo::default().push_constant_ranges(&ranges);
    // SAFETY: a live device, and a range that it takes.
    unsafe { context.device.create_pipeline_layout(&info, None) }
}

/// Makes a pipeline of every kernel of the bundle, in the manifest's order. `cache` is the folder where compiled
/// pipelines are kept.
pub(super) fn load(
    context: &Arc<Context>,
    layout: vk::PipelineLayout,
    bundle: &Bundle,
    cache: Option<&Path>,
) -> Result<Vec<Loaded>, Error> {
    let kernels = &bundle.manifest().kernels;
    let mut modules = Vec::new();
    for kernel in kernels {
        let module = Module::read(kernel, &bundle.read(&kernel.file)?)?;
        check(context, kernel, &module)?;
        modules.push(module);
    }
    let cache = Cache::open(context, &modules, cache)?;
    let mut loaded = Vec::new();
    for (kernel, module) in kernels.iter().zip(&modules) {
        let pipeline = pipeline(context, layout, kernel, module, cache.handle)?;
        loaded.push(Loaded { pipeline, grid: grid(kernel), context: Arc::clone(context) });
    }
    cache.keep();
    Ok(loaded)
}

/// A pipeline of one kernel that is in no bundle.
pub(super) fn single(
    context: &Arc<Context>,
    layout: vk::PipelineLayout,
    kernel: &Kernel,
    bytes: &[u8],
) -> Result<Loaded, Error> {
    let module = Module::read(kernel, bytes)?;
    check(context, kernel, &module)?;
    let pipeline = pipeline(context, layout, kernel, &module, vk::PipelineCache::null())?;
    Ok(Loaded { pipeline, grid: grid(kernel), context: Arc::clone(context) })
}

/// The groups of a kernel, which was checked: they fit.
fn grid(kernel: &Kernel) -> [u32; 3] {
    groups(kernel).map(|groups| groups as u32)
}

/// The groups that are started: those of the programs, unless the kernel folds them.
fn groups(kernel: &Kernel) -> [u64; 3] {
    kernel.workgroups.unwrap_or(kernel.grid)
}

/// Refuses a kernel that needs more than the device has.
fn check(context: &Context, kernel: &Kernel, module: &Module) -> Result<(), Error> {
    let device = &context.physical;
    let refuse = |message: String| Err(Error::Kernel { kernel: kernel.name.clone(), message });
    if let Some(need) = kernel.needs.iter().chain(&module.needs).find(|&&need| !needs::has(device, need)) {
        let device = format!("`{}`", device.name);
        return Err(Error::MissingNeed { kernel: kernel.name.clone(), need: need.to_string(), device });
    }
    let limits = Limits {
        block: device.limits.max_compute_work_group_size.map(u64::from),
        threads: u64::from(device.limits.max_compute_work_group_invocations),
        shared_bytes: u64::from(device.limits.max_compute_shared_memory_size),
        args: bundle::limits::ARGS,
    };
    // The larger of what the bundle states and what the module declares.
    limits.check(kernel, kernel.budgets.get("shared").copied().unwrap_or(0).max(module.group_memory))?;
    for ((axis, groups), limit) in
        ["x", "y", "z"].iter().zip(groups(kernel)).zip(device.limits.max_compute_work_group_count)
    {
        if groups > u64::from(limit) {
            return refuse(format!("has {groups} groups along {axis}, this device runs {limit}"));
        }
    }
    let mut bytes = 0;
    for arg in &kernel.args {
        bytes += match &arg.kind {
            ArgKind::View { .. } => ADDRESS,
            ArgKind::Scalar { dtype: Dtype::F32 | Dtype::I32, .. } => 4,
            // The low word, then the high one.
            ArgKind::Scalar { dtype: Dtype::I64, .. } => 8,
            ArgKind::Scalar { dtype: Dtype::F16 | Dtype::Bf16 | Dtype::I8 | Dtype::Bool, .. } => {
                return refuse(format!("takes `{}`, a number of a type that none can have", arg.name));
            }
        };
    }
    if bytes != kernel.push_constant_bytes {
        return refuse(format!(
            "takes {} bytes of arguments as its manifest says, its parameters are {bytes}",
            kernel.push_constant_bytes
        ));
    }
    let limit = u64::from(device.limits.max_push_constants_size);
    if bytes > limit {
        return refuse(format!("takes {bytes} bytes of arguments, this device passes {limit}"));
    }
    let size = u64::from(device.subgroup());
    if kernel.needs.contains(&Need::ComputeFullSubgroups) && !kernel.block[0].is_multiple_of(size) {
        return refuse(format!(
            "has {} threads along x, no multiple of the {size} lanes of a subgroup",
            kernel.block[0]
        ));
    }
    Ok(())
}

fn pipeline(
    context: &Context,
    layout: vk::PipelineLayout,
    kernel: &Kernel,
    module: &Module,
    cache: vk::PipelineCache,
) -> Result<vk::Pipeline, Error> {
    let refused = |error: vk::Result| {
        let message = format!("the driver makes no pipeline of `{}`: {}", kernel.file, text(error));
        Error::Kernel { kernel: kernel.name.clone(), message }
    };
    let device = &context.device;
    let entry = CString::new(kernel.entry.as_str()).map_err(|_| refused(vk::Result::ERROR_UNKNOWN))?;
    let info = vk::ShaderModuleCreateInfo::default().code(&module.words);
    // SAFETY: whole words, which were read as SPIR-V; the bundle's code is trusted as far as its hashes.
    let shader = unsafe { device.create_shader_module(&info, None) }.map_err(refused)?;
    let size = context.physical.subgroup();
    let control = context.physical.control;
    let full = control.is_some_and(|control| control.full) && kernel.block[0].is_multiple_of(u64::from(size));
    // A module may only count on lanes that are there: with 1 it does without subgroups.
    let value = if full { size } else { 1 }.to_le_bytes();
    let entries = [vk::SpecializationMapEntry { constant_id: SUBGROUP_SIZE, offset: 0, size: value.len() }];
    let constants = vk::SpecializationInfo::default().map_entries(&entries).data(&value);
    let mut pinned = vk::PipelineShaderStageRequiredSubgroupSizeCreateInfo::default().required_subgroup_size(size);
    let mut stage = vk::PipelineShaderStageCreateInfo::default()
        .stage(vk::ShaderStageFlags::COMPUTE)
        .module(shader)
        .name(&entry)
        .specialization_info(&constants);
    if let Some(control) = control {
        let threads: u64 = kernel.block.iter().product();
        if control.pin && threads <= u64::from(size) * u64::from(control.subgroups) {
            stage = stage.push_next(&mut pinned);
        }
        if full {
            stage = stage.flags(vk::PipelineShaderStageCreateFlags::REQUIRE_FULL_SUBGROUPS);
        }
    }
    let infos = [vk::ComputePipelineCreateInfo::default().stage(stage).layout(layout)];
    // SAFETY: all that the structure points to outlives the call; needs and limits were checked.
    let made = unsafe { device.create_compute_pipelines(cache, &infos, None) };
    // SAFETY: a pipeline keeps nothing of its module.
    unsafe { device.destroy_shader_module(shader, None) };
    match made {
        Ok(pipelines) => Ok(pipelines[0]),
        Err((_, error)) => Err(refused(error)),
    }
}

/// The driver's cache of compiled pipelines of one bundle.
struct Cache<'a> {
    context: &'a Context,
    handle: vk::PipelineCache,
    /// Where it is to be written, if it was not read: the folder and the name.
    missing: Option<(&'a Path, String)>,
}

impl<'a> Cache<'a> {
    /// What an earlier run wrote, if it is there and whole. The driver ignores what it does not know.
    fn open(context: &'a Context, modules: &[Module], folder: Option<&'a Path>) -> Result<Cache<'a>, Error> {
        let size = context.physical.subgroup().to_le_bytes();
        let words: Vec<Vec<u8>> =
            modules.iter().map(|module| module.words.iter().flat_map(|word| word.to_le_bytes()).collect()).collect();
        let parts = [&context.physical.identity[..], &size].into_iter().chain(words.iter().map(Vec::as_slice));
        let key = disk_cache::key(parts);
        let found = folder.and_then(|folder| disk_cache::read(folder, &key));
        let info = vk::PipelineCacheCreateInfo::default().initial_data(found.as_deref().unwrap_or(&[]));
        let refused = |error| Error::Load { file: "pipelines".to_owned(), message: text(error) };
        // SAFETY: a live device; the bytes are what it wrote itself, as their digest says.
        let handle = unsafe { context.device.create_pipeline_cache(&info, None) }.map_err(refused)?;
        let missing = if found.is_some() { None } else { folder.map(|folder| (folder, key)) };
        Ok(Cache { context, handle, missing })
    }

    /// Writes it for the next run, if it is new. A driver that refuses costs only time, next time.
    fn keep(&self) {
        if let Some((folder, key)) = &self.missing
            // SAFETY: a live cache.
            && let Ok(data) = unsafe { self.context.device.get_pipeline_cache_data(self.handle) }
        {
            disk_cache::write(folder, key, &data);
        }
    }
}

impl Drop for Cache<'_> {
    fn drop(&mut self) {
        // SAFETY: destroyed once; pipelines do not need it.
        unsafe { self.context.device.destroy_pipeline_cache(self.handle, None) };
    }
}
