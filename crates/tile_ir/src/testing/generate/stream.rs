//! Random kernels that stream: loops that combine loaded tiles, sums over what the loops leave, more programs than other random
//! kernels have and tiles as wide as vectors.

use crate::builder::KernelBuilder;
use crate::kernel::{Kernel, Own};
use crate::op::{Axis, BinaryOp, CastOp, ContractSpec, Index, Number, ReduceOp, Value, ViewId};
use crate::testing::rng::Rng;
use crate::types::Elem;

/// The random streaming kernel with this seed. Floats stay finite and small; it never traps on arguments from
/// [`crate::testing::random_args`].
///
/// # Panics
/// If the generator made an invalid kernel, which is a mistake in it.
pub fn stream_from_seed(seed: u64) -> Kernel {
    let mut rng = Rng::new(seed ^ 0x5712_ea3d);
    let mut b = KernelBuilder::new("stream");
    b.at("stream.rs", 1, 1);
    let programs = rng.pick(&[1, 2, 3, 5, 8, 12]);
    b.grid([programs, 1, 1]);
    let shape = Stream {
        programs,
        rows: rng.pick(&[1, 2, 3, 5, 8, 16, 32, 64]),
        cols: rng.pick(&[1, 4, 8, 24, 96, 128, 132, 256]),
        steps: 1 + rng.below(5),
        elem: rng.pick(&[Elem::F32, Elem::Bf16, Elem::F16]),
    };
    shape.kernel(&mut b, &mut rng);
    b.finish().unwrap_or_else(|errors| panic!("a random kernel is invalid: {errors:?}"))
}

/// What a kernel reads: `steps` tiles of `rows x cols` per program.
struct Stream {
    programs: u64,
    rows: u64,
    cols: u64,
    steps: u64,
    elem: Elem,
}

impl Stream {
    fn kernel(&self, b: &mut KernelBuilder, rng: &mut Rng) {
        let Stream { programs, rows, cols, steps, .. } = *self;
        // Sometimes the view ends before the last tile does.
        let height = (rows * steps).saturating_sub(rng.below(rows)).max(1);
        let input = if rng.below(2) == 0 {
            b.weights("input", self.elem, &[height, cols * programs])
        } else {
            b.read("input", self.elem, &[height, cols * programs])
        };
        let factors = b.read("factors", Elem::F32, &[1, cols * programs]);
        let position = b.scalar("position", Elem::I32, Some(rows * steps));
        let (program, width) = (b.program_id(Axis::X), b.index(cols as i64));
        let column = b.mul(program, width);
        let limit = (rng.below(2) == 0).then(|| b.cast(CastOp::IndexU, position, Elem::Index));

        let (zero, step, end) = (b.index(0), b.index(rows as i64), b.index((rows * steps) as i64));
        let count = 1 + rng.below(2) as usize;
        let ways: Vec<u64> = (0..count).map(|_| rng.below(4)).collect();
        let init: Vec<Value> = ways.iter().map(|_| b.splat(Elem::F32, &[rows, cols], 0.0)).collect();
        let row = (rng.below(2) == 0).then(|| b.load(factors, &[zero, column], &[1, cols]));
        let left = b.for_loop(zero, end, step, &init, |b, start, carried| {
            b.at("stream.rs", 2, 5);
            let mut tile = self.tile(b, rng, input, [start, column], limit);
            if let Some(row) = row {
                let row = b.broadcast(row, &[rows, cols]);
                tile = b.mul(tile, row);
            }
            carried.iter().zip(&ways).map(|(&sum, way)| combine(b, *way, sum, tile)).collect()
        });
        b.at("stream.rs", 3, 1);
        for (number, value) in left.into_iter().enumerate() {
            self.finish(b, rng, value, row, &format!("out{number}"));
        }
    }

    /// The tile at a place, in f32. Below `limit` only, if there is one.
    fn tile(&self, b: &mut KernelBuilder, rng: &mut Rng, view: ViewId, at: [Value; 2], limit: Option<Value>) -> Value {
        let dims = [self.rows, self.cols];
        let pad = b.constant(crate::types::Type::scalar(self.elem), crate::op::Literal::Splat(Number::Float(0.5)));
        let mask = limit.map(|limit| {
            let bound = b.sub(limit, at[0]);
            b.create_mask(&dims, &[Index::Dynamic(bound), Index::Static(self.cols)])
        });
        let tile = b.load_masked(view, &at, &dims, pad, mask);
        let tile = if self.elem == Elem::F32 { tile } else { b.cast(CastOp::ExtF, tile, Elem::F32) };
        if rng.below(3) > 0 {
            return tile;
        }
        let quarter = b.splat(Elem::F32, &dims, 0.25);
        b.add(tile, quarter)
    }

    /// Stores a tile: whole, or what is left of it summed over rows, columns, both, or multiplied with a row.
    fn finish(&self, b: &mut KernelBuilder, rng: &mut Rng, tile: Value, row: Option<Value>, name: &str) {
        let [rows, cols] = [self.rows, self.cols];
        let op = rng.pick(&[ReduceOp::Add, ReduceOp::MaxF, ReduceOp::MinF]);
        let start = if op == ReduceOp::Add { 0.0 } else { 1.0 };
        let reduced = |b: &mut KernelBuilder, kept: &[u64], dims: &[usize], shape: [u64; 2]| {
            let start = b.splat(Elem::F32, kept, start);
            let value = b.reduce(op, tile, start, dims);
            b.reshape(value, &shape)
        };
        let (value, dims) = match (rng.below(5), row) {
            (0, _) => (tile, [rows, cols]),
            (1, _) => (reduced(b, &[cols], &[0], [1, cols]), [1, cols]),
            (2, _) => (reduced(b, &[rows], &[1], [rows, 1]), [rows, 1]),
            (3, Some(row)) => {
                let spec = ContractSpec {
                    reduced: vec![false, false, true],
                    lhs: vec![0, 2],
                    rhs: vec![1, 2],
                    acc: vec![0, 1],
                };
                let start = b.splat(Elem::F32, &[1, rows], start);
                (b.contract(row, tile, start, spec), [1, rows])
            }
            (_, _) => {
                let over = reduced(b, &[cols], &[0], [1, cols]);
                let start = b.splat(Elem::F32, &[1], start);
                let value = b.reduce(op, over, start, &[1]);
                (b.reshape(value, &[1, 1]), [1, 1])
            }
        };
        // Programs side by side along the columns.
        let own = [Own::Whole, Own::Block { axis: Axis::X, size: dims[1] }];
        let view = b.write(name, Elem::F32, &[dims[0], dims[1] * self.programs], &own);
        let (zero, program, size) = (b.index(0), b.program_id(Axis::X), b.index(dims[1] as i64));
        let at = b.mul(program, size);
        b.store(view, value, &[zero, at]);
    }
}

/// One step of a loop.
fn combine(b: &mut KernelBuilder, way: u64, sum: Value, tile: Value) -> Value {
    match way {
        0 | 1 => b.add(sum, tile),
        2 => b.binary(BinaryOp::MaxF, sum, tile),
        _ => {
            let ty = b.ty(sum);
            let half = b.splat(Elem::F32, ty.shape.dims(), 0.5);
            b.fma(sum, half, tile)
        }
    }
}
