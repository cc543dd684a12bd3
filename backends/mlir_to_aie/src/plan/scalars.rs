//! What is known of scalar code, and what of it the sequence does too.

use lower_dma::ir::{Stmt, StmtKind};

use super::Move;
use super::build::Build;
use super::exprs::multiple;
use super::needed::defines;

impl Build {
    /// Notes what a variable is a multiple of.
    pub(super) fn note(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let { var, value } => {
                let of = multiple(&self.multiples, value);
                self.multiples.insert(*var, of);
                let loops = self.follows_from(value);
                self.follows.insert(*var, loops);
            }
            StmtKind::For { var, lower, step, .. } => {
                let (first, by) = (multiple(&self.multiples, lower), multiple(&self.multiples, step));
                self.multiples.insert(*var, first.min(by));
                let mut loops = self.follows_from(lower);
                loops.insert(*var);
                self.follows.insert(*var, loops);
            }
            StmtKind::Assign { var, .. } => {
                self.multiples.remove(var);
            }
            StmtKind::Read { .. }
            | StmtKind::ReadGlobal { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }

    /// What of scalar code the sequence does too.
    pub(super) fn scalar(&mut self, stmt: &Stmt, sequence: &mut Vec<Move>) {
        if !defines(stmt, &self.needed) {
            return;
        }
        match &stmt.kind {
            StmtKind::Let { var, value } | StmtKind::Assign { var, value } if self.known.of(&self.kernel, value) => {
                sequence.push(Move::Set(*var, value.clone()));
            }
            StmtKind::Read { var, .. } | StmtKind::ReadGlobal { var, .. } => {
                if let Some(read) = self.known.reads.get(var) {
                    self.reads.insert(*read);
                    sequence.push(Move::Read(*var, *read));
                }
            }
            StmtKind::For { var, lower, upper, step, body } => {
                let mut inner = Vec::new();
                body.iter().for_each(|stmt| self.scalar(stmt, &mut inner));
                sequence.push(Move::For(*var, Box::new([lower.clone(), upper.clone(), step.clone()]), inner));
            }
            StmtKind::If { condition, then, otherwise } => {
                let mut sides = [Vec::new(), Vec::new()];
                for (side, block) in sides.iter_mut().zip([then, otherwise]) {
                    block.iter().for_each(|stmt| self.scalar(stmt, side));
                }
                let [then, otherwise] = sides;
                sequence.push(Move::If(condition.clone(), then, otherwise));
            }
            StmtKind::Let { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Write { .. }
            | StmtKind::CopyIn(_)
            | StmtKind::CopyOut(_)
            | StmtKind::Vector { .. }
            | StmtKind::While { .. }
            | StmtKind::Signal { .. }
            | StmtKind::Await { .. }
            | StmtKind::Barrier(_)
            | StmtKind::Drain(_)
            | StmtKind::Fence => {}
        }
    }
}
