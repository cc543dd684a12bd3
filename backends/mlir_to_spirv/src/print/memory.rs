//! Loads and stores.

use lower_simt::ir::{Convert, Expr, Memory, Place};
use spirv::{Op, StorageClass};
use tile_ir::Elem;

use super::Printer;
use crate::asm::{Id, Operand, Ty};

/// An access states its alignment. SPIR-V specification, Memory Operands.
const ALIGNED: u32 = 0x2;

/// The operands that state an alignment.
pub(super) fn aligned(bytes: u32) -> [Operand; 2] {
    [Operand::Name("Aligned".to_owned(), ALIGNED), Operand::Word(bytes)]
}

impl Printer<'_> {
    pub(super) fn elem(&mut self, memory: Memory) -> Elem {
        match memory {
            Memory::Shared(shared) => self.kernel.shared.get(shared.0 as usize).map_or(Elem::Index, |data| data.elem),
            Memory::Global(view) => self.kernel.view(view).map_or(Elem::Index, |view| view.elem),
        }
    }

    /// Pointer to an element.
    pub(super) fn pointer(&mut self, place: &Place) -> Option<Id> {
        let ty = Ty::of(self.elem(place.memory));
        let offset = self.expr(&place.offset);
        match place.memory {
            Memory::Global(view) if self.kernel.view(view).is_some() => {
                let view = self.params[view.index()]?;
                let (zero, elem) = (self.module.uint(0), self.module.ty(ty));
                let pointer = self.module.pointer(StorageClass::PhysicalStorageBuffer, elem);
                Some(self.typed(Op::AccessChain, pointer, [view.into(), zero.into(), offset.into()]))
            }
            Memory::Shared(shared) if self.shared.len() > shared.0 as usize => {
                let array = self.shared[shared.0 as usize];
                Some(self.element(StorageClass::Workgroup, array, ty, offset))
            }
            Memory::Global(_) | Memory::Shared(_) => {
                self.fail(format!("{:?} does not exist", place.memory));
                None
            }
        }
    }

    /// The bits of an element as they lie in memory.
    fn load_raw(&mut self, place: &Place) -> Id {
        let ty = Ty::of(self.elem(place.memory));
        let Some(pointer) = self.pointer(place) else { return self.module.uint(0) };
        let ty_id = self.module.ty(ty);
        let alignment = is_view(place.memory).then(|| aligned(ty.bytes()));
        self.typed(Op::Load, ty_id, [pointer.into()].into_iter().chain(alignment.into_iter().flatten()))
    }

    fn store_raw(&mut self, place: &Place, pointer: Id, value: Id) {
        let ty = Ty::of(self.elem(place.memory));
        if is_view(place.memory) {
            let [aligned, bytes] = aligned(ty.bytes());
            self.run(Op::Store, [pointer.into(), value.into(), aligned, bytes]);
        } else {
            self.write(pointer, value);
        }
    }

    pub(super) fn load(&mut self, place: &Place) -> Id {
        let elem = self.elem(place.memory);
        let raw = self.load_raw(place);
        match elem {
            Elem::F32 | Elem::I32 | Elem::I64 => raw,
            Elem::F16 | Elem::Bf16 => {
                let bits = self.op(Op::UConvert, Ty::Uint, &[raw]);
                self.widen(elem, bits)
            }
            Elem::I8 => self.op(Op::UConvert, Ty::Uint, &[raw]),
            Elem::I1 => {
                let byte = self.op(Op::UConvert, Ty::Uint, &[raw]);
                let zero = self.module.uint(0);
                self.op(Op::INotEqual, Ty::Bool, &[byte, zero])
            }
            Elem::Index => self.no_value("a memory holds elements of type `index`"),
        }
    }

    pub(super) fn store(&mut self, place: &Place, value: &Expr) {
        let elem = self.elem(place.memory);
        let raw = match value {
            // A copy needs no conversions.
            Expr::Load(from) if self.elem(from.memory) == elem => self.load_raw(from),
            // Storing rounds anyway, and rounding twice to one type is rounding once.
            Expr::Convert(Convert::Round(to), inner) if *to == elem => {
                let value = self.expr(inner);
                self.in_memory(elem, value)
            }
            _ => {
                let value = self.expr(value);
                self.in_memory(elem, value)
            }
        };
        if let Some(pointer) = self.pointer(place) {
            self.store_raw(place, pointer, raw);
        }
    }

    /// A value as it lies in memory.
    fn in_memory(&mut self, elem: Elem, value: Id) -> Id {
        match elem {
            Elem::F32 | Elem::I32 | Elem::I64 => value,
            Elem::F16 | Elem::Bf16 => {
                let bits = self.narrow(elem, value);
                self.op(Op::UConvert, Ty::Short, &[bits])
            }
            Elem::I8 => self.op(Op::UConvert, Ty::Byte, &[value]),
            Elem::I1 => {
                let word = self.bool_word(value);
                self.op(Op::UConvert, Ty::Byte, &[word])
            }
            Elem::Index => self.no_value("a memory holds elements of type `index`"),
        }
    }

    /// 0 or 1.
    pub(super) fn bool_word(&mut self, value: Id) -> Id {
        let (one, zero) = (self.module.uint(1), self.module.uint(0));
        self.choose(Ty::Uint, value, one, zero)
    }
}

/// Whether a memory is a view, whose accesses state their alignment.
pub(super) const fn is_view(memory: Memory) -> bool {
    match memory {
        Memory::Global(_) => true,
        Memory::Shared(_) => false,
    }
}
