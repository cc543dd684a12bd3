//! Variables, types, forms of operands, parts of buffers, limits.

use std::collections::BTreeSet;

use tile_ir::{Access, BinaryOp, Elem, Loc, Number, Predicate, UnaryOp, ViewId};

use super::{Rule, VerifyError};
use crate::ir::{Buffer, Convert, Copy, CoreKernel, Expr, Operand, Scalar, Span, Stmt, StmtKind, Var, VectorOp};
use crate::ranges::{Interval, Ranges};
use crate::target::Target;

struct Check<'a> {
    kernel: &'a CoreKernel,
    target: &'a Target,
    defined: BTreeSet<Var>,
    ranges: Ranges<'a>,
    written: BTreeSet<ViewId>,
    errors: Vec<VerifyError>,
}

pub(super) fn check(kernel: &CoreKernel, target: &Target) -> Vec<VerifyError> {
    let mut written = BTreeSet::new();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::CopyOut(copy) = &stmt.kind {
                written.insert(copy.view);
            }
        });
    }
    let ranges = Ranges::new(kernel);
    let mut check = Check { kernel, target, defined: BTreeSet::new(), ranges, written, errors: Vec::new() };
    check.buffers();
    if check.errors.is_empty() {
        check.block(&kernel.body);
    }
    check.errors
}

impl Check<'_> {
    fn report(&mut self, loc: &Loc, rule: Rule) {
        self.errors.push(VerifyError { loc: loc.clone(), rule });
    }

    fn buffers(&mut self) {
        let room = self.target.room(self.kernel);
        for data in &self.kernel.buffers {
            let bytes = self.target.bytes(data.elem, data.elements());
            let fits = data.address.checked_add(bytes).is_some_and(|end| end <= room);
            if !fits || !data.address.is_multiple_of(self.target.align) {
                self.report(&data.loc, Rule::Place(data.name.clone()));
            }
            let step = self.target.step(data.elem);
            if data.cols > data.pitch || !data.pitch.is_multiple_of(step) || data.rows == 0 || data.cols == 0 {
                self.report(&data.loc, Rule::Pitch(data.name.clone()));
            }
        }
    }

    fn block(&mut self, block: &[Stmt]) {
        let outer = self.defined.clone();
        block.iter().for_each(|stmt| self.stmt(stmt));
        self.defined = outer;
    }

    fn name(&self, buffer: Buffer) -> String {
        self.kernel.buffer(buffer).name.clone()
    }

    /// Checks an expression, and that it has the type.
    fn typed(&mut self, expr: &Expr, want: Scalar, what: &'static str, loc: &Loc) {
        if self.expr(expr, loc) != Some(want) {
            self.report(loc, Rule::Type(what));
        }
    }

    /// The type of an expression, if it has one.
    fn expr(&mut self, expr: &Expr, loc: &Loc) -> Option<Scalar> {
        let types: Vec<Option<Scalar>> = expr.operands().into_iter().map(|operand| self.expr(operand, loc)).collect();
        let types: Vec<Scalar> = types.into_iter().collect::<Option<_>>()?;
        let float = |list: &[Scalar]| list.iter().all(|&scalar| scalar == Scalar::F32);
        let int = |scalar: Scalar| matches!(scalar, Scalar::I32 | Scalar::I64);
        let fits = match (expr, types.as_slice()) {
            (Expr::Var(var), _) => {
                if !self.defined.contains(var) {
                    self.report(loc, Rule::Undefined(self.kernel.var(*var).name.clone()));
                }
                true
            }
            (Expr::Param(param), _) => {
                self.kernel.params.get(*param).is_some_and(|p| matches!(p.kind, tile_ir::ParamKind::Scalar(_)))
            }
            (Expr::Int(scalar, _), _) => int(*scalar),
            (Expr::Float(_) | Expr::Bool(_) | Expr::Core, _) => true,
            (Expr::Unary(op, _), list) => {
                let native = matches!(op, UnaryOp::Neg | UnaryOp::Abs) || self.target.scalar_unary.contains(op);
                float(list) && native
            }
            (Expr::Fma(..), list) => float(list),
            (Expr::Binary(op, ..), [x, y]) => {
                let logic = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
                x == y && if *x == Scalar::Bool { logic } else { op.takes(*x == Scalar::F32) }
            }
            (Expr::Compare(predicate, ..), [x, y]) => x == y && predicate.is_float() == (*x == Scalar::F32),
            (Expr::Select(..), [c, x, y]) => *c == Scalar::Bool && x == y,
            (Expr::Convert(convert, _), [x]) => match convert {
                Convert::Round(elem) => *x == Scalar::F32 && elem.is_float(),
                Convert::SignedToFloat => int(*x),
                Convert::UnsignedToFloat => int(*x) || *x == Scalar::Bool,
                Convert::FloatToSigned(to, _) | Convert::FloatToUnsigned(to, _) => *x == Scalar::F32 && int(*to),
                Convert::Signed(to, _) | Convert::Unsigned(to, _) => (int(*x) || *x == Scalar::Bool) && int(*to),
                Convert::ToBool => int(*x) || *x == Scalar::Bool,
                Convert::Bits(Scalar::F32) => *x == Scalar::I32,
                Convert::Bits(to) => *x == Scalar::F32 && *to == Scalar::I32,
            },
            (Expr::Binary(..) | Expr::Compare(..) | Expr::Select(..) | Expr::Convert(..), _) => false,
        };
        fits.then(|| expr.scalar(self.kernel))
    }

    fn define(&mut self, var: Var, value: Option<Interval>) {
        self.defined.insert(var);
        self.ranges.define(var, value);
    }

    fn interval(&self, expr: &Expr) -> Option<Interval> {
        self.ranges.of(expr)
    }

    /// A part of a buffer: inside it, and at a block unless it may start anywhere.
    fn part(&mut self, span: &Span, anywhere: bool, loc: &Loc) {
        self.typed(&span.offset, Scalar::I64, "an offset", loc);
        let data = self.kernel.buffer(span.buffer);
        let step = self.target.step(data.elem);
        let size = span.rows.saturating_sub(1) * span.pitch + span.cols;
        let known = self.interval(&span.offset);
        let inside = known.is_some_and(|at| at.lo >= 0 && at.hi as u64 + size <= data.elements());
        let rows = span.rows == 1 || (span.cols <= span.pitch && span.pitch.is_multiple_of(step));
        if !inside || span.rows == 0 || span.cols == 0 || !rows {
            self.report(loc, Rule::Inside(self.name(span.buffer)));
        }
        if !anywhere && !known.is_some_and(|at| at.is_multiple_of(step)) {
            self.report(loc, Rule::Aligned(self.name(span.buffer)));
        }
    }

    fn cell(&mut self, buffer: Buffer, offset: &Expr, loc: &Loc) -> Option<Scalar> {
        self.typed(offset, Scalar::I64, "an offset", loc);
        let data = self.kernel.buffer(buffer);
        // A place that depends on data traps where it is outside, as it does in the tile program.
        let outside = self.interval(offset).is_some_and(|at| at.lo < 0 || at.hi as u64 >= data.elements());
        if outside {
            self.report(loc, Rule::Inside(self.name(buffer)));
        }
        if data.elem == Elem::I1 {
            self.report(loc, Rule::Operands("scalar code does not touch masks"));
            return None;
        }
        Some(Scalar::of(data.elem))
    }

    fn copy(&mut self, copy: &Copy, inward: bool, loc: &Loc) {
        for expr in [&copy.view_offset, &copy.rows, &copy.cols] {
            self.typed(expr, Scalar::I64, "a number of a copy", loc);
        }
        let (rows, cols) = (copy.max_rows, copy.max_cols);
        let span = Span { buffer: copy.buffer, offset: copy.offset.clone(), rows, cols, pitch: copy.pitch };
        self.part(&span, false, loc);
        let Some(view) = self.kernel.view(copy.view) else {
            self.report(loc, Rule::Operands("a copy of no view"));
            return;
        };
        let data = self.kernel.buffer(copy.buffer);
        let held = if view.elem == Elem::I1 { Elem::I8 } else { view.elem };
        if data.elem != held {
            self.report(loc, Rule::Operands("a copy between element types"));
        }
        let name = self.kernel.params[copy.view.index()].name.clone();
        if !inward && view.access != Access::Write {
            self.report(loc, Rule::View(name));
        }
        if copy.max_rows > self.target.copy_rows {
            self.report(loc, Rule::Copy("too many rows"));
        }
        if copy.max_cols * view.elem.bytes() > self.target.copy_row_bytes {
            self.report(loc, Rule::Copy("rows are too long"));
        }
        if copy.pad.is_some() && !(inward && self.target.copy_pads) {
            self.report(loc, Rule::Copy("it cannot fill"));
        }
        // The number has 32 bits. Source: pto-isa, common/constants.hpp, `GetPadValue`.
        if copy.pad.is_some_and(|pad| pad != Number::Int(0)) && data.elem.bytes() == 8 {
            self.report(loc, Rule::Copy("it cannot fill elements of 8 bytes with this number"));
        }
        for (count, most) in [(&copy.rows, rows), (&copy.cols, cols)] {
            if count.as_int().is_some_and(|n| n < 1 || n as u64 > most) {
                self.report(loc, Rule::Copy("its extent is not what it may be"));
            }
        }
        // Numbers that are not constants are behind conditions.
        if copy.view_offset.as_int().is_some_and(|at| at < 0 || at as u64 >= view.shape.count()) {
            self.report(loc, Rule::View(self.kernel.params[copy.view.index()].name.clone()));
        }
    }

    fn vector(&mut self, op: VectorOp, dst: &Span, args: &[Operand], loc: &Loc) {
        let lanes = self.target.vectors.is_some();
        let folds = lanes && matches!((op, args), (VectorOp::ReduceRows(_), [_, Operand::Span(place)]) if place == dst);
        self.part(dst, folds, loc);
        let to = self.kernel.buffer(dst.buffer).elem;
        let mut elems = Vec::new();
        for arg in args {
            match arg {
                Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => {
                    let anywhere = (folds && span == dst) || (lanes && matches!(arg, Operand::Column(_)));
                    self.part(span, anywhere, loc);
                    elems.push(self.kernel.buffer(span.buffer).elem);
                }
                Operand::Scalar(value) => {
                    // A number is compared with what the other side is.
                    let elem = if to == Elem::I1 { elems.first().copied().unwrap_or(to) } else { to };
                    self.typed(value, Scalar::of(elem), "a number of a vector operation", loc);
                    elems.push(elem);
                }
            }
        }
        let args = if folds { &args[..1] } else { args };
        if let Some(problem) = form(op, dst, args, to, &elems) {
            self.report(loc, Rule::Operands(problem));
        }
        let needs_fill = op == VectorOp::Copy && !matches!(args, [Operand::Span(_)]);
        let native = match op {
            VectorOp::Copy => !needs_fill || self.target.fills.contains(&to),
            VectorOp::Unary(op) => self.target.unary.contains(&op),
            VectorOp::Binary(op) if to == Elem::I32 => self.target.binary_i32.contains(&op),
            VectorOp::Binary(op) => self.target.binary.contains(&op),
            VectorOp::Cast => elems.first().is_some_and(|&from| self.target.casts.contains(&(from, to))),
            VectorOp::Iota => self.target.iota,
            VectorOp::ReduceRows(_) => self.target.reduces_parts || args.iter().all(|arg| self.is_own(arg)),
            VectorOp::Fma | VectorOp::Compare(_) | VectorOp::Select | VectorOp::ReduceCols(_) => true,
        };
        if !native {
            self.report(loc, Rule::Native(format!("{op:?} on {to}")));
        }
    }

    /// Whether nothing but the rest of blocks lies between the rows of an operand.
    fn is_own(&self, arg: &Operand) -> bool {
        match arg {
            Operand::Span(span) => {
                let step = self.target.step(self.kernel.buffer(span.buffer).elem);
                span.rows == 1 || span.pitch == span.cols.next_multiple_of(step)
            }
            Operand::Row(_) | Operand::Column(_) | Operand::Scalar(_) => true,
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let loc = &stmt.loc;
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                self.typed(value, self.kernel.var(*var).scalar, "a variable", loc);
                let known = self.interval(value);
                self.define(*var, known);
            }
            StmtKind::Assign { var, value } => {
                self.typed(value, self.kernel.var(*var).scalar, "a variable", loc);
                if !self.defined.contains(var) {
                    self.report(loc, Rule::Undefined(self.kernel.var(*var).name.clone()));
                }
            }
            StmtKind::Read { var, buffer, offset } => {
                if self.cell(*buffer, offset, loc) != Some(self.kernel.var(*var).scalar) {
                    self.report(loc, Rule::Type("a variable"));
                }
                self.define(*var, None);
            }
            StmtKind::Write { buffer, offset, value } => {
                if let Some(scalar) = self.cell(*buffer, offset, loc) {
                    self.typed(value, scalar, "an element", loc);
                }
            }
            StmtKind::ReadGlobal { var, view, offset } => {
                self.typed(offset, Scalar::I64, "an offset", loc);
                let elem = self.kernel.view(*view).map(|view| view.elem);
                if elem.map(Scalar::of) != Some(self.kernel.var(*var).scalar) {
                    self.report(loc, Rule::Type("a variable"));
                }
                // Scalar code reads through a cache that copies do not go through.
                if self.written.contains(view) {
                    self.report(loc, Rule::View(self.kernel.params[view.index()].name.clone()));
                }
                self.define(*var, None);
            }
            StmtKind::CopyIn(copy) => self.copy(copy, true, loc),
            StmtKind::CopyOut(copy) => self.copy(copy, false, loc),
            StmtKind::Vector { op, dst, args } => self.vector(*op, dst, args, loc),
            StmtKind::For { var, lower, upper, step, body } => {
                for expr in [lower, upper, step] {
                    self.typed(expr, Scalar::I64, "a bound of a loop", loc);
                }
                let known = self.ranges.turns(lower, upper, step);
                let outer = self.defined.clone();
                self.define(*var, known);
                self.block(body);
                self.defined = outer;
            }
            StmtKind::While { before, condition, body } => {
                let outer = self.defined.clone();
                before.iter().for_each(|stmt| self.stmt(stmt));
                self.typed(condition, Scalar::Bool, "a condition", loc);
                self.block(body);
                self.defined = outer;
            }
            StmtKind::If { condition, then, otherwise } => {
                self.typed(condition, Scalar::Bool, "a condition", loc);
                self.block(then);
                self.block(otherwise);
            }
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }
}

/// What is wrong with the operands of a vector operation.
fn form(op: VectorOp, dst: &Span, args: &[Operand], to: Elem, elems: &[Elem]) -> Option<&'static str> {
    let sized = args.iter().all(|arg| match arg {
        Operand::Span(span) => (span.rows, span.cols) == (dst.rows, dst.cols),
        Operand::Row(span) => (span.rows, span.cols) == (1, dst.cols),
        Operand::Column(span) => (span.rows, span.cols) == (1, dst.rows),
        Operand::Scalar(_) => true,
    });
    let same = elems.iter().all(|&elem| elem == to);
    let commutes = |op: BinaryOp| {
        matches!(op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::MinF | BinaryOp::MaxF | BinaryOp::MinS | BinaryOp::MaxS)
    };
    let float = to == Elem::F32;
    let fits = match (op, args) {
        (VectorOp::Copy, [_]) => sized && same && to != Elem::I1,
        (VectorOp::Unary(_), [Operand::Span(_)]) => sized && same && float,
        (VectorOp::Binary(op), [Operand::Span(_), other]) => {
            let number = matches!(other, Operand::Scalar(_));
            sized && same && op.takes(float) && (float || to == Elem::I32) && (!number || commutes(op))
        }
        (VectorOp::Fma, [Operand::Span(_), Operand::Span(_), Operand::Span(_)]) => sized && same && float,
        (VectorOp::Compare(predicate), [Operand::Span(_), other]) => {
            let compared = elems == [Elem::F32, Elem::F32];
            let form = matches!(other, Operand::Span(_) | Operand::Scalar(_));
            sized && compared && form && to == Elem::I1 && is_float(predicate)
        }
        (VectorOp::Select, [Operand::Span(_), Operand::Span(_), Operand::Span(_)]) => {
            sized && elems == [Elem::I1, to, to] && to.bytes() == 4
        }
        (VectorOp::Cast, [Operand::Span(_)]) => sized && elems[0] != to,
        (VectorOp::ReduceRows(op), [Operand::Span(src)]) => {
            same && float && (dst.rows, dst.cols) == (1, src.rows) && src.buffer != dst.buffer && reduces(op)
        }
        (VectorOp::ReduceCols(op), [Operand::Span(src)]) => {
            same && float && (dst.rows, dst.cols) == (1, src.cols) && src.buffer != dst.buffer && reduces(op)
        }
        (VectorOp::Iota, [Operand::Scalar(_)]) => to == Elem::I32 && dst.rows == 1,
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
        ) => false,
    };
    if !fits {
        return Some("number, sizes, forms or element types");
    }
    // An operand may be the result itself, but nothing else of its buffer.
    let overlaps = args.iter().any(|arg| match arg {
        Operand::Span(span) => span.buffer == dst.buffer && span != dst,
        Operand::Row(span) | Operand::Column(span) => span.buffer == dst.buffer,
        Operand::Scalar(_) => false,
    });
    let widens = op == VectorOp::Cast && elems[0].bytes() < to.bytes();
    let in_place = args.iter().any(|arg| matches!(arg, Operand::Span(span) if span.buffer == dst.buffer));
    if overlaps && !apart(args, dst) {
        return Some("an operand overlaps the result");
    }
    (widens && in_place).then_some("a widening conversion in place")
}

/// Whether operands in the result's buffer are parts of it that do not meet it, as far as constants tell.
fn apart(args: &[Operand], dst: &Span) -> bool {
    let ends = |span: &Span| {
        let start = u64::try_from(span.offset.as_int()?).ok()?;
        Some((start, start + span.rows.saturating_sub(1) * span.pitch + span.cols))
    };
    args.iter().all(|arg| match arg {
        Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => {
            span.buffer != dst.buffer
                || span == dst
                || matches!((ends(span), ends(dst)), (Some((a, b)), Some((c, d))) if b <= c || d <= a)
        }
        Operand::Scalar(_) => true,
    })
}

const fn is_float(predicate: Predicate) -> bool {
    predicate.is_float()
}

const fn reduces(op: tile_ir::ReduceOp) -> bool {
    match op {
        tile_ir::ReduceOp::Add | tile_ir::ReduceOp::MinF | tile_ir::ReduceOp::MaxF => true,
        tile_ir::ReduceOp::MinS | tile_ir::ReduceOp::MaxS | tile_ir::ReduceOp::MinU | tile_ir::ReduceOp::MaxU => false,
    }
}
