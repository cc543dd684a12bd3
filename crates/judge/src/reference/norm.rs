//! Normalisations over the last dimension.

use super::attention::softmax;
use super::{Args, Outcome};
use cases::Expected;

/// Used where the kernel has no `eps` argument: the configuration constant of the seed's listing.
const RMS_EPS: f64 = 1e-6;

/// `output[r][c] = input[r][c] / sqrt(mean(input[r]^2) + eps) * gamma[c]`.
pub(super) fn rms_norm(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    let gamma = args.sized("gamma", cols)?.values();
    let eps = args.float_or("eps", RMS_EPS)?;
    let mut output = Vec::with_capacity(input.len());
    for row in 0..rows {
        let x = input.row(row);
        let mean = x.iter().map(|x| x * x).sum::<f64>() / cols as f64;
        let scale = (mean + eps).sqrt().recip();
        output.extend(x.iter().zip(&gamma).map(|(x, gamma)| x * scale * gamma));
    }
    args.sized("output", output.len())?;
    Ok(vec![Expected::all("output", output)])
}

/// `output[r][c] = (input[r][c] - mean) / sqrt(variance + eps) * gamma[c] + beta[c]`.
pub(super) fn layer_norm(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    let (gamma, beta) = (args.sized("gamma", cols)?.values(), args.sized("beta", cols)?.values());
    let eps = args.float("eps")?;
    args.sized("output", input.len())?;
    let mut output = Vec::with_capacity(input.len());
    for row in 0..rows {
        let x = input.row(row);
        let mean = x.iter().sum::<f64>() / cols as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / cols as f64;
        let scale = (variance + eps).sqrt().recip();
        output
            .extend(x.iter().zip(gamma.iter().zip(&beta)).map(|(x, (gamma, beta))| (x - mean) * scale * gamma + beta));
    }
    Ok(vec![Expected::all("output", output)])
}

/// Softmax of each row.
pub(super) fn softmax_rows(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    args.sized("output", input.len())?;
    let rows = input.rows_cols().0;
    Ok(vec![Expected::all("output", (0..rows).flat_map(|row| softmax(&input.row(row))).collect())])
}
