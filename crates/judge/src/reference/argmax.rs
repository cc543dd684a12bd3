//! Selection by size.

use super::{Args, Outcome};
use crate::compare::Expected;

/// `output[0]` = the lowest index of the largest logit.
pub(super) fn argmax(args: &Args<'_>) -> Outcome {
    let logits = args.buffer("logits")?;
    let mut best = 0;
    for index in 1..logits.len() {
        if logits.get(index) > logits.get(best) {
            best = index;
        }
    }
    args.sized("output", 1)?;
    Ok(vec![Expected::all("output", vec![best as f64])])
}
