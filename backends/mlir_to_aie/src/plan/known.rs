//! Which variables are the same for the sequence: those that follow from parameters, the number of the core, and elements that the host
//! can read before it launches.

use std::collections::{BTreeMap, BTreeSet};

use lower_dma::ir::{Convert, CoreKernel, Expr, Operand, Scalar, Span, Stmt, StmtKind, Var};
use tile_ir::{Access, ViewId};

use super::HostRead;
use crate::limits::TARGET;

/// What the sequence knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Variables that it does not know.
    unknown: BTreeSet<Var>,
    /// Variables that are elements which the host can read.
    pub(super) reads: BTreeMap<Var, HostRead>,
}

impl Known {
    /// Finds out.
    pub(super) fn new(kernel: &CoreKernel) -> Known {
        let mut known = Known::default();
        let mut contents = Contents { kernel, held: BTreeMap::new() };
        contents.block(&kernel.body, &mut known.reads);
        loop {
            let before = known.unknown.len();
            known.block(kernel, &kernel.body, false);
            if known.unknown.len() == before {
                return known;
            }
        }
    }

    /// Whether the sequence can evaluate an expression.
    pub(super) fn of(&self, kernel: &CoreKernel, expr: &Expr) -> bool {
        let numbers = expr.scalar(kernel) != Scalar::F32;
        match expr {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Core | Expr::Param(_) => true,
            Expr::Var(var) => !self.unknown.contains(var),
            Expr::Binary(_, x, y) => numbers && self.of(kernel, x) && self.of(kernel, y),
            Expr::Compare(_, x, y) => self.of(kernel, x) && self.of(kernel, y),
            Expr::Select(c, x, y) => self.of(kernel, c) && self.of(kernel, x) && self.of(kernel, y),
            Expr::Convert(Convert::Signed(..) | Convert::Unsigned(..) | Convert::ToBool, x) => self.of(kernel, x),
            Expr::Unary(..)
            | Expr::Fma(..)
            | Expr::Convert(
                Convert::Round(_)
                | Convert::SignedToFloat
                | Convert::UnsignedToFloat
                | Convert::FloatToSigned(..)
                | Convert::FloatToUnsigned(..)
                | Convert::Bits(_),
                _,
            ) => false,
        }
    }

    /// `lost`: whether the block runs at all, or how often, is not known.
    fn block(&mut self, kernel: &CoreKernel, block: &[Stmt], lost: bool) {
        for stmt in block {
            match &stmt.kind {
                StmtKind::Let { var, value } => {
                    if !self.of(kernel, value) {
                        self.unknown.insert(*var);
                    }
                }
                StmtKind::Assign { var, value } => {
                    if lost || !self.of(kernel, value) {
                        self.unknown.insert(*var);
                    }
                }
                StmtKind::Read { var, .. } | StmtKind::ReadGlobal { var, .. } => {
                    if !self.reads.contains_key(var) {
                        self.unknown.insert(*var);
                    }
                }
                StmtKind::For { var, lower, upper, step, body } => {
                    let bounds = [lower, upper, step].into_iter().all(|bound| self.of(kernel, bound));
                    if !bounds {
                        self.unknown.insert(*var);
                    }
                    self.block(kernel, body, lost || !bounds);
                }
                StmtKind::While { before, body, .. } => {
                    self.block(kernel, before, true);
                    self.block(kernel, body, true);
                }
                StmtKind::If { condition, then, otherwise } => {
                    let lost = lost || !self.of(kernel, condition);
                    self.block(kernel, then, lost);
                    self.block(kernel, otherwise, lost);
                }
                StmtKind::Write { .. }
                | StmtKind::CopyIn(_)
                | StmtKind::CopyOut(_)
                | StmtKind::Vector { .. }
                | StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence => {}
            }
        }
    }
}

/// Bytes of local memory, first and behind the last.
type Part = (u64, u64);

/// Elements of a view in local memory: of which, the first one, and how many from which byte on.
#[derive(Clone, Copy)]
struct Held {
    view: ViewId,
    first: u64,
    part: Part,
}

/// Which local memory holds what the host can read, for a walk in order.
struct Contents<'a> {
    kernel: &'a CoreKernel,
    held: BTreeMap<u64, Held>,
}

impl Contents<'_> {
    fn block(&mut self, block: &[Stmt], reads: &mut BTreeMap<Var, HostRead>) {
        for stmt in block {
            if matches!(stmt.kind, StmtKind::For { .. } | StmtKind::While { .. }) {
                self.forget(stmt);
            }
            let before = self.held.clone();
            for inner in stmt.blocks() {
                self.held.clone_from(&before);
                self.block(inner, reads);
            }
            if !stmt.blocks().is_empty() {
                self.held = before;
            }
            self.forget(stmt);
            match &stmt.kind {
                StmtKind::CopyIn(copy) => self.copied(copy),
                StmtKind::Read { var, buffer, offset } => {
                    let data = self.kernel.buffer(*buffer);
                    let bytes = TARGET.elem_bytes(data.elem);
                    let at = offset.as_int().map(|at| data.address + at.unsigned_abs() * bytes);
                    let held = at.and_then(|at| {
                        let held = self.held.values().find(|held| held.part.0 <= at && at + bytes <= held.part.1)?;
                        let view = self.kernel.view(held.view)?;
                        let element = held.first + (at - held.part.0) / bytes;
                        (!data.elem.is_float() && view.elem == data.elem)
                            .then_some(HostRead { view: held.view, element })
                    });
                    reads.extend(held.map(|read| (*var, read)));
                }
                StmtKind::ReadGlobal { var, view, offset } => {
                    let constant = offset.as_int().and_then(|at| u64::try_from(at).ok());
                    let integers = self.kernel.view(*view).is_some_and(|view| !view.elem.is_float());
                    let element = constant.filter(|_| integers && self.only_read(*view));
                    reads.extend(element.map(|element| (*var, HostRead { view: *view, element })));
                }
                StmtKind::Let { .. }
                | StmtKind::Assign { .. }
                | StmtKind::Write { .. }
                | StmtKind::CopyOut(_)
                | StmtKind::Vector { .. }
                | StmtKind::For { .. }
                | StmtKind::While { .. }
                | StmtKind::If { .. }
                | StmtKind::Signal { .. }
                | StmtKind::Await { .. }
                | StmtKind::Barrier(_)
                | StmtKind::Drain(_)
                | StmtKind::Fence => {}
            }
        }
    }

    fn only_read(&self, view: ViewId) -> bool {
        self.kernel.view(view).is_some_and(|view| view.access != Access::Write)
    }

    /// A row whose place is a constant.
    fn copied(&mut self, copy: &lower_dma::ir::Copy) {
        let constant = |expr: &Expr| expr.as_int().and_then(|n| u64::try_from(n).ok());
        let (Some(first), Some(offset), Some(1), Some(cols)) =
            (constant(&copy.view_offset), constant(&copy.offset), constant(&copy.rows), constant(&copy.cols))
        else {
            return;
        };
        if !self.only_read(copy.view) {
            return;
        }
        let data = self.kernel.buffer(copy.buffer);
        let bytes = TARGET.elem_bytes(data.elem);
        let start = data.address + offset * bytes;
        self.held.insert(start, Held { view: copy.view, first, part: (start, start + cols * bytes) });
    }

    /// Nothing is known any more of what a statement may write.
    fn forget(&mut self, stmt: &Stmt) {
        let mut parts = Vec::new();
        stmt.for_each(&mut |stmt| parts.extend(self.written(stmt)));
        self.held.retain(|_, held| !parts.iter().any(|part| part.0 < held.part.1 && held.part.0 < part.1));
    }

    fn written(&self, stmt: &Stmt) -> Vec<Part> {
        let whole = |buffer| {
            let data = self.kernel.buffer(buffer);
            (data.address, data.address + TARGET.bytes(data.elem, data.elements()))
        };
        match &stmt.kind {
            StmtKind::Write { buffer, .. } => vec![whole(*buffer)],
            StmtKind::CopyIn(copy) => vec![whole(copy.buffer)],
            StmtKind::Vector { op, dst, args } => {
                let mut parts = vec![whole(dst.buffer)];
                if op.destroys() {
                    parts.extend(args.iter().filter_map(|arg| match arg {
                        Operand::Span(Span { buffer, .. })
                        | Operand::Row(Span { buffer, .. })
                        | Operand::Column(Span { buffer, .. }) => Some(whole(*buffer)),
                        Operand::Scalar(_) => None,
                    }));
                }
                parts
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::CopyOut(_)
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
}
