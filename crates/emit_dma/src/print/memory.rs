//! Elements, copies, vector operations.

use emit::Text;
use lower_dma::ir::{Buffer, Copy, Expr, Operand, Scalar, Span, Var, VectorOp};
use tile_ir::{Elem, ViewId};

use super::Printer;
use crate::area::{Area, Arg, CopyArea, Role};
use crate::number::{self, storage};

/// A span with its name and offset as texts.
struct Named<'a> {
    name: String,
    buffer: &'a lower_dma::ir::BufferData,
    role: Role,
    offset: Text,
    rows: u64,
    cols: u64,
    pitch: u64,
}

impl<'a> Named<'a> {
    fn area(&'a self) -> Area<'a> {
        let Named { name, buffer, role, offset, rows, cols, pitch } = self;
        Area { name, buffer, role: *role, offset: offset.clone(), rows: *rows, cols: *cols, pitch: *pitch }
    }
}

/// An operand with its names.
enum NamedArg<'a> {
    Span(Named<'a>),
    Row(Named<'a>),
    Column(Named<'a>),
    Scalar(Text),
}

impl<'a> Printer<'a> {
    fn named(&mut self, buffer: Buffer, offset: &Expr, shape: [u64; 3]) -> Named<'a> {
        let (name, data) = self.buffer(buffer);
        let role = self.role(buffer);
        let offset = self.expr(offset);
        let [rows, cols, pitch] = shape;
        Named { name, buffer: data, role, offset, rows, cols, pitch }
    }

    fn span(&mut self, span: &Span) -> Named<'a> {
        self.named(span.buffer, &span.offset, [span.rows, span.cols, span.pitch])
    }

    /// An element as held in memory to the number that scalar code computes with.
    pub(super) fn held(&mut self, elem: Elem, value: Text) -> Text {
        let function = self.function();
        match elem {
            Elem::F16 | Elem::Bf16 => number::widen(elem, &value, function, &mut self.helpers),
            Elem::I1 => Text::binary(&value, "!=", &Text::atom("0"), emit::Prec::Equality, false),
            Elem::F32 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => value,
        }
    }

    pub(super) fn read(&mut self, var: Var, buffer: Buffer, offset: &Expr) {
        let named = self.named(buffer, offset, [1, 1, 1]);
        let elem = named.buffer.elem;
        let value = self.dialect.read(&named.area(), storage(elem), &named.offset);
        let value = self.held(elem, value);
        self.define(var, &value, None);
    }

    pub(super) fn read_global(&mut self, var: Var, view: ViewId, offset: &Expr) {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let index = self.expr(offset);
        let name = self.view(view);
        let value = self.dialect.read_global(&name, elem, storage(elem), &index);
        let value = self.held(elem, value);
        self.define(var, &value, None);
    }

    pub(super) fn write(&mut self, buffer: Buffer, offset: &Expr, value: &Expr) {
        let named = self.named(buffer, offset, [1, 1, 1]);
        let (elem, function) = (named.buffer.elem, self.function());
        let value = self.expr(value);
        let value = match elem {
            Elem::F16 | Elem::Bf16 => number::narrow(elem, &value, function, &mut self.helpers),
            Elem::I8 => Text::new(format!("(int8_t){}", value.at_least(emit::Prec::Unary)), emit::Prec::Unary),
            Elem::F32 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => value,
        };
        let line = self.dialect.write(&named.area(), storage(elem), &named.offset, &value);
        self.body.line(&line);
    }

    pub(super) fn copy(&mut self, copy: &Copy, inward: bool) {
        let local = self.named(copy.buffer, &copy.offset, [copy.max_rows, copy.max_cols, copy.pitch]);
        let elem = self.kernel.view(copy.view).map_or(Elem::Index, |view| view.elem);
        let (view, view_offset) = (self.view(copy.view), self.expr(&copy.view_offset));
        let (rows, cols) = (self.expr(&copy.rows), self.expr(&copy.cols));
        let dialect = self.dialect;
        let copy = CopyArea {
            inward,
            local: local.area(),
            view: &view,
            elem,
            view_offset,
            view_pitch: copy.view_pitch,
            rows,
            cols,
            pad: copy.pad,
        };
        dialect.copy(&copy, &mut self.lines());
    }

    pub(super) fn vector(&mut self, op: VectorOp, dst: &Span, args: &[Operand]) {
        let dst = self.span(dst);
        let args: Vec<NamedArg<'a>> = args
            .iter()
            .map(|arg| match arg {
                Operand::Span(span) => NamedArg::Span(self.span(span)),
                Operand::Row(span) => NamedArg::Row(self.span(span)),
                Operand::Column(span) => NamedArg::Column(self.span(span)),
                Operand::Scalar(value) => NamedArg::Scalar(self.number(value, dst.buffer.elem)),
            })
            .collect();
        let args: Vec<Arg<'_>> = args
            .iter()
            .map(|arg| match arg {
                NamedArg::Span(named) => Arg::Span(named.area()),
                NamedArg::Row(named) => Arg::Row(named.area()),
                NamedArg::Column(named) => Arg::Column(named.area()),
                NamedArg::Scalar(value) => Arg::Scalar(value.clone()),
            })
            .collect();
        let dialect = self.dialect;
        if let Err(detail) = dialect.vector(op, &dst.area(), &args, &mut self.lines()) {
            self.fail(detail);
        }
    }

    /// A number that is an operand: for elements of 16 bits, its bits.
    fn number(&mut self, value: &Expr, elem: Elem) -> Text {
        let function = self.function();
        match (elem, value) {
            (Elem::F16 | Elem::Bf16, _) => {
                let value = self.expr(value);
                number::narrow(elem, &value, function, &mut self.helpers)
            }
            (Elem::I32, Expr::Int(_, number)) => number::int(Scalar::I32, *number),
            (_, _) => self.expr(value),
        }
    }
}
