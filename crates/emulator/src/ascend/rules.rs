//! What the languages differ in, as numbers.

use crate::Language;

/// Bytes of a block, the unit of addresses in UB.
pub(crate) const BLOCK: usize = 32;
/// Bytes that a repeat handles.
pub(crate) const REPEAT: usize = 256;
/// Bytes of UB on the core.
pub(crate) const UB: usize = 192 * 1024;

/// Limits and duties of a language on the 910B.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Bytes of UB that a kernel may use.
    pub(crate) capacity: usize,
    /// Event ids a kernel may use, from 0.
    pub(crate) events: u32,
    /// Whether a kernel announces itself (`InitSocState` or a `TPipe`), and ends with a barrier of all pipes.
    pub(crate) framed: bool,
}

impl Rules {
    /// The rules of `language`, if it is one of these.
    pub(crate) fn of(language: Language) -> Option<Rules> {
        match language {
            // 192 K without 256 bytes and without 8 K that `Select` and others use; ids 6 and 7 are the framework's.
            // Source: asc-devkit, NPU architecture 2201 and static tensor programming.
            Language::AscendC => Some(Rules { capacity: UB - 256 - 8192, events: 6, framed: true }),
            // The top 8 K are scratch of some instructions. Source: pto-isa, buffer_limits.hpp.
            Language::Pto => Some(Rules { capacity: UB - 8192, events: 8, framed: false }),
            Language::Msl | Language::Cuda | Language::Musa => None,
        }
    }
}
