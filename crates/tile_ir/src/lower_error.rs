//! What lowerings to programs of targets refuse, and why.

use crate::kernel::{Kernel, Loc};
use crate::op::Op;
use crate::types::Elem;
use crate::validate::ValidateError;
use diagnostics::{Kind, Report};
use thiserror::Error;

/// Why a module was not lowered.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LowerError {
    /// The target lacks an operation on an element type.
    #[error("kernel `{kernel}`: `{op}` on `{elem}` is not supported by target `{target}`")]
    Unsupported {
        /// Target.
        target: &'static str,
        /// Kernel.
        kernel: String,
        /// MLIR operation.
        op: String,
        /// Element type.
        elem: Elem,
        /// Where.
        loc: Loc,
        /// What to write instead.
        help: String,
    },
    /// A kernel needs more than a limit of the target.
    #[error("kernel `{kernel}`: {what} needs {needed}, above the limit of {limit} of target `{target}`")]
    Limit {
        /// Target.
        target: &'static str,
        /// Kernel.
        kernel: String,
        /// What is limited, with its unit, such as ``tile `sum` of 64x512xf32 in bytes of shared memory``.
        what: String,
        /// Needed amount.
        needed: u64,
        /// Limit.
        limit: u64,
        /// Where.
        loc: Loc,
        /// What to change; names a size that fits.
        help: String,
    },
    /// The program breaks a rule of the tile IR.
    #[error(transparent)]
    Invalid(Box<ValidateError>),
    /// A lowered program breaks a rule: a mistake in Tenfold.
    #[error("kernel `{kernel}`: the program for target `{target}` is not valid")]
    Broken {
        /// Target.
        target: &'static str,
        /// Kernel.
        kernel: String,
        /// Which rule.
        detail: String,
        /// Where.
        loc: Loc,
    },
}

impl LowerError {
    /// The error as a report for the user.
    pub fn report(&self) -> Report {
        match self {
            LowerError::Invalid(error) => Report::from(error.as_ref()),
            LowerError::Unsupported { loc, help, .. } => {
                loc.locate(Report::new(Kind::Unsupported, self.to_string())).help(help.clone())
            }
            LowerError::Limit { loc, help, .. } => {
                loc.locate(Report::new(Kind::Limit, self.to_string())).help(help.clone())
            }
            LowerError::Broken { loc, detail, .. } => {
                loc.locate(Report::new(Kind::Bug, self.to_string())).note(detail.clone())
            }
        }
    }
}

impl From<&LowerError> for Report {
    fn from(error: &LowerError) -> Report {
        error.report()
    }
}

/// Refuses a kernel for the first operation that `refused` has something against: a remedy, and the element type in question.
///
/// # Errors
/// [`LowerError::Unsupported`].
pub fn check_ops(
    kernel: &Kernel,
    target: &'static str,
    refused: impl Fn(&Op) -> Option<(&'static str, Elem)>,
) -> Result<(), LowerError> {
    let mut found = Ok(());
    kernel.body.for_each_op(&mut |op| {
        if found.is_ok()
            && let Some((help, elem)) = refused(op)
        {
            let result = op.results.first().map(|&value| kernel.ty(value));
            found = Err(LowerError::Unsupported {
                target,
                kernel: kernel.name.clone(),
                op: op.kind.mlir_name(result).to_owned(),
                elem,
                loc: op.loc.clone(),
                help: help.to_owned(),
            });
        }
    });
    found
}
