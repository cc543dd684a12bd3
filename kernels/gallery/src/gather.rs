//! Reading by index.

use tile::prelude::*;

/// The sum of the `N` table rows that `index` names, as in an embedding bag. Indices past the table count as rows of
/// zeros.
#[tile::kernel]
pub fn embedding_bag<const ROWS: usize, const D: usize, const N: usize>(
    table: Weights<f16, ROWS, D>,
    index: View<u32, N, 1>,
    mut output: Partition<f32, 1, D>,
) {
    output.store(table.gather_rows(index.load()).to_f32().col_sum());
}

/// `output[i][j] = table[index[i][j]]`, a lookup of single elements; `BR` rows per program.
#[tile::kernel]
pub fn lookup<const N: usize, const R: usize, const C: usize, const BR: usize>(
    table: Weights<f32, 1, N>,
    index: View<u32, R, C>,
    mut output: Partition<f32, R, C, BR, C>,
) {
    output.store(table.gather(index.block::<BR, C>(output.row(), 0)));
}
