//! Kernels and what they declare.

use std::collections::BTreeSet;

use tile_ir::{Axis, BinaryOp, Elem, Loc, Param, ParamKind, Predicate, View, ViewId};

use super::expr::{Builtin, Expr, Memory, Place};
use super::stmt::Stmt;

/// A variable of a thread: an index into [`LaneKernel::vars`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// An array in shared memory: an index into [`LaneKernel::shared`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shared(pub u32);

/// A matrix fragment (or an array of them): an index into [`LaneKernel::fragments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fragment(pub u32);

/// Types of values in registers. Integers are signless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// IEEE binary32; also holds `f16` and `bf16` values.
    F32,
    /// True or false.
    Bool,
    /// 8-bit integer.
    I8,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
}

impl Scalar {
    /// The register type of an element type. `index` is 64 bits wide unless the lowering proved 32 enough.
    pub const fn of(elem: Elem) -> Scalar {
        match elem {
            Elem::F32 | Elem::F16 | Elem::Bf16 => Scalar::F32,
            Elem::I1 => Scalar::Bool,
            Elem::I8 => Scalar::I8,
            Elem::I32 => Scalar::I32,
            Elem::I64 | Elem::Index => Scalar::I64,
        }
    }

    /// Bits of an integer; 1 for `Bool`, 32 for `F32`.
    pub const fn bits(self) -> u32 {
        match self {
            Scalar::Bool => 1,
            Scalar::I8 => 8,
            Scalar::F32 | Scalar::I32 => 32,
            Scalar::I64 => 64,
        }
    }
}

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct VarData {
    /// Wanted name, an identifier; not unique (printers make it so). From the Rust source where known.
    pub name: String,
    /// Type, or type of the elements.
    pub scalar: Scalar,
    /// Number of elements of an array; `None` for a scalar.
    pub len: Option<u32>,
}

/// A shared array. Its contents are undefined when a program starts.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedData {
    /// Wanted name, an identifier; not unique.
    pub name: String,
    /// Element type in memory: any but `index`.
    pub elem: Elem,
    /// Elements. Arrays are aligned to 16 bytes and do not overlap.
    pub len: u64,
}

impl SharedData {
    /// Bytes, with the padding that keeps the next array aligned to 16 bytes.
    pub fn bytes(&self) -> u64 {
        self.len.saturating_mul(self.elem.bytes()).next_multiple_of(16)
    }
}

/// What a fragment is in `acc += a * b`, with `a` of `m x k`, `b` of `k x n` and `acc` of `m x n` elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FragmentRole {
    /// Left operand.
    A,
    /// Right operand.
    B,
    /// Accumulator; always f32.
    Acc,
}

/// Matrices held by the threads of a subgroup together; shape and layout in registers are the target's
/// ([`crate::target::MatrixUnit`]).
#[derive(Clone, Debug, PartialEq)]
pub struct FragmentData {
    /// Wanted name, an identifier; not unique.
    pub name: String,
    /// Role.
    pub role: FragmentRole,
    /// Element type of the operands: `bf16`, `f16` or `f32`; `f32` for accumulators.
    pub elem: Elem,
    /// Number of fragments in the array.
    pub len: u32,
}

/// What a kernel does before it waits for the kernels in front of it. It may be started while those still run: nothing but
/// weights, which no kernel writes, may be touched before the wait.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Early {
    /// Weights asked for before the wait. It changes no result.
    pub prefetches: Vec<WeightRange>,
    /// Weights copied into shared memory, from before the wait on.
    pub copies: Vec<EarlyCopy>,
}

/// A copy of weights into the start of a shared array, asynchronous: the array may be read after
/// [`StmtKind::AwaitCopy`](super::StmtKind::AwaitCopy), and is written by nothing else. A program has at most one for an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlyCopy {
    /// What is copied.
    pub from: WeightRange,
    /// Array of the view's element type.
    pub to: Shared,
}

/// Neighbouring elements of a view of weights that a program asks for ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightRange {
    /// View.
    pub view: ViewId,
    /// The programs that ask, along x: from the first of these numbers to before the second.
    pub programs: [u64; 2],
    /// First element of the first program that asks.
    pub first: u64,
    /// Where the programs that ask are those of a grid, numbered along x one row after the other: the grid.
    pub folded: Option<[u64; 3]>,
    /// Elements from one program to the next along x, y, z, of that grid where there is one.
    pub per_program: [u64; 3],
    /// Bytes; this and the address of the first are multiples of [`WeightRange::UNIT`].
    pub bytes: u64,
}

impl EarlyCopy {
    /// Bytes of shared memory that tell whether an array has arrived. PTX ISA, `mbarrier` objects.
    pub const ARRIVAL: u64 = 8;
}

impl WeightRange {
    /// What addresses and sizes are multiples of, in bytes. PTX ISA, `cp.async.bulk` and
    /// `cp.async.bulk.prefetch`.
    pub const UNIT: u64 = 16;

    /// The first element, its index in 32 bits.
    pub fn place(&self) -> Place {
        let axes = [Axis::X, Axis::Y, Axis::Z].into_iter().zip(self.per_program).filter(|(_, step)| *step != 0);
        let steps = axes.map(|(axis, step)| {
            let along = |axis: Axis| {
                let program = Expr::Builtin(Builtin::Program(axis));
                if axis != Axis::X || self.programs[0] == 0 {
                    return program;
                }
                Expr::Binary(BinaryOp::Sub, Box::new(program), Box::new(Expr::int(self.programs[0] as u32)))
            };
            let program = match self.folded {
                Some(grid) => unfold(along(Axis::X), grid, axis),
                None => along(axis),
            };
            if step == 1 {
                return program;
            }
            Expr::Binary(BinaryOp::Mul, Box::new(program), Box::new(Expr::int(step as u32)))
        });
        let first = (self.first != 0).then(|| Expr::int(self.first as u32));
        let add = |a, b| Expr::Binary(BinaryOp::Add, Box::new(a), Box::new(b));
        let offset = steps.chain(first).reduce(add).unwrap_or_else(|| Expr::int(0));
        Place { memory: Memory::Global(self.view), offset: Box::new(offset), owner: None }
    }

    /// Whether only some programs ask: the comparisons of the program's number along x that hold for them.
    pub fn condition(&self, grid: [u64; 3]) -> Vec<Expr> {
        let compare = |predicate, number: u64| {
            let program = Expr::Builtin(Builtin::Program(Axis::X));
            Expr::Compare(predicate, Box::new(program), Box::new(Expr::int(number as u32)))
        };
        let from = (self.programs[0] > 0).then(|| compare(Predicate::UGe, self.programs[0]));
        let until = (self.programs[1] < grid[0]).then(|| compare(Predicate::ULt, self.programs[1]));
        from.into_iter().chain(until).collect()
    }

    /// Whether every program's first element, of `size` bytes, starts a unit.
    pub fn starts_units(&self, size: u64) -> bool {
        let steps = self.per_program.iter().chain([&self.first]);
        steps.into_iter().all(|step| step.saturating_mul(size).is_multiple_of(WeightRange::UNIT))
    }

    /// Index of the first element that a program asks for; `None` if it is not one of those that do.
    pub fn first_of(&self, program: [u64; 3]) -> Option<u64> {
        let [from, until] = self.programs;
        let along = [program[0].checked_sub(from)?, program[1], program[2]];
        (program[0] < until).then(|| self.first_at(along))
    }

    /// Index of the first element that the last program asks for.
    pub fn last_first(&self, grid: [u64; 3]) -> u64 {
        let along_x = self.programs[1].saturating_sub(self.programs[0]);
        let all = self.folded.unwrap_or([along_x, grid[1], grid[2]]);
        self.sum(all.map(|programs| programs.saturating_sub(1)))
    }

    /// Index of the first element, so many programs after the first that asks along each axis.
    fn first_at(&self, along: [u64; 3]) -> u64 {
        match self.folded {
            Some([x, y, _]) => {
                self.sum([along[0] % x.max(1), along[0] / x.max(1) % y.max(1), along[0] / (x * y).max(1)])
            }
            None => self.sum(along),
        }
    }

    fn sum(&self, along: [u64; 3]) -> u64 {
        let steps = self.per_program.iter().zip(along);
        steps.fold(self.first, |sum, (step, at)| sum.saturating_add(step.saturating_mul(at)))
    }
}

/// The number of a program along an axis of `grid`, from its number along x where the grid's programs are counted one row
/// after the other.
pub(crate) fn unfold(number: Expr, grid: [u64; 3], axis: Axis) -> Expr {
    let with = |op, number: Expr, by: u64| match by {
        1 if op == BinaryOp::DivU => number,
        by => Expr::Binary(op, Box::new(number), Box::new(Expr::int(by as u32))),
    };
    let rows = grid[1].saturating_mul(grid[2]);
    match axis {
        Axis::X if rows == 1 => number,
        Axis::X => with(BinaryOp::RemU, number, grid[0]),
        Axis::Y if grid[2] == 1 => with(BinaryOp::DivU, number, grid[0]),
        Axis::Y => with(BinaryOp::RemU, with(BinaryOp::DivU, number, grid[0]), grid[1]),
        Axis::Z => with(BinaryOp::DivU, number, grid[0].saturating_mul(grid[1])),
    }
}

/// A kernel for one thread group per program.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneKernel {
    /// Name of the entry point: the candidate's name.
    pub name: String,
    /// The kernel's name whatever the tuning.
    pub family: String,
    /// Tile sizes of this candidate.
    pub tuning: Vec<(String, u64)>,
    /// Parameters, as in the tile program. [`tile_ir::Scalar::value`] means nothing here.
    pub params: Vec<Param>,
    /// Programs along x, y, z: one thread group each.
    pub grid: [u64; 3],
    /// Threads of a group, in one dimension; a multiple of 32.
    pub threads: u32,
    /// Variables, indexed by [`Var`].
    pub vars: Vec<VarData>,
    /// Shared arrays, indexed by [`Shared`].
    pub shared: Vec<SharedData>,
    /// Fragments, indexed by [`Fragment`].
    pub fragments: Vec<FragmentData>,
    /// What it does before it waits for earlier kernels; `None` if it must be started after they have ended.
    pub early: Option<Early>,
    /// What a thread does.
    pub body: Vec<Stmt>,
    /// Where the kernel is declared.
    pub loc: Loc,
}

impl LaneKernel {
    /// A variable's data.
    pub fn var(&self, var: Var) -> &VarData {
        &self.vars[var.0 as usize]
    }

    /// A shared array's data.
    pub fn shared(&self, shared: Shared) -> &SharedData {
        &self.shared[shared.0 as usize]
    }

    /// A fragment's data.
    pub fn fragment(&self, fragment: Fragment) -> &FragmentData {
        &self.fragments[fragment.0 as usize]
    }

    /// The view parameter `id`, or `None` if that parameter is a scalar or does not exist.
    pub fn view(&self, id: ViewId) -> Option<&View> {
        match &self.params.get(id.index())?.kind {
            ParamKind::View(view) => Some(view),
            ParamKind::Scalar(_) => None,
        }
    }

    /// Bytes of shared memory of a group: its arrays, and what tells that copies to some of them have arrived.
    pub fn shared_bytes(&self) -> u64 {
        let arrivals = self.copied().len() as u64 * EarlyCopy::ARRIVAL;
        self.array_bytes().saturating_add(arrivals.next_multiple_of(16))
    }

    /// Bytes of its shared arrays.
    pub fn array_bytes(&self) -> u64 {
        self.shared.iter().fold(0, |sum, array| sum.saturating_add(array.bytes()))
    }

    /// The arrays that weights are copied into before the kernel's own work, in order.
    pub fn copied(&self) -> BTreeSet<Shared> {
        self.early.iter().flat_map(|early| &early.copies).map(|copy| copy.to).collect()
    }
}

/// Kernels lowered together: one candidate of each family, in source order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LaneModule {
    /// Name, such as the model's.
    pub name: String,
    /// Kernels.
    pub kernels: Vec<LaneKernel>,
}
