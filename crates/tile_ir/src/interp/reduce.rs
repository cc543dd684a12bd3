//! Reductions. Float sums are accumulated in `f64` in index order and rounded once.

use super::elementwise::{max_num, min_num};
use super::shape::positions;
use super::value::{Data, Val, round, unsigned, wrap};
use crate::op::ReduceOp;
use crate::types::{Elem, Shape, Type};

/// `from` is the operand's type, `ty` the start value's and the result's.
pub(super) fn reduce(op: ReduceOp, value: &Val, from: Type, acc: &Val, dims: &[usize], ty: Type) -> Val {
    let target = Target::new(&from.shape, dims, &ty.shape);
    let data = if ty.elem.is_float() {
        let floats = value.floats();
        Data::Floats(match op {
            ReduceOp::Add => {
                let start = acc.floats().iter().map(|&x| f64::from(x)).collect();
                let sums = target.fold(floats, start, |sum, &x| *sum += f64::from(x));
                sums.into_iter().map(|sum| round(ty.elem, sum as f32)).collect()
            }
            ReduceOp::MinF => target.fold(floats, acc.floats().to_vec(), |best, &x| *best = min_num(*best, x)),
            ReduceOp::MaxF => target.fold(floats, acc.floats().to_vec(), |best, &x| *best = max_num(*best, x)),
            ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => {
                unreachable!("the validator refuses integer reductions of floats")
            }
        })
    } else {
        Data::Ints(ints(op, value.ints(), acc.ints().to_vec(), &target, ty.elem))
    };
    Val::new(ty, data)
}

fn ints(op: ReduceOp, values: &[i64], acc: Vec<i64>, target: &Target, elem: Elem) -> Vec<i64> {
    let u = |x: i64| unsigned(elem, x);
    match op {
        ReduceOp::Add => target.fold(values, acc, |sum, &x| *sum = wrap(elem, sum.wrapping_add(x))),
        ReduceOp::MinS => target.fold(values, acc, |best, &x| *best = x.min(*best)),
        ReduceOp::MaxS => target.fold(values, acc, |best, &x| *best = x.max(*best)),
        ReduceOp::MinU => target.fold(values, acc, |best, &x| *best = if u(x) < u(*best) { x } else { *best }),
        ReduceOp::MaxU => target.fold(values, acc, |best, &x| *best = if u(x) > u(*best) { x } else { *best }),
        ReduceOp::MinF | ReduceOp::MaxF => {
            unreachable!("the validator refuses float reductions of integers")
        }
    }
}

/// Which element of the result each row of the operand goes to.
struct Target {
    /// The operand's dimensions but the last.
    outer: Vec<u64>,
    /// Strides of the result along those; 0 where reduced.
    strides: Vec<u64>,
    /// Elements in a row of the operand.
    row: usize,
    /// Stride of the result along a row: 0 if reduced.
    step: usize,
}

impl Target {
    fn new(from: &Shape, reduced: &[usize], to: &Shape) -> Target {
        let mut kept = to.strides().into_iter();
        let mut strides: Vec<u64> =
            (0..from.rank()).map(|d| if reduced.contains(&d) { 0 } else { kept.next().unwrap_or(0) }).collect();
        let mut outer = from.dims().to_vec();
        let row = outer.pop().unwrap_or(1) as usize;
        let step = strides.pop().unwrap_or(0) as usize;
        Target { outer, strides, row, step }
    }

    /// Combines every operand element with its result element, in index order.
    fn fold<X, A>(&self, values: &[X], mut acc: Vec<A>, f: impl Fn(&mut A, &X)) -> Vec<A> {
        let starts = positions(&self.outer, &self.strides, 0);
        for (row, start) in values.chunks_exact(self.row).zip(starts) {
            if self.step == 0 {
                row.iter().for_each(|x| f(&mut acc[start], x));
            } else {
                acc[start..].iter_mut().step_by(self.step).zip(row).for_each(|(a, x)| f(a, x));
            }
        }
        acc
    }
}
