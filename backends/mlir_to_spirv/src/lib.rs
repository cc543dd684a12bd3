//! Lane programs to SPIR-V modules for Vulkan 1.2.
//!
//! # Execution model
//! A program is one workgroup of one dimension. One module has one `GLCompute` entry point, named like the kernel, with a
//! literal `LocalSize`. Where a launch has more programs along x than a device counts ([`limits::MAX_WORKGROUPS`]), the
//! groups are folded into y, the kernel finds its program, and groups beyond the last return at once.
//!
//! **Subgroups** may have any power of two of lanes up to 64; lane programs speak of 32. The number is the specialization
//! constant `SubgroupSize` ([`SUBGROUP_SIZE`]), 1 if the device does not set it: lanes whose distance is below it exchange by
//! `OpGroupNonUniformShuffleXor`, others through shared memory. With 1, the module is right on every device. The device may set
//! the number of lanes only if it makes every subgroup full; the number of a thread is then `SubgroupId * SubgroupSize +
//! SubgroupLocalInvocationId`, so that nothing is assumed of how invocations are dealt to subgroups.
//!
//! # Memory model
//! `PhysicalStorageBuffer64 GLSL450`. Views are device addresses in one block of push constants, 8 bytes each in the order of the
//! parameters; scalars follow in their order, 4 bytes each (8 for `i64`), without gaps. There are no descriptors. Elements of a
//! view that threads of a group pass to each other are `Coherent`. Shared arrays are `Workgroup` variables.
//!
//! # Numbers
//! f32 keeps signed zeros, infinities and NaN, and rounds to nearest even; both are declared, and asked of the device.
//! Nothing is contracted. 16-bit floats are bits in memory, converted by integer arithmetic, to nearest even. Vulkan's own
//! `Exp`, `Log`, `Tanh`, `Sin` and `Cos` may be off by more than our tolerance, so they are composed of operations that are
//! good to the last bits. `Fma` may round twice: Vulkan 1.2 has no other. Denormal numbers may become zeros.
//!
//! # Limits
//! [`limits::TARGET`]; what the target lacks is in [`caps`].
//!
//! # Options
//! [`Options`] has none yet.

mod asm;
pub mod caps;
pub mod limits;
pub mod names;
mod print;
mod types;
pub mod validate;

use emit::Source;
use lower_simt::Error;
use lower_simt::ir::LaneKernel;
use tile_ir::Module;

/// Target name.
pub const TARGET: &str = "spirv";

/// Number (`SpecId`) of the specialization constant `SubgroupSize`.
pub const SUBGROUP_SIZE: u32 = 0;

/// How to print.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {}

/// Lowers and prints one candidate of every kernel family, in source order.
///
/// # Errors
/// Everything that keeps the module from being lowered or printed, in source order.
pub fn emit(module: &Module, options: &Options) -> Result<Vec<Source>, Vec<Error>> {
    let Options {} = options;
    let lowered = lower_simt::lower(module, &limits::TARGET)?;
    emit::all(&lowered.kernels, print)
}

/// Prints a lowered kernel.
///
/// # Errors
/// [`Error::Limit`] where its arguments, its grid or its shared memory exceed what devices take; [`Error::Broken`] where it
/// breaks a rule of lane programs.
pub fn print(kernel: &LaneKernel) -> Result<Source, Error> {
    print::print(kernel)
}
