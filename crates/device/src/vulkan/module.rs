//! Reading a SPIR-V module, so that what it needs is known before a driver sees it: drivers trust what they are given.

use bundle::manifest::{Kernel, Need};
use rspirv::dr::{Instruction, Operand, load_bytes};
use rspirv::spirv::{Capability, ExecutionMode, ExecutionModel, Op, StorageClass};

use super::types::Types;
use crate::error::Error;

/// Newest version of SPIR-V that every device with Vulkan 1.2 takes.
const NEWEST: (u8, u8) = (1, 5);

/// Extensions that are part of that version.
const EXTENSIONS: [&str; 8] = [
    "SPV_KHR_16bit_storage",
    "SPV_KHR_8bit_storage",
    "SPV_KHR_float_controls",
    "SPV_KHR_no_integer_wrap_decoration",
    "SPV_KHR_physical_storage_buffer",
    "SPV_KHR_storage_buffer_storage_class",
    "SPV_KHR_variable_pointers",
    "SPV_KHR_vulkan_memory_model",
];

/// The words of a kernel's module, and what they need of the device.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) words: Vec<u32>,
    pub(super) needs: Vec<Need>,
    /// Bytes of group memory that it declares.
    pub(super) group_memory: u64,
}

impl Module {
    /// Reads the module of `kernel` and checks that it is what the manifest says.
    ///
    /// # Errors
    /// Bytes that are no module, a version, capability or extension that is not known here, an entry point or a group of
    /// threads unlike the manifest's, descriptors.
    pub(super) fn read(kernel: &Kernel, bytes: &[u8]) -> Result<Module, Error> {
        let refused = |message: String| Error::Kernel { kernel: kernel.name.clone(), message };
        let unreadable =
            |message: String| Error::Load { file: kernel.file.clone(), message: format!("it is no SPIR-V: {message}") };
        let (words, rest) = bytes.as_chunks();
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        if !rest.is_empty() {
            return Err(unreadable(format!("{} bytes are no whole number of words", bytes.len())));
        }
        let module = load_bytes(bytes).map_err(|error| unreadable(error.to_string()))?;
        let version = module.header.as_ref().map_or((0, 0), |header| header.version());
        if version > NEWEST {
            let (major, minor) = version;
            return Err(refused(format!("is SPIR-V {major}.{minor}; 1.5 is the newest that every device takes")));
        }
        let mut needs = Vec::new();
        for instruction in &module.capabilities {
            let Some(Operand::Capability(capability)) = instruction.operands.first() else { continue };
            match needs_of(*capability) {
                Some(found) => needs.extend_from_slice(found),
                None => {
                    return Err(refused(format!("declares capability `{capability:?}`, which no check is known for")));
                }
            }
        }
        for instruction in &module.extensions {
            let Some(Operand::LiteralString(name)) = instruction.operands.first() else { continue };
            if !EXTENSIONS.contains(&name.as_str()) {
                return Err(refused(format!("uses extension `{name}`, which no check is known for")));
            }
        }
        let entry = module.entry_points.iter().find_map(|entry| entry_of(entry, &kernel.entry));
        let entry =
            entry.ok_or_else(|| refused(format!("`{}` has no compute entry `{}`", kernel.file, kernel.entry)))?;
        let mut size = None;
        for mode in &module.execution_modes {
            let [Operand::IdRef(of), Operand::ExecutionMode(mode), values @ ..] = &mode.operands[..] else { continue };
            if *of != entry {
                continue;
            }
            let numbers: Vec<u64> = values.iter().filter_map(number).collect();
            if *mode == ExecutionMode::LocalSize {
                size = Some(numbers);
            } else {
                let width = numbers.first().copied().unwrap_or(0);
                let need = need_of_mode(*mode, width);
                needs.push(
                    need.ok_or_else(|| refused(format!("has mode `{mode:?} {width}`, which no check is known for")))?,
                );
            }
        }
        match size {
            Some(size) if size == kernel.block => {}
            Some(size) => {
                return Err(refused(format!("has groups of {size:?} threads, the manifest says {:?}", kernel.block)));
            }
            None => return Err(refused("does not say how many threads a group has".to_owned())),
        }
        let bound = module.types_global_values.iter().find(|instruction| is_descriptor(instruction));
        if bound.is_some() {
            return Err(refused("reads a descriptor, this device passes addresses only".to_owned()));
        }
        let types = Types::of(&module);
        if module.all_inst_iter().any(|instruction| exchanges_other_than_32_bits(instruction, &types)) {
            needs.push(Need::ShaderSubgroupExtendedTypes);
        }
        needs.sort_unstable();
        needs.dedup();
        let group_memory = types.group_memory();
        let group_memory = group_memory.ok_or_else(|| refused("has group memory of an unknown size".to_owned()))?;
        Ok(Module { words, needs, group_memory })
    }
}

/// The identifier of the entry point, if it computes and has this name.
fn entry_of(instruction: &Instruction, name: &str) -> Option<u32> {
    match &instruction.operands[..] {
        [
            Operand::ExecutionModel(ExecutionModel::GLCompute),
            Operand::IdRef(entry),
            Operand::LiteralString(found),
            ..,
        ] if found == name => Some(*entry),
        _ => None,
    }
}

fn number(operand: &Operand) -> Option<u64> {
    match operand {
        Operand::LiteralBit32(value) => Some(u64::from(*value)),
        _ => None,
    }
}

/// Whether lanes exchange numbers that are neither 32 bits long nor booleans.
fn exchanges_other_than_32_bits(instruction: &Instruction, types: &Types<'_>) -> bool {
    instruction.class.opname.starts_with("GroupNonUniform")
        && instruction.result_type.and_then(|result| types.bits(result)).is_some_and(|bits| bits != 32 && bits != 1)
}

fn is_descriptor(instruction: &Instruction) -> bool {
    let descriptors = [StorageClass::StorageBuffer, StorageClass::Uniform, StorageClass::UniformConstant];
    instruction.class.opcode == Op::Variable
        && matches!(instruction.operands.first(), Some(Operand::StorageClass(class)) if descriptors.contains(class))
}

/// What a capability needs of the device; `None` if it is not known here.
fn needs_of(capability: Capability) -> Option<&'static [Need]> {
    Some(match capability {
        Capability::Shader | Capability::Matrix => &[],
        Capability::PhysicalStorageBufferAddresses => &[Need::BufferDeviceAddress],
        Capability::StorageBuffer8BitAccess => &[Need::StorageBuffer8BitAccess],
        Capability::StorageBuffer16BitAccess => &[Need::StorageBuffer16BitAccess],
        Capability::Int8 => &[Need::ShaderInt8],
        Capability::Int16 => &[Need::ShaderInt16],
        Capability::Int64 => &[Need::ShaderInt64],
        Capability::Float16 => &[Need::ShaderFloat16],
        Capability::Float64 => &[Need::ShaderFloat64],
        Capability::VulkanMemoryModel => &[Need::VulkanMemoryModel],
        Capability::VulkanMemoryModelDeviceScope => &[Need::VulkanMemoryModelDeviceScope],
        Capability::GroupNonUniform => &[Need::SubgroupBasic],
        Capability::GroupNonUniformVote => &[Need::SubgroupVote],
        Capability::GroupNonUniformArithmetic => &[Need::SubgroupArithmetic],
        Capability::GroupNonUniformBallot => &[Need::SubgroupBallot],
        Capability::GroupNonUniformShuffle => &[Need::SubgroupShuffle],
        Capability::GroupNonUniformShuffleRelative => &[Need::SubgroupShuffleRelative],
        Capability::GroupNonUniformClustered => &[Need::SubgroupClustered],
        Capability::GroupNonUniformQuad => &[Need::SubgroupQuad],
        // The mode says for which width.
        Capability::DenormPreserve
        | Capability::DenormFlushToZero
        | Capability::SignedZeroInfNanPreserve
        | Capability::RoundingModeRTE => &[],
        _ => return None,
    })
}

/// What a mode for floats of `width` bits needs; `None` if it is not known here.
fn need_of_mode(mode: ExecutionMode, width: u64) -> Option<Need> {
    Some(match (mode, width) {
        (ExecutionMode::SignedZeroInfNanPreserve, 16) => Need::ShaderSignedZeroInfNanPreserveFloat16,
        (ExecutionMode::SignedZeroInfNanPreserve, 32) => Need::ShaderSignedZeroInfNanPreserveFloat32,
        (ExecutionMode::DenormPreserve, 16) => Need::ShaderDenormPreserveFloat16,
        (ExecutionMode::DenormPreserve, 32) => Need::ShaderDenormPreserveFloat32,
        (ExecutionMode::DenormFlushToZero, 32) => Need::ShaderDenormFlushToZeroFloat32,
        (ExecutionMode::RoundingModeRTE, 16) => Need::ShaderRoundingModeRteFloat16,
        (ExecutionMode::RoundingModeRTE, 32) => Need::ShaderRoundingModeRteFloat32,
        _ => return None,
    })
}
