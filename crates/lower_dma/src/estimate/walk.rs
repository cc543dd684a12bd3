//! One core, statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::{Elem, ParamKind, ViewId};

use super::Estimate;
use crate::interp::arith;
use crate::interp::local::Num;
use crate::ir::{Convert, Copy, CoreKernel, Expr, Operand, Scalar, Span, Stmt, StmtKind, Var};
use crate::target::Target;

/// What one core moves.
pub(super) fn core(kernel: &CoreKernel, target: &Target, core: u64) -> Estimate {
    let mut walk = Walk { kernel, target, core, known: BTreeMap::new() };
    walk.block(&kernel.body)
}

struct Walk<'a> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    core: u64,
    /// Variables whose value is known.
    known: BTreeMap<Var, i64>,
}

impl Walk<'_> {
    fn block(&mut self, block: &[Stmt]) -> Estimate {
        let mut total = Estimate::new(self.kernel);
        for stmt in block {
            let one = self.stmt(stmt);
            total.add(&one, 1);
        }
        total
    }

    fn set(&mut self, var: Var, value: Option<i64>) {
        match value {
            Some(value) => self.known.insert(var, value),
            None => self.known.remove(&var),
        };
    }

    fn stmt(&mut self, stmt: &Stmt) -> Estimate {
        let mut own = Estimate::new(self.kernel);
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Assign { var, value } => {
                let value = self.value(value);
                self.set(*var, value);
            }
            StmtKind::Read { var, .. } => {
                self.set(*var, None);
                own.scalars += 1;
            }
            StmtKind::ReadGlobal { var, view, .. } => {
                self.set(*var, None);
                own.scalars += 1;
                own.bytes_in[view.index()] += self.view_elem(*view).bytes();
            }
            StmtKind::Write { .. } => own.scalars += 1,
            StmtKind::CopyIn(copy) => self.copy(copy, true, &mut own),
            StmtKind::CopyOut(copy) => self.copy(copy, false, &mut own),
            StmtKind::Vector { dst, args, .. } => {
                own.vectors += 1;
                own.vector_bytes += self.bytes(dst);
                own.vector_bytes += args.iter().map(|arg| self.operand(arg)).sum::<u64>();
            }
            StmtKind::For { var, lower, upper, step, body } => return self.turns(*var, [lower, upper, step], body),
            StmtKind::While { before, condition, body } => return self.repeat(before, condition, body),
            StmtKind::If { condition, then, otherwise } => return self.branch(condition, then, otherwise),
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => own.syncs += 1,
        }
        own
    }

    fn view_elem(&self, view: ViewId) -> Elem {
        self.kernel.view(view).map_or(Elem::Index, |view| view.elem)
    }

    fn copy(&mut self, copy: &Copy, inward: bool, own: &mut Estimate) {
        let extent =
            |value: Option<i64>, most: u64| value.and_then(|n| u64::try_from(n).ok()).unwrap_or(most).min(most);
        let (rows, cols) = (self.value(&copy.rows), self.value(&copy.cols));
        own.exact &= rows.is_some() && cols.is_some();
        let bytes = extent(rows, copy.max_rows) * extent(cols, copy.max_cols) * self.view_elem(copy.view).bytes();
        let list = if inward { &mut own.bytes_in } else { &mut own.bytes_out };
        list[copy.view.index()] += bytes;
        own.copies += 1;
    }

    fn bytes(&self, span: &Span) -> u64 {
        self.target.bytes(self.kernel.buffer(span.buffer).elem, span.rows * span.cols)
    }

    fn operand(&self, operand: &Operand) -> u64 {
        match operand {
            Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => self.bytes(span),
            Operand::Scalar(_) => 0,
        }
    }

    /// A counted loop: turn by turn where turns may differ.
    fn turns(&mut self, var: Var, [lower, upper, step]: [&Expr; 3], body: &[Stmt]) -> Estimate {
        let (Some(lower), Some(upper), Some(step)) = (self.value(lower), self.value(upper), self.value(step)) else {
            self.set(var, None);
            self.forget(body);
            return Estimate { exact: false, ..self.block(body) };
        };
        let count =
            if upper > lower && step > 0 { (upper - lower).unsigned_abs().div_ceil(step.unsigned_abs()) } else { 0 };
        let mut total = Estimate::new(self.kernel);
        if count > 0 && alike(var, body) {
            self.set(var, None);
            self.forget(body);
            let turn = self.block(body);
            total.add(&turn, count);
            return total;
        }
        for turn in 0..count {
            self.set(var, i64::try_from(turn).ok().and_then(|turn| turn.checked_mul(step)?.checked_add(lower)));
            let turn = self.block(body);
            total.add(&turn, 1);
        }
        total
    }

    /// How often is not known: once.
    fn repeat(&mut self, before: &[Stmt], _: &Expr, body: &[Stmt]) -> Estimate {
        self.forget(before);
        self.forget(body);
        let mut total = self.block(before);
        let turn = self.block(body);
        total.add(&turn, 1);
        Estimate { exact: false, ..total }
    }

    fn branch(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) -> Estimate {
        match self.value(condition) {
            Some(0) => self.block(otherwise),
            Some(_) => self.block(then),
            None => {
                let (one, other) = (self.block(then), self.block(otherwise));
                self.forget(then);
                self.forget(otherwise);
                let more = if one.global_bytes() >= other.global_bytes() { one.clone() } else { other.clone() };
                Estimate { exact: one == other && one.exact, ..more }
            }
        }
    }

    /// Nothing is known any more of what `block` assigns.
    fn forget(&mut self, block: &[Stmt]) {
        assigned(block).into_iter().for_each(|var| self.set(var, None));
    }

    /// An integer or truth, if it is known.
    fn value(&self, expr: &Expr) -> Option<i64> {
        let number = match expr {
            Expr::Int(_, value) => *value,
            Expr::Bool(value) => i64::from(*value),
            Expr::Var(var) => self.known.get(var).copied()?,
            Expr::Core => i64::try_from(self.core).ok()?,
            Expr::Param(param) => match &self.kernel.params.get(*param)?.kind {
                ParamKind::Scalar(scalar) => i64::try_from(scalar.bound?).ok()? - 1,
                ParamKind::View(_) => return None,
            },
            Expr::Binary(op, x, y) => {
                let width = arith::bits(x.scalar(self.kernel));
                let (x, y) = (self.integer(x)?, self.integer(y)?);
                arith::binary(*op, x, y, width)?.int()
            }
            Expr::Compare(predicate, x, y) => {
                let width = arith::bits(x.scalar(self.kernel));
                i64::from(arith::compare(*predicate, self.integer(x)?, self.integer(y)?, width)?)
            }
            Expr::Select(condition, x, y) => {
                return if self.value(condition)? != 0 { self.value(x) } else { self.value(y) };
            }
            Expr::Convert(Convert::Signed(..) | Convert::Unsigned(..) | Convert::ToBool, x) => {
                let Expr::Convert(convert, _) = expr else { return None };
                arith::convert(*convert, self.integer(x)?, x.scalar(self.kernel)).int()
            }
            Expr::Float(_) | Expr::Unary(..) | Expr::Fma(..) | Expr::Convert(..) => return None,
        };
        Some(number)
    }

    fn integer(&self, expr: &Expr) -> Option<Num> {
        (expr.scalar(self.kernel) != Scalar::F32).then(|| self.value(expr).map(Num::I)).flatten()
    }
}

/// Variables that a block assigns.
fn assigned(block: &[Stmt]) -> BTreeSet<Var> {
    let mut list = BTreeSet::new();
    for stmt in block {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::Assign { var, .. } = &stmt.kind {
                list.insert(*var);
            }
        });
    }
    list
}

/// Whether all turns of a loop move the same: no size, bound or condition depends on its variable or on what it assigns.
fn alike(var: Var, body: &[Stmt]) -> bool {
    let mut depends = assigned(body);
    depends.insert(var);
    let mut alike = true;
    for stmt in body {
        stmt.for_each(&mut |stmt| {
            let uses = |expr: &Expr| {
                let mut found = false;
                expr.for_each(&mut |expr| found |= matches!(expr, Expr::Var(var) if depends.contains(var)));
                found
            };
            let (defines, decides) = match &stmt.kind {
                StmtKind::Let { var, value } | StmtKind::Assign { var, value } => (uses(value).then_some(*var), false),
                StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => (None, uses(&copy.rows) || uses(&copy.cols)),
                StmtKind::For { var, lower, upper, step, .. } => {
                    let decides = uses(lower) || uses(upper) || uses(step);
                    (decides.then_some(*var), decides)
                }
                StmtKind::While { condition, .. } | StmtKind::If { condition, .. } => (None, uses(condition)),
                StmtKind::Read { .. }
                | StmtKind::ReadGlobal { .. }
                | StmtKind::Write { .. }
                | StmtKind::Vector { .. }
                | StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence => (None, false),
            };
            alike &= !decides;
            depends.extend(defines);
        });
    }
    alike
}
