//! What this family of targets refuses, and why.

use diagnostics::{Kind, Report};
use thiserror::Error;
use tile_ir::{Elem, Loc, ValidateError};

/// Why a module was not lowered.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Error {
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
        /// What is limited, with its unit, such as ``tile `sum` of 64x512xf32 in bytes of local memory``.
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
    /// A core program breaks a rule: a mistake in Tenfold.
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

impl Error {
    /// The error as a report for the user.
    pub fn report(&self) -> Report {
        match self {
            Error::Invalid(error) => Report::from(error.as_ref()),
            Error::Unsupported { loc, help, .. } => {
                loc.locate(Report::new(Kind::Unsupported, self.to_string())).help(help.clone())
            }
            Error::Limit { loc, help, .. } => loc.locate(Report::new(Kind::Limit, self.to_string())).help(help.clone()),
            Error::Broken { loc, detail, .. } => {
                loc.locate(Report::new(Kind::Bug, self.to_string())).note(detail.clone())
            }
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        error.report()
    }
}
