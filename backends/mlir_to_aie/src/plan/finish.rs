//! From what was built to a plan.

use std::collections::BTreeSet;

use lower_dma::Error;

use super::build::{Build, Result};
use super::{Move, Plan, Work, flows};

/// Most elements that a host reads for one kernel (source: the manifest's limit).
const HOST_READS: usize = 64;

impl Build {
    pub(super) fn finish(mut self, body: Vec<Work>, sequence: Vec<Move>) -> Result<Plan> {
        if self.reads.len() > HOST_READS {
            return Err(Error::Limit {
                target: crate::TARGET,
                kernel: self.kernel.name.clone(),
                what: "elements that decide what is moved, which the host reads,".to_owned(),
                needed: self.reads.len() as u64,
                limit: HOST_READS as u64,
                loc: self.kernel.loc.clone(),
                help: "pass them as parameters of several launches".to_owned(),
            });
        }
        let mut sequence = sequence;
        again(&mut sequence);
        let flows = flows::choose(&mut self.transfers);
        let mut plan = Plan {
            kernel: self.kernel,
            functions: self.functions,
            body,
            moves: sequence,
            transfers: self.transfers,
            flows,
            turns: self.turns,
            reads: self.reads.into_iter().collect(),
            kept: BTreeSet::new(),
            edge_rows: self.edge_rows,
        };
        plan.tidy();
        plan.kept = plan.shared();
        Ok(plan)
    }
}

/// Leaves out waits behind which nothing was started since the one before.
fn again(list: &mut Vec<Move>) {
    let mut waited = false;
    list.retain_mut(|step| match step {
        Move::Wait => !std::mem::replace(&mut waited, true),
        Move::Set(..) | Move::Read(..) | Move::Fill(_) => true,
        Move::Drain(_) => {
            waited = false;
            true
        }
        Move::For(_, _, inner) => {
            again(inner);
            waited = false;
            true
        }
        Move::If(_, then, otherwise) => {
            again(then);
            again(otherwise);
            waited = false;
            true
        }
    });
}
