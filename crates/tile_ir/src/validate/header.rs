//! A kernel's name, grid and parameters.

use std::collections::BTreeSet;

use super::{MAX_PROGRAMS, MAX_VIEW_ELEMENTS, Problem};
use crate::kernel::{Access, Kernel, Loc, Own, ParamKind, Scalar, View};
use crate::op::Axis;
use crate::types::{Elem, Type};

/// Everything wrong with the header, each with its place.
pub(super) fn check(kernel: &Kernel) -> Vec<(&Loc, Problem)> {
    let mut problems = Vec::new();
    for name in [&kernel.name, &kernel.family] {
        if !is_identifier(name) {
            problems.push((&kernel.loc, Problem::NotAnIdentifier(name.clone())));
        }
    }
    let mut tuning = BTreeSet::new();
    for (name, size) in &kernel.tuning {
        if i64::try_from(*size).is_err() {
            problems.push((&kernel.loc, Problem::TuningSize(*size)));
        }
        if !is_identifier(name) {
            problems.push((&kernel.loc, Problem::NotAnIdentifier(name.clone())));
        } else if !tuning.insert(name) {
            problems.push((&kernel.loc, Problem::DuplicateTuning(name.clone())));
        }
    }
    if kernel.grid.contains(&0) {
        problems.push((&kernel.loc, Problem::EmptyGrid(kernel.grid)));
    } else if kernel.grid.iter().fold(1u64, |n, &size| n.saturating_mul(size)) > MAX_PROGRAMS {
        problems.push((&kernel.loc, Problem::LargeGrid(kernel.grid)));
    }
    let mut names = BTreeSet::new();
    for param in &kernel.params {
        if !is_identifier(&param.name) {
            problems.push((&param.loc, Problem::NotAnIdentifier(param.name.clone())));
        } else if !names.insert(&param.name) {
            problems.push((&param.loc, Problem::DuplicateParam(param.name.clone())));
        }
        let problem = match &param.kind {
            ParamKind::View(found) => view(kernel, &param.name, found).err(),
            ParamKind::Scalar(found) => scalar(kernel, &param.name, found).err(),
        };
        problems.extend(problem.map(|problem| (&param.loc, problem)));
    }
    problems
}

/// ASCII letters, digits and underscores, not starting with a digit: what every target language can spell.
fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn scalar(kernel: &Kernel, name: &str, scalar: &Scalar) -> Result<(), Problem> {
    let ty = kernel.values.get(scalar.value.index()).map_or(Type::scalar(scalar.elem), |data| data.ty);
    let name = name.to_owned();
    match scalar.elem {
        Elem::F32 | Elem::I32 | Elem::I64 if ty == Type::scalar(scalar.elem) => {}
        Elem::F32 | Elem::I32 | Elem::I64 => return Err(Problem::ScalarType { name, found: ty }),
        Elem::F16 | Elem::Bf16 | Elem::I1 | Elem::I8 | Elem::Index => {
            return Err(Problem::ScalarType { name, found: Type::scalar(scalar.elem) });
        }
    }
    match scalar.bound {
        Some(bound)
            if bound == 0
                || i64::try_from(bound).is_err()
                || scalar.elem.is_float()
                || (scalar.elem == Elem::I32 && bound > 1 << 32) =>
        {
            Err(Problem::ScalarBound { name, bound, elem: scalar.elem })
        }
        Some(_) | None => Ok(()),
    }
}

fn view(kernel: &Kernel, name: &str, view: &View) -> Result<(), Problem> {
    let name = name.to_owned();
    let shape = view.shape;
    if shape.rank() == 0 || shape.dims().contains(&0) || shape.count() > MAX_VIEW_ELEMENTS {
        return Err(Problem::ViewShape { name, shape });
    }
    if view.elem == Elem::Index {
        return Err(Problem::ViewElem { name, elem: view.elem });
    }
    let expected = match view.access {
        Access::Read | Access::Weights => 0,
        Access::Write => shape.rank(),
    };
    if view.own.len() != expected {
        return Err(Problem::OwnCount { name, expected, found: view.own.len() });
    }
    let mut split = [false; 3];
    for (dim, own) in view.own.iter().enumerate() {
        match *own {
            Own::Whole => {}
            Own::Block { axis: _, size: 0 } => return Err(Problem::OwnBlock { name, dim }),
            Own::Block { axis, size: _ } => split[axis.index()] = true,
            Own::At { param } => match kernel.params.get(param).map(|param| &param.kind) {
                Some(ParamKind::Scalar(scalar)) if scalar.elem.is_int() => {}
                Some(ParamKind::Scalar(_) | ParamKind::View(_)) | None => {
                    return Err(Problem::OwnAt { name, dim, param });
                }
            },
        }
    }
    let shared = Axis::ALL.into_iter().find(|axis| kernel.grid[axis.index()] > 1 && !split[axis.index()]);
    match shared {
        Some(axis) if view.access == Access::Write => {
            Err(Problem::OwnShared { name, axis: axis.name(), programs: kernel.grid[axis.index()] })
        }
        Some(_) | None => Ok(()),
    }
}
