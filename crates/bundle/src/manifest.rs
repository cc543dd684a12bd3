//! The manifest: everything a runtime must know to launch the kernels of a bundle.
//!
//! Read and written with serde as `manifest.json`; `version` changes whenever a field changes meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of this format.
pub const FORMAT_VERSION: u32 = 1;

/// A bundle's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub version: u32,
    /// Name and version of the compiler, such as `tenfold 0.1.0`.
    pub generator: String,
    /// Name of the kernel group, such as `smollm2-135m`.
    pub group: String,
    /// Target name, such as `cpu` or `cuda`.
    pub target: String,
    /// Target features the code needs, such as `x86_64 avx2 fma`; the device checks them before loading.
    pub features: Vec<String>,
    /// Files, by path relative to the bundle, with the SHA-256 of their contents in lower-case hex.
    pub files: BTreeMap<String, String>,
    /// Kernels in source order.
    pub kernels: Vec<Kernel>,
}

/// One kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Name the plan uses; the kernel's family.
    pub name: String,
    /// Symbol of the entry point.
    pub entry: String,
    /// File that holds it, a key of [`Manifest::files`].
    pub file: String,
    /// Tile sizes chosen, such as `{"BN": 16}`.
    pub tuning: BTreeMap<String, u64>,
    /// Programs along x, y, z.
    pub grid: [u64; 3],
    /// Threads (or lanes) per program along x, y, z; `[1, 1, 1]` where a program is one thread of control.
    pub block: [u64; 3],
    /// Arguments in order.
    pub args: Vec<Arg>,
    /// Bytes used per memory space and program, such as `{"scratch": 4096}`.
    pub budgets: BTreeMap<String, u64>,
    /// It waits by itself for earlier launches before it touches anything but `Weights` views, and lets later ones start
    /// early: a runtime may start it before its predecessors have ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dependent: bool,
    /// For each emitted line that comes from the user's source: where.
    pub lines: Vec<LineOrigin>,
}

/// One argument.
// Unknown fields are refused by the kind: serde cannot refuse them beside a flattened field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arg {
    /// The name in the Rust source.
    pub name: String,
    /// Kind.
    #[serde(flatten)]
    pub kind: ArgKind,
}

/// Kind of an argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ArgKind {
    /// A buffer.
    View {
        /// Element type in memory.
        dtype: Dtype,
        /// Extents, outermost first.
        shape: Vec<u64>,
        /// What the kernel does with it.
        access: Access,
        /// How the host must lay it out.
        layout: Layout,
        /// For written views, one per dimension: which part one program owns. Empty otherwise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        own: Vec<Own>,
    },
    /// A number passed by value.
    Scalar {
        /// Type.
        dtype: Dtype,
        /// The launcher must pass a value below this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bound: Option<u64>,
    },
}

/// Element types that reach memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// 8-bit integer.
    I8,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// One byte, 0 or 1.
    Bool,
}

impl Dtype {
    /// Bytes per element.
    pub const fn bytes(self) -> u64 {
        match self {
            Dtype::I8 | Dtype::Bool => 1,
            Dtype::F16 | Dtype::Bf16 => 2,
            Dtype::F32 | Dtype::I32 => 4,
            Dtype::I64 => 8,
        }
    }
}

/// What a kernel does with a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Reads it; must not overlap anything the launch writes.
    Read,
    /// Reads it; nothing ever writes it, so it may be uploaded once, packed, and prefetched.
    Weights,
    /// Writes it, and may read what it owns.
    Write,
}

/// Which part of one dimension a program owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Own {
    /// All of it.
    Whole,
    /// `[id * size, (id + 1) * size)` where `id` is the program index along `axis` (0, 1 or 2).
    Block {
        /// Program axis.
        axis: usize,
        /// Elements.
        size: u64,
    },
    /// The one element given by the scalar argument with this name.
    At {
        /// Argument name.
        arg: String,
    },
}

/// How the host lays a view out before the first launch. Only `Weights` may differ from `RowMajor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Layout {
    /// As the shape says, last dimension contiguous.
    RowMajor,
}

/// Origin of one emitted line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineOrigin {
    /// Line of the emitted file, from 1.
    pub emitted: u32,
    /// The user's file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
}
