//! Decisions that are found out while lowering: where loops are cut into parts that are alike, and which loops the run carries out.

use std::collections::{BTreeMap, BTreeSet};

use tile_ir::Value;

use super::state::{Active, Fail, Lower, Result};
use crate::ir::{Env, Expr, Var};

/// Most combinations of variables that a question is asked for.
const MOST_ENVS: usize = 1 << 16;

/// A loop: of programs along an axis, or the one whose first argument this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LoopKey {
    Axis(usize),
    For(Value),
}

/// What is known from earlier tries.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// By loop: numbers of turns with which a new part begins.
    pub(super) cuts: BTreeMap<LoopKey, BTreeSet<i64>>,
    /// Loops that the run carries out.
    pub(super) at_run_time: BTreeSet<LoopKey>,
}

impl Lower<'_> {
    /// All values of these variables, and of those that their bounds hold; `None` if there are too many.
    fn envs(&self, vars: &BTreeSet<Var>) -> Option<(Vec<Active>, Vec<Env>)> {
        let mut needed = vars.clone();
        for active in self.loops.iter().rev() {
            if needed.contains(&active.var) {
                active.lower.vars(&mut needed);
                active.upper.vars(&mut needed);
            }
        }
        let loops: Vec<Active> = self.loops.iter().filter(|active| needed.contains(&active.var)).cloned().collect();
        let mut envs = vec![Env::new()];
        for active in &loops {
            let mut next = Vec::new();
            for env in envs {
                let (mut at, end) = (active.lower.eval(&env)?, active.upper.eval(&env)?);
                while at < end {
                    let mut env = env.clone();
                    env.insert(active.var, at);
                    next.push(env);
                    at += active.step;
                }
                if next.len() > MOST_ENVS {
                    return None;
                }
            }
            envs = next;
        }
        Some((loops, envs))
    }

    /// Least and largest value of an expression.
    pub(super) fn bounds(&self, expr: &Expr) -> Option<(i64, i64)> {
        let mut vars = BTreeSet::new();
        expr.vars(&mut vars);
        let (_, envs) = self.envs(&vars)?;
        let mut values = envs.iter().map(|env| expr.eval(env));
        let first = values.next()??;
        values.try_fold((first, first), |(low, high), value| value.map(|value| (low.min(value), high.max(value))))
    }

    /// The answer to a question about expressions, which must be the same in all turns of the loops around; where it is not,
    /// the loops are cut.
    ///
    /// # Errors
    /// [`Fail::Again`] after a cut.
    pub(super) fn decide<K: PartialEq>(&mut self, exprs: &[&Expr], ask: impl Fn(&[i64]) -> K) -> Result<K> {
        let mut vars = BTreeSet::new();
        exprs.iter().for_each(|expr| expr.vars(&mut vars));
        let Some((loops, envs)) = self.envs(&vars) else {
            return self.broken("too many programs to look at each");
        };
        let answers: Option<Vec<K>> = envs
            .iter()
            .map(|env| exprs.iter().map(|expr| expr.eval(env)).collect::<Option<Vec<i64>>>().map(|values| ask(&values)))
            .collect();
        let Some(answers) = answers else { return self.broken("an integer leaves 64 bits") };
        let Some(first) = answers.first() else {
            // The loops around have no turn: any answer will do.
            return Ok(ask(&vec![0; exprs.len()]));
        };
        if answers.iter().all(|answer| answer == first) {
            return Ok(answers.into_iter().next().unwrap_or_else(|| ask(&[])));
        }
        self.cut(&loops, &envs, &answers)
    }

    fn cut<T, K: PartialEq>(&mut self, loops: &[Active], envs: &[Env], answers: &[K]) -> Result<T> {
        // The innermost loop whose turns have one answer each, cut where it changes; else the outermost in single turns.
        for active in loops.iter().rev() {
            let (Some(lower), Some(_)) = (active.lower.as_int(), active.upper.as_int()) else { continue };
            let mut by_turn: BTreeMap<i64, &K> = BTreeMap::new();
            let mut alike = true;
            for (env, answer) in envs.iter().zip(answers) {
                if let Some(value) = env.get(&active.var) {
                    let known = by_turn.entry((value - lower) / active.step).or_insert(answer);
                    alike &= **known == *answer;
                }
            }
            if alike {
                let turns: Vec<(i64, &K)> = by_turn.into_iter().collect();
                let changes = turns.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1].0);
                let base = self.first_turn(active);
                let changes: Vec<i64> = changes.map(|turn| turn + base).collect();
                self.plan.cuts.entry(active.key).or_default().extend(changes);
                return Err(Fail::Again);
            }
        }
        let outermost = loops.iter().find(|active| active.lower.as_int().is_some() && active.upper.as_int().is_some());
        let Some(active) = outermost else { return self.broken("no loop can be cut") };
        let (lower, upper) = (active.lower.as_int().unwrap_or(0), active.upper.as_int().unwrap_or(0));
        let turns = (upper - lower + active.step - 1) / active.step;
        let base = self.first_turn(active);
        self.plan.cuts.entry(active.key).or_default().extend((0..turns).map(|turn| turn + base));
        Err(Fail::Again)
    }

    /// Number of the first turn of a part of a loop in the whole loop.
    fn first_turn(&self, active: &Active) -> i64 {
        self.starts.get(&active.var).copied().unwrap_or(0)
    }
}
