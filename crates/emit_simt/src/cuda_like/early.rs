//! Starting while earlier kernels still run: programmatic dependent launch.
//!
//! PTX ISA 8.x, `griddepcontrol` and `cp.async.bulk.prefetch`; both from `sm_90` on. On older GPUs a kernel is started after
//! those in front have ended, and the functions do nothing.

use super::FUNCTION;
use crate::dialect::EarlyForm;
use crate::helpers::Helpers;

/// The oldest architecture with these instructions, as the compiler spells it.
const ARCH: u32 = 900;

/// Adds the functions and names them.
pub(super) fn form(prefetch: bool, helpers: &mut Helpers) -> EarlyForm {
    let form = EarlyForm { prefetch: "prefetch", release: "let_next_start", wait: "wait_for_previous" };
    if prefetch {
        helpers.need(form.prefetch, |_| {
            format!(
                "{FUNCTION} void {}(const void* from, unsigned int bytes) {{
#if __CUDA_ARCH__ >= {ARCH}
    asm volatile(\"cp.async.bulk.prefetch.L2.global [%0], %1;\" ::\"l\"(from), \"r\"(bytes));
#endif
}}",
                form.prefetch
            )
        });
    }
    for (name, instruction, clobbers) in
        [(form.release, "launch_dependents", ""), (form.wait, "wait", " ::: \"memory\"")]
    {
        helpers.need(name, |_| {
            format!(
                "{FUNCTION} void {name}() {{
#if __CUDA_ARCH__ >= {ARCH}
    asm volatile(\"griddepcontrol.{instruction};\"{clobbers});
#endif
}}"
            )
        });
    }
    form
}
