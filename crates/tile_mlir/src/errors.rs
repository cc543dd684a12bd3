//! Why a text was refused.

use diagnostics::{Kind, Report};
use thiserror::Error;
use tile_ir::Loc;

/// A refusal at a place.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{loc}: {problem}")]
pub struct ImportError {
    /// What is wrong.
    pub problem: Problem,
    /// The operation's location: the user's Rust line where the text carries it, else the place in the text.
    pub loc: Loc,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Problem {
    /// The text is too long.
    #[error("the file has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Brackets or regions are nested too deeply.
    #[error("brackets are nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// An affine map or set is too long.
    #[error("this affine map is longer than {limit} bytes")]
    MapTooLong {
        /// The limit.
        limit: usize,
    },
    /// An alias stands for a huge attribute or type.
    #[error("alias `{name}` stands for more than {limit} tokens")]
    AliasTooLarge {
        /// Its name.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// The text has a `{-# #-}` section.
    #[error("resource sections are not supported")]
    Resources,
    /// The text has a NUL byte.
    #[error("the file contains a NUL byte")]
    NulByte,
    /// A value is used where no definition of it is visible.
    #[error("value `%{name}` is used before it is defined")]
    Undefined {
        /// Its name.
        name: String,
    },
    /// MLIR's parser or verifier refused the text.
    #[error("{message}")]
    Refused {
        /// MLIR's words.
        message: String,
        /// Notes it attached.
        notes: Vec<String>,
    },
    /// MLIR crashed or hung on the text.
    #[error("the MLIR library failed on this file ({how})")]
    Crashed {
        /// How it ended.
        how: String,
    },
    /// An upstream pass failed.
    #[error("MLIR could not simplify the file")]
    PassFailed,
    /// An operation outside the subset.
    #[error("operation `{name}` is not supported")]
    Operation {
        /// MLIR's name of it.
        name: String,
        /// What to write instead.
        instead: Option<String>,
    },
    /// A form of a supported operation that is outside the subset.
    #[error("`{name}` {what}")]
    Form {
        /// MLIR's name of the operation.
        name: String,
        /// What about it.
        what: String,
        /// What to write instead.
        instead: Option<String>,
    },
    /// A type outside the subset.
    #[error("type `{ty}` is not supported: {why}")]
    Type {
        /// MLIR's spelling, shortened.
        ty: String,
        /// The reason.
        why: TypeProblem,
    },
    /// A rule of the tile IR that MLIR does not know.
    #[error(transparent)]
    Invalid(Box<tile_ir::ValidateError>),
    /// An attribute that says something wrong.
    #[error("attribute `{name}` {what}")]
    Attribute {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
        /// What to write instead.
        instead: Option<String>,
    },
    /// Something about a function that is no kernel.
    #[error("function `{name}` {what}")]
    Function {
        /// Its symbol.
        name: String,
        /// What is wrong.
        what: String,
        /// What to write instead.
        instead: Option<String>,
    },
}

/// Why a type is outside the subset.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TypeProblem {
    /// Element type unknown to the subset.
    #[error("elements are f32, f16, bf16, i1, i8, i32, i64 or index")]
    Element,
    /// `si32`, `ui8`.
    #[error("integers carry no sign; operations do")]
    Signed,
    /// `index` in memory or as a parameter.
    #[error("`index` has no size in memory")]
    StoredIndex,
    /// A `?` dimension.
    #[error("every dimension must be known")]
    Dynamic,
    /// A dimension of 0.
    #[error("a dimension is zero")]
    Zero,
    /// Too many dimensions.
    #[error("at most {} dimensions", tile_ir::MAX_RANK)]
    Rank,
    /// No dimensions.
    #[error("it has no dimensions")]
    RankZero,
    /// More elements than can be counted.
    #[error("it has too many elements")]
    TooLarge,
    /// `vector<[4]xf32>`.
    #[error("its size depends on the machine")]
    Scalable,
    /// Strided or mapped memref.
    #[error("views are row-major without offset")]
    Layout,
    /// A memref with a memory space.
    #[error("views are in the default memory space")]
    MemorySpace,
    /// A scalar parameter of another type.
    #[error("number parameters are f32, i32 or i64")]
    ScalarParam,
    /// A tile as a parameter.
    #[error("parameters are views and numbers")]
    TileParam,
    /// A type that is no scalar, tile or view.
    #[error("values are numbers, vectors or memrefs")]
    Other,
}

impl TypeProblem {
    fn help(&self) -> Option<&'static str> {
        match self {
            TypeProblem::Element => Some("compute in f32 or i32, and store f16, bf16 or i8"),
            TypeProblem::Signed => Some("use a signless type such as `i32`"),
            TypeProblem::StoredIndex => Some("store `i32` or `i64`, and convert with `arith.index_cast`"),
            TypeProblem::Dynamic => {
                Some("write one kernel per shape; use masks or a loop with a runtime bound for the parts that vary")
            }
            TypeProblem::RankZero => Some("use a scalar, or a dimension of 1"),
            TypeProblem::ScalarParam => Some("pass it as one of these and convert it in the kernel"),
            TypeProblem::TileParam => Some("pass a `memref` and read it with `vector.transfer_read`"),
            TypeProblem::Layout => Some("pass the whole view, and index the part in the kernel"),
            TypeProblem::Zero
            | TypeProblem::Rank
            | TypeProblem::TooLarge
            | TypeProblem::Scalable
            | TypeProblem::MemorySpace
            | TypeProblem::Other => None,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            TypeProblem::Zero => Kind::Invalid,
            TypeProblem::Rank | TypeProblem::TooLarge => Kind::Limit,
            TypeProblem::Element
            | TypeProblem::Signed
            | TypeProblem::StoredIndex
            | TypeProblem::Dynamic
            | TypeProblem::RankZero
            | TypeProblem::Scalable
            | TypeProblem::Layout
            | TypeProblem::MemorySpace
            | TypeProblem::ScalarParam
            | TypeProblem::TileParam
            | TypeProblem::Other => Kind::Unsupported,
        }
    }
}

impl Problem {
    /// This problem at a place.
    pub fn at(self, loc: Loc) -> ImportError {
        ImportError { problem: self, loc }
    }

    fn kind(&self) -> Kind {
        match self {
            Problem::TooLarge { .. }
            | Problem::TooDeep { .. }
            | Problem::MapTooLong { .. }
            | Problem::AliasTooLarge { .. } => Kind::Limit,
            Problem::NulByte
            | Problem::Undefined { .. }
            | Problem::Refused { .. }
            | Problem::Attribute { .. }
            | Problem::Function { .. } => Kind::Invalid,
            Problem::Resources | Problem::Operation { .. } | Problem::Form { .. } => Kind::Unsupported,
            Problem::Type { why, .. } => why.kind(),
            Problem::Invalid(error) => Report::from(&**error).kind,
            Problem::Crashed { .. } | Problem::PassFailed => Kind::Bug,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Problem::Operation { instead, .. }
            | Problem::Form { instead, .. }
            | Problem::Attribute { instead, .. }
            | Problem::Function { instead, .. } => instead.clone(),
            Problem::Type { why, .. } => why.help().map(str::to_owned),
            Problem::Resources => Some("write constants as `dense<..>`".to_owned()),
            Problem::TooLarge { .. } => Some("pass data as a view, not as a constant".to_owned()),
            Problem::TooDeep { .. }
            | Problem::MapTooLong { .. }
            | Problem::AliasTooLarge { .. }
            | Problem::NulByte
            | Problem::Undefined { .. }
            | Problem::Refused { .. }
            | Problem::Crashed { .. }
            | Problem::Invalid(_)
            | Problem::PassFailed => None,
        }
    }
}

impl ImportError {
    /// The refusal as a report for the user.
    pub fn report(&self) -> Report {
        if let Problem::Invalid(error) = &self.problem {
            return Report::from(&**error);
        }
        let mut report = self.loc.locate(Report::new(self.problem.kind(), self.problem.to_string()));
        if let Problem::Refused { notes, .. } = &self.problem {
            for note in notes {
                report = report.note(note);
            }
        }
        match self.problem.help() {
            Some(help) => report.help(help),
            None => report,
        }
    }
}

impl From<&ImportError> for Report {
    fn from(error: &ImportError) -> Report {
        error.report()
    }
}
