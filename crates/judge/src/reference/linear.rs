//! Layers over several rows of input, and weights of 8 bits.

use super::{Args, Outcome, ReferenceError};
use cases::Expected;

/// `input · weightᵀ + bias` for every row of `input`.
fn linear(args: &Args<'_>) -> Result<Vec<f64>, ReferenceError> {
    let (input, weight) = (args.buffer("input")?, args.buffer("weight")?);
    let ((rows, k), (n, cols)) = (input.rows_cols(), weight.rows_cols());
    if k != cols {
        return Err(args.misfit("weight", format!("it has {cols} columns for {k} inputs")));
    }
    let bias = args.sized("bias", n)?;
    args.sized("output", rows * n)?;
    let mut output = Vec::with_capacity(rows * n);
    for row in 0..rows {
        let x = input.row(row);
        output.extend((0..n).map(|i| weight.dot(i, &x) + bias.get(i)));
    }
    Ok(output)
}

/// `output = input · weightᵀ + bias`.
pub(super) fn plain(args: &Args<'_>) -> Outcome {
    Ok(vec![Expected::all("output", linear(args)?)])
}

/// `output = gelu(input · weightᵀ + bias)` with GELU's tanh form (Hendrycks and Gimpel 2016).
pub(super) fn gelu(args: &Args<'_>) -> Outcome {
    let gelu = |x: f64| {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
        0.5 * x * (1.0 + inner.tanh())
    };
    Ok(vec![Expected::all("output", linear(args)?.into_iter().map(gelu).collect())])
}

/// `output = input · (weight * scale)ᵀ`: the columns of `weight` are in as many groups as `scale` has columns.
pub(super) fn matvec_int8(args: &Args<'_>) -> Outcome {
    let x = args.buffer("input")?.values();
    let (weight, scale) = (args.buffer("weight")?, args.buffer("scale")?);
    let ((rows, cols), (scales, groups)) = (weight.rows_cols(), scale.rows_cols());
    if cols != x.len() || scales != rows || groups == 0 || cols % groups != 0 {
        return Err(args.misfit("weight", "its shape does not fit `input` and `scale`"));
    }
    args.sized("output", rows)?;
    let group = cols / groups;
    let term = |row: usize, k: usize| x[k] * weight.at(row, k) * scale.at(row, k / group);
    let output = (0..rows).map(|row| (0..cols).map(|k| term(row, k)).sum()).collect();
    Ok(vec![Expected::all("output", output)])
}

/// Each row of `input` to 8 bits, `scale = max|row| / 127`, rounded half up; a row of zeros stays so.
pub(super) fn quantize_rows(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, _) = input.rows_cols();
    args.sized("values", input.len())?;
    args.sized("scale", rows)?;
    let (mut values, mut scales) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let x = input.row(row);
        let scale = x.iter().fold(0.0, |max: f64, x| max.max(x.abs())) / 127.0;
        let step = |x: &f64| {
            if scale == 0.0 { 0.0 } else { (x / scale + 0.5).floor() }
        };
        values.extend(x.iter().map(|x| step(x).clamp(-127.0, 127.0)));
        scales.push(scale);
    }
    Ok(vec![Expected::all("values", values), Expected::all("scale", scales)])
}
