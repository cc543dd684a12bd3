//! What is left out of a plan, and what outlives a function.

use std::collections::{BTreeMap, BTreeSet};

use lower_dma::Error;
use lower_dma::ir::{Expr, StmtKind, Var};

use super::build::{Build, Result};
use super::flows;
use super::transfer::{Count, Transfer};
use super::{Amount, Item, Local, Move, Plan, Turns, Work};

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

/// The variables that a part of a function names, and whether it is one that a loop's variable may be left out of.
fn names(item: &Item, transfers: &[Transfer], found: &mut BTreeSet<Var>) {
    let mut expr = |expr: &Expr| {
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                found.insert(*var);
            }
        });
    };
    let objects = |number: usize| transfers[number].exprs();
    match item {
        Item::Stmts(stmts) => {
            for stmt in stmts {
                stmt.for_each(&mut |stmt| {
                    stmt.exprs().into_iter().for_each(&mut expr);
                });
            }
            for stmt in stmts {
                stmt.for_each(&mut |stmt| match &stmt.kind {
                    StmtKind::Let { var, .. }
                    | StmtKind::Assign { var, .. }
                    | StmtKind::Read { var, .. }
                    | StmtKind::ReadGlobal { var, .. } => {
                        found.insert(*var);
                    }
                    StmtKind::Write { .. }
                    | StmtKind::CopyIn(_)
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
                });
            }
        }
        Item::Turns(_, Amount::Trips(bounds)) => bounds.iter().for_each(expr),
        Item::Turns(_, Amount::If(condition) | Amount::Unless(condition)) => expr(condition),
        Item::Turns(_, Amount::Objects(number)) => objects(*number).into_iter().for_each(expr),
        Item::Bounds(..) => {}
        Item::Set(var, value, _) => {
            expr(value);
            found.insert(*var);
        }
        Item::Object(number, local) => {
            objects(*number).into_iter().for_each(&mut expr);
            match local.as_ref() {
                Local::Take { offset, .. } | Local::Give { offset, .. } => expr(offset),
                Local::Edges => {}
                Local::Fetch(var) => {
                    found.insert(*var);
                }
                Local::Pick { var, element, active } => {
                    expr(element);
                    found.insert(*var);
                    found.extend(*active);
                }
            }
        }
    }
}

impl Plan {
    /// Leaves out numbers of objects that are constants, variables of loops that nothing names, and functions that do nothing then.
    fn tidy(&mut self) {
        let mut used = BTreeSet::new();
        for item in self.functions.iter().flat_map(|function| &function.items) {
            match item {
                Item::Set(..) | Item::Bounds(..) => {}
                Item::Stmts(_) | Item::Turns(..) | Item::Object(..) => names(item, &self.transfers, &mut used),
            }
        }
        let (transfers, flows) = (&self.transfers, &self.flows);
        let fixed = |number: usize| transfers[number].objects(flows.words(transfers[number].flow)) != Count::Dynamic;
        let mut slots: BTreeMap<usize, usize> = BTreeMap::new();
        for function in &mut self.functions {
            function.items.retain(|item| match item {
                Item::Turns(_, Amount::Objects(number)) => !fixed(*number),
                Item::Set(var, ..) | Item::Bounds(var, _) => used.contains(var),
                Item::Stmts(_) | Item::Turns(..) | Item::Object(..) => true,
            });
            for item in &mut function.items {
                if let Item::Turns(slot, _) = item {
                    let next = slots.len();
                    *slot = *slots.entry(*slot).or_insert(next);
                }
            }
        }
        self.turns = slots.len();
        let empty: Vec<bool> = self.functions.iter().map(|function| function.items.is_empty()).collect();
        number(&mut self.body, &slots, &empty);
    }

    /// Variables that more than one function names.
    fn shared(&self) -> BTreeSet<Var> {
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for function in &self.functions {
            let mut own = BTreeSet::new();
            function.items.iter().for_each(|item| names(item, &self.transfers, &mut own));
            shared.extend(own.intersection(&seen).copied());
            seen.extend(own);
        }
        // The variable of a loop of calls is set in one of them and used in others, or in the same one turn after turn.
        for item in self.functions.iter().flat_map(|function| &function.items) {
            if let Item::Set(var, ..) = item {
                shared.insert(*var);
            }
        }
        shared
    }
}

/// Renumbers turns, and leaves out calls of functions that do nothing.
fn number(body: &mut Vec<Work>, slots: &BTreeMap<usize, usize>, empty: &[bool]) {
    body.retain(|work| !matches!(work, Work::Call(function) if empty[*function]));
    for work in body {
        match work {
            Work::Call(_) => {}
            Work::Objects(_, _, slot) => *slot = slots.get(slot).copied().unwrap_or(0),
            Work::Repeat(turns, inner) => {
                if let Turns::Computed(slot) = turns {
                    *slot = slots.get(slot).copied().unwrap_or(0);
                }
                number(inner, slots, empty);
            }
        }
    }
}
