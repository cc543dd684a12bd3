//! What kernels need, against what the device has.

use ash::vk;
use bundle::manifest::Need;

use super::physical::{Physical, SizeControl};

/// Whether the device has it. Everything here that must be switched on is, when the device is opened.
pub(super) fn has(device: &Physical, need: Need) -> bool {
    let operation = |operation| device.subgroup_operations.contains(operation);
    let on = |feature: vk::Bool32| feature == vk::TRUE;
    let (v12, floats) = (&device.v12, &device.floats);
    match need {
        Need::BufferDeviceAddress => on(v12.buffer_device_address),
        Need::StorageBuffer8BitAccess => on(v12.storage_buffer8_bit_access),
        Need::StorageBuffer16BitAccess => on(device.v11.storage_buffer16_bit_access),
        Need::ScalarBlockLayout => on(v12.scalar_block_layout),
        Need::ShaderInt8 => on(v12.shader_int8),
        Need::ShaderInt16 => on(device.core.shader_int16),
        Need::ShaderInt64 => on(device.core.shader_int64),
        Need::ShaderFloat16 => on(v12.shader_float16),
        Need::ShaderFloat64 => on(device.core.shader_float64),
        Need::VulkanMemoryModel => on(v12.vulkan_memory_model),
        Need::VulkanMemoryModelDeviceScope => on(v12.vulkan_memory_model_device_scope),
        // Full subgroups of an unknown size are of no use to a kernel.
        Need::ComputeFullSubgroups => matches!(device.control, Some(SizeControl { pin: true, full: true, .. })),
        Need::ShaderSubgroupExtendedTypes => on(v12.shader_subgroup_extended_types),
        Need::SubgroupBasic => operation(vk::SubgroupFeatureFlags::BASIC),
        Need::SubgroupVote => operation(vk::SubgroupFeatureFlags::VOTE),
        Need::SubgroupArithmetic => operation(vk::SubgroupFeatureFlags::ARITHMETIC),
        Need::SubgroupBallot => operation(vk::SubgroupFeatureFlags::BALLOT),
        Need::SubgroupShuffle => operation(vk::SubgroupFeatureFlags::SHUFFLE),
        Need::SubgroupShuffleRelative => operation(vk::SubgroupFeatureFlags::SHUFFLE_RELATIVE),
        Need::SubgroupClustered => operation(vk::SubgroupFeatureFlags::CLUSTERED),
        Need::SubgroupQuad => operation(vk::SubgroupFeatureFlags::QUAD),
        Need::ShaderSignedZeroInfNanPreserveFloat16 => on(floats.shader_signed_zero_inf_nan_preserve_float16),
        Need::ShaderSignedZeroInfNanPreserveFloat32 => on(floats.shader_signed_zero_inf_nan_preserve_float32),
        Need::ShaderDenormPreserveFloat16 => on(floats.shader_denorm_preserve_float16),
        Need::ShaderDenormPreserveFloat32 => on(floats.shader_denorm_preserve_float32),
        Need::ShaderDenormFlushToZeroFloat32 => on(floats.shader_denorm_flush_to_zero_float32),
        Need::ShaderRoundingModeRteFloat16 => on(floats.shader_rounding_mode_rte_float16),
        Need::ShaderRoundingModeRteFloat32 => on(floats.shader_rounding_mode_rte_float32),
    }
}
