//! The kernel's function and entry point: numbers every thread knows, shared arrays.

use std::collections::BTreeSet;

use lower_simt::ir::{Builtin, Expr, LaneKernel, Stmt, StmtKind};
use spirv::{BuiltIn, Decoration, ExecutionMode, ExecutionModel, Op, StorageClass};
use tile_ir::{Axis, Elem};

use super::Printer;
use super::arguments::Arguments;
use super::groups::Groups;
use crate::asm::{Function, Id, Inst, Operand, Ty};

impl Printer<'_> {
    /// The module: its head, the kernel's function.
    pub(super) fn kernel(&mut self, arguments: &Arguments, groups: &Groups) {
        let entry = self.module.named(&self.kernel.name);
        self.module.show(entry);
        let void = self.module.void();
        let ty = self.module.function_type(void, &[]);
        let start = self.label("start");
        self.function = Function::new(vec![
            Inst::result(Op::Function, Some(void), entry, vec![Operand::none(), ty.into()]),
            Inst::result(Op::Label, None, start, Vec::new()),
        ]);
        self.block = start;
        self.arguments(arguments);
        self.shared_arrays();
        self.numbers(groups);
        self.stmts(&self.kernel.body);
        self.run(Op::Return, []);
        let function = std::mem::take(&mut self.function);
        self.module.function(function);
        self.entry_point(entry);
    }

    fn entry_point(&mut self, entry: Id) {
        let interface: Vec<Operand> = self.module.interface().iter().map(|&id| id.into()).collect();
        let name = Operand::Text(self.kernel.name.clone());
        let inst = Inst::new(Op::EntryPoint, [Operand::of(ExecutionModel::GLCompute), entry.into(), name]);
        self.module.mode(inst.with(interface));
        let size = [self.kernel.threads, 1, 1].map(Operand::Word);
        let mode = |mode| Inst::new(Op::ExecutionMode, [entry.into(), Operand::of(mode)]);
        self.module.mode(mode(ExecutionMode::LocalSize).with(size));
        self.capabilities();
        if self.module.has(spirv::Capability::RoundingModeRTE) {
            for kept in [ExecutionMode::RoundingModeRTE, ExecutionMode::SignedZeroInfNanPreserve] {
                self.module.mode(mode(kept).with([Operand::Word(32)]));
            }
        }
    }

    fn shared_arrays(&mut self) {
        let kernel = self.kernel;
        for shared in &kernel.shared {
            if shared.elem == Elem::Index {
                self.fail(format!("shared array `{}` has elements of type `index`", shared.name));
            }
            let ty = self.module.array(Ty::of(shared.elem), u32::try_from(shared.len.max(1)).unwrap_or(u32::MAX));
            let id = self.module.variable(StorageClass::Workgroup, ty, &shared.name);
            self.module.show(id);
            self.shared.push(id);
        }
    }

    /// The numbers that the kernel uses; leaves groups beyond the last program.
    fn numbers(&mut self, groups: &Groups) {
        let used = used_builtins(self.kernel);
        let programs = [Axis::X, Axis::Y, Axis::Z].map(Builtin::Program);
        let folded = groups.folded().is_some();
        if folded || programs.iter().any(|program| used.contains(program)) {
            let ty = self.module.vector(Ty::Uint, 3);
            let group = self.input(BuiltIn::WorkgroupId, ty, "workgroup");
            for (axis, (program, name)) in (0u32..).zip(programs.into_iter().zip(["program", "program_y", "program_z"]))
            {
                if used.contains(&program) || folded && axis < 2 {
                    let uint = self.module.ty(Ty::Uint);
                    let id = self.typed(Op::CompositeExtract, uint, [group.into(), Operand::Word(axis)]);
                    if !folded || axis == 2 {
                        self.module.rename(id, name);
                    }
                    self.builtins.insert(program, id);
                }
            }
        }
        if folded {
            self.unfold(groups);
        }
        self.thread_numbers(&used);
    }

    /// The value of a built-in input.
    pub(super) fn input(&mut self, builtin: BuiltIn, ty: Id, name: &str) -> Id {
        let variable = self.module.variable(StorageClass::Input, ty, &format!("{builtin:?}"));
        let decoration = [variable.into(), Operand::of(Decoration::BuiltIn), Operand::of(builtin)];
        self.module.decorate(Inst::new(Op::Decorate, decoration));
        let id = self.typed(Op::Load, ty, [variable.into()]);
        self.module.rename(id, name);
        id
    }
}

/// Whether lanes exchange values.
pub(super) fn exchanges(kernel: &LaneKernel) -> bool {
    let mut found = false;
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| found |= matches!(stmt.kind, StmtKind::LaneReduce { .. }));
    }
    found
}

fn used_builtins(kernel: &LaneKernel) -> BTreeSet<Builtin> {
    let mut used = BTreeSet::new();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt: &Stmt| {
            for expr in stmt.exprs() {
                expr.for_each(&mut |expr| {
                    if let Expr::Builtin(builtin) = expr {
                        used.insert(*builtin);
                    }
                });
            }
        });
    }
    if exchanges(kernel) {
        used.insert(Builtin::Thread);
    }
    used
}
