//! Khronos's validation layer: whatever it calls an error becomes one of ours.

use std::ffi::{CStr, c_void};
use std::sync::{Mutex, PoisonError};

use ash::vk;

use crate::error::Error;

/// The layer.
pub(super) const LAYER: &CStr = c"VK_LAYER_KHRONOS_validation";

/// An error that the layer reported.
struct Message {
    /// The rule that was broken, by its identifier (`VUID-…`).
    rule: String,
    text: String,
}

/// Listens to the layer, from when the instance is made until [`Messages::close`].
pub(super) struct Messages {
    loader: ash::ext::debug_utils::Instance,
    messenger: vk::DebugUtilsMessengerEXT,
    /// Boxed: the layer knows its address.
    errors: Box<Mutex<Vec<Message>>>,
}

impl Messages {
    /// Listens to the layer, which the instance has loaded.
    pub(super) fn new(entry: &ash::Entry, instance: &ash::Instance) -> Result<Messages, vk::Result> {
        let loader = ash::ext::debug_utils::Instance::new(entry, instance);
        let errors = Box::new(Mutex::new(Vec::new()));
        let info = vk::DebugUtilsMessengerCreateInfoEXT::default()
            .message_severity(vk::DebugUtilsMessageSeverityFlagsEXT::ERROR)
            .message_type(vk::DebugUtilsMessageTypeFlagsEXT::VALIDATION)
            .pfn_user_callback(Some(listen))
            .user_data((&raw const *errors).cast_mut().cast());
        // SAFETY: a live instance with the extension; the list outlives the messenger.
        let messenger = unsafe { loader.create_debug_utils_messenger(&info, None) }?;
        Ok(Messages { loader, messenger, errors })
    }

    /// The errors since the last call, as one.
    pub(super) fn check(&self) -> Result<(), Error> {
        let errors = std::mem::take(&mut *self.errors.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(first) = errors.first() else { return Ok(()) };
        let more = errors.len() - 1;
        Err(Error::Misuse {
            rule: first.rule.clone(),
            message: if more == 0 { first.text.clone() } else { format!("{} (and {more} more)", first.text) },
        })
    }

    /// Stops listening.
    ///
    /// # Safety
    /// Called once, before the instance is destroyed.
    pub(super) unsafe fn close(&self) {
        // SAFETY: as promised.
        unsafe { self.loader.destroy_debug_utils_messenger(self.messenger, None) };
    }
}

/// Called by the layer, on any thread.
unsafe extern "system" fn listen(
    _severity: vk::DebugUtilsMessageSeverityFlagsEXT,
    _kind: vk::DebugUtilsMessageTypeFlagsEXT,
    data: *const vk::DebugUtilsMessengerCallbackDataEXT<'_>,
    errors: *mut c_void,
) -> vk::Bool32 {
    // SAFETY: Vulkan passes a valid message, and the list that the messenger was made with.
    let (data, errors) = unsafe { (&*data, &*errors.cast::<Mutex<Vec<Message>>>()) };
    let text = |pointer: *const std::ffi::c_char| {
        // SAFETY: if there is a text it ends with a zero byte.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
    };
    let rule = text(data.p_message_id_name).unwrap_or_else(|| format!("message {}", data.message_id_number));
    let message = Message { rule, text: text(data.p_message).unwrap_or_default() };
    errors.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    vk::FALSE
}

#[cfg(test)]
mod tests {
    use crate::vulkan::context::{Context, Validation};

    use super::*;

    /// A call that Vulkan forbids becomes an error that names the rule, once.
    #[test]
    fn misuse_is_an_error() {
        let context = match Context::new(None, true) {
            Ok(context) if context.validation == Validation::On => context,
            Ok(_) => return eprintln!("SKIPPED: the validation layer is not installed"),
            Err(error) => return eprintln!("SKIPPED: {error}"),
        };
        context.check().unwrap();
        let empty = vk::BufferCreateInfo::default().size(0).usage(vk::BufferUsageFlags::STORAGE_BUFFER);
        // SAFETY: none; the driver here answers it with a buffer or an error.
        if let Ok(buffer) = unsafe { context.device.create_buffer(&empty, None) } {
            // SAFETY: just made.
            unsafe { context.device.destroy_buffer(buffer, None) };
        }
        match context.check() {
            Err(Error::Misuse { rule, .. }) => assert_eq!(rule, "VUID-VkBufferCreateInfo-size-00912"),
            other => panic!("{other:?}"),
        }
        context.check().unwrap();
    }
}
