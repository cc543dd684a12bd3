//! Operands of copies and vector operations, with names chosen.

use emit::{Prec, Text};
use lower_dma::ir::BufferData;
use tile_ir::{Elem, Number};

/// Which copies touch a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// Copies into it, and perhaps out of it.
    In,
    /// Copies out of it only.
    Out,
    /// None.
    #[default]
    Work,
}

/// Part of a local buffer: `rows` rows of `cols` elements, `pitch` apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Area<'a> {
    /// The buffer's name in the text.
    pub name: &'a str,
    /// The buffer.
    pub buffer: &'a BufferData,
    /// Which copies touch it.
    pub role: Role,
    /// First element of it.
    pub offset: Text,
    /// Rows.
    pub rows: u64,
    /// Elements of a row.
    pub cols: u64,
    /// Elements from a row to the next.
    pub pitch: u64,
}

impl Area<'_> {
    /// Element type in local memory; `I1` is a mask.
    #[must_use]
    pub const fn elem(&self) -> Elem {
        self.buffer.elem
    }

    /// Whether its rows follow each other without anything between.
    #[must_use]
    pub const fn is_dense(&self) -> bool {
        self.rows == 1 || self.cols == self.pitch
    }

    /// All elements.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.rows * self.cols
    }

    /// Number of the element `cols` behind the first of row `row` in its buffer.
    #[must_use]
    pub fn at(&self, row: &Text, cols: u64) -> Text {
        plus(&plus(&self.offset, &times(row, self.pitch)), &Text::atom(cols.to_string()))
    }

    /// Its rows from `first` on.
    #[must_use]
    pub fn rows(&self, first: u64, rows: u64) -> Self {
        Area { offset: self.at(&Text::atom(first.to_string()), 0), rows, ..self.clone() }
    }

    /// Its columns from `first` on.
    #[must_use]
    pub fn cols(&self, first: u64, cols: u64) -> Self {
        Area { offset: self.at(&Text::atom("0"), first), cols, ..self.clone() }
    }
}

/// `x * by`; two numbers are multiplied.
#[must_use]
pub fn times(x: &Text, by: u64) -> Text {
    match x.text.parse::<u64>() {
        Ok(x) => Text::atom((x * by).to_string()),
        Err(_) if by == 0 => Text::atom("0"),
        Err(_) if by == 1 => x.clone(),
        Err(_) => Text::binary(x, "*", &Text::atom(by.to_string()), Prec::Product, true),
    }
}

/// `a + b`, without what is 0; two numbers are added.
#[must_use]
pub fn plus(a: &Text, b: &Text) -> Text {
    match (a.text.parse::<u64>(), b.text.parse::<u64>()) {
        (Ok(x), Ok(y)) => Text::atom((x + y).to_string()),
        (Ok(0), Err(_)) => b.clone(),
        (Err(_), Ok(0)) => a.clone(),
        (Ok(_), Err(_)) => Text::binary(b, "+", a, Prec::Sum, true),
        (Err(_), _) => Text::binary(a, "+", b, Prec::Sum, true),
    }
}

/// An operand of a vector operation: [`lower_dma::ir::Operand`].
#[derive(Clone, Debug, PartialEq)]
pub enum Arg<'a> {
    /// As many rows and columns as the result.
    Span(Area<'a>),
    /// One row, the same for all rows.
    Row(Area<'a>),
    /// One row that holds an element for each row.
    Column(Area<'a>),
    /// A number.
    Scalar(Text),
}

/// A copy between a view and a local buffer: [`lower_dma::ir::Copy`].
#[derive(Clone, Debug, PartialEq)]
pub struct CopyArea<'a> {
    /// Whether it goes into local memory.
    pub inward: bool,
    /// The local side: most rows and elements of a row.
    pub local: Area<'a>,
    /// The view's name in the text.
    pub view: &'a str,
    /// The view's element type.
    pub elem: Elem,
    /// First element of the view.
    pub view_offset: Text,
    /// Elements from a row to the next in the view.
    pub view_pitch: u64,
    /// Rows.
    pub rows: Text,
    /// Elements of a row.
    pub cols: Text,
    /// What the rest of each row's last block is filled with.
    pub pad: Option<Number>,
}

impl CopyArea<'_> {
    /// The number of rows, if it is a constant.
    #[must_use]
    pub fn fixed_rows(&self) -> Option<u64> {
        self.rows.text.parse().ok()
    }

    /// The number of elements of a row, if it is a constant.
    #[must_use]
    pub fn fixed_cols(&self) -> Option<u64> {
        self.cols.text.parse().ok()
    }
}
