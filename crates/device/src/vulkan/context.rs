//! The instance, the device and its queue. Everything else of the device holds it, so that it goes last.

use std::sync::atomic::{AtomicU64, Ordering};

use ash::vk;

use super::errors::{NAME, open, refused};
use super::messages::{LAYER, Messages};
use super::physical::{OLDEST, Physical, pick, version};
use crate::error::Error;

/// What the device was asked to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validation {
    /// Nothing.
    Off,
    /// Every call.
    On,
    /// Every call, yet the layer is not installed.
    Missing,
}

/// The device, open.
pub(super) struct Context {
    // Holds the loader's library.
    _entry: ash::Entry,
    pub(super) instance: ash::Instance,
    pub(super) device: ash::Device,
    pub(super) physical: Physical,
    pub(super) validation: Validation,
    queue: vk::Queue,
    /// Counts submissions that have run.
    timeline: vk::Semaphore,
    /// Submissions so far.
    submitted: AtomicU64,
    messages: Option<Messages>,
}

/// A submission, by its number.
pub(super) type Ticket = u64;

impl Context {
    /// Opens the best device whose name has `wanted` as a part.
    ///
    /// # Errors
    /// No loader, an old one, no driver, no device that fits.
    pub(super) fn new(wanted: Option<&str>, validation: bool) -> Result<Context, Error> {
        // SAFETY: the system's Vulkan loader does nothing of note when it is loaded.
        let entry = unsafe { ash::Entry::load() }.map_err(|error| {
            open(format!("no Vulkan loader is found ({error}); install it (libvulkan1) with a driver for the device"))
        })?;
        // SAFETY: the loader is loaded.
        let found = unsafe { entry.try_enumerate_instance_version() }.ok().flatten().unwrap_or(vk::API_VERSION_1_0);
        if found < OLDEST {
            return Err(open(format!("the Vulkan loader has version {}, 1.2 is needed", version(found))));
        }
        // SAFETY: as above.
        let layers = unsafe { entry.enumerate_instance_layer_properties() }.unwrap_or_default();
        let there = layers.iter().any(|layer| layer.layer_name_as_c_str() == Ok(LAYER));
        let validation = match (validation, there) {
            (false, _) => Validation::Off,
            (true, true) => Validation::On,
            (true, false) => Validation::Missing,
        };
        let instance = instance(&entry, found, validation)?;
        let opened = Opening::new(&entry, &instance, wanted, validation);
        match opened {
            Ok(Opening { device, physical, queue, timeline, messages }) => Ok(Context {
                _entry: entry,
                instance,
                device,
                physical,
                validation,
                queue,
                timeline,
                submitted: AtomicU64::new(0),
                messages,
            }),
            Err(error) => {
                // SAFETY: nothing made from it is left.
                unsafe { instance.destroy_instance(None) };
                Err(error)
            }
        }
    }

    /// Hands over commands; they run after everything handed over before, as far as barriers say so.
    pub(super) fn submit(&self, commands: vk::CommandBuffer) -> Result<Ticket, vk::Result> {
        let ticket = self.submitted.load(Ordering::Relaxed) + 1;
        let (tickets, semaphores, commands) = ([ticket], [self.timeline], [commands]);
        let mut values = vk::TimelineSemaphoreSubmitInfo::default().signal_semaphore_values(&tickets);
        let info =
            vk::SubmitInfo::default().command_buffers(&commands).signal_semaphores(&semaphores).push_next(&mut values);
        // SAFETY: the device's own queue, used by one at a time; the commands were ended, and are not changed before
        // the ticket has passed.
        unsafe { self.device.queue_submit(self.queue, &[info], vk::Fence::null()) }?;
        self.submitted.store(ticket, Ordering::Relaxed);
        Ok(ticket)
    }

    /// The number of the last submission.
    pub(super) fn submitted(&self) -> Ticket {
        self.submitted.load(Ordering::Relaxed)
    }

    /// The number of the last submission that has run.
    pub(super) fn completed(&self) -> Result<Ticket, vk::Result> {
        // SAFETY: a live semaphore.
        unsafe { self.device.get_semaphore_counter_value(self.timeline) }
    }

    /// Waits until submissions up to this one have run.
    pub(super) fn wait(&self, ticket: Ticket) -> Result<(), vk::Result> {
        let (semaphores, values) = ([self.timeline], [ticket]);
        let info = vk::SemaphoreWaitInfo::default().semaphores(&semaphores).values(&values);
        // SAFETY: a live semaphore that a submission has been told to signal.
        unsafe { self.device.wait_semaphores(&info, u64::MAX) }
    }

    /// Waits until nothing runs. A device that is lost runs nothing.
    pub(super) fn wait_idle(&self) {
        // SAFETY: no other thread uses the queue.
        let _ = unsafe { self.device.device_wait_idle() };
    }

    /// What the validation layer has reported since the last call.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.messages.as_ref().map_or(Ok(()), Messages::check)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.wait_idle();
        // SAFETY: everything made from the device held this context, and is gone; each is destroyed once.
        unsafe {
            self.device.destroy_semaphore(self.timeline, None);
            self.device.destroy_device(None);
        }
        let misuse = self.check();
        // SAFETY: as above.
        unsafe {
            if let Some(messages) = &self.messages {
                messages.close();
            }
            self.instance.destroy_instance(None);
        }
        if let Err(misuse) = misuse {
            // Nobody is left to return it to, and whoever asked for validation wants to know.
            assert!(std::thread::panicking(), "device `{NAME}` closed: {misuse}");
        }
    }
}

fn instance(entry: &ash::Entry, version: u32, validation: Validation) -> Result<ash::Instance, Error> {
    let app = vk::ApplicationInfo::default()
        .application_name(c"tenfold")
        .engine_name(c"tenfold")
        .api_version(version.min(vk::API_VERSION_1_3));
    // SAFETY: the loader is loaded.
    let listed = unsafe { entry.enumerate_instance_extension_properties(None) }.unwrap_or_default();
    let portability = ash::khr::portability_enumeration::NAME;
    let mut extensions = Vec::new();
    let mut flags = vk::InstanceCreateFlags::empty();
    if listed.iter().any(|extension| extension.extension_name_as_c_str() == Ok(portability)) {
        extensions.push(portability.as_ptr());
        flags |= vk::InstanceCreateFlags::ENUMERATE_PORTABILITY_KHR;
    }
    let mut layers = Vec::new();
    if validation == Validation::On {
        extensions.push(ash::ext::debug_utils::NAME.as_ptr());
        layers.push(LAYER.as_ptr());
    }
    let info = vk::InstanceCreateInfo::default()
        .flags(flags)
        .application_info(&app)
        .enabled_extension_names(&extensions)
        .enabled_layer_names(&layers);
    // SAFETY: names end with zero bytes, and all pointers outlive the call.
    unsafe { entry.create_instance(&info, None) }.map_err(|error| match error {
        vk::Result::ERROR_INCOMPATIBLE_DRIVER => open("no Vulkan driver is found; install the device's"),
        error => refused("an instance", error),
    })
}

/// What is made of an instance.
struct Opening {
    device: ash::Device,
    physical: Physical,
    queue: vk::Queue,
    timeline: vk::Semaphore,
    messages: Option<Messages>,
}

impl Opening {
    fn new(
        entry: &ash::Entry,
        instance: &ash::Instance,
        wanted: Option<&str>,
        validation: Validation,
    ) -> Result<Opening, Error> {
        let physical = pick(instance, wanted)?;
        let messages = match validation {
            Validation::On => Some(Messages::new(entry, instance).map_err(|error| refused("a messenger", error))?),
            Validation::Off | Validation::Missing => None,
        };
        match device(instance, &physical) {
            Ok((device, queue, timeline)) => Ok(Opening { device, physical, queue, timeline, messages }),
            Err(error) => {
                if let Some(messages) = messages {
                    // SAFETY: once, and the instance is still there.
                    unsafe { messages.close() };
                }
                Err(refused(&format!("device `{}`", physical.name), error))
            }
        }
    }
}

/// The device with every feature that a kernel can need and that it has.
fn device(
    instance: &ash::Instance,
    physical: &Physical,
) -> Result<(ash::Device, vk::Queue, vk::Semaphore), vk::Result> {
    let queues = [vk::DeviceQueueCreateInfo::default().queue_family_index(physical.family).queue_priorities(&[1.0])];
    let extensions: Vec<_> = physical.extensions.iter().map(|extension| extension.as_ptr()).collect();
    let (mut v11, mut v12) = (physical.v11, physical.v12);
    let core = vk::PhysicalDeviceFeatures {
        shader_int16: physical.core.shader_int16,
        shader_int64: physical.core.shader_int64,
        shader_float64: physical.core.shader_float64,
        ..Default::default()
    };
    let mut features = vk::PhysicalDeviceFeatures2::default().features(core).push_next(&mut v11).push_next(&mut v12);
    let mut sizes = vk::PhysicalDeviceSubgroupSizeControlFeatures::default();
    if let Some(control) = physical.control {
        sizes = sizes.subgroup_size_control(control.pin).compute_full_subgroups(control.full);
        features = features.push_next(&mut sizes);
    }
    let info = vk::DeviceCreateInfo::default()
        .queue_create_infos(&queues)
        .enabled_extension_names(&extensions)
        .push_next(&mut features);
    // SAFETY: a live instance and its device; extensions and features are among those that it lists.
    let device = unsafe { instance.create_device(physical.handle, &info, None) }?;
    // SAFETY: the queue asked for above.
    let queue = unsafe { device.get_device_queue(physical.family, 0) };
    let mut kind = vk::SemaphoreTypeCreateInfo::default().semaphore_type(vk::SemaphoreType::TIMELINE);
    let info = vk::SemaphoreCreateInfo::default().push_next(&mut kind);
    // SAFETY: a live device with timeline semaphores.
    match unsafe { device.create_semaphore(&info, None) } {
        Ok(timeline) => Ok((device, queue, timeline)),
        Err(error) => {
            // SAFETY: nothing made from it is left.
            unsafe { device.destroy_device(None) };
            Err(error)
        }
    }
}
