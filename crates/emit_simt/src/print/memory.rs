//! Loads and stores.

use emit::{Prec, Text};
use lower_simt::ir::{Convert, Expr, Memory, Place, Scalar, Var};
use tile_ir::Elem;

use super::Printer;
use crate::dialect::Space;
use crate::number::Number;

/// Bytes of the widest access.
const WIDEST: u64 = 16;

impl Printer<'_> {
    /// The name of a memory.
    fn memory(&mut self, memory: Memory) -> String {
        let name = match memory {
            Memory::Global(view) if self.kernel.view(view).is_some() => self.params.get(view.index()),
            Memory::Global(_) => None,
            Memory::Shared(shared) => self.shared.get(shared.0 as usize),
        };
        match name.cloned() {
            Some(name) => name,
            None => {
                self.fail(format!("{memory:?} does not exist"));
                String::new()
            }
        }
    }

    fn elem(&mut self, memory: Memory) -> Elem {
        match memory {
            Memory::Shared(shared) => self.kernel.shared.get(shared.0 as usize).map_or(Elem::Index, |data| data.elem),
            Memory::Global(view) => self.kernel.view(view).map_or(Elem::Index, |view| view.elem),
        }
    }

    /// `memory[offset]`.
    fn element(&mut self, place: &Place) -> Text {
        let offset = self.expr(&place.offset);
        Text::index(&self.memory(place.memory), &offset)
    }

    /// Pointer to a place, with its memory's element type.
    pub(super) fn pointer(&mut self, place: &Place) -> (String, Elem, Space) {
        let name = self.memory(place.memory);
        let offset = self.expr(&place.offset);
        let space = match place.memory {
            Memory::Global(_) => Space::Global,
            Memory::Shared(_) => Space::Shared,
        };
        (address(&name, &offset), self.elem(place.memory), space)
    }

    pub(super) fn load(&mut self, place: &Place) -> Text {
        let element = self.element(place);
        match self.elem(place.memory) {
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 => element,
            elem @ (Elem::F16 | Elem::Bf16) => self.dialect.widen(elem, &element, &mut self.helpers),
            Elem::I1 => Text::binary(&element, "!=", &Text::atom("0"), Prec::Equality, false),
            Elem::Index => {
                self.fail("a memory holds elements of type `index`");
                element
            }
        }
    }

    pub(super) fn store(&mut self, place: &Place, value: &Expr) {
        let elem = self.elem(place.memory);
        let element = self.element(place).text;
        if let Expr::Load(from) = value
            && self.elem(from.memory) == elem
        {
            // A copy needs no conversions.
            let from = self.element(from).text;
            self.body.line(&format!("{element} = {from};"));
            return;
        }
        let value = match value {
            // Storing rounds anyway, and rounding twice to one type is rounding once.
            Expr::Convert(Convert::Round(to), inner) if *to == elem => self.expr(inner),
            _ => self.expr(value),
        };
        let value = match elem {
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 => value,
            Elem::F16 | Elem::Bf16 => self.dialect.narrow(elem, &value, &mut self.helpers),
            Elem::I1 => self.dialect.cast(Number::U8, &value),
            Elem::Index => {
                self.fail("a memory holds elements of type `index`");
                value
            }
        };
        self.body.line(&format!("{element} = {};", value.text));
    }

    pub(super) fn load_vector(&mut self, var: Var, index: &Expr, place: &Place, lanes: u32) {
        let Some(registers) = self.registers(var, index, place.memory, lanes) else { return };
        self.target(var, None);
        let (pointer, elem, space) = self.pointer(place);
        let function = self.dialect.load_vector(elem, lanes, space, &mut self.helpers);
        self.body.line(&format!("{function}({registers}, {pointer});"));
    }

    pub(super) fn store_vector(&mut self, place: &Place, var: Var, index: &Expr, lanes: u32) {
        let Some(registers) = self.registers(var, index, place.memory, lanes) else { return };
        let (pointer, elem, space) = self.pointer(place);
        let function = self.dialect.store_vector(elem, lanes, space, &mut self.helpers);
        self.body.line(&format!("{function}({pointer}, {registers});"));
    }

    /// Pointer to the registers of a vector access, which must be an array of the memory's register type.
    fn registers(&mut self, var: Var, index: &Expr, memory: Memory, lanes: u32) -> Option<String> {
        let elem = self.elem(memory);
        let data = self.kernel.vars.get(var.0 as usize);
        let holds = data.is_some_and(|data| data.len.is_some() && data.scalar == Scalar::of(elem));
        let sized = matches!(lanes, 2 | 4 | 8 | 16) && u64::from(lanes) * elem.bytes() <= WIDEST;
        if !holds || !sized || elem == Elem::Index {
            self.fail(format!("{lanes} elements of type `{elem}` at once, into variable {}", var.0));
            return None;
        }
        let name = self.var(var);
        let index = self.expr(index);
        Some(address(&name, &index))
    }
}

/// `&array[index]`, or the array itself for its start.
fn address(array: &str, index: &Text) -> String {
    if index.text == "0" { array.to_owned() } else { format!("&{array}[{}]", index.text) }
}
