//! The rules of the IR.
//!
//! A module that passes may be interpreted, printed and lowered without further checks. The walk keeps the set of
//! values visible at each operation (SSA: defined once, before use, in an enclosing region); the other files hold the
//! type rules, one per operation family.

mod control;
mod elementwise;
mod error;
mod header;
mod memory;
mod reduce;
mod shape;
#[cfg(test)]
mod tests;

pub use error::{Problem, ValidateError};

use crate::kernel::{Kernel, Loc, Module, ParamKind};
use crate::op::{Block, Op, OpKind, Value};
use crate::types::Type;

/// Most programs a grid may have.
pub const MAX_PROGRAMS: u64 = 1 << 31;

/// Deepest nesting of loops and branches.
pub const MAX_NESTING: usize = 64;

/// Most elements of a view, so that offsets in bytes fit 63 bits.
pub const MAX_VIEW_ELEMENTS: u64 = 1 << 48;

/// Most elements of a tile.
pub const MAX_TILE_ELEMENTS: u64 = 1 << 32;

type Check = Result<(), Problem>;

/// Checks every rule on every kernel.
///
/// # Errors
/// Everything that is wrong, in source order; at most one problem for each operation.
pub fn validate(module: &Module) -> Result<(), Vec<ValidateError>> {
    let mut errors = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for kernel in &module.kernels {
        if !names.insert(kernel.name.as_str()) {
            errors.push(ValidateError {
                kernel: kernel.name.clone(),
                op: None,
                loc: kernel.loc.clone(),
                problem: Problem::DuplicateKernel(kernel.name.clone()),
            });
        }
        if let Err(found) = validate_kernel(kernel) {
            errors.extend(found);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Checks every rule on one kernel.
///
/// # Errors
/// As [`validate`].
pub fn validate_kernel(kernel: &Kernel) -> Result<(), Vec<ValidateError>> {
    let mut walk = Walk {
        kernel,
        visible: vec![false; kernel.values.len()],
        defined: vec![false; kernel.values.len()],
        errors: Vec::new(),
    };
    for (loc, problem) in header::check(kernel) {
        walk.error(None, loc, problem);
    }
    for param in &kernel.params {
        if let ParamKind::Scalar(scalar) = &param.kind {
            walk.define(scalar.value, None, &param.loc);
        }
    }
    if !kernel.body.args.is_empty() || !kernel.body.yields.is_empty() {
        walk.error(None, &kernel.loc, Problem::BodySignature);
    }
    walk.block(&kernel.body, None, None, &kernel.loc, 0);
    if walk.errors.is_empty() { Ok(()) } else { Err(walk.errors) }
}

struct Walk<'a> {
    kernel: &'a Kernel,
    visible: Vec<bool>,
    defined: Vec<bool>,
    errors: Vec<ValidateError>,
}

impl Walk<'_> {
    fn error(&mut self, op: Option<&'static str>, loc: &Loc, problem: Problem) {
        self.errors.push(ValidateError { kernel: self.kernel.name.clone(), op, loc: loc.clone(), problem });
    }

    fn define(&mut self, value: Value, op: Option<&'static str>, loc: &Loc) {
        let Some(defined) = self.defined.get_mut(value.index()) else {
            return self.error(op, loc, Problem::NotDefined(name_of(self.kernel, value)));
        };
        if std::mem::replace(defined, true) {
            self.error(op, loc, Problem::Redefined(name_of(self.kernel, value)));
        }
        self.visible[value.index()] = true;
        let shape = self.kernel.ty(value).shape;
        if shape.dims().contains(&0) || shape.count() > MAX_TILE_ELEMENTS {
            self.error(op, loc, Problem::TileShape(shape));
        }
    }

    /// Whether all of `values` may be used here; reports the first that may not.
    fn uses(&mut self, values: &[Value], op: Option<&'static str>, loc: &Loc) -> bool {
        for &value in values {
            if self.visible.get(value.index()) != Some(&true) {
                self.error(op, loc, Problem::NotDefined(name_of(self.kernel, value)));
                return false;
            }
        }
        true
    }

    /// Checks a block of the operation called `name`, whose yields (and `cond`, for the condition part of a loop) are
    /// used at its end. The values it defines are out of sight afterwards. Whether all of those uses were right.
    fn block(
        &mut self,
        block: &Block,
        cond: Option<Value>,
        name: Option<&'static str>,
        loc: &Loc,
        depth: usize,
    ) -> bool {
        let mut inside = block.args.clone();
        for &arg in &block.args {
            self.define(arg, name, loc);
        }
        for op in &block.ops {
            self.op(op, depth);
            inside.extend(&op.results);
        }
        let ends: Vec<Value> = block.yields.iter().copied().chain(cond).collect();
        let fine = self.uses(&ends, name, loc);
        for value in inside {
            if let Some(visible) = self.visible.get_mut(value.index()) {
                *visible = false;
            }
        }
        fine
    }

    fn op(&mut self, op: &Op, depth: usize) {
        let first = op.results.first().and_then(|value| self.kernel.values.get(value.index()));
        let name = Some(op.kind.mlir_name(first.map(|data| data.ty)));
        let before = self.errors.len();
        let mut fine = self.uses(&op.kind.operands(), name, &op.loc);
        let cond = match &op.kind {
            OpKind::While { cond, .. } => Some(*cond),
            _ => None,
        };
        if depth >= MAX_NESTING && !op.kind.blocks().is_empty() {
            self.error(name, &op.loc, Problem::Nesting);
            fine = false;
        } else {
            for (i, block) in op.kind.blocks().into_iter().enumerate() {
                fine &= self.block(block, cond.filter(|_| i == 0), name, &op.loc, depth + 1);
            }
        }
        for &result in &op.results {
            self.define(result, name, &op.loc);
        }
        let results: Vec<Type> =
            op.results.iter().filter_map(|value| Some(self.kernel.values.get(value.index())?.ty)).collect();
        // Types can only be compared where every value has one.
        let typed = fine && results.len() == op.results.len() && args_exist(self.kernel, &op.kind);
        if typed
            && self.errors.len() == before
            && let Err(problem) = check_op(self.kernel, &op.kind, &results)
        {
            self.error(name, &op.loc, problem);
        }
    }
}

fn args_exist(kernel: &Kernel, kind: &OpKind) -> bool {
    kind.blocks().iter().all(|block| block.args.iter().all(|value| value.index() < kernel.values.len()))
}

fn name_of(kernel: &Kernel, value: Value) -> String {
    match kernel.values.get(value.index()).and_then(|data| data.name.as_ref()) {
        Some(name) => format!("`{name}`"),
        None => format!("value {}", value.0),
    }
}

/// The type rules of one operation. Every value it names is in the kernel's table.
fn check_op(kernel: &Kernel, kind: &OpKind, results: &[Type]) -> Check {
    let ty = |value: &Value| kernel.ty(*value);
    let one = || match results {
        [ty] => Ok(*ty),
        _ => Err(Problem::ResultCount { expected: 1, found: results.len() }),
    };
    let none = || match results {
        [] => Ok(()),
        _ => Err(Problem::ResultCount { expected: 0, found: results.len() }),
    };
    match kind {
        OpKind::ProgramId(_) | OpKind::NumPrograms(_) => same("result", Type::INDEX, one()?),
        OpKind::Constant(literal) => elementwise::constant(literal, one()?),
        OpKind::Unary(_, a) => elementwise::unary(ty(a), one()?),
        OpKind::Binary(op, a, b) => elementwise::binary(*op, ty(a), ty(b), one()?),
        OpKind::Fma(a, b, c) => elementwise::fma(ty(a), ty(b), ty(c), one()?),
        OpKind::Compare(predicate, a, b) => elementwise::compare(*predicate, ty(a), ty(b), one()?),
        OpKind::Select { cond, on_true, on_false } => elementwise::select(ty(cond), ty(on_true), ty(on_false), one()?),
        OpKind::Cast(op, a) => elementwise::cast(*op, ty(a), one()?),
        OpKind::Broadcast(a) => shape::broadcast(ty(a), one()?),
        OpKind::Reshape(a) => shape::reshape(ty(a), one()?),
        OpKind::Transpose { value, perm } => shape::transpose(ty(value), perm, one()?),
        OpKind::Slice { value, offsets } => shape::slice(ty(value), offsets, one()?),
        OpKind::InsertSlice { value, into, offsets } => shape::insert_slice(ty(value), ty(into), offsets, one()?),
        OpKind::Extract { value, indices } => shape::extract(kernel, ty(value), indices, one()?),
        OpKind::Insert { value, into, indices } => shape::insert(kernel, ty(value), ty(into), indices, one()?),
        OpKind::Reduce { op, value, acc, dims } => reduce::reduce(*op, ty(value), ty(acc), dims, one()?),
        OpKind::Contract { lhs, rhs, acc, spec } => reduce::contract(ty(lhs), ty(rhs), ty(acc), spec, one()?),
        OpKind::CreateMask { bounds } => shape::create_mask(kernel, bounds, one()?),
        OpKind::Load { view, indices, pad, mask, in_bounds } => {
            memory::load(kernel, *view, indices, ty(pad), mask.map(|mask| kernel.ty(mask)), in_bounds, one()?)
        }
        OpKind::Store { view, value, indices, mask, in_bounds } => {
            none()?;
            memory::store(kernel, *view, ty(value), indices, mask.map(|mask| kernel.ty(mask)), in_bounds)
        }
        OpKind::LoadScalar { view, indices } => memory::load_scalar(kernel, *view, indices, one()?),
        OpKind::StoreScalar { view, value, indices } => {
            none()?;
            memory::store_scalar(kernel, *view, ty(value), indices)
        }
        OpKind::Gather { view, offsets, mask, passthru } => {
            memory::gather(kernel, *view, ty(offsets), ty(mask), ty(passthru), one()?)
        }
        OpKind::For { lower, upper, step, init, body } => {
            control::for_loop(kernel, [*lower, *upper, *step], init, body, results)
        }
        OpKind::While { init, before, cond, after } => control::while_loop(kernel, init, before, *cond, after, results),
        OpKind::If { cond, then, otherwise } => control::branch(kernel, *cond, then, otherwise, results),
    }
}

/// `found` is `expected`.
fn same(role: &'static str, expected: Type, found: Type) -> Check {
    if expected == found { Ok(()) } else { Err(Problem::Mismatch { role, expected, found }) }
}

/// There are `expected` of something.
fn count(role: &'static str, expected: usize, found: usize) -> Check {
    if expected == found { Ok(()) } else { Err(Problem::Count { role, expected, found }) }
}

/// `found` is a float scalar or tile.
fn float(role: &'static str, found: Type) -> Check {
    if found.elem.is_float() {
        Ok(())
    } else {
        Err(Problem::Unexpected { role, expected: "a float scalar or tile", found })
    }
}

/// `found` is a tile.
fn tile(role: &'static str, found: Type) -> Check {
    if found.is_scalar() { Err(Problem::Unexpected { role, expected: "a tile", found }) } else { Ok(()) }
}
