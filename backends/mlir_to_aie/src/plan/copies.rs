//! Copies and single elements: transfers, and what a core does with their objects.

use std::collections::BTreeSet;

use lower_dma::Error;
use lower_dma::ir::{Copy, Expr, Var};
use tile_ir::{Access, Loc, ViewId};

use super::build::{Build, Result, Sides};
use super::exprs::{add, div, multiple};
use super::flows::Flow;
use super::transfer::Transfer;
use super::{Amount, Function, Item, Local, Move, Work};
use crate::limits::WORD;

/// Most bytes of a view that elements are picked out of while it streams by.
const PICKED_BYTES: u64 = 1 << 18;

impl Build {
    /// A copy: one transfer, or several where rows begin at different places in their words.
    pub(super) fn copy(
        &mut self,
        copy: &Copy,
        inward: bool,
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let exprs = [&copy.view_offset, &copy.rows, &copy.cols];
        if guard.is_some() || !exprs.into_iter().all(|expr| self.known.of(&self.kernel, expr)) {
            let op = if inward { "vector.transfer_read" } else { "vector.transfer_write" };
            return self.refuse(
                op,
                copy.view,
                loc,
                "copies are planned before a launch: let what decides them depend on parameters, constants and single elements that no \
                 program writes",
            );
        }
        let view = self.view(copy.view)?;
        let bytes = view.elem.bytes();
        let dense = copy.max_rows == 1 || copy.cols.as_int() == i64::try_from(copy.view_pitch).ok();
        // Rows at the same place of their words come in one transfer.
        let group = if dense { 1 } else { WORD / gcd(WORD, copy.view_pitch * bytes) };
        for part in 0..group.min(copy.max_rows) {
            let start = add(copy.view_offset.clone(), (part * copy.view_pitch) as i64);
            let rows = if group == 1 {
                copy.rows.clone()
            } else {
                div(add(copy.rows.clone(), (group - 1 - part) as i64), group as i64)
            };
            let transfer = Transfer {
                view: copy.view,
                elem: view.elem,
                multiple: (multiple(&self.multiples, &start) * bytes).min(WORD),
                start,
                rows,
                cols: copy.cols.clone(),
                max_rows: (copy.max_rows + group - 1 - part) / group,
                max_cols: copy.max_cols,
                pitch: copy.view_pitch * group,
                apart: !dense,
                flow: if inward { Flow::Few } else { Flow::Out },
                // A copy has a row, but perhaps not one for each part.
                maybe_none: part > 0 && copy.rows.as_int().is_none(),
                loc: loc.clone(),
            };
            let (offset, pitch) = (add(copy.offset.clone(), (part * copy.pitch) as i64), copy.pitch * group);
            let name = self.param(copy.view);
            if inward {
                self.wait(copy.view, &mut out.moves);
                let local = Local::Take { buffer: copy.buffer, offset, pitch, pad: copy.pad };
                self.transfer(transfer, local, &format!("take_{name}"), out);
                continue;
            }
            let edges = !transfer.whole();
            if edges || self.overwrites(copy) {
                self.wait(copy.view, &mut out.moves);
            }
            if edges {
                self.edge_rows = self.edge_rows.max(if dense { 1 } else { transfer.max_rows });
                let around = Transfer { flow: Flow::Few, ..transfer.clone() };
                self.transfer(around, Local::Edges, &format!("around_{name}"), out);
            }
            let local = Local::Give { buffer: copy.buffer, offset, pitch, edges };
            self.transfer(transfer, local, &format!("give_{name}"), out);
        }
        if !inward {
            self.drained.entry(copy.view).or_default().insert(identity(copy));
        }
        Ok(())
    }

    /// Whether a copy may write what was written before: by another statement, or by itself in another turn of a loop.
    pub(super) fn overwrites(&self, copy: &Copy) -> bool {
        let own = identity(copy);
        let others = self.drained.get(&copy.view).is_some_and(|all| all.iter().any(|other| *other != own));
        let follows = self.follows_from(&copy.view_offset);
        others || self.loops.iter().any(|var| !follows.contains(var))
    }

    /// The variables of loops that an expression follows from.
    pub(super) fn follows_from(&self, expr: &Expr) -> BTreeSet<Var> {
        let mut found = BTreeSet::new();
        expr.for_each(&mut |expr| {
            if let Expr::Var(var) = expr {
                found.extend(self.follows.get(var).into_iter().flatten().copied());
            }
        });
        found
    }

    pub(super) fn param(&self, view: ViewId) -> String {
        self.kernel.params.get(view.index()).map_or_else(String::new, |param| param.name.clone())
    }

    /// What comes from a view that something was drained to waits for that.
    pub(super) fn wait(&self, view: ViewId, sequence: &mut Vec<Move>) {
        if self.drained.contains_key(&view) {
            sequence.push(Move::Wait);
        }
    }

    pub(super) fn transfer(&mut self, transfer: Transfer, local: Local, name: &str, out: &mut Sides) {
        let number = self.transfers.len();
        let slot = self.slot();
        self.open.push(Item::Turns(slot, Amount::Objects(number)));
        self.close(&mut out.work);
        let inward = transfer.flow.comes_in();
        self.transfers.push(transfer);
        self.functions.push(Function { name: name.to_owned(), items: vec![Item::Object(number, Box::new(local))] });
        out.work.push(Work::Objects(self.functions.len() - 1, number, slot));
        out.moves.push(if inward { Move::Fill(number) } else { Move::Drain(number) });
    }

    /// One element of a view: it alone comes where the sequence knows which, else all of the view passes by.
    pub(super) fn element(
        &mut self,
        var: Var,
        view: ViewId,
        offset: &Expr,
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let data = self.view(view)?;
        let name = self.param(view);
        let one = guard.is_none() && self.known.of(&self.kernel, offset);
        let count = data.shape.count();
        let size = count * data.elem.bytes();
        if !one && size > PICKED_BYTES {
            return Err(Error::Limit {
                target: crate::TARGET,
                kernel: self.kernel.name.clone(),
                what: format!("bytes of view `{name}`, all of which streams by for each element that is gathered,"),
                needed: size,
                limit: PICKED_BYTES,
                loc: loc.clone(),
                help: "load rows by a scalar that the host can read, or gather from a smaller view".to_owned(),
            });
        }
        if !one && data.access == Access::Write {
            let help = "gather from views that the kernel does not write";
            return self.refuse("vector.gather", view, loc, help);
        }
        let (start, cols) = if one { (offset.clone(), 1) } else { (Expr::int(0), count) };
        let transfer = Transfer {
            view,
            elem: data.elem,
            multiple: (multiple(&self.multiples, &start) * data.elem.bytes()).min(WORD),
            start,
            rows: Expr::int(1),
            cols: Expr::int(cols as i64),
            max_rows: 1,
            max_cols: cols,
            pitch: cols,
            apart: false,
            flow: Flow::Few,
            maybe_none: false,
            loc: loc.clone(),
        };
        self.wait(view, &mut out.moves);
        let (local, verb) = match one {
            true => (Local::Fetch(var), "fetch"),
            false => (Local::Pick { var, element: offset.clone(), active: guard }, "pick"),
        };
        self.transfer(transfer, local, &format!("{verb}_{name}"), out);
        if self.needed.contains(&var)
            && let Some(read) = self.known.reads.get(&var)
        {
            self.reads.insert(*read);
            out.moves.push(Move::Read(var, *read));
        }
        Ok(())
    }
}

/// A statement of the kernel, which stays where it is while it is cut.
pub(super) fn identity(copy: &Copy) -> usize {
    std::ptr::from_ref(copy).addr()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
