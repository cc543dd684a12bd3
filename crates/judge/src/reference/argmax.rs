//! Selection by size; of equal elements the first counts.

use super::{Args, Outcome};
use cases::Expected;

/// Index of the largest element, the lowest one on ties. NaN is passed over.
fn largest(values: &[f64]) -> usize {
    let mut best: Option<usize> = None;
    for (index, value) in values.iter().enumerate() {
        if !value.is_nan() && best.is_none_or(|best| *value > values[best]) {
            best = Some(index);
        }
    }
    best.unwrap_or(0)
}

/// `output[0]` = the index of the largest logit.
pub(super) fn argmax(args: &Args<'_>) -> Outcome {
    let logits = args.buffer("logits")?.values();
    args.sized("output", 1)?;
    Ok(vec![Expected::all("output", vec![largest(&logits) as f64])])
}

/// Column of the largest element of each row, and the element.
pub(super) fn row_argmax(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    args.sized("index", rows)?;
    args.sized("value", rows)?;
    if cols == 0 {
        return Err(args.misfit("input", "its rows are empty"));
    }
    let index: Vec<usize> = (0..rows).map(|row| largest(&input.row(row))).collect();
    let value = index.iter().enumerate().map(|(row, &col)| input.at(row, col)).collect();
    let index = index.iter().map(|&col| col as f64).collect();
    Ok(vec![Expected::all("index", index), Expected::all("value", value)])
}

/// The `k` largest elements of each row stay, the leftmost of equal ones; all others become negative infinity.
pub(super) fn top_k_mask(args: &Args<'_>, k: usize) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    args.sized("output", input.len())?;
    let mut output = vec![f64::NEG_INFINITY; input.len()];
    for row in 0..rows {
        let x = input.row(row);
        let mut order: Vec<usize> = (0..cols).collect();
        order.sort_by(|&a, &b| x[b].total_cmp(&x[a]).then(a.cmp(&b)));
        order.iter().take(k).for_each(|&col| output[row * cols + col] = x[col]);
    }
    Ok(vec![Expected::all("output", output)])
}
