//! Moving and choosing elements.

use super::{Args, Outcome};
use cases::Expected;

/// `output = inputᵀ`.
pub(super) fn transpose(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    args.sized("output", rows * cols)?;
    let output = (0..cols).flat_map(|col| (0..rows).map(move |row| input.at(row, col))).collect();
    Ok(vec![Expected::all("output", output)])
}

/// `left` and `right` side by side, and below them `right` and `left`.
pub(super) fn interleave(args: &Args<'_>) -> Outcome {
    let (left, right) = (args.buffer("left")?, args.buffer("right")?);
    let rows = left.rows_cols().0;
    if rows != right.rows_cols().0 {
        return Err(args.misfit("right", "it has not as many rows as `left`"));
    }
    let mut output = Vec::new();
    for (first, second) in [(left, right), (right, left)] {
        (0..rows).for_each(|row| output.extend(first.row(row).into_iter().chain(second.row(row))));
    }
    args.sized("output", output.len())?;
    Ok(vec![Expected::all("output", output)])
}

/// The sum of the rows of `table` that `index` names; rows past the table are zeros.
pub(super) fn embedding_bag(args: &Args<'_>) -> Outcome {
    let (table, index) = (args.buffer("table")?, args.buffer("index")?);
    let (rows, cols) = table.rows_cols();
    args.sized("output", cols)?;
    let mut output = vec![0.0; cols];
    for row in (0..index.len()).map(|i| index.bits(i)).filter(|&row| row < rows as u64) {
        output.iter_mut().zip(table.row(row as usize)).for_each(|(sum, x)| *sum += x);
    }
    Ok(vec![Expected::all("output", output)])
}

/// `output[i] = table[index[i]]`; 0 past the table.
pub(super) fn lookup(args: &Args<'_>) -> Outcome {
    let (table, index) = (args.buffer("table")?, args.buffer("index")?);
    args.sized("output", index.len())?;
    let element = |i: u64| {
        if i < table.len() as u64 { table.get(i as usize) } else { 0.0 }
    };
    Ok(vec![Expected::all("output", (0..index.len()).map(|i| element(index.bits(i))).collect())])
}

/// The sum of the first `length` rows.
pub(super) fn prefix_sum_rows(args: &Args<'_>) -> Outcome {
    let input = args.buffer("input")?;
    let (rows, cols) = input.rows_cols();
    let length = args.index("length", rows + 1)?;
    args.sized("output", cols)?;
    let sum = |col: usize| (0..length).map(|row| input.at(row, col)).sum();
    Ok(vec![Expected::all("output", (0..cols).map(sum).collect())])
}
