//! Operands of vector operations.

use emit::Text;
use lower_dma::ir::{Expr, Operand, Span, VectorOp};
use tile_ir::Elem;

use super::loops::Part;
use super::{Printer, casts, helpers};
use crate::types::lanes;

/// An operand.
pub(super) enum Arg {
    /// As many rows and vectors as the result.
    Span(Part),
    /// One row, the same for all rows.
    Row(Part),
    /// A number for each row: the array, and the first of them.
    Column {
        /// The array.
        array: String,
        /// Element type.
        elem: Elem,
        /// Number of the first element.
        first: Text,
    },
    /// A number, by name or as a constant.
    Scalar(Text),
}

impl Arg {
    /// Whether it is the same for all rows, or for each of one.
    pub(super) const fn is_flat(&self) -> bool {
        matches!(self, Arg::Span(_) | Arg::Scalar(_))
    }
}

impl Printer<'_> {
    /// An operand of an operation on elements of `elem`.
    pub(super) fn arg(&mut self, operand: &Operand, elem: Elem) -> Arg {
        match operand {
            Operand::Span(span) => Arg::Span(self.part(span)),
            Operand::Row(span) => Arg::Row(self.part(span)),
            Operand::Column(span) => {
                let elem = self.kernel.buffer(span.buffer).elem;
                let first = self.place(&span.offset);
                let first = self.named("first", "int", first);
                Arg::Column { array: self.array(span.buffer), elem, first }
            }
            Operand::Scalar(value) => Arg::Scalar(self.number_of(value, elem)),
        }
    }

    /// A number that is an operand, as a vector of the elements' type or a scalar that is made one.
    fn number_of(&mut self, value: &Expr, elem: Elem) -> Text {
        let uniform = self.is_uniform(value);
        let text = if uniform { self.uniform(value) } else { self.scalar(value) };
        match elem {
            Elem::F16 | Elem::Bf16 | Elem::I8 => {
                match (casts::narrow(elem, &mut self.helpers), casts::narrowed(elem)) {
                    (Some(function), Some(ty)) => self.named("number", ty, Text::call(function, &[text])),
                    (_, _) => text,
                }
            }
            Elem::F32 | Elem::I1 if uniform => self.named("number", "float64", text),
            Elem::F32 | Elem::I1 => self.named("number", "float", text),
            Elem::I32 | Elem::I64 | Elem::Index if uniform => self.named("number", "int64", text),
            Elem::I32 | Elem::I64 | Elem::Index => self.named("number", "int", text),
        }
    }

    /// `dst = value(args)` for each vector.
    pub(super) fn map(&mut self, dst: &Part, args: &[Arg], value: impl Fn(&mut Self, &[Text]) -> Text) {
        let flat = args.iter().all(Arg::is_flat);
        let mut parts = vec![dst];
        parts.extend(args.iter().filter_map(|arg| match arg {
            Arg::Span(part) => Some(part),
            Arg::Row(_) | Arg::Column { .. } | Arg::Scalar(_) => None,
        }));
        let one = |printer: &mut Self, row: &Text, col: &Text, columns: &[Option<Text>]| {
            let texts: Vec<Text> = args
                .iter()
                .zip(columns)
                .map(|(arg, column)| match (arg, column) {
                    (_, Some(column)) => column.clone(),
                    (Arg::Span(part), None) => part.at(row, col),
                    (Arg::Row(part), None) => part.at(&Text::atom("0"), col),
                    (Arg::Scalar(text), None) => text.clone(),
                    (Arg::Column { .. }, None) => Text::atom("0"),
                })
                .collect();
            let value = value(printer, &texts);
            let place = dst.at(row, col);
            printer.body.line(&format!("{} = {};", place.text, value.text));
        };
        if flat || dst.rows == 1 && !args.iter().any(|arg| matches!(arg, Arg::Column { .. })) {
            let none: Vec<Option<Text>> = args.iter().map(|_| None).collect();
            return self.each(&parts, flat, |printer, row, col| one(printer, row, col, &none));
        }
        self.times(dst.rows, "row", |printer, row| {
            let columns: Vec<Option<Text>> = args.iter().map(|arg| printer.column(arg, row)).collect();
            printer.times(dst.vectors(), "col", |printer, col| one(printer, row, col, &columns));
        });
    }

    /// The number that a column has for a row, in all lanes of a vector.
    fn column(&mut self, arg: &Arg, row: &Text) -> Option<Text> {
        let Arg::Column { array, elem, first } = arg else { return None };
        let (bits, mask) = (lanes(*elem).trailing_zeros(), lanes(*elem) - 1);
        let at = emit_dma::plus(first, row);
        let (vector, lane) = match at.text.parse::<u64>() {
            Ok(at) => (super::loops::number(at >> bits), super::loops::number(at & mask)),
            Err(_) => (
                Text::binary(&at, ">>", &Text::atom(bits.to_string()), emit::Prec::Shift, false),
                Text::binary(&at, "&", &Text::atom(mask.to_string()), emit::Prec::BitAnd, true),
            ),
        };
        let Some(function) = helpers::spread(*elem, &mut self.helpers) else {
            self.fail(format!("a column of {elem}"));
            return None;
        };
        let found = Text::call(function, &[Text::index(array, &vector), lane]);
        let (found, ty) = match (casts::narrow(*elem, &mut self.helpers), casts::narrowed(*elem)) {
            (Some(function), Some(ty)) => (Text::call(function, &[found]), ty),
            (_, _) if *elem == Elem::I32 => (found, "int64"),
            (_, _) => (found, "float64"),
        };
        Some(self.named("number", ty, found))
    }

    /// A vector operation.
    pub(super) fn vector(&mut self, op: VectorOp, dst: &Span, args: &[Operand]) {
        let elem = self.kernel.buffer(dst.buffer).elem;
        match (op, args) {
            (VectorOp::Copy, [from]) => self.copy(dst, from),
            (VectorOp::Unary(op), [a]) => self.unary(op, dst, a),
            (VectorOp::Binary(op), [a, b]) => self.binary(op, dst, a, b),
            (VectorOp::Fma, [a, b, c]) => self.fma(dst, [a, b, c]),
            (VectorOp::Compare(predicate), [a, b]) => self.compare(predicate, dst, a, b),
            (VectorOp::Select, [mask, a, b]) => self.select(dst, mask, a, b),
            (VectorOp::Cast, [Operand::Span(a)]) => self.cast(dst, a),
            (VectorOp::ReduceRows(op), [Operand::Span(a)]) => self.reduce_rows(op, dst, a),
            (VectorOp::ReduceRows(op), [Operand::Span(a), Operand::Span(place)]) if place == dst => {
                self.fold_rows(op, dst, a);
            }
            (VectorOp::ReduceCols(op), [Operand::Span(a)]) => self.reduce_cols(op, dst, a),
            (VectorOp::Iota, [Operand::Scalar(first)]) => self.iota(dst, first),
            (
                VectorOp::Copy
                | VectorOp::Unary(_)
                | VectorOp::Binary(_)
                | VectorOp::Fma
                | VectorOp::Compare(_)
                | VectorOp::Select
                | VectorOp::Cast
                | VectorOp::ReduceRows(_)
                | VectorOp::ReduceCols(_)
                | VectorOp::Iota,
                _,
            ) => self.fail(format!("{op:?} on {elem} of operands that it does not have")),
        }
    }
}
