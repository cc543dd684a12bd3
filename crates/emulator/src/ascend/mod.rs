//! One vector core of the Ascend 910B, for AscendC and PTO texts.
//!
//! A core is a scalar unit, which runs the text, and pipes, which carry out what the text hands to them: `V` computes in the unified
//! buffer (UB), `MTE2` copies from global memory (GM) into it, `MTE3` back. Each pipe takes its instructions in order, but pipes run
//! side by side, and even inside one pipe an instruction may start before the one before it has ended. What orders two
//! instructions is a flag from pipe to pipe, or a barrier of one pipe or all.
//!
//! A call of the text becomes a [`request::Request`], which is decoded ([`op`]), checked against the documented limits
//! ([`decode`]), and compared with everything that has touched the same bytes and is not ordered before it ([`machine::shadow`]). Then it
//! is carried out ([`exec`]): at once, or as late as flags and barriers allow ([`machine::queue`]), so that a missing flag shows
//! without the shadow too.
//!
//! Sources of the rules, where a comment says "source: asc-devkit": the documentation and headers of AscendC, mirror-cann/asc-devkit;
//! "source: pto-isa": hw-native-sys/pto-isa.

mod calls;
mod core;
mod decode;
mod exec;
mod launch;
mod lines;
mod machine;
mod number;
mod op;
mod request;
mod rules;
mod span;

pub(crate) use calls::hooks;
pub(crate) use launch::{Cores, run};
pub(crate) use lines::without_launches;
pub(crate) use rules::Rules;

use crate::FaultKind;

/// A fault before its lines are looked up.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) kind: FaultKind,
    /// Address behind the call.
    pub(crate) site: Option<usize>,
    pub(crate) message: String,
    /// What else belongs to it, and the address behind that call.
    pub(crate) other: Option<(String, usize)>,
}

impl Refused {
    fn new(kind: FaultKind, message: impl Into<String>) -> Refused {
        Refused { kind, site: None, message: message.into(), other: None }
    }

    fn with(mut self, what: impl Into<String>, site: usize) -> Refused {
        self.other = Some((what.into(), site));
        self
    }

    fn at(mut self, site: usize) -> Refused {
        self.site.get_or_insert(site);
        self
    }
}

/// An operand, count or length that the documentation does not allow.
fn limit(message: impl Into<String>) -> Refused {
    Refused::new(FaultKind::Operand, message)
}
