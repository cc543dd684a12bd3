//! Physical devices: what each one can do, and which is taken.

use std::ffi::CStr;

use ash::vk;

use super::errors::{open, refused};
use crate::error::Error;

/// The oldest version of Vulkan whose devices are taken.
pub(super) const OLDEST: u32 = vk::API_VERSION_1_2;

/// How the size of subgroups can be controlled.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeControl {
    /// A pipeline may pin its size.
    pub(super) pin: bool,
    /// A pipeline may ask for subgroups that have all of their lanes.
    pub(super) full: bool,
    /// Sizes that may be pinned.
    pub(super) sizes: [u32; 2],
    /// Subgroups of a group at most, with a pinned size.
    pub(super) subgroups: u32,
}

/// What is known of a physical device.
#[derive(Clone)]
pub(super) struct Physical {
    pub(super) handle: vk::PhysicalDevice,
    pub(super) name: String,
    pub(super) kind: vk::PhysicalDeviceType,
    /// Version of Vulkan.
    pub(super) api: u32,
    /// The driver's name and version, in its own words.
    pub(super) driver: String,
    /// What tells compiled pipelines of one device and driver from those of others.
    pub(super) identity: Vec<u8>,
    pub(super) limits: vk::PhysicalDeviceLimits,
    pub(super) max_allocation: u64,
    pub(super) core: vk::PhysicalDeviceFeatures,
    pub(super) v11: vk::PhysicalDeviceVulkan11Features<'static>,
    pub(super) v12: vk::PhysicalDeviceVulkan12Features<'static>,
    pub(super) floats: vk::PhysicalDeviceFloatControlsProperties<'static>,
    pub(super) subgroup_size: u32,
    pub(super) subgroup_operations: vk::SubgroupFeatureFlags,
    pub(super) control: Option<SizeControl>,
    pub(super) memory: vk::PhysicalDeviceMemoryProperties,
    /// Whether it says how much memory is free.
    pub(super) budget: bool,
    /// Extensions to switch on: those that are there and of use.
    pub(super) extensions: Vec<&'static CStr>,
    /// The queue family that computes.
    pub(super) family: u32,
    /// Whether the family's time stamps count.
    pub(super) time_stamps: bool,
}

/// The bytes of one of Vulkan's fixed arrays up to its zero.
fn words(text: &[std::ffi::c_char]) -> String {
    let bytes: Vec<u8> = text.iter().map(|&byte| byte as u8).take_while(|&byte| byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A version as Vulkan writes it.
pub(super) fn version(version: u32) -> String {
    let [major, minor, patch] =
        [vk::api_version_major(version), vk::api_version_minor(version), vk::api_version_patch(version)];
    format!("{major}.{minor}.{patch}")
}

impl Physical {
    /// Asks a device; why it is not taken, if it is not.
    fn ask(instance: &ash::Instance, handle: vk::PhysicalDevice) -> Result<Physical, String> {
        // SAFETY: a live instance and its device.
        let first = unsafe { instance.get_physical_device_properties(handle) };
        let name = words(&first.device_name);
        if first.api_version < OLDEST {
            return Err(format!("`{name}` has Vulkan {}, 1.2 is needed", version(first.api_version)));
        }
        // SAFETY: as above.
        let listed = unsafe { instance.enumerate_device_extension_properties(handle) }.unwrap_or_default();
        let has = |extension: &CStr| listed.iter().any(|one| one.extension_name_as_c_str() == Ok(extension));
        let mut extensions = Vec::new();
        let mut take = |extension: &'static CStr| {
            let there = has(extension);
            extensions.extend(there.then_some(extension));
            there
        };
        let control = take(ash::ext::subgroup_size_control::NAME) || first.api_version >= vk::API_VERSION_1_3;
        let budget = take(ash::ext::memory_budget::NAME);
        // Where a device is a layer over another interface, it must be switched on.
        take(c"VK_KHR_portability_subset");

        let (mut v11, mut v12) = Default::default();
        let mut size_features = vk::PhysicalDeviceSubgroupSizeControlFeatures::default();
        let mut features = vk::PhysicalDeviceFeatures2::default().push_next(&mut v11).push_next(&mut v12);
        if control {
            features = features.push_next(&mut size_features);
        }
        // SAFETY: as above; the structures are those of a device of this version and these extensions.
        unsafe { instance.get_physical_device_features2(handle, &mut features) };
        let core = features.features;

        let mut id = vk::PhysicalDeviceIDProperties::default();
        let mut driver = vk::PhysicalDeviceDriverProperties::default();
        let mut maintenance = vk::PhysicalDeviceMaintenance3Properties::default();
        let mut floats = vk::PhysicalDeviceFloatControlsProperties::default();
        let mut subgroup = vk::PhysicalDeviceSubgroupProperties::default();
        let mut size = vk::PhysicalDeviceSubgroupSizeControlProperties::default();
        let mut properties = vk::PhysicalDeviceProperties2::default()
            .push_next(&mut id)
            .push_next(&mut driver)
            .push_next(&mut maintenance)
            .push_next(&mut floats)
            .push_next(&mut subgroup);
        if control {
            properties = properties.push_next(&mut size);
        }
        // SAFETY: as above.
        unsafe { instance.get_physical_device_properties2(handle, &mut properties) };
        let compute = vk::ShaderStageFlags::COMPUTE;
        let operations = subgroup.supported_operations;

        // SAFETY: as above.
        let families = unsafe { instance.get_physical_device_queue_family_properties(handle) };
        let computes = |family: &vk::QueueFamilyProperties| family.queue_flags.contains(vk::QueueFlags::COMPUTE);
        let family =
            families.iter().position(computes).ok_or_else(|| format!("`{name}` has no queue that computes"))?;
        let (v11, v12) = (unchained11(v11), unchained12(v12));
        for (there, feature) in
            [(v12.buffer_device_address, "bufferDeviceAddress"), (v12.timeline_semaphore, "timelineSemaphore")]
        {
            if there == vk::FALSE {
                return Err(format!("`{name}` lacks {feature}"));
            }
        }
        let identity = [
            &id.device_uuid[..],
            &id.driver_uuid,
            &first.pipeline_cache_uuid,
            &first.driver_version.to_le_bytes(),
            &first.vendor_id.to_le_bytes(),
            &first.device_id.to_le_bytes(),
        ];
        Ok(Physical {
            handle,
            kind: first.device_type,
            api: first.api_version,
            driver: format!("{} {}", words(&driver.driver_name), words(&driver.driver_info)).trim().to_owned(),
            identity: identity.concat(),
            limits: first.limits,
            max_allocation: maintenance.max_memory_allocation_size,
            core,
            v11,
            v12,
            floats: vk::PhysicalDeviceFloatControlsProperties { p_next: std::ptr::null_mut(), ..floats },
            subgroup_size: subgroup.subgroup_size.max(1),
            subgroup_operations: if subgroup.supported_stages.contains(compute) {
                operations
            } else {
                Default::default()
            },
            control: control.then(|| SizeControl {
                pin: size_features.subgroup_size_control == vk::TRUE
                    && size.required_subgroup_size_stages.contains(compute),
                full: size_features.compute_full_subgroups == vk::TRUE,
                sizes: [size.min_subgroup_size, size.max_subgroup_size],
                subgroups: size.max_compute_workgroup_subgroups,
            }),
            // SAFETY: as above.
            memory: unsafe { instance.get_physical_device_memory_properties(handle) },
            budget,
            extensions,
            family: family as u32,
            time_stamps: families[family].timestamp_valid_bits >= 36,
            name,
        })
    }

    /// The size that subgroups of its kernels have.
    pub(super) fn subgroup(&self) -> u32 {
        match self.control {
            Some(SizeControl { pin: true, sizes: [least, most], .. }) => {
                self.subgroup_size.clamp(least, most.max(least))
            }
            Some(SizeControl { pin: false, .. }) | None => self.subgroup_size,
        }
    }

    /// In words, beside its name.
    pub(super) fn kind(&self) -> &'static str {
        match self.kind {
            vk::PhysicalDeviceType::DISCRETE_GPU => "discrete GPU",
            vk::PhysicalDeviceType::INTEGRATED_GPU => "integrated GPU",
            vk::PhysicalDeviceType::VIRTUAL_GPU => "virtual GPU",
            vk::PhysicalDeviceType::CPU => "processor",
            _ => "device of another kind",
        }
    }
}

/// Without the pointer to what it was chained to.
fn unchained11(features: vk::PhysicalDeviceVulkan11Features<'_>) -> vk::PhysicalDeviceVulkan11Features<'static> {
    vk::PhysicalDeviceVulkan11Features {
        storage_buffer16_bit_access: features.storage_buffer16_bit_access,
        ..Default::default()
    }
}

/// As [`unchained11`]; what no kernel can use is left out.
fn unchained12(features: vk::PhysicalDeviceVulkan12Features<'_>) -> vk::PhysicalDeviceVulkan12Features<'static> {
    vk::PhysicalDeviceVulkan12Features {
        storage_buffer8_bit_access: features.storage_buffer8_bit_access,
        shader_float16: features.shader_float16,
        shader_int8: features.shader_int8,
        scalar_block_layout: features.scalar_block_layout,
        shader_subgroup_extended_types: features.shader_subgroup_extended_types,
        timeline_semaphore: features.timeline_semaphore,
        buffer_device_address: features.buffer_device_address,
        vulkan_memory_model: features.vulkan_memory_model,
        vulkan_memory_model_device_scope: features.vulkan_memory_model_device_scope,
        ..Default::default()
    }
}

/// Lower is better.
fn rank(kind: vk::PhysicalDeviceType) -> u32 {
    match kind {
        vk::PhysicalDeviceType::DISCRETE_GPU => 0,
        vk::PhysicalDeviceType::INTEGRATED_GPU => 1,
        vk::PhysicalDeviceType::VIRTUAL_GPU => 2,
        vk::PhysicalDeviceType::CPU => 3,
        _ => 4,
    }
}

/// The best device of the instance: discrete GPUs before integrated ones before processors; with `wanted`, only those
/// whose name has it as a part, in whatever case.
pub(super) fn pick(instance: &ash::Instance, wanted: Option<&str>) -> Result<Physical, Error> {
    // SAFETY: a live instance.
    let handles =
        unsafe { instance.enumerate_physical_devices() }.map_err(|error| refused("a list of its devices", error))?;
    let (mut devices, mut refusals) = (Vec::new(), Vec::new());
    for handle in handles {
        match Physical::ask(instance, handle) {
            Ok(device) => devices.push(device),
            Err(reason) => refusals.push(reason),
        }
    }
    choose(devices, refusals, wanted, |device| (&device.name, device.kind)).map_err(open)
}

/// [`pick`] among devices of any form.
fn choose<T>(
    mut devices: Vec<T>,
    refusals: Vec<String>,
    wanted: Option<&str>,
    about: impl Fn(&T) -> (&str, vk::PhysicalDeviceType),
) -> Result<T, String> {
    if let Some(wanted) = wanted {
        let lower = wanted.to_lowercase();
        let names: Vec<String> = devices.iter().map(|device| format!("`{}`", about(device).0)).collect();
        devices.retain(|device| about(device).0.to_lowercase().contains(&lower));
        if devices.is_empty() {
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let refused = refusals.iter().map(|reason| format!("; {reason}")).collect::<String>();
            return Err(format!("TENFOLD_VULKAN_DEVICE is `{wanted}`; there are: {there}{refused}"));
        }
    }
    devices.into_iter().min_by_key(|device| rank(about(device).1)).ok_or_else(|| {
        if refusals.is_empty() {
            "no driver offers a device; install one (mesa-vulkan-drivers runs kernels on the processor)".to_owned()
        } else {
            refusals.join("; ")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kind = vk::PhysicalDeviceType;

    fn named(devices: &[(&'static str, Kind)], wanted: Option<&str>) -> Result<&'static str, String> {
        choose(devices.to_vec(), vec!["`old` has Vulkan 1.1.0".to_owned()], wanted, |device| *device)
            .map(|device| device.0)
    }

    #[test]
    fn discrete_before_integrated_before_processor() {
        let all = [
            ("llvmpipe", Kind::CPU),
            ("Iris", Kind::INTEGRATED_GPU),
            ("H100", Kind::DISCRETE_GPU),
            ("B", Kind::DISCRETE_GPU),
        ];
        assert_eq!(named(&all, None), Ok("H100"));
        assert_eq!(named(&all[..2], None), Ok("Iris"));
        assert_eq!(named(&all[..1], None), Ok("llvmpipe"));
        assert_eq!(named(&all, Some("LLVM")), Ok("llvmpipe"));
        let error = named(&all[..2], Some("H100")).unwrap_err();
        assert_eq!(error, "TENFOLD_VULKAN_DEVICE is `H100`; there are: `llvmpipe`, `Iris`; `old` has Vulkan 1.1.0");
        assert_eq!(named(&[], None).unwrap_err(), "`old` has Vulkan 1.1.0");
        assert!(choose(Vec::<(&str, Kind)>::new(), vec![], None, |device| *device).unwrap_err().contains("no driver"));
    }

    #[test]
    fn versions_in_words() {
        assert_eq!(version(vk::make_api_version(0, 1, 3, 230)), "1.3.230");
    }
}
