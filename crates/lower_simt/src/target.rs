//! What the lowering knows of a target: numbers, not branches.

use tile_ir::{Elem, Param, ParamKind};

/// A target of this family. Each backend has one in its `limits.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Name, such as `cuda`.
    pub name: &'static str,
    /// Bytes of shared memory a thread group may use.
    pub shared_bytes: u64,
    /// Most threads of a group.
    pub max_threads: u32,
    /// Groups have a multiple of this many threads: what the hardware runs in lock step (32, or 128). A multiple of 32.
    pub warp: u32,
    /// Most programs along x, y, z.
    pub max_grid: [u64; 3],
    /// Most buffers a kernel is passed: views, and scalars where they take one each.
    pub max_buffers: usize,
    /// Scalar parameters take a buffer each.
    pub scalars_take_buffers: bool,
    /// Bytes of the widest load and store.
    pub vector_bytes: u64,
    /// Most threads of a group that the lowering chooses for products and other work of many programs.
    pub busy_threads: u32,
    /// Programs wanted to fill the machine: of several candidates, the largest tile that leaves this many is taken.
    pub programs: u64,
    /// 32-bit registers a thread may hold tiles in; larger tiles go to shared memory.
    pub tile_registers: u32,
    /// Largest factor for [`crate::ir::Unroll`].
    pub max_unroll: u32,
    /// Who must reach an operation between lanes together.
    pub lanes_meet: Meeting,
    /// Matrix units; empty if none.
    pub matrix: &'static [MatrixUnit],
    /// How far kernels run ahead of those in front; `None` where a kernel starts after they have ended.
    pub ahead: Option<Ahead>,
}

/// Who must reach an operation together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// The 32 threads of a subgroup, which the hardware runs in step.
    Subgroup,
    /// All threads of the group: where the hardware's subgroups may be smaller, lanes exchange through shared memory.
    Group,
}

/// How far kernels may run ahead of those in front of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Bytes of weights that the programs that run at a time may together ask for: what the cache holds besides
    /// what the kernels in front work on.
    pub bytes: u64,
    /// Threads that the machine runs at a time.
    pub threads: u64,
    /// Asynchronous copies into shared memory; `None` if there are none.
    pub copy: Option<CopyAhead>,
}

/// Weights that arrive in shared memory while earlier kernels still run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyAhead {
    /// Fewest bytes worth a copy; less is read where it is.
    pub least: u64,
    /// Most bytes that a program copies: what lets several programs be on their way in one multiprocessor.
    pub bytes: u64,
    /// Programs wanted of a kernel that copies: of several candidates, the largest tile that leaves this many is taken.
    pub programs: u64,
    /// Most threads of a group that copies: in flight are bytes, not loads of threads, and small groups fit beside others.
    pub threads: u32,
}

impl Target {
    /// Buffers that these parameters take.
    #[must_use]
    pub fn buffers(&self, params: &[Param]) -> usize {
        params
            .iter()
            .filter(|param| match param.kind {
                ParamKind::View(_) => true,
                ParamKind::Scalar(_) => self.scalars_take_buffers,
            })
            .count()
    }
}

/// One shape of the matrix unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixUnit {
    /// Element type of the operands; products are exact, sums f32.
    pub elem: Elem,
    /// Rows of the left operand.
    pub m: u32,
    /// Columns of the right operand.
    pub n: u32,
    /// Columns of the left operand.
    pub k: u32,
}
