//! Normalisations over the last dimension.

use super::{Args, Outcome};
use crate::compare::Expected;

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
