//! Two lane programs side by side: the programs of the second follow those of the first along x.

use std::cell::Cell;
use std::collections::BTreeSet;

use thiserror::Error;
use tile_ir::{Access, Axis, BinaryOp, ParamKind, Predicate, ViewId};

use crate::ir::{
    Builtin, Early, EarlyCopy, Expr, Fragment, LaneKernel, MatrixOp, Memory, Place, Scalar, Shared, Stmt, StmtKind,
    Var, VarData, WeightRange, unfold,
};
use crate::target::Target;
use crate::verify::{Violation, verify};

/// Why two lane programs cannot stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BesideError {
    /// They have too many programs, or some of them ask for weights of their own.
    #[error("kernels with {first:?} and {second:?} programs do not stand side by side along x")]
    Grid {
        /// Programs of the first.
        first: [u64; 3],
        /// Programs of the second.
        second: [u64; 3],
    },
    /// They differ in threads, and the one with fewer has a barrier that the added threads would not reach.
    #[error("kernels of {first} and {second} threads do not stand side by side: the smaller one has barriers")]
    Threads {
        /// Threads of the first.
        first: u32,
        /// Threads of the second.
        second: u32,
    },
    /// Two parameters that are to be one differ, or are written.
    #[error("parameters `{first}` and `{second}` cannot be one")]
    Params {
        /// Of the first.
        first: String,
        /// Of the second.
        second: String,
    },
    /// The result breaks a rule of lane programs or a limit of the target.
    #[error("side by side, the kernels break a rule: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rules(Vec<Violation>),
}

/// Two lane programs side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The first one's parameters, then those of the second that are its own.
    pub kernel: LaneKernel,
    /// By parameter of the second: its index in the result.
    pub second: Vec<usize>,
}

/// Puts `second` after `first` along x, as a kernel called `family`. Programs of a grid of several axes are counted along x, one
/// row after the other. Each pair of `shared` is a parameter of the first and one of
/// the second that are one in the result: both read, of one type.
///
/// Nothing orders the programs of the two: neither may write what the other one touches.
///
/// # Errors
/// Grids, threads or shared parameters that do not fit, or a result that [`verify`] refuses.
pub fn beside(
    family: &str,
    first: &LaneKernel,
    second: &LaneKernel,
    shared: &[(usize, usize)],
    target: &Target,
) -> Result<Beside, BesideError> {
    let grids = || BesideError::Grid { first: first.grid, second: second.grid };
    let (first, second) = (&along_x(first).ok_or_else(grids)?, &along_x(second).ok_or_else(grids)?);
    let edge = u32::try_from(first.grid[0]).ok();
    let (Some(edge), Some(programs)) = (edge, first.grid[0].checked_add(second.grid[0])) else {
        return Err(grids());
    };
    let mut out = first.clone();
    out.family = family.to_owned();
    out.tuning = tuning(first).chain(tuning(second)).collect();
    out.name = out.tuning.iter().fold(family.to_owned(), |name, (key, value)| {
        let key = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
        format!("{name}_{key}{value}")
    });
    out.grid[0] = programs;
    out.threads = first.threads.max(second.threads);
    let params = add_params(&mut out, second, shared)?;
    let arrays = overlay(&mut out, second);
    out.early = early(first, second, &params, &arrays);

    let shifted = Var((first.vars.len() + second.vars.len()) as u32);
    let shift = Shift {
        vars: first.vars.len() as u32,
        fragments: first.fragments.len() as u32,
        owners: owners(first),
        params: &params,
        arrays: &arrays,
        program: shifted,
        asked: Cell::new(false),
    };
    out.vars.extend(second.vars.iter().cloned());
    out.vars.push(VarData { name: "program".to_owned(), scalar: Scalar::I32, len: None });
    out.fragments.extend(second.fragments.iter().cloned());
    let mut body = second.body.clone();
    body.iter_mut().for_each(|stmt| stmt.for_each_mut(&mut |stmt| shift.stmt(stmt)));
    let program = || Expr::Builtin(Builtin::Program(Axis::X));
    let behind = Expr::Binary(BinaryOp::Sub, Box::new(program()), Box::new(Expr::int(edge)));
    let stmt = |kind| Stmt { kind, loc: second.loc.clone() };
    // A kernel that never asks for its program's index has no use for it.
    let shifts = shift.asked.get().then(|| stmt(StmtKind::Let { var: shifted, value: behind }));
    let otherwise = shifts.into_iter().chain(body).collect();
    let condition = Expr::Compare(Predicate::ULt, Box::new(program()), Box::new(Expr::int(edge)));
    let then = some_threads(std::mem::take(&mut out.body), first, second, out.threads)?;
    let otherwise = some_threads(otherwise, second, first, out.threads)?;
    out.body = vec![Stmt { kind: StmtKind::If { condition, then, otherwise }, loc: first.loc.clone() }];
    if out.early.is_none() {
        // It starts after they have ended.
        drop_waits(&mut out.body);
    }
    verify(&out, target).map_err(BesideError::Rules)?;
    Ok(Beside { kernel: out, second: params })
}

/// The kernel with its programs counted along x, x fastest; `None` where they are too many, or only some along x ask for
/// weights that differ along the other axes.
fn along_x(kernel: &LaneKernel) -> Option<LaneKernel> {
    if kernel.grid[1..] == [1, 1] {
        return Some(kernel.clone());
    }
    let grid = kernel.grid;
    let programs = grid.iter().try_fold(1, |all: u64, &one| all.checked_mul(one))?;
    u32::try_from(programs).ok()?;
    let mut out = kernel.clone();
    out.grid = [programs, 1, 1];
    if let Some(early) = &mut out.early {
        for range in early.prefetches.iter_mut().chain(early.copies.iter_mut().map(|copy| &mut copy.from)) {
            match range.programs {
                // What all read, the first asks for.
                _ if range.per_program == [0; 3] => {}
                [0, until] if until == grid[0] => {
                    range.programs = [0, programs];
                    range.folded = Some(grid);
                }
                [..] => return None,
            }
        }
    }
    let base = out.vars.len();
    let numbers = Axis::ALL.map(|axis| Var((base + axis.index()) as u32));
    let mut asked = [false; 3];
    let mut number = |expr: &mut Expr| {
        expr.for_each_mut(&mut |expr| {
            if let Expr::Builtin(Builtin::Program(axis)) = *expr {
                asked[axis.index()] = true;
                *expr = Expr::Var(numbers[axis.index()]);
            }
        });
    };
    out.body.iter_mut().for_each(|stmt| {
        stmt.for_each_mut(&mut |stmt| stmt.exprs_mut().into_iter().for_each(&mut number));
    });
    let mut lets = Vec::new();
    for axis in Axis::ALL {
        let name = format!("program_{}", axis.name());
        out.vars.push(VarData { name, scalar: Scalar::I32, len: None });
        if asked[axis.index()] {
            let value = unfold(Expr::Builtin(Builtin::Program(Axis::X)), grid, axis);
            let kind = StmtKind::Let { var: numbers[axis.index()], value };
            lets.push(Stmt { kind, loc: kernel.loc.clone() });
        }
    }
    out.body.splice(..0, lets);
    Some(out)
}

/// Both start early or neither does; each side asks for its own weights.
fn early(first: &LaneKernel, second: &LaneKernel, params: &[usize], arrays: &[Shared]) -> Option<Early> {
    let (mut out, behind) = (first.early.clone()?, second.early.as_ref()?);
    let moved = |range: &WeightRange| WeightRange {
        view: ViewId(params[range.view.index()] as u32),
        programs: range.programs.map(|program| program + first.grid[0]),
        ..range.clone()
    };
    out.prefetches.extend(behind.prefetches.iter().map(moved));
    let copies = behind.copies.iter();
    out.copies.extend(copies.map(|copy| EarlyCopy { from: moved(&copy.from), to: arrays[copy.to.0 as usize] }));
    Some(out)
}

/// Tile sizes, by the family that has them.
fn tuning(kernel: &LaneKernel) -> impl Iterator<Item = (String, u64)> + '_ {
    kernel.tuning.iter().map(|(key, value)| {
        let key = if key.contains('.') { key.clone() } else { format!("{}.{key}", kernel.family) };
        (key, *value)
    })
}

/// The body of `of`, run by its own threads only.
fn some_threads(body: Vec<Stmt>, of: &LaneKernel, other: &LaneKernel, threads: u32) -> Result<Vec<Stmt>, BesideError> {
    if of.threads == threads {
        return Ok(body);
    }
    let mut barriers = false;
    of.body.iter().for_each(|stmt| {
        stmt.for_each(&mut |stmt| {
            barriers |= matches!(stmt.kind, StmtKind::Barrier { .. } | StmtKind::AwaitCopy { .. });
        });
    });
    if barriers {
        return Err(BesideError::Threads { first: of.threads, second: other.threads });
    }
    let thread = Expr::Builtin(Builtin::Thread);
    let condition = Expr::Compare(Predicate::ULt, Box::new(thread), Box::new(Expr::int(of.threads)));
    let stmt = |kind| Stmt { kind, loc: of.loc.clone() };
    let waits = body.iter().any(|stmt| stmt.kind == StmtKind::AwaitEarlier);
    let otherwise = waits.then(|| stmt(StmtKind::AwaitEarlier)).into_iter().collect();
    Ok(vec![stmt(StmtKind::If { condition, then: body, otherwise })])
}

fn drop_waits(stmts: &mut Vec<Stmt>) {
    stmts.retain(|stmt| stmt.kind != StmtKind::AwaitEarlier);
    stmts.iter_mut().flat_map(Stmt::blocks_mut).for_each(drop_waits);
}

/// Adds the second kernel's parameters; their indices.
fn add_params(out: &mut LaneKernel, second: &LaneKernel, shared: &[(usize, usize)]) -> Result<Vec<usize>, BesideError> {
    let own = out.params.len();
    let mut taken: BTreeSet<String> = out.params.iter().map(|param| param.name.clone()).collect();
    let mut indices = Vec::new();
    for (number, param) in second.params.iter().enumerate() {
        if let Some(&(with, _)) = shared.iter().find(|pair| pair.1 == number) {
            let alike = out.params[..own].get(with).is_some_and(|first| match (&first.kind, &param.kind) {
                (ParamKind::View(x), ParamKind::View(y)) => x == y && x.access != Access::Write,
                (ParamKind::Scalar(x), ParamKind::Scalar(y)) => (x.elem, x.bound) == (y.elem, y.bound),
                (ParamKind::View(_), ParamKind::Scalar(_)) | (ParamKind::Scalar(_), ParamKind::View(_)) => false,
            });
            if !alike {
                let first = out.params.get(with).map_or_else(String::new, |first| first.name.clone());
                return Err(BesideError::Params { first, second: param.name.clone() });
            }
            indices.push(with);
            continue;
        }
        let mut added = param.clone();
        added.take_name(&mut taken);
        indices.push(out.params.len());
        out.params.push(added);
    }
    for &index in indices.iter().filter(|&&index| index >= own) {
        out.params[index].map_owners(|owner| indices[owner]);
    }
    Ok(indices)
}

/// Shared arrays of the second kernel: those of the first where the element type is the same, for a program uses only
/// those of one side. What weights are copied to is written by nothing else, on either side.
fn overlay(out: &mut LaneKernel, second: &LaneKernel) -> Vec<Shared> {
    let own = out.shared.len();
    let mut free: Vec<usize> = (0..own).collect();
    let (copied, copied_second) = (out.copied(), second.copied());
    let mut arrays = Vec::new();
    for (number, array) in second.shared.iter().enumerate() {
        let by_copy = copied_second.contains(&Shared(number as u32));
        let found = free.iter().position(|&index| {
            out.shared[index].elem == array.elem && copied.contains(&Shared(index as u32)) == by_copy
        });
        let index = match found {
            Some(position) => free.remove(position),
            None => {
                out.shared.push(array.clone());
                out.shared.len() - 1
            }
        };
        out.shared[index].len = out.shared[index].len.max(array.len);
        arrays.push(Shared(index as u32));
    }
    arrays
}

/// One above the largest owner number.
fn owners(kernel: &LaneKernel) -> u32 {
    let mut next = 0;
    let mut see = |place: &Place| next = next.max(place.owner.map_or(0, |owner| owner + 1));
    kernel.body.iter().for_each(|stmt| {
        stmt.for_each(&mut |stmt| stmt.reads().into_iter().chain(stmt.writes()).for_each(&mut see));
    });
    next
}

/// Renumbers what a statement of the second kernel names.
struct Shift<'a> {
    vars: u32,
    fragments: u32,
    owners: u32,
    params: &'a [usize],
    arrays: &'a [Shared],
    /// The program's index in the second kernel.
    program: Var,
    /// Whether anything asks for it.
    asked: Cell<bool>,
}

impl Shift<'_> {
    /// The statement itself, without those inside it.
    fn stmt(&self, stmt: &mut Stmt) {
        stmt.for_each_place_mut(&mut |place| self.place(place));
        stmt.exprs_mut().into_iter().for_each(|expr| self.expr(expr));
        match &mut stmt.kind {
            StmtKind::Let { var, .. }
            | StmtKind::Declare { var, .. }
            | StmtKind::Assign { var, .. }
            | StmtKind::LoadVector { var, .. }
            | StmtKind::StoreVector { var, .. }
            | StmtKind::LaneReduce { var, .. }
            | StmtKind::For { var, .. } => self.var(var),
            StmtKind::Matrix(op) => match op {
                MatrixOp::Declare { fragment }
                | MatrixOp::Fill { fragment, .. }
                | MatrixOp::Load { fragment, .. }
                | MatrixOp::Store { fragment, .. } => self.fragment(fragment),
                MatrixOp::Multiply { acc, a, b } => {
                    [acc, a, b].into_iter().for_each(|operand| self.fragment(&mut operand.0));
                }
            },
            StmtKind::AwaitCopy { array } => *array = self.arrays[array.0 as usize],
            StmtKind::Store { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::While { .. }
            | StmtKind::If { .. } => {}
        }
    }

    fn var(&self, var: &mut Var) {
        var.0 += self.vars;
    }

    fn fragment(&self, fragment: &mut Fragment) {
        fragment.0 += self.fragments;
    }

    fn place(&self, place: &mut Place) {
        match &mut place.memory {
            Memory::Global(view) => *view = ViewId(self.params[view.index()] as u32),
            Memory::Shared(array) => *array = self.arrays[array.0 as usize],
        }
        if let Some(owner) = &mut place.owner {
            *owner += self.owners;
        }
    }

    fn expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Var(var) | Expr::Element(var, _) => self.var(var),
            Expr::Builtin(Builtin::Program(Axis::X)) => {
                self.asked.set(true);
                *expr = Expr::Var(self.program);
            }
            Expr::Param(param) => *param = self.params[*param],
            Expr::Builtin(
                Builtin::Thread | Builtin::Lane | Builtin::Subgroup | Builtin::Program(Axis::Y | Axis::Z),
            )
            | Expr::Float(_)
            | Expr::Int(..)
            | Expr::Bool(_)
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Convert(..)
            | Expr::Load(_) => {}
        }
        expr.operands_mut().into_iter().for_each(|operand| self.expr(operand));
    }
}
