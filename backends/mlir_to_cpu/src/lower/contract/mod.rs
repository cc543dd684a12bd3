//! Sums of products.
//!
//! Two loop orders. *Rows*: vectors run along the summed dimension, several rows at once share the other operand; for
//! matrix times vector with row-major weights, and for products with a transposed right side. *Columns*: vectors run
//! along the last dimension of the result; for row-major matrix products. Both keep their sums in registers.

mod columns;
mod rows;

use cranelift_codegen::ir::{self, InstBuilder};
use tile_ir::{ContractSpec, Elem, OpKind, Value};

use super::access::Mem;
use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::nest::Edge;
use super::{Lower, Result};
use crate::types::Reg;

/// A product to be computed.
#[derive(Clone, Copy)]
struct Product<'k> {
    lhs: Value,
    rhs: Value,
    acc: Value,
    spec: &'k ContractSpec,
    /// Size of each iterator.
    extents: &'k [u64],
    elem: Elem,
}

/// One result element or chunk: where, and its value.
type Emit<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, Pos, &Chunk) -> Result<()>;

/// Body of a loop over summed iterators: gets the iterators and the sums, gives the next sums.
type SumBody<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, &[Ix], &[ir::Value]) -> Result<Vec<ir::Value>>;

/// Receives the finished sums of a block of results.
type Finish<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, &[Ix]) -> Result<()>;

impl Product<'_> {
    fn parallel(&self) -> Vec<usize> {
        (0..self.extents.len()).filter(|&i| !self.spec.reduced[i]).collect()
    }

    fn summed(&self) -> Vec<usize> {
        (0..self.extents.len()).filter(|&i| self.spec.reduced[i]).collect()
    }

    /// The operands' dimensions that have this iterator, right operand first.
    fn along(&self, iterator: usize) -> Vec<(Value, usize)> {
        [(self.rhs, &self.spec.rhs), (self.lhs, &self.spec.lhs)]
            .into_iter()
            .filter_map(|(value, dims)| Some((value, dims.iter().position(|&i| i == iterator)?)))
            .collect()
    }

    /// Position in an operand whose dimensions have these iterators.
    fn pos(dims: &[usize], at: &[Ix], lanes: u32, along: usize) -> Pos {
        let mut pos = Pos::origin(dims.len());
        for (d, &iterator) in dims.iter().enumerate() {
            pos = pos.with(d, at[iterator]);
        }
        match dims.iter().position(|&iterator| iterator == along) {
            Some(d) => pos.lanes(lanes, d),
            None => pos,
        }
    }
}

impl<'a, 'b> Lower<'a, 'b> {
    /// Computes a product into `dest`, or as a machine value if the result has one element.
    pub(crate) fn contract(&mut self, kind: &OpKind, result: Value, dest: Option<Mem>) -> Result<Option<ir::Value>> {
        let OpKind::Contract { lhs, rhs, acc, spec } = kind else {
            return Ok(None);
        };
        let mut extents = vec![1; spec.reduced.len()];
        for (dims, value) in [(&spec.lhs, lhs), (&spec.rhs, rhs)] {
            for (&iterator, &size) in dims.iter().zip(self.kernel.ty(*value).shape.dims()) {
                extents[iterator] = size;
            }
        }
        let elem = self.kernel.ty(result).elem;
        let product = Product { lhs: *lhs, rhs: *rhs, acc: *acc, spec, extents: &extents, elem };
        let values = self.versioned(&[*lhs, *rhs, *acc], None, &mut |this| {
            let mut single = Vec::new();
            let mut emit = |this: &mut Self, pos: Pos, chunk: &Chunk| {
                match dest {
                    Some(mem) => this.write(&mem, &pos, chunk),
                    None => single = chunk.parts.clone(),
                }
                Ok(())
            };
            match this.column_iterator(&product) {
                Some(column) => this.by_columns(product, column, &mut emit)?,
                None => this.by_rows(product, &mut emit)?,
            }
            Ok(single)
        })?;
        Ok(values.first().copied())
    }

    /// The dimension of a tile along which its elements lie in memory.
    fn contiguous_dim(&self, value: Value) -> Option<usize> {
        if self.plan.places[value.index()] == crate::plan::Place::Virtual
            && let Some(op) = self.plan.defs[value.index()]
        {
            if let OpKind::Cast(_, x) | OpKind::Unary(_, x) | OpKind::Binary(_, x, _) = &op.kind {
                return self.contiguous_dim(*x);
            }
            if let OpKind::Transpose { value, perm } = &op.kind {
                let dim = self.contiguous_dim(*value)?;
                return perm.iter().position(|&from| from == dim);
            }
        }
        super::site::lane_dim(self.kernel.ty(value).shape.dims())
    }

    /// The iterator for the lanes if the product is best computed by columns.
    fn column_iterator(&self, p: &Product<'_>) -> Option<usize> {
        let inner = |value: Value, dims: &[usize], iterator: usize| match dims.iter().position(|&i| i == iterator) {
            None => true,
            Some(d) => self.contiguous_dim(value) == Some(d),
        };
        let both = |i: usize| inner(p.lhs, &p.spec.lhs, i) && inner(p.rhs, &p.spec.rhs, i);
        let column = p.spec.acc.iter().copied().rfind(|&i| p.extents[i] > 1)?;
        let rows = p.summed().into_iter().any(|i| p.extents[i] > 1 && both(i));
        if rows && !both(column) { None } else { Some(column) }
    }

    /// An operand's elements at the iterators `at`, with lanes along `along` (copies where it has no such dimension).
    fn operand(&mut self, value: Value, dims: &[usize], at: &[Ix], lanes: u32, along: usize) -> Result<Chunk> {
        let pos = Product::pos(dims, at, lanes, along);
        let chunk = self.eval(value, &pos)?;
        if chunk.lanes == lanes { Ok(chunk) } else { Ok(self.splat(Reg::Float, chunk.parts[0], lanes)) }
    }

    /// Loops over iterators, one value at a time.
    fn iterate(&mut self, p: &Product<'_>, iterators: &[usize], at: &[Ix], body: Finish<'_, 'a, 'b>) -> Result<()> {
        let Some((&first, rest)) = iterators.split_first() else {
            return body(self, at);
        };
        self.carry_loop(Edge::Known(0), Edge::Known(p.extents[first]), 1, &[], &mut |this, ix, _| {
            let mut at = at.to_vec();
            at[first] = ix;
            this.iterate(p, rest, &at, body)?;
            Ok(Vec::new())
        })
        .map(drop)
    }

    /// Loops over summed iterators with sums carried.
    fn sum_over(
        &mut self,
        p: &Product<'_>,
        iterators: &[usize],
        at: &[Ix],
        sums: &[ir::Value],
        body: SumBody<'_, 'a, 'b>,
    ) -> Result<Vec<ir::Value>> {
        let Some((&first, rest)) = iterators.split_first() else {
            return body(self, at, sums);
        };
        self.split_loop(&p.along(first), p.extents[first], &[1], sums, &mut |this, ix, _, sums| {
            let mut at = at.to_vec();
            at[first] = ix;
            this.sum_over(p, rest, &at, sums, body)
        })
    }

    /// Adds the start value and hands on a finished chunk of results.
    fn finish(
        &mut self,
        p: &Product<'_>,
        at: &[Ix],
        lanes: u32,
        along: usize,
        sum: Chunk,
        emit: Emit<'_, 'a, 'b>,
    ) -> Result<()> {
        let pos = Product::pos(&p.spec.acc, at, lanes, along);
        let start = self.eval(p.acc, &pos)?;
        let sum = self.zip(&start, &sum, |this, x, y| this.b.ins().fadd(x, y));
        let sum = self.round_to(p.elem, &sum);
        emit(self, pos, &sum)
    }
}
