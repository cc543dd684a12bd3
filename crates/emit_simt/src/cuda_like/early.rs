//! Starting while earlier kernels still run: programmatic dependent launch.
//!
//! PTX ISA 8.x, `griddepcontrol`, `cp.async.bulk`, `cp.async.bulk.prefetch` and `mbarrier`, from `sm_90` on. On
//! older GPUs a kernel is started after those in front have ended; there the threads copy, and the other functions do nothing.

use super::FUNCTION;
use crate::dialect::{EarlyForm, EarlyUse};
use emit::Helpers;

/// The oldest architecture with these instructions, as the compiler spells it.
const ARCH: u32 = 900;

/// Adds the functions and names them.
pub(super) fn form(used: EarlyUse, helpers: &mut Helpers) -> EarlyForm {
    let form = EarlyForm {
        prefetch: "prefetch",
        arrival: "__shared__ unsigned long long {}",
        copy: "copy_ahead",
        release: "let_next_start",
        wait: "wait_for_previous",
        wait_for_copy: "wait_for_copy",
    };
    if used.copies {
        copies(&form, helpers);
    }
    if used.prefetches {
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

/// One thread asks for all of the range; a barrier object in shared memory counts the bytes that have arrived. All threads of a
/// group must meet between the two functions: before that, the object is not there for the others. The warp meets behind the object's
/// making, which the compiler may have all of it do: compute-sanitizer's racecheck counts that as a write by another thread.
fn copies(form: &EarlyForm, helpers: &mut Helpers) {
    helpers.need(form.copy, |_| {
        format!(
            "{FUNCTION} void {}(void* to, const void* from, unsigned int bytes, unsigned long long* arrival) {{
#if __CUDA_ARCH__ >= {ARCH}
    const unsigned long long object = __cvta_generic_to_shared(arrival);
    if (threadIdx.x == 0) {{
        asm volatile(\"mbarrier.init.shared::cta.b64 [%0], 1;\" ::\"l\"(object) : \"memory\");
        asm volatile(\"fence.mbarrier_init.release.cluster;\" ::: \"memory\");
    }}
    __syncwarp();
    if (threadIdx.x == 0) {{
        asm volatile(\"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;\" ::\"l\"(object), \"r\"(bytes) : \"memory\");
        asm volatile(\"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];\"
                     ::\"l\"(__cvta_generic_to_shared(to)), \"l\"(from), \"r\"(bytes), \"l\"(object) : \"memory\");
    }}
#else
    for (unsigned int at = threadIdx.x * 16; at < bytes; at += blockDim.x * 16) {{
        *(uint4*)((char*)to + at) = *(const uint4*)((const char*)from + at);
    }}
#endif
}}",
            form.copy
        )
    });
    helpers.need(form.wait_for_copy, |_| {
        format!(
            "{FUNCTION} void {}(unsigned long long* arrival) {{
#if __CUDA_ARCH__ >= {ARCH}
    unsigned int done;
    do {{
        asm volatile(\"{{ .reg .pred done; mbarrier.try_wait.parity.shared::cta.b64 done, [%1], 0; selp.u32 %0, 1, 0, done; }}\"
                     : \"=r\"(done) : \"l\"(__cvta_generic_to_shared(arrival)) : \"memory\");
    }} while (done == 0);
#endif
}}",
            form.wait_for_copy
        )
    });
}
