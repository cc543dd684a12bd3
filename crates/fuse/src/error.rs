//! What keeps kernels from being fused.

use diagnostics::{Kind, Report};
use thiserror::Error;
use tile_ir::{Loc, ValidateError};

/// Why kernels were not fused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Error {
    /// The text of a declaration does not have its form.
    #[error("`{text}` declares no fusion: {expected} expected")]
    Syntax {
        /// The text.
        text: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A declaration names a kernel that the group lacks.
    #[error("fusion `{fusion}` names the kernel `{kernel}`, which the group does not have")]
    UnknownKernel {
        /// Fusion.
        fusion: String,
        /// Kernel family.
        kernel: String,
    },
    /// A fusion has the name of a kernel.
    #[error("fusion `{fusion}` has the name of a kernel")]
    NameTaken {
        /// Fusion.
        fusion: String,
    },
    /// The producer has several programs: none of them makes the whole output.
    #[error("kernel `{kernel}` runs {programs} programs; one that is computed inside others has one")]
    ManyPrograms {
        /// Producer.
        kernel: String,
        /// Its programs.
        programs: u64,
        /// Where it is declared.
        loc: Loc,
    },
    /// The producer does more than to write one view as a whole, once.
    #[error("kernel `{kernel}` {what}; one that is computed inside others writes one view as a whole, once")]
    Output {
        /// Producer.
        kernel: String,
        /// What it does instead.
        what: String,
        /// Where.
        loc: Loc,
    },
    /// A producer of many programs is not of the form of one that is computed piece by piece.
    #[error(
        "kernel `{kernel}` {what}; one of many programs that is computed inside others stores, in each program, one piece of each output, once"
    )]
    Pieces {
        /// Producer.
        kernel: String,
        /// What it does instead.
        what: String,
        /// Where.
        loc: Loc,
    },
    /// What the consumer's programs read is not made of what whole programs of the producer write.
    #[error(
        "kernel `{kernel}` reads `{arg}` {what}; programs of `{producer}` can stand for reads of whole pieces, each in one program"
    )]
    Blocks {
        /// Consumer.
        kernel: String,
        /// Its argument.
        arg: String,
        /// Producer.
        producer: String,
        /// How it reads.
        what: String,
        /// Where.
        loc: Loc,
    },
    /// A declaration names an output that its kernel does not write.
    #[error("kernel `{kernel}` has no output `{output}`")]
    NoOutput {
        /// Producer.
        kernel: String,
        /// The name.
        output: String,
    },
    /// No argument of the consumer can be the producer's output, or several can.
    #[error("kernel `{kernel}` has {found} arguments that could be an output of `{producer}`; name one of them")]
    NoLink {
        /// Consumer.
        kernel: String,
        /// Producer.
        producer: String,
        /// How many.
        found: usize,
    },
    /// The named argument is not a read view of the output's type and shape.
    #[error("argument `{arg}` of kernel `{kernel}` cannot be the output of `{producer}`")]
    WrongLink {
        /// Consumer.
        kernel: String,
        /// Its argument.
        arg: String,
        /// Producer.
        producer: String,
    },
    /// The consumer reads a part of the output whose place is known only when it runs. Tiles are values: their parts lie
    /// at constant places ([`tile_ir::OpKind::Slice`]).
    #[error("kernel `{kernel}` reads `{arg}` {what}; a tile computed in its place has no such part")]
    Part {
        /// Consumer.
        kernel: String,
        /// Its argument.
        arg: String,
        /// How it reads.
        what: String,
        /// Where.
        loc: Loc,
    },
    /// The fused kernel breaks a rule of the tile IR: a mistake in Tenfold.
    #[error("the kernel `{kernel}` that was fused is not valid: {source}")]
    Invalid {
        /// Fused kernel.
        kernel: String,
        /// The rule.
        source: Box<ValidateError>,
    },
}

impl Error {
    /// The error as a report for the user.
    pub fn report(&self) -> Report {
        let report = |kind| Report::new(kind, self.to_string());
        match self {
            Error::Syntax { .. } => report(Kind::Bug),
            Error::UnknownKernel { .. } | Error::NameTaken { .. } => report(Kind::Invalid),
            Error::ManyPrograms { loc, .. } | Error::Output { loc, .. } | Error::Pieces { loc, .. } => {
                loc.locate(report(Kind::Unsupported))
            }
            Error::NoLink { .. } => {
                report(Kind::Invalid).help("write `=> kernel(argument)`, and `kernel.output =>` if it has several")
            }
            Error::WrongLink { .. } | Error::NoOutput { .. } => report(Kind::Invalid),
            Error::Blocks { loc, .. } => loc
                .locate(report(Kind::Unsupported))
                .help("divide both kernels alike, so that each block read is made of whole blocks written"),
            Error::Part { loc, .. } => loc
                .locate(report(Kind::Unsupported))
                .help("read the whole view at once, or parts of it at constant places"),
            Error::Invalid { .. } => report(Kind::Bug),
        }
    }
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        error.report()
    }
}
