//! Lane programs with one operation damaged: what a judge must notice.

mod expressions;
mod operators;
mod statements;
mod tree;

use tile_ir::Loc;

use crate::ir::LaneKernel;
use expressions::expressions;
use statements::statements;
use tree::{nth, nth_expr, replace, replace_expr};

/// A damaged kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// Kind of operation that was damaged, such as `Binary::Add` or `Barrier`.
    pub op: String,
    /// What was done to it.
    pub change: String,
    /// The user's line.
    pub loc: Loc,
    /// The result.
    pub kernel: LaneKernel,
}

/// Damages each operation of `kernel` by itself, in order of the text, in every way this module knows. Some of the results compute
/// what `kernel` does: [`crate::interp::terms`] shows it for most of them.
pub fn mutations(kernel: &LaneKernel) -> Vec<Mutation> {
    let mut found = Vec::new();
    let mut count = 0usize;
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut |_| count += 1));
    for number in 0..count {
        let Some(stmt) = nth(kernel, number) else { continue };
        let loc = stmt.loc.clone();
        for (op, change, replacement) in statements(kernel, stmt) {
            let kernel = replace(kernel, number, replacement);
            found.push(Mutation { op, change, loc: loc.clone(), kernel });
        }
        let mut total = 0usize;
        stmt.exprs().iter().for_each(|expr| expr.for_each(&mut |_| total += 1));
        for at in 0..total {
            let Some((expr, parent)) = nth_expr(stmt, at) else { continue };
            for (op, change, replacement) in expressions(kernel, stmt, expr, parent) {
                let mut changed = stmt.clone();
                replace_expr(&mut changed, at, replacement);
                let kernel = replace(kernel, number, vec![changed]);
                found.push(Mutation { op, change, loc: loc.clone(), kernel });
            }
        }
    }
    found
}
