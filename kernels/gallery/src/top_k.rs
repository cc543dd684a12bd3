//! Choosing the largest elements.

use tile::prelude::*;

/// Keeps the `K` largest elements of each row, of equal ones the leftmost, and sets all others to negative infinity.
/// `BR` rows per program. Rows hold no NaN.
#[tile::kernel]
pub fn top_k_mask<const R: usize, const C: usize, const K: usize, const BR: usize>(
    input: View<f32, R, C>,
    mut output: Partition<f32, R, C, BR, C>,
) {
    const { assert!(K <= C, "a row has fewer than `K` elements") };
    let x = input.block::<BR, C>(output.row(), 0);
    let column = Tile::<u32, BR, C>::col_index();
    let mut taken = Mask::<BR, C>::zeros();
    for _ in 0..K {
        let rest = taken.select(f32::NEG_INFINITY, x);
        let largest = rest.eq(rest.row_max().broadcast_cols()) & !taken;
        let first = largest.select(column, u32::MAX).row_min();
        taken = taken | column.eq(first.broadcast_cols());
    }
    output.store(taken.select(x, f32::NEG_INFINITY));
}

/// The column of the largest element of each row, the leftmost of equal ones, and the element. `BR` rows per program.
#[tile::kernel]
pub fn row_argmax<const R: usize, const C: usize, const BR: usize>(
    input: View<f32, R, C>,
    mut index: Partition<u32, R, 1, BR, 1>,
    mut value: Partition<f32, R, 1, BR, 1>,
) {
    let x = input.block::<BR, C>(index.row(), 0);
    index.store(x.row_argmax());
    value.store(x.row_max());
}
