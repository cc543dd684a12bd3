//! Vector functions take elements that follow each other: what lies in one run, and where.

use emit::{Prec, Text};
use emit_dma::{Area, Lines, plus};

/// A run of elements of a buffer.
#[derive(Clone, Debug)]
pub(super) struct Run {
    name: String,
    index: Text,
}

impl Run {
    /// Row `row` of an area.
    pub(super) fn row(area: &Area<'_>, row: &Text) -> Run {
        Run { name: area.name.to_owned(), index: area.at(row, 0) }
    }

    /// The first row of an area, or all of it if it is dense.
    pub(super) fn first(area: &Area<'_>) -> Run {
        Run::row(area, &Text::atom("0"))
    }

    /// A pointer to its first element.
    pub(super) fn pointer(&self) -> String {
        pointer(&self.name, &self.index).text
    }

    /// A pointer to its first element, as one to `ty`.
    pub(super) fn pointer_as(&self, ty: &str) -> String {
        format!("(NPTR({ty})){}", pointer(&self.name, &self.index).at_least(Prec::Unary))
    }

    /// The index of its first element.
    pub(super) fn index(&self) -> &Text {
        &self.index
    }

    /// What begins `elements` later.
    pub(super) fn after(&self, elements: &Text) -> Run {
        Run { name: self.name.clone(), index: plus(&self.index, elements) }
    }
}

/// `array + index`.
pub(super) fn pointer(array: &str, index: &Text) -> Text {
    match index.text.as_str() {
        "0" => Text::atom(array),
        _ => Text::binary(&Text::atom(array), "+", index, Prec::Sum, true),
    }
}

/// Whether two areas of the same size are the same elements.
pub(super) fn same(a: &Area<'_>, b: &Area<'_>) -> bool {
    a.name == b.name && a.offset == b.offset
}

/// `body` for runs of `areas`, which have equal rows and columns: for all elements at once if each area is dense, else for each row. It gets the runs and
/// how many elements they have.
pub(super) fn runs(lines: &mut Lines<'_>, areas: &[&Area<'_>], body: impl FnOnce(&mut Lines<'_>, &[Run], u64)) {
    let Some(first) = areas.first() else { return };
    if areas.iter().all(|area| area.is_dense()) {
        let list: Vec<Run> = areas.iter().map(|area| Run::first(area)).collect();
        return body(lines, &list, first.count());
    }
    lines.times(first.rows, "row", |lines, row| {
        let list: Vec<Run> = areas.iter().map(|area| Run::row(area, row)).collect();
        body(lines, &list, first.cols);
    });
}

/// The statement that calls a function.
pub(super) fn call(lines: &mut Lines<'_>, function: &str, args: &[String]) {
    lines.line(&format!("{function}({});", args.join(", ")));
}
