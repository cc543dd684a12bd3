//! The kernel's head: arguments, numbers every thread knows, shared arrays.

use std::collections::BTreeSet;

use lower_simt::Error;
use lower_simt::ir::{Builtin, Expr, LaneKernel, Scalar, Stmt, StmtKind};
use spirv::{BuiltIn, Decoration, ExecutionMode, ExecutionModel, Op, StorageClass};
use tile_ir::{Access, Axis, Elem, ParamKind};

use super::Printer;
use crate::asm::{Function, Id, Inst, Operand, Ty};
use crate::limits::{ADDRESS_BYTES, MAX_PUSH_CONSTANT_BYTES, MAX_WORKGROUPS};
use crate::types::register;

/// Where each argument lies in the push constants.
pub(super) struct Arguments {
    /// By parameter: its first byte.
    offsets: Vec<u64>,
    /// Size of the block.
    pub(super) bytes: u64,
}

impl Arguments {
    /// Addresses of views first, then scalars, without gaps.
    pub(super) fn of(kernel: &LaneKernel) -> Result<Arguments, Error> {
        let mut arguments = Arguments { offsets: vec![0; kernel.params.len()], bytes: 0 };
        for views in [true, false] {
            for (param, offset) in kernel.params.iter().zip(&mut arguments.offsets) {
                let bytes = match &param.kind {
                    ParamKind::View(_) if views => ADDRESS_BYTES,
                    ParamKind::Scalar(scalar) if !views => u64::from(Scalar::of(scalar.elem).bits().max(32) / 8),
                    ParamKind::View(_) | ParamKind::Scalar(_) => continue,
                };
                *offset = arguments.bytes;
                arguments.bytes += bytes;
            }
        }
        if arguments.bytes <= MAX_PUSH_CONSTANT_BYTES {
            return Ok(arguments);
        }
        Err(Error::Limit {
            target: crate::TARGET,
            kernel: kernel.name.clone(),
            what: "what is passed (8 bytes a view, 4 a number, 8 an i64), in bytes,".to_owned(),
            needed: arguments.bytes,
            limit: MAX_PUSH_CONSTANT_BYTES,
            loc: kernel.loc.clone(),
            help: "pass fewer views and numbers: several views can be parts of one".to_owned(),
        })
    }
}

/// How programs become workgroups.
pub(super) struct Groups {
    /// Programs along x.
    programs: u64,
    /// Workgroups along x: that many programs follow each other.
    width: u64,
    /// Rows of workgroups that the programs along x take, one after the other along y.
    rows: u64,
    /// Workgroups.
    counts: [u64; 3],
}

impl Groups {
    /// Folds what is too long along x into y.
    pub(super) fn of(kernel: &LaneKernel) -> Result<Groups, Error> {
        let [x, y, z] = kernel.grid;
        let rows = x.div_ceil(MAX_WORKGROUPS).max(1);
        let width = x.div_ceil(rows);
        let counts = [width, y.saturating_mul(rows), z];
        let most = counts.into_iter().max().unwrap_or(0);
        if most <= MAX_WORKGROUPS {
            return Ok(Groups { programs: x, width, rows, counts });
        }
        Err(Error::Limit {
            target: crate::TARGET,
            kernel: kernel.name.clone(),
            what: format!(
                "the grid of {x}x{y}x{z} programs, of which those along x are folded into y, in workgroups along an axis,"
            ),
            needed: most,
            limit: MAX_WORKGROUPS,
            loc: kernel.loc.clone(),
            help: "use larger blocks".to_owned(),
        })
    }

    /// The workgroups, if they are not the programs.
    pub(super) fn folded(&self) -> Option<[u64; 3]> {
        (self.rows > 1).then_some(self.counts)
    }
}

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

    /// The block of arguments, each read once.
    fn arguments(&mut self, arguments: &Arguments) {
        let kernel = self.kernel;
        let mut order: Vec<usize> = (0..kernel.params.len()).collect();
        order.sort_by_key(|&index| {
            (arguments.offsets[index], matches!(kernel.params[index].kind, ParamKind::Scalar(_)))
        });
        let (mut members, mut types) = (Vec::new(), Vec::new());
        for &index in &order {
            let param = &kernel.params[index];
            match &param.kind {
                ParamKind::View(view) => {
                    if view.elem == Elem::Index {
                        self.fail(format!("view `{}` has elements of type `index`", param.name));
                    }
                    types.push(self.view_type(&param.name, view.elem, view.access));
                    members.push((index, arguments.offsets[index], String::new()));
                }
                ParamKind::Scalar(scalar) => match register(Scalar::of(scalar.elem)) {
                    // Two words, which need no alignment of 8 bytes.
                    Ty::Ulong => {
                        for (half, suffix) in [(0, "_low"), (4, "_high")] {
                            types.push(self.module.ty(Ty::Uint));
                            members.push((index, arguments.offsets[index] + half, suffix.to_owned()));
                        }
                    }
                    ty @ (Ty::Float | Ty::Uint | Ty::Bool | Ty::Byte | Ty::Short) => {
                        types.push(self.module.ty(ty));
                        members.push((index, arguments.offsets[index], String::new()));
                    }
                },
            }
        }
        if members.is_empty() {
            return;
        }
        let block = self.module.structure("Arguments", &types);
        self.module.show(block);
        self.module.decorate(Inst::new(Op::Decorate, [block.into(), Operand::of(Decoration::Block)]));
        for (member, (index, offset, suffix)) in (0u32..).zip(&members) {
            self.module.show_member(block, member, &format!("{}{suffix}", kernel.params[*index].name));
            let place =
                [block.into(), Operand::Word(member), Operand::of(Decoration::Offset), Operand::Word(*offset as u32)];
            self.module.decorate(Inst::new(Op::MemberDecorate, place));
        }
        let variable = self.module.variable(StorageClass::PushConstant, block, "arguments");
        let mut halves = Vec::new();
        for ((member, (index, ..)), ty) in (0u32..).zip(&members).zip(types) {
            let (member, pointer) = (self.module.uint(member), self.module.pointer(StorageClass::PushConstant, ty));
            let place = self.typed(Op::AccessChain, pointer, [variable.into(), member.into()]);
            let value = self.typed(Op::Load, ty, [place.into()]);
            let param = &kernel.params[*index];
            let whole = match &param.kind {
                ParamKind::Scalar(scalar) if Scalar::of(scalar.elem) == Scalar::I64 => {
                    halves.push(value);
                    let [low, high] = halves[..] else { continue };
                    halves.clear();
                    self.join_words(low, high)
                }
                ParamKind::View(_) | ParamKind::Scalar(_) => value,
            };
            self.module.rename(whole, &param.name);
            self.params[*index] = Some(whole);
        }
    }

    /// 64 bits of two words.
    fn join_words(&mut self, low: Id, high: Id) -> Id {
        let (low, high) = (self.op(Op::UConvert, Ty::Ulong, &[low]), self.op(Op::UConvert, Ty::Ulong, &[high]));
        let amount = self.module.uint(32);
        let high = self.op(Op::ShiftLeftLogical, Ty::Ulong, &[high, amount]);
        self.op(Op::BitwiseOr, Ty::Ulong, &[low, high])
    }

    /// Type of the address of a view.
    fn view_type(&mut self, name: &str, elem: Elem, access: Access) -> Id {
        let elements = self.module.elements(Ty::of(elem));
        let view = self.module.structure(&format!("{name}_view"), &[elements]);
        self.module.decorate(Inst::new(Op::Decorate, [view.into(), Operand::of(Decoration::Block)]));
        let mut member = |decoration: Decoration, value: Option<u32>| {
            let inst = Inst::new(Op::MemberDecorate, [view.into(), Operand::Word(0), Operand::of(decoration)]);
            self.module.decorate(inst.with(value.map(Operand::Word)));
        };
        member(Decoration::Offset, Some(0));
        match access {
            Access::Read | Access::Weights => member(Decoration::NonWritable, None),
            // What one thread wrote, others read behind the barrier.
            Access::Write if passes_elements(self.kernel) => member(Decoration::Coherent, None),
            Access::Write => {}
        }
        self.module.pointer(StorageClass::PhysicalStorageBuffer, view)
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

    /// The program's number along x and y from those of its group.
    fn unfold(&mut self, groups: &Groups) {
        let (x, y) = (self.builtins[&Builtin::Program(Axis::X)], self.builtins[&Builtin::Program(Axis::Y)]);
        let [rows, width, programs] =
            [groups.rows, groups.width, groups.programs].map(|number| self.module.uint(number as u32));
        let row = self.op(Op::UMod, Ty::Uint, &[y, rows]);
        let before = self.op(Op::IMul, Ty::Uint, &[row, width]);
        let program = self.op(Op::IAdd, Ty::Uint, &[before, x]);
        self.module.rename(program, "program");
        self.builtins.insert(Builtin::Program(Axis::X), program);
        let y = self.op(Op::UDiv, Ty::Uint, &[y, rows]);
        self.module.rename(y, "program_y");
        self.builtins.insert(Builtin::Program(Axis::Y), y);
        let beyond = self.op(Op::UGreaterThanEqual, Ty::Bool, &[program, programs]);
        let (none, some) = (self.label("no_program"), self.label("a_program"));
        self.split(beyond, none, some, some);
        self.enter(none);
        self.run(Op::Return, []);
        self.enter(some);
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

/// Whether threads of a group pass elements of views to each other.
fn passes_elements(kernel: &LaneKernel) -> bool {
    let mut found = false;
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| found |= matches!(stmt.kind, StmtKind::Barrier { global: true, .. }));
    }
    found
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
