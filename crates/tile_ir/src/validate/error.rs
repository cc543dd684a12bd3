//! What the validator finds.

use diagnostics::{Kind, Report};

use crate::kernel::Loc;
use crate::types::{Elem, Shape, Type};

/// One broken rule, with its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{problem} (kernel `{kernel}`, {loc})", op_prefix(*op))]
pub struct ValidateError {
    /// The kernel's name.
    pub kernel: String,
    /// MLIR's name of the operation; `None` if the kernel or a parameter is wrong.
    pub op: Option<&'static str>,
    /// The user's line.
    pub loc: Loc,
    /// The rule.
    #[source]
    pub problem: Problem,
}

fn op_prefix(op: Option<&str>) -> String {
    op.map_or_else(String::new, |op| format!("`{op}`: "))
}

impl From<&ValidateError> for Report {
    fn from(error: &ValidateError) -> Report {
        let kind = if error.problem.is_limit() { Kind::Limit } else { Kind::Invalid };
        let report = Report::new(kind, format!("{}{}", op_prefix(error.op), error.problem))
            .note(format!("in kernel `{}`", error.kernel));
        error.loc.locate(report)
    }
}

/// A rule of the IR that a program breaks.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Kernel names are unique in a module.
    #[error("two kernels are named `{0}`")]
    DuplicateKernel(String),
    /// Names of kernels, families, parameters and tuning entries are identifiers.
    #[error("`{0}` is not an identifier")]
    NotAnIdentifier(String),
    /// Parameter names are unique in a kernel.
    #[error("two parameters are named `{0}`")]
    DuplicateParam(String),
    /// Tuning names are unique in a kernel.
    #[error("the tuning lists `{0}` twice")]
    DuplicateTuning(String),
    /// Tuning sizes fit 63 bits.
    #[error("the tuning has a size of {0}, which is too large")]
    TuningSize(u64),
    /// Every grid axis has at least one program.
    #[error("the grid is {}x{}x{}, but every axis needs at least one program", .0[0], .0[1], .0[2])]
    EmptyGrid([u64; 3]),
    /// The number of programs is limited.
    #[error("the grid is {}x{}x{}, which is more than {} programs", .0[0], .0[1], .0[2], super::MAX_PROGRAMS)]
    LargeGrid([u64; 3]),
    /// A kernel's body takes and returns nothing.
    #[error("a kernel takes its arguments as parameters and returns nothing")]
    BodySignature,

    /// Scalar parameters are `f32`, `i32` or `i64`, and their value has that type.
    #[error("scalar parameter `{name}` has type {found}; f32, i32 and i64 are possible")]
    ScalarType {
        /// Parameter.
        name: String,
        /// Its type.
        found: Type,
    },
    /// A bound is on an integer, and some value is below it.
    #[error("the bound {bound} of parameter `{name}` does not fit its type {elem}")]
    ScalarBound {
        /// Parameter.
        name: String,
        /// Its bound.
        bound: u64,
        /// Its type.
        elem: Elem,
    },
    /// Views have rank 1 to 4, extents from 1 and a bounded size.
    #[error("view `{name}` has shape `{shape}`; 1 to 4 dimensions of at least 1 element are possible")]
    ViewShape {
        /// Parameter.
        name: String,
        /// Its shape.
        shape: Shape,
    },
    /// Views hold anything but `index`.
    #[error("view `{name}` has elements of type {elem}, which memory cannot hold")]
    ViewElem {
        /// Parameter.
        name: String,
        /// Its element type.
        elem: Elem,
    },
    /// A written view says for each dimension what a program owns; other views do not.
    #[error("view `{name}` says for {found} dimensions what a program owns; {expected} expected")]
    OwnCount {
        /// Parameter.
        name: String,
        /// Dimensions to say it for.
        expected: usize,
        /// Dimensions it is said for.
        found: usize,
    },
    /// Owned blocks have at least one element.
    #[error("dimension {dim} of view `{name}` is owned in blocks of 0 elements")]
    OwnBlock {
        /// Parameter.
        name: String,
        /// Dimension.
        dim: usize,
    },
    /// `At` names an integer scalar parameter.
    #[error("dimension {dim} of view `{name}` is owned at parameter {param}, which is no integer parameter")]
    OwnAt {
        /// Parameter.
        name: String,
        /// Dimension.
        dim: usize,
        /// Number of the parameter it names.
        param: usize,
    },
    /// No two programs own one element.
    #[error("all {programs} programs along {axis} own the same elements of view `{name}`")]
    OwnShared {
        /// Parameter.
        name: String,
        /// Axis that splits no dimension.
        axis: &'static str,
        /// Programs along it.
        programs: u64,
    },

    /// Values are defined before use, in an enclosing region.
    #[error("{0} is used where it is not defined")]
    NotDefined(String),
    /// Values are defined once.
    #[error("{0} is defined twice")]
    Redefined(String),
    /// Tiles have extents from 1 and a bounded size.
    #[error("a tile of shape `{0}` has no elements or too many")]
    TileShape(Shape),
    /// Regions nest to a bounded depth.
    #[error("loops and branches are nested more than {} deep", super::MAX_NESTING)]
    Nesting,

    /// Operations define as many values as their kind says.
    #[error("it defines {found} values; {expected} expected")]
    ResultCount {
        /// Expected number.
        expected: usize,
        /// Number found.
        found: usize,
    },
    /// An operand, argument, yield or result has the type its role asks for.
    #[error("the {role} has type {found}; {expected} expected")]
    Mismatch {
        /// What it is to the operation.
        role: &'static str,
        /// Expected type.
        expected: Type,
        /// Type found.
        found: Type,
    },
    /// An operand or result is one of several possible types.
    #[error("the {role} has type {found}; {expected} expected")]
    Unexpected {
        /// What it is to the operation.
        role: &'static str,
        /// The possible types, in words.
        expected: &'static str,
        /// Type found.
        found: Type,
    },
    /// An argument or yield list has the length its role asks for.
    #[error("it has {found} {role}; {expected} expected")]
    Count {
        /// What is counted.
        role: &'static str,
        /// Expected number.
        expected: usize,
        /// Number found.
        found: usize,
    },
    /// Conversions go between the types they are made for.
    #[error("no such conversion from {from} to {to}")]
    Cast {
        /// Operand type.
        from: Type,
        /// Result type.
        to: Type,
    },
    /// Constants have as many elements as their type.
    #[error("the constant has {found} elements; {expected} expected")]
    LiteralCount {
        /// Elements of the type.
        expected: u64,
        /// Elements found.
        found: usize,
    },
    /// Constants are numbers that their type can hold.
    #[error("the constant does not fit type {0}")]
    LiteralRange(Elem),
    /// A dimension number is below the rank, an index below its extent.
    #[error("the {role} is {found}, which is not below {limit}")]
    OutOfRange {
        /// What it is to the operation.
        role: &'static str,
        /// Number found.
        found: u64,
        /// It must be below this.
        limit: u64,
    },
    /// A shape follows from another by the operation's rule.
    #[error("a {role} from shape `{from}` to `{to}` is impossible")]
    ShapeRule {
        /// The operation, in words.
        role: &'static str,
        /// Operand shape.
        from: Shape,
        /// Result shape.
        to: Shape,
    },
    /// A transposition lists every dimension once.
    #[error("the order of dimensions does not list each of them once")]
    Permutation,
    /// A part lies inside the whole.
    #[error("in dimension {dim}, {size} elements from {offset} on are outside the {extent} there are")]
    Part {
        /// Dimension.
        dim: usize,
        /// First element.
        offset: u64,
        /// Elements.
        size: u64,
        /// Extent of the whole.
        extent: u64,
    },
    /// Reduced dimensions are listed once, in ascending order.
    #[error("the reduced dimensions are not in ascending order, each once")]
    ReduceOrder,
    /// A product's maps fit each other.
    #[error("iterator {iterator} {rule}")]
    Iterator {
        /// Iterator.
        iterator: usize,
        /// What it breaks.
        rule: &'static str,
    },
    /// A product has a dimension to sum over.
    #[error("no iterator is reduced")]
    NothingReduced,
    /// Memory operations name a view.
    #[error("parameter {0} is no view")]
    NoView(usize),
    /// Only written views are stored to.
    #[error("view `{0}` is read-only")]
    ReadOnly(String),
}

impl Problem {
    /// Whether the program is only too large.
    pub fn is_limit(&self) -> bool {
        matches!(self, Problem::LargeGrid(_) | Problem::Nesting)
    }
}
