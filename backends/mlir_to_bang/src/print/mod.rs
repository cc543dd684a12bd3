//! The dialect: BANG C.

mod casts;
mod copies;
mod elementwise;
mod helpers;
mod masks;
mod moves;
mod quotients;
mod reduce;
mod runs;

use emit::{Text, words};
use emit_dma::{Area, Arg, CopyArea, Dialect, Facts, Lines, Order, ParameterKind, Signature};
use lower_dma::ir::{Pipe, VectorOp};
use tile_ir::{Access, Elem};

use crate::{limits, names, types};

const FACTS: Facts = Facts {
    target: &limits::TARGET,
    language: "BANG C (mtp_372 and mtp_592, CNToolkit 3.7)",
    extension: names::EXTENSION,
    reserved: &[words::CPP, names::BUILTINS, names::WORDS, names::CALLED, helpers::NAMES],
    reserved_entries: words::C_FUNCTIONS,
    function: "__mlu_func__",
    space: "nram",
    scratch: 4 * limits::SCRATCH,
};

/// BANG C.
pub(crate) struct Bang;

impl Dialect for Bang {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn preamble(&self) -> Vec<String> {
        let lines =
            ["#include <bang.h>", "", "// A pointer into NRAM.", "#ifndef NPTR", "#define NPTR(T) T *", "#endif"];
        lines.map(str::to_owned).to_vec()
    }

    fn storage(&self, signature: &Signature<'_>) -> Vec<String> {
        match signature.local_bytes {
            0 => vec![],
            bytes => vec![format!("__nram__ uint8_t {}[{bytes}];", names::NRAM)],
        }
    }

    fn head(&self, signature: &Signature<'_>) -> Vec<String> {
        let params = signature.params.iter().map(|param| match param.kind {
            ParameterKind::View { elem, access, .. } => {
                let constant = match access {
                    Access::Read | Access::Weights => "const ",
                    Access::Write => "",
                };
                format!("{constant}{} *{}", types::global(elem), param.name)
            }
            ParameterKind::Scalar(scalar) => format!("{} {}", types::number(scalar), param.name),
        });
        let params: Vec<String> = params.collect();
        vec![format!("__mlu_entry__ void {}({}) {{", signature.entry, params.join(", "))]
    }

    fn start(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }

    fn buffer(&self, buffer: &Area<'_>) -> Vec<String> {
        let (name, address) = (buffer.name, buffer.buffer.address);
        let ty = types::local(buffer.elem());
        let nram = names::NRAM;
        vec![match address {
            0 => format!("NPTR({ty}) {name} = (NPTR({ty})){nram};"),
            _ => format!("NPTR({ty}) {name} = (NPTR({ty}))({nram} + {address});"),
        }]
    }

    fn core(&self) -> &'static str {
        "taskId"
    }

    fn read(&self, buffer: &Area<'_>, ty: &str, index: &Text) -> Text {
        if ty == types::local(buffer.elem()) {
            return Text::index(buffer.name, index);
        }
        Text::index(&format!("((NPTR({ty})){})", buffer.name), index)
    }

    fn write(&self, buffer: &Area<'_>, ty: &str, index: &Text, value: &Text) -> String {
        format!("{} = {};", self.read(buffer, ty, index).text, value.text)
    }

    fn read_global(&self, view: &str, elem: Elem, ty: &str, index: &Text) -> Text {
        if ty == types::global(elem) {
            return Text::index(view, index);
        }
        Text::index(&format!("((const {ty} *){view})"), index)
    }

    fn copy(&self, copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
        copies::copy(copy, lines);
    }

    fn vector(&self, op: VectorOp, dst: &Area<'_>, args: &[Arg<'_>], lines: &mut Lines<'_>) -> Result<(), String> {
        match (op, args) {
            (VectorOp::Copy, [from]) => moves::copy(self, dst, from, lines),
            (VectorOp::Unary(op), [Arg::Span(a)]) => elementwise::unary(op, dst, a, lines),
            (VectorOp::Binary(op), [Arg::Span(a), b]) => elementwise::binary(self, op, dst, a, b, lines),
            (VectorOp::Fma, [Arg::Span(a), Arg::Span(b), Arg::Span(c)]) => elementwise::fma(dst, [a, b, c], lines),
            (VectorOp::Compare(predicate), [Arg::Span(a), b]) => masks::compare(predicate, dst, a, b, lines),
            (VectorOp::Select, [Arg::Span(mask), Arg::Span(a), Arg::Span(b)]) => {
                masks::select(dst, mask, [a, b], lines)
            }
            (VectorOp::Cast, [Arg::Span(a)]) => casts::cast(dst, a, lines),
            (VectorOp::ReduceRows(op), [Arg::Span(a)]) => reduce::rows(op, dst, a, lines),
            (VectorOp::ReduceCols(op), [Arg::Span(a)]) => reduce::cols(op, dst, a, lines),
            (VectorOp::Iota, _) => Err("the language has no vector function that counts".to_owned()),
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

    /// `__sync_io` lets only the other streams wait, not scalar code, and nothing but `__sync` waits for scalar code. Vector functions are
    /// waited for by scalar code without being told to (source: BANG C Developer Guide 4.7.2, synchronisation functions).
    fn order(&self, order: Order) -> Option<String> {
        match order {
            Order::Drain(Pipe::Vector) => Some("__sync_compute();".to_owned()),
            Order::Drain(Pipe::In | Pipe::Out | Pipe::Scalar) | Order::Fence => Some("__sync();".to_owned()),
            Order::Signal { .. } | Order::Await { .. } | Order::Barrier(_) => None,
        }
    }

    /// Copies out are over when the task ends.
    fn finish(&self) -> Vec<String> {
        vec!["__sync();".to_owned()]
    }

    fn launch(&self, _: &Signature<'_>) -> Vec<String> {
        vec![]
    }
}
