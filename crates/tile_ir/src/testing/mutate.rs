//! Random damage to kernels.

use super::rng::Rng;
use crate::kernel::{Kernel, Own, ParamKind};
use crate::op::{Axis, Block, Index, Literal, Op, OpKind, Value, ViewId};
use crate::types::{Elem, Shape};

/// Changes a few things at random: operands, types, shapes, attributes, parameters, the order of operations. The result
/// may be valid or not; sizes stay small. For tests that bad kernels are refused and never do worse.
pub fn mutate(kernel: &mut Kernel, rng: &mut Rng) {
    for _ in 0..1 + rng.below(3) {
        match rng.below(8) {
            0 => value_type(kernel, rng),
            1 => parameter(kernel, rng),
            2 => kernel.grid[rng.below(3) as usize] = rng.below(4),
            3 | 4 => {
                let mut body = std::mem::take(&mut kernel.body);
                order(&mut body, rng);
                kernel.body = body;
            }
            _ => {
                let (values, params) = (kernel.values.len() as u64, kernel.params.len() as u64);
                let mut count = 0;
                kernel.body.for_each_op(&mut |_| count += 1);
                let mut left = rng.below(count);
                kernel.body.for_each_op_mut(&mut |op| {
                    if left == 0 {
                        operation(op, values, params, rng);
                    }
                    left = left.wrapping_sub(1);
                });
            }
        }
    }
}

fn dim(rng: &mut Rng) -> u64 {
    rng.pick(&[0, 1, 1, 2, 3, 4, 5, 7, 8, 11])
}

fn shape(rng: &mut Rng) -> Shape {
    let dims: Vec<u64> = (0..rng.below(4)).map(|_| dim(rng)).collect();
    Shape::new(&dims).unwrap_or_default()
}

fn value_type(kernel: &mut Kernel, rng: &mut Rng) {
    let at = rng.below(kernel.values.len() as u64) as usize;
    if let Some(data) = kernel.values.get_mut(at) {
        match rng.below(3) {
            0 => data.ty.shape = shape(rng),
            _ => data.ty.elem = rng.pick(Elem::ALL),
        }
    }
}

fn parameter(kernel: &mut Kernel, rng: &mut Rng) {
    let count = kernel.params.len() as u64;
    let at = rng.below(count) as usize;
    match kernel.params.get_mut(at).map(|param| &mut param.kind) {
        Some(ParamKind::View(view)) => match rng.below(4) {
            0 => view.shape = shape(rng),
            1 => view.elem = rng.pick(Elem::ALL),
            _ => {
                let own = [
                    Own::Whole,
                    Own::Block { axis: rng.pick(&Axis::ALL), size: rng.below(5) },
                    Own::At { param: rng.below(count + 1) as usize },
                ];
                let dim = rng.below(4) as usize;
                if let Some(part) = view.own.get_mut(dim) {
                    *part = rng.pick(&own);
                }
            }
        },
        Some(ParamKind::Scalar(scalar)) => match rng.below(2) {
            0 => scalar.elem = rng.pick(Elem::ALL),
            _ => scalar.bound = Some(rng.below(9)),
        },
        None => {}
    }
}

/// Drops, repeats or exchanges operations, or changes what is yielded.
fn order(block: &mut Block, rng: &mut Rng) {
    let count = block.ops.len() as u64;
    let (i, j) = (rng.below(count) as usize, rng.below(count) as usize);
    if block.ops.is_empty() {
        return;
    }
    match rng.below(5) {
        0 => {
            block.ops.remove(i);
        }
        1 => {
            let op = block.ops[i].clone();
            block.ops.insert(j, op);
        }
        2 => block.ops.swap(i, j),
        _ => {
            let mut regions = block.ops[i].kind.blocks_mut();
            if regions.is_empty() {
                return;
            }
            let region = rng.below(regions.len() as u64) as usize;
            if rng.below(2) == 0 {
                regions[region].yields.pop();
            } else {
                order(regions[region], rng);
            }
        }
    }
}

fn operation(op: &mut Op, values: u64, params: u64, rng: &mut Rng) {
    if rng.below(2) == 0 {
        let mut left = rng.below(op.kind.operands().len() as u64);
        let value = Value(rng.below(values + 1) as u32);
        op.kind.map_operands(|old| {
            left = left.wrapping_sub(1);
            if left == u64::MAX { value } else { old }
        });
        return;
    }
    let change = |list: &mut Vec<usize>, rng: &mut Rng| {
        let at = rng.below(list.len() as u64) as usize;
        if let Some(item) = list.get_mut(at) {
            *item = rng.below(5) as usize;
        }
    };
    match &mut op.kind {
        OpKind::Constant(literal) => {
            if let Literal::Dense(numbers) = literal {
                numbers.pop();
            } else {
                *literal = Literal::Iota { dim: rng.below(4) as usize };
            }
        }
        OpKind::Transpose { perm, .. } => change(perm, rng),
        OpKind::Slice { offsets, .. } | OpKind::InsertSlice { offsets, .. } => {
            offsets.iter_mut().for_each(|offset| *offset = rng.below(4));
        }
        OpKind::Extract { indices, .. } | OpKind::Insert { indices, .. } | OpKind::CreateMask { bounds: indices } => {
            if rng.below(3) == 0 {
                indices.push(Index::Static(0));
            } else {
                indices.iter_mut().for_each(|index| *index = Index::Static(rng.below(6)));
            }
        }
        OpKind::Reduce { dims, .. } => change(dims, rng),
        OpKind::Contract { spec, .. } => match rng.below(4) {
            0 => change(&mut spec.lhs, rng),
            1 => change(&mut spec.rhs, rng),
            2 => change(&mut spec.acc, rng),
            _ => {
                let at = rng.below(spec.reduced.len() as u64) as usize;
                spec.reduced[at] = !spec.reduced[at];
            }
        },
        OpKind::Load { view, in_bounds, indices, .. } | OpKind::Store { view, in_bounds, indices, .. } => {
            match rng.below(3) {
                0 => *view = ViewId(rng.below(params + 1) as u32),
                1 => in_bounds.iter_mut().for_each(|promise| *promise = true),
                _ => indices.truncate(1),
            }
        }
        OpKind::LoadScalar { view, .. } | OpKind::StoreScalar { view, .. } | OpKind::Gather { view, .. } => {
            *view = ViewId(rng.below(params + 1) as u32);
        }
        OpKind::For { body, .. } => {
            body.args.pop();
        }
        OpKind::While { cond, .. } => *cond = Value(rng.below(values + 1) as u32),
        OpKind::ProgramId(axis) | OpKind::NumPrograms(axis) => *axis = rng.pick(&Axis::ALL),
        OpKind::Unary(..)
        | OpKind::Binary(..)
        | OpKind::Fma(..)
        | OpKind::Compare(..)
        | OpKind::Select { .. }
        | OpKind::Cast(..)
        | OpKind::Broadcast(_)
        | OpKind::Reshape(_)
        | OpKind::If { .. } => {
            op.results.pop();
        }
    }
}
