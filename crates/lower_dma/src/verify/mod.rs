//! The proof that a core program keeps the rules. It knows nothing of how the program was made.

use crate::ir::CoreKernel;
use crate::target::Target;
use thiserror::Error;
use tile_ir::Loc;

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
    /// x
    #[error("x")]
    X,
}

/// Checks.
pub fn verify(_kernel: &CoreKernel, _target: &Target) -> Result<(), Vec<VerifyError>> {
    Ok(())
}
