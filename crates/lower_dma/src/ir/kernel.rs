//! Kernels and what they declare.

use tile_ir::{Elem, Loc, Param, ParamKind, View, ViewId};

use super::stmt::Stmt;

/// A variable of scalar code: an index into [`CoreKernel::vars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// A local buffer: an index into [`CoreKernel::buffers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Buffer(pub u32);

/// Types of numbers in scalar code. Integers are signless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// IEEE binary32; also holds `f16` and `bf16` values.
    F32,
    /// True or false.
    Bool,
    /// 32-bit integer; also holds `i8` values, sign-extended.
    I32,
    /// 64-bit integer.
    I64,
}

impl Scalar {
    /// The type that holds values of an element type.
    #[must_use]
    pub const fn of(elem: Elem) -> Scalar {
        match elem {
            Elem::F32 | Elem::F16 | Elem::Bf16 => Scalar::F32,
            Elem::I1 => Scalar::Bool,
            Elem::I8 | Elem::I32 => Scalar::I32,
            Elem::I64 | Elem::Index => Scalar::I64,
        }
    }
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VarData {
    /// Wanted name, an identifier; not unique (printers make it so). From the Rust source where known.
    pub name: String,
    /// Type.
    pub scalar: Scalar,
}

/// A local buffer: `rows` rows of `cols` elements, `pitch` elements apart.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferData {
    /// Wanted name, an identifier; not unique.
    pub name: String,
    /// Element type in memory; `I1` is a mask, held as the target holds masks.
    pub elem: Elem,
    /// Rows.
    pub rows: u64,
    /// Elements of a row.
    pub cols: u64,
    /// Elements from a row to the next: whole blocks, except for one row.
    pub pitch: u64,
    /// First byte in local memory.
    pub address: u64,
    /// What it is for, in the user's source.
    pub loc: Loc,
}

impl BufferData {
    /// Elements, those between rows included.
    #[must_use]
    pub const fn elements(&self) -> u64 {
        self.rows * self.pitch
    }
}

/// What one core does. Every core runs it; the cores that have a number of [`CoreKernel::cores`] or more have nothing to do.
#[derive(Clone, Debug, PartialEq)]
pub struct CoreKernel {
    /// Name, as the tile kernel's.
    pub name: String,
    /// Family, as the tile kernel's.
    pub family: String,
    /// Tuning, as the tile kernel's.
    pub tuning: Vec<(String, u64)>,
    /// Parameters, as the tile kernel's.
    pub params: Vec<Param>,
    /// Programs of the tile kernel along x, y, z.
    pub grid: [u64; 3],
    /// Cores that the programs are spread over, in contiguous ranges: what a launch starts.
    pub cores: u64,
    /// Programs of a core are a multiple of this many, but for the last one's.
    pub grain: u64,
    /// Variables.
    pub vars: Vec<VarData>,
    /// Local buffers.
    pub buffers: Vec<BufferData>,
    /// Statements.
    pub body: Vec<Stmt>,
    /// Where the kernel is declared.
    pub loc: Loc,
}

impl CoreKernel {
    /// The variable's data.
    #[must_use]
    pub fn var(&self, var: Var) -> &VarData {
        &self.vars[var.0 as usize]
    }

    /// The buffer's data.
    #[must_use]
    pub fn buffer(&self, buffer: Buffer) -> &BufferData {
        &self.buffers[buffer.0 as usize]
    }

    /// The view parameter `id`, or `None` if that parameter is a scalar or does not exist.
    #[must_use]
    pub fn view(&self, id: ViewId) -> Option<&View> {
        match &self.params.get(id.index())?.kind {
            ParamKind::View(view) => Some(view),
            ParamKind::Scalar(_) => None,
        }
    }
}

/// Kernels lowered together, in source order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CoreModule {
    /// Name.
    pub name: String,
    /// Kernels.
    pub kernels: Vec<CoreKernel>,
}
