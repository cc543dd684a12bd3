//! Products of matrices.

use super::attention::softmax;
use super::{Args, Outcome};
use cases::Buffer;
use cases::Expected;

/// `a · b` for rows `a_rows` of `a` and as many rows of `b`, from `b_start`, as `a` has columns.
fn product(a: &Buffer, a_rows: std::ops::Range<usize>, b: &Buffer, b_start: usize) -> Vec<f64> {
    let (k, n) = (a.rows_cols().1, b.rows_cols().1);
    let element = |row: usize, col: usize| (0..k).map(|i| a.at(row, i) * b.at(b_start + i, col)).sum();
    a_rows.flat_map(|row| (0..n).map(move |col| (row, col))).map(|(row, col)| element(row, col)).collect()
}

/// `c = a · b`.
pub(super) fn matmul(args: &Args<'_>) -> Outcome {
    let (a, b) = (args.buffer("a")?, args.buffer("b")?);
    let ((m, k), (rows, n)) = (a.rows_cols(), b.rows_cols());
    if k != rows {
        return Err(args.misfit("b", format!("it has {rows} rows for {k} columns")));
    }
    args.sized("c", m * n)?;
    Ok(vec![Expected::all("c", product(a, 0..m, b, 0))])
}

/// Matrix `i` of `output` is matrix `i` of `a` times matrix `i` of `b`; matrices of a stack lie one under the other.
pub(super) fn batched_matmul(args: &Args<'_>) -> Outcome {
    let (a, b) = (args.buffer("a")?, args.buffer("b")?);
    let ((a_rows, k), (b_rows, n)) = (a.rows_cols(), b.rows_cols());
    let count = b_rows.checked_div(k).unwrap_or(0);
    if count == 0 || count * k != b_rows || a_rows % count != 0 {
        return Err(args.misfit("b", format!("{b_rows} rows are no stack of {k}-row matrices")));
    }
    let m = a_rows / count;
    args.sized("output", a_rows * n)?;
    let output = (0..count).flat_map(|i| product(a, i * m..(i + 1) * m, b, i * k)).collect();
    Ok(vec![Expected::all("output", output)])
}

/// `output = aᵀ · a`.
pub(super) fn gram(args: &Args<'_>) -> Outcome {
    let a = args.buffer("a")?;
    let (k, n) = a.rows_cols();
    args.sized("output", n * n)?;
    let element = |i: usize| (0..k).map(|row| a.at(row, i / n) * a.at(row, i % n)).sum();
    Ok(vec![Expected::all("output", (0..n * n).map(element).collect())])
}

/// The mean over heads of softmax over each row of `q · kᵀ`: `q` is a stack of `heads` matrices as high as `output`.
pub(super) fn shared_scores(args: &Args<'_>) -> Outcome {
    let (q, k) = (args.buffer("q")?, args.buffer("k")?);
    let ((q_rows, d), (n, k_cols)) = (q.rows_cols(), k.rows_cols());
    let (m, cols) = args.buffer("output")?.rows_cols();
    if d != k_cols || cols != n || m == 0 || q_rows % m != 0 {
        return Err(args.misfit("q", "its shape does not fit `k` and `output`"));
    }
    let heads = q_rows / m;
    let mut mean = vec![0.0; m * n];
    for row in 0..q_rows {
        let query = q.row(row);
        let scores: Vec<f64> = (0..n).map(|key| k.dot(key, &query)).collect();
        let into = &mut mean[row % m * n..][..n];
        into.iter_mut().zip(softmax(&scores)).for_each(|(mean, p)| *mean += p / heads as f64);
    }
    Ok(vec![Expected::all("output", mean)])
}

/// `output = matrix^power · input`.
pub(super) fn matrix_power(args: &Args<'_>) -> Outcome {
    let matrix = args.buffer("matrix")?;
    let (rows, cols) = matrix.rows_cols();
    let mut x = args.sized("input", cols)?.values();
    if rows != cols {
        return Err(args.misfit("matrix", "it is not square"));
    }
    args.sized("output", rows)?;
    for _ in 0..args.index("power", 1 << 10)? {
        x = (0..rows).map(|row| matrix.dot(row, &x)).collect();
    }
    Ok(vec![Expected::all("output", x)])
}
