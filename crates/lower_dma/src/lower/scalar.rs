//! Arithmetic of scalar code: of the kernel's scalars, and of elements one by one.

use tile_ir::{BinaryOp, CastOp, Elem, Literal, Number, Op, OpKind, UnaryOp, Value, ViewId};

use super::exprs::{add, constant, convert, int, mul, select};
use super::state::{Lower, Result};
use crate::ir::{Convert, Copy, Expr, Operand, Scalar, Span, StmtKind, VectorOp};

/// Bits of an element type; 1 for `I1`.
pub(super) const fn bits(elem: Elem) -> u32 {
    match elem {
        Elem::I1 => 1,
        Elem::I8 | Elem::F16 | Elem::Bf16 | Elem::F32 | Elem::I32 | Elem::I64 | Elem::Index => elem.bits() as u32,
    }
}

impl Lower<'_> {
    /// A scalar of the kernel.
    pub(super) fn scalar(&self, value: Value) -> Result<Expr> {
        match &self.scalars[value.index()] {
            Some(expr) => Ok(expr.clone()),
            None => self.broken("a scalar has no value"),
        }
    }

    /// As a number of 64 bits.
    pub(super) fn index(&self, value: Value) -> Result<Expr> {
        let expr = self.scalar(value)?;
        if let Some(number) = self.facts.analysis.range(value).and_then(|range| range.as_constant()) {
            return Ok(Expr::int(number));
        }
        Ok(match expr.scalar(&self.out) {
            Scalar::I32 => convert(Convert::Signed(Scalar::I64, 32), expr),
            Scalar::F32 | Scalar::Bool | Scalar::I64 => expr,
        })
    }

    /// An index of which only matters whether it is below `end`, and which one it is then: where numbers of 64 bits do not exist, one that
    /// might not fit in 32 is cut there.
    pub(super) fn index_below(&mut self, value: Value, end: u64) -> Result<Expr> {
        let index = self.index(value)?;
        let range = self.facts.analysis.range(value).filter(|range| range.lo() >= 0);
        let Some(range) = range.filter(|_| self.facts.target.vectors.is_some()) else { return Ok(index) };
        if range.hi() <= i64::from(i32::MAX) && self.is_counted(value) {
            return Ok(index);
        }
        let cut = Expr::Binary(BinaryOp::MinU, Box::new(index), Box::new(int(end)));
        Ok(self.define("index", cut))
    }

    /// Whether a scalar is made of numbers of programs, turns of loops, parameters and constants, whose ranges core programs show.
    fn is_counted(&self, value: Value) -> bool {
        let Some(op) = self.facts.defs[value.index()] else { return true };
        match &op.kind {
            OpKind::ProgramId(_) | OpKind::NumPrograms(_) | OpKind::Constant(_) => true,
            OpKind::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::MinS | BinaryOp::MaxS, x, y) => {
                self.is_counted(*x) && self.is_counted(*y)
            }
            OpKind::Binary(BinaryOp::DivS | BinaryOp::RemS, x, y) => {
                let constant = self.facts.analysis.range(*y).is_some_and(|range| range.as_constant().is_some());
                constant && self.is_counted(*x)
            }
            OpKind::Cast(_, x) => self.is_counted(*x),
            OpKind::Binary(..)
            | OpKind::Unary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Transpose { .. }
            | OpKind::Slice { .. }
            | OpKind::InsertSlice { .. }
            | OpKind::Extract { .. }
            | OpKind::Insert { .. }
            | OpKind::Reduce { .. }
            | OpKind::Contract { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Store { .. }
            | OpKind::LoadScalar { .. }
            | OpKind::StoreScalar { .. }
            | OpKind::Gather { .. }
            | OpKind::For { .. }
            | OpKind::While { .. }
            | OpKind::If { .. } => false,
        }
    }

    /// The result of an operation without memory, from its operands. `None` if it is no such operation.
    pub(super) fn compute(&mut self, op: &Op, args: &[Expr]) -> Result<Option<Expr>> {
        let Some(&result) = op.results.first() else { return Ok(None) };
        let to = self.facts.ty(result).elem;
        let from = op.kind.operands().first().map_or(to, |&value| self.facts.ty(value).elem);
        let value = match (&op.kind, args) {
            (OpKind::Unary(kind, _), [x]) => {
                let plain = matches!(kind, UnaryOp::Neg | UnaryOp::Abs);
                if plain || self.facts.target.scalar_unary.contains(kind) {
                    Expr::Unary(*kind, Box::new(x.clone()))
                } else {
                    self.function(op, *kind, x.clone())?
                }
            }
            // Bytes are held with their signs, which these operations do not know.
            (OpKind::Binary(kind @ (BinaryOp::DivU | BinaryOp::RemU | BinaryOp::ShrU), ..), [x, y])
                if to == Elem::I8 =>
            {
                let [x, y] = [x, y].map(|x| convert(Convert::Unsigned(Scalar::I32, 8), x.clone()));
                Expr::Binary(*kind, Box::new(x), Box::new(y))
            }
            (OpKind::Binary(kind, ..), [x, y]) => Expr::Binary(*kind, Box::new(x.clone()), Box::new(y.clone())),
            (OpKind::Fma(..), [x, y, z]) => Expr::Fma(Box::new(x.clone()), Box::new(y.clone()), Box::new(z.clone())),
            (OpKind::Compare(predicate, ..), [x, y]) => {
                Expr::Compare(*predicate, Box::new(x.clone()), Box::new(y.clone()))
            }
            (OpKind::Select { .. }, [c, x, y]) => select(c.clone(), x.clone(), y.clone()),
            (OpKind::Cast(cast, _), [x]) => cast_scalar(*cast, x.clone(), from, to),
            (_, _) => return Ok(None),
        };
        Ok(Some(self.fit(value, to)))
    }

    /// Rounds or cuts the result of an operation to its element type.
    fn fit(&self, value: Expr, elem: Elem) -> Expr {
        match elem {
            Elem::F16 | Elem::Bf16 => convert(Convert::Round(elem), value),
            Elem::I8 => convert(Convert::Signed(Scalar::I32, 8), value),
            Elem::F32 | Elem::I1 | Elem::I32 | Elem::I64 | Elem::Index => value,
        }
    }

    /// A function that the scalar unit lacks, by the vector unit on one element.
    fn function(&mut self, op: &Op, kind: UnaryOp, x: Expr) -> Result<Expr> {
        let cell = self.temp(Elem::F32, 1, 1);
        self.emit(StmtKind::Write { buffer: cell.buffer, offset: Expr::int(0), value: x });
        let Operand::Span(result) = self.unary(op, kind, Operand::Span(cell), 1, 1, None)? else {
            return self.broken("a function's result is a span");
        };
        Ok(self.read(&result, "value", Expr::int(0), Elem::F32))
    }

    /// Reads element `offset` of a span's buffer as a number of element type `elem`.
    pub(super) fn read(&mut self, span: &Span, name: &str, offset: Expr, elem: Elem) -> Expr {
        let held = self.elem(span);
        let var = self.var(name, Scalar::of(held));
        self.emit(StmtKind::Read { var, buffer: span.buffer, offset });
        from_held(Expr::Var(var), elem, held)
    }

    /// Writes a number of element type `elem` into a span's buffer.
    pub(super) fn write(&mut self, span: &Span, offset: Expr, value: Expr, elem: Elem) {
        let value = to_held(value, elem, self.elem(span));
        self.emit(StmtKind::Write { buffer: span.buffer, offset, value });
    }

    /// Element `(row, col)` of an operand as a number of element type `elem`.
    pub(super) fn element(&mut self, operand: &Operand, row: &Expr, col: &Expr, elem: Elem, held: Elem) -> Expr {
        match operand {
            Operand::Span(span) => {
                let offset = add(span.offset.clone(), add(mul(row.clone(), int(span.pitch)), col.clone()));
                self.read(span, "x", offset, elem)
            }
            Operand::Row(span) => self.read(span, "x", add(span.offset.clone(), col.clone()), elem),
            Operand::Column(span) => self.read(span, "x", add(span.offset.clone(), row.clone()), elem),
            Operand::Scalar(value) => from_held(value.clone(), elem, held),
        }
    }

    /// An element of a view as a number of its element type. Of a view that is written, by a copy of its own.
    pub(super) fn global(&mut self, view: ViewId, offset: Expr) -> Expr {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        if !self.facts.written.contains(&view) {
            let var = self.var("x", Scalar::of(elem));
            self.emit(StmtKind::ReadGlobal { var, view, offset });
            return Expr::Var(var);
        }
        let cell = self.cell(elem);
        self.emit(StmtKind::CopyIn(one(&cell, view, offset)));
        let var = self.var("x", Scalar::of(cell_elem(elem)));
        self.emit(StmtKind::Read { var, buffer: cell.buffer, offset: Expr::int(0) });
        from_raw(Expr::Var(var), elem)
    }

    /// Writes a number of a view's element type into it, by a copy of its own.
    pub(super) fn put(&mut self, view: ViewId, offset: Expr, value: Expr) {
        let elem = self.kernel.view(view).map_or(Elem::Index, |view| view.elem);
        let cell = self.cell(elem);
        self.emit(StmtKind::Write { buffer: cell.buffer, offset: Expr::int(0), value: to_raw(value, elem) });
        self.emit(StmtKind::CopyOut(one(&cell, view, offset)));
    }

    /// A buffer of one element as it is in views.
    fn cell(&mut self, elem: Elem) -> Span {
        self.temp(cell_elem(elem), 1, 1)
    }

    /// A scalar operation of the kernel, or one with an effect. `false` if it is neither.
    pub(super) fn scalar_op(&mut self, op: &Op) -> Result<bool> {
        let result = op.results.first().copied().filter(|&value| self.facts.ty(value).is_scalar());
        let value = match (&op.kind, result) {
            (OpKind::ProgramId(axis), Some(_)) => self.program[axis.index()].clone(),
            (OpKind::NumPrograms(axis), Some(_)) => int(self.kernel.grid[axis.index()]),
            (OpKind::Constant(Literal::Splat(number)), Some(value)) => {
                constant(Scalar::of(self.facts.ty(value).elem), *number)
            }
            (OpKind::Constant(Literal::Dense(list)), Some(value)) => {
                constant(Scalar::of(self.facts.ty(value).elem), list.first().copied().unwrap_or(Number::Int(0)))
            }
            (OpKind::Constant(Literal::Iota { .. }), Some(value)) => {
                constant(Scalar::of(self.facts.ty(value).elem), Number::Int(0))
            }
            (OpKind::LoadScalar { view, indices }, Some(_)) => {
                let offset = self.view_offset(*view, indices)?;
                self.global(*view, offset)
            }
            (OpKind::StoreScalar { view, value, indices }, _) => {
                let offset = self.view_offset(*view, indices)?;
                let value = self.scalar(*value)?;
                self.put(*view, offset, value);
                return Ok(true);
            }
            (_, Some(_)) => {
                let operands = op.kind.operands();
                if operands.iter().any(|&value| !self.facts.ty(value).is_scalar()) {
                    return Ok(false);
                }
                let args = operands.iter().map(|&value| self.scalar(value)).collect::<Result<Vec<_>>>()?;
                match self.compute(op, &args)? {
                    Some(value) => value,
                    None => return Ok(false),
                }
            }
            (_, None) => return Ok(false),
        };
        if let Some(result) = result {
            let name = self.name_of(result, "value");
            let value = self.define(&name, value);
            self.scalars[result.index()] = Some(value);
        }
        Ok(true)
    }

    fn view_offset(&self, view: ViewId, indices: &[Value]) -> Result<Expr> {
        let strides = self.kernel.view(view).map(|view| view.shape.strides()).unwrap_or_default();
        let mut offset = Expr::int(0);
        for (&value, stride) in indices.iter().zip(strides) {
            offset = add(offset, mul(self.index(value)?, int(stride)));
        }
        Ok(offset)
    }

    /// Copies any operand into a span.
    pub(super) fn copy_into(&mut self, dst: &Span, operand: Operand) -> Result<()> {
        let held = self.elem(dst);
        let fills = self.facts.target.fills.contains(&held);
        if fills || matches!(operand, Operand::Span(_)) {
            self.vector(VectorOp::Copy, dst, vec![operand]);
            return Ok(());
        }
        self.each(dst.rows, dst.cols, |lower, row, col| {
            let value = match &operand {
                Operand::Scalar(value) => value.clone(),
                Operand::Span(_) | Operand::Row(_) | Operand::Column(_) => {
                    lower.element(&operand, row, col, held, held)
                }
            };
            let offset = add(dst.offset.clone(), add(mul(row.clone(), int(dst.pitch)), col.clone()));
            lower.emit(StmtKind::Write { buffer: dst.buffer, offset, value });
            Ok(())
        })
    }

    /// Loops of scalar code over rows and columns.
    pub(super) fn each(
        &mut self,
        rows: u64,
        cols: u64,
        f: impl FnOnce(&mut Self, &Expr, &Expr) -> Result<()>,
    ) -> Result<()> {
        self.counted("r", rows, 1, |lower, row| lower.counted("c", cols, 1, |lower, col| f(lower, &row, &col)))
    }
}

/// How one element of a view is held in a local buffer.
const fn cell_elem(elem: Elem) -> Elem {
    match elem {
        // A byte in memory, where local masks are something else.
        Elem::I1 => Elem::I8,
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => elem,
    }
}

/// A number of a view's element type from how memory holds it.
pub(super) fn from_raw(value: Expr, elem: Elem) -> Expr {
    if elem == Elem::I1 { convert(Convert::ToBool, value) } else { value }
}

/// How memory holds a number of a view's element type.
pub(super) fn to_raw(value: Expr, elem: Elem) -> Expr {
    if elem == Elem::I1 { convert(Convert::Unsigned(Scalar::I32, 1), value) } else { value }
}

/// Element type of a local buffer that holds elements of a view as they are.
pub(super) const fn raw(elem: Elem) -> Elem {
    cell_elem(elem)
}

fn one(cell: &Span, view: ViewId, offset: Expr) -> Copy {
    Copy {
        buffer: cell.buffer,
        offset: Expr::int(0),
        pitch: cell.pitch,
        view,
        view_offset: offset,
        view_pitch: 1,
        rows: Expr::int(1),
        cols: Expr::int(1),
        max_rows: 1,
        max_cols: 1,
        pad: None,
    }
}

/// A number of element type `elem` from how a local buffer of `held` holds it.
pub(super) fn from_held(value: Expr, elem: Elem, held: Elem) -> Expr {
    match (elem, held) {
        (Elem::I1, Elem::F32) => Expr::Compare(tile_ir::Predicate::FNe, Box::new(value), Box::new(Expr::Float(0.0))),
        (Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, Elem::F32) => {
            let to = Scalar::of(elem);
            match value {
                Expr::Float(x) => Expr::Int(to, x as i64),
                value => convert(Convert::FloatToSigned(to, if to == Scalar::I64 { 64 } else { 32 }), value),
            }
        }
        (Elem::I64 | Elem::Index, Elem::I32) => match value.as_int() {
            Some(number) => Expr::int(number),
            None => convert(Convert::Signed(Scalar::I64, 32), value),
        },
        (_, _) => value,
    }
}

/// How a local buffer of `held` holds a number of element type `elem`.
pub(super) fn to_held(value: Expr, elem: Elem, held: Elem) -> Expr {
    match (elem, held) {
        (Elem::I1, Elem::F32) => match value {
            Expr::Bool(value) => Expr::Float(f32::from(u8::from(value))),
            value => select(value, Expr::Float(1.0), Expr::Float(0.0)),
        },
        (Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index, Elem::F32) => match value.as_int() {
            Some(number) => Expr::Float(number as f32),
            None => convert(Convert::SignedToFloat, value),
        },
        (Elem::I64 | Elem::Index, Elem::I32) => match value.as_int() {
            Some(number) => Expr::Int(Scalar::I32, number),
            None => convert(Convert::Signed(Scalar::I32, 32), value),
        },
        (_, _) => value,
    }
}

/// A conversion, as the tile interpreter does it.
fn cast_scalar(cast: CastOp, x: Expr, from: Elem, to: Elem) -> Expr {
    let (scalar, width) = (Scalar::of(to), bits(to));
    match cast {
        CastOp::ExtF => x,
        CastOp::TruncF => convert(Convert::Round(to), x),
        CastOp::SIntToFp if from == Elem::I1 => {
            let wide = convert(Convert::Signed(Scalar::I32, 1), x);
            convert(Convert::SignedToFloat, wide)
        }
        CastOp::SIntToFp => convert(Convert::SignedToFloat, x),
        CastOp::UIntToFp if from == Elem::I8 => {
            convert(Convert::SignedToFloat, convert(Convert::Unsigned(Scalar::I32, 8), x))
        }
        CastOp::UIntToFp => convert(Convert::UnsignedToFloat, x),
        CastOp::FpToSInt => convert(Convert::FloatToSigned(scalar, width), x),
        CastOp::FpToUInt => convert(Convert::FloatToUnsigned(scalar, width), x),
        CastOp::ExtS => convert(Convert::Signed(scalar, bits(from)), x),
        CastOp::ExtU => convert(Convert::Unsigned(scalar, bits(from)), x),
        CastOp::TruncI if to == Elem::I1 => convert(Convert::ToBool, x),
        CastOp::TruncI => convert(Convert::Signed(scalar, width), x),
        CastOp::IndexS if to == Elem::I1 => convert(Convert::ToBool, x),
        CastOp::IndexU if to == Elem::I1 => convert(Convert::ToBool, x),
        CastOp::IndexS => convert(Convert::Signed(scalar, bits(from).min(width)), x),
        CastOp::IndexU if bits(from) < width => convert(Convert::Unsigned(scalar, bits(from)), x),
        CastOp::IndexU => convert(Convert::Signed(scalar, width), x),
        CastOp::Bitcast if from.is_float() == to.is_float() => x,
        CastOp::Bitcast => convert(Convert::Bits(scalar), x),
    }
}
