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
    /// What to call it.
    name: String,
    /// Whether a tile of that name, type and address is declared already.
    declared: bool,
}

impl Tile {
    /// A tile of another type than its buffer is declared with.
    pub(super) fn of(area: &Area<'_>, ty: String) -> Tile {
        Tile { ty, address: address(area), name: area.name.to_owned(), declared: false }
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
    Tile { declared, ..Tile::of(area, ty) }
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

/// Writes `body` with the names of tiles, declaring those that are not.
pub(super) fn with(tiles: Vec<Tile>, lines: &mut Lines<'_>, body: impl FnOnce(&[String], &mut Lines<'_>)) {
    if tiles.iter().all(|tile| tile.declared) {
        let names: Vec<String> = tiles.into_iter().map(|tile| tile.name).collect();
        body(&names, lines);
        return;
    }
    lines.scope(|lines| {
        let mut known: Vec<(Tile, String)> = Vec::new();
        let mut names = Vec::new();
        for tile in tiles {
            if tile.declared {
                names.push(tile.name);
                continue;
            }
            let same = known.iter().find(|(other, _)| (&other.ty, &other.address) == (&tile.ty, &tile.address));
            if let Some((_, name)) = same {
                names.push(name.clone());
                continue;
            }
            let name = lines.name(&format!("{}_part", tile.name));
            lines.line(&format!("{} {name};", tile.ty));
            lines.line(&format!("TASSIGN({name}, {});", tile.address));
            names.push(name.clone());
            known.push((tile, name));
        }
        body(&names, lines);
    });
}

/// Writes one instruction on tiles; `rest` are further arguments.
pub(super) fn instruction(name: &str, tiles: Vec<Tile>, rest: &[&str], lines: &mut Lines<'_>) {
    with(tiles, lines, |names, lines| {
        let args: Vec<&str> = names.iter().map(String::as_str).chain(rest.iter().copied()).collect();
        lines.line(&format!("{name}({});", args.join(", ")));
    });
}

/// A row of an area.
pub(super) fn row<'a>(area: &Area<'a>, row: &Text) -> Area<'a> {
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

/// Writes an operation on areas of the same shape, all of them at once or, if `apart`, row by row.
pub(super) fn each<'a>(
    apart: bool,
    areas: &[&Area<'a>],
    lines: &mut Lines<'_>,
    body: impl FnOnce(&[Area<'a>], &mut Lines<'_>),
) {
    let rows = areas.first().map_or(1, |area| area.rows);
    if !apart || rows == 1 {
        let all: Vec<Area<'a>> = areas.iter().map(|&area| area.clone()).collect();
        body(&all, lines);
        return;
    }
    lines.times(rows, "r", |lines, number| {
        let one: Vec<Area<'a>> = areas.iter().map(|area| row(area, number)).collect();
        body(&one, lines);
    });
}

/// Whether rows are so long that one instruction cannot take several of them: [`limits::LONG_ROW`].
pub(super) fn is_long(areas: &[&Area<'_>]) -> bool {
    areas.iter().any(|area| area.rows > 1 && !area.is_dense() && area.cols > limits::LONG_ROW)
}
