//! Parts of arrays, and loops over their vectors.

use emit::Text;
use emit_dma::{plus, times};
use lower_dma::ir::{Buffer, Expr, Span};
use tile_ir::{BinaryOp, Elem};

use super::Printer;
use crate::types::lanes;

/// Part of an array of vectors.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) array: String,
    pub(super) elem: Elem,
    /// Its first vector.
    pub(super) first: Text,
    pub(super) rows: u64,
    /// Elements of a row.
    pub(super) cols: u64,
    /// Vectors from a row to the next.
    pub(super) pitch: u64,
}

impl Part {
    /// Vectors of a row.
    pub(super) const fn vectors(&self) -> u64 {
        self.cols.div_ceil(lanes(self.elem))
    }

    /// Whether its rows follow each other.
    pub(super) const fn is_dense(&self) -> bool {
        self.rows == 1 || self.vectors() == self.pitch
    }

    /// Elements in the last vector of a row.
    pub(super) const fn rest(&self) -> u64 {
        self.cols - (self.vectors() - 1) * lanes(self.elem)
    }

    /// A vector.
    pub(super) fn at(&self, row: &Text, col: &Text) -> Text {
        Text::index(&self.array, &plus(&plus(&self.first, &times(row, self.pitch)), col))
    }
}

/// `x + y`, of which either may be a constant.
pub(super) fn number(value: u64) -> Text {
    Text::atom(value.to_string())
}

impl Printer<'_> {
    pub(super) fn part(&mut self, span: &Span) -> Part {
        self.part_of(span.buffer, &span.offset, [span.rows, span.cols, span.pitch])
    }

    pub(super) fn part_of(&mut self, buffer: Buffer, offset: &Expr, [rows, cols, pitch]: [u64; 3]) -> Part {
        let elem = self.kernel.buffer(buffer).elem;
        let first = self.vector_at(offset, lanes(elem));
        let pitch = if rows == 1 { 0 } else { pitch / lanes(elem) };
        Part { array: self.array(buffer), elem, first, rows, cols, pitch }
    }

    /// The name of the array that holds a buffer.
    pub(super) fn array(&mut self, buffer: Buffer) -> String {
        let array = self.buffers.get(buffer.0 as usize).and_then(|&at| self.arrays.get(at));
        match array.map(|array| array.name.clone()) {
            Some(name) => name,
            None => {
                self.fail(format!("buffer {} does not exist", buffer.0));
                String::new()
            }
        }
    }

    /// The number of the vector that begins at an element: exact, as parts begin at vectors.
    fn vector_at(&mut self, offset: &Expr, lanes: u64) -> Text {
        if let Some(divided) = divided(offset, lanes as i64) {
            return self.place(&divided);
        }
        let offset = self.place(offset);
        Text::binary(&offset, ">>", &number(u64::from(lanes.trailing_zeros())), emit::Prec::Shift, false)
    }

    /// `body` for 0 to below `count`, in a loop if that is more than one.
    pub(super) fn times(&mut self, count: u64, wanted: &str, body: impl FnOnce(&mut Self, &Text)) {
        if count == 1 {
            body(self, &number(0));
            return;
        }
        self.namer.push();
        let name = self.namer.name(wanted);
        self.body.open(&format!("for (int {name} = 0; {name} < {count}; {name} += 1) {{"));
        body(self, &Text::atom(name));
        self.body.close("}");
        self.namer.pop();
    }

    /// `body` for each row and vector of parts of one size; parts without anything between their rows are one row.
    pub(super) fn each(&mut self, parts: &[&Part], flat: bool, body: impl FnOnce(&mut Self, &Text, &Text)) {
        let Some(first) = parts.first() else { return };
        let vectors = first.vectors();
        if flat && parts.iter().all(|part| part.is_dense()) {
            return self.times(first.rows * vectors, "i", |printer, at| body(printer, &number(0), at));
        }
        self.times(first.rows, "row", |printer, row| {
            printer.times(vectors, "col", |printer, col| body(printer, row, col));
        });
    }
}

/// An offset divided by what all its terms are multiples of.
pub(super) fn divided(expr: &Expr, by: i64) -> Option<Expr> {
    match expr {
        Expr::Int(scalar, value) => (value % by == 0).then(|| Expr::Int(*scalar, value / by)),
        Expr::Binary(op @ (BinaryOp::Add | BinaryOp::Sub), x, y) => {
            Some(Expr::Binary(*op, Box::new(divided(x, by)?), Box::new(divided(y, by)?)))
        }
        Expr::Binary(BinaryOp::Mul, x, y) => {
            let constant = y.as_int().filter(|value| value % by == 0)?;
            let y = Expr::int(constant / by);
            Some(if constant == by { (**x).clone() } else { Expr::Binary(BinaryOp::Mul, x.clone(), Box::new(y)) })
        }
        Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Var(_)
        | Expr::Core
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Select(..)
        | Expr::Convert(..) => None,
    }
}
