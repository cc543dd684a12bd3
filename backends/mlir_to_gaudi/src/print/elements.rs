//! Single elements: of local buffers, by moves and selections of lanes; of views, by scalar loads.

use std::collections::BTreeSet;

use emit::{Prec, Text};
use lower_dma::ir::{Buffer, CoreKernel, Expr, StmtKind, Var};
use tile_ir::{BinaryOp, Elem, ViewId};

use super::loops::{divided, number};
use super::{Printer, helpers};
use crate::types::{lanes, tag};

/// Buffers of which single elements are written: their vectors must have lanes to keep.
pub(super) fn patched(kernel: &CoreKernel) -> BTreeSet<Buffer> {
    let mut found = BTreeSet::new();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::Write { buffer, .. } = &stmt.kind {
                found.insert(*buffer);
            }
        });
    }
    found
}

impl Printer<'_> {
    /// The vector that holds an element, and the element's lane.
    pub(super) fn lane_of(&mut self, array: &str, elem: Elem, offset: &Expr) -> (Text, Text) {
        let lanes = lanes(elem);
        if let Some(at) = offset.as_int().and_then(|at| u64::try_from(at).ok()) {
            return (Text::index(array, &number(at / lanes)), number(at % lanes));
        }
        if let Some((whole, rest)) = self.split(offset, lanes) {
            let (vector, lane) = (self.place(&whole), self.place(&rest));
            return (Text::index(array, &vector), lane);
        }
        let at = self.place(offset);
        let vector = Text::binary(&at, ">>", &number(u64::from(lanes.trailing_zeros())), Prec::Shift, false);
        let lane = Text::binary(&at, "&", &number(lanes - 1), Prec::BitAnd, true);
        (Text::index(array, &vector), lane)
    }

    /// The number of a vector and of a lane, where a sum is one of whole vectors and of lanes.
    fn split(&self, offset: &Expr, lanes: u64) -> Option<(Expr, Expr)> {
        let add = |x: Expr, y: Expr| Expr::Binary(BinaryOp::Add, Box::new(x), Box::new(y));
        let (mut whole, mut rest): (Option<Expr>, Option<Expr>) = (None, None);
        let mut terms = vec![offset];
        while let Some(term) = terms.pop() {
            if let Expr::Binary(BinaryOp::Add, x, y) = term {
                terms.extend([y.as_ref(), x.as_ref()]);
            } else if let Some(vectors) = divided(term, lanes as i64) {
                whole = Some(whole.map_or(vectors.clone(), |sum| add(sum, vectors)));
            } else {
                rest = Some(rest.map_or(term.clone(), |sum| add(sum, term.clone())));
            }
        }
        let rest = rest.unwrap_or(Expr::int(0));
        let inside = self.ranges.of(&rest).is_some_and(|range| range.lo >= 0 && range.hi < lanes as i64);
        inside.then(|| (whole.unwrap_or(Expr::int(0)), rest))
    }

    pub(super) fn read(&mut self, var: Var, buffer: Buffer, offset: &Expr) {
        let elem = self.kernel.buffer(buffer).elem;
        let array = self.array(buffer);
        let (vector, lane) = self.lane_of(&array, elem, offset);
        let Some(function) = helpers::spread(elem, &mut self.helpers) else {
            self.fail(format!("an element of {elem} is read"));
            return;
        };
        self.define(var, &Text::call(function, &[vector, lane]), None);
    }

    pub(super) fn write(&mut self, buffer: Buffer, offset: &Expr, value: &Expr) {
        let elem = self.kernel.buffer(buffer).elem;
        let array = self.array(buffer);
        let value = if self.is_uniform(value) { self.uniform(value) } else { self.scalar(value) };
        let (vector, lane) = self.lane_of(&array, elem, offset);
        let Some(function) = helpers::patch(elem, &mut self.helpers) else {
            self.fail(format!("an element of {elem} is written"));
            return;
        };
        let patched = Text::call(function, &[vector.clone(), lane, value]);
        self.body.line(&format!("{} = {};", vector.text, patched.text));
    }

    pub(super) fn read_global(&mut self, var: Var, view: ViewId, offset: &Expr) {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let Some(tag) = tag(elem) else {
            self.fail(format!("a view of {elem}"));
            return;
        };
        let (place, name) = (self.place(offset), self.view(view, false));
        let at = self.at.clone();
        self.body.line(&format!("{at}[0] = {};", place.text));
        let element = Text::atom(format!("s_{tag}_ld_g(gen_addr({at}, {name}))"));
        let value = match elem {
            Elem::F16 | Elem::Bf16 => Text::call(&format!("s_convert_{tag}_to_f32"), &[element]),
            Elem::I1 => Text::binary(&element, "!=", &number(0), Prec::Equality, false),
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => element,
        };
        self.define(var, &value, None);
    }
}
