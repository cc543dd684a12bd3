//! What the driver says about the device.

use super::context::{Context, Validation};
use super::physical::version;
use crate::facts::Fact;

/// Name, driver, version of Vulkan, memory, subgroups.
pub(super) fn facts(context: &Context, direct: bool) -> Vec<Fact> {
    let device = &context.physical;
    let mut facts = vec![
        Fact::new("gpu", &device.name),
        Fact::new("kind", device.kind()),
        Fact::new("driver", &device.driver),
        Fact::new("Vulkan", version(device.api)),
    ];
    let heaps = device.memory.memory_heaps_as_slice().iter();
    let local = heaps.filter(|heap| heap.flags.contains(ash::vk::MemoryHeapFlags::DEVICE_LOCAL));
    facts.extend(
        local.map(|heap| heap.size).max().map(|bytes| Fact::new("memory", format!("{:.1} GB", bytes as f64 / 1e9))),
    );
    facts.push(Fact::new("uploads", if direct { "in place" } else { "through a ring of 32 MiB" }));
    let pinned = if device.control.is_some_and(|control| control.pin) { ", pinned" } else { "" };
    facts.push(Fact::new("lanes of a subgroup", format!("{}{pinned}", device.subgroup())));
    match context.validation {
        Validation::Off => {}
        Validation::On => facts.push(Fact::new("validation", "every call is checked")),
        Validation::Missing => facts.push(Fact::new("validation", "VK_LAYER_KHRONOS_validation is not installed")),
    }
    facts
}
