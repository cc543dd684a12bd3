//! The dialect: static tensors, flags, the basic API. One file per family of instructions.

mod compare;
mod copies;
mod elementwise;
mod fill;
mod forms;
mod reduce;

use emit::{Text, words};
use emit_dma::{Area, Arg, CopyArea, Dialect, Facts, Lines, Order, Parameter, ParameterKind, Role, Signature};
use lower_dma::ir::{Pipe, VectorOp};
use tile_ir::{Elem, UnaryOp};

use crate::{limits, names, types};

/// AscendC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AscendC;

const FACTS: Facts = Facts {
    target: &limits::TARGET,
    language: "AscendC (Ascend 910B, CANN 8.5)",
    extension: names::EXTENSION,
    reserved: &[words::CPP, names::WORDS],
    reserved_entries: words::C_FUNCTIONS,
    function: "__aicore__ inline",
    space: "ub",
    scratch: limits::SCRATCH,
};

/// What orders two instructions of the vector unit.
const BARRIER: &str = "PipeBarrier<PIPE_V>();";

/// Name of a pipe in flags and barriers.
const fn pipe(pipe: Pipe) -> &'static str {
    match pipe {
        Pipe::Scalar => "S",
        Pipe::Vector => "V",
        Pipe::In => "MTE2",
        Pipe::Out => "MTE3",
    }
}

/// A tensor at an element.
fn at(name: &str, offset: &Text) -> String {
    if offset.text == "0" { name.to_owned() } else { format!("{name}[{}]", offset.text) }
}

impl Dialect for AscendC {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn preamble(&self) -> Vec<String> {
        vec!["#include \"kernel_operator.h\"".to_owned(), "using namespace AscendC;".to_owned()]
    }

    fn storage(&self, _: &Signature<'_>) -> Vec<String> {
        Vec::new()
    }

    fn head(&self, signature: &Signature<'_>) -> Vec<String> {
        let params = list(signature.params, |param| format!("GM_ADDR {}", param.address));
        vec![format!("extern \"C\" __global__ __aicore__ void {}({params}) {{", signature.entry)]
    }

    fn start(&self, signature: &Signature<'_>) -> Vec<String> {
        let mut lines =
            vec!["KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);".to_owned(), "InitSocState();".to_owned()];
        for Parameter { name, address, kind, .. } in signature.params {
            if let ParameterKind::View { elem, count, .. } = kind {
                let ty = types::memory(*elem);
                lines.push(format!("GlobalTensor<{ty}> {name};"));
                lines.push(format!("{name}.SetGlobalBuffer((__gm__ {ty}*){address}, {count});"));
            }
        }
        lines
    }

    fn buffer(&self, buffer: &Area<'_>) -> Vec<String> {
        let data = buffer.buffer;
        let position = match buffer.role {
            Role::In => "VECIN",
            Role::Out => "VECOUT",
            Role::Work => "VECCALC",
        };
        let count = if data.elem == Elem::I1 { data.elements() / 8 } else { data.elements() };
        let (ty, address) = (types::local(data.elem), data.address);
        vec![format!("LocalTensor<{ty}> {}(TPosition::{position}, {address}, {count});", buffer.name)]
    }

    fn core(&self) -> &'static str {
        "GetBlockIdx()"
    }

    fn read(&self, buffer: &Area<'_>, ty: &str, index: &Text) -> Text {
        Text::atom(format!("{}.GetValue({})", tensor(buffer, ty), index.text))
    }

    fn write(&self, buffer: &Area<'_>, ty: &str, index: &Text, value: &Text) -> String {
        format!("{}.SetValue({}, {});", tensor(buffer, ty), index.text, value.text)
    }

    fn read_global(&self, view: &str, elem: Elem, ty: &str, index: &Text) -> Text {
        let value = format!("{view}.GetValue({})", index.text);
        if types::memory(elem) == ty {
            return Text::atom(value);
        }
        Text::atom(format!("__builtin_bit_cast({ty}, {value})"))
    }

    fn copy(&self, copy: &CopyArea<'_>, lines: &mut Lines<'_>) {
        copies::copy(copy, lines);
    }

    fn vector(&self, op: VectorOp, dst: &Area<'_>, args: &[Arg<'_>], lines: &mut Lines<'_>) -> Result<(), String> {
        match (op, args) {
            (VectorOp::Copy, [from]) => fill::copy(dst, from, lines),
            (VectorOp::Unary(UnaryOp::Floor), [Arg::Span(x)]) => {
                elementwise::cast(dst, x, "CAST_FLOOR", lines);
                Ok(())
            }
            (VectorOp::Unary(op), [Arg::Span(x)]) => elementwise::unary(op, dst, x, lines),
            (VectorOp::Binary(op), [Arg::Span(x), y]) => elementwise::binary(op, dst, x, y, lines),
            (VectorOp::Fma, [Arg::Span(x), Arg::Span(y), Arg::Span(z)]) => {
                elementwise::fma(dst, [x, y, z], lines);
                Ok(())
            }
            (VectorOp::Cast, [Arg::Span(x)]) => {
                let round = elementwise::rounding(x.elem(), dst.elem())?;
                elementwise::cast(dst, x, round, lines);
                Ok(())
            }
            (VectorOp::Compare(predicate), [Arg::Span(x), y]) => compare::compare(predicate, dst, x, y, lines),
            (VectorOp::Select, [Arg::Span(mask), Arg::Span(x), Arg::Span(y)]) => {
                compare::select(dst, mask, [x, y], lines);
                Ok(())
            }
            (VectorOp::ReduceRows(op), [Arg::Span(x)]) => reduce::rows(op, dst, x, lines),
            (VectorOp::ReduceCols(op), [Arg::Span(x)]) => reduce::cols(op, dst, x, lines),
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
            ) => Err(format!("the vector unit has no {op:?} of such operands")),
        }
    }

    fn order(&self, order: Order) -> Option<String> {
        match order {
            Order::Signal { from, to, event } => {
                Some(format!("SetFlag<HardEvent::{}_{}>(EVENT_ID{event});", pipe(from), pipe(to)))
            }
            Order::Await { from, to, event } => {
                Some(format!("WaitFlag<HardEvent::{}_{}>(EVENT_ID{event});", pipe(from), pipe(to)))
            }
            Order::Barrier(Pipe::Scalar) | Order::Drain(_) => None,
            Order::Fence => Some("PipeBarrier<PIPE_ALL>();".to_owned()),
            Order::Barrier(of) => Some(format!("PipeBarrier<PIPE_{}>();", pipe(of))),
        }
    }

    fn finish(&self) -> Vec<String> {
        vec!["PipeBarrier<PIPE_ALL>();".to_owned()]
    }

    fn launch(&self, signature: &Signature<'_>) -> Vec<String> {
        let Signature { entry, params, cores, .. } = signature;
        let declared = list(params, |param| format!("uint8_t* {}", param.address));
        let declared = if declared.is_empty() { declared } else { format!(", {declared}") };
        let passed: Vec<&str> = params.iter().map(|param| param.address.as_str()).collect();
        vec![
            format!("// Host: starts the kernel; `blocks` is {cores}, `stream` an aclrtStream."),
            format!("extern \"C\" void call_{entry}(uint32_t blocks, void* stream{declared}) {{"),
            format!("    {entry}<<<blocks, nullptr, stream>>>({});", passed.join(", ")),
            "}".to_owned(),
        ]
    }
}

/// A buffer as a tensor of the type `ty`.
fn tensor(buffer: &Area<'_>, ty: &str) -> String {
    if types::local(buffer.elem()) == ty {
        return buffer.name.to_owned();
    }
    format!("{}.ReinterpretCast<{ty}>()", buffer.name)
}

/// Declarations of parameters; views by `view`.
fn list(params: &[Parameter], view: impl Fn(&Parameter) -> String) -> String {
    let declared = params.iter().map(|param| match param.kind {
        ParameterKind::View { .. } => view(param),
        ParameterKind::Scalar(kind) => format!("{} {}", types::number(kind), param.address),
    });
    declared.collect::<Vec<_>>().join(", ")
}
