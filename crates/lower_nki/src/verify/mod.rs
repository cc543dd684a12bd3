//! The proof that a program keeps the rules of the core. It knows nothing of how the program was made.

mod form;
mod order;
mod room;

use std::collections::BTreeMap;

use tile_ir::Loc;

use crate::ir::{Env, Expr, Program, Stmt, StmtKind, Var};
use crate::{Error, TARGET, limits};

pub(crate) use room::release;
pub use room::{psum_banks, sbuf_bytes};

/// Ranges of variables.
type Ranges = BTreeMap<Var, (i64, i64)>;

/// Instructions after all loops of the compiler are unrolled.
pub fn instructions(program: &Program) -> u64 {
    count(&program.body, &mut Env::new())
}

fn count(body: &[Stmt], env: &mut Env) -> u64 {
    let counts = body.iter().map(|stmt| match &stmt.kind {
        StmtKind::Declare(_) | StmtKind::Release(_) => 0,
        StmtKind::Instr(_) => 1,
        StmtKind::For { var, lower, upper, step, body } => {
            let turns = turns(lower, upper, *step, env);
            // Bounds inside may depend on the variable: one in the middle stands for all.
            let middle = lower.eval(env).unwrap_or(0) + i64::try_from(turns / 2).unwrap_or(0) * step;
            env.insert(*var, middle);
            let inner = count(body, env);
            env.remove(var);
            inner.saturating_mul(turns)
        }
        // Bounds and the loop itself.
        StmtKind::Repeat { body, .. } | StmtKind::While { body, .. } => count(body, env) + 3,
    });
    counts.fold(0, u64::saturating_add)
}

/// Turns of a loop of the compiler.
pub(crate) fn turns(lower: &Expr, upper: &Expr, step: i64, env: &Env) -> u64 {
    match (lower.eval(env), upper.eval(env)) {
        (Some(lower), Some(upper)) if upper > lower => ((upper - lower + step - 1) / step) as u64,
        (_, _) => 0,
    }
}

/// Least and largest value of an expression.
fn range(expr: &Expr, ranges: &Ranges) -> Option<(i64, i64)> {
    Some(match expr {
        Expr::Int(n) => (*n, *n),
        Expr::Var(var) => *ranges.get(var)?,
        Expr::Add(a, b) => {
            let (a, b) = (range(a, ranges)?, range(b, ranges)?);
            (a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)
        }
        Expr::Sub(a, b) => {
            let (a, b) = (range(a, ranges)?, range(b, ranges)?);
            (a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)
        }
        Expr::Mul(a, b) => {
            let (a, b) = (range(a, ranges)?, range(b, ranges)?);
            let all = [a.0.checked_mul(b.0)?, a.0.checked_mul(b.1)?, a.1.checked_mul(b.0)?, a.1.checked_mul(b.1)?];
            (all.into_iter().min()?, all.into_iter().max()?)
        }
        Expr::Div(a, by) => {
            let a = range(a, ranges)?;
            (a.0.div_euclid(*by), a.1.div_euclid(*by))
        }
        Expr::Rem(a, by) => {
            let a = range(a, ranges)?;
            if a.0.div_euclid(*by) == a.1.div_euclid(*by) {
                (a.0.rem_euclid(*by), a.1.rem_euclid(*by))
            } else {
                (0, by - 1)
            }
        }
        Expr::Min(a, b) => {
            let (a, b) = (range(a, ranges)?, range(b, ranges)?);
            (a.0.min(b.0), a.1.min(b.1))
        }
        Expr::Max(a, b) => {
            let (a, b) = (range(a, ranges)?, range(b, ranges)?);
            (a.0.max(b.0), a.1.max(b.1))
        }
    })
}

/// A rule that is broken.
struct Problem {
    detail: String,
    loc: Loc,
}

impl Problem {
    fn at<T>(loc: &Loc, detail: impl Into<String>) -> Result<T, Problem> {
        Err(Problem { detail: detail.into(), loc: loc.clone() })
    }
}

/// Checks a program.
///
/// # Errors
/// The first rule that is broken: [`Error::Broken`], or [`Error::Limit`] where tiles take more room than there is.
pub fn verify(program: &Program) -> Result<(), Error> {
    let limit = |what: String, needed, limit, loc: &Loc| {
        let help = "use smaller tiles".to_owned();
        Err(Error::Limit { target: TARGET, kernel: program.name.clone(), what, needed, limit, loc: loc.clone(), help })
    };
    let (bytes, largest) = room::sbuf(program);
    if bytes > limits::SBUF_BYTES {
        let (name, loc) = largest.map_or(("tiles", &program.loc), |tile| (tile.name.as_str(), &tile.loc));
        return limit(
            format!("tiles, `{name}` the largest, in bytes of a partition of SBUF"),
            bytes,
            limits::SBUF_BYTES,
            loc,
        );
    }
    let banks = psum_banks(program);
    if banks > limits::BANKS {
        return limit("sums in banks of PSUM".to_owned(), banks, limits::BANKS, &program.loc);
    }
    let checked = form::check(program).and_then(|()| order::check(program));
    if let Err(Problem { detail, loc }) = checked {
        if detail == form::TOO_WIDE {
            let needed = program.tiles.iter().map(|tile| tile.free).max().unwrap_or(0);
            return limit(format!("{detail}: a tile in elements of a partition"), needed, limits::AXIS_STEP, &loc);
        }
        return Err(Error::Broken { target: TARGET, kernel: program.name.clone(), detail, loc });
    }
    Ok(())
}
