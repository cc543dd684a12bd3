//! Loops and branches that move something.

use lower_dma::ir::{Expr, Scalar, Stmt, StmtKind, Var, VarData};
use tile_ir::Loc;

use super::build::{Build, Result, Sides};
use super::copies::identity;
use super::{Amount, Item, Move, Turns, Work};

impl Build {
    /// A loop whose turns move something.
    pub(super) fn turn(
        &mut self,
        var: Var,
        bounds: [&Expr; 3],
        inner: &[Stmt],
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let [lower, upper, step] = bounds.map(Clone::clone);
        // What was drained in a turn comes before what the next one moves.
        for stmt in inner {
            stmt.for_each(&mut |stmt| {
                if let StmtKind::CopyOut(copy) = &stmt.kind {
                    self.drained.entry(copy.view).or_default().insert(identity(copy));
                }
            });
        }
        let numbers = lower.as_int().zip(upper.as_int()).zip(step.as_int());
        let fixed = numbers.map(|((lower, upper), step)| {
            let span = upper.saturating_sub(lower).max(0).unsigned_abs();
            span.div_ceil(step.unsigned_abs().max(1))
        });
        let all = || Box::new([lower.clone(), upper.clone(), step.clone()]);
        let turns = match fixed {
            Some(turns) => Turns::Fixed(turns),
            None => {
                let slot = self.slot();
                self.open.push(Item::Turns(slot, Amount::Trips(all())));
                Turns::Computed(slot)
            }
        };
        self.open.push(Item::Bounds(var, all()));
        self.open.push(Item::Set(var, lower.clone(), loc.clone()));
        self.close(&mut out.work);
        let mut turn = Sides::default();
        self.loops.push(var);
        self.block(inner, guard, &mut turn)?;
        self.loops.pop();
        let next = Expr::Binary(tile_ir::BinaryOp::Add, Box::new(Expr::Var(var)), Box::new(step.clone()));
        self.open.push(Item::Set(var, next, loc.clone()));
        self.close(&mut turn.work);
        out.work.push(Work::Repeat(turns, turn.work));
        out.moves.push(Move::For(var, all(), turn.moves));
        Ok(())
    }

    /// A branch that the sequence takes too.
    pub(super) fn branch(
        &mut self,
        condition: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        guard: Option<Var>,
        out: &mut Sides,
    ) -> Result<()> {
        let sides = [(then, Amount::If(condition.clone())), (otherwise, Amount::Unless(condition.clone()))];
        let sides = sides.map(|(block, amount)| {
            let slot = (!block.is_empty()).then(|| self.slot());
            if let Some(slot) = slot {
                self.open.push(Item::Turns(slot, amount));
            }
            (block, slot)
        });
        self.close(&mut out.work);
        let mut moved = Vec::new();
        for (block, slot) in sides {
            let mut side = Sides::default();
            self.block(block, guard, &mut side)?;
            self.close(&mut side.work);
            if let Some(slot) = slot {
                out.work.push(Work::Repeat(Turns::Computed(slot), side.work));
            }
            moved.push(side.moves);
        }
        let otherwise = moved.pop().unwrap_or_default();
        let then = moved.pop().unwrap_or_default();
        if !then.is_empty() || !otherwise.is_empty() {
            out.moves.push(Move::If(condition.clone(), then, otherwise));
        }
        Ok(())
    }

    /// A branch that only the core knows: what both sides move is moved, and the core does the one with it.
    pub(super) fn both(
        &mut self,
        condition: &Expr,
        then: &[Stmt],
        otherwise: &[Stmt],
        guard: Option<Var>,
        loc: &Loc,
        out: &mut Sides,
    ) -> Result<()> {
        let unless = Expr::Binary(tile_ir::BinaryOp::Xor, Box::new(condition.clone()), Box::new(Expr::Bool(true)));
        let mut sides = Vec::new();
        for (block, condition) in [(then, condition.clone()), (otherwise, unless)] {
            let value = match guard {
                Some(guard) => {
                    Expr::Select(Box::new(Expr::Var(guard)), Box::new(condition), Box::new(Expr::Bool(false)))
                }
                None => condition,
            };
            let name = if sides.is_empty() { "then" } else { "otherwise" };
            self.kernel.vars.push(VarData { name: name.to_owned(), scalar: Scalar::Bool });
            let var = Var(self.kernel.vars.len() as u32 - 1);
            self.put(&Stmt { kind: StmtKind::Let { var, value }, loc: loc.clone() }, None);
            sides.push((block, var));
        }
        for (block, var) in sides {
            self.block(block, Some(var), out)?;
        }
        Ok(())
    }
}
