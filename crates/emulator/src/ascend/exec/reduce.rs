//! Many elements to one.

use super::rounded;
use crate::ascend::number::{Type, Values};
use crate::ascend::op::{Fold, Leaves};
use crate::ascend::span::lanes;

/// One result for each `group` elements. `lanes` are the places of a group's elements, if they are not 0, 1, 2, ...
pub(super) fn groups(
    fold: Fold,
    values: &Values,
    ty: Type,
    result: Type,
    group: usize,
    leaves: Leaves,
    places: &[u32],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut add = |value: Values, index: usize| {
        let index = places.get(index).copied().unwrap_or(index as u32);
        // An index has the type of its value, by its bits. Source: asc-devkit, ReduceRepeat.
        let index = index.to_le_bytes();
        let width = match leaves {
            Leaves::Index => 4,
            Leaves::AnyIndex => result.size(),
            Leaves::Value | Leaves::ValueIndex | Leaves::IndexValue => ty.size(),
        };
        let index = &index[..width.min(4)];
        match leaves {
            Leaves::Value => bytes.extend(value.bytes(result)),
            Leaves::Index | Leaves::AnyIndex => bytes.extend(index),
            Leaves::ValueIndex => {
                bytes.extend(value.bytes(ty));
                bytes.extend(index);
            }
            Leaves::IndexValue => {
                bytes.extend(index);
                bytes.extend(value.bytes(ty));
            }
        }
    };
    let last = leaves == Leaves::AnyIndex;
    match values {
        Values::Float(values) => {
            for group in values.chunks(group.max(1)) {
                let (value, index) = match fold {
                    Fold::Sum => (sum(group, ty), 0),
                    Fold::Max => extreme(group, last, |a, b| a > b),
                    Fold::Min => extreme(group, last, |a, b| a < b),
                };
                add(Values::Float(vec![value]), index);
            }
        }
        Values::Int(values) => {
            for group in values.chunks(group.max(1)) {
                let (value, index) = match fold {
                    Fold::Sum => (group.iter().sum(), 0),
                    Fold::Max => extreme(group, last, |a, b| a > b),
                    Fold::Min => extreme(group, last, |a, b| a < b),
                };
                add(Values::Int(vec![value]), index);
            }
        }
    }
    bytes
}

/// A binary tree inside a repeat, one repeat after the other. Source: asc-devkit, ReduceSum.
fn sum(values: &[f32], ty: Type) -> f32 {
    let mut total = 0.0;
    for repeat in values.chunks(lanes(ty.size())) {
        let mut row = repeat.to_vec();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| rounded(ty, pair.iter().sum())).collect();
        }
        total = rounded(ty, total + row.first().copied().unwrap_or(0.0));
    }
    total
}

/// The first or last element that no other beats, and its place.
fn extreme<T: Copy + Default>(values: &[T], last: bool, beats: impl Fn(T, T) -> bool) -> (T, usize) {
    let mut best = (values.first().copied().unwrap_or_default(), 0);
    for (index, value) in values.iter().enumerate() {
        if beats(*value, best.0) || last && !beats(best.0, *value) {
            best = (*value, index);
        }
    }
    best
}

/// Rows of `cols` elements to one row, one after the other.
pub(super) fn columns(fold: Fold, values: &Values, ty: Type, cols: usize) -> Values {
    match values {
        Values::Float(values) => {
            let mut rows = values.chunks(cols.max(1));
            let mut result = rows.next().unwrap_or(&[]).to_vec();
            for row in rows {
                for (all, value) in result.iter_mut().zip(row) {
                    *all = match fold {
                        Fold::Sum => rounded(ty, *all + value),
                        Fold::Max => all.max(*value),
                        Fold::Min => all.min(*value),
                    };
                }
            }
            Values::Float(result)
        }
        Values::Int(values) => {
            let mut rows = values.chunks(cols.max(1));
            let mut result = rows.next().unwrap_or(&[]).to_vec();
            for row in rows {
                for (all, value) in result.iter_mut().zip(row) {
                    *all = match fold {
                        Fold::Sum => all.wrapping_add(*value),
                        Fold::Max => (*all).max(*value),
                        Fold::Min => (*all).min(*value),
                    };
                }
            }
            Values::Int(result)
        }
    }
}
