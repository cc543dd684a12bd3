//! Types, constants and variables of the module: each once.

use spirv::{Decoration, Op, StorageClass};
use tile_ir::Elem;

use super::{Id, Inst, Module, Operand};

/// Types of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    /// `f32`.
    Float,
    /// True or false.
    Bool,
    /// 8 bits, in memory only.
    Byte,
    /// 16 bits, in memory only.
    Short,
    /// 32 bits.
    Uint,
    /// 64 bits.
    Ulong,
}

impl Ty {
    /// The type of an element in memory.
    pub(crate) const fn of(elem: Elem) -> Ty {
        match elem {
            Elem::F32 => Ty::Float,
            Elem::F16 | Elem::Bf16 => Ty::Short,
            Elem::I1 | Elem::I8 => Ty::Byte,
            Elem::I32 => Ty::Uint,
            Elem::I64 | Elem::Index => Ty::Ulong,
        }
    }

    /// Its name in modules.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Ty::Float => "float",
            Ty::Bool => "bool",
            Ty::Byte => "uchar",
            Ty::Short => "ushort",
            Ty::Uint => "uint",
            Ty::Ulong => "ulong",
        }
    }

    /// The instruction that makes it, and its operands.
    fn definition(self) -> (Op, Vec<Operand>) {
        match self {
            Ty::Float => (Op::TypeFloat, vec![Operand::Word(32)]),
            Ty::Bool => (Op::TypeBool, vec![]),
            Ty::Byte | Ty::Short | Ty::Uint | Ty::Ulong => {
                (Op::TypeInt, vec![Operand::Word(8 * self.bytes()), Operand::Word(0)])
            }
        }
    }

    /// Bytes in memory.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Ty::Bool | Ty::Byte => 1,
            Ty::Short => 2,
            Ty::Float | Ty::Uint => 4,
            Ty::Ulong => 8,
        }
    }
}

impl Module {
    /// The result of a global instruction: an earlier one if there is the same.
    fn intern(&mut self, op: Op, ty: Option<Id>, operands: Vec<Operand>, id: impl FnOnce(&mut Module) -> Id) -> Id {
        let key = (op as u32, ty, operands);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = id(self);
        self.globals.push(Inst::result(op, ty, id, key.2.clone()));
        self.known.insert(key, id);
        id
    }

    /// `void`.
    pub(crate) fn void(&mut self) -> Id {
        self.intern(Op::TypeVoid, None, vec![], |module| module.fixed("void"))
    }

    /// Type of one number.
    pub(crate) fn ty(&mut self, ty: Ty) -> Id {
        let (op, operands) = ty.definition();
        self.intern(op, None, operands, |module| module.fixed(ty.name()))
    }

    /// Whether the module has a type of one number.
    pub(crate) fn is_used(&self, ty: Ty) -> bool {
        let (op, operands) = ty.definition();
        self.known.contains_key(&(op as u32, None, operands))
    }

    /// Type of a vector.
    pub(crate) fn vector(&mut self, ty: Ty, count: u32) -> Id {
        let elem = self.ty(ty);
        let operands = vec![elem.into(), Operand::Word(count)];
        self.intern(Op::TypeVector, None, operands, |module| module.fixed(&format!("v{count}{}", ty.name())))
    }

    /// Type of an array in registers or shared memory.
    pub(crate) fn array(&mut self, ty: Ty, len: u32) -> Id {
        let (elem, len_id) = (self.ty(ty), self.uint(len));
        let operands = vec![elem.into(), len_id.into()];
        self.intern(Op::TypeArray, None, operands, |module| module.named(&format!("{}s{len}", ty.name())))
    }

    /// Type of the elements of a view.
    pub(crate) fn elements(&mut self, ty: Ty) -> Id {
        let elem = self.ty(ty);
        let before = self.globals.len();
        let id = self
            .intern(Op::TypeRuntimeArray, None, vec![elem.into()], |module| module.named(&format!("{}s", ty.name())));
        if self.globals.len() > before {
            let stride = [id.into(), Operand::of(Decoration::ArrayStride), Operand::Word(ty.bytes())];
            self.decorate(Inst::new(Op::Decorate, stride));
        }
        id
    }

    /// A struct type of its own: its decorations belong to nobody else.
    pub(crate) fn structure(&mut self, name: &str, members: &[Id]) -> Id {
        let id = self.named(name);
        let members = members.iter().map(|&member| member.into()).collect();
        self.globals.push(Inst::result(Op::TypeStruct, None, id, members));
        id
    }

    /// Type of two words: the low one first.
    pub(crate) fn pair(&mut self) -> Id {
        let uint = self.ty(Ty::Uint);
        self.intern(Op::TypeStruct, None, vec![uint.into(), uint.into()], |module| module.named("low_high"))
    }

    /// Type of a pointer.
    pub(crate) fn pointer(&mut self, class: StorageClass, to: Id) -> Id {
        let operands = vec![Operand::of(class), to.into()];
        self.intern(Op::TypePointer, None, operands, |module| {
            let name = format!("{class:?}_{}", module.names[to.0 as usize]);
            module.named(&name)
        })
    }

    /// Type of a function.
    pub(crate) fn function_type(&mut self, result: Id, params: &[Id]) -> Id {
        let operands = std::iter::once(result).chain(params.iter().copied()).map(Operand::Id).collect();
        self.intern(Op::TypeFunction, None, operands, |module| module.named("function"))
    }

    /// A constant of 32 bits.
    pub(crate) fn uint(&mut self, value: u32) -> Id {
        let ty = self.ty(Ty::Uint);
        let name = if value < 1 << 16 { format!("u{value}") } else { format!("u{value:#x}") };
        self.intern(Op::Constant, Some(ty), vec![Operand::Word(value)], |module| module.named(&name))
    }

    /// A constant of 64 bits.
    pub(crate) fn ulong(&mut self, value: u64) -> Id {
        let ty = self.ty(Ty::Ulong);
        let name = if value < 1 << 16 { format!("ul{value}") } else { format!("ul{value:#x}") };
        self.intern(Op::Constant, Some(ty), vec![Operand::Wide(value)], |module| module.named(&name))
    }

    /// A constant of type f32.
    pub(crate) fn float(&mut self, value: f32) -> Id {
        let ty = self.ty(Ty::Float);
        let name = match emit::float_literal(value.abs()) {
            emit::FloatClass::Number(digits) => digits.strip_suffix(".0").map_or(digits.clone(), str::to_owned),
            emit::FloatClass::Infinity { .. } => "infinity".to_owned(),
            emit::FloatClass::Nan(_) => "nan".to_owned(),
        };
        let name = format!("{}{name}", if value.is_sign_negative() { "minus" } else { "f" });
        self.intern(Op::Constant, Some(ty), vec![Operand::Float(value.to_bits())], |module| module.named(&name))
    }

    /// True or false.
    pub(crate) fn truth(&mut self, value: bool) -> Id {
        let ty = self.ty(Ty::Bool);
        let (op, name) = if value { (Op::ConstantTrue, "true") } else { (Op::ConstantFalse, "false") };
        self.intern(op, Some(ty), vec![], |module| module.fixed(name))
    }

    /// All bits zero.
    pub(crate) fn null(&mut self, ty: Id) -> Id {
        let name = format!("no_{}", self.names[ty.0 as usize]);
        self.intern(Op::ConstantNull, Some(ty), vec![], |module| module.named(&name))
    }

    /// A constant made of constants.
    pub(crate) fn composite(&mut self, ty: Id, parts: &[Id], name: &str) -> Id {
        let operands = parts.iter().map(|&part| part.into()).collect();
        self.intern(Op::ConstantComposite, Some(ty), operands, |module| module.named(name))
    }

    /// A number that the device sets when it compiles the module; `default` if it does not.
    pub(crate) fn specialized(&mut self, name: &'static str, number: u32, default: u32) -> Id {
        let ty = self.ty(Ty::Uint);
        let before = self.globals.len();
        let id = self.intern(Op::SpecConstant, Some(ty), vec![Operand::Word(default)], |module| module.fixed(name));
        if self.globals.len() > before {
            self.decorate(Inst::new(Op::Decorate, [id.into(), Operand::of(Decoration::SpecId), Operand::Word(number)]));
            self.show(id);
        }
        id
    }

    /// What follows from specialized numbers, computed by the compiler.
    pub(crate) fn specialized_op(&mut self, ty: Ty, op: Op, operands: &[Id], name: &str) -> Id {
        let ty = self.ty(ty);
        let operands = std::iter::once(Operand::of(op)).chain(operands.iter().map(|&id| id.into())).collect();
        self.intern(Op::SpecConstantOp, Some(ty), operands, |module| module.named(name))
    }

    /// A variable of the module; `wanted` is the user's name for it.
    pub(crate) fn variable(&mut self, class: StorageClass, to: Id, wanted: &str) -> Id {
        let ty = self.pointer(class, to);
        let id = self.named(wanted);
        self.globals.push(Inst::result(Op::Variable, Some(ty), id, vec![Operand::of(class)]));
        self.interface.push(id);
        id
    }

    /// The extended instructions of GLSL.
    pub(crate) fn maths(&mut self) -> Id {
        match self.maths {
            Some(id) => id,
            None => {
                let id = self.fixed("glsl");
                self.maths = Some(id);
                id
            }
        }
    }
}
