//! Operations. One enum, no extension points: a lowering that misses a case does not compile.
//!
//! Each operation corresponds to one MLIR operation of the subset in `docs/ir.md`; meanings are fixed
//! by `interp`. Elementwise operations apply to scalars and tiles alike.

use crate::kernel::{Loc, Param};
use crate::types::{Shape, Type};

/// An SSA value of one kernel: an index into [`crate::Kernel::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

impl Value {
    /// Index into [`crate::Kernel::values`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A view parameter of the kernel: an index into [`crate::Kernel::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId(pub u32);

impl ViewId {
    /// Index into [`crate::Kernel::params`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The parameter.
    pub fn param(self, params: &[Param]) -> &Param {
        &params[self.index()]
    }
}

/// Program axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// First axis; consecutive programs.
    X,
    /// Second axis.
    Y,
    /// Third axis.
    Z,
}

impl Axis {
    /// All three.
    pub const ALL: [Axis; 3] = [Axis::X, Axis::Y, Axis::Z];

    /// 0, 1 or 2.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// `x`, `y` or `z`.
    pub const fn name(self) -> &'static str {
        match self {
            Axis::X => "x",
            Axis::Y => "y",
            Axis::Z => "z",
        }
    }
}

/// A constant number. Floats of every width are held as f32 (exact for f16 and bf16).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Value of a float constant.
    Float(f32),
    /// Value of an integer, `i1` or index constant, sign-extended from its width (`i1` is 0 or 1).
    Int(i64),
}

/// A constant scalar or tile.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A scalar, or a tile with every element equal.
    Splat(Number),
    /// Integer tile whose element is its index along dimension `dim`.
    Iota {
        /// The dimension.
        dim: usize,
    },
    /// Any other tile, row-major; as many as the shape has elements.
    Dense(Vec<Number>),
}

/// Elementwise operation of one operand. All but `Not` on floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnaryOp {
    /// `-x` (`arith.negf`).
    Neg,
    /// `|x|` (`math.absf`).
    Abs,
    /// `e^x` (`math.exp`).
    Exp,
    /// Natural logarithm (`math.log`).
    Log,
    /// Square root (`math.sqrt`).
    Sqrt,
    /// `1 / sqrt(x)` (`math.rsqrt`).
    Rsqrt,
    /// Hyperbolic tangent (`math.tanh`).
    Tanh,
    /// Sine, radians (`math.sin`).
    Sin,
    /// Cosine, radians (`math.cos`).
    Cos,
    /// Largest integer not above x (`math.floor`).
    Floor,
}

/// Elementwise operation of two operands of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BinaryOp {
    /// `arith.addf` / `arith.addi` (wrapping), by element type.
    Add,
    /// `arith.subf` / `arith.subi`.
    Sub,
    /// `arith.mulf` / `arith.muli`.
    Mul,
    /// `arith.divf`: floats.
    DivF,
    /// `arith.divsi`; division by zero is undefined (the interpreter traps).
    DivS,
    /// `arith.divui`.
    DivU,
    /// `arith.remsi`.
    RemS,
    /// `arith.remui`.
    RemU,
    /// `arith.minnumf`: the smaller; the number where one side is NaN.
    MinF,
    /// `arith.maxnumf`.
    MaxF,
    /// `arith.minsi`.
    MinS,
    /// `arith.maxsi`.
    MaxS,
    /// `arith.minui`.
    MinU,
    /// `arith.maxui`.
    MaxU,
    /// `arith.andi`.
    And,
    /// `arith.ori`.
    Or,
    /// `arith.xori`.
    Xor,
    /// `arith.shli`; an amount not below the width traps.
    Shl,
    /// `arith.shrsi`.
    ShrS,
    /// `arith.shrui`.
    ShrU,
}

/// Comparison predicate; the result has element type `i1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Predicate {
    /// `arith.cmpf oeq`.
    FEq,
    /// `arith.cmpf une`: true where a side is NaN.
    FNe,
    /// `arith.cmpf olt`.
    FLt,
    /// `arith.cmpf ole`.
    FLe,
    /// `arith.cmpf ogt`.
    FGt,
    /// `arith.cmpf oge`.
    FGe,
    /// `arith.cmpi eq`.
    IEq,
    /// `arith.cmpi ne`.
    INe,
    /// `arith.cmpi slt`.
    SLt,
    /// `arith.cmpi sle`.
    SLe,
    /// `arith.cmpi sgt`.
    SGt,
    /// `arith.cmpi sge`.
    SGe,
    /// `arith.cmpi ult`.
    ULt,
    /// `arith.cmpi ule`.
    ULe,
    /// `arith.cmpi ugt`.
    UGt,
    /// `arith.cmpi uge`.
    UGe,
}

/// Conversion; source and result types are the operand's and the result's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CastOp {
    /// To a wider float, exact (`arith.extf`).
    ExtF,
    /// To a narrower float, nearest even (`arith.truncf`).
    TruncF,
    /// Signed integer to float (`arith.sitofp`).
    SIntToFp,
    /// Unsigned integer (or `i1`) to float (`arith.uitofp`).
    UIntToFp,
    /// Float to signed integer, toward zero; out of range is undefined (the interpreter saturates) (`arith.fptosi`).
    FpToSInt,
    /// Float to unsigned integer (`arith.fptoui`).
    FpToUInt,
    /// Sign extension (`arith.extsi`).
    ExtS,
    /// Zero extension (`arith.extui`).
    ExtU,
    /// Keeps the low bits (`arith.trunci`).
    TruncI,
    /// Between `index` and an integer, as signed (`arith.index_cast`).
    IndexS,
    /// Between `index` and an integer, as unsigned (`arith.index_castui`).
    IndexU,
    /// Same bits, other type of the same width (`arith.bitcast`).
    Bitcast,
}

/// Reduction kind (`vector.multi_reduction`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReduceOp {
    /// `<add>`; for floats in any order.
    Add,
    /// `<minnumf>`.
    MinF,
    /// `<maxnumf>`.
    MaxF,
    /// `<minsi>`.
    MinS,
    /// `<maxsi>`.
    MaxS,
    /// `<minui>`.
    MinU,
    /// `<maxui>`.
    MaxU,
}

/// Which iterators index which dimension of a product's operands (`vector.contract` with `<add>`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContractSpec {
    /// For each iterator, whether it is reduced (otherwise parallel).
    pub reduced: Vec<bool>,
    /// Iterator of each dimension of the left operand.
    pub lhs: Vec<usize>,
    /// Iterator of each dimension of the right operand.
    pub rhs: Vec<usize>,
    /// Iterator of each dimension of the accumulator and the result.
    pub acc: Vec<usize>,
}

/// An index operand that may be static.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// Known.
    Static(u64),
    /// An `index` scalar.
    Dynamic(Value),
}

/// Straight-line operations with arguments, ended by yielded values. A loop body, a branch, a kernel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Values defined at entry.
    pub args: Vec<Value>,
    /// In execution order.
    pub ops: Vec<Op>,
    /// Values handed to the enclosing operation.
    pub yields: Vec<Value>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// What it does, with operands.
    pub kind: OpKind,
    /// Values it defines.
    pub results: Vec<Value>,
    /// The user's line.
    pub loc: Loc,
}

/// What an operation does. Result count is one unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum OpKind {
    /// Index of this program (`gpu.block_id`), type `index`.
    ProgramId(Axis),
    /// Number of programs (`gpu.grid_dim`), type `index`.
    NumPrograms(Axis),
    /// `arith.constant`.
    Constant(Literal),
    /// Elementwise.
    Unary(UnaryOp, Value),
    /// Elementwise, both operands of the result's type.
    Binary(BinaryOp, Value, Value),
    /// `x * y + z`, rounded once (`math.fma`).
    Fma(Value, Value, Value),
    /// Elementwise; result element type `i1`.
    Compare(Predicate, Value, Value),
    /// `cond ? on_true : on_false`; `cond` is an `i1` scalar or an `i1` tile of the result's shape (`arith.select`).
    Select {
        /// Condition.
        cond: Value,
        /// Result where true.
        on_true: Value,
        /// Result where false.
        on_false: Value,
    },
    /// Elementwise conversion.
    Cast(CastOp, Value),
    /// Scalar or tile to a larger shape: aligned at the last dimension, sizes equal or 1 (`vector.broadcast`).
    Broadcast(Value),
    /// Row-major reinterpretation (`vector.shape_cast`).
    Reshape(Value),
    /// Result dimension `d` is operand dimension `perm[d]` (`vector.transpose`).
    Transpose {
        /// Operand.
        value: Value,
        /// Permutation.
        perm: Vec<usize>,
    },
    /// Part at static offsets, unit strides (`vector.extract_strided_slice`).
    Slice {
        /// Operand.
        value: Value,
        /// Offset in each dimension.
        offsets: Vec<u64>,
    },
    /// `into` with `value` (same rank) put at static offsets (`vector.insert_strided_slice`).
    InsertSlice {
        /// Part to put.
        value: Value,
        /// Tile to change.
        into: Value,
        /// Offset in each dimension.
        offsets: Vec<u64>,
    },
    /// Element or sub-tile at leading indices (`vector.extract`); fewer indices than dimensions give a tile of the rest.
    Extract {
        /// Tile.
        value: Value,
        /// One index per leading dimension; out of range traps.
        indices: Vec<Index>,
    },
    /// `into` with the element or sub-tile at leading indices replaced (`vector.insert`).
    Insert {
        /// Element or sub-tile.
        value: Value,
        /// Tile to change.
        into: Value,
        /// One index per leading dimension; out of range traps.
        indices: Vec<Index>,
    },
    /// Reduces the dimensions in `dims` (ascending), starting from `acc` (the result's type) (`vector.multi_reduction`).
    Reduce {
        /// Kind.
        op: ReduceOp,
        /// Tile.
        value: Value,
        /// Start value: a scalar if all dimensions are reduced.
        acc: Value,
        /// Reduced dimensions.
        dims: Vec<usize>,
    },
    /// Sum of products added to `acc` (`vector.contract`), all three of one float type, accumulated in f32.
    Contract {
        /// Left operand.
        lhs: Value,
        /// Right operand.
        rhs: Value,
        /// Added; the result's type.
        acc: Value,
        /// Dimensions.
        spec: ContractSpec,
    },
    /// `i1` tile that is true where the index is below `bounds` in every dimension (`vector.create_mask`; bounds of
    /// type `index`, negative counts as 0).
    CreateMask {
        /// One bound per dimension.
        bounds: Vec<Index>,
    },
    /// Reads a tile at `indices` of the view, minor dimensions aligned (`vector.transfer_read`). Elements outside the
    /// view or where `mask` is false are `pad`.
    Load {
        /// View.
        view: ViewId,
        /// Start in each dimension of the view, type `index`.
        indices: Vec<Value>,
        /// Scalar of the view's element type.
        pad: Value,
        /// `i1` tile of the result's shape.
        mask: Option<Value>,
        /// For each result dimension: proven inside the view (a wrong promise traps in the interpreter).
        in_bounds: Vec<bool>,
    },
    /// Writes a tile (`vector.transfer_write`); elements outside the view or masked off are not written. No result.
    Store {
        /// View.
        view: ViewId,
        /// Tile.
        value: Value,
        /// Start in each dimension of the view, type `index`.
        indices: Vec<Value>,
        /// `i1` tile of the value's shape.
        mask: Option<Value>,
        /// As for `Load`.
        in_bounds: Vec<bool>,
    },
    /// Reads one element (`memref.load`); outside the view traps.
    LoadScalar {
        /// View.
        view: ViewId,
        /// One per dimension.
        indices: Vec<Value>,
    },
    /// Writes one element (`memref.store`). No result; outside the view traps.
    StoreScalar {
        /// View.
        view: ViewId,
        /// Scalar.
        value: Value,
        /// One per dimension.
        indices: Vec<Value>,
    },
    /// Element `offsets[i]` of the row-major view where `mask` is true, else `passthru[i]` (`vector.gather` on the view
    /// collapsed to one dimension). An unmasked offset outside the view traps.
    Gather {
        /// View.
        view: ViewId,
        /// `i32` (unsigned) or `index` tile.
        offsets: Value,
        /// `i1` tile.
        mask: Value,
        /// Result where the mask is false.
        passthru: Value,
    },
    /// Counted loop over `index` values `lower, lower + step, ..` below `upper` (`scf.for`; signed comparison, step > 0).
    /// `body.args` = induction variable, then carried values; it yields the next carried values; results are the last ones.
    For {
        /// First value.
        lower: Value,
        /// Bound.
        upper: Value,
        /// Step; not positive traps.
        step: Value,
        /// Carried values at the start.
        init: Vec<Value>,
        /// Body.
        body: Block,
    },
    /// General loop (`scf.while`): `before(args)` computes `cond` and yields values; if true they become the arguments
    /// of `after`, whose yields are the next arguments of `before`; if false they are the results.
    While {
        /// First arguments of `before`.
        init: Vec<Value>,
        /// Condition part.
        before: Block,
        /// `i1` scalar defined in or outside `before`.
        cond: Value,
        /// Body.
        after: Block,
    },
    /// Two branches yielding the results (`scf.if`).
    If {
        /// `i1` scalar.
        cond: Value,
        /// Taken if true.
        then: Block,
        /// Taken if false.
        otherwise: Block,
    },
}

impl OpKind {
    /// The MLIR operation it corresponds to, for messages.
    pub fn mlir_name(&self, result: Option<Type>) -> &'static str {
        let float = result.is_some_and(|ty| ty.elem.is_float());
        match self {
            OpKind::ProgramId(_) => "gpu.block_id",
            OpKind::NumPrograms(_) => "gpu.grid_dim",
            OpKind::Constant(_) => "arith.constant",
            OpKind::Unary(op, _) => op.mlir_name(),
            OpKind::Binary(op, ..) => op.mlir_name(float),
            OpKind::Fma(..) => "math.fma",
            OpKind::Compare(predicate, ..) => {
                if predicate.is_float() {
                    "arith.cmpf"
                } else {
                    "arith.cmpi"
                }
            }
            OpKind::Select { .. } => "arith.select",
            OpKind::Cast(op, _) => op.mlir_name(),
            OpKind::Broadcast(_) => "vector.broadcast",
            OpKind::Reshape(_) => "vector.shape_cast",
            OpKind::Transpose { .. } => "vector.transpose",
            OpKind::Slice { .. } => "vector.extract_strided_slice",
            OpKind::InsertSlice { .. } => "vector.insert_strided_slice",
            OpKind::Extract { .. } => "vector.extract",
            OpKind::Insert { .. } => "vector.insert",
            OpKind::Reduce { .. } => "vector.multi_reduction",
            OpKind::Contract { .. } => "vector.contract",
            OpKind::CreateMask { .. } => "vector.create_mask",
            OpKind::Load { .. } => "vector.transfer_read",
            OpKind::Store { .. } => "vector.transfer_write",
            OpKind::LoadScalar { .. } => "memref.load",
            OpKind::StoreScalar { .. } => "memref.store",
            OpKind::Gather { .. } => "vector.gather",
            OpKind::For { .. } => "scf.for",
            OpKind::While { .. } => "scf.while",
            OpKind::If { .. } => "scf.if",
        }
    }
}

impl UnaryOp {
    /// Every variant.
    pub const ALL: &'static [UnaryOp] = &[
        UnaryOp::Neg,
        UnaryOp::Abs,
        UnaryOp::Exp,
        UnaryOp::Log,
        UnaryOp::Sqrt,
        UnaryOp::Rsqrt,
        UnaryOp::Tanh,
        UnaryOp::Sin,
        UnaryOp::Cos,
        UnaryOp::Floor,
    ];

    /// The MLIR operation.
    pub const fn mlir_name(self) -> &'static str {
        match self {
            UnaryOp::Neg => "arith.negf",
            UnaryOp::Abs => "math.absf",
            UnaryOp::Exp => "math.exp",
            UnaryOp::Log => "math.log",
            UnaryOp::Sqrt => "math.sqrt",
            UnaryOp::Rsqrt => "math.rsqrt",
            UnaryOp::Tanh => "math.tanh",
            UnaryOp::Sin => "math.sin",
            UnaryOp::Cos => "math.cos",
            UnaryOp::Floor => "math.floor",
        }
    }
}

impl BinaryOp {
    /// Every variant.
    pub const ALL: &'static [BinaryOp] = &[
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::DivF,
        BinaryOp::DivS,
        BinaryOp::DivU,
        BinaryOp::RemS,
        BinaryOp::RemU,
        BinaryOp::MinF,
        BinaryOp::MaxF,
        BinaryOp::MinS,
        BinaryOp::MaxS,
        BinaryOp::MinU,
        BinaryOp::MaxU,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::Shl,
        BinaryOp::ShrS,
        BinaryOp::ShrU,
    ];

    /// The MLIR operation; `float` picks between the two spellings of add, sub and mul.
    pub const fn mlir_name(self, float: bool) -> &'static str {
        match self {
            BinaryOp::Add if float => "arith.addf",
            BinaryOp::Add => "arith.addi",
            BinaryOp::Sub if float => "arith.subf",
            BinaryOp::Sub => "arith.subi",
            BinaryOp::Mul if float => "arith.mulf",
            BinaryOp::Mul => "arith.muli",
            BinaryOp::DivF => "arith.divf",
            BinaryOp::DivS => "arith.divsi",
            BinaryOp::DivU => "arith.divui",
            BinaryOp::RemS => "arith.remsi",
            BinaryOp::RemU => "arith.remui",
            BinaryOp::MinF => "arith.minnumf",
            BinaryOp::MaxF => "arith.maxnumf",
            BinaryOp::MinS => "arith.minsi",
            BinaryOp::MaxS => "arith.maxsi",
            BinaryOp::MinU => "arith.minui",
            BinaryOp::MaxU => "arith.maxui",
            BinaryOp::And => "arith.andi",
            BinaryOp::Or => "arith.ori",
            BinaryOp::Xor => "arith.xori",
            BinaryOp::Shl => "arith.shli",
            BinaryOp::ShrS => "arith.shrsi",
            BinaryOp::ShrU => "arith.shrui",
        }
    }

    /// Which element types it takes.
    pub const fn takes(self, float: bool) -> bool {
        match self {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => true,
            BinaryOp::DivF | BinaryOp::MinF | BinaryOp::MaxF => float,
            BinaryOp::DivS
            | BinaryOp::DivU
            | BinaryOp::RemS
            | BinaryOp::RemU
            | BinaryOp::MinS
            | BinaryOp::MaxS
            | BinaryOp::MinU
            | BinaryOp::MaxU
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::ShrS
            | BinaryOp::ShrU => !float,
        }
    }
}

impl Predicate {
    /// Every predicate with MLIR's keyword and the number of `arith.cmpf`/`arith.cmpi`'s predicate attribute.
    pub const ALL: &'static [(Predicate, &'static str, i64)] = &[
        (Predicate::FEq, "oeq", 1),
        (Predicate::FNe, "une", 13),
        (Predicate::FLt, "olt", 4),
        (Predicate::FLe, "ole", 5),
        (Predicate::FGt, "ogt", 2),
        (Predicate::FGe, "oge", 3),
        (Predicate::IEq, "eq", 0),
        (Predicate::INe, "ne", 1),
        (Predicate::SLt, "slt", 2),
        (Predicate::SLe, "sle", 3),
        (Predicate::SGt, "sgt", 4),
        (Predicate::SGe, "sge", 5),
        (Predicate::ULt, "ult", 6),
        (Predicate::ULe, "ule", 7),
        (Predicate::UGt, "ugt", 8),
        (Predicate::UGe, "uge", 9),
    ];

    /// Whether it compares floats.
    pub const fn is_float(self) -> bool {
        match self {
            Predicate::FEq | Predicate::FNe | Predicate::FLt | Predicate::FLe | Predicate::FGt | Predicate::FGe => true,
            Predicate::IEq
            | Predicate::INe
            | Predicate::SLt
            | Predicate::SLe
            | Predicate::SGt
            | Predicate::SGe
            | Predicate::ULt
            | Predicate::ULe
            | Predicate::UGt
            | Predicate::UGe => false,
        }
    }

    /// MLIR's keyword.
    pub fn keyword(self) -> &'static str {
        Predicate::ALL.iter().find(|row| row.0 == self).map_or("?", |row| row.1)
    }
}

impl CastOp {
    /// Every variant.
    pub const ALL: &'static [CastOp] = &[
        CastOp::ExtF,
        CastOp::TruncF,
        CastOp::SIntToFp,
        CastOp::UIntToFp,
        CastOp::FpToSInt,
        CastOp::FpToUInt,
        CastOp::ExtS,
        CastOp::ExtU,
        CastOp::TruncI,
        CastOp::IndexS,
        CastOp::IndexU,
        CastOp::Bitcast,
    ];

    /// The MLIR operation.
    pub const fn mlir_name(self) -> &'static str {
        match self {
            CastOp::ExtF => "arith.extf",
            CastOp::TruncF => "arith.truncf",
            CastOp::SIntToFp => "arith.sitofp",
            CastOp::UIntToFp => "arith.uitofp",
            CastOp::FpToSInt => "arith.fptosi",
            CastOp::FpToUInt => "arith.fptoui",
            CastOp::ExtS => "arith.extsi",
            CastOp::ExtU => "arith.extui",
            CastOp::TruncI => "arith.trunci",
            CastOp::IndexS => "arith.index_cast",
            CastOp::IndexU => "arith.index_castui",
            CastOp::Bitcast => "arith.bitcast",
        }
    }
}

impl ReduceOp {
    /// Every variant with MLIR's combining kind keyword (`add` covers floats and integers).
    pub const ALL: &'static [(ReduceOp, &'static str)] = &[
        (ReduceOp::Add, "add"),
        (ReduceOp::MinF, "minnumf"),
        (ReduceOp::MaxF, "maxnumf"),
        (ReduceOp::MinS, "minsi"),
        (ReduceOp::MaxS, "maxsi"),
        (ReduceOp::MinU, "minui"),
        (ReduceOp::MaxU, "maxui"),
    ];

    /// MLIR's keyword.
    pub fn keyword(self) -> &'static str {
        ReduceOp::ALL.iter().find(|row| row.0 == self).map_or("?", |row| row.1)
    }
}

impl Op {
    /// The single result, if there is exactly one.
    pub fn result(&self) -> Option<Value> {
        match self.results.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }
}

/// Shape left when `dims` of `shape` are reduced.
pub fn reduced_shape(shape: &Shape, dims: &[usize]) -> Option<Shape> {
    let kept: Vec<u64> =
        shape.dims().iter().enumerate().filter(|(d, _)| !dims.contains(d)).map(|(_, &size)| size).collect();
    Shape::new(&kept)
}
