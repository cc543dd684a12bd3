//! The dialect. One file per family of operations.

mod copies;
mod elementwise;
mod fill;
mod masks;
mod reduce;
mod tiles;

use emit::Text;
use emit::words::{C_FUNCTIONS, CPP};
use emit_dma::{Area, Arg, CopyArea, Dialect, Facts, Lines, Order, ParameterKind, Signature};
use lower_dma::ir::{Pipe, VectorOp};
use tile_ir::Elem;

use crate::{limits, names, types};

/// PTO-ISA C++.
pub(crate) struct Pto;

/// The dialect.
pub(crate) const DIALECT: Pto = Pto;

const FACTS: Facts = Facts {
    target: &limits::TARGET,
    language: "PTO-ISA C++ (Ascend 910B, CANN 9.0, pto-isa 9.1)",
    extension: names::EXTENSION,
    reserved: &[CPP, names::WORDS],
    reserved_entries: C_FUNCTIONS,
    function: "static AICORE inline",
    space: "ub",
    scratch: limits::SCRATCH,
};

/// Types of tiles and tensors, as printed operations name them.
const TYPES: &str = "\
// Rows of a local buffer, `pitch` elements apart.
template <typename T, int rows, int cols, int pitch = cols, int held = rows>
using Rows = Tile<TileType::Vec, T, held, pitch, BLayout::RowMajor, rows, cols>;
// As many of at most `rows` rows as there are at run time; `pad` fills up the last block of each.
template <typename T, int rows, int pitch, PadValue pad = PadValue::Null>
using Part = Tile<TileType::Vec, T, rows, pitch, BLayout::RowMajor, -1, -1, SLayout::NoneBox, 512, pad>;
// An element for each row.
template <typename T, int rows, int held = rows>
using Column = Tile<TileType::Vec, T, held, 1, BLayout::ColMajor, rows, 1>;
// Rows of a view.
template <typename T, int64_t rows, int64_t cols, int64_t pitch = cols>
using Global = GlobalTensor<T, Shape<1, 1, 1, rows, cols>, Stride<1, 1, 1, pitch, 1>>;";

/// What orders an instruction behind those that it needs the results of.
const BARRIER: &str = "pipe_barrier(PIPE_V);";

impl Dialect for Pto {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn preamble(&self) -> Vec<String> {
        let includes =
            ["#include <pto/pto-inst.hpp>", "#include <pto/common/constants.hpp>", "using namespace pto;", ""];
        includes.into_iter().chain(TYPES.lines()).map(str::to_owned).collect()
    }

    fn storage(&self, _: &Signature<'_>) -> Vec<String> {
        Vec::new()
    }

    fn head(&self, signature: &Signature<'_>) -> Vec<String> {
        // Untyped, so that the side of the host needs no 16-bit floats.
        let params: Vec<String> = signature
            .params
            .iter()
            .map(|param| match param.kind {
                ParameterKind::View { .. } => format!("__gm__ void *{}", param.address),
                ParameterKind::Scalar(scalar) => format!("{} {}", types::number(scalar), param.name),
            })
            .collect();
        vec![format!("__global__ AICORE void {}({}) {{", signature.entry, params.join(", "))]
    }

    fn start(&self, signature: &Signature<'_>) -> Vec<String> {
        let mut lines = vec!["#if defined(__DAV_VEC__)".to_owned()];
        for param in signature.params {
            if let ParameterKind::View { elem, .. } = param.kind {
                let ty = types::view(elem);
                lines.push(format!("__gm__ {ty} *const {} = (__gm__ {ty} *){};", param.name, param.address));
            }
        }
        // The state that instructions expect, and leave.
        lines.push("set_mask_norm();".to_owned());
        lines.push("set_vector_mask(-1, -1);".to_owned());
        lines
    }

    fn buffer(&self, buffer: &Area<'_>) -> Vec<String> {
        let tile = tiles::rows(buffer);
        vec![format!("{} {};", tile.ty, buffer.name), format!("TASSIGN({}, {});", buffer.name, tile.address)]
    }

    fn core(&self) -> &'static str {
        "get_block_idx()"
    }

    fn read(&self, buffer: &Area<'_>, ty: &str, index: &Text) -> Text {
        let value = Text::atom(format!("{}.GetValue({})", buffer.name, index.text));
        match buffer.elem() {
            Elem::F16 | Elem::Bf16 => Text::call("__builtin_bit_cast", &[Text::atom(ty), value]),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value,
        }
    }

    fn write(&self, buffer: &Area<'_>, _: &str, index: &Text, value: &Text) -> String {
        let elem = buffer.elem();
        let value = match elem {
            Elem::F16 | Elem::Bf16 => format!("__builtin_bit_cast({}, {})", types::element(elem), value.text),
            Elem::F32 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value.text.clone(),
        };
        format!("{}.SetValue({}, {value});", buffer.name, index.text)
    }

    fn read_global(&self, view: &str, elem: Elem, ty: &str, index: &Text) -> Text {
        if types::view(elem) == ty {
            return Text::index(view, index);
        }
        Text::index(&format!("((__gm__ {ty} *){view})"), index)
    }

    fn copy(&self, copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
        copies::copy(copy, lines);
    }

    fn vector(&self, op: VectorOp, dst: &Area<'_>, args: &[Arg<'_>], lines: &mut Lines<'_>) -> Result<(), String> {
        match (op, args) {
            (VectorOp::Copy, [from]) => fill::copy(dst, from, lines),
            (VectorOp::Unary(op), [Arg::Span(a)]) => elementwise::unary(op, dst, a, lines),
            (VectorOp::Binary(op), [Arg::Span(a), b]) => elementwise::binary(op, dst, a, b, lines),
            (VectorOp::Fma, [Arg::Span(a), Arg::Span(b), Arg::Span(c)]) => {
                elementwise::fma(dst, [a, b, c], lines);
                Ok(())
            }
            (VectorOp::Compare(predicate), [Arg::Span(a), b]) => masks::compare(predicate, dst, a, b, lines),
            (VectorOp::Select, [Arg::Span(mask), Arg::Span(a), Arg::Span(b)]) => {
                masks::select(dst, mask, a, b, lines);
                Ok(())
            }
            (VectorOp::Cast, [Arg::Span(a)]) => elementwise::cast(dst, a, lines),
            (VectorOp::ReduceRows(op), [Arg::Span(a)]) => reduce::rows(op, dst, a, lines),
            (VectorOp::ReduceCols(op), [Arg::Span(a)]) => reduce::cols(op, dst, a, lines),
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
            ) => Err(format!("{op:?} of such operands")),
        }
    }

    fn order(&self, order: Order) -> Option<String> {
        match order {
            Order::Signal { from, to, event } => {
                Some(format!("set_flag({}, {}, EVENT_ID{event});", pipe(from), pipe(to)))
            }
            Order::Await { from, to, event } => {
                Some(format!("wait_flag({}, {}, EVENT_ID{event});", pipe(from), pipe(to)))
            }
            Order::Barrier(at) => Some(format!("pipe_barrier({});", pipe(at))),
            Order::Fence => Some("pipe_barrier(PIPE_ALL);".to_owned()),
            Order::Drain(_) => None,
        }
    }

    fn finish(&self) -> Vec<String> {
        vec!["pipe_barrier(PIPE_ALL);".to_owned(), "#endif".to_owned()]
    }

    fn launch(&self, signature: &Signature<'_>) -> Vec<String> {
        let mut params = vec!["uint32_t blocks".to_owned(), "void *stream".to_owned()];
        params.extend(signature.params.iter().map(|param| match param.kind {
            ParameterKind::View { .. } => format!("uint8_t *{}", param.name),
            ParameterKind::Scalar(scalar) => format!("{} {}", types::number(scalar), param.name),
        }));
        let args: Vec<&str> = signature.params.iter().map(|param| param.name.as_str()).collect();
        let entry = signature.entry;
        vec![
            "#ifndef __CPU_SIM".to_owned(),
            format!("extern \"C\" void {}({}) {{", names::launcher(entry), params.join(", ")),
            format!("    {entry}<<<blocks, nullptr, stream>>>({});", args.join(", ")),
            "}".to_owned(),
            "#endif".to_owned(),
        ]
    }
}

/// What runs on a pipe is told by its name. Source: pto-isa, docs/coding/Event.md.
const fn pipe(pipe: Pipe) -> &'static str {
    match pipe {
        Pipe::Scalar => "PIPE_S",
        Pipe::Vector => "PIPE_V",
        Pipe::In => "PIPE_MTE2",
        Pipe::Out => "PIPE_MTE3",
    }
}
