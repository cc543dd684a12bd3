//! The dialect: C++ with the AIE API.

use emit::{Text, words};
use emit_dma::{Area, Arg, CopyArea, Dialect, Facts, Lines, Order, Signature};
use lower_dma::ir::VectorOp;
use tile_ir::Elem;

use super::{casts, elementwise, helpers, masks, moves, reduce};
use crate::{limits, names, types};

const FACTS: Facts = Facts {
    target: &limits::TARGET,
    language: "C++20 with the AIE API (AIE2P, IRON 1.4)",
    extension: names::CORES,
    reserved: &[words::CPP, names::WORDS, names::PARAMETERS, names::PYTHON, helpers::NAMES],
    reserved_entries: words::C_FUNCTIONS,
    function: "static inline",
    space: "data_memory",
    scratch: 0,
};

/// C++ with the AIE API. Copies are functions of their own, so that statements have none.
pub(super) struct Aie;

impl Dialect for Aie {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn preamble(&self) -> Vec<String> {
        vec!["#include <aie_api/aie.hpp>".to_owned()]
    }

    fn storage(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }

    fn head(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }

    fn start(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }

    fn buffer(&self, buffer: &Area<'_>) -> Vec<String> {
        let (name, ty) = (buffer.name, types::local(buffer.elem()));
        vec![match buffer.buffer.address / limits::WORD {
            0 => format!("{ty} *{name} = ({ty} *)local;"),
            words => format!("{ty} *{name} = ({ty} *)(local + {words});"),
        }]
    }

    fn core(&self) -> &'static str {
        "numbers[0]"
    }

    fn read(&self, buffer: &Area<'_>, ty: &str, index: &Text) -> Text {
        if ty == types::local(buffer.elem()) {
            return Text::index(buffer.name, index);
        }
        Text::index(&format!("(({ty} *){})", buffer.name), index)
    }

    fn write(&self, buffer: &Area<'_>, ty: &str, index: &Text, value: &Text) -> String {
        format!("{} = {};", self.read(buffer, ty, index).text, value.text)
    }

    fn read_global(&self, view: &str, _: Elem, _: &str, index: &Text) -> Text {
        Text::index(view, index)
    }

    fn copy(&self, _: &CopyArea<'_>, _: &mut Lines<'_>) {}

    fn vector(&self, op: VectorOp, dst: &Area<'_>, args: &[Arg<'_>], lines: &mut Lines<'_>) -> Result<(), String> {
        match (op, args) {
            (VectorOp::Copy, [from]) => moves::copy(dst, from, lines),
            (VectorOp::Unary(op), [Arg::Span(a)]) => elementwise::unary(op, dst, a, lines),
            (VectorOp::Binary(op), [Arg::Span(a), b]) => elementwise::binary(op, dst, a, b, lines),
            (VectorOp::Fma, [Arg::Span(a), Arg::Span(b), Arg::Span(c)]) => elementwise::fma(dst, [a, b, c], lines),
            (VectorOp::Compare(predicate), [Arg::Span(a), b]) => masks::compare(predicate, dst, a, b, lines),
            (VectorOp::Select, [Arg::Span(mask), Arg::Span(a), Arg::Span(b)]) => {
                masks::select(dst, mask, [a, b], lines)
            }
            (VectorOp::Cast, [Arg::Span(a)]) => casts::cast(dst, a, lines),
            (VectorOp::ReduceRows(op), [Arg::Span(a)]) => reduce::rows(op, dst, a, lines),
            (VectorOp::ReduceCols(op), [Arg::Span(a)]) => reduce::cols(op, dst, a, lines),
            (VectorOp::Iota, _) => Err("the API has no vector that counts".to_owned()),
            (
                VectorOp::Copy
                | VectorOp::Unary(_)
                | VectorOp::Binary(_)
                | VectorOp::Fma
                | VectorOp::Compare(_)
                | VectorOp::Select
                | VectorOp::Cast
                | VectorOp::ReduceRows(_)
                | VectorOp::ReduceCols(_),
                _,
            ) => Err(format!("{op:?} of operands that it does not have")),
        }
    }

    /// What a core does follows from what it did; there is nothing to order.
    fn order(&self, _: Order) -> Option<String> {
        None
    }

    fn finish(&self) -> Vec<String> {
        vec![]
    }

    fn launch(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }
}
