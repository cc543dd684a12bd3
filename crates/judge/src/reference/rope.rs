//! Rotary position embedding, rotate-half form: element `i` of a head pairs with element `i + d/2`, and both turn by the
//! angle of column `i` of the tables. `cos` and `sin` are `positions x d/2`; a head is as long as twice a table row, whatever
//! rows the views of `q` and of a position of `k_cache` are divided into.

use super::matvec::row_of;
use super::{Args, Outcome, ReferenceError};
use cases::Expected;

fn rotate(args: &Args<'_>, name: &str, values: &[f64]) -> Result<Vec<f64>, ReferenceError> {
    let (cos, sin) = (args.buffer("cos")?, args.buffer("sin")?);
    let (positions, half) = cos.rows_cols();
    args.sized("sin", cos.len())?;
    let position = args.index("position", positions)?;
    let (cos, sin) = (cos.row(position), sin.row(position));
    if half == 0 || !values.len().is_multiple_of(2 * half) {
        return Err(args.misfit(name, format!("{} elements are not heads of {}", values.len(), 2 * half)));
    }
    let mut rotated = Vec::with_capacity(values.len());
    for head in values.chunks(2 * half) {
        let (low, high) = head.split_at(half);
        rotated.extend((0..half).map(|i| low[i] * cos[i] - high[i] * sin[i]));
        rotated.extend((0..half).map(|i| high[i] * cos[i] + low[i] * sin[i]));
    }
    Ok(rotated)
}

/// Every head of `q`, in place.
pub(super) fn rope_q(args: &Args<'_>) -> Outcome {
    let q = args.buffer("q")?.values();
    Ok(vec![Expected::all("q", rotate(args, "q", &q)?)])
}

/// Every head in row `position` of `k_cache`, in place.
pub(super) fn rope_k(args: &Args<'_>) -> Outcome {
    let cache = args.buffer("k_cache")?;
    let rows = cache.shape.dims().first().copied().unwrap_or(1) as usize;
    let position = args.index("position", rows)?;
    let length = cache.len() / rows.max(1);
    let row: Vec<f64> = (0..length).map(|i| cache.get(position * length + i)).collect();
    let rotated = rotate(args, "k_cache", &row)?;
    Ok(vec![row_of(args, "k_cache", rotated)?])
}
