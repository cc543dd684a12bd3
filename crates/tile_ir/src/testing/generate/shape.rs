//! Operations that move elements.

use super::{Generator, Item};
use crate::builder::KernelBuilder;
use crate::op::{BinaryOp, Index, OpKind};
use crate::types::{MAX_RANK, Type};

/// Largest tile that is let grow further.
const MANY: u64 = 512;

impl Generator<'_, '_> {
    pub(super) fn shape_op(&mut self, b: &mut KernelBuilder) {
        let Some(x) = self.pick(|item| item.ty.shape.count() <= MANY) else {
            return;
        };
        let dims = x.ty.shape.dims().to_vec();
        let item = if x.ty.is_scalar() || self.below(7) == 0 {
            self.broadcast(b, x)
        } else {
            let value = match self.below(6) {
                0 => {
                    let to = self.factors(x.ty.shape.count());
                    b.reshape(x.value, &to)
                }
                1 => {
                    let mut perm: Vec<usize> = (0..dims.len()).collect();
                    for i in (1..perm.len()).rev() {
                        let j = self.below(i as u64 + 1) as usize;
                        perm.swap(i, j);
                    }
                    b.transpose(x.value, &perm)
                }
                2 => {
                    let (offsets, sizes) = self.part(&dims);
                    b.slice(x.value, &offsets, &sizes)
                }
                3 => {
                    let (offsets, sizes) = self.part(&dims);
                    let part = b.slice(x.value, &vec![0; dims.len()], &sizes);
                    b.insert_slice(part, x.value, &offsets)
                }
                choice => {
                    let indices = self.indices(b, &dims);
                    let part = b.extract(x.value, &indices);
                    if choice == 4 {
                        part
                    } else {
                        let indices = self.indices(b, &dims[..indices.len()]);
                        let rest = dims.len() - indices.len();
                        let fits = b.ty(part).shape.rank() == rest;
                        if fits { b.insert(part, x.value, &indices) } else { part }
                    }
                }
            };
            Item { value, ty: b.ty(value), ..x }
        };
        self.pool.push(item);
    }

    fn broadcast(&mut self, b: &mut KernelBuilder, x: Item) -> Item {
        let mut dims: Vec<u64> = x.ty.shape.dims().to_vec();
        for dim in &mut dims {
            if *dim == 1 && self.flip() {
                *dim = 1 + self.below(4);
            }
        }
        while dims.is_empty() || (dims.len() < MAX_RANK && self.below(3) == 0) {
            dims.insert(0, 1 + self.below(3));
        }
        let ty = Type::tile(x.ty.elem, &dims).unwrap_or(x.ty);
        let value = b.op(OpKind::Broadcast(x.value), &[ty])[0];
        Item { value, ty, ..x }
    }

    /// A random shape of `count` elements.
    fn factors(&mut self, count: u64) -> Vec<u64> {
        let mut dims = Vec::new();
        let mut rest = count;
        let rank = 1 + self.below(3);
        for _ in 1..rank {
            let divisors: Vec<u64> = (1..=rest).filter(|d| rest.is_multiple_of(*d)).collect();
            let dim = self.choose(&divisors);
            dims.push(dim);
            rest /= dim;
        }
        dims.push(rest);
        dims
    }

    /// Offsets and sizes of a part.
    fn part(&mut self, dims: &[u64]) -> (Vec<u64>, Vec<u64>) {
        dims.iter()
            .map(|&dim| {
                let size = 1 + self.below(dim);
                (self.below(dim - size + 1), size)
            })
            .unzip()
    }

    /// Leading indices inside the extents, static or computed.
    fn indices(&mut self, b: &mut KernelBuilder, dims: &[u64]) -> Vec<Index> {
        let count = 1 + self.below(dims.len() as u64) as usize;
        let indices = dims[..count].iter().map(|&dim| {
            if self.flip() {
                return Index::Static(self.below(dim));
            }
            let any = self.make(b, Type::INDEX);
            let dim = b.index(dim as i64);
            Index::Dynamic(b.binary(BinaryOp::RemU, any.value, dim))
        });
        indices.collect()
    }
}
