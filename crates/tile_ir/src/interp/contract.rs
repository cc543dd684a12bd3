//! Sums of products, accumulated in `f64` and rounded once: a product of two `f32` is exact in `f64`.

use super::shape::positions;
use super::value::{Data, Val, round};
use crate::op::ContractSpec;
use crate::types::{Shape, Type};

/// One iterator: its extent and its stride in each operand, 0 where it does not index it.
#[derive(Clone, Copy)]
struct Axis {
    extent: u64,
    lhs: u64,
    rhs: u64,
    acc: u64,
}

/// A tile operand with its type.
pub(super) type Typed<'a> = (&'a Val, Type);

pub(super) fn contract((lhs, lhs_ty): Typed, (rhs, rhs_ty): Typed, (acc, ty): Typed, spec: &ContractSpec) -> Val {
    let (lhs_data, rhs_data) = (lhs.floats(), rhs.floats());
    let mut sums: Vec<f64> = acc.floats().iter().map(|&x| f64::from(x)).collect();
    let mut outer = iterators(spec, &lhs_ty.shape, &rhs_ty.shape, &ty.shape);
    let inner = outer.remove(innermost(&outer));

    let dims: Vec<u64> = outer.iter().map(|it| it.extent).collect();
    let at = |stride: fn(&Axis) -> u64| positions(&dims, &outer.iter().map(stride).collect::<Vec<_>>(), 0);
    let starts = at(|it| it.lhs).zip(at(|it| it.rhs)).zip(at(|it| it.acc));
    let count = inner.extent as usize;
    let (ls, rs, step) = (inner.lhs as usize, inner.rhs as usize, inner.acc as usize);
    for ((l, r), a) in starts {
        let (l, r) = (&lhs_data[l..], &rhs_data[r..]);
        match (ls, rs, step) {
            (1, 1, 0) => sums[a] += dot(&l[..count], &r[..count]),
            (_, _, 0) => sums[a] += (0..count).map(|i| f64::from(l[i * ls]) * f64::from(r[i * rs])).sum::<f64>(),
            (0, 1, 1) => {
                let x = f64::from(l[0]);
                sums[a..a + count].iter_mut().zip(r).for_each(|(sum, &y)| *sum += x * f64::from(y));
            }
            (_, _, _) => {
                for i in 0..count {
                    sums[a + i * step] += f64::from(l[i * ls]) * f64::from(r[i * rs]);
                }
            }
        }
    }
    Val::new(ty, Data::Floats(sums.into_iter().map(|sum| round(ty.elem, sum as f32)).collect()))
}

/// In four partial sums, so that the compiler can use vectors.
fn dot(l: &[f32], r: &[f32]) -> f64 {
    let mut parts = [0f64; 4];
    let (l4, l_rest) = l.as_chunks::<4>();
    let (r4, r_rest) = r.as_chunks::<4>();
    for (x, y) in l4.iter().zip(r4) {
        for i in 0..4 {
            parts[i] += f64::from(x[i]) * f64::from(y[i]);
        }
    }
    let rest: f64 = l_rest.iter().zip(r_rest).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
    (parts[0] + parts[1]) + (parts[2] + parts[3]) + rest
}

fn iterators(spec: &ContractSpec, lhs: &Shape, rhs: &Shape, acc: &Shape) -> Vec<Axis> {
    let mut iterators = vec![Axis { extent: 1, lhs: 0, rhs: 0, acc: 0 }; spec.reduced.len()];
    for ((&it, &extent), stride) in spec.lhs.iter().zip(lhs.dims()).zip(lhs.strides()) {
        iterators[it].extent = extent;
        iterators[it].lhs = stride;
    }
    for ((&it, &extent), stride) in spec.rhs.iter().zip(rhs.dims()).zip(rhs.strides()) {
        iterators[it].extent = extent;
        iterators[it].rhs = stride;
    }
    for (&it, stride) in spec.acc.iter().zip(acc.strides()) {
        iterators[it].acc = stride;
    }
    iterators
}

/// The iterator to loop over innermost: the longest that steps through memory by one element, or not at all.
fn innermost(iterators: &[Axis]) -> usize {
    let dense = |it: &Axis| it.lhs <= 1 && it.rhs <= 1 && it.acc <= 1;
    let best = (0..iterators.len()).max_by_key(|&i| (dense(&iterators[i]), iterators[i].extent));
    best.unwrap_or(0)
}

/// Multiplications of a product: the product of the iterators' extents; saturates.
pub(super) fn work(spec: &ContractSpec, lhs: &Shape, rhs: &Shape) -> u64 {
    let iterators = iterators(spec, lhs, rhs, &Shape::SCALAR);
    iterators.iter().fold(1, |n, it| n.saturating_mul(it.extent))
}
