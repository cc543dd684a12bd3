//! Memory of the device: a few large blocks from the driver, which buffers share.
//!
//! Where all of the device's memory can be mapped (a processor, an integrated GPU, a GPU whose whole memory is on the bus),
//! buffers are in such memory, and the host writes them in place; it reads them in place if that is cached, or little.
//! Elsewhere they are in memory that only the device reaches, and bytes go through [`super::staging`].

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use ash::vk;
use gpu_allocator::vulkan::{Allocation, AllocationCreateDesc, AllocationScheme, Allocator, AllocatorCreateDesc};
use gpu_allocator::{AllocationError, AllocationSizes, MemoryLocation};

use super::context::Context;
use super::errors::{open, other, own};
use crate::buffer::BufferInfo;
use crate::error::{Cause, Error};

/// A cache line of any device, and more than the widest vector access.
const ALIGN: u64 = 256;
/// The first block; later ones are larger.
const FIRST_BLOCK: u64 = 8 << 20;
/// The largest block that buffers share.
const LARGEST_BLOCK: u64 = 256 << 20;
/// Bytes that are read in place even where that is slow: a copy by the device takes longer.
const FEW: usize = 256;

/// What a piece of memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Kernels read and write it.
    Device,
    /// The host writes it, the device copies it.
    Upload,
    /// The device copies into it, the host reads it.
    Download,
}

/// Hands out memory; what it handed out holds it.
#[derive(Clone)]
pub(super) struct Heap {
    inner: Arc<Inner>,
}

struct Inner {
    allocator: Mutex<Allocator>,
    /// Whether buffers are in memory that the host reaches.
    direct: bool,
    context: Arc<Context>,
}

impl Heap {
    /// For the device; with `staged`, the host reaches no buffer even where it could.
    pub(super) fn new(context: &Arc<Context>, staged: bool) -> Result<Heap, Error> {
        let desc = AllocatorCreateDesc {
            instance: context.instance.clone(),
            device: context.device.clone(),
            physical_device: context.physical.handle,
            debug_settings: Default::default(),
            buffer_device_address: true,
            allocation_sizes: AllocationSizes::new(FIRST_BLOCK, FIRST_BLOCK)
                .with_max_device_memblock_size(LARGEST_BLOCK)
                .with_max_host_memblock_size(LARGEST_BLOCK),
        };
        let allocator = Allocator::new(&desc).map_err(|error| open(format!("no allocator: {error}")))?;
        let direct = !staged && is_direct(&context.physical.memory);
        Ok(Heap { inner: Arc::new(Inner { allocator: Mutex::new(allocator), direct, context: Arc::clone(context) }) })
    }

    /// Whether buffers are in memory that the host reaches.
    pub(super) fn direct(&self) -> bool {
        self.inner.direct
    }

    /// Bytes of device memory that are free, as the driver says; if it does not say, those of the largest heap.
    fn free(&self) -> u64 {
        let Context { instance, physical, .. } = &*self.inner.context;
        let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
        let mut memory = vk::PhysicalDeviceMemoryProperties2::default();
        if physical.budget {
            memory = memory.push_next(&mut budget);
        }
        // SAFETY: a live instance and its device, which has the extension if the structure is chained.
        unsafe { instance.get_physical_device_memory_properties2(physical.handle, &mut memory) };
        let heaps = memory.memory_properties.memory_heaps_as_slice().to_vec();
        let free = |(index, heap): (usize, &vk::MemoryHeap)| {
            if physical.budget { budget.heap_budget[index].saturating_sub(budget.heap_usage[index]) } else { heap.size }
        };
        let local = heaps.iter().enumerate().filter(|(_, heap)| heap.flags.contains(vk::MemoryHeapFlags::DEVICE_LOCAL));
        local.map(free).max().unwrap_or(0)
    }

    /// Allocates; the contents are unknown. The end is rounded up, so that a vector access of the last element stays inside.
    pub(super) fn memory(&self, info: BufferInfo, place: Place) -> Result<Memory, Error> {
        let inner = &self.inner;
        let Context { device, physical, .. } = &*inner.context;
        let refused = || Error::OutOfDeviceMemory { bytes: info.bytes, free: self.free() };
        let size = info.bytes.max(1).checked_next_multiple_of(ALIGN).ok_or_else(refused)?;
        if size > physical.max_allocation {
            return Err(refused());
        }
        let copies = vk::BufferUsageFlags::TRANSFER_SRC | vk::BufferUsageFlags::TRANSFER_DST;
        let kernels = vk::BufferUsageFlags::STORAGE_BUFFER | vk::BufferUsageFlags::SHADER_DEVICE_ADDRESS;
        let (usage, location) = match (place, inner.direct) {
            (Place::Device, true) => (copies | kernels, MemoryLocation::CpuToGpu),
            (Place::Device, false) => (copies | kernels, MemoryLocation::GpuOnly),
            (Place::Upload, _) => (vk::BufferUsageFlags::TRANSFER_SRC, MemoryLocation::CpuToGpu),
            (Place::Download, _) => (vk::BufferUsageFlags::TRANSFER_DST, MemoryLocation::GpuToCpu),
        };
        let create = vk::BufferCreateInfo::default().size(size).usage(usage);
        // SAFETY: a live device.
        let buffer = unsafe { device.create_buffer(&create, None) }.map_err(|error| match error {
            vk::Result::ERROR_OUT_OF_DEVICE_MEMORY | vk::Result::ERROR_OUT_OF_HOST_MEMORY => refused(),
            error => own("alloc", error),
        })?;
        let mut memory = Memory {
            buffer,
            allocation: None,
            address: 0,
            info,
            size,
            pointer: None,
            cached: false,
            heap: self.clone(),
        };
        // SAFETY: a live buffer.
        let mut requirements = unsafe { device.get_buffer_memory_requirements(buffer) };
        requirements.alignment = requirements.alignment.max(ALIGN);
        let desc = AllocationCreateDesc {
            name: "tenfold",
            requirements,
            location,
            linear: true,
            allocation_scheme: AllocationScheme::GpuAllocatorManaged,
        };
        let allocated = inner.allocator.lock().unwrap_or_else(PoisonError::into_inner).allocate(&desc);
        let allocation = allocated.map_err(|error| match error {
            AllocationError::OutOfMemory => refused(),
            error => other("alloc", Cause::Other, error.to_string()),
        })?;
        let flags = allocation.memory_properties();
        // SAFETY: a live buffer without memory, and memory as the buffer requires it.
        let bound = unsafe { device.bind_buffer_memory(buffer, allocation.memory(), allocation.offset()) };
        memory.pointer = allocation.mapped_ptr().map(NonNull::cast);
        memory.allocation = Some(allocation);
        bound.map_err(|error| own("alloc", error))?;
        // Where the device's own memory is used up, the allocator would take the host's.
        if place == Place::Device && !flags.contains(vk::MemoryPropertyFlags::DEVICE_LOCAL) {
            return Err(refused());
        }
        memory.cached = flags.contains(vk::MemoryPropertyFlags::HOST_CACHED);
        if place == Place::Device {
            let ask = vk::BufferDeviceAddressInfo::default().buffer(buffer);
            // SAFETY: a live buffer with memory, made for this.
            memory.address = unsafe { device.get_buffer_device_address(&ask) };
        } else if memory.pointer.is_none() {
            return Err(other("alloc", Cause::Other, "memory for copies cannot be mapped".to_owned()));
        }
        Ok(memory)
    }
}

/// Whether all memory of the device is reached by the host.
fn is_direct(memory: &vk::PhysicalDeviceMemoryProperties) -> bool {
    let wanted = vk::MemoryPropertyFlags::DEVICE_LOCAL
        | vk::MemoryPropertyFlags::HOST_VISIBLE
        | vk::MemoryPropertyFlags::HOST_COHERENT;
    let heaps = memory.memory_heaps_as_slice();
    let local = heaps.iter().filter(|heap| heap.flags.contains(vk::MemoryHeapFlags::DEVICE_LOCAL));
    let largest = local.map(|heap| heap.size).max().unwrap_or(0);
    // The allocator takes the first type with these flags.
    let first = memory.memory_types_as_slice().iter().find(|kind| kind.property_flags.contains(wanted));
    first.and_then(|kind| heaps.get(kind.heap_index as usize)).is_some_and(|heap| heap.size >= largest)
}

/// One buffer. Nothing may use it any more when it is dropped.
pub(super) struct Memory {
    pub(super) buffer: vk::Buffer,
    allocation: Option<Allocation>,
    address: vk::DeviceAddress,
    info: BufferInfo,
    /// With what was rounded up.
    size: u64,
    /// Where the host finds it, if it does.
    pointer: Option<NonNull<u8>>,
    cached: bool,
    heap: Heap,
}

// SAFETY: the pointer leads to memory that belongs to no thread and is used by one at a time.
unsafe impl Send for Memory {}

impl Memory {
    pub(super) fn info(&self) -> BufferInfo {
        self.info
    }

    /// Where kernels find it.
    pub(super) fn address(&self) -> u64 {
        self.address
    }

    /// Bytes with what was rounded up.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether the host writes it in place.
    pub(super) fn is_mapped(&self) -> bool {
        self.pointer.is_some()
    }

    /// Whether the host's accesses are as fast as those of its own memory.
    pub(super) fn is_cached(&self) -> bool {
        self.pointer.is_some() && self.cached
    }

    /// Whether the host should read so many bytes in place.
    pub(super) fn reads_in_place(&self, bytes: usize) -> bool {
        self.pointer.is_some() && (self.cached || bytes <= FEW)
    }

    /// Copies `bytes` to `range`, which is as long and inside the buffer, which is mapped.
    ///
    /// # Safety
    /// Nothing that runs uses the buffer.
    pub(super) unsafe fn write(&mut self, range: Range<usize>, bytes: &[u8]) {
        if let Some(pointer) = self.pointer {
            // SAFETY: `size` mapped bytes, used by nothing else as the caller promises; only written.
            let all = unsafe { std::slice::from_raw_parts_mut(pointer.as_ptr(), self.size as usize) };
            all[range].copy_from_slice(bytes);
        }
    }

    /// Copies `range`, which is as long as `bytes` and inside the buffer, which is mapped.
    ///
    /// # Safety
    /// Nothing that runs writes the buffer, and what was written is visible to the host.
    pub(super) unsafe fn read(&self, range: Range<usize>, bytes: &mut [u8]) {
        if let Some(pointer) = self.pointer {
            // SAFETY: `size` mapped bytes, written by nothing as the caller promises.
            let all = unsafe { std::slice::from_raw_parts(pointer.as_ptr(), self.size as usize) };
            bytes.copy_from_slice(&all[range]);
        }
    }

    /// Makes a mapped buffer zero.
    ///
    /// # Safety
    /// As [`Memory::write`].
    pub(super) unsafe fn clear(&mut self) {
        if let Some(pointer) = self.pointer {
            // SAFETY: as above.
            unsafe { pointer.write_bytes(0, self.size as usize) };
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let inner = &self.heap.inner;
        // SAFETY: nothing uses it any more; destroyed once.
        unsafe { inner.context.device.destroy_buffer(self.buffer, None) };
        if let Some(allocation) = self.allocation.take() {
            // It fails only for memory of another allocator.
            let _ = inner.allocator.lock().unwrap_or_else(PoisonError::into_inner).free(allocation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory of a device: heaps by size and whether they are the device's; types by flags and heap.
    fn memory(heaps: &[(u64, bool)], types: &[(vk::MemoryPropertyFlags, u32)]) -> vk::PhysicalDeviceMemoryProperties {
        let mut memory = vk::PhysicalDeviceMemoryProperties::default();
        for (slot, &(size, local)) in memory.memory_heaps.iter_mut().zip(heaps) {
            let flags = if local { vk::MemoryHeapFlags::DEVICE_LOCAL } else { vk::MemoryHeapFlags::empty() };
            *slot = vk::MemoryHeap { size, flags };
        }
        for (slot, &(property_flags, heap_index)) in memory.memory_types.iter_mut().zip(types) {
            *slot = vk::MemoryType { property_flags, heap_index };
        }
        (memory.memory_heap_count, memory.memory_type_count) = (heaps.len() as u32, types.len() as u32);
        memory
    }

    #[test]
    fn host_writes_in_place_where_all_memory_is_on_the_bus() {
        let local = vk::MemoryPropertyFlags::DEVICE_LOCAL;
        let host = vk::MemoryPropertyFlags::HOST_VISIBLE | vk::MemoryPropertyFlags::HOST_COHERENT;
        let small_window = [(8 << 30, true), (16 << 30, false), (256 << 20, true)];
        assert!(!is_direct(&memory(&small_window, &[(local, 0), (host, 1), (local | host, 2)])));
        assert!(is_direct(&memory(&small_window[..2], &[(local, 0), (host, 1), (local | host, 0)])));
        assert!(is_direct(&memory(&[(2 << 30, true)], &[(local | host, 0)])), "a processor");
        assert!(!is_direct(&memory(&small_window[..2], &[(local, 0), (host, 1)])));
    }
}
