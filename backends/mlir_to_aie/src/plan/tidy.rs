//! What is left out of a plan, and what outlives a function.

use std::collections::{BTreeMap, BTreeSet};

use lower_dma::ir::{Expr, Stmt, StmtKind, Var};

use super::transfer::{Count, Transfer};
use super::{Amount, Item, Local, Plan, Turns, Work};

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

/// The variables whose values a part of a function needs. What a loop's variable becomes is needed only where something else names it.
fn reads(item: &Item, transfers: &[Transfer], found: &mut BTreeSet<Var>) {
    let mut expr = |expr: &Expr| {
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                found.insert(*var);
            }
        });
    };
    match item {
        Item::Stmts(stmts) => {
            for stmt in stmts {
                stmt.for_each(&mut |stmt| stmt.exprs().into_iter().for_each(&mut expr));
            }
            for stmt in stmts {
                // What changes is declared where it is defined.
                stmt.for_each(&mut |stmt| {
                    if let StmtKind::Assign { var, .. } = &stmt.kind {
                        found.insert(*var);
                    }
                });
            }
        }
        Item::Set(var, value, _) => value.for_each(&mut |expr| {
            if let Expr::Var(other) = expr
                && other != var
            {
                found.insert(*other);
            }
        }),
        Item::Turns(..) | Item::Bounds(..) | Item::Object(..) => names(item, transfers, found),
    }
}

/// Takes definitions of other variables than these away; whether there were any.
fn drop_definitions(stmts: &mut Vec<Stmt>, read: &BTreeSet<Var>) -> bool {
    let before = stmts.len();
    stmts.retain(|stmt| match &stmt.kind {
        StmtKind::Let { var, .. } | StmtKind::Read { var, .. } => read.contains(var),
        StmtKind::Assign { .. }
        | StmtKind::ReadGlobal { .. }
        | StmtKind::Write { .. }
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
        | StmtKind::Fence => true,
    });
    let mut dropped = stmts.len() < before;
    for inner in stmts.iter_mut().flat_map(Stmt::blocks_mut) {
        dropped |= drop_definitions(inner, read);
    }
    dropped
}

impl Plan {
    /// Leaves out numbers of objects that are constants, variables of loops that nothing names, and functions that do nothing then.
    pub(super) fn tidy(&mut self) {
        while self.drop_unread() {}
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

    /// Leaves out definitions of variables that no function reads, such as those that only the sequence needs; whether there were any.
    fn drop_unread(&mut self) -> bool {
        let mut read = BTreeSet::new();
        for item in self.functions.iter().flat_map(|function| &function.items) {
            reads(item, &self.transfers, &mut read);
        }
        let mut dropped = false;
        for function in &mut self.functions {
            for item in &mut function.items {
                if let Item::Stmts(stmts) = item {
                    dropped |= drop_definitions(stmts, &read);
                }
            }
            function.items.retain(|item| !matches!(item, Item::Stmts(stmts) if stmts.is_empty()));
        }
        dropped
    }

    /// Variables that more than one function names.
    pub(super) fn shared(&self) -> BTreeSet<Var> {
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
