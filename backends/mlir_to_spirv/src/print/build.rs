//! Instructions, one call each.

use spirv::{Decoration, GlslStd450Op as GLOp, Op, StorageClass};

use super::Printer;
use crate::asm::{Function, Id, Inst, Operand, Ty};

impl Printer<'_> {
    /// An instruction with a result of type `ty`.
    pub(super) fn typed(&mut self, op: Op, ty: Id, operands: impl IntoIterator<Item = Operand>) -> Id {
        let id = self.module.fresh();
        self.function.push(Inst::result(op, Some(ty), id, operands.into_iter().collect()));
        id
    }

    /// An instruction whose result has been named before.
    pub(super) fn name_result<const N: usize>(&mut self, op: Op, ty: Id, id: Id, operands: [Operand; N]) {
        self.function.push(Inst::result(op, Some(ty), id, operands.into()));
    }

    /// An instruction of values, with a result of type `ty`.
    pub(super) fn op(&mut self, op: Op, ty: Ty, operands: &[Id]) -> Id {
        let ty = self.module.ty(ty);
        self.typed(op, ty, operands.iter().map(|&id| id.into()))
    }

    /// An arithmetic instruction on f32, not to be contracted with another.
    pub(super) fn float_op(&mut self, op: Op, operands: &[Id]) -> Id {
        let id = self.op(op, Ty::Float, operands);
        self.module.decorate(Inst::new(Op::Decorate, [id.into(), Operand::of(Decoration::NoContraction)]));
        id
    }

    /// An extended instruction.
    pub(super) fn glsl(&mut self, op: GLOp, ty: Ty, operands: &[Id]) -> Id {
        let (set, ty) = (self.module.maths(), self.module.ty(ty));
        let args = operands.iter().map(|&id| id.into());
        self.typed(Op::ExtInst, ty, [set.into(), Operand::of(op)].into_iter().chain(args))
    }

    /// An instruction without result.
    pub(super) fn run<const N: usize>(&mut self, op: Op, operands: [Operand; N]) {
        self.function.push(Inst::new(op, operands));
    }

    /// A new block's name.
    pub(super) fn label(&mut self, wanted: &str) -> Id {
        self.module.named(wanted)
    }

    /// Starts a block.
    pub(super) fn enter(&mut self, label: Id) {
        self.function.push(Inst::result(Op::Label, None, label, Vec::new()));
        self.block = label;
    }

    /// Ends the block.
    pub(super) fn jump(&mut self, to: Id) {
        self.run(Op::Branch, [to.into()]);
    }

    /// Ends the block; what branches here meets at `merge`.
    pub(super) fn split(&mut self, condition: Id, then: Id, otherwise: Id, merge: Id) {
        self.run(Op::SelectionMerge, [merge.into(), Operand::none()]);
        self.run(Op::BranchConditional, [condition.into(), then.into(), otherwise.into()]);
    }

    /// `condition ? x : y` of values.
    pub(super) fn choose(&mut self, ty: Ty, condition: Id, x: Id, y: Id) -> Id {
        self.op(Op::Select, ty, &[condition, x, y])
    }

    /// A variable of the function; `wanted` is the user's name for it.
    pub(super) fn local(&mut self, to: Id, wanted: &str) -> Id {
        let ty = self.module.pointer(StorageClass::Function, to);
        let id = self.module.named(wanted);
        self.function.variable(Inst::result(Op::Variable, Some(ty), id, vec![Operand::of(StorageClass::Function)]));
        id
    }

    /// Reads a variable.
    pub(super) fn read(&mut self, pointer: Id, ty: Ty) -> Id {
        let ty = self.module.ty(ty);
        self.typed(Op::Load, ty, [pointer.into()])
    }

    /// Writes a variable.
    pub(super) fn write(&mut self, pointer: Id, value: Id) {
        self.run(Op::Store, [pointer.into(), value.into()]);
    }

    /// Pointer to an element of an array of `class`.
    pub(super) fn element(&mut self, class: StorageClass, array: Id, ty: Ty, index: Id) -> Id {
        let elem = self.module.ty(ty);
        let pointer = self.module.pointer(class, elem);
        self.typed(Op::AccessChain, pointer, [array.into(), index.into()])
    }

    /// Calls the helper `name`, which is written the first time; `body` gets its arguments and gives its result.
    pub(super) fn call(
        &mut self,
        name: &str,
        (result, params): (Ty, &[Ty]),
        args: &[Id],
        body: impl FnOnce(&mut Self, &[Id]) -> Id,
    ) -> Id {
        let function = match self.helpers.get(name) {
            Some(id) => *id,
            None => self.helper(name, result, params, body),
        };
        let ty = self.module.ty(result);
        let args = args.iter().map(|&id| id.into());
        self.typed(Op::FunctionCall, ty, [function.into()].into_iter().chain(args))
    }

    fn helper(&mut self, name: &str, result: Ty, params: &[Ty], body: impl FnOnce(&mut Self, &[Id]) -> Id) -> Id {
        let id = self.module.named(name);
        self.module.show(id);
        self.helpers.insert(name.to_owned(), id);
        let result = self.module.ty(result);
        let types: Vec<Id> = params.iter().map(|&ty| self.module.ty(ty)).collect();
        let ty = self.module.function_type(result, &types);
        let mut head = vec![Inst::result(Op::Function, Some(result), id, vec![Operand::none(), ty.into()])];
        let mut args = Vec::new();
        for ty in types {
            let arg = self.module.named("value");
            head.push(Inst::result(Op::FunctionParameter, Some(ty), arg, Vec::new()));
            args.push(arg);
        }
        let start = self.label("start");
        head.push(Inst::result(Op::Label, None, start, Vec::new()));
        let outer = std::mem::replace(&mut self.function, Function::new(head));
        let block = std::mem::replace(&mut self.block, start);
        let value = body(self, &args);
        self.run(Op::ReturnValue, [value.into()]);
        let inner = std::mem::replace(&mut self.function, outer);
        self.block = block;
        self.module.function(inner);
        id
    }
}
