//! Variables, loops, branches.

use lower_simt::ir::{Expr, Scalar, Stmt, Unroll, Var};
use spirv::{Op, StorageClass};

use super::{Printer, Slot};
use crate::asm::{Id, Operand, Ty};
use crate::limits;
use crate::types::register;

/// Asks to repeat a loop's body for every iteration. SPIR-V specification, Loop Control.
const UNROLL: u32 = 0x1;
/// Asks to repeat a loop's body that many times.
const PARTIAL_COUNT: u32 = 0x100;

impl Printer<'_> {
    fn data(&mut self, var: Var) -> Option<(String, Scalar, Option<u32>)> {
        let data = self.kernel.vars.get(var.0 as usize).map(|data| (data.name.clone(), data.scalar, data.len));
        if data.is_none() {
            self.fail(format!("variable {} does not exist", var.0));
        }
        data
    }

    fn place_var(&mut self, var: Var, slot: Slot) {
        if let Some(place) = self.vars.get_mut(var.0 as usize) {
            *place = Some(slot);
        }
    }

    pub(super) fn define(&mut self, var: Var, value: &Expr) {
        let Some((name, ..)) = self.data(var) else { return };
        let id = self.expr(value);
        self.module.rename(id, &name);
        self.place_var(var, Slot::Value(id));
    }

    pub(super) fn declare(&mut self, var: Var, init: Option<&Expr>) {
        let Some((name, scalar, len)) = self.data(var) else { return };
        let ty = register(scalar);
        match len {
            None => {
                let to = self.module.ty(ty);
                let variable = self.local(to, &name);
                self.place_var(var, Slot::Scalar(variable, ty));
                if let Some(init) = init {
                    let value = self.expr(init);
                    self.write(variable, value);
                }
            }
            Some(len) => {
                let to = self.module.array(ty, len.max(1));
                let variable = self.local(to, &name);
                self.place_var(var, Slot::Array(variable, ty));
                if let Some(init) = init {
                    let value = if is_zero(init) { self.module.null(to) } else { self.splat(init, to, len) };
                    self.write(variable, value);
                }
            }
        }
    }

    /// An array of equal elements.
    fn splat(&mut self, init: &Expr, array: Id, len: u32) -> Id {
        let value = self.expr(init);
        let parts = vec![value; len.max(1) as usize];
        if is_constant(init) {
            self.module.composite(array, &parts, "all")
        } else {
            self.typed(Op::CompositeConstruct, array, parts.into_iter().map(Operand::Id))
        }
    }

    /// Pointer to what an assignment changes, and its type.
    pub(super) fn target(&mut self, var: Var, index: Option<&Expr>) -> Option<(Id, Ty)> {
        match (self.slot(var)?, index) {
            (Slot::Scalar(variable, ty), None) => Some((variable, ty)),
            (Slot::Array(variable, ty), Some(index)) => {
                let index = self.expr(index);
                Some((self.element(StorageClass::Function, variable, ty, index), ty))
            }
            (Slot::Value(_), _) => {
                self.fail(format!("variable {} never changes, and is assigned", var.0));
                None
            }
            (Slot::Scalar(..), Some(_)) | (Slot::Array(..), None) => {
                self.fail(format!("variable {} is assigned as what it is not", var.0));
                None
            }
        }
    }

    pub(super) fn assign(&mut self, var: Var, index: Option<&Expr>, value: &Expr) {
        let value = self.expr(value);
        if let Some((pointer, _)) = self.target(var, index) {
            self.write(pointer, value);
        }
    }

    pub(super) fn for_loop(&mut self, var: Var, [lower, upper, step]: [&Expr; 3], unroll: Unroll, body: &[Stmt]) {
        let Some((name, scalar, _)) = self.data(var) else { return };
        let ty = register(scalar);
        if !matches!(scalar, Scalar::I32 | Scalar::I64) {
            return self.fail(format!("loop variable {} is no index", var.0));
        }
        let [lower, upper, step] = [lower, upper, step].map(|bound| self.expr(bound));
        let [head, inside, next, out] = ["for", "do", "next", "end"].map(|word| self.label(&format!("{word}_{name}")));
        let (before, after, ty_id) = (self.block, self.module.fresh(), self.module.ty(ty));
        self.jump(head);
        self.enter(head);
        let at = self.typed(Op::Phi, ty_id, [lower.into(), before.into(), after.into(), next.into()]);
        self.module.rename(at, &name);
        self.place_var(var, Slot::Value(at));
        let more = self.op(Op::SLessThan, Ty::Bool, &[at, upper]);
        self.loop_merge(out, next, unroll);
        self.run(Op::BranchConditional, [more.into(), inside.into(), out.into()]);
        self.enter(inside);
        self.scope(body);
        self.jump(next);
        self.enter(next);
        self.name_result(Op::IAdd, ty_id, after, [at.into(), step.into()]);
        self.jump(head);
        self.enter(out);
    }

    fn loop_merge(&mut self, out: Id, next: Id, unroll: Unroll) {
        let most = limits::TARGET.max_unroll;
        match unroll {
            Unroll::Full => {
                let control = Operand::Name("Unroll".to_owned(), UNROLL);
                self.run(Op::LoopMerge, [out.into(), next.into(), control]);
            }
            Unroll::By(times) if times.min(most) > 1 => {
                let control = Operand::Name("PartialCount".to_owned(), PARTIAL_COUNT);
                self.run(Op::LoopMerge, [out.into(), next.into(), control, Operand::Word(times.min(most))]);
            }
            Unroll::No | Unroll::By(_) => self.run(Op::LoopMerge, [out.into(), next.into(), Operand::none()]),
        }
    }

    pub(super) fn while_loop(&mut self, before: &[Stmt], condition: &Expr, body: &[Stmt]) {
        let [head, test, inside, next, out] =
            ["while", "while_test", "while_do", "while_next", "while_end"].map(|name| self.label(name));
        self.jump(head);
        self.enter(head);
        self.loop_merge(out, next, Unroll::No);
        self.jump(test);
        self.enter(test);
        self.scope(before);
        let more = self.expr(condition);
        self.run(Op::BranchConditional, [more.into(), inside.into(), out.into()]);
        self.enter(inside);
        self.scope(body);
        self.jump(next);
        self.enter(next);
        self.jump(head);
        self.enter(out);
    }

    pub(super) fn branch(&mut self, condition: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let condition = self.expr(condition);
        let (yes, out) = (self.label("if"), self.label("end_if"));
        let no = if otherwise.is_empty() { out } else { self.label("else") };
        self.split(condition, yes, no, out);
        self.enter(yes);
        self.scope(then);
        self.jump(out);
        if !otherwise.is_empty() {
            self.enter(no);
            self.scope(otherwise);
            self.jump(out);
        }
        self.enter(out);
    }
}

/// Whether every bit of the value is zero.
fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Float(value) => value.to_bits() == 0,
        Expr::Int(_, value) => *value == 0,
        Expr::Bool(value) => !value,
        _ => false,
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Float(_) | Expr::Int(..) | Expr::Bool(_))
}
