//! Open blocks of statements, and where a statement belongs.

use std::collections::BTreeMap;

use tile_ir::Value;

use super::index::{Atom, Ix};
use super::{Ex, Lower, Result};
use crate::ir::{Expr, Memory, Scalar, Stmt, StmtKind, Unroll, Var};

/// A block that is being written.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) stmts: Vec<Stmt>,
    /// Elements already computed here.
    pub(crate) memo: BTreeMap<(Value, Vec<Ix>), Ex>,
    /// Vectors already loaded here: the array.
    pub(crate) vectors: BTreeMap<(Memory, Ix, u64), Var>,
    /// Positions already computed here.
    pub(crate) indices: BTreeMap<Ix, Var>,
}

/// The statement around a block.
pub(crate) enum Header {
    For { var: Var, lower: Expr, upper: Expr, step: Expr, unroll: Unroll },
    If { condition: Expr },
}

impl Lower<'_> {
    /// Index of the innermost scope.
    pub(crate) fn depth(&self) -> usize {
        self.scopes.len() - 1
    }

    /// Appends a statement to the innermost scope.
    pub(crate) fn push(&mut self, kind: StmtKind) {
        self.push_at(self.depth(), kind);
    }

    /// Appends a statement to a scope, before the statement that is open in it.
    pub(crate) fn push_at(&mut self, depth: usize, kind: StmtKind) {
        let loc = self.loc.clone();
        self.scopes[depth].stmts.push(Stmt { kind, loc });
    }

    /// Opens a block, fills it, closes it.
    pub(crate) fn inside<T>(&mut self, header: Header, fill: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.scopes.push(Scope::default());
        let result = fill(self);
        let body = self.scopes.pop().map(|scope| scope.stmts).unwrap_or_default();
        let result = result?;
        let kind = match header {
            Header::For { var, lower, upper, step, unroll } => StmtKind::For { var, lower, upper, step, unroll, body },
            Header::If { condition } => StmtKind::If { condition, then: body, otherwise: Vec::new() },
        };
        if !matches!(&kind, StmtKind::If { then, .. } if then.is_empty()) {
            self.push(kind);
        }
        Ok(result)
    }

    /// A branch of a nest: nothing in it may be placed outside.
    pub(crate) fn guarded(
        &mut self,
        condition: Option<Expr>,
        fill: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match condition {
            None => fill(self),
            Some(condition) => {
                let floor = self.floor;
                self.inside(Header::If { condition }, |lower| {
                    lower.floor = lower.depth();
                    fill(lower)
                })?;
                self.floor = floor;
                Ok(())
            }
        }
    }

    /// Runs a nest: what it reads is not read before it.
    pub(crate) fn nest<T>(&mut self, fill: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let floor = self.floor;
        self.floor = self.depth();
        let result = fill(self);
        self.floor = floor;
        result
    }

    /// Gives an expression a name, in the scope it depends on.
    pub(crate) fn bind(&mut self, ex: Ex, name: &str) -> Ex {
        if matches!(ex.expr, Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Param(_)) {
            return ex;
        }
        let scalar = ex.expr.scalar(&self.out);
        let var = self.var(name, scalar, None);
        self.push_at(ex.depth, StmtKind::Let { var, value: ex.expr });
        Ex { expr: Expr::Var(var), depth: ex.depth }
    }

    /// Declares a variable that is assigned later, in the innermost scope.
    pub(crate) fn declare(&mut self, name: &str, scalar: Scalar, len: u64, init: Option<Expr>) -> Var {
        let var = self.var(name, scalar, (len > 1).then_some(len as u32));
        self.push(StmtKind::Declare { var, init });
        var
    }

    /// A position as an expression of an integer type; what is more than a sum of names gets names.
    pub(crate) fn index(&mut self, ix: &Ix, scalar: Scalar) -> Ex {
        for atom in self.atoms.unbound(ix) {
            self.bind_atom(atom);
        }
        Ex { expr: self.atoms.expr(ix, scalar), depth: self.atoms.depth(ix) }
    }

    /// As [`Lower::index`], with a name of its own if it is not simple.
    pub(crate) fn named_index(&mut self, ix: &Ix, scalar: Scalar, name: &str) -> Ex {
        let ex = self.index(ix, scalar);
        if ix.terms().len() + usize::from(ix.offset() != 0) <= 1 {
            return ex;
        }
        if let Some(var) = self.scopes.iter().find_map(|scope| scope.indices.get(ix)) {
            return Ex { expr: Expr::Var(*var), depth: ex.depth };
        }
        let depth = ex.depth;
        let ex = self.bind(ex, &self.index_name(name));
        if let Expr::Var(var) = ex.expr {
            self.scopes[depth].indices.insert(ix.clone(), var);
        }
        ex
    }

    fn bind_atom(&mut self, atom: Atom) {
        let value = self.atoms.define(atom);
        if matches!(value, Expr::Builtin(_) | Expr::Var(_)) {
            return;
        }
        let (depth, scalar) = self.atoms.home(atom);
        let var = self.var(&self.atoms.name(atom), scalar, None);
        self.push_at(depth, StmtKind::Let { var, value });
        self.atoms.bind(atom, var);
    }
}
