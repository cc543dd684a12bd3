//! Several neighbouring elements at once.
//!
//! In views, elements of 32 and 64 bits travel as vectors of their own type, smaller ones packed in words, the first in the
//! lowest bits: Vulkan's memory is little-endian. Shared arrays have no other shape than their elements', so that they are
//! accessed one by one, as is what fills no word.

use lower_simt::ir::{Expr, Place, Scalar, Var};
use spirv::{Op, StorageClass};
use tile_ir::{BinaryOp, Elem};

use super::memory::{aligned, is_view};
use super::{Printer, Slot};
use crate::asm::{Id, Operand, Ty};

/// Bytes of the widest access.
const WIDEST: u64 = 16;

/// A vector access's parts: `count` units of a type, each of which holds `per_unit` elements.
struct Layout {
    unit: Ty,
    count: u32,
    per_unit: u32,
}

impl Layout {
    fn of(elem: Elem, lanes: u32) -> Layout {
        let bytes = lanes * elem.bytes() as u32;
        match Ty::of(elem) {
            ty @ (Ty::Float | Ty::Uint | Ty::Ulong | Ty::Bool) => Layout { unit: ty, count: lanes, per_unit: 1 },
            Ty::Byte | Ty::Short if bytes >= 4 => {
                Layout { unit: Ty::Uint, count: bytes / 4, per_unit: 4 / elem.bytes() as u32 }
            }
            ty @ (Ty::Byte | Ty::Short) => Layout { unit: ty, count: lanes, per_unit: 1 },
        }
    }
}

/// Whether elements travel as a vector: in views, in whole words.
fn as_vector(place: &Place, elem: Elem, lanes: u32) -> bool {
    is_view(place.memory) && u64::from(lanes) * elem.bytes() >= 4
}

impl Printer<'_> {
    pub(super) fn load_vector(&mut self, var: Var, index: &Expr, place: &Place, lanes: u32) {
        let Some((array, ty, elem)) = self.registers(var, place, lanes) else { return };
        if !as_vector(place, elem, lanes) {
            for lane in 0..lanes {
                let value = {
                    let near = self.neighbour(place, lane);
                    self.load(&near)
                };
                self.put(array, ty, index, lane, value);
            }
            return;
        }
        let layout = Layout::of(elem, lanes);
        let Some((pointer, unit)) = self.vector_pointer(place, &layout) else { return };
        let [aligned, bytes] = aligned(lanes * elem.bytes() as u32);
        let bits = self.typed(Op::Load, unit, [pointer.into(), aligned, bytes]);
        let units: Vec<Id> = (0..layout.count).map(|unit| self.unit(bits, &layout, unit)).collect();
        for lane in 0..lanes {
            let word = units[(lane / layout.per_unit) as usize];
            let value = self.unpack(elem, word, lane % layout.per_unit);
            self.put(array, ty, index, lane, value);
        }
    }

    pub(super) fn store_vector(&mut self, place: &Place, var: Var, index: &Expr, lanes: u32) {
        let Some((array, ty, elem)) = self.registers(var, place, lanes) else { return };
        if !as_vector(place, elem, lanes) {
            for lane in 0..lanes {
                let at = self.plus(index, lane);
                let near = self.neighbour(place, lane);
                self.store(&near, &Expr::Element(var, Box::new(at)));
            }
            return;
        }
        let layout = Layout::of(elem, lanes);
        let mut units = Vec::new();
        for unit in 0..layout.count {
            let values: Vec<Id> =
                (0..layout.per_unit).map(|cell| self.get(array, ty, index, unit * layout.per_unit + cell)).collect();
            units.push(self.pack(elem, &values));
        }
        let Some((pointer, unit)) = self.vector_pointer(place, &layout) else { return };
        let value = match units[..] {
            [one] => one,
            _ => self.typed(Op::CompositeConstruct, unit, units.into_iter().map(Operand::Id)),
        };
        let [aligned, bytes] = aligned(lanes * elem.bytes() as u32);
        self.run(Op::Store, [pointer.into(), value.into(), aligned, bytes]);
    }

    /// The array of a vector access, which must be one of the memory's register type.
    fn registers(&mut self, var: Var, place: &Place, lanes: u32) -> Option<(Id, Ty, Elem)> {
        let elem = self.elem(place.memory);
        let data = self.kernel.vars.get(var.0 as usize);
        let holds = data.is_some_and(|data| data.len.is_some() && data.scalar == Scalar::of(elem));
        let sized = matches!(lanes, 2 | 4 | 8 | 16) && u64::from(lanes) * elem.bytes() <= WIDEST;
        match self.slot(var) {
            Some(Slot::Array(array, ty)) if holds && sized && elem != Elem::Index => Some((array, ty, elem)),
            Some(_) | None => {
                self.fail(format!("{lanes} elements of type `{elem}` at once, into variable {}", var.0));
                None
            }
        }
    }

    /// Pointer to the whole access, and the type of its value.
    fn vector_pointer(&mut self, place: &Place, layout: &Layout) -> Option<(Id, Id)> {
        let first = self.pointer(place)?;
        let value =
            if layout.count == 1 { self.module.ty(layout.unit) } else { self.module.vector(layout.unit, layout.count) };
        let pointer = self.module.pointer(StorageClass::PhysicalStorageBuffer, value);
        Some((self.typed(Op::Bitcast, pointer, [first.into()]), value))
    }

    /// One unit of a loaded vector.
    fn unit(&mut self, bits: Id, layout: &Layout, unit: u32) -> Id {
        if layout.count == 1 {
            return bits;
        }
        let ty = self.module.ty(layout.unit);
        self.typed(Op::CompositeExtract, ty, [bits.into(), Operand::Word(unit)])
    }

    /// One element out of a unit.
    fn unpack(&mut self, elem: Elem, unit: Id, cell: u32) -> Id {
        match elem {
            Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => unit,
            Elem::Bf16 => {
                let bits = if cell == 0 {
                    self.shifted_left(unit, 16)
                } else {
                    let mask = self.module.uint(0xffff_0000);
                    self.op(Op::BitwiseAnd, Ty::Uint, &[unit, mask])
                };
                self.op(Op::Bitcast, Ty::Float, &[bits])
            }
            Elem::F16 => {
                let bits = self.bit_field(unit, 16 * cell, 16);
                self.widen(elem, bits)
            }
            Elem::I8 => self.bit_field(unit, 8 * cell, 8),
            Elem::I1 => {
                let (byte, zero) = (self.bit_field(unit, 8 * cell, 8), self.module.uint(0));
                self.op(Op::INotEqual, Ty::Bool, &[byte, zero])
            }
        }
    }

    /// The unit of some elements.
    fn pack(&mut self, elem: Elem, values: &[Id]) -> Id {
        let bits = match elem {
            Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => return values[0],
            Elem::F16 | Elem::Bf16 => 16,
            Elem::I8 | Elem::I1 => 8,
        };
        let mut word = None;
        for (cell, &value) in (0u32..).zip(values) {
            let own = match elem {
                Elem::F16 | Elem::Bf16 => self.narrow(elem, value),
                Elem::I1 => self.bool_word(value),
                Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value,
            };
            word = Some(match word {
                None => own,
                Some(word) => {
                    let own = self.shifted_left(own, bits * cell);
                    self.op(Op::BitwiseOr, Ty::Uint, &[word, own])
                }
            });
        }
        word.unwrap_or(values[0])
    }

    fn put(&mut self, array: Id, ty: Ty, index: &Expr, lane: u32, value: Id) {
        let index = self.plus(index, lane);
        let index = self.expr(&index);
        let pointer = self.element(StorageClass::Function, array, ty, index);
        self.write(pointer, value);
    }

    fn get(&mut self, array: Id, ty: Ty, index: &Expr, lane: u32) -> Id {
        let index = self.plus(index, lane);
        let index = self.expr(&index);
        let pointer = self.element(StorageClass::Function, array, ty, index);
        self.read(pointer, ty)
    }
}

impl Printer<'_> {
    /// The element so many after a place.
    fn neighbour(&self, place: &Place, lane: u32) -> Place {
        Place { offset: Box::new(self.plus(&place.offset, lane)), ..place.clone() }
    }

    /// A sum, computed here where it can be.
    fn plus(&self, index: &Expr, lane: u32) -> Expr {
        match index {
            _ if lane == 0 => index.clone(),
            Expr::Int(scalar, value) => Expr::Int(*scalar, value + u64::from(lane)),
            _ => {
                let lane = Expr::Int(index.scalar(self.kernel), u64::from(lane));
                Expr::Binary(BinaryOp::Add, Box::new(index.clone()), Box::new(lane))
            }
        }
    }
}
