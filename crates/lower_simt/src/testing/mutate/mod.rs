//! Lane programs with one operation damaged: what a judge must notice.

mod equivalent;
mod expressions;
mod operators;
mod statements;
mod tree;

use tile_ir::Loc;

use crate::ir::{Convert, Expr, LaneKernel};
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
    /// Changes results by no more than a rounding: a judge that allows for roundings may miss it.
    pub subtle: bool,
    /// The result.
    pub kernel: LaneKernel,
}

/// A change that leaves what the kernel computes as it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivalent {
    /// Kind of operation.
    pub op: String,
    /// Why the change cannot be noticed.
    pub reason: &'static str,
    /// The user's line.
    pub loc: Loc,
}

/// Damages each operation of `kernel` by itself, in order of the text, in every way this module knows; and the changes that were
/// left out because they change nothing.
pub fn mutations(kernel: &LaneKernel) -> (Vec<Mutation>, Vec<Equivalent>) {
    let (mut found, mut equal) = (Vec::new(), Vec::new());
    let mut count = 0usize;
    kernel.body.iter().for_each(|stmt| stmt.for_each(&mut |_| count += 1));
    for number in 0..count {
        let Some(stmt) = nth(kernel, number) else { continue };
        let loc = stmt.loc.clone();
        for (op, change, replacement) in statements(kernel, stmt) {
            let kernel = replace(kernel, number, replacement);
            found.push(Mutation { op, change, loc: loc.clone(), subtle: false, kernel });
        }
        let mut total = 0usize;
        stmt.exprs().iter().for_each(|expr| expr.for_each(&mut |_| total += 1));
        for at in 0..total {
            let Some((expr, parent)) = nth_expr(stmt, at) else { continue };
            for (op, change, replacement) in expressions(kernel, stmt, expr, parent) {
                match replacement {
                    Ok(replacement) => {
                        let subtle = matches!(expr, Expr::Convert(Convert::Round(_), x) if **x == replacement);
                        let mut changed = stmt.clone();
                        replace_expr(&mut changed, at, replacement);
                        let kernel = replace(kernel, number, vec![changed]);
                        found.push(Mutation { op, change, loc: loc.clone(), subtle, kernel });
                    }
                    Err(reason) => equal.push(Equivalent { op, reason, loc: loc.clone() }),
                }
            }
        }
    }
    (found, equal)
}
