//! What Vulkan reports, in our words.

use ash::vk;

use crate::error::{Cause, Error, Failure};

/// Name of the device.
pub(super) const NAME: &str = "vulkan";

/// Vulkan's sentence for a result, and its name.
pub(super) fn text(result: vk::Result) -> String {
    format!("{result} ({result:?})")
}

/// The device cannot be opened.
pub(super) fn open(what: impl std::fmt::Display) -> Error {
    Error::Open { device: NAME, message: what.to_string() }
}

/// The device cannot be opened: `what` was refused.
pub(super) fn refused(what: &str, result: vk::Result) -> Error {
    open(format!("the driver refuses {what}: {}", text(result)))
}

/// Why commands failed.
pub(super) fn cause(result: vk::Result) -> Cause {
    match result {
        vk::Result::ERROR_OUT_OF_DEVICE_MEMORY | vk::Result::ERROR_OUT_OF_HOST_MEMORY => Cause::OutOfMemory,
        vk::Result::ERROR_DEVICE_LOST => Cause::DeviceLost,
        vk::Result::TIMEOUT => Cause::Timeout,
        _ => Cause::Other,
    }
}

/// Why commands failed, with Vulkan's words.
pub(super) fn failed(result: vk::Result) -> (Cause, String) {
    (cause(result), text(result))
}

/// A copy, a measurement or another thing of the device's own that failed.
pub(super) fn own(what: &str, result: vk::Result) -> Error {
    let (cause, message) = failed(result);
    other(what, cause, message)
}

/// As [`own`], of a failure that has no result of Vulkan.
pub(super) fn other(what: &str, cause: Cause, message: String) -> Error {
    Error::Launch(Failure { cause, launches: 1, first: what.to_owned(), last: what.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_device_is_one() {
        let error = own("upload", vk::Result::ERROR_DEVICE_LOST);
        assert!(matches!(&error, Error::Launch(Failure { cause: Cause::DeviceLost, .. })));
        assert!(error.to_string().contains("no longer there"), "{error}");
        assert!(error.to_string().contains("ERROR_DEVICE_LOST"), "{error}");
    }
}
