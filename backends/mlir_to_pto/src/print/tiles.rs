//! Tiles: parts of local buffers as types and addresses.

use emit::{Prec, Text};
use emit_dma::{Area, Lines};
use tile_ir::Elem;

use crate::{limits, types};

/// A tile that an instruction takes.
pub(super) struct Tile {
    /// Its type.
    pub(super) ty: String,
    /// Its first byte in local memory.
    pub(super) address: String,
    /// Its name, or what to call it.
    name: String,
    /// Whether it is declared under that name.
    declared: bool,
}

impl Tile {
    /// A tile of another type than its buffer is declared with.
    pub(super) fn of(area: &Area<'_>, ty: String) -> Tile {
        Tile { ty, address: address(area), name: format!("{}_part", area.name), declared: false }
    }

    /// What selections keep the address of their mask in: [`limits::SCRATCH`].
    pub(super) fn scratch() -> Tile {
        let ty = shape("uint32_t", 1, limits::SCRATCH / 4, limits::SCRATCH / 4);
        Tile { ty, address: limits::TARGET.local_bytes.to_string(), name: "scratch".to_owned(), declared: false }
    }
}

/// Elements that rows are a multiple of; bits of a mask are counted in bytes.
fn step(elem: Elem) -> u64 {
    limits::TARGET.step(elem)
}

/// Elements from a row to the next of a tile. The only row of an area may have any distance.
pub(super) fn pitch(area: &Area<'_>) -> u64 {
    if area.rows == 1 { area.cols.next_multiple_of(step(area.elem())) } else { area.pitch }
}

/// Whether rows have nothing between them but the rest of their last blocks, which operations may overwrite.
pub(super) fn is_own(area: &Area<'_>) -> bool {
    pitch(area) == area.cols.next_multiple_of(step(area.elem()))
}

/// The tile of an area.
pub(super) fn rows(area: &Area<'_>) -> Tile {
    let ty = match area.elem() {
        Elem::I1 => shape(types::element(Elem::I1), area.rows, area.cols.div_ceil(8), pitch(area) / 8),
        elem @ (Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index) => {
            shape(types::element(elem), area.rows, area.cols, pitch(area))
        }
    };
    let buffer = area.buffer;
    let whole = area.offset.text == "0" && (area.rows, area.cols) == (buffer.rows, buffer.cols);
    let declared = whole && (area.rows == 1 || area.pitch == buffer.pitch);
    if declared {
        return Tile { name: area.name.to_owned(), declared, ..Tile::of(area, ty) };
    }
    Tile::of(area, ty)
}

/// The tile of an area with elements of another type of the same width.
pub(super) fn rows_as(area: &Area<'_>, ty: &str) -> Tile {
    Tile::of(area, shape(ty, area.rows, area.cols, pitch(area)))
}

/// A type of rows.
pub(super) fn shape(ty: &str, rows: u64, cols: u64, pitch: u64) -> String {
    if cols == pitch { format!("Rows<{ty}, {rows}, {cols}>") } else { format!("Rows<{ty}, {rows}, {cols}, {pitch}>") }
}

/// The tile of a row whose elements belong to rows of something else.
pub(super) fn column(row: &Area<'_>, ty: &str) -> Tile {
    let held = row.cols.next_multiple_of(step(row.elem()));
    let cols = row.cols;
    let ty = if cols == held { format!("Column<{ty}, {cols}>") } else { format!("Column<{ty}, {cols}, {held}>") };
    Tile::of(row, ty)
}

/// The first byte of an area.
fn address(area: &Area<'_>) -> String {
    let (offset, base) = (&area.offset, area.buffer.address);
    let elem = area.elem();
    if let Ok(number) = offset.text.parse::<u64>() {
        return (base + limits::TARGET.bytes(elem, number)).to_string();
    }
    let bytes = match (elem, elem.bytes()) {
        (Elem::I1, _) => Text::binary(offset, "/", &Text::atom("8"), Prec::Product, false),
        (_, 1) => offset.clone(),
        (_, size) => Text::binary(offset, "*", &Text::atom(size.to_string()), Prec::Product, false),
    };
    if base == 0 { bytes.text } else { format!("{base} + {}", bytes.at_least(Prec::Product)) }
}

/// Declares those of the tiles that are not, in the current block; the names of all.
pub(super) fn declare(tiles: Vec<Tile>, lines: &mut Lines<'_>) -> Vec<String> {
    let mut known: Vec<(Tile, String)> = Vec::new();
    let mut names = Vec::new();
    for tile in tiles {
        let same = known.iter().find(|(other, _)| (&other.ty, &other.address) == (&tile.ty, &tile.address));
        let name = match same {
            Some((_, name)) => name.clone(),
            None if tile.declared => tile.name,
            None => {
                let name = lines.name(&tile.name);
                lines.line(&format!("{} {name};", tile.ty));
                lines.line(&format!("TASSIGN({name}, {});", tile.address));
                known.push((tile, name.clone()));
                name
            }
        };
        names.push(name);
    }
    names
}

/// An instruction: its name, and its arguments behind the tiles.
#[derive(Clone, Copy)]
pub(super) struct Instruction<'a> {
    pub(super) name: &'a str,
    pub(super) rest: &'a [&'a str],
}

impl Instruction<'_> {
    fn line(&self, names: &[String], lines: &mut Lines<'_>) {
        let args: Vec<&str> = names.iter().map(String::as_str).chain(self.rest.iter().copied()).collect();
        lines.line(&format!("{}({});", self.name, args.join(", ")));
    }

    /// Writes it; tiles that are not declared are, in a block of their own.
    pub(super) fn write(&self, tiles: Vec<Tile>, lines: &mut Lines<'_>) {
        if tiles.iter().all(|tile| tile.declared) {
            let names = declare(tiles, lines);
            self.line(&names, lines);
            return;
        }
        lines.scope(|lines| {
            let names = declare(tiles, lines);
            self.line(&names, lines);
        });
    }

    /// Writes it on areas of the same shape, all of them at once or, if `apart`, row by row. `tiles` makes its tiles, `before` is what a
    /// line in front of each says.
    pub(super) fn each<'a>(
        &self,
        apart: bool,
        areas: &[&Area<'a>],
        before: Option<&str>,
        lines: &mut Lines<'_>,
        tiles: impl Fn(&[Area<'a>]) -> Vec<Tile>,
    ) {
        let rows = areas.first().map_or(1, |area| area.rows);
        if !apart || rows == 1 {
            before.into_iter().for_each(|line| lines.once(line));
            let all: Vec<Area<'a>> = areas.iter().map(|&area| area.clone()).collect();
            self.write(tiles(&all), lines);
            return;
        }
        lines.times(rows, "r", |lines, number| {
            before.into_iter().for_each(|line| lines.once(line));
            let one: Vec<Area<'a>> = areas.iter().map(|area| row(area, number)).collect();
            let names = declare(tiles(&one), lines);
            self.line(&names, lines);
        });
    }
}

/// A row of an area.
fn row<'a>(area: &Area<'a>, row: &Text) -> Area<'a> {
    Area { offset: area.at(row, 0), rows: 1, ..area.clone() }
}

/// `count` rows of an area, from row `first` on.
pub(super) fn some_rows<'a>(area: &Area<'a>, first: u64, count: u64) -> Area<'a> {
    Area { offset: area.at(&Text::atom(first.to_string()), 0), rows: count, ..area.clone() }
}

/// `count` columns of an area, from column `first` on.
pub(super) fn some_cols<'a>(area: &Area<'a>, first: u64, count: u64) -> Area<'a> {
    Area { offset: area.at(&Text::atom("0"), first), cols: count, ..area.clone() }
}

/// Whether rows of all areas of one element type are the same distance apart.
pub(super) fn are_alike(areas: &[&Area<'_>]) -> bool {
    let differs = |a: &Area<'_>, b: &Area<'_>| a.elem() == b.elem() && pitch(a) != pitch(b);
    !areas.iter().any(|a| areas.iter().any(|b| differs(a, b)))
}

/// Whether rows are so long that one instruction cannot take several of them: [`limits::LONG_ROW`].
pub(super) fn is_long(areas: &[&Area<'_>]) -> bool {
    areas.iter().any(|area| area.rows > 1 && !area.is_dense() && area.cols > limits::LONG_ROW)
}
