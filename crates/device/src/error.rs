//! Why a device refused.

use bundle::manifest::LineOrigin;

/// Why a device could not do something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No device has this name.
    #[error("no device is called `{name}`")]
    UnknownDevice {
        /// The name asked for.
        name: String,
    },
    /// The device cannot be set up.
    #[error("cannot open device `{device}`: {message}")]
    Open {
        /// Its name.
        device: &'static str,
        /// Why.
        message: String,
    },
    /// Not enough memory.
    #[error("not enough memory for a buffer of {bytes} bytes")]
    OutOfMemory {
        /// Size asked for.
        bytes: u64,
    },
    /// Not enough memory on an accelerator that says how much is left.
    #[error("not enough device memory: {bytes} bytes are asked for, {free} are free")]
    OutOfDeviceMemory {
        /// Size asked for.
        bytes: u64,
        /// Bytes free when it was asked for; they need not be in one piece.
        free: u64,
    },
    /// A handle of another device, or of a buffer that was freed.
    #[error("the buffer was freed or belongs to another device")]
    DeadBuffer,
    /// A copy past the end of a buffer.
    #[error("a copy of {bytes} bytes at offset {offset} leaves the buffer of {size} bytes")]
    OutOfRange {
        /// Start.
        offset: u64,
        /// Length.
        bytes: u64,
        /// The buffer's size.
        size: u64,
    },
    /// The bundle itself is bad.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// A bundle for something else.
    #[error("the bundle was compiled for target `{found}`, device `{device}` runs `{expected}`")]
    Target {
        /// The device.
        device: &'static str,
        /// Target the device runs.
        expected: &'static str,
        /// The bundle's target.
        found: String,
    },
    /// Code for a processor with more than this one has.
    #[error("the bundle needs `{feature}`, which this machine lacks; compile it for this machine")]
    MissingFeature {
        /// The first missing feature.
        feature: String,
    },
    /// A kernel that needs what this device lacks.
    #[error("kernel `{kernel}` needs `{need}`, which {device} lacks")]
    MissingNeed {
        /// The kernel.
        kernel: String,
        /// The capability, by the name its interface gives it.
        need: String,
        /// The accelerator's own name.
        device: String,
    },
    /// A rule of the accelerator's interface that a checking layer says was broken; nothing that was computed since is
    /// worth anything.
    #[error("the validation layer reports {rule}: {message}")]
    Misuse {
        /// The rule's identifier.
        rule: String,
        /// The layer's words.
        message: String,
    },
    /// Code that does not load.
    #[error("cannot load {file}: {message}")]
    Load {
        /// The file.
        file: String,
        /// Why.
        message: String,
    },
    /// A kernel that this device cannot take.
    #[error("kernel `{kernel}`: {message}")]
    Kernel {
        /// The kernel.
        kernel: String,
        /// Why.
        message: String,
    },
    /// Source that does not compile, or a launch that broke a rule of the target.
    #[error("kernel `{kernel}`: {message}")]
    Fault {
        /// The kernel.
        kernel: String,
        /// Its file in the bundle.
        file: String,
        /// Line of that file, from 1; `None` if unknown.
        line: Option<u32>,
        /// What happened.
        message: String,
    },
    /// A kernel's text that the accelerator's own compiler refuses.
    #[error("kernel `{kernel}`: {file}:{line} does not compile{}: {message}", of(.origin))]
    Compile {
        /// The kernel.
        kernel: String,
        /// File of the bundle.
        file: String,
        /// Line of that file, from 1.
        line: u32,
        /// The line of the user's Rust that it was made from, if known.
        origin: Option<LineOrigin>,
        /// What the compiler says.
        message: String,
    },
    /// Launches that failed; what they wrote, and what was computed from it, is worth nothing.
    #[error(transparent)]
    Launch(Failure),
    /// A launch that a recorded sequence does not have.
    #[error("the sequence has {launches} launches, none is number {launch}")]
    NoLaunch {
        /// The number, from 0.
        launch: usize,
        /// Launches it has.
        launches: usize,
    },
    /// A choice that was asked for on another device.
    #[error("the choice was asked for on another device")]
    ForeignChoice,
    /// A mark of another device.
    #[error("the mark is one of another device")]
    ForeignMark,
    /// Wrong number of arguments.
    #[error("kernel `{kernel}` takes {expected} arguments, {found} are bound")]
    ArgumentCount {
        /// The kernel.
        kernel: String,
        /// Arguments it has.
        expected: usize,
        /// Arguments given.
        found: usize,
    },
    /// An argument that does not fit.
    #[error("argument `{arg}` of kernel `{kernel}` {message}")]
    Argument {
        /// The kernel.
        kernel: String,
        /// The argument.
        arg: String,
        /// What does not fit.
        message: String,
    },
}

/// Launches that ran together and failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{launches} launches, from kernel `{first}` to kernel `{last}`, failed: {cause}: {message}")]
pub struct Failure {
    /// Why, as far as the accelerator tells.
    pub cause: Cause,
    /// How many.
    pub launches: u32,
    /// Kernel of the first.
    pub first: String,
    /// Kernel of the last.
    pub last: String,
    /// What the driver says.
    pub message: String,
}

/// Why launches failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Not enough memory to run them.
    OutOfMemory,
    /// They ran too long.
    Timeout,
    /// An access outside of the buffers.
    Fault,
    /// The accelerator is gone, or this process may no longer use it.
    DeviceLost,
    /// Something else.
    Other,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Cause::OutOfMemory => "not enough memory to run",
            Cause::Timeout => "the accelerator gave up after too long a time",
            Cause::Fault => "the accelerator met an address it cannot use",
            Cause::DeviceLost => "the accelerator is no longer there",
            Cause::Other => "the driver reports",
        })
    }
}

/// The origin, in a message.
fn of(origin: &Option<LineOrigin>) -> String {
    origin.as_ref().map_or_else(String::new, |origin| format!(" (made from {}:{})", origin.file, origin.line))
}
