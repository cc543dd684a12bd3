//! Walks over expressions and statements.

use super::expr::{Expr, Place};
use super::stmt::{MatrixOp, Stmt, StmtKind};

impl Expr {
    /// Direct operands, offsets of loads included.
    pub fn operands(&self) -> Vec<&Expr> {
        match self {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Builtin(_) | Expr::Param(_) => vec![],
            Expr::Element(_, x) | Expr::Unary(_, x) | Expr::Convert(_, x) => vec![x],
            Expr::Binary(_, x, y) | Expr::Compare(_, x, y) => vec![x, y],
            Expr::Fma(x, y, z) | Expr::Select(x, y, z) => vec![x, y, z],
            Expr::Load(place) => vec![&place.offset],
        }
    }

    /// Direct operands, offsets of loads included.
    pub fn operands_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Expr::Float(_) | Expr::Int(..) | Expr::Bool(_) | Expr::Var(_) | Expr::Builtin(_) | Expr::Param(_) => vec![],
            Expr::Element(_, x) | Expr::Unary(_, x) | Expr::Convert(_, x) => vec![x],
            Expr::Binary(_, x, y) | Expr::Compare(_, x, y) => vec![x, y],
            Expr::Fma(x, y, z) | Expr::Select(x, y, z) => vec![x, y, z],
            Expr::Load(place) => vec![&mut place.offset],
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

impl Expr {
    /// Calls `f` on this expression and everything below it, innermost first.
    pub fn for_each_mut(&mut self, f: &mut impl FnMut(&mut Expr)) {
        for operand in self.operands_mut() {
            operand.for_each_mut(f);
        }
        f(self);
    }

    /// Calls `f` on every place it reads.
    pub fn for_each_place_mut(&mut self, f: &mut impl FnMut(&mut Place)) {
        if let Expr::Load(place) = self {
            f(place);
        }
        for operand in self.operands_mut() {
            operand.for_each_place_mut(f);
        }
    }
}

impl Stmt {
    /// The expressions it evaluates itself, not those of statements inside it.
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            StmtKind::Let { value, .. } => vec![value],
            StmtKind::Declare { init, .. } => init.iter().collect(),
            StmtKind::Assign { index, value, .. } => index.iter().chain([value]).collect(),
            StmtKind::Store { place, value } => vec![&place.offset, value],
            StmtKind::LoadVector { index, place, .. } | StmtKind::StoreVector { index, place, .. } => {
                vec![index, &place.offset]
            }
            StmtKind::LaneReduce { index, .. } => index.iter().collect(),
            StmtKind::Barrier { .. } | StmtKind::AwaitCopy { .. } | StmtKind::AwaitEarlier => vec![],
            StmtKind::For { lower, upper, step, .. } => vec![lower, upper, step],
            StmtKind::While { condition, .. } | StmtKind::If { condition, .. } => vec![condition],
            StmtKind::Matrix(op) => op.exprs(),
        }
    }

    /// As [`Stmt::exprs`].
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            StmtKind::Let { value, .. } => vec![value],
            StmtKind::Declare { init, .. } => init.iter_mut().collect(),
            StmtKind::Assign { index, value, .. } => index.iter_mut().chain([value]).collect(),
            StmtKind::Store { place, value } => vec![&mut place.offset, value],
            StmtKind::LoadVector { index, place, .. } | StmtKind::StoreVector { index, place, .. } => {
                vec![index, &mut place.offset]
            }
            StmtKind::LaneReduce { index, .. } => index.iter_mut().collect(),
            StmtKind::Barrier { .. } | StmtKind::AwaitCopy { .. } | StmtKind::AwaitEarlier => vec![],
            StmtKind::For { lower, upper, step, .. } => vec![lower, upper, step],
            StmtKind::While { condition, .. } | StmtKind::If { condition, .. } => vec![condition],
            StmtKind::Matrix(op) => op.exprs_mut(),
        }
    }

    /// The blocks inside it, in order of execution.
    pub fn blocks(&self) -> Vec<&Vec<Stmt>> {
        match &self.kind {
            StmtKind::For { body, .. } => vec![body],
            StmtKind::While { before, body, .. } => vec![before, body],
            StmtKind::If { then, otherwise, .. } => vec![then, otherwise],
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::Matrix(_) => vec![],
        }
    }

    /// As [`Stmt::blocks`].
    pub fn blocks_mut(&mut self) -> Vec<&mut Vec<Stmt>> {
        match &mut self.kind {
            StmtKind::For { body, .. } => vec![body],
            StmtKind::While { before, body, .. } => vec![before, body],
            StmtKind::If { then, otherwise, .. } => vec![then, otherwise],
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::Matrix(_) => vec![],
        }
    }

    /// Every place it reads, those in its expressions included.
    pub fn reads(&self) -> Vec<&Place> {
        let mut places = Vec::new();
        match &self.kind {
            StmtKind::LoadVector { place, .. } | StmtKind::Matrix(MatrixOp::Load { place, .. }) => places.push(place),
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Store { .. }
            | StmtKind::StoreVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Matrix(
                MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Multiply { .. } | MatrixOp::Store { .. },
            ) => {}
        }
        for expr in self.exprs() {
            expr.for_each(&mut |expr| {
                if let Expr::Load(place) = expr {
                    places.push(place);
                }
            });
        }
        places
    }

    /// The place it writes.
    pub fn writes(&self) -> Option<&Place> {
        match &self.kind {
            StmtKind::Store { place, .. }
            | StmtKind::StoreVector { place, .. }
            | StmtKind::Matrix(MatrixOp::Store { place, .. }) => Some(place),
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::LoadVector { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Matrix(
                MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Load { .. } | MatrixOp::Multiply { .. },
            ) => None,
        }
    }

    /// Calls `f` on every place it accesses itself, those in its expressions included.
    pub fn for_each_place_mut(&mut self, f: &mut impl FnMut(&mut Place)) {
        match &mut self.kind {
            StmtKind::Store { place, .. }
            | StmtKind::LoadVector { place, .. }
            | StmtKind::StoreVector { place, .. }
            | StmtKind::Matrix(MatrixOp::Load { place, .. } | MatrixOp::Store { place, .. }) => f(place),
            StmtKind::Let { .. }
            | StmtKind::Declare { .. }
            | StmtKind::Assign { .. }
            | StmtKind::LaneReduce { .. }
            | StmtKind::Barrier { .. }
            | StmtKind::AwaitCopy { .. }
            | StmtKind::AwaitEarlier
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Matrix(MatrixOp::Declare { .. } | MatrixOp::Fill { .. } | MatrixOp::Multiply { .. }) => {}
        }
        for expr in self.exprs_mut() {
            expr.for_each_place_mut(f);
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

    /// As [`Stmt::for_each`].
    pub fn for_each_mut(&mut self, f: &mut impl FnMut(&mut Stmt)) {
        f(self);
        for block in self.blocks_mut() {
            for stmt in block {
                stmt.for_each_mut(f);
            }
        }
    }
}

impl MatrixOp {
    /// The expressions it evaluates.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            MatrixOp::Declare { .. } => vec![],
            MatrixOp::Fill { at, .. } => vec![at],
            MatrixOp::Load { at, place, .. } | MatrixOp::Store { at, place, .. } => vec![at, &place.offset],
            MatrixOp::Multiply { acc, a, b } => vec![&acc.1, &a.1, &b.1],
        }
    }

    /// The expressions it evaluates.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            MatrixOp::Declare { .. } => vec![],
            MatrixOp::Fill { at, .. } => vec![at],
            MatrixOp::Load { at, place, .. } | MatrixOp::Store { at, place, .. } => vec![at, &mut place.offset],
            MatrixOp::Multiply { acc, a, b } => vec![&mut acc.1, &mut a.1, &mut b.1],
        }
    }
}
