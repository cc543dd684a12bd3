//! Shape operations: they move no data, they change where elements are looked up.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I32X4};
use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{Elem, Index, MAX_RANK, Value};

use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::{Lower, Result};
use crate::types::{LANES, Reg};

/// Dimensions of two shapes that hold the same elements: `from` of the one are `to` of the other.
struct Group {
    from: Vec<usize>,
    to: Vec<usize>,
}

/// Splits two shapes of equal element count into the smallest groups of dimensions of equal product.
fn groups(from: &[u64], to: &[u64]) -> Vec<Group> {
    let mut groups = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < from.len() || j < to.len() {
        let mut group = Group { from: Vec::new(), to: Vec::new() };
        let (mut left, mut right) = (1_u64, 1_u64);
        loop {
            if i < from.len() && (left <= right || j >= to.len()) {
                left = left.saturating_mul(from[i]);
                group.from.push(i);
                i += 1;
            } else if j < to.len() {
                right = right.saturating_mul(to[j]);
                group.to.push(j);
                j += 1;
            } else {
                break;
            }
            if left == right && left > 1 {
                break;
            }
        }
        groups.push(group);
    }
    groups
}

impl Lower<'_, '_> {
    fn rank(&self, value: Value) -> usize {
        self.kernel.ty(value).shape.rank()
    }

    /// Evaluates one element and copies it to all lanes.
    fn eval_splat(&mut self, value: Value, pos: Pos, lanes: u32) -> Result<Chunk> {
        let reg = self.reg(value);
        let one = self.eval(value, &pos.lanes(1, 0))?;
        Ok(self.splat(reg, one.parts[0], lanes))
    }

    pub(crate) fn eval_broadcast(&mut self, x: Value, result: Value, pos: &Pos) -> Result<Chunk> {
        let from = self.kernel.ty(x).shape;
        let to = self.kernel.ty(result).shape;
        let leading = to.rank() - from.rank();
        let mut source = Pos::origin(from.rank());
        let mut lane_dim = None;
        for (d, &size) in from.dims().iter().enumerate() {
            let wide = d + leading;
            if size == to.dims()[wide] {
                source = source.with(d, pos.at(wide));
                if pos.lanes > 1 && pos.dim == wide {
                    lane_dim = Some(d);
                }
            }
        }
        match lane_dim {
            Some(d) => self.eval(x, &source.lanes(pos.lanes, d)),
            None => self.eval_splat(x, source, pos.lanes),
        }
    }

    pub(crate) fn eval_transpose(&mut self, x: Value, perm: &[usize], pos: &Pos) -> Result<Chunk> {
        let mut source = Pos::origin(perm.len());
        for (d, &from) in perm.iter().enumerate() {
            source = source.with(from, pos.at(d));
        }
        self.eval(x, &source.lanes(pos.lanes, perm.get(pos.dim).copied().unwrap_or(0)))
    }

    pub(crate) fn eval_slice(&mut self, x: Value, offsets: &[u64], pos: &Pos) -> Result<Chunk> {
        let mut source = *pos;
        for (d, &offset) in offsets.iter().enumerate() {
            source = source.with(d, pos.at(d).plus(offset));
        }
        self.eval(x, &source)
    }

    /// An index within `[0, size)`: one out of range, which the interpreter refuses, reads the nearest element.
    pub(crate) fn checked_index(&mut self, index: Index, size: u64) -> Result<Ix> {
        Ok(match index {
            Index::Static(n) => Ix::known(n.min(size - 1)),
            Index::Dynamic(value) => {
                let value = self.scalar(value)?;
                Ix::dynamic(self.clamp(value, size - 1), 1)
            }
        })
    }

    pub(crate) fn eval_extract(&mut self, x: Value, indices: &[Index], pos: &Pos) -> Result<Chunk> {
        let shape = self.kernel.ty(x).shape;
        let mut source = Pos::origin(shape.rank());
        for (d, &index) in indices.iter().enumerate() {
            source = source.with(d, self.checked_index(index, shape.dims()[d])?);
        }
        for (d, &ix) in pos.indices().iter().enumerate() {
            source = source.with(indices.len() + d, ix);
        }
        self.eval(x, &source.lanes(pos.lanes, indices.len() + pos.dim))
    }

    pub(crate) fn eval_reshape(&mut self, x: Value, result: Value, pos: &Pos) -> Result<Chunk> {
        let from = self.kernel.ty(x).shape;
        let to = self.kernel.ty(result).shape;
        let mut source = Pos::origin(from.rank());
        let mut lane_dim = None;
        for group in groups(from.dims(), to.dims()) {
            // Row-major number of the element within the group.
            let mut linear = Ix::known(0);
            let mut stride = 1;
            for &d in group.to.iter().rev() {
                if pos.lanes > 1 && pos.dim == d && stride != 1 {
                    return self.eval_lanes(x, result, pos);
                }
                let scaled = self.ix_times(pos.at(d), stride);
                linear = self.ix_sum(scaled, linear);
                stride *= to.dims()[d];
            }
            let has_lanes = pos.lanes > 1 && group.to.contains(&pos.dim);
            let wide: Vec<usize> = group.from.iter().copied().filter(|&d| from.dims()[d] > 1).collect();
            for (i, &d) in wide.iter().enumerate().rev() {
                if i == 0 {
                    source = source.with(d, linear);
                } else {
                    let size = from.dims()[d];
                    let aligned =
                        linear.is_multiple_of(u64::from(pos.lanes)) && size.is_multiple_of(u64::from(pos.lanes));
                    if has_lanes && i == wide.len() - 1 && !aligned {
                        return self.eval_lanes(x, result, pos);
                    }
                    let (quotient, remainder) = self.ix_divide(linear, size);
                    source = source.with(d, remainder);
                    linear = quotient;
                }
            }
            if has_lanes {
                lane_dim = wide.last().copied();
            }
        }
        match lane_dim {
            Some(d) => self.eval(x, &source.lanes(pos.lanes, d)),
            None => self.eval_splat(x, source, pos.lanes),
        }
    }

    /// Looks up each lane of a reshape alone: where neighbours are not neighbours in the operand.
    fn eval_lanes(&mut self, x: Value, result: Value, pos: &Pos) -> Result<Chunk> {
        let mut elements = Vec::new();
        for lane in 0..pos.lanes {
            elements.push(self.eval_reshape(x, result, &pos.lane(lane))?.parts[0]);
        }
        let reg = self.reg(x);
        Ok(self.gather_lanes(reg, elements))
    }

    /// The lane numbers `start, start + 1, ..` as vectors.
    fn lane_numbers(&mut self, lanes: u32) -> Vec<ir::Value> {
        (0..lanes / LANES)
            .map(|part| {
                let mut bytes = [0; 16];
                for (lane, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                    chunk.copy_from_slice(&(part * LANES + lane as u32).to_le_bytes());
                }
                self.vector_const(I32X4, bytes)
            })
            .collect()
    }

    /// Elements equal to their index in dimension `dim`.
    pub(crate) fn eval_iota(&mut self, elem: Elem, dim: usize, pos: &Pos) -> Chunk {
        let reg = Reg::of(elem);
        let index = self.ix_value(pos.at(dim));
        let along = pos.lanes > 1 && pos.dim == dim;
        let chunk = match reg {
            Reg::Long if along => {
                let parts = (0..pos.lanes).map(|lane| self.ix_value(pos.at(dim).plus(u64::from(lane)))).collect();
                Chunk { lanes: pos.lanes, parts }
            }
            Reg::Long => self.splat(reg, index, pos.lanes),
            Reg::Int | Reg::Bool | Reg::Float => {
                let first = self.b.ins().ireduce(I32, index);
                if along {
                    let start = self.b.ins().splat(I32X4, first);
                    let parts = self.lane_numbers(pos.lanes).into_iter().map(|n| self.b.ins().iadd(start, n)).collect();
                    Chunk { lanes: pos.lanes, parts }
                } else {
                    self.splat(Reg::Int, first, pos.lanes)
                }
            }
        };
        match elem {
            Elem::I8 => self.sign_extend_byte(&chunk),
            Elem::I1 => self.cast(tile_ir::CastOp::TruncI, Elem::I32, Elem::I1, &chunk),
            Elem::I32 | Elem::I64 | Elem::Index | Elem::F32 | Elem::F16 | Elem::Bf16 => chunk,
        }
    }

    /// True where the index is below the bound in every dimension.
    pub(crate) fn eval_mask(&mut self, bounds: &[Index], pos: &Pos) -> Result<Chunk> {
        let mut outer = None;
        let mut lanes = None;
        for (d, &bound) in bounds.iter().enumerate().take(MAX_RANK) {
            let bound = match bound {
                Index::Static(n) => self.long(n.min(i64::MAX as u64) as i64),
                Index::Dynamic(value) => self.scalar(value)?,
            };
            let index = self.ix_value(pos.at(d));
            if pos.lanes > 1 && pos.dim == d {
                let left = self.b.ins().isub(bound, index);
                let left = self.clamp(left, u64::from(pos.lanes));
                let left = self.b.ins().ireduce(I32, left);
                let left = self.b.ins().splat(I32X4, left);
                let parts: Vec<ir::Value> = self
                    .lane_numbers(pos.lanes)
                    .into_iter()
                    .map(|n| self.b.ins().icmp(IntCC::SignedGreaterThan, left, n))
                    .collect();
                lanes = Some(Chunk { lanes: pos.lanes, parts });
            } else {
                let inside = self.b.ins().icmp(IntCC::SignedLessThan, index, bound);
                outer = Some(match outer {
                    None => inside,
                    Some(outer) => self.b.ins().band(outer, inside),
                });
            }
        }
        let outer = match outer {
            Some(outer) => outer,
            None => self.b.ins().iconst(Reg::Bool.scalar(), 1),
        };
        let outer = self.splat(Reg::Bool, outer, pos.lanes);
        Ok(match lanes {
            None => outer,
            Some(lanes) => self.zip(&outer, &lanes, |this, x, y| this.b.ins().band(x, y)),
        })
    }

    /// Origin of a tile's elements, for values of one element.
    pub(crate) fn origin(&self, value: Value) -> Pos {
        Pos::origin(self.rank(value))
    }
}

#[cfg(test)]
mod tests {
    use super::groups;

    fn split(from: &[u64], to: &[u64]) -> Vec<(Vec<usize>, Vec<usize>)> {
        groups(from, to).into_iter().map(|group| (group.from, group.to)).collect()
    }

    #[test]
    fn shapes_split_into_smallest_groups() {
        assert_eq!(split(&[1, 576], &[9, 64]), vec![(vec![0, 1], vec![0, 1])]);
        assert_eq!(split(&[4, 6], &[4, 2, 3]), vec![(vec![0], vec![0]), (vec![1], vec![1, 2])]);
        assert_eq!(split(&[8], &[8, 1]), vec![(vec![0], vec![0]), (vec![], vec![1])]);
        assert_eq!(split(&[2, 3, 4], &[6, 4]), vec![(vec![0, 1], vec![0]), (vec![2], vec![1])]);
        assert_eq!(split(&[1, 1], &[1]), vec![(vec![0, 1], vec![0])]);
    }
}
