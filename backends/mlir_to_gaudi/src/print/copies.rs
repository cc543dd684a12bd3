//! Copies between views and arrays: loops over rows and vectors.

use emit::{Prec, Text};
use emit_dma::{plus, times};
use lower_dma::ir::{Copy, StmtKind};
use tile_ir::{Elem, Number, ViewId};

use super::loops::{Part, number};
use super::{Printer, helpers, scalars};
use crate::types::{lanes, tag};

/// What a copy moves: where, and how much.
struct Move {
    part: Part,
    view: String,
    tag: &'static str,
    /// First element of the view, by name or constant.
    from: Text,
    view_pitch: u64,
    rows: Text,
    cols: Text,
}

impl Move {
    /// Elements of a row, if that is a constant.
    fn fixed(&self) -> Option<u64> {
        self.cols.text.parse().ok()
    }
}

/// The number of elements less one as an argument, of which the function takes the lowest 8 bits.
fn last(count: u64) -> Text {
    if count <= 128 { number(count - 1) } else { Text::new(format!("-{}", 257 - count), Prec::Unary) }
}

impl Printer<'_> {
    fn moved(&mut self, copy: &Copy, stored: bool) -> Option<Move> {
        let elem = self.kernel.view(copy.view).map_or(Elem::Index, |view| view.elem);
        let Some(tag) = tag(elem) else {
            self.fail(format!("a view of {elem}"));
            return None;
        };
        let part = self.part_of(copy.buffer, &copy.offset, [copy.max_rows, copy.max_cols, copy.pitch]);
        let from = self.place(&copy.view_offset);
        let from = self.named("from", "int", from);
        let (rows, cols) = (self.bound(&copy.rows), self.bound(&copy.cols));
        let (rows, cols) = (self.named("rows", "int", rows), self.named("cols", "int", cols));
        Some(Move { part, view: self.view(copy.view, stored), tag, from, view_pitch: copy.view_pitch, rows, cols })
    }

    /// A value by a name, unless it is one or a constant.
    pub(super) fn named(&mut self, wanted: &str, ty: &str, value: Text) -> Text {
        let simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if value.text.chars().all(simple) {
            return value;
        }
        let name = self.namer.name(wanted);
        self.body.line(&format!("const {ty} {name} = {};", value.text));
        Text::atom(name)
    }

    /// Whether the kernel stores into a view.
    fn is_stored(&self, view: ViewId) -> bool {
        let mut found = false;
        for stmt in &self.kernel.body {
            stmt.for_each(&mut |stmt| found |= matches!(&stmt.kind, StmtKind::CopyOut(copy) if copy.view == view));
        }
        found
    }

    pub(super) fn copy_in(&mut self, copy: &Copy) {
        if self.stored.contains(&copy.view) {
            self.wait();
        }
        let Some(moved) = self.moved(copy, false) else { return };
        // Of a view that is written, other members may write what is behind the row.
        let careful = self.is_stored(copy.view);
        let pad = copy.pad.map(|pad| match pad {
            Number::Float(value) => scalars::float(value),
            Number::Int(value) => scalars::int(value as i32),
        });
        let filled = match pad {
            Some(pad) => helpers::head(moved.part.elem, &mut self.helpers).map(|function| (function, pad)),
            None => None,
        };
        let load = |at: &str, part: Option<&Text>| match part {
            Some(last) => format!("v_{}_ld_tnsr_partial_b({at}, {}, {}, 0)", moved.tag, moved.view, last.text),
            None => format!("v_{}_ld_tnsr_b({at}, {})", moved.tag, moved.view),
        };
        let fill = |value: String, count: &Text| match &filled {
            Some((function, pad)) => Text::call(function, &[Text::atom(value), count.clone(), pad.clone()]).text,
            None => value,
        };
        self.vectors(&moved, |printer, place, at, count| {
            let value = match count {
                Count::All => load(at, None),
                Count::Part(count) if careful => fill(load(at, Some(&last(count))), &number(count)),
                Count::Part(count) => fill(load(at, None), &number(count)),
                Count::Left(left) => {
                    let most = printer.most(&left, &moved, careful);
                    fill(load(at, most.as_ref()), &left)
                }
            };
            printer.body.line(&format!("{} = {value};", place.text));
        });
    }

    pub(super) fn copy_out(&mut self, copy: &Copy) {
        let Some(moved) = self.moved(copy, true) else { return };
        let (tag, view) = (moved.tag, moved.view.clone());
        self.vectors(&moved, |printer, place, at, count| {
            let place = &place.text;
            let line = match count {
                Count::All => format!("v_{tag}_st_tnsr({at}, {view}, {place});"),
                Count::Part(count) => {
                    format!("v_{tag}_st_tnsr_partial({at}, {view}, {place}, {}, 0);", last(count).text)
                }
                Count::Left(left) => {
                    let most = printer.most(&left, &moved, true).unwrap_or_else(|| number(0));
                    format!("v_{tag}_st_tnsr_partial({at}, {view}, {place}, {}, 0);", most.text)
                }
            };
            printer.body.line(&line);
        });
        self.stored.insert(copy.view);
    }

    /// One less than the elements of a vector of which so many are left, where it matters.
    fn most(&mut self, left: &Text, moved: &Move, careful: bool) -> Option<Text> {
        careful.then(|| {
            let lanes = lanes(moved.part.elem);
            let count = Text::call("s_i32_min", &[left.clone(), number(lanes)]);
            Text::binary(&count, "-", &number(1), Prec::Sum, false)
        })
    }

    /// `body` for each vector of a copy, with its place in the array, the index of tensors set to its place in the view, and how
    /// much of it there is.
    fn vectors(&mut self, moved: &Move, body: impl Fn(&mut Self, &Text, &str, Count)) {
        let part = &moved.part;
        let (lanes, at) = (lanes(part.elem), self.at.clone());
        let one = |printer: &mut Self, row: &Text, col: &Text, count: Count| {
            let place = plus(&plus(&moved.from, &times(row, moved.view_pitch)), &times(col, lanes));
            printer.body.line(&format!("{at}[0] = {};", place.text));
            body(printer, &part.at(row, col), &at, count);
        };
        let fixed_rows: Option<u64> = moved.rows.text.parse().ok();
        let all = |cols: u64| cols.is_multiple_of(lanes);
        if let (Some(rows), Some(cols)) = (fixed_rows, moved.fixed())
            && (rows > 1 && moved.view_pitch == cols && all(cols) && cols == part.pitch * lanes)
        {
            let vectors = rows * cols / lanes;
            return self.times(vectors, "i", |printer, i| one(printer, &number(0), i, Count::All));
        }
        let row_of = |printer: &mut Self, row: &Text| match moved.fixed() {
            Some(cols) => {
                let whole = cols / lanes;
                if whole > 0 {
                    printer.times(whole, "col", |printer, col| one(printer, row, col, Count::All));
                }
                if !all(cols) {
                    one(printer, row, &number(whole), Count::Part(cols % lanes));
                }
            }
            None => {
                let (cols, most) = (&moved.cols, part.vectors());
                printer.namer.push();
                let col = printer.namer.name("col");
                let first = Text::atom(col.clone());
                if most == 1 {
                    one(printer, row, &number(0), Count::Left(cols.clone()));
                } else {
                    let done = times(&first, lanes);
                    printer.body.open(&format!("for (int {col} = 0; {} < {}; {col} += 1) {{", done.text, cols.text));
                    let left = Text::binary(cols, "-", &done, Prec::Sum, false);
                    one(printer, row, &first, Count::Left(left));
                    printer.body.close("}");
                }
                printer.namer.pop();
            }
        };
        match fixed_rows {
            Some(rows) => self.times(rows, "row", row_of),
            None => {
                self.namer.push();
                let row = self.namer.name("row");
                self.body.open(&format!("for (int {row} = 0; {row} < {}; {row} += 1) {{", moved.rows.text));
                row_of(self, &Text::atom(row));
                self.body.close("}");
                self.namer.pop();
            }
        }
    }
}

/// How much of a vector a copy moves.
enum Count {
    /// All of it.
    All,
    /// So many elements, less than all.
    Part(u64),
    /// At most so many elements, 1 or more.
    Left(Text),
}
