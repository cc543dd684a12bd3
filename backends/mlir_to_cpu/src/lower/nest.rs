//! Loops.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};

use super::index::{Ix, Pos};
use super::{Lower, Result};

/// Start or end of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    /// Known.
    Known(u64),
    /// An `i64`.
    Dynamic(ir::Value),
}

/// Arguments of a jump.
pub(crate) fn block_args(values: &[ir::Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::Value(value)).collect()
}

/// Body of a loop with carried machine values: gets the index and the values, gives the next values.
pub(crate) type CarryBody<'f, 'a, 'b> =
    &'f mut dyn FnMut(&mut Lower<'a, 'b>, Ix, &[ir::Value]) -> Result<Vec<ir::Value>>;

/// Body of a loop in chunks: gets the index, the chunk's size and the carried values, gives the next values.
pub(crate) type ChunkBody<'f, 'a, 'b> =
    &'f mut dyn FnMut(&mut Lower<'a, 'b>, Ix, u32, &[ir::Value]) -> Result<Vec<ir::Value>>;

/// Body of a nest over positions that carries machine values.
pub(crate) type CarryPosBody<'f, 'a, 'b> =
    &'f mut dyn FnMut(&mut Lower<'a, 'b>, Pos, &[ir::Value]) -> Result<Vec<ir::Value>>;

/// Body of a nest over positions.
pub(crate) type PosBody<'f, 'a, 'b> = &'f mut dyn FnMut(&mut Lower<'a, 'b>, Pos) -> Result<()>;

/// Chunk sizes of ordinary loops, widest first.
pub(crate) const WIDTHS: &[u32] = &[8, 4, 1];

impl<'a, 'b> Lower<'a, 'b> {
    /// Runs `f` with results of evaluations remembered only inside it: for code that does not dominate what follows.
    pub(crate) fn scoped<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.memo.push(Default::default());
        let result = f(self);
        self.memo.pop();
        result
    }

    fn edge(&mut self, edge: Edge) -> ir::Value {
        match edge {
            Edge::Known(n) => self.long(n as i64),
            Edge::Dynamic(value) => value,
        }
    }

    /// Appends a parameter per value to a block and gives the parameters.
    pub(crate) fn params_like(&mut self, block: ir::Block, values: &[ir::Value]) -> Vec<ir::Value> {
        values
            .iter()
            .map(|&value| {
                let ty = self.b.func.dfg.value_type(value);
                self.b.append_block_param(block, ty)
            })
            .collect()
    }

    /// `for i in (start..).step_by(step) while i + step <= end`, with carried values.
    pub(crate) fn carry_loop(
        &mut self,
        start: Edge,
        end: Edge,
        step: u64,
        carried: &[ir::Value],
        body: CarryBody<'_, 'a, 'b>,
    ) -> Result<(Vec<ir::Value>, Edge)> {
        if let (Edge::Known(first), Edge::Known(last)) = (start, end) {
            let trips = last.saturating_sub(first) / step;
            let stop = Edge::Known(first + trips * step);
            return match trips {
                0 => Ok((carried.to_vec(), stop)),
                1 => Ok((body(self, Ix::known(first), carried)?, stop)),
                _ => {
                    let stop_value = self.edge(stop);
                    let values = self.counted(first, stop_value, step, carried, body)?;
                    Ok((values, stop))
                }
            };
        }
        let header = self.b.create_block();
        let inside = self.b.create_block();
        let exit = self.b.create_block();
        let first = self.edge(start);
        let last = self.edge(end);
        let mut entering = vec![first];
        entering.extend_from_slice(carried);
        let params = self.params_like(header, &entering);
        self.b.ins().jump(header, &block_args(&entering));
        self.b.switch_to_block(header);
        let step_value = self.long(step as i64);
        let next = self.b.ins().iadd(params[0], step_value);
        let more = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, next, last);
        self.b.ins().brif(more, inside, &[], exit, &[]);
        self.b.switch_to_block(inside);
        let mut values = self.scoped(|this| body(this, Ix::dynamic(params[0], 1), &params[1..]))?;
        values.insert(0, next);
        self.b.ins().jump(header, &block_args(&values));
        self.b.switch_to_block(exit);
        Ok((params[1..].to_vec(), Edge::Dynamic(params[0])))
    }

    /// A loop of two or more trips from `first` to `stop` (a whole number of steps away).
    fn counted(
        &mut self,
        first: u64,
        stop: ir::Value,
        step: u64,
        carried: &[ir::Value],
        body: CarryBody<'_, 'a, 'b>,
    ) -> Result<Vec<ir::Value>> {
        let inside = self.b.create_block();
        let exit = self.b.create_block();
        let first_value = self.long(first as i64);
        let mut entering = vec![first_value];
        entering.extend_from_slice(carried);
        let params = self.params_like(inside, &entering);
        self.b.ins().jump(inside, &block_args(&entering));
        self.b.switch_to_block(inside);
        let multiple = if first.is_multiple_of(step) { step } else { 1 };
        let values = self.scoped(|this| body(this, Ix::dynamic(params[0], multiple), &params[1..]))?;
        let step_value = self.long(step as i64);
        let next = self.b.ins().iadd(params[0], step_value);
        let more = self.b.ins().icmp(IntCC::SignedLessThan, next, stop);
        let mut again = vec![next];
        again.extend_from_slice(&values);
        let left = self.params_like(exit, &values);
        self.b.ins().brif(more, inside, &block_args(&again), exit, &block_args(&values));
        self.b.switch_to_block(exit);
        Ok(left)
    }

    /// A loop over `[0, extent)` in chunks of the widths given, widest first, with carried values.
    pub(crate) fn chunk_loop(
        &mut self,
        extent: u64,
        widths: &[u32],
        carried: &[ir::Value],
        body: ChunkBody<'_, 'a, 'b>,
    ) -> Result<Vec<ir::Value>> {
        let mut values = carried.to_vec();
        let mut start = Edge::Known(0);
        for &width in widths {
            (values, start) =
                self.carry_loop(start, Edge::Known(extent), u64::from(width), &values, &mut |this, ix, carried| {
                    body(this, ix, width, carried)
                })?;
        }
        Ok(values)
    }

    /// Runs `body` for every position of a tile: loops over all dimensions, vectors along `lane_dim`.
    pub(crate) fn nest(
        &mut self,
        dims: &[u64],
        lane_dim: Option<usize>,
        widths: &[u32],
        body: PosBody<'_, 'a, 'b>,
    ) -> Result<()> {
        let outer: Vec<usize> = (0..dims.len()).filter(|&d| Some(d) != lane_dim).collect();
        self.nest_outer(dims, &outer, Pos::origin(dims.len()), &mut |this, pos| match lane_dim {
            None => body(this, pos),
            Some(d) => this
                .chunk_loop(dims[d], widths, &[], &mut |this, ix, width, _| {
                    body(this, pos.with(d, ix).lanes(width, d))?;
                    Ok(Vec::new())
                })
                .map(drop),
        })
    }

    /// Loops over the dimensions `outer` of a tile, one element at a time.
    pub(crate) fn nest_outer(
        &mut self,
        dims: &[u64],
        outer: &[usize],
        pos: Pos,
        body: PosBody<'_, 'a, 'b>,
    ) -> Result<()> {
        let Some((&d, rest)) = outer.split_first() else {
            return body(self, pos);
        };
        self.carry_loop(Edge::Known(0), Edge::Known(dims[d]), 1, &[], &mut |this, ix, _| {
            this.nest_outer(dims, rest, pos.with(d, ix), body)?;
            Ok(Vec::new())
        })
        .map(drop)
    }

    /// Runs `then` if `cond` holds, else `otherwise`; both give the same number of values.
    pub(crate) fn branch(
        &mut self,
        cond: ir::Value,
        then: &mut dyn FnMut(&mut Self) -> Result<Vec<ir::Value>>,
        otherwise: &mut dyn FnMut(&mut Self) -> Result<Vec<ir::Value>>,
    ) -> Result<Vec<ir::Value>> {
        let yes = self.b.create_block();
        let no = self.b.create_block();
        let merge = self.b.create_block();
        self.b.ins().brif(cond, yes, &[], no, &[]);
        self.b.switch_to_block(yes);
        let values = self.scoped(&mut *then)?;
        let merged = self.params_like(merge, &values);
        self.b.ins().jump(merge, &block_args(&values));
        self.b.switch_to_block(no);
        let values = self.scoped(otherwise)?;
        self.b.ins().jump(merge, &block_args(&values));
        self.b.switch_to_block(merge);
        Ok(merged)
    }

    /// The larger of two `i64`.
    pub(crate) fn long_max(&mut self, x: ir::Value, y: ir::Value) -> ir::Value {
        let more = self.b.ins().icmp(IntCC::SignedGreaterThan, x, y);
        self.b.ins().select(more, x, y)
    }

    /// The smaller of two `i64`.
    pub(crate) fn long_min(&mut self, x: ir::Value, y: ir::Value) -> ir::Value {
        let less = self.b.ins().icmp(IntCC::SignedLessThan, x, y);
        self.b.ins().select(less, x, y)
    }

    /// `x` kept within `[0, most]`.
    pub(crate) fn clamp(&mut self, x: ir::Value, most: u64) -> ir::Value {
        let zero = self.b.ins().iconst(I64, 0);
        let most = self.long(most as i64);
        let low = self.long_max(x, zero);
        self.long_min(low, most)
    }
}
