//! Bytes that a program moves between HBM and the chip, without running it.

use std::collections::BTreeMap;

use tile_ir::ParamKind;

use crate::ir::{Base, Bound, Dtype, Env, Hbm, Mem, Program, Stmt, StmtKind};
use crate::verify::turns;

/// Bytes of one tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Read from HBM.
    pub read: u64,
    /// Written to HBM.
    pub written: u64,
}

/// What a program moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By parameter.
    pub params: BTreeMap<String, Moved>,
    /// Private tensors together.
    pub private: Moved,
    /// Loops whose turns only the run knows count once.
    pub exact: bool,
}

/// Counts.
pub fn estimate(program: &Program) -> Estimate {
    let mut estimate = Estimate { exact: true, ..Estimate::default() };
    block(program, &program.body, 1, &mut Env::new(), &mut estimate);
    estimate
}

fn block(program: &Program, body: &[Stmt], times: u64, env: &mut Env, into: &mut Estimate) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Declare(_) | StmtKind::Release(_) => {}
            StmtKind::Instr(instr) => {
                let [read, written] = instr.tensors();
                let bytes = read.map_or(0, |hbm| bytes(program, hbm));
                if let Some(hbm) = read {
                    entry(program, hbm, into).read += bytes * times;
                }
                if let Some(hbm) = written {
                    let bytes = self::bytes(program, hbm);
                    entry(program, hbm, into).written += bytes * times;
                }
            }
            StmtKind::For { var, lower, upper, step, body } => {
                // Bounds inside may depend on the variable, so that turns are walked where they are.
                let count = turns(lower, upper, *step, env);
                if body.iter().any(depends) {
                    let mut at = lower.eval(env).unwrap_or(0);
                    for _ in 0..count {
                        env.insert(*var, at);
                        block(program, body, times, env, into);
                        at += step;
                    }
                } else {
                    block(program, body, times * count, env, into);
                }
                env.remove(var);
            }
            StmtKind::Repeat { lower, upper, step, body } => match (lower, upper) {
                (Bound::Known(lower), Bound::Known(upper)) => {
                    block(program, body, times * turns(lower, upper, *step, env), env, into);
                }
                (_, _) => {
                    into.exact = false;
                    block(program, body, times, env, into);
                }
            },
            StmtKind::While { body, .. } => {
                into.exact = false;
                block(program, body, times, env, into);
            }
        }
    }
}

/// Whether bounds of loops inside are not numbers.
fn depends(stmt: &Stmt) -> bool {
    let own = match &stmt.kind {
        StmtKind::For { lower, upper, .. } => lower.as_int().is_none() || upper.as_int().is_none(),
        StmtKind::Declare(_)
        | StmtKind::Release(_)
        | StmtKind::Instr(_)
        | StmtKind::Repeat { .. }
        | StmtKind::While { .. } => false,
    };
    own || stmt.kind.body().iter().any(depends)
}

fn entry<'e>(program: &Program, hbm: &Hbm, into: &'e mut Estimate) -> &'e mut Moved {
    match hbm.base {
        Base::Param(index) => into.params.entry(program.params[index].name.clone()).or_default(),
        Base::Scratch(_) => &mut into.private,
    }
}

fn bytes(program: &Program, hbm: &Hbm) -> u64 {
    let size = match hbm.base {
        Base::Scratch(tile) => program.tile(tile).dtype.bytes(),
        Base::Param(index) => match &program.params[index].kind {
            ParamKind::View(view) => Dtype::of_view(view.elem).map_or(8, Dtype::bytes),
            ParamKind::Scalar(_) => 4,
        },
    };
    size * Mem::Hbm(hbm.clone()).shape().iter().product::<u64>()
}
