//! Walks over instructions and statements.

use super::instr::{Instr, Operand};
use super::place::{Hbm, Mem, Span};
use super::program::{Bound, Stmt, StmtKind};

impl Instr {
    /// Its destination.
    pub fn dst(&self) -> Mem {
        match self {
            Instr::Dma { dst, .. } => dst.clone(),
            Instr::Copy { dst, .. }
            | Instr::Fill { dst, .. }
            | Instr::Binary { dst, .. }
            | Instr::Scalar { dst, .. }
            | Instr::Rsqrt { dst, .. }
            | Instr::Activation { dst, .. }
            | Instr::Reciprocal { dst, .. }
            | Instr::Reduce { dst, .. }
            | Instr::Matmul { dst, .. }
            | Instr::Transpose { dst, .. }
            | Instr::Predicated { dst, .. }
            | Instr::Iota { dst, .. } => Mem::Chip(dst.clone()),
        }
    }

    /// Its sources on the chip, run-time addresses included.
    pub fn sources(&self) -> Vec<&Span> {
        match self {
            Instr::Dma { dst, src } => {
                let mut spans = Vec::new();
                for (mem, read) in [(dst, false), (src, true)] {
                    match mem {
                        Mem::Chip(span) if read => spans.push(span),
                        Mem::Chip(_) => {}
                        Mem::Hbm(hbm) => spans.extend(hbm.dynamic.as_ref().map(|dynamic| &dynamic.index)),
                    }
                }
                spans
            }
            Instr::Copy { src, .. } => vec![src],
            Instr::Fill { .. } | Instr::Iota { .. } => vec![],
            Instr::Binary { left, right, .. } => vec![left, right],
            Instr::Scalar { data, operand, .. } => match operand {
                Operand::Number(_) => vec![data],
                Operand::Column(column) => vec![data, column],
            },
            Instr::Rsqrt { data, .. }
            | Instr::Activation { data, .. }
            | Instr::Reciprocal { data, .. }
            | Instr::Reduce { data, .. }
            | Instr::Transpose { data, .. } => vec![data],
            Instr::Matmul { stationary, moving, .. } => vec![stationary, moving],
            Instr::Predicated { src, predicate, .. } => vec![src, predicate],
        }
    }

    /// Its tensor in HBM that is read, and the one that is written.
    pub fn tensors(&self) -> [Option<&Hbm>; 2] {
        let of = |mem| match mem {
            &Mem::Chip(_) => None,
            Mem::Hbm(hbm) => Some(hbm),
        };
        match self {
            Instr::Dma { dst, src } => [of(src), of(dst)],
            Instr::Copy { .. }
            | Instr::Fill { .. }
            | Instr::Binary { .. }
            | Instr::Scalar { .. }
            | Instr::Rsqrt { .. }
            | Instr::Activation { .. }
            | Instr::Reciprocal { .. }
            | Instr::Reduce { .. }
            | Instr::Matmul { .. }
            | Instr::Transpose { .. }
            | Instr::Predicated { .. }
            | Instr::Iota { .. } => [None, None],
        }
    }
}

impl StmtKind {
    /// The statements inside.
    pub fn body(&self) -> &[Stmt] {
        match self {
            StmtKind::For { body, .. } | StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => body,
            StmtKind::Declare(_) | StmtKind::Release(_) | StmtKind::Instr(_) => &[],
        }
    }

    /// The statements inside.
    pub fn body_mut(&mut self) -> Option<&mut Vec<Stmt>> {
        match self {
            StmtKind::For { body, .. } | StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => Some(body),
            StmtKind::Declare(_) | StmtKind::Release(_) | StmtKind::Instr(_) => None,
        }
    }

    /// Spans that the statement itself reads to go on.
    pub fn controls(&self) -> Vec<&Span> {
        match self {
            StmtKind::Repeat { lower, upper, .. } => [lower, upper]
                .into_iter()
                .filter_map(|bound| match bound {
                    Bound::Known(_) => None,
                    Bound::Loaded(span) => Some(span),
                })
                .collect(),
            StmtKind::While { again, .. } => vec![again],
            StmtKind::Declare(_) | StmtKind::Release(_) | StmtKind::Instr(_) | StmtKind::For { .. } => vec![],
        }
    }
}
