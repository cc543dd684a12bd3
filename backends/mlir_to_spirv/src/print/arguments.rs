//! Arguments: one block of push constants.

use lower_simt::Error;
use lower_simt::ir::{LaneKernel, Scalar, StmtKind};
use spirv::{Decoration, Op, StorageClass};
use tile_ir::{Access, Elem, ParamKind};

use super::Printer;
use crate::asm::{Id, Inst, Operand, Ty};
use crate::limits::{ADDRESS_BYTES, MAX_PUSH_CONSTANT_BYTES};
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

impl Printer<'_> {
    /// The block of arguments, each read once.
    pub(super) fn arguments(&mut self, arguments: &Arguments) {
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
                ParamKind::Scalar(scalar) => match Scalar::of(scalar.elem) {
                    // Two words, which need no alignment of 8 bytes.
                    Scalar::I64 => {
                        for (half, suffix) in [(0, "_low"), (4, "_high")] {
                            types.push(self.module.ty(Ty::Uint));
                            members.push((index, arguments.offsets[index] + half, suffix.to_owned()));
                        }
                    }
                    scalar @ (Scalar::F32 | Scalar::I32) => {
                        types.push(self.module.ty(register(scalar)));
                        members.push((index, arguments.offsets[index], String::new()));
                    }
                    scalar @ (Scalar::Bool | Scalar::I8) => {
                        self.fail(format!("number `{}` is passed as {scalar:?}", param.name));
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
}

/// Whether threads of a group pass elements of views to each other.
fn passes_elements(kernel: &LaneKernel) -> bool {
    let mut found = false;
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| found |= matches!(stmt.kind, StmtKind::Barrier { global: true, .. }));
    }
    found
}
