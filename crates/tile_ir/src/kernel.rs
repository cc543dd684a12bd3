//! Modules, kernels and their parameters.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use view_types::Access;

use crate::op::{Axis, Block, Value, ViewId};
use crate::types::{Elem, Shape, Type};

/// A position in the user's Rust (or `.mlir`) source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Loc {
    /// No position is known.
    #[default]
    Unknown,
    /// A position.
    File {
        /// Path as the compiler was given it.
        file: Arc<str>,
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
    },
}

impl Loc {
    /// Puts a report at this position, if it is known.
    pub fn locate(&self, report: diagnostics::Report) -> diagnostics::Report {
        match self {
            Loc::Unknown => report,
            Loc::File { file, line, column } => report.at(file.to_string(), *line, *column),
        }
    }
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loc::Unknown => f.write_str("unknown location"),
            Loc::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
        }
    }
}

/// Which part of one dimension of a written view a program owns. A program may read and write only what it owns in
/// every dimension, so that no two programs of a launch touch one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Own {
    /// All of it.
    Whole,
    /// Elements `[id * size, (id + 1) * size)`, cut at the extent, where `id` is the program index along the axis.
    Block {
        /// Program axis.
        axis: Axis,
        /// Block size in elements.
        size: u64,
    },
    /// The one element given by scalar parameter number `param`.
    At {
        /// Index into [`Kernel::params`].
        param: usize,
    },
}

/// A buffer argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Element type in memory.
    pub elem: Elem,
    /// Extents, row-major.
    pub shape: Shape,
    /// Access.
    pub access: Access,
    /// One per dimension for `Access::Write`; empty otherwise.
    pub own: Vec<Own>,
}

/// A scalar argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its value in the body.
    pub value: Value,
    /// `F32`, `I32` or `I64`.
    pub elem: Elem,
    /// The launcher guarantees `value < bound` (unsigned).
    pub bound: Option<u64>,
}

/// Kind of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Buffer.
    View(View),
    /// Number.
    Scalar(Scalar),
}

/// A kernel parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name in the Rust source; unique in the kernel.
    pub name: String,
    /// Kind.
    pub kind: ParamKind,
    /// Where it is declared.
    pub loc: Loc,
}

impl Param {
    /// Takes a name that is not in `taken`, its own if that is free, and adds it there.
    pub fn take_name(&mut self, taken: &mut BTreeSet<String>) {
        let wanted = self.name.clone();
        for number in 2.. {
            if taken.insert(self.name.clone()) {
                break;
            }
            self.name = format!("{wanted}_{number}");
        }
    }

    /// Renumbers the scalar parameters that say which element a program owns.
    pub fn map_owners(&mut self, f: impl Fn(usize) -> usize) {
        let ParamKind::View(view) = &mut self.kind else { return };
        for own in &mut view.own {
            if let Own::At { param } = own {
                *param = f(*param);
            }
        }
    }
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueData {
    /// Type.
    pub ty: Type,
    /// The Rust variable's name, if known.
    pub name: Option<String>,
}

/// One kernel. Its body runs once per program of the grid; programs run in any order, or at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Name; unique in the module, an identifier. With several candidates: the family plus the tuning, `q_proj_bn16`.
    pub name: String,
    /// The kernel's name whatever the tuning, `q_proj`. Candidates of one family compute the same thing.
    pub family: String,
    /// Tile sizes that set this candidate apart from others of its family, such as `("BN", 16)`; empty if it is the only one.
    pub tuning: Vec<(String, u64)>,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// All values, indexed by [`Value`].
    pub values: Vec<ValueData>,
    /// Body: no arguments, no yields.
    pub body: Block,
    /// Where the kernel is declared.
    pub loc: Loc,
}

impl Kernel {
    /// Type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// Adds a value.
    pub fn new_value(&mut self, ty: Type) -> Value {
        self.values.push(ValueData { ty, name: None });
        Value((self.values.len() - 1) as u32)
    }

    /// The view parameter `id`, or `None` if that parameter is a scalar or does not exist.
    pub fn view(&self, id: ViewId) -> Option<&View> {
        match &self.params.get(id.index())?.kind {
            ParamKind::View(view) => Some(view),
            ParamKind::Scalar(_) => None,
        }
    }

    /// Number of programs.
    pub fn programs(&self) -> u64 {
        self.grid.iter().product()
    }
}

/// Kernels compiled together, in source order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Module {
    /// Name, such as the model's.
    pub name: String,
    /// Kernels.
    pub kernels: Vec<Kernel>,
}

impl Module {
    /// The kernel with this name.
    pub fn kernel(&self, name: &str) -> Option<&Kernel> {
        self.kernels.iter().find(|kernel| kernel.name == name)
    }
}
