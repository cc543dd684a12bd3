//! The proof that a core program keeps the rules. It knows nothing of how the program was made.
//!
//! - [`form`]: variables are defined and of the right type; operands have the types, sizes and forms that their operation takes; every
//!   part of a local buffer is inside it and starts at a block; buffers are inside local memory; copies are within the limits
//!   of the target; views that are only read are not written.
//! - [`written`]: no local buffer is read that nothing was written into, or that another one was written over, on some path.
//! - [`order`]: whatever touches one byte of local memory or one view, and writes, is ordered on every path, by what the target has;
//!   flags are set and waited for in turn, on every path, and set again only when whoever waited is known to have gone on.
//!
//! Places of elements in views that depend on data are not proven here: the lowering puts a condition in front of them, and the
//! interpreter traps.

mod form;
mod order;
mod written;

use thiserror::Error;
use tile_ir::Loc;

use crate::ir::{CoreKernel, Pipe};
use crate::target::Target;

/// A broken rule, and where.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{rule}")]
pub struct VerifyError {
    /// The user's line.
    pub loc: Loc,
    /// Rule.
    pub rule: Rule,
}

/// Rules.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rule {
    /// A buffer reaches beyond local memory, or does not start where buffers may.
    #[error("local buffer `{0}` is not inside local memory, or not aligned")]
    Place(String),
    /// Rows of a buffer do not start at blocks, or are longer than their distance.
    #[error("rows of local buffer `{0}` do not start at blocks")]
    Pitch(String),
    /// A part of a buffer is not inside it, or not known to be.
    #[error("a part of local buffer `{0}` is not known to be inside it")]
    Inside(String),
    /// A part of a buffer does not start at a block.
    #[error("a part of local buffer `{0}` is not known to start at a block")]
    Aligned(String),
    /// Operands do not fit the operation.
    #[error("operands do not fit: {0}")]
    Operands(&'static str),
    /// A vector operation that the target does not have.
    #[error("the target's vector unit has no `{0}`")]
    Native(String),
    /// A variable that is not defined there.
    #[error("variable `{0}` is not defined here")]
    Undefined(String),
    /// A value of the wrong type.
    #[error("a value has the wrong type: {0}")]
    Type(&'static str),
    /// A copy above a limit of the target.
    #[error("a copy is above a limit: {0}")]
    Copy(&'static str),
    /// A view that is only read is written, or a written one read as if it were not.
    #[error("view `{0}` may not be used so")]
    View(String),
    /// Nothing was written into a buffer that is read, or something else was written over it.
    #[error("local buffer `{0}` is read and may not hold what was written into it")]
    Unwritten(String),
    /// Two accesses that are not ordered.
    #[error("what runs on `{}` is not ordered with what comes later on `{}`", .0.name(), .1.name())]
    Unordered(Pipe, Pipe),
    /// A flag that may still be set is set.
    #[error("flag {event} from `{}` to `{}` may be set when it is set already", .from.name(), .to.name())]
    SetTwice {
        /// From.
        from: Pipe,
        /// To.
        to: Pipe,
        /// Number.
        event: u32,
    },
    /// A flag that is not set is waited for, on some path.
    #[error("flag {event} from `{}` to `{}` is waited for and may not be set", .from.name(), .to.name())]
    NotSet {
        /// From.
        from: Pipe,
        /// To.
        to: Pipe,
        /// Number.
        event: u32,
    },
    /// Flags differ between paths, or are left set.
    #[error("flags that are set differ between paths, or are left set at the end")]
    Unbalanced,
    /// A flag, barrier or wait that the target does not have.
    #[error("the target has no such synchronisation")]
    Foreign,
}

/// Whether all accesses are ordered and flags are in turn.
pub(crate) fn is_ordered(kernel: &CoreKernel, target: &Target) -> bool {
    order::check(kernel, target).is_empty()
}

/// Checks every rule.
///
/// # Errors
/// Everything that is broken or not known to hold, in order.
pub fn verify(kernel: &CoreKernel, target: &Target) -> Result<(), Vec<VerifyError>> {
    let mut errors = form::check(kernel, target);
    // What follows needs buffers that are where they should be.
    if errors.is_empty() {
        errors.extend(written::check(kernel, target));
        errors.extend(order::check(kernel, target));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
