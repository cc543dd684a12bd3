//! Blocks, loops, branches, and what each operation becomes.

use std::collections::BTreeSet;

use tile_ir::{Block, Literal, Op, OpKind, Value};

use super::facts::Facts;
use super::state::{Chunk, Kept, Lower, Result};
use crate::ir::{Expr, Operand, Scalar, StmtKind, Var, VectorOp};

/// What a loop or branch hands on.
#[derive(Clone, Copy)]
enum Slot {
    Scalar(Var),
    Tile(Kept),
}

impl<'a> Lower<'a> {
    fn block(&mut self, block: &'a Block) -> Result<()> {
        let own: BTreeSet<Value> = block.ops.iter().flat_map(|op| op.results.iter().copied()).collect();
        let outer = std::mem::replace(&mut self.local_defs, own);
        let result = block.ops.iter().try_for_each(|op| self.op(op));
        self.local_defs = outer;
        result
    }

    /// One operation of the kernel: what has an effect or is kept is done here, the rest where it is used.
    pub(super) fn op(&mut self, op: &'a Op) -> Result<()> {
        self.loc = op.loc.clone();
        self.fresh();
        if self.scalar_op(op)? {
            return Ok(());
        }
        let result = op.results.first().copied();
        let kept = result.is_some_and(|value| self.facts.is_kept(value));
        match &op.kind {
            OpKind::Store { .. } => self.store(op),
            OpKind::Load { .. } if kept => self.kept_load(op),
            OpKind::Constant(literal @ (Literal::Iota { .. } | Literal::Dense(_))) => self.constant(op, literal),
            OpKind::Reduce { .. } => self.reduce(op),
            OpKind::Contract { .. } => self.product(op),
            OpKind::Gather { .. } => self.gather(op),
            OpKind::Transpose { value, .. } if self.facts.is_splat(*value) => Ok(()),
            OpKind::Transpose { .. } | OpKind::InsertSlice { .. } | OpKind::Insert { .. } | OpKind::Extract { .. } => {
                self.move_op(op)
            }
            OpKind::For { .. } => self.for_op(op),
            OpKind::While { .. } => self.while_op(op),
            OpKind::If { .. } => self.if_op(op),
            OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Slice { .. }
            | OpKind::CreateMask { .. }
                if kept =>
            {
                let Some(result) = result else { return Ok(()) };
                let place = self.keep(result, "tile");
                self.fill(result, place)?;
                self.storage[result.index()] = Some(place);
                Ok(())
            }
            OpKind::Unary(..)
            | OpKind::Binary(..)
            | OpKind::Fma(..)
            | OpKind::Compare(..)
            | OpKind::Select { .. }
            | OpKind::Cast(..)
            | OpKind::Broadcast(_)
            | OpKind::Reshape(_)
            | OpKind::Slice { .. }
            | OpKind::CreateMask { .. }
            | OpKind::Load { .. }
            | OpKind::Constant(Literal::Splat(_)) => Ok(()),
            OpKind::ProgramId(_) | OpKind::NumPrograms(_) | OpKind::LoadScalar { .. } | OpKind::StoreScalar { .. } => {
                self.broken("a scalar operation without a scalar")
            }
        }
    }

    /// A place for each of these values.
    fn slots(&mut self, values: &[Value]) -> Vec<Slot> {
        values
            .iter()
            .map(|&value| {
                let ty = self.facts.ty(value);
                if ty.is_scalar() {
                    Slot::Scalar(self.var(&self.name_of(value, "carried"), Scalar::of(ty.elem)))
                } else {
                    Slot::Tile(self.keep(value, "carried"))
                }
            })
            .collect()
    }

    fn bind(&mut self, values: &[Value], slots: &[Slot]) {
        for (value, slot) in values.iter().zip(slots) {
            match slot {
                Slot::Scalar(var) => self.scalars[value.index()] = Some(Expr::Var(*var)),
                Slot::Tile(kept) => self.storage[value.index()] = Some(*kept),
            }
        }
    }

    /// Gives slots their first values.
    fn first(&mut self, values: &[Value], of: &[Value], slots: &[Slot]) -> Result<()> {
        for ((&value, &like), slot) in values.iter().zip(of).zip(slots) {
            self.fresh();
            match slot {
                Slot::Scalar(var) => {
                    let value = self.scalar(value)?;
                    self.emit(StmtKind::Let { var: *var, value });
                }
                Slot::Tile(kept) => self.fill_as(value, like, *kept)?,
            }
        }
        self.fresh();
        Ok(())
    }

    /// Gives slots their next values, which may be made of those they have.
    fn next(&mut self, values: &[Value], of: &[Value], slots: &[Slot]) -> Result<()> {
        self.fresh();
        let mut scalars = Vec::new();
        for (&value, slot) in values.iter().zip(slots) {
            let Slot::Scalar(var) = slot else { continue };
            let next = self.scalar(value)?;
            if next == Expr::Var(*var) {
                continue;
            }
            let copy = self.var("next", next.scalar(&self.out));
            self.emit(StmtKind::Let { var: copy, value: next });
            scalars.push((*var, copy));
        }
        // Tiles are computed where they belong if nothing else needs what is there, else beside.
        let tiles: Vec<(Value, Value, Kept)> = values
            .iter()
            .zip(of)
            .zip(slots)
            .filter_map(|((&value, &like), slot)| match slot {
                Slot::Tile(kept) => Some((value, like, *kept)),
                Slot::Scalar(_) => None,
            })
            .collect();
        let mut late = Vec::new();
        for (at, &(value, like, kept)) in tiles.iter().enumerate() {
            if self.storage[value.index()].is_some_and(|place| place.buffer == kept.buffer) {
                continue;
            }
            let others = tiles[at + 1..].iter().any(|&(other, ..)| self.reads(other, kept));
            let direct = !others && self.in_place(value, kept) && self.facts.held(value) == self.facts.held(like);
            if direct {
                self.fill(value, kept)?;
            } else {
                let beside = self.keep(like, "next");
                self.fill_as(value, like, beside)?;
                late.push((beside, kept));
            }
        }
        for (beside, kept) in late {
            let whole = Chunk::whole(kept.geometry);
            self.vector(VectorOp::Copy, &kept.span(&whole), vec![Operand::Span(beside.span(&whole))]);
        }
        for (var, copy) in scalars {
            self.emit(StmtKind::Assign { var, value: Expr::Var(copy) });
        }
        self.fresh();
        Ok(())
    }

    /// Whether computing a tile reads a place.
    fn reads(&self, value: Value, kept: Kept) -> bool {
        reads(self.facts, &self.storage, value, kept)
    }

    /// Whether a tile may be computed, chunk by chunk, into a place that it may be made of: every chunk is made of the same
    /// chunk only.
    fn in_place(&self, value: Value, kept: Kept) -> bool {
        if let Some(place) = self.storage[value.index()] {
            return place.buffer != kept.buffer || place.geometry == kept.geometry;
        }
        let Some(op) = self.facts.defs[value.index()] else { return true };
        let elementwise = matches!(
            op.kind,
            OpKind::Unary(..)
                | OpKind::Binary(..)
                | OpKind::Fma(..)
                | OpKind::Compare(..)
                | OpKind::Select { .. }
                | OpKind::Cast(..)
        );
        op.kind
            .operands()
            .iter()
            .all(|&operand| if elementwise { self.in_place(operand, kept) } else { !self.reads(operand, kept) })
    }

    fn for_op(&mut self, op: &'a Op) -> Result<()> {
        let OpKind::For { lower, upper, step, init, body } = &op.kind else { return self.broken("no loop") };
        let Some((&counter, carried)) = body.args.split_first() else { return self.broken("a loop counts nothing") };
        let slots = self.slots(carried);
        self.first(init, carried, &slots)?;
        self.bind(carried, &slots);
        self.bind(&op.results, &slots);
        let (lower, upper, step) = (self.index(*lower)?, self.index(*upper)?, self.index(*step)?);
        let var = self.var(&self.name_of(counter, "i"), Scalar::I64);
        self.scalars[counter.index()] = Some(Expr::Var(var));
        let inner = self.inside(|this| {
            this.block(body)?;
            this.loc = op.loc.clone();
            this.next(&body.yields, carried, &slots)
        })?;
        self.loc = op.loc.clone();
        self.emit(StmtKind::For { var, lower, upper, step, body: inner });
        Ok(())
    }

    fn while_op(&mut self, op: &'a Op) -> Result<()> {
        let OpKind::While { init, before, cond, after } = &op.kind else { return self.broken("no loop") };
        let slots = self.slots(&before.args);
        self.first(init, &before.args, &slots)?;
        self.bind(&before.args, &slots);
        let handed = self.slots(&after.args);
        // Before the loop hands on anything, its variables must exist.
        for (slot, &value) in handed.iter().zip(&after.args) {
            if let Slot::Scalar(var) = slot {
                let zero = zero(Scalar::of(self.facts.ty(value).elem));
                self.emit(StmtKind::Let { var: *var, value: zero });
            }
        }
        let mut condition = Expr::Bool(false);
        let first = self.inside(|this| {
            this.block(before)?;
            this.loc = op.loc.clone();
            condition = this.scalar(*cond)?;
            this.next(&before.yields, &after.args, &handed)
        })?;
        self.bind(&after.args, &handed);
        self.bind(&op.results, &handed);
        let body = self.inside(|this| {
            this.block(after)?;
            this.loc = op.loc.clone();
            this.next(&after.yields, &before.args, &slots)
        })?;
        self.loc = op.loc.clone();
        self.emit(StmtKind::While { before: first, condition, body });
        Ok(())
    }

    fn if_op(&mut self, op: &'a Op) -> Result<()> {
        let OpKind::If { cond, then, otherwise } = &op.kind else { return self.broken("no branch") };
        let slots = self.slots(&op.results);
        for (slot, &value) in slots.iter().zip(&op.results) {
            if let Slot::Scalar(var) = slot {
                let zero = zero(Scalar::of(self.facts.ty(value).elem));
                self.emit(StmtKind::Let { var: *var, value: zero });
            }
        }
        let condition = self.scalar(*cond)?;
        let mut branches = [then, otherwise].into_iter().map(|block| {
            self.inside(|this| {
                this.block(block)?;
                this.loc = op.loc.clone();
                this.next(&block.yields, &op.results, &slots)
            })
        });
        let (Some(then), Some(otherwise)) = (branches.next(), branches.next()) else {
            return self.broken("a branch has two sides");
        };
        drop(branches);
        let (then, otherwise) = (then?, otherwise?);
        self.bind(&op.results, &slots);
        self.loc = op.loc.clone();
        self.emit(StmtKind::If { condition, then, otherwise });
        Ok(())
    }
}

fn reads(facts: &Facts<'_>, storage: &[Option<Kept>], value: Value, kept: Kept) -> bool {
    if let Some(place) = storage[value.index()] {
        return place.buffer == kept.buffer;
    }
    let Some(op) = facts.defs[value.index()] else { return false };
    op.kind.operands().iter().any(|&operand| reads(facts, storage, operand, kept))
}

/// Some number of a type.
const fn zero(scalar: Scalar) -> Expr {
    match scalar {
        Scalar::F32 => Expr::Float(0.0),
        Scalar::Bool => Expr::Bool(false),
        Scalar::I32 | Scalar::I64 => Expr::Int(scalar, 0),
    }
}
