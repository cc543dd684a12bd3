//! Transfers of large tiles: row by row where the tile is wholly inside the view, else element by element, each element
//! a transfer of its own, so that padding, bounds and masks keep MLIR's meaning.

use std::fmt::Write;

use tile_ir::{Elem, Shape};

use super::{Buffer, COUNTERS, Written, promise};
use crate::raw::Operation;

/// What both directions share.
struct Transfer {
    tile: Buffer,
    mask: Option<Buffer>,
    /// Extents of the view.
    view: Vec<u64>,
    read: bool,
}

pub(super) fn write_read(op: Operation<'_>, helper: &str, out: &mut String) -> Option<()> {
    let view = extents(op, 0)?;
    let mask = op.operand(view.len() + 2);
    let mask = if let Some(mask) = mask { Some(Buffer::new(mask, "mask")?) } else { None };
    let transfer = Transfer { tile: Buffer::new(op.results().next()?, "tile")?, mask, view, read: true };
    transfer.text(helper, out).ok()
}

pub(super) fn write_write(op: Operation<'_>, helper: &str, out: &mut String) -> Option<()> {
    let view = extents(op, 1)?;
    let mask = op.operand(view.len() + 2);
    let mask = if let Some(mask) = mask { Some(Buffer::new(mask, "mask")?) } else { None };
    let transfer = Transfer { tile: Buffer::new(op.operand(0)?, "tile")?, mask, view, read: false };
    transfer.text(helper, out).ok()
}

/// Extents of the view that is operand `index`.
fn extents(op: Operation<'_>, index: usize) -> Option<Vec<u64>> {
    op.operand(index)?.ty().dims().into_iter().map(|dim| u64::try_from(dim?).ok()).collect()
}

impl Transfer {
    fn strided(&self) -> String {
        let strides = vec!["?"; self.view.len()].join(", ");
        format!("memref<{}, strided<[{strides}]>>", self.extents_and_type())
    }

    fn row_major(&self) -> String {
        format!("memref<{}>", self.extents_and_type())
    }

    fn extents_and_type(&self) -> String {
        let extents: String = self.view.iter().map(|extent| format!("{extent}x")).collect();
        format!("{extents}{}", self.tile.elem)
    }

    /// Dimensions of the view in front of the tile's.
    fn leading(&self) -> usize {
        self.view.len() - self.tile.shape.rank()
    }

    fn text(&self, helper: &str, out: &mut String) -> Written {
        let Transfer { tile, mask, view, read } = self;
        for buffer in [Some(tile), mask.as_ref()].into_iter().flatten() {
            buffer.global(helper, out)?;
        }
        let mut params = if *read { Vec::new() } else { vec![format!("%value: {}", tile.vector)] };
        params.push(format!("%view: {}", self.strided()));
        params.extend((0..view.len()).map(|d| format!("%at{d}: index")));
        if *read {
            params.push(format!("%pad: {}", tile.elem));
        }
        if let Some(mask) = mask {
            params.push(format!("%mask: vector<{}xi1>", mask.shape));
        }
        let result = if *read { format!(" -> {}", tile.vector) } else { String::new() };
        writeln!(out, "func.func private @{helper}({}){result} {{\n{COUNTERS}", params.join(", "))?;
        tile.open(helper, out)?;
        if !read {
            tile.fill("%value", out)?;
        }
        if let Some(mask) = mask {
            mask.open(helper, out)?;
            mask.fill_bits("%mask", out)?;
            writeln!(out, "%no = arith.constant 0 : i8")?;
            self.elements(out)?;
        } else {
            self.is_inside(out)?;
            writeln!(out, "scf.if %inside {{")?;
            self.rows(out)?;
            writeln!(out, "}} else {{")?;
            self.elements(out)?;
            writeln!(out, "}}")?;
        }
        if *read { tile.give_back(out) } else { writeln!(out, "return\n}}") }
    }

    /// Computes `%inside`: whether the tile leaves the view nowhere.
    fn is_inside(&self, out: &mut String) -> Written {
        writeln!(out, "%inside0 = arith.constant true")?;
        let dims = self.tile.shape.dims();
        for (number, size) in dims.iter().enumerate() {
            let d = self.leading() + number;
            let extent = self.view[d];
            // A start below 0 is a huge unsigned number.
            let starts = if *size <= extent { extent - size + 1 } else { 0 };
            writeln!(out, "%starts{d} = arith.constant {starts} : index")?;
            writeln!(out, "%fits{d} = arith.cmpi ult, %at{d}, %starts{d} : index")?;
            writeln!(out, "%inside{} = arith.andi %inside{number}, %fits{d} : i1", number + 1)?;
        }
        writeln!(out, "%inside = arith.andi %inside{}, %inside0 : i1", dims.len())
    }

    /// Opens a loop over each of the tile's dimensions but the last `kept`; `%i0, ..` count in the tile, `%v0, ..` in
    /// the view. Returns the two index lists.
    fn loops(&self, kept: usize, out: &mut String) -> Result<(String, String), std::fmt::Error> {
        let (rank, leading) = (self.tile.shape.rank(), self.leading());
        let mut in_view: Vec<String> = (0..self.view.len()).map(|d| format!("%at{d}")).collect();
        let mut in_tile = vec!["%c0".to_owned(); rank];
        for d in 0..rank - kept {
            let size = self.tile.shape.dims()[d];
            writeln!(out, "%n{d} = arith.constant {size} : index\nscf.for %i{d} = %c0 to %n{d} step %c1 {{")?;
            writeln!(out, "%v{d} = arith.addi %at{}, %i{d} : index", leading + d)?;
            in_view[leading + d] = format!("%v{d}");
            in_tile[d] = format!("%i{d}");
        }
        Ok((in_tile.join(", "), in_view.join(", ")))
    }

    fn close(&self, kept: usize, out: &mut String) -> Written {
        writeln!(out, "{}", "}\n".repeat(self.tile.shape.rank() - kept))
    }

    /// Whole rows, as vectors of one dimension.
    fn rows(&self, out: &mut String) -> Written {
        let Buffer { memory, elem, shape, .. } = &self.tile;
        let row = format!("vector<{}x{elem}>", shape.dims().last().unwrap_or(&1));
        let whole = self.row_major();
        // A plain `memref.cast` would be folded away again.
        let list = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let strides: Vec<u64> = (0..self.view.len()).map(|d| self.view[d + 1..].iter().product()).collect();
        writeln!(
            out,
            "%whole = memref.reinterpret_cast %view to offset: [0], sizes: [{}], strides: [{}] : {} to {whole}",
            list(&self.view),
            list(&strides),
            self.strided()
        )?;
        let (in_tile, in_view) = self.loops(1, out)?;
        let inside = promise(true, 1);
        if self.read {
            writeln!(out, "%row = vector.transfer_read %whole[{in_view}], %pad {inside} : {whole}, {row}")?;
            writeln!(out, "vector.transfer_write %row, %tile_buffer[{in_tile}] {inside} : {row}, {memory}")?;
        } else {
            writeln!(out, "%unused = arith.constant {} : {elem}", super::zero(*elem))?;
            writeln!(out, "%row = vector.transfer_read %tile_buffer[{in_tile}], %unused {inside} : {memory}, {row}")?;
            writeln!(out, "vector.transfer_write %row, %whole[{in_view}] {inside} : {row}, {whole}")?;
        }
        self.close(1, out)
    }

    /// Single elements, as transfers of a tile of one element.
    fn elements(&self, out: &mut String) -> Written {
        let Buffer { memory, elem, shape, .. } = &self.tile;
        let strided = self.strided();
        let rank = shape.rank();
        let one = |elem: Elem| format!("vector<{}x{elem}>", ones(rank));
        let (in_tile, in_view) = self.loops(0, out)?;
        let mut mask = "";
        if let Some(buffer) = &self.mask {
            writeln!(out, "%byte = memref.load %mask_buffer[{in_tile}] : {}", buffer.memory)?;
            writeln!(out, "%bit = arith.cmpi ne, %byte, %no : i8")?;
            writeln!(out, "%only = vector.broadcast %bit : i1 to {}", one(Elem::I1))?;
            mask = ", %only";
        }
        let (outside, zeros, element) = (promise(false, rank), vec!["0"; rank].join(", "), one(*elem));
        if self.read {
            writeln!(out, "%x = vector.transfer_read %view[{in_view}], %pad{mask} {outside} : {strided}, {element}")?;
            writeln!(out, "%y = vector.extract %x[{zeros}] : {elem} from {element}")?;
            writeln!(out, "memref.store %y, %tile_buffer[{in_tile}] : {memory}")?;
        } else {
            writeln!(out, "%y = memref.load %tile_buffer[{in_tile}] : {memory}")?;
            writeln!(out, "%x = vector.broadcast %y : {elem} to {element}")?;
            writeln!(out, "vector.transfer_write %x, %view[{in_view}]{mask} {outside} : {element}, {strided}")?;
        }
        self.close(0, out)
    }
}

fn ones(rank: usize) -> Shape {
    Shape::new(&vec![1; rank]).unwrap_or_default()
}
