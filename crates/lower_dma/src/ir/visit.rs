//! Walks over statements; what a statement touches.

use super::expr::Expr;
use super::kernel::{BufferData, CoreKernel};
use super::stmt::{Access, Copy, Operand, Pipe, Place, Span, Stmt, StmtKind, VectorOp};

impl Stmt {
    /// The blocks inside it, in order of execution.
    #[must_use]
    pub fn blocks(&self) -> Vec<&Vec<Stmt>> {
        match &self.kind {
            StmtKind::For { body, .. } => vec![body],
            StmtKind::While { before, body, .. } => vec![before, body],
            StmtKind::If { then, otherwise, .. } => vec![then, otherwise],
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => vec![],
        }
    }

    /// As [`Stmt::blocks`].
    pub fn blocks_mut(&mut self) -> Vec<&mut Vec<Stmt>> {
        match &mut self.kind {
            StmtKind::For { body, .. } => vec![body],
            StmtKind::While { before, body, .. } => vec![before, body],
            StmtKind::If { then, otherwise, .. } => vec![then, otherwise],
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => vec![],
        }
    }

    /// Calls `f` on this statement and every one inside it, outermost first.
    pub fn for_each<'a>(&'a self, f: &mut impl FnMut(&'a Stmt)) {
        f(self);
        for block in self.blocks() {
            for stmt in block {
                stmt.for_each(f);
            }
        }
    }

    /// The pipe that an operation on memory runs on; `None` for what touches none.
    #[must_use]
    pub const fn pipe(&self) -> Option<Pipe> {
        match &self.kind {
            StmtKind::Read { .. } | StmtKind::ReadGlobal { .. } | StmtKind::Write { .. } => Some(Pipe::Scalar),
            StmtKind::CopyIn(_) => Some(Pipe::In),
            StmtKind::CopyOut(_) => Some(Pipe::Out),
            StmtKind::Vector { .. } => Some(Pipe::Vector),
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => None,
        }
    }

    /// What it touches itself, not what statements inside it do. Blocks count as a whole: `step` says how many elements of
    /// a buffer one has.
    pub fn accesses(&self, kernel: &CoreKernel, step: impl Fn(&BufferData) -> u64) -> Vec<Access> {
        let local = |buffer: super::Buffer, offset: &Expr, rows: u64, cols: u64, pitch: u64| {
            let data = kernel.buffer(buffer);
            let end = data.elements();
            match offset.as_int().and_then(|at| u64::try_from(at).ok()) {
                Some(at) => {
                    let last = at + rows.saturating_sub(1) * pitch + cols;
                    let step = step(data);
                    Place::Local(buffer, at - at % step, last.next_multiple_of(step).min(end.max(last)))
                }
                None => Place::Local(buffer, 0, end),
            }
        };
        let span = |span: &Span| local(span.buffer, &span.offset, span.rows, span.cols, span.pitch);
        let copied = |copy: &Copy| local(copy.buffer, &copy.offset, copy.max_rows, copy.max_cols, copy.pitch);
        let read = |place| Access { place, write: false };
        let write = |place| Access { place, write: true };
        match &self.kind {
            StmtKind::Read { buffer, offset, .. } => vec![read(local(*buffer, offset, 1, 1, 0))],
            StmtKind::Write { buffer, offset, .. } => vec![write(local(*buffer, offset, 1, 1, 0))],
            StmtKind::ReadGlobal { view, .. } => vec![read(Place::View(*view))],
            StmtKind::CopyIn(copy) => vec![read(Place::View(copy.view)), write(copied(copy))],
            StmtKind::CopyOut(copy) => vec![read(copied(copy)), write(Place::View(copy.view))],
            StmtKind::Vector { op, dst, args } => {
                let mut list: Vec<Access> = args
                    .iter()
                    .filter_map(|arg| match arg {
                        Operand::Span(at) | Operand::Row(at) | Operand::Column(at) => Some(read(span(at))),
                        Operand::Scalar(_) => None,
                    })
                    .collect();
                if op.destroys() {
                    list.iter_mut().for_each(|access| access.write = true);
                }
                list.push(write(span(dst)));
                list
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => vec![],
        }
    }

    /// The expressions it evaluates itself, with the buffers it names.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            StmtKind::Let { value, .. } | StmtKind::Assign { value, .. } => vec![value],
            StmtKind::Read { offset, .. } | StmtKind::ReadGlobal { offset, .. } => vec![offset],
            StmtKind::Write { offset, value, .. } => vec![offset, value],
            StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => {
                vec![&copy.offset, &copy.view_offset, &copy.rows, &copy.cols]
            }
            StmtKind::Vector { dst, args, .. } => {
                let mut exprs = vec![&dst.offset];
                exprs.extend(args.iter().map(|arg| match arg {
                    Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => &span.offset,
                    Operand::Scalar(value) => value,
                }));
                exprs
            }
            StmtKind::For { lower, upper, step, .. } => vec![lower, upper, step],
            StmtKind::While { condition, .. } | StmtKind::If { condition, .. } => vec![condition],
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => vec![],
        }
    }
}

impl Stmt {
    /// As [`Stmt::exprs`].
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            StmtKind::Let { value, .. } | StmtKind::Assign { value, .. } => vec![value],
            StmtKind::Read { offset, .. } | StmtKind::ReadGlobal { offset, .. } => vec![offset],
            StmtKind::Write { offset, value, .. } => vec![offset, value],
            StmtKind::CopyIn(copy) | StmtKind::CopyOut(copy) => {
                vec![&mut copy.offset, &mut copy.view_offset, &mut copy.rows, &mut copy.cols]
            }
            StmtKind::Vector { dst, args, .. } => {
                let mut exprs = vec![&mut dst.offset];
                exprs.extend(args.iter_mut().map(|arg| match arg {
                    Operand::Span(span) | Operand::Row(span) | Operand::Column(span) => &mut span.offset,
                    Operand::Scalar(value) => value,
                }));
                exprs
            }
            StmtKind::For { lower, upper, step, .. } => vec![lower, upper, step],
            StmtKind::While { condition, .. } | StmtKind::If { condition, .. } => vec![condition],
            StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => vec![],
        }
    }
}

impl Expr {
    /// Replaces variables by expressions.
    pub fn substitute(&mut self, known: &std::collections::BTreeMap<super::kernel::Var, Expr>) {
        match self {
            Expr::Var(var) => {
                if let Some(value) = known.get(var) {
                    *self = value.clone();
                }
            }
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Core | Expr::Param(_) => {}
            Expr::Unary(_, x) | Expr::Convert(_, x) => x.substitute(known),
            Expr::Binary(_, x, y) | Expr::Compare(_, x, y) => {
                x.substitute(known);
                y.substitute(known);
            }
            Expr::Fma(x, y, z) | Expr::Select(x, y, z) => {
                x.substitute(known);
                y.substitute(known);
                z.substitute(known);
            }
        }
    }
}

impl VectorOp {
    /// Whether its operand is undefined afterwards.
    #[must_use]
    pub const fn destroys(self) -> bool {
        match self {
            VectorOp::ReduceRows(_) | VectorOp::ReduceCols(_) => true,
            VectorOp::Copy
            | VectorOp::Unary(_)
            | VectorOp::Binary(_)
            | VectorOp::Fma
            | VectorOp::Compare(_)
            | VectorOp::Select
            | VectorOp::Cast
            | VectorOp::Iota => false,
        }
    }
}

impl Expr {
    /// Direct operands.
    #[must_use]
    pub fn operands(&self) -> Vec<&Expr> {
        match self {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Core | Expr::Param(_) => vec![],
            Expr::Unary(_, x) | Expr::Convert(_, x) => vec![x],
            Expr::Binary(_, x, y) | Expr::Compare(_, x, y) => vec![x, y],
            Expr::Fma(x, y, z) | Expr::Select(x, y, z) => vec![x, y, z],
        }
    }

    /// Calls `f` on this expression and everything below it, outermost first.
    pub fn for_each<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        f(self);
        for operand in self.operands() {
            operand.for_each(f);
        }
    }
}
