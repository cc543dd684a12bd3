//! Element by element.

use super::{Args, Outcome, silu};
use crate::compare::Expected;

fn pairwise(args: &Args<'_>, left: &str, right: &str, f: impl Fn(f64, f64) -> f64) -> Outcome {
    let a = args.buffer(left)?;
    let b = args.sized(right, a.len())?;
    args.sized("output", a.len())?;
    Ok(vec![Expected::all(
        "output",
        (0..a.len()).map(|i| f(a.get(i), b.get(i))).collect(),
    )])
}

/// `output = a + b`.
pub(super) fn add(args: &Args<'_>) -> Outcome {
    pairwise(args, "a", "b", |a, b| a + b)
}

/// `output = silu(gate) * up`.
pub(super) fn silu_mul(args: &Args<'_>) -> Outcome {
    pairwise(args, "gate", "up", |gate, up| silu(gate) * up)
}
