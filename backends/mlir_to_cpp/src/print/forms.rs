//! The forms of a vector instruction: a count of elements, or repeats of 256 bytes with distances between them.

use emit::Text;
use emit_dma::{Area, Lines, plus, times};

use super::at;
use crate::limits::TARGET;

/// Most repeats of an instruction, and most blocks between two of them. Source: asc-devkit, high-dimensional cutting.
const REPEATS: u64 = 255;
/// Bytes of a repeat.
const REPEAT: u64 = 256;

/// How an operand goes with the rows and columns of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walk {
    /// As the result.
    Same,
    /// One row for all rows.
    Row,
    /// One block for each row, of the same element eight times.
    Column,
}

/// An operand, or the result.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) name: String,
    pub(super) offset: Text,
    /// Elements from a row to the next.
    pub(super) pitch: u64,
    /// Bytes of an element.
    pub(super) size: u64,
    pub(super) walk: Walk,
}

impl Side {
    pub(super) fn of(area: &Area<'_>) -> Side {
        let (name, offset) = (area.name.to_owned(), area.offset.clone());
        Side { name, offset, pitch: area.pitch, size: area.elem().bytes(), walk: Walk::Same }
    }

    pub(super) fn row(area: &Area<'_>) -> Side {
        Side { walk: Walk::Row, ..Side::of(area) }
    }

    /// Elements of a block.
    const fn per_block(&self) -> u64 {
        TARGET.block / self.size
    }

    /// Distance of rows in elements.
    const fn down(&self) -> u64 {
        match self.walk {
            Walk::Same => self.pitch,
            Walk::Row => 0,
            Walk::Column => self.per_block(),
        }
    }

    /// The element at `row`, `col`.
    fn place(&self, row: &Text, col: &Text) -> String {
        let col = if self.walk == Walk::Column { Text::atom("0") } else { col.clone() };
        at(&self.name, &plus(&plus(&self.offset, &times(row, self.down())), &col))
    }
}

/// How many elements an instruction handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// So many from the first on.
    Count(u64),
    /// The first `mask` of each repeat.
    Repeats {
        mask: u64,
        repeats: u64,
        /// Blocks between blocks and between repeats of each side.
        strides: Vec<[u64; 2]>,
    },
}

/// An instruction on these places.
pub(super) type Call<'a> = &'a dyn Fn(&[String], &Extent) -> String;

/// Writes an instruction for `rows` rows of `cols` elements in the form that takes the fewest. The result is the first side.
pub(super) fn each(sides: &[Side], rows: u64, cols: u64, lines: &mut Lines<'_>, call: Call<'_>) {
    let lanes = REPEAT / sides.iter().map(|side| side.size).max().unwrap_or(1);
    let spread = sides.iter().any(|side| side.walk == Walk::Column);
    let zero = Text::atom("0");
    if !spread && let Some(count) = whole(sides, rows, cols) {
        let places: Vec<String> = sides.iter().map(|side| side.place(&zero, &zero)).collect();
        lines.line(&call(&places, &Extent::Count(count)));
        return;
    }
    let near = sides.iter().all(|side| side.down() / side.per_block() <= REPEATS);
    let pieces = cols.div_ceil(lanes) * rows.div_ceil(REPEATS);
    if near && (spread || pieces <= rows) {
        down(sides, rows, cols, lanes, lines, call);
    } else if spread {
        across(sides, rows, cols, lanes, lines, call);
    } else {
        lines.times(rows, "row", |lines, row| {
            let places: Vec<String> = sides.iter().map(|side| side.place(row, &zero)).collect();
            lines.line(&call(&places, &Extent::Count(cols)));
        });
    }
}

/// Elements from the first to the last, if nothing but the rests of blocks is between rows.
fn whole(sides: &[Side], rows: u64, cols: u64) -> Option<u64> {
    if rows == 1 {
        return Some(cols);
    }
    let pitch = sides.first()?.pitch;
    let dense = |side: &Side| {
        side.walk == Walk::Same && side.pitch == pitch && cols.next_multiple_of(side.per_block()) == pitch
    };
    sides.iter().all(dense).then_some((rows - 1) * pitch + cols)
}

/// Repeats go down the rows; one instruction for each 256 bytes of a row.
fn down(sides: &[Side], rows: u64, cols: u64, lanes: u64, lines: &mut Lines<'_>, call: Call<'_>) {
    let strides: Vec<[u64; 2]> = sides
        .iter()
        .map(|side| match side.walk {
            Walk::Same | Walk::Row => [1, side.down() / side.per_block()],
            Walk::Column => [0, 1],
        })
        .collect();
    let (parts, rest) = (cols / lanes, cols % lanes);
    for first in (0..rows).step_by(REPEATS as usize) {
        let repeats = (rows - first).min(REPEATS);
        let row = Text::atom(first.to_string());
        let write = |lines: &mut Lines<'_>, col: &Text, mask: u64| {
            let places: Vec<String> = sides.iter().map(|side| side.place(&row, col)).collect();
            lines.line(&call(&places, &Extent::Repeats { mask, repeats, strides: strides.clone() }));
        };
        if parts > 0 {
            lines.times(parts, "part", |lines, part| write(lines, &times(part, lanes), lanes));
        }
        if rest > 0 {
            write(lines, &Text::atom((parts * lanes).to_string()), rest);
        }
    }
}

/// Repeats go along each row.
fn across(sides: &[Side], rows: u64, cols: u64, lanes: u64, lines: &mut Lines<'_>, call: Call<'_>) {
    let strides: Vec<[u64; 2]> = sides
        .iter()
        .map(|side| match side.walk {
            Walk::Same | Walk::Row => [1, lanes / side.per_block()],
            Walk::Column => [0, 0],
        })
        .collect();
    let (parts, rest) = (cols / lanes, cols % lanes);
    lines.times(rows, "row", |lines, row| {
        let mut write = |col: u64, mask: u64, repeats: u64| {
            let col = Text::atom(col.to_string());
            let places: Vec<String> = sides.iter().map(|side| side.place(row, &col)).collect();
            lines.line(&call(&places, &Extent::Repeats { mask, repeats, strides: strides.clone() }));
        };
        for first in (0..parts).step_by(REPEATS as usize) {
            write(first * lanes, lanes, (parts - first).min(REPEATS));
        }
        if rest > 0 {
            write(parts * lanes, rest, 1);
        }
    });
}

/// Arguments behind those that all forms have, of an instruction with one operand, or one and a number.
pub(super) fn unary_tail(extent: &Extent) -> String {
    tail(extent, "UnaryRepeatParams")
}

/// As [`unary_tail`], of an instruction with two operands.
pub(super) fn binary_tail(extent: &Extent) -> String {
    tail(extent, "BinaryRepeatParams")
}

fn tail(extent: &Extent, params: &str) -> String {
    match extent {
        Extent::Count(count) => count.to_string(),
        Extent::Repeats { mask, repeats, strides } => {
            let numbers = |which: usize| strides.iter().map(move |side| side[which].to_string());
            let numbers: Vec<String> = numbers(0).chain(numbers(1)).collect();
            format!("(uint64_t){mask}, {repeats}, {params}({})", numbers.join(", "))
        }
    }
}
