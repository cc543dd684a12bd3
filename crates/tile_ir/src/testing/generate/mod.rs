//! Random valid kernels.
//!
//! Kernels end, never trap on arguments from [`super::random_args`], and keep floats finite and small, so that two
//! implementations can be compared. What rounds differently between targets (transcendental functions, sums) is
//! tracked as inexact, and never decides anything: no comparison, conversion to integers or rounding to 16 bits sees it.

mod control;
mod float;
mod int;
mod leaf;
mod shape;
mod stream;

use arbtest::arbitrary::Unstructured;

use super::rng::Rng;
use crate::builder::KernelBuilder;
use crate::kernel::{Kernel, Own};
use crate::op::{Axis, Index, Value, ViewId};
use crate::types::{Elem, Type};

pub use stream::stream_from_seed;

/// Random bytes behind a kernel from a seed.
const SEED_BYTES: usize = 2048;

/// The random kernel with this seed.
pub fn kernel_from_seed(seed: u64) -> Kernel {
    let mut rng = Rng::new(seed);
    let bytes: Vec<u8> = (0..SEED_BYTES / 8).flat_map(|_| rng.number().to_le_bytes()).collect();
    random_kernel(&mut Unstructured::new(&bytes))
}

/// A random kernel; fewer bytes make a smaller one.
///
/// # Panics
/// If the generator made an invalid kernel, which is a mistake in it.
pub fn random_kernel(bytes: &mut Unstructured) -> Kernel {
    let mut b = KernelBuilder::new("random");
    let mut generator = Generator { bytes, pool: Vec::new(), views: Vec::new(), outputs: 0, grid: [1; 3], depth: 0 };
    generator.kernel(&mut b);
    b.finish().unwrap_or_else(|errors| panic!("a random kernel is invalid: {errors:?}"))
}

/// A value that operations may use.
#[derive(Clone, Copy)]
struct Item {
    value: Value,
    ty: Type,
    /// Floats are at most this large.
    size: f32,
    /// Every target computes the same bits.
    exact: bool,
}

struct Generator<'a, 'b> {
    bytes: &'a mut Unstructured<'b>,
    /// Values in scope.
    pool: Vec<Item>,
    /// One input view per element type, once it is used.
    views: Vec<(Elem, ViewId)>,
    outputs: usize,
    grid: [u64; 3],
    /// Nesting of loops and branches.
    depth: usize,
}

impl Generator<'_, '_> {
    /// A number below `limit`; 0 when the bytes are used up.
    fn below(&mut self, limit: u64) -> u64 {
        self.bytes.int_in_range(0..=limit.saturating_sub(1)).unwrap_or(0)
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    fn choose<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    fn kernel(&mut self, b: &mut KernelBuilder) {
        self.grid = [1 + self.below(4), 1 + self.below(2), 1];
        b.grid(self.grid);
        b.at("random.rs", 1, 1);
        let position = b.scalar("position", Elem::I32, Some(8));
        self.push(b, position);
        let eps = b.scalar("eps", Elem::F32, None);
        self.pool.push(Item { value: eps, ty: Type::F32, size: 1.0, exact: true });
        let steps = 3 + self.below(20);
        self.steps(b, steps as u32);
        for _ in 0..1 + self.below(2) {
            self.output(b);
        }
    }

    /// Adds a few operations.
    fn steps(&mut self, b: &mut KernelBuilder, count: u32) {
        for line in 0..count {
            b.at("random.rs", 10 + line, 1 + self.depth as u32);
            match self.below(12) {
                0 | 1 => self.float_op(b),
                2 => self.int_op(b),
                3 => self.mask_op(b),
                4 => self.cast_op(b),
                5 | 6 => self.shape_op(b),
                7 => self.reduce_op(b),
                8 => self.contract_op(b),
                9 => self.leaf_op(b),
                10 => self.gather_op(b),
                _ => self.control_op(b),
            }
        }
    }

    /// Adds an integer or exact float value to the pool.
    fn push(&mut self, b: &KernelBuilder, value: Value) {
        self.pool.push(Item { value, ty: b.ty(value), size: 0.0, exact: true });
    }

    /// Some value in scope that is accepted.
    fn pick(&mut self, accepts: impl Fn(&Item) -> bool) -> Option<Item> {
        let fitting: Vec<Item> = self.pool.iter().copied().filter(accepts).collect();
        if fitting.is_empty() { None } else { Some(self.choose(&fitting)) }
    }

    /// Extents of a small tile.
    fn dims(&mut self) -> Vec<u64> {
        let rank = 1 + self.below(3);
        (0..rank).map(|_| self.choose(&[1, 2, 3, 4, 5, 8])).collect()
    }

    /// Writes some value to an output, each program to its own part, which may hang over the end.
    fn output(&mut self, b: &mut KernelBuilder) {
        let item = self.pick(|item| item.ty.elem != Elem::Index);
        let Some(mut item) = item else { return };
        if item.ty.is_scalar() {
            item.value = b.broadcast(item.value, &[1, 1]);
        } else if item.ty.shape.rank() == 1 {
            item.value = b.reshape(item.value, &[item.ty.shape.count(), 1]);
        }
        let ty = b.ty(item.value);
        let mut shape = ty.shape.dims().to_vec();
        let mut own = vec![Own::Whole; shape.len()];
        let mut starts = Vec::new();
        for (d, axis) in [Axis::X, Axis::Y].into_iter().enumerate() {
            let (size, programs) = (shape[d], self.grid[axis.index()]);
            own[d] = Own::Block { axis, size };
            shape[d] = size * programs - self.below(size);
            let (id, block) = (b.program_id(axis), b.index(size as i64));
            starts.push(b.mul(id, block));
        }
        let zero = b.index(0);
        starts.resize(shape.len(), zero);
        let name = format!("out{}", self.outputs);
        self.outputs += 1;
        let view = b.write(&name, ty.elem, &shape, &own);
        let mask = self.flip().then(|| {
            let bounds: Vec<Index> = ty.shape.dims().iter().map(|&dim| Index::Static(self.below(dim + 2))).collect();
            b.create_mask(ty.shape.dims(), &bounds)
        });
        b.store_masked(view, item.value, &starts, mask);
    }
}
