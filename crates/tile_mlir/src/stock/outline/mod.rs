//! Operations that are moved into helper functions which work in loops over static buffers, because their straight-line
//! form is too long or has no lowering. The helpers are MLIR text, inlined again by the pipeline.

mod elementwise;
mod gather;
mod position;
mod transfer;

use std::fmt::{Result as Written, Write};

use tile_ir::{Elem, Shape};

use crate::raw::{Attribute, Operation, TypeClass, Value};
use crate::types;

/// Tiles above this many elements are handled in loops where every element costs a call, a branch or a copy.
const UNROLLED_ELEMENTS: u64 = 64;

const COUNTERS: &str = "%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index\n";

/// Whether an operation is outlined.
pub(super) fn is_outlined(op: Operation<'_>) -> bool {
    let tile = |value: Option<Value<'_>>| value.and_then(|value| types::value(value.ty()).ok());
    let large = |value| tile(value).is_some_and(|ty| ty.shape.count() > UNROLLED_ELEMENTS);
    match op.name() {
        "math.exp" | "math.log" | "math.tanh" | "math.sin" | "math.cos" | "math.fma" | "arith.truncf"
        | "vector.gather" => large(op.results().next()),
        "arith.extf" => {
            let from = op.operand(0).and_then(|value| value.ty().element());
            large(op.operand(0)) && from.is_some_and(|ty| ty.class() == TypeClass::F16)
        }
        // Vectors of bits are packed in memory, unlike views of bits; their transfers stay element by element.
        "vector.transfer_read" => {
            let tile_value = op.results().next();
            large(tile_value) && tile(tile_value).is_some_and(|ty| ty.elem != Elem::I1)
        }
        "vector.transfer_write" => large(op.operand(0)) && tile(op.operand(0)).is_some_and(|ty| ty.elem != Elem::I1),
        // LLVM has no instruction for a part of several dimensions chosen at run time, and MLIR no lowering.
        "vector.extract" | "vector.insert" => {
            let tile = tile(op.operand(usize::from(op.name() == "vector.insert")));
            let positions = op.attribute("static_position").and_then(Attribute::as_ints).unwrap_or_default();
            positions.iter().any(|position| *position < 0)
                && tile.is_some_and(|ty| ty.shape.rank() > 1 && ty.elem != Elem::I1)
        }
        _ => false,
    }
}

/// Writes the helper for an outlined operation, and returns the operands that it takes.
pub(super) fn write<'m>(op: Operation<'m>, helper: &str, out: &mut String) -> Option<Vec<Value<'m>>> {
    let operands: Vec<_> = op.operands().collect();
    match op.name() {
        "vector.gather" => gather::write(op, helper, out),
        "vector.extract" => position::write(op, None, *operands.first()?, helper, out).map(|()| operands),
        "vector.insert" => {
            position::write(op, operands.first().copied(), *operands.get(1)?, helper, out).map(|()| operands)
        }
        "vector.transfer_read" => transfer::write_read(op, helper, out).map(|()| operands),
        "vector.transfer_write" => transfer::write_write(op, helper, out).map(|()| operands),
        _ => elementwise::write(op, helper, out).map(|()| operands),
    }
}

/// Texts of one tile and its buffer.
struct Buffer {
    name: String,
    elem: Elem,
    vector: String,
    memory: String,
    flat: String,
    shape: Shape,
}

impl Buffer {
    fn new(value: Value<'_>, name: &str) -> Option<Buffer> {
        let ty = types::value(value.ty()).ok()?;
        // Vectors of bits are packed in memory, so masks are kept as bytes.
        let elem = if ty.elem == Elem::I1 { Elem::I8 } else { ty.elem };
        Some(Buffer {
            name: name.to_owned(),
            elem,
            vector: ty.with_elem(elem).to_string(),
            memory: format!("memref<{}x{elem}>", ty.shape),
            flat: format!("memref<{}x{elem}>", ty.shape.count()),
            shape: ty.shape,
        })
    }

    /// Declares the buffer, outside of functions.
    fn global(&self, helper: &str, out: &mut String) -> Written {
        writeln!(out, "memref.global \"private\" @{helper}_{} : {} = uninitialized", self.name, self.memory)
    }

    /// The buffer as `%NAME_buffer`, and its one-dimensional form `%NAME_flat`.
    fn open(&self, helper: &str, out: &mut String) -> Written {
        let Buffer { name, memory, flat, .. } = self;
        let dims: Vec<String> = (0..self.shape.rank()).map(|d| d.to_string()).collect();
        let dims = dims.join(", ");
        writeln!(out, "%{name}_buffer = memref.get_global @{helper}_{name} : {memory}")?;
        writeln!(out, "%{name}_flat = memref.collapse_shape %{name}_buffer [[{dims}]] : {memory} into {flat}")
    }

    fn everywhere(&self) -> (String, String) {
        (vec!["%c0"; self.shape.rank()].join(", "), promise(true, self.shape.rank()))
    }

    /// Puts the whole tile `value` into the buffer.
    fn fill(&self, value: &str, out: &mut String) -> Written {
        let (zeros, inside) = self.everywhere();
        let Buffer { name, vector, memory, .. } = self;
        writeln!(out, "vector.transfer_write {value}, %{name}_buffer[{zeros}] {inside} : {vector}, {memory}")
    }

    /// Puts a tile of bits into the buffer of bytes.
    fn fill_bits(&self, value: &str, out: &mut String) -> Written {
        let Buffer { name, vector, shape, .. } = self;
        writeln!(out, "%{name}_bytes = arith.extui {value} : vector<{shape}xi1> to {vector}")?;
        self.fill(&format!("%{name}_bytes"), out)
    }

    /// Returns the whole tile, and ends the function.
    fn give_back(&self, out: &mut String) -> Written {
        let (zeros, inside) = self.everywhere();
        let Buffer { name, vector, memory, elem, .. } = self;
        writeln!(out, "%nothing = arith.constant {} : {elem}", zero(*elem))?;
        writeln!(out, "%all = vector.transfer_read %{name}_buffer[{zeros}], %nothing {inside} : {memory}, {vector}")?;
        writeln!(out, "return %all : {vector}\n}}")
    }
}

/// `{in_bounds = [..]}`.
fn promise(inside: bool, rank: usize) -> String {
    format!("{{in_bounds = [{}]}}", vec![inside.to_string(); rank].join(", "))
}

fn zero(elem: Elem) -> &'static str {
    if elem.is_float() { "0.0" } else { "0" }
}
