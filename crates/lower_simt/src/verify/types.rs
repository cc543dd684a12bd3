//! Types, scopes and indices of statements.

use std::collections::BTreeMap;

use tile_ir::{Access, Elem, Loc, ReduceOp};

use super::constants::{self, Definitions};
use super::exprs::{is_index, memory_exists, type_of};
use super::{Rule, Violations};
use crate::ir::{
    Expr, Fragment, FragmentRole, LaneKernel, MatrixOp, Memory, Place, Scalar, Stmt, StmtKind, Unroll, Var,
};
use crate::target::Target;

pub(super) fn check(kernel: &LaneKernel, target: &Target, violations: &mut Violations) {
    let mut checker = Checker {
        kernel,
        target,
        violations,
        definitions: constants::definitions(kernel),
        known: BTreeMap::new(),
        kinds: vec![Kind::Unknown; kernel.vars.len()],
        scope: Vec::new(),
        assigned: vec![false; kernel.vars.len()],
        fragments: vec![false; kernel.fragments.len()],
    };
    checker.block(&kernel.body);
}

/// How a variable came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unknown,
    /// Never changes.
    Let,
    Declared,
}

struct Checker<'a, 'v> {
    kernel: &'a LaneKernel,
    target: &'a Target,
    violations: &'v mut Violations,
    definitions: Definitions<'a>,
    /// Values of variables of loops that are unrolled as a whole.
    known: BTreeMap<Var, Vec<i64>>,
    kinds: Vec<Kind>,
    scope: Vec<Var>,
    /// Has a value on every path here; an array: has had an element assigned.
    assigned: Vec<bool>,
    fragments: Vec<bool>,
}

impl<'a> Checker<'a, '_> {
    fn add(&mut self, rule: Rule, loc: &Loc, detail: impl Into<String>) {
        self.violations.add(rule, loc, detail);
    }

    fn name(&self, var: Var) -> String {
        self.kernel.vars.get(var.0 as usize).map_or_else(|| format!("variable {}", var.0), |data| data.name.clone())
    }

    fn block(&mut self, block: &'a [Stmt]) {
        let depth = self.scope.len();
        block.iter().for_each(|stmt| self.stmt(stmt));
        self.scope.truncate(depth);
    }

    /// Brings a variable into scope.
    fn bring(&mut self, var: Var, kind: Kind, has_value: bool, loc: &Loc) {
        match self.kinds.get(var.0 as usize) {
            None => self.add(Rule::Scope, loc, format!("variable {} does not exist", var.0)),
            Some(Kind::Let | Kind::Declared) => {
                let name = self.name(var);
                self.add(Rule::Scope, loc, format!("`{name}` is declared twice"));
            }
            Some(Kind::Unknown) => {
                self.kinds[var.0 as usize] = kind;
                self.assigned[var.0 as usize] = has_value;
                self.scope.push(var);
            }
        }
    }

    /// Checks an expression; its type if it is sound.
    fn expr(&mut self, expr: &'a Expr, loc: &Loc) -> Option<Scalar> {
        let mut reads = Vec::new();
        expr.for_each(&mut |expr| reads.push(expr));
        for read in reads {
            match read {
                Expr::Var(var) => self.read(*var, loc),
                Expr::Element(var, index) => {
                    self.read(*var, loc);
                    self.element(*var, index, 1, loc);
                }
                Expr::Float(_)
                | Expr::Int(..)
                | Expr::Bool(_)
                | Expr::Builtin(_)
                | Expr::Param(_)
                | Expr::Unary(..)
                | Expr::Binary(..)
                | Expr::Fma(..)
                | Expr::Compare(..)
                | Expr::Select(..)
                | Expr::Convert(..)
                | Expr::Load(_) => {}
            }
        }
        match type_of(self.kernel, expr) {
            Ok(scalar) => Some(scalar),
            Err(problem) => {
                self.add(Rule::Type, loc, problem);
                None
            }
        }
    }

    fn typed(&mut self, expr: &'a Expr, wanted: Scalar, loc: &Loc) {
        if let Some(found) = self.expr(expr, loc).filter(|&found| found != wanted) {
            self.add(Rule::Type, loc, format!("{found:?} where {wanted:?} is wanted"));
        }
    }

    fn index(&mut self, expr: &'a Expr, loc: &Loc) {
        if let Some(found) = self.expr(expr, loc).filter(|&found| !is_index(found)) {
            self.add(Rule::Type, loc, format!("an index of type {found:?}"));
        }
    }

    fn read(&mut self, var: Var, loc: &Loc) {
        let name = self.name(var);
        if !self.scope.contains(&var) {
            self.add(Rule::Scope, loc, format!("`{name}` is not in scope"));
        } else if !self.assigned[var.0 as usize] {
            self.add(Rule::Scope, loc, format!("`{name}` may have no value"));
        }
    }

    /// Checks that `index` picks `lanes` elements of the array.
    fn element(&mut self, var: Var, index: &'a Expr, lanes: u32, loc: &Loc) {
        let Some(len) = self.kernel.vars.get(var.0 as usize).and_then(|data| data.len) else { return };
        self.inside(&format!("`{}`", self.name(var)), index, lanes, len, loc);
    }

    fn inside(&mut self, what: &str, index: &'a Expr, lanes: u32, len: u32, loc: &Loc) {
        match constants::all_values(self.kernel, &self.definitions, &self.known, index) {
            None => self.add(Rule::Index, loc, format!("an index of {what} is no constant after unrolling")),
            Some(values) => {
                let outside = |&value: &i64| value < 0 || value + i64::from(lanes) > i64::from(len);
                if let Some(value) = values.into_iter().find(outside) {
                    self.add(Rule::Index, loc, format!("element {value} of {what}, which has {len}"));
                }
            }
        }
    }

    fn write(&mut self, var: Var, loc: &Loc) {
        let name = self.name(var);
        if !self.scope.contains(&var) {
            self.add(Rule::Scope, loc, format!("`{name}` is not in scope"));
        } else if self.kinds[var.0 as usize] != Kind::Declared {
            self.add(Rule::Scope, loc, format!("`{name}` never changes, but is assigned"));
        } else {
            self.assigned[var.0 as usize] = true;
        }
    }

    fn place(&mut self, place: &'a Place, writes: bool, loc: &Loc) -> Option<Elem> {
        self.index(&place.offset, loc);
        if !memory_exists(self.kernel, place.memory) {
            self.add(Rule::Type, loc, format!("{:?} does not exist", place.memory));
            return None;
        }
        if let Memory::Global(view) = place.memory
            && writes
            && self.kernel.view(view).is_none_or(|view| view.access != Access::Write)
        {
            self.add(Rule::Type, loc, "a view that is only read is written");
        }
        Some(self.kernel.memory_elem(place.memory))
    }

    fn scalar_or_element(&mut self, var: Var, index: Option<&'a Expr>, loc: &Loc) -> Option<Scalar> {
        let data = self.kernel.vars.get(var.0 as usize)?;
        if index.is_some() != data.len.is_some() {
            self.add(
                Rule::Type,
                loc,
                format!("`{}` is {}an array", data.name, if index.is_some() { "not " } else { "" }),
            );
        }
        if let Some(index) = index {
            self.index(index, loc);
            self.element(var, index, 1, loc);
        }
        Some(data.scalar)
    }

    fn vector(&mut self, var: Var, index: &'a Expr, elem: Option<Elem>, lanes: u32, loc: &Loc) {
        self.index(index, loc);
        self.element(var, index, lanes, loc);
        let Some(data) = self.kernel.vars.get(var.0 as usize) else { return };
        if data.len.is_none() || elem.is_some_and(|elem| Scalar::of(elem) != data.scalar) {
            self.add(Rule::Type, loc, format!("`{}` does not hold the elements of the vector", data.name));
        }
        let bytes = elem.map_or(0, Elem::bytes) * u64::from(lanes);
        if !matches!(lanes, 2 | 4 | 8 | 16) || bytes > self.target.vector_bytes.min(16) {
            self.add(Rule::Alignment, loc, format!("a vector of {lanes} elements and {bytes} bytes"));
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                let scalar = self.expr(value, loc);
                self.bring(*var, Kind::Let, true, loc);
                let data = self.kernel.vars.get(var.0 as usize);
                if let (Some(data), Some(found)) = (data, scalar)
                    && (data.len.is_some() || data.scalar != found)
                {
                    self.add(Rule::Type, loc, format!("`{}` of {:?} is defined as {found:?}", data.name, data.scalar));
                }
            }
            StmtKind::Declare { var, init } => {
                if let (Some(init), Some(data)) = (init, self.kernel.vars.get(var.0 as usize)) {
                    self.typed(init, data.scalar, loc);
                }
                self.bring(*var, Kind::Declared, init.is_some(), loc);
            }
            StmtKind::Assign { var, index, value } => {
                if let Some(scalar) = self.scalar_or_element(*var, index.as_ref(), loc) {
                    self.typed(value, scalar, loc);
                }
                self.write(*var, loc);
            }
            StmtKind::Store { place, value } => match self.place(place, true, loc) {
                Some(elem) => self.typed(value, Scalar::of(elem), loc),
                None => _ = self.expr(value, loc),
            },
            StmtKind::LoadVector { var, index, place, lanes } => {
                let elem = self.place(place, false, loc);
                self.vector(*var, index, elem, *lanes, loc);
                self.write(*var, loc);
            }
            StmtKind::StoreVector { place, var, index, lanes } => {
                let elem = self.place(place, true, loc);
                self.vector(*var, index, elem, *lanes, loc);
                self.read(*var, loc);
            }
            StmtKind::LaneReduce { var, index, op, lanes } => {
                self.read(*var, loc);
                let scalar = self.scalar_or_element(*var, index.as_ref(), loc);
                if let Some(scalar) = scalar.filter(|&scalar| !reduce_fits(*op, scalar)) {
                    self.add(Rule::Type, loc, format!("{op:?} over threads on {scalar:?}"));
                }
                if !matches!(lanes, 2 | 4 | 8 | 16 | 32) {
                    self.add(Rule::Type, loc, format!("a lane operation over {lanes} threads"));
                }
                self.write(*var, loc);
            }
            StmtKind::Barrier { global, shared } => {
                if !global && !shared {
                    self.add(Rule::Type, loc, "a barrier that orders no memory");
                }
            }
            StmtKind::AwaitCopy { array } => {
                if !self.kernel.copied().contains(array) {
                    self.add(Rule::Early, loc, "a wait for a copy that nobody asked for");
                }
            }
            StmtKind::AwaitEarlier => {
                if self.kernel.early.is_none() {
                    self.add(Rule::Early, loc, "a wait for earlier kernels in one that starts after they have ended");
                }
            }
            StmtKind::For { var, lower, upper, step, unroll, body } => {
                self.for_loop(*var, [lower, upper, step], *unroll, body, loc);
            }
            StmtKind::While { before, condition, body } => {
                let depth = self.scope.len();
                before.iter().for_each(|stmt| self.stmt(stmt));
                self.typed(condition, Scalar::Bool, loc);
                let assigned = self.assigned.clone();
                self.block(body);
                self.assigned = assigned;
                self.scope.truncate(depth);
            }
            StmtKind::If { condition, then, otherwise } => {
                self.typed(condition, Scalar::Bool, loc);
                let before = self.assigned.clone();
                self.block(then);
                let after = std::mem::replace(&mut self.assigned, before);
                self.block(otherwise);
                self.assigned.iter_mut().zip(after).for_each(|(both, then)| *both &= then);
            }
            StmtKind::Matrix(op) => self.matrix(op, loc),
        }
    }

    fn for_loop(&mut self, var: Var, bounds: [&'a Expr; 3], unroll: Unroll, body: &'a [Stmt], loc: &Loc) {
        let scalar = self.kernel.vars.get(var.0 as usize).map(|data| (data.scalar, data.len));
        if let Some((scalar, len)) = scalar {
            bounds.iter().for_each(|bound| self.typed(bound, scalar, loc));
            if len.is_some() || !is_index(scalar) {
                self.add(Rule::Type, loc, format!("a loop variable of {scalar:?}"));
            }
        }
        let known = BTreeMap::new();
        if constants::all_values(self.kernel, &self.definitions, &known, bounds[2])
            .is_some_and(|steps| steps.iter().any(|&step| step < 1))
        {
            self.add(Rule::Type, loc, "a loop step below 1");
        }
        let iterations = constants::iterations(self.kernel, &self.definitions, &self.known, bounds);
        match unroll {
            Unroll::Full => match &iterations {
                Some(values) => _ = self.known.insert(var, values.clone()),
                None => self.add(Rule::Index, loc, "the bounds of an unrolled loop are no constants"),
            },
            Unroll::By(factor) => {
                if factor < 2 || factor > self.target.max_unroll {
                    let limit = self.target.max_unroll;
                    self.add(Rule::Limit, loc, format!("unrolled by {factor}, outside 2 to {limit}"));
                }
            }
            Unroll::No => {}
        }
        let before = self.assigned.clone();
        let depth = self.scope.len();
        self.bring(var, Kind::Let, true, loc);
        body.iter().for_each(|stmt| self.stmt(stmt));
        self.scope.truncate(depth);
        if iterations.is_none_or(|values| values.is_empty()) {
            // The body may not run. An array that it fills may be used by as many iterations of another loop.
            let arrays = self.kernel.vars.iter().map(|data| data.len.is_some());
            let both = self.assigned.iter_mut().zip(before).zip(arrays);
            both.for_each(|((assigned, before), array)| *assigned &= before || array);
        }
    }

    fn fragment(
        &mut self,
        (fragment, at): (Fragment, &'a Expr),
        role: Option<FragmentRole>,
        loc: &Loc,
    ) -> Option<Elem> {
        self.index(at, loc);
        let Some(data) = self.kernel.fragments.get(fragment.0 as usize) else {
            self.add(Rule::Scope, loc, format!("fragment {} does not exist", fragment.0));
            return None;
        };
        if !self.fragments[fragment.0 as usize] {
            self.add(Rule::Scope, loc, format!("`{}` is not declared", data.name));
        }
        if role.is_some_and(|role| role != data.role) {
            self.add(Rule::Type, loc, format!("`{}` is {:?}", data.name, data.role));
        }
        self.inside(&format!("`{}`", data.name), at, 1, data.len, loc);
        Some(data.elem)
    }

    fn matrix(&mut self, op: &'a MatrixOp, loc: &Loc) {
        match op {
            MatrixOp::Declare { fragment } => match self.fragments.get_mut(fragment.0 as usize) {
                Some(declared) => {
                    if std::mem::replace(declared, true) {
                        self.add(Rule::Scope, loc, "fragments are declared twice");
                    }
                }
                None => self.add(Rule::Scope, loc, format!("fragment {} does not exist", fragment.0)),
            },
            MatrixOp::Fill { fragment, at, value: _ } => _ = self.fragment((*fragment, at), None, loc),
            MatrixOp::Load { fragment, at, place, stride: _, transposed: _ } => {
                let held = self.fragment((*fragment, at), None, loc);
                let elem = self.place(place, false, loc);
                if let (Some(held), Some(elem)) = (held, elem)
                    && held != elem
                {
                    self.add(Rule::Type, loc, format!("a fragment of {held} loaded from {elem}"));
                }
            }
            MatrixOp::Multiply { acc, a, b } => {
                self.fragment((acc.0, &acc.1), Some(FragmentRole::Acc), loc);
                let a = self.fragment((a.0, &a.1), Some(FragmentRole::A), loc);
                let b = self.fragment((b.0, &b.1), Some(FragmentRole::B), loc);
                if a != b {
                    self.add(Rule::Type, loc, "operands of different types are multiplied");
                }
            }
            MatrixOp::Store { fragment, at, place, stride: _ } => {
                self.fragment((*fragment, at), Some(FragmentRole::Acc), loc);
                if let Some(elem) = self.place(place, true, loc).filter(|&elem| elem != Elem::F32) {
                    self.add(Rule::Type, loc, format!("an accumulator stored as {elem}"));
                }
            }
        }
    }
}

const fn reduce_fits(op: ReduceOp, scalar: Scalar) -> bool {
    match op {
        ReduceOp::Add => matches!(scalar, Scalar::F32 | Scalar::I32 | Scalar::I64),
        ReduceOp::MinF | ReduceOp::MaxF => matches!(scalar, Scalar::F32),
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => {
            matches!(scalar, Scalar::I32 | Scalar::I64)
        }
    }
}
