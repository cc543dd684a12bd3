//! Launches of a plan, bound to a device's buffers.

use bundle::manifest::Access;
use device::{Arg, Binding, Buffer, Device, Program};

use crate::error::Error;
use crate::plan::{Launch, Source};

/// A launch, ready to go.
pub(super) struct Bound {
    pub(super) binding: Binding,
    /// The argument that is the position.
    pub(super) position: Option<usize>,
    /// Whether it writes the token.
    pub(super) writes_token: bool,
}

/// Binds a launch; `token` is the buffer that holds the token.
pub(super) fn bind(
    device: &dyn Device,
    program: &Program,
    buffers: &[Buffer],
    launch: &Launch,
    token: usize,
) -> Result<Bound, Error> {
    let kernel = program.kernel(&launch.kernel);
    let kernel = kernel.ok_or_else(|| Error::plan(format!("the device has no kernel `{}`", launch.kernel)))?;
    let args: Vec<Arg> = launch
        .args
        .iter()
        .map(|argument| match argument.source {
            Source::Buffer { buffer, .. } => Arg::Buffer(buffers[buffer]),
            Source::Position => Arg::U32(0),
            Source::F32(value) => Arg::F32(value),
        })
        .collect();
    let position = launch.args.iter().position(|argument| argument.source == Source::Position);
    let writes_token = launch.args.iter().any(|argument| match argument.source {
        Source::Buffer { buffer, access, .. } => buffer == token && access == Access::Write,
        Source::Position | Source::F32(_) => false,
    });
    Ok(Bound { binding: Binding::new(device, kernel, &args)?, position, writes_token })
}
