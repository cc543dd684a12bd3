//! What this target refuses, and why.

use diagnostics::{Kind, Report};
use thiserror::Error;
use tile_ir::{Elem, Loc, ValidateError};

/// Why a module was not compiled for the CPU.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Error {
    /// The target lacks an operation on an element type.
    #[error("kernel `{kernel}`: `{op}` on `{elem}` is not supported by target `cpu`")]
    Unsupported {
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
    /// A kernel needs more than a limit of [`crate::limits`].
    #[error("kernel `{kernel}`: {what} needs {needed}, above the limit of {limit} of target `cpu`")]
    Limit {
        /// Kernel.
        kernel: String,
        /// What is limited, such as `scratch memory in bytes`.
        what: &'static str,
        /// Needed amount.
        needed: u64,
        /// Limit.
        limit: u64,
        /// Where.
        loc: Loc,
        /// What to change.
        help: String,
    },
    /// The program breaks a rule of the tile IR.
    #[error(transparent)]
    Invalid(Box<ValidateError>),
    /// A requested candidate does not exist.
    #[error("kernel family `{family}` has no candidate `{candidate}`")]
    UnknownCandidate {
        /// Family.
        family: String,
        /// Requested candidate.
        candidate: String,
        /// Existing ones.
        known: Vec<String>,
    },
    /// The requested machine is not one this target can compile for.
    #[error("target `cpu` cannot compile for this machine: {message}")]
    Machine {
        /// Why.
        message: String,
    },
    /// The code generator failed: a mistake in Tenfold.
    #[error("kernel `{kernel}`: the code generator of target `cpu` failed")]
    Codegen {
        /// Kernel, or the module.
        kernel: String,
        /// The generator's message.
        detail: String,
        /// Where.
        loc: Loc,
    },
}

impl Error {
    /// The error as a report for the user.
    pub fn report(&self) -> Report {
        let kind = match self {
            Error::Invalid(error) => return Report::from(error.as_ref()),
            Error::Unsupported { .. } | Error::Machine { .. } => Kind::Unsupported,
            Error::Limit { .. } => Kind::Limit,
            Error::UnknownCandidate { .. } => Kind::Invalid,
            Error::Codegen { .. } => Kind::Bug,
        };
        let report = Report::new(kind, self.to_string());
        let report = match self {
            Error::Unsupported { loc, .. } | Error::Limit { loc, .. } | Error::Codegen { loc, .. } => {
                loc.locate(report)
            }
            Error::Invalid(_) | Error::UnknownCandidate { .. } | Error::Machine { .. } => report,
        };
        match self {
            Error::Unsupported { help, .. } | Error::Limit { help, .. } => report.help(help.clone()),
            Error::UnknownCandidate { known, .. } => report.help(format!("choose one of: {}", known.join(", "))),
            Error::Codegen { detail, .. } => report.note(detail.clone()),
            Error::Invalid(_) | Error::Machine { .. } => report,
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        error.report()
    }
}
