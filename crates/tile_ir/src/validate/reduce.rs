//! Reductions and products.

use super::{Check, Problem, count, same, tile};
use crate::op::{ContractSpec, ReduceOp, reduced_shape};
use crate::types::{Elem, Type};

pub(super) fn reduce(op: ReduceOp, value: Type, acc: Type, dims: &[usize], result: Type) -> Check {
    tile("operand", value)?;
    let expected = match op {
        ReduceOp::Add => (value.elem == Elem::I1).then_some("a tile of numbers"),
        ReduceOp::MinF | ReduceOp::MaxF => (!value.elem.is_float()).then_some("a float tile"),
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => {
            (value.elem.is_float() || value.elem == Elem::I1).then_some("an integer tile of at least 8 bits")
        }
    };
    if let Some(expected) = expected {
        return Err(Problem::Unexpected { role: "operand", expected, found: value });
    }
    let rank = value.shape.rank();
    if let Some(&dim) = dims.iter().find(|&&dim| dim >= rank) {
        return Err(Problem::OutOfRange { role: "dimension", found: dim as u64, limit: rank as u64 });
    }
    if dims.is_empty() {
        return Err(Problem::NothingReduced);
    }
    if !dims.is_sorted_by(|a, b| a < b) {
        return Err(Problem::ReduceOrder);
    }
    let shape = reduced_shape(&value.shape, dims).unwrap_or_default();
    same("start value", value.with_shape(shape), acc)?;
    same("result", acc, result)
}

pub(super) fn contract(lhs: Type, rhs: Type, acc: Type, spec: &ContractSpec, result: Type) -> Check {
    tile("left operand", lhs)?;
    tile("right operand", rhs)?;
    super::float("left operand", lhs)?;
    same("right operand", rhs.with_elem(lhs.elem), rhs)?;
    same("accumulator", acc.with_elem(lhs.elem), acc)?;
    let iterators = spec.reduced.len();
    // The extent of each iterator, from the dimension that used it first.
    let mut extents: Vec<Option<u64>> = vec![None; iterators];
    for (ty, map) in [(lhs, &spec.lhs), (rhs, &spec.rhs), (acc, &spec.acc)] {
        count("iterators of an operand", ty.shape.rank(), map.len())?;
        for (dim, (&iterator, &extent)) in map.iter().zip(ty.shape.dims()).enumerate() {
            let Some(known) = extents.get_mut(iterator) else {
                return Err(Problem::OutOfRange { role: "iterator", found: iterator as u64, limit: iterators as u64 });
            };
            if map[..dim].contains(&iterator) {
                return Err(Problem::Iterator { iterator, rule: "indexes two dimensions of one operand" });
            }
            if *known.get_or_insert(extent) != extent {
                return Err(Problem::Iterator { iterator, rule: "indexes dimensions of different extents" });
            }
        }
    }
    for (iterator, &reduced) in spec.reduced.iter().enumerate() {
        let (in_lhs, in_rhs) = (spec.lhs.contains(&iterator), spec.rhs.contains(&iterator));
        let rule = match (reduced, spec.acc.contains(&iterator)) {
            (true, true) => Some("is reduced, but indexes the accumulator"),
            (true, false) if !(in_lhs && in_rhs) => Some("is reduced, but does not index both operands"),
            (false, false) => Some("is not reduced, but does not index the accumulator"),
            (false, true) if !in_lhs && !in_rhs => Some("indexes neither operand"),
            (true, false) | (false, true) => None,
        };
        if let Some(rule) = rule {
            return Err(Problem::Iterator { iterator, rule });
        }
    }
    if !spec.reduced.contains(&true) {
        return Err(Problem::NothingReduced);
    }
    same("result", acc, result)
}
