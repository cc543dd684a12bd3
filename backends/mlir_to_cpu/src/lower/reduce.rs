//! Reductions.

use cranelift_codegen::ir::{self};
use tile_ir::{BinaryOp, Elem, Number, OpKind, ReduceOp, Value};

use super::access::Mem;
use super::chunk::Chunk;
use super::index::{Ix, Pos};
use super::nest::{CarryPosBody, Edge, WIDTHS};
use super::site::lane_dim;
use super::{Lower, Result};
use crate::types::{LANES, Reg};

/// The operation that combines two elements.
fn combining(op: ReduceOp) -> BinaryOp {
    match op {
        ReduceOp::Add => BinaryOp::Add,
        ReduceOp::MinF => BinaryOp::MinF,
        ReduceOp::MaxF => BinaryOp::MaxF,
        ReduceOp::MinS => BinaryOp::MinS,
        ReduceOp::MaxS => BinaryOp::MaxS,
        ReduceOp::MinU => BinaryOp::MinU,
        ReduceOp::MaxU => BinaryOp::MaxU,
    }
}

/// The element that changes nothing. minNum and maxNum ignore NaN. As a signed number, a true bool is -1.
fn identity(op: ReduceOp, reg: Reg) -> Number {
    let (least, most) = match reg {
        Reg::Long => (i64::MIN, i64::MAX),
        Reg::Int | Reg::Float => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Reg::Bool => (1, 0),
    };
    match op {
        ReduceOp::Add if reg == Reg::Float => Number::Float(0.0),
        ReduceOp::Add | ReduceOp::MaxU => Number::Int(0),
        ReduceOp::MinF | ReduceOp::MaxF => Number::Float(f32::NAN),
        ReduceOp::MinS => Number::Int(most),
        ReduceOp::MaxS => Number::Int(least),
        ReduceOp::MinU => Number::Int(-1),
    }
}

/// The type to accumulate in: sums of 16-bit floats are rounded, and sums of bytes wrap, at the end.
fn accumulator(elem: Elem) -> Elem {
    match elem {
        Elem::F16 | Elem::Bf16 => Elem::F32,
        Elem::I8 => Elem::I32,
        Elem::F32 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => elem,
    }
}

/// A reduction in progress.
#[derive(Clone, Copy)]
struct Reduction<'k> {
    op: ReduceOp,
    elem: Elem,
    value: Value,
    dims: &'k [u64],
    reduced: &'k [usize],
}

impl<'a, 'b> Lower<'a, 'b> {
    /// Computes a reduction into `dest`, or as a machine value if the result has one element.
    pub(crate) fn reduce(&mut self, kind: &OpKind, result: Value, dest: Option<Mem>) -> Result<Option<ir::Value>> {
        let OpKind::Reduce { op, value, acc, dims } = kind else {
            return Ok(None);
        };
        let shape = self.kernel.ty(*value).shape;
        let elem = self.kernel.ty(result).elem;
        let reduction = Reduction { op: *op, elem, value: *value, dims: shape.dims(), reduced: dims };
        let values = self.versioned(&[*value, *acc], None, &mut |this| {
            let mut single = Vec::new();
            this.reduce_all(reduction, *acc, &mut |this, pos, chunk| {
                match dest {
                    Some(mem) => this.write(&mem, &pos, chunk),
                    None => single = chunk.parts.clone(),
                }
                Ok(())
            })?;
            Ok(single)
        })?;
        Ok(values.first().copied())
    }

    fn reduce_all(
        &mut self,
        r: Reduction<'_>,
        acc: Value,
        emit: &mut dyn FnMut(&mut Self, Pos, &Chunk) -> Result<()>,
    ) -> Result<()> {
        let lanes = lane_dim(r.dims).filter(|_| Reg::of(r.elem).vector().is_some());
        let kept: Vec<usize> = (0..r.dims.len()).filter(|d| !r.reduced.contains(d)).collect();
        let outer: Vec<usize> = kept.iter().copied().filter(|&d| Some(d) != lanes).collect();
        let inner: Vec<usize> = r.reduced.iter().copied().filter(|&d| Some(d) != lanes).collect();
        let vertical = lanes.filter(|d| kept.contains(d));
        let horizontal = lanes.filter(|d| !kept.contains(d));
        // Position in the result of a position in the operand.
        let result_pos = |pos: Pos| {
            let mut out = Pos::origin(kept.len());
            for (i, &d) in kept.iter().enumerate() {
                out = out.with(i, pos.at(d));
            }
            out.lanes(pos.lanes, kept.iter().position(|&d| d == pos.dim).unwrap_or(0))
        };
        self.nest_outer(r.dims, &outer, Pos::origin(r.dims.len()), &mut |this, pos| {
            let mut column = |this: &mut Self, pos: Pos| {
                let sum = match horizontal {
                    Some(d) => this.reduce_row(r, &inner, d, pos)?,
                    None => this.reduce_column(r, &inner, pos)?,
                };
                let at = result_pos(pos);
                let start = this.eval(acc, &at)?;
                let sum = this.binary(combining(r.op), accumulator(r.elem), &start, &sum);
                let sum = if r.elem == Elem::I8 { this.sign_extend_byte(&sum) } else { this.round_to(r.elem, &sum) };
                emit(this, at, &sum)
            };
            match vertical {
                None => column(this, pos),
                Some(d) => this
                    .chunk_loop(r.dims[d], WIDTHS, &[], &mut |this, ix, width, _| {
                        column(this, pos.with(d, ix).lanes(width, d))?;
                        Ok(Vec::new())
                    })
                    .map(drop),
            }
        })
    }

    /// Runs `body` over the dimensions `inner`, carrying machine values through.
    pub(crate) fn carry_nest(
        &mut self,
        dims: &[u64],
        inner: &[usize],
        pos: Pos,
        carried: &[ir::Value],
        body: CarryPosBody<'_, 'a, 'b>,
    ) -> Result<Vec<ir::Value>> {
        let Some((&d, rest)) = inner.split_first() else {
            return body(self, pos, carried);
        };
        self.carry_loop(Edge::Known(0), Edge::Known(dims[d]), 1, carried, &mut |this, ix: Ix, values| {
            this.carry_nest(dims, rest, pos.with(d, ix), values, body)
        })
        .map(|(values, _)| values)
    }

    /// Elements of several columns, each reduced in its own lane.
    fn reduce_column(&mut self, r: Reduction<'_>, inner: &[usize], pos: Pos) -> Result<Chunk> {
        let elem = accumulator(r.elem);
        let reg = Reg::of(elem);
        let start = self.number(reg, identity(r.op, reg));
        let start = self.splat(reg, start, pos.lanes);
        let parts = self.carry_nest(r.dims, inner, pos, &start.parts, &mut |this, pos, carried| {
            let next = this.eval(r.value, &pos)?;
            let sum = Chunk { lanes: pos.lanes, parts: carried.to_vec() };
            Ok(this.binary(combining(r.op), elem, &sum, &next).parts)
        })?;
        Ok(Chunk { lanes: pos.lanes, parts })
    }

    /// One element: a row reduced along dimension `d` by vectors, then across their lanes.
    fn reduce_row(&mut self, r: Reduction<'_>, inner: &[usize], d: usize, pos: Pos) -> Result<Chunk> {
        let elem = accumulator(r.elem);
        let reg = Reg::of(elem);
        let combine = combining(r.op);
        let extent = r.dims[d];
        // Several vectors hide the latency of the combining operation.
        let vectors: usize = match extent {
            0..4 => 0,
            4..16 => 1,
            _ => 4,
        };
        let start = self.number(reg, identity(r.op, reg));
        let mut carried = vec![start];
        for _ in 0..vectors {
            carried.extend(self.splat(reg, start, LANES).parts);
        }
        let values = self.carry_nest(r.dims, inner, pos, &carried, &mut |this, pos, carried| {
            let widths: &[u32] = if vectors == 4 { &[16, 4, 1] } else { &[4, 1] };
            this.chunk_loop(extent, widths, carried, &mut |this, ix, width, carried| {
                let next = this.eval(r.value, &pos.with(d, ix).lanes(width, d))?;
                let mut values = carried.to_vec();
                let first = usize::from(width > 1);
                for (i, &part) in next.parts.iter().enumerate() {
                    let lanes = width.min(LANES);
                    let sum = Chunk { lanes, parts: vec![values[first + i]] };
                    let part = Chunk { lanes, parts: vec![part] };
                    values[first + i] = this.binary(combine, elem, &sum, &part).parts[0];
                }
                Ok(values)
            })
        })?;
        let mut sum = Chunk::one(values[0]);
        if let Some((&first, rest)) = values[1..].split_first() {
            let mut vector = Chunk { lanes: LANES, parts: vec![first] };
            for &part in rest {
                vector = self.binary(combine, elem, &vector, &Chunk { lanes: LANES, parts: vec![part] });
            }
            for element in self.all_lanes(reg, &vector) {
                sum = self.binary(combine, elem, &sum, &Chunk::one(element));
            }
        }
        Ok(sum)
    }
}
