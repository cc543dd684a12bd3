//! The manifest: everything a runtime must know to launch the kernels of a bundle.
//!
//! Read and written with serde as `manifest.json`; `version` changes whenever a field changes meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::need::Need;

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
    /// Kernels in source order; fused ones last.
    pub kernels: Vec<Kernel>,
    /// Launches that one kernel can stand for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fusions: Vec<Fusion>,
}

/// A rewrite of launches: where `launches` are launched in this order and bound as `same` says, one launch of `kernel`
/// does what they do, except that nothing writes what `drops` names.
///
/// It holds if, among the arguments of the launch of `kernel`, a buffer that it writes is bound once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Name of the fused kernel.
    pub kernel: String,
    /// Names of the kernels it stands for, in the order of their launches.
    pub launches: Vec<String>,
    /// Arguments that must be bound to the same buffer or number, two or more together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<Vec<Slot>>,
    /// For each argument of the fused kernel: whose binding it takes.
    pub args: Vec<Slot>,
    /// Views that the launches overwrite as a whole and the fused kernel does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<Slot>,
}

/// An argument of one of the launches of a [`Fusion`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Index into [`Fusion::launches`].
    pub launch: usize,
    /// Name of the argument.
    pub arg: String,
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
    /// Further files that belong to it, keys of [`Manifest::files`]: core functions beside a design (`aie`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
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
    /// What it needs of the device beyond the target, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Where arguments are one block of bytes that each launch passes by value (`spirv`), its size: an address of 8 bytes
    /// for each view in the order of the parameters, then each scalar in their order, 4 bytes or for `i64` 8, without gaps.
    /// Else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub push_constant_bytes: u64,
    /// Groups to start along x, y, z, where they are not one per program of [`Kernel::grid`]; the kernel finds its programs by
    /// itself. What a device cannot count along one axis is folded into the next; on machines of cores (`ascendc`, `pto`, `bang`) a
    /// group is a core, along x, and runs a range of programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workgroups: Option<[u64; 3]>,
    /// Bytes of device memory that each group needs to itself while it runs, passed behind the arguments as one buffer with as many
    /// parts as groups; their contents do not matter. 0 where it needs none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scratch_bytes: u64,
    /// Elements of views that the host must know to launch it. Each is passed as a number, behind the arguments in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_reads: Vec<HostRead>,
    /// For each emitted line that comes from the user's source: where.
    pub lines: Vec<LineOrigin>,
}

/// An element of a view whose value a launch takes as a number too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRead {
    /// Name of a view that the kernel does not write.
    pub arg: String,
    /// Element, row-major.
    pub element: u64,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
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
    /// `[(id - first) * size, (id - first + 1) * size)` for the `programs` programs from `first` on, nothing for others:
    /// kernels that stand side by side have their programs one after the other.
    Range {
        /// Program axis.
        axis: usize,
        /// Elements.
        size: u64,
        /// The first program that owns any.
        first: u64,
        /// How many do.
        programs: u64,
    },
    /// A block of `size` elements for each of the programs from `first` on that are the programs of a grid, numbered along
    /// program axis 0 with x fastest: the block of a program is its number along `along` of that grid.
    Folded {
        /// Elements.
        size: u64,
        /// The first program that owns any.
        first: u64,
        /// Programs of the grid along x, y, z.
        grid: [u64; 3],
        /// Its axis.
        along: usize,
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
