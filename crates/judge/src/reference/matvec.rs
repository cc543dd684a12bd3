//! A matrix of weights, one output per row, times a vector; and the row gather that is the embedding.

use super::{Args, Outcome, ReferenceError, silu};
use cases::Expected;

/// `weight · input`, plus `bias` if the kernel has it.
fn product(args: &Args<'_>, input: &str, weight: &str, bias: &str) -> Result<Vec<f64>, ReferenceError> {
    let x = args.buffer(input)?.values();
    let matrix = args.buffer(weight)?;
    let (rows, cols) = matrix.rows_cols();
    if cols != x.len() {
        return Err(args.misfit(weight, format!("it has {cols} columns for {} inputs", x.len())));
    }
    let mut y: Vec<f64> = (0..rows).map(|row| matrix.dot(row, &x)).collect();
    if args.optional(bias).is_some() {
        let bias = args.sized(bias, rows)?;
        y.iter_mut().enumerate().for_each(|(row, y)| *y += bias.get(row));
    }
    Ok(y)
}

/// `output = weight · input (+ bias)`.
pub(super) fn matvec(args: &Args<'_>) -> Outcome {
    let y = product(args, "input", "weight", "bias")?;
    args.sized("output", y.len())?;
    Ok(vec![Expected::all("output", y)])
}

/// `hidden += weight · input (+ bias)`.
pub(super) fn matvec_residual(args: &Args<'_>) -> Outcome {
    let y = product(args, "input", "weight", "bias")?;
    let hidden = args.sized("hidden", y.len())?;
    let sum = y.iter().enumerate().map(|(i, y)| y + hidden.get(i)).collect();
    Ok(vec![Expected::all("hidden", sum)])
}

/// Row `position` of `k_cache` and `v_cache`: `k_weight · input (+ k_bias)`, and the same for v.
pub(super) fn kv_proj(args: &Args<'_>) -> Outcome {
    let mut outputs = Vec::new();
    for (cache, weight, bias) in [("k_cache", "k_weight", "k_bias"), ("v_cache", "v_weight", "v_bias")] {
        let y = product(args, "input", weight, bias)?;
        outputs.push(row_of(args, cache, y)?);
    }
    Ok(outputs)
}

/// Row `position` of `cache` becomes `values`; the rest stays.
pub(super) fn row_of(args: &Args<'_>, cache: &str, values: Vec<f64>) -> Result<Expected, ReferenceError> {
    let buffer = args.buffer(cache)?;
    let rows = buffer.shape.dims().first().copied().unwrap_or(1) as usize;
    let position = args.index("position", rows)?;
    if values.len() * rows != buffer.len() {
        return Err(args.misfit(cache, format!("its rows are not {} elements long", values.len())));
    }
    let mut expected = vec![None; buffer.len()];
    let start = position * values.len();
    expected[start..start + values.len()].iter_mut().zip(values).for_each(|(to, value)| *to = Some(value));
    Ok(Expected { name: cache.to_string(), values: expected })
}

/// `output = silu(gate_weight · input) * (up_weight · input)`.
pub(super) fn gate_up_silu(args: &Args<'_>) -> Outcome {
    let gate = product(args, "input", "gate_weight", "gate_bias")?;
    let up = product(args, "input", "up_weight", "up_bias")?;
    args.sized("up_weight", args.buffer("gate_weight")?.len())?;
    args.sized("output", gate.len())?;
    let output = gate.iter().zip(&up).map(|(gate, up)| silu(*gate) * up).collect();
    Ok(vec![Expected::all("output", output)])
}

/// `output = table[token]`.
pub(super) fn embedding(args: &Args<'_>) -> Outcome {
    let table = args.buffer("table")?;
    let (rows, cols) = table.rows_cols();
    let token = args.index("token", rows)?;
    args.sized("output", cols)?;
    Ok(vec![Expected::all("output", table.row(token))])
}
