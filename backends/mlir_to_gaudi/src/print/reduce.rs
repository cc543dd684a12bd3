//! Reductions. Lanes are brought together by moves, as the functions that do it look their maps up in tables.

use emit::{Prec, Text};
use emit_dma::{plus, times};
use lower_dma::ir::Span;
use tile_ir::{Elem, ReduceOp};

use super::loops::{Part, number};
use super::{Printer, helpers};

/// Lanes of a vector of results.
const LANES: u64 = 64;

/// How two vectors are combined, and what changes nothing.
pub(super) struct Fold {
    combine: fn(&Text, &Text) -> Text,
    neutral: &'static str,
    /// The helper that combines all lanes.
    lanes: &'static str,
}

fn fold(op: ReduceOp) -> Option<Fold> {
    match op {
        ReduceOp::Add => Some(Fold {
            combine: |x, y| Text::binary(x, "+", y, Prec::Sum, false),
            neutral: "0.0f",
            lanes: "sum_lanes",
        }),
        ReduceOp::MinF => Some(Fold {
            combine: |x, y| Text::call("v_f32_min_b", &[x.clone(), y.clone()]),
            neutral: "as_float(0x7f800000u /* infinity */)",
            lanes: "min_lanes",
        }),
        ReduceOp::MaxF => Some(Fold {
            combine: |x, y| Text::call("v_f32_max_b", &[x.clone(), y.clone()]),
            neutral: "as_float(0xff800000u /* -infinity */)",
            lanes: "max_lanes",
        }),
        ReduceOp::MinS | ReduceOp::MaxS | ReduceOp::MinU | ReduceOp::MaxU => None,
    }
}

impl Printer<'_> {
    fn fold(&mut self, op: ReduceOp, elem: Elem) -> Option<Fold> {
        let found = fold(op).filter(|_| elem == Elem::F32);
        if found.is_none() {
            self.fail(format!("{elem} reduced by {op:?}"));
        }
        found
    }

    /// Element `r` of the row `dst` is row `r` of `src` reduced.
    pub(super) fn reduce_rows(&mut self, op: ReduceOp, dst: &Span, src: &Span) {
        let (to, from) = (self.part(dst), self.part(src));
        let Some(fold) = self.fold(op, to.elem) else { return };
        helpers::lanes(&fold, &mut self.helpers);
        let zero = number(0);
        if from.rows == 1 {
            let sum = self.row(&from, &zero, &fold);
            return self.body.line(&format!("{} = {sum};", to.at(&zero, &zero).text));
        }
        let patch = helpers::patch(Elem::F32, &mut self.helpers).unwrap_or_default();
        let (whole, rest) = (from.rows / LANES, from.rows % LANES);
        let group = |printer: &mut Self, at: &Text, rows: u64| {
            let sums = printer.namer.name("sums");
            printer.body.line(&format!("float64 {sums} = 0.0f;"));
            printer.times(rows, "row", |printer, lane| {
                let row = plus(&times(at, LANES), lane);
                let sum = printer.row(&from, &row, &fold);
                printer.body.line(&format!("{sums} = {patch}({sums}, {}, {sum});", lane.text));
            });
            printer.body.line(&format!("{} = {sums};", to.at(&zero, at).text));
        };
        if whole > 0 {
            self.times(whole, "group", |printer, at| group(printer, at, LANES));
        }
        if rest > 0 {
            group(self, &number(whole), rest);
        }
    }

    /// Element `r` of the row `dst`, wherever it starts, with row `r` of `src` reduced.
    pub(super) fn fold_rows(&mut self, op: ReduceOp, dst: &Span, src: &Span) {
        let from = self.part(src);
        let Some(fold) = self.fold(op, from.elem) else { return };
        helpers::lanes(&fold, &mut self.helpers);
        let array = self.array(dst.buffer);
        let first = self.place(&dst.offset);
        let first = self.named("first", "int", first);
        let patch = helpers::patch(Elem::F32, &mut self.helpers).unwrap_or_default();
        self.times(from.rows, "row", |printer, row| {
            let sum = printer.row(&from, row, &fold);
            let at = plus(&first, row);
            let (vector, lane) = match at.text.parse::<u64>() {
                Ok(at) => (number(at / LANES), number(at % LANES)),
                Err(_) => (
                    Text::binary(&at, ">>", &number(6), Prec::Shift, false),
                    Text::binary(&at, "&", &number(LANES - 1), Prec::BitAnd, true),
                ),
            };
            let place = Text::index(&array, &vector);
            let sum = (fold.combine)(&place, &Text::atom(sum));
            printer.body.line(&format!("{0} = {patch}({0}, {1}, {2});", place.text, lane.text, sum.text));
        });
    }

    /// A row reduced, in all lanes: a call.
    fn row(&mut self, from: &Part, row: &Text, fold: &Fold) -> String {
        let (vectors, rest) = (from.vectors(), from.rest());
        let tail = from.at(row, &number(vectors - 1));
        let tail = if rest == LANES {
            tail
        } else {
            let function = helpers::head(Elem::F32, &mut self.helpers).unwrap_or_default();
            Text::call(function, &[tail, number(rest), Text::atom(fold.neutral)])
        };
        if vectors == 1 {
            return format!("{}({})", fold.lanes, tail.text);
        }
        let sum = self.namer.name("sum");
        self.body.line(&format!("float64 {sum} = {};", tail.text));
        self.times(vectors - 1, "col", |printer, col| {
            let next = (fold.combine)(&Text::atom(sum.clone()), &from.at(row, col));
            printer.body.line(&format!("{sum} = {};", next.text));
        });
        format!("{}({sum})", fold.lanes)
    }

    /// Element `c` of the row `dst` is column `c` of `src` reduced.
    pub(super) fn reduce_cols(&mut self, op: ReduceOp, dst: &Span, src: &Span) {
        let (to, from) = (self.part(dst), self.part(src));
        let Some(fold) = self.fold(op, to.elem) else { return };
        let zero = number(0);
        self.times(to.vectors(), "col", |printer, col| {
            let first = from.at(&zero, col);
            if from.rows == 1 {
                return printer.body.line(&format!("{} = {};", to.at(&zero, col).text, first.text));
            }
            let sum = printer.namer.name("sum");
            printer.body.line(&format!("float64 {sum} = {};", first.text));
            printer.times(from.rows - 1, "row", |printer, row| {
                let next = from.at(&plus(row, &number(1)), col);
                let next = (fold.combine)(&Text::atom(sum.clone()), &next);
                printer.body.line(&format!("{sum} = {};", next.text));
            });
            printer.body.line(&format!("{} = {sum};", to.at(&zero, col).text));
        });
    }
}

impl Fold {
    /// The helper's name.
    pub(super) const fn lanes(&self) -> &'static str {
        self.lanes
    }

    /// `x` and `y` combined.
    pub(super) fn combined(&self, x: &str, y: &str) -> String {
        (self.combine)(&Text::atom(x), &Text::atom(y)).text
    }
}
