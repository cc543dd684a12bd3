//! Copies inside local memory, fills, and counting.

use emit::{Prec, Text};
use emit_dma::times;
use lower_dma::ir::{Expr, Operand, Span};

use super::Printer;
use super::loops::number;

impl Printer<'_> {
    pub(super) fn copy(&mut self, dst: &Span, from: &Operand) {
        if matches!(from, Operand::Span(span) if span == dst) {
            return;
        }
        let to = self.part(dst);
        let from = self.arg(from, to.elem);
        self.map(&to, &[from], |_, args| args[0].clone());
    }

    /// One row that counts up.
    pub(super) fn iota(&mut self, dst: &Span, first: &Expr) {
        let to = self.part(dst);
        let first = if self.is_uniform(first) { self.uniform(first) } else { self.scalar(first) };
        let zero = first.text == "0";
        self.each(&[&to], true, |printer, row, col| {
            let mut value = Printer::lane_numbers();
            let start = times(col, crate::types::lanes(to.elem));
            for more in [&start, &first] {
                if more.text != "0" && !(std::ptr::eq(more, &first) && zero) {
                    value = Text::binary(&value, "+", more, Prec::Sum, true);
                }
            }
            let place = to.at(row, col);
            printer.body.line(&format!("{} = {};", place.text, value.text));
        });
    }

    /// Fills arrays of which elements are written one by one, so that all lanes have numbers.
    pub(super) fn prepare(&mut self) {
        let buffers: Vec<_> = self.patched.iter().copied().collect();
        let mut done = std::collections::BTreeSet::new();
        for buffer in buffers {
            let Some(&array) = self.buffers.get(buffer.0 as usize) else { continue };
            if !done.insert(array) {
                continue;
            }
            let (name, vectors) = (self.arrays[array].name.clone(), self.arrays[array].vectors);
            self.times(vectors, "i", |printer, i| {
                let place = Text::index(&name, i);
                printer.body.line(&format!("{} = {};", place.text, number(0).text));
            });
        }
    }
}
