//! What Metal reports, in our words.

use objc2_foundation::NSError;
use objc2_metal::MTLCommandBufferError;

use crate::error::Cause;

/// The text of an error. For a library it is the compiler's whole log.
pub(super) fn text(error: &NSError) -> String {
    error.localizedDescription().to_string()
}

/// Why a command buffer failed.
pub(super) fn cause(error: &NSError) -> Cause {
    const CAUSES: [(MTLCommandBufferError, Cause); 7] = [
        (MTLCommandBufferError::OutOfMemory, Cause::OutOfMemory),
        (MTLCommandBufferError::Timeout, Cause::Timeout),
        (MTLCommandBufferError::PageFault, Cause::Fault),
        (MTLCommandBufferError::InvalidResource, Cause::Fault),
        (MTLCommandBufferError::AccessRevoked, Cause::DeviceLost),
        (MTLCommandBufferError::NotPermitted, Cause::DeviceLost),
        (MTLCommandBufferError::DeviceRemoved, Cause::DeviceLost),
    ];
    let code = usize::try_from(error.code()).ok().map(MTLCommandBufferError);
    CAUSES.iter().find(|(known, _)| Some(*known) == code).map_or(Cause::Other, |(_, cause)| *cause)
}
