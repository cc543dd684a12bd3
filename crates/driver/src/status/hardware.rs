//! Where texts ran on the hardware they are for: figures of `docs/performance.md`, which says how they were taken.

use crate::targets::Target;

/// What is known of hardware; empty if none ever ran what the target prints.
pub(super) const fn ran_on(target: Target) -> &'static str {
    match target {
        Target::Cuda => "H200: 976 tokens/s (1.5B, context 128); H100: golden texts",
        Target::Spirv => "H200: 536 tokens/s (1.5B, context 128)",
        Target::Cpu => "2 threads, AVX2: 73 tokens/s (SmolLM2-135M, context 32)",
        Target::Msl
        | Target::Musa
        | Target::Ascendc
        | Target::Pto
        | Target::Bang
        | Target::Gaudi
        | Target::Nki
        | Target::Aie => "",
    }
}
