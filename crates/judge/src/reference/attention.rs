//! One query position against a cache: softmax(q · kᵀ / sqrt(d)) · v, in two passes.

use std::ops::Range;

use super::{Args, Outcome, ReferenceError};
use cases::Buffer;
use cases::Expected;

/// The probabilities of `scores`; empty for none.
pub(super) fn softmax(scores: &[f64]) -> Vec<f64> {
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// A head's attention over some positions.
struct Attended {
    largest: f64,
    /// Of `e^(score - largest)`.
    total: f64,
    /// Values by these weights.
    sum: Vec<f64>,
}

/// Every head over some positions. `q` is `heads x d`; the caches are `positions x (kv heads * d)`, and query head `h` uses KV head
/// `h / (heads / kv heads)`.
fn heads(args: &Args<'_>, positions: Range<usize>) -> Result<Vec<Attended>, ReferenceError> {
    let q = args.buffer("q")?;
    let (heads, d) = q.rows_cols();
    let k = args.buffer("k_cache")?;
    let v = args.sized("v_cache", k.len())?;
    let (rows, width) = flat_rows(k);
    let kv_heads = width / d.max(1);
    if kv_heads == 0 || kv_heads * d != width || heads % kv_heads != 0 {
        return Err(args.misfit("k_cache", format!("rows of {width} do not serve {heads} heads of {d}")));
    }
    if positions.end > rows {
        return Err(args.misfit("k_cache", format!("{rows} rows do not hold {} positions", positions.end)));
    }
    let scale = (d as f64).sqrt().recip();
    let head = |head: usize| {
        let query = q.row(head);
        let at = head / (heads / kv_heads) * d;
        let score =
            |p: usize| query.iter().enumerate().map(|(i, q)| q * k.get(p * width + at + i)).sum::<f64>() * scale;
        let scores: Vec<f64> = positions.clone().map(score).collect();
        let largest = scores.iter().copied().fold(f64::from(f32::MIN), f64::max);
        let weights: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
        let value =
            |i: usize| positions.clone().zip(&weights).map(|(p, weight)| weight * v.get(p * width + at + i)).sum();
        Attended { largest, total: weights.iter().sum(), sum: (0..d).map(value).collect() }
    };
    Ok((0..heads).map(head).collect())
}

/// Rows and row length with the first dimension as rows, all others as one.
fn flat_rows(buffer: &Buffer) -> (usize, usize) {
    let rows = buffer.shape.dims().first().copied().unwrap_or(1) as usize;
    (rows, buffer.len().checked_div(rows).unwrap_or(0))
}

/// Attention over rows `0..=position`.
pub(super) fn decode_gqa(args: &Args<'_>) -> Outcome {
    let position = args.index("position", flat_rows(args.buffer("k_cache")?).0)?;
    let heads = heads(args, 0..position + 1)?;
    let output: Vec<f64> = heads.iter().flat_map(|head| head.sum.iter().map(|sum| sum / head.total)).collect();
    args.sized("output", output.len())?;
    Ok(vec![Expected::all("output", output)])
}

/// Attention over stretches of the rows `0..=position`, which as many programs as `largest` has rows share evenly.
pub(super) fn parts(args: &Args<'_>) -> Outcome {
    let length = args.index("position", flat_rows(args.buffer("k_cache")?).0)? + 1;
    let (parts, _) = args.buffer("largest")?.rows_cols();
    let stretch = length.div_ceil(parts.max(1));
    let stretches = (0..parts).map(|part| (part * stretch).min(length)..((part + 1) * stretch).min(length));
    let heads: Vec<Attended> =
        stretches.map(|rows| heads(args, rows)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let sum: Vec<f64> = heads.iter().flat_map(|head| head.sum.iter().copied()).collect();
    args.sized("sum", sum.len())?;
    Ok(vec![
        Expected::all("largest", heads.iter().map(|head| head.largest).collect()),
        Expected::all("total", heads.iter().map(|head| head.total).collect()),
        Expected::all("sum", sum),
    ])
}

/// What [`parts`] leaves, brought together: rows are parts.
pub(super) fn merge(args: &Args<'_>) -> Outcome {
    let largest = args.buffer("largest")?;
    let (parts, heads) = largest.rows_cols();
    let total = args.sized("total", largest.len())?;
    let sum = args.buffer("sum")?;
    let d = sum.len().checked_div(largest.len()).unwrap_or(0);
    let mut output = Vec::with_capacity(heads * d);
    for head in 0..heads {
        let most = (0..parts).map(|part| largest.at(part, head)).fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = (0..parts).map(|part| (largest.at(part, head) - most).exp()).collect();
        let all: f64 = weights.iter().enumerate().map(|(part, weight)| weight * total.at(part, head)).sum();
        for i in 0..d {
            let value = |(part, weight): (usize, &f64)| weight * sum.at(part, head * d + i);
            output.push(weights.iter().enumerate().map(value).sum::<f64>() / all);
        }
    }
    args.sized("output", output.len())?;
    Ok(vec![Expected::all("output", output)])
}

/// One head over a whole sequence: row `i` of `output` attends to rows `i - window + 1` to `i` of `k` and `v`.
pub(super) fn sliding_window(args: &Args<'_>, window: usize) -> Outcome {
    let q = args.buffer("q")?;
    let (rows, d) = q.rows_cols();
    let (k, v) = (args.sized("k", q.len())?, args.sized("v", q.len())?);
    args.sized("output", q.len())?;
    let scale = (d as f64).sqrt().recip();
    let mut output = Vec::with_capacity(q.len());
    for row in 0..rows {
        let query = q.row(row);
        let seen = (row + 1).saturating_sub(window)..row + 1;
        let weights = softmax(&seen.clone().map(|key| k.dot(key, &query) * scale).collect::<Vec<_>>());
        for col in 0..d {
            output.push(seen.clone().zip(&weights).map(|(key, weight)| weight * v.at(key, col)).sum());
        }
    }
    Ok(vec![Expected::all("output", output)])
}
