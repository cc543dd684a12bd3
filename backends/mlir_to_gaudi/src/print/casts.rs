//! Conversions. Words of memory are in order: `SW_LINEAR` (source: tpc_llvm, `tpc-intrinsics.h`).

use emit::{Helpers, Text};
use emit_dma::{plus, times};
use lower_dma::ir::Span;
use tile_ir::Elem;

use super::loops::{Part, number};
use super::{Printer, helpers};

/// How a storage type is widened and narrowed.
pub(super) struct Wide {
    /// The function that widens a vector to several.
    pub(super) widen: &'static str,
    /// The function that narrows them, to the nearest.
    pub(super) narrow: &'static str,
    /// The structure of the wide vectors, whose members are `v1` and on.
    pub(super) pair: &'static str,
    /// How many there are.
    pub(super) parts: u64,
    /// Their type.
    pub(super) element: &'static str,
    /// The type of the narrow vector.
    pub(super) narrowed: &'static str,
}

/// How elements of a type are widened, where they are a storage type.
pub(super) const fn wide(elem: Elem) -> Option<Wide> {
    match elem {
        Elem::Bf16 => Some(Wide {
            widen: "convert_bfloat128_to_float128",
            narrow: "convert_float128_to_bfloat128",
            pair: "float128",
            parts: 2,
            element: "float64",
            narrowed: "bfloat128",
        }),
        Elem::F16 => Some(Wide {
            widen: "convert_half128_to_float128",
            narrow: "convert_float128_to_half128",
            pair: "float128",
            parts: 2,
            element: "float64",
            narrowed: "half128",
        }),
        Elem::I8 => Some(Wide {
            widen: "convert_char256_to_int256",
            narrow: "convert_int256_to_char256",
            pair: "int256",
            parts: 4,
            element: "int64",
            narrowed: "char256",
        }),
        Elem::F32 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => None,
    }
}

/// The helper that makes a vector of a storage type of a wide one with the same number in all lanes.
pub(super) fn narrow(elem: Elem, known: &mut Helpers) -> Option<&'static str> {
    helpers::narrow(elem, &wide(elem)?, known)
}

/// Its type.
pub(super) fn narrowed(elem: Elem) -> Option<&'static str> {
    wide(elem).map(|wide| wide.narrowed)
}

impl Printer<'_> {
    pub(super) fn cast(&mut self, dst: &Span, from: &Span) {
        let (to, from) = (self.part(dst), self.part(from));
        match (from.elem, to.elem) {
            (Elem::Bf16 | Elem::F16, Elem::F32) | (Elem::I8, Elem::I32) => self.widen(&to, &from),
            (Elem::F32, Elem::Bf16 | Elem::F16) | (Elem::I32, Elem::I8) => self.narrow(&to, &from),
            (Elem::I32, Elem::F32) => self.each(&[&to, &from], true, |printer, row, col| {
                let value = Text::call("v_convert_i32_to_f32_b", &[from.at(row, col)]);
                printer.body.line(&format!("{} = {};", to.at(row, col).text, value.text));
            }),
            (Elem::F32, Elem::I32) => {
                let function = helpers::cut(true, 32, &mut self.helpers);
                self.each(&[&to, &from], true, |printer, row, col| {
                    let value = Text::call(&function, &[from.at(row, col)]);
                    printer.body.line(&format!("{} = {};", to.at(row, col).text, value.text));
                });
            }
            (of, to) => self.fail(format!("a conversion of {of} to {to}")),
        }
    }

    /// `body` for each narrow vector and how many wide ones belong to it.
    fn parts(&mut self, narrow: &Part, wide: &Part, parts: u64, body: impl Fn(&mut Self, &Text, &Text, u64)) {
        let (whole, rest) = (wide.vectors() / parts, wide.vectors() % parts);
        if narrow.is_dense() && wide.is_dense() && rest == 0 {
            return self.times(narrow.rows * whole, "i", |printer, i| body(printer, &number(0), i, parts));
        }
        self.times(narrow.rows, "row", |printer, row| {
            if whole > 0 {
                printer.times(whole, "col", |printer, col| body(printer, row, col, parts));
            }
            if rest > 0 {
                body(printer, row, &number(whole), rest);
            }
        });
    }

    fn widen(&mut self, to: &Part, from: &Part) {
        let Some(Wide { widen, pair, parts, .. }) = wide(from.elem) else { return };
        self.parts(from, to, parts, |printer, row, col, count| {
            let value = Text::call(widen, &[from.at(row, col), Text::atom("SW_LINEAR")]);
            if count == 1 {
                let place = to.at(row, &times(col, parts));
                printer.body.line(&format!("{} = {}.v1;", place.text, value.text));
                return;
            }
            let name = printer.namer.name("wide");
            printer.body.line(&format!("const {pair} {name} = {};", value.text));
            for part in 0..count {
                let place = to.at(row, &plus(&times(col, parts), &number(part)));
                printer.body.line(&format!("{} = {name}.v{};", place.text, part + 1));
            }
        });
    }

    fn narrow(&mut self, to: &Part, from: &Part) {
        let Some(Wide { narrow, pair, parts, .. }) = wide(to.elem) else { return };
        let switches = if to.elem == Elem::I8 { "SW_LINEAR" } else { "SW_LINEAR | SW_RHNE" };
        self.parts(to, from, parts, |printer, row, col, count| {
            let name = printer.namer.name("wide");
            printer.body.line(&format!("{pair} {name};"));
            for part in 0..parts {
                // What is behind the row is nobody's.
                let place = from.at(row, &plus(&times(col, parts), &number(part.min(count - 1))));
                // The lowest bits: what a function makes of others is not documented.
                let cut = if to.elem == Elem::I8 { format!("({} << 24) >> 24", place.text) } else { place.text };
                printer.body.line(&format!("{name}.v{} = {cut};", part + 1));
            }
            let value = Text::call(narrow, &[Text::atom(name), Text::atom(switches)]);
            printer.body.line(&format!("{} = {};", to.at(row, col).text, value.text));
        });
    }
}
