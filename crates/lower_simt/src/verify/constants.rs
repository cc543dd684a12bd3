//! Expressions that are constants once loops are unrolled.

use std::collections::BTreeMap;

use tile_ir::BinaryOp;

use crate::interp::arithmetic;
use crate::ir::{Convert, Expr, LaneKernel, Scalar, StmtKind, Var};

/// Most values a loop variable is tried with, and most combinations of several.
pub(super) const MAX_VALUES: usize = 4096;

/// Definitions of scalars that never change.
pub(super) type Definitions<'a> = BTreeMap<Var, &'a Expr>;

/// Every `Let` of the kernel.
pub(super) fn definitions(kernel: &LaneKernel) -> Definitions<'_> {
    let mut definitions = BTreeMap::new();
    for stmt in &kernel.body {
        stmt.for_each(&mut |stmt| {
            if let StmtKind::Let { var, value } = &stmt.kind {
                definitions.insert(*var, value);
            }
        });
    }
    definitions
}

/// Values of loop variables.
pub(super) type Values = BTreeMap<Var, i64>;

/// The value of an integer expression of constants and variables with known values.
pub(super) fn value(kernel: &LaneKernel, definitions: &Definitions<'_>, expr: &Expr, values: &Values) -> Option<i64> {
    let of = |expr: &Expr| value(kernel, definitions, expr, values);
    match expr {
        Expr::Int(scalar, bits) => Some(arithmetic::signed(*scalar, *bits)),
        Expr::Var(var) => match values.get(var) {
            Some(value) => Some(*value),
            None => of(definitions.get(var)?),
        },
        Expr::Binary(op, x, y) => binary(*op, x.scalar(kernel), of(x)?, of(y)?),
        Expr::Convert(Convert::SignExtend(_), x) => of(x),
        Expr::Convert(Convert::ZeroExtend(_), x) => of(x).filter(|&value| value >= 0),
        Expr::Convert(
            Convert::Round(_)
            | Convert::SignedToFloat
            | Convert::UnsignedToFloat
            | Convert::FloatToSigned(_)
            | Convert::FloatToUnsigned(_)
            | Convert::Truncate(_)
            | Convert::Bits(_),
            _,
        )
        | Expr::Float(_)
        | Expr::Bool(_)
        | Expr::Element(..)
        | Expr::Builtin(_)
        | Expr::Param(_)
        | Expr::Unary(..)
        | Expr::Fma(..)
        | Expr::Compare(..)
        | Expr::Select(..)
        | Expr::Load(_) => None,
    }
}

/// `x op y` on integers of a type; `None` where it is not defined.
pub(super) fn binary(op: BinaryOp, scalar: Scalar, x: i64, y: i64) -> Option<i64> {
    arithmetic::one(op, scalar, x, y)
}

/// The loop variables an expression depends on, definitions looked through; `None` if it depends on anything else.
pub(super) fn loop_vars<'a>(
    definitions: &Definitions<'a>,
    known: &BTreeMap<Var, Vec<i64>>,
    expr: &'a Expr,
) -> Option<Vec<Var>> {
    let mut found = Vec::new();
    let mut work = vec![expr];
    while let Some(expr) = work.pop() {
        match expr {
            Expr::Var(var) if known.contains_key(var) => found.push(*var),
            Expr::Var(var) => work.push(definitions.get(var)?),
            Expr::Int(..) => {}
            Expr::Binary(..) | Expr::Convert(..) => work.extend(expr.operands()),
            Expr::Float(_)
            | Expr::Bool(_)
            | Expr::Element(..)
            | Expr::Builtin(_)
            | Expr::Param(_)
            | Expr::Unary(..)
            | Expr::Fma(..)
            | Expr::Compare(..)
            | Expr::Select(..)
            | Expr::Load(_) => return None,
        }
    }
    found.sort();
    found.dedup();
    Some(found)
}

/// All combinations of values of these variables; `None` above [`MAX_VALUES`].
pub(super) fn combinations(vars: &[Var], known: &BTreeMap<Var, Vec<i64>>) -> Option<Vec<Values>> {
    let mut all = vec![Values::new()];
    for var in vars {
        let values = known.get(var)?;
        if all.len().saturating_mul(values.len()) > MAX_VALUES {
            return None;
        }
        let extend = |before: &Values| -> Vec<Values> {
            values.iter().map(|&value| before.iter().map(|(&v, &x)| (v, x)).chain([(*var, value)]).collect()).collect()
        };
        all = all.iter().flat_map(extend).collect();
    }
    Some(all)
}

/// Every value an expression takes over all iterations; `None` if it is no constant after unrolling.
pub(super) fn all_values<'a>(
    kernel: &LaneKernel,
    definitions: &Definitions<'a>,
    known: &BTreeMap<Var, Vec<i64>>,
    expr: &'a Expr,
) -> Option<Vec<i64>> {
    let vars = loop_vars(definitions, known, expr)?;
    combinations(&vars, known)?.iter().map(|values| value(kernel, definitions, expr, values)).collect()
}

/// The values of a loop's variable, if its bounds are constants and there are at most [`MAX_VALUES`].
pub(super) fn iterations<'a>(
    kernel: &LaneKernel,
    definitions: &Definitions<'a>,
    known: &BTreeMap<Var, Vec<i64>>,
    [lower, upper, step]: [&'a Expr; 3],
) -> Option<Vec<i64>> {
    let single = |expr| match all_values(kernel, definitions, known, expr)?.as_slice() {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => Some(*first),
        _ => None,
    };
    let (mut at, upper, step) = (single(lower)?, single(upper)?, single(step)?);
    let mut values = Vec::new();
    while at < upper {
        if step < 1 || values.len() == MAX_VALUES {
            return None;
        }
        values.push(at);
        at = at.checked_add(step)?;
    }
    Some(values)
}
