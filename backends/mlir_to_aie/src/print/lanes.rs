//! Vectors of elements that follow each other in a row. Rows start at whole vectors, and what is behind a row's end up to a whole
//! vector is nobody's, so that no row has a rest.

use emit::{Prec, Text};
use emit_dma::{Area, Lines, plus, times};
use tile_ir::Elem;

/// Lanes of `f32`: a whole register.
pub(super) const LANES: u64 = 16;

/// The place of a vector in each area: row and element of the row.
pub(super) struct Place<'a> {
    row: &'a Text,
    col: &'a Text,
}

impl Place<'_> {
    /// A pointer to an area's elements at this place.
    pub(super) fn pointer(&self, area: &Area<'_>) -> String {
        self.pointer_as(area, None)
    }

    /// The same for an area of one row, whatever the place's row.
    pub(super) fn in_row(&self, area: &Area<'_>) -> String {
        let first = Place { row: &Text::atom("0"), col: self.col };
        first.pointer(area)
    }

    /// A pointer as one to another type; `i64` are two words each.
    pub(super) fn pointer_as(&self, area: &Area<'_>, ty: Option<&str>) -> String {
        let index = plus(&area.at(self.row, 0), self.col);
        let by = if area.elem().bytes() == 8 && ty.is_some() { 2 } else { 1 };
        let name = match ty {
            Some(ty) => Text::new(format!("({ty} *){}", area.name), Prec::Unary),
            None => Text::atom(area.name),
        };
        match times(&index, by) {
            index if index.text == "0" => name.text,
            index => Text::binary(&name, "+", &index, Prec::Sum, true).text,
        }
    }

    /// Element of a row that there is one of for each row.
    pub(super) fn of_row(&self, column: &Area<'_>) -> Text {
        Text::index(column.name, &plus(&column.offset, self.row))
    }

    /// The vector there.
    pub(super) fn load(&self, area: &Area<'_>) -> String {
        load(&self.pointer(area))
    }
}

/// A vector of [`LANES`] lanes from memory.
pub(super) fn load(pointer: &str) -> String {
    format!("aie::load_v<{LANES}>({pointer})")
}

/// The same number in all lanes.
pub(super) fn spread(elem: Elem, value: &str) -> String {
    let ty = if elem == Elem::I32 { "int32_t" } else { "float" };
    format!("aie::broadcast<{ty}, {LANES}>({value})")
}

/// `body` for every vector of `lanes` elements of areas with equal rows and columns.
pub(super) fn each(
    lines: &mut Lines<'_>,
    areas: &[&Area<'_>],
    lanes: u64,
    body: impl FnOnce(&mut Lines<'_>, &Place<'_>),
) {
    let Some(first) = areas.first() else { return };
    let zero = Text::atom("0");
    if first.rows > 1 && areas.iter().all(|area| area.is_dense() && area.cols.is_multiple_of(lanes)) {
        return lines.steps(first.count(), lanes, "at", |lines, col| body(lines, &Place { row: &zero, col }));
    }
    rows(lines, first, lanes, body);
}

/// As [`each`], row by row.
pub(super) fn rows(lines: &mut Lines<'_>, area: &Area<'_>, lanes: u64, body: impl FnOnce(&mut Lines<'_>, &Place<'_>)) {
    lines.times(area.rows, "row", |lines, row| {
        lines.steps(area.cols, lanes, "at", |lines, col| body(lines, &Place { row, col }));
    });
}

/// Writes a vector.
pub(super) fn store(lines: &mut Lines<'_>, pointer: &str, value: &str) {
    lines.line(&format!("aie::store_v({pointer}, {value});"));
}
