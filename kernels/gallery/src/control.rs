//! Control flow: `while`, `if`, `match`, early return, loops with runtime bounds, nested loops.

use tile::prelude::*;

/// Newton's iteration for `sqrt` of each element at once, until the largest change falls under `tolerance` or 32
/// steps are done. Elements are positive.
#[tile::kernel]
pub fn newton_sqrt<const N: usize>(input: View<f32, 1, N>, tolerance: f32, mut output: Partition<f32, 1, N>) {
    let a = input.load();
    let mut x = a.max(1.0);
    let mut steps = 0;
    let mut change = f32::MAX;
    while change > tolerance && steps < 32 {
        let next = (x + a / x) * 0.5;
        change = (next - x).abs().row_max().item();
        x = next;
        steps += 1;
    }
    output.store(x);
}

/// Applies the activation that `kind` selects: 0 none, 1 relu, 2 silu, else tanh. Copies if `scale` is 0.
#[tile::kernel]
pub fn activation<const R: usize, const C: usize, const BR: usize>(
    input: View<f32, R, C>,
    kind: u32,
    scale: f32,
    mut output: Partition<f32, R, C, BR, C>,
) {
    let x = input.block::<BR, C>(output.row(), 0);
    if scale == 0.0 {
        output.store(x);
        return;
    }
    let y = match kind {
        0 => x,
        1 => x.max(0.0),
        2 => x.silu(),
        _ => x.tanh(),
    };
    output.store(y * scale);
}

/// The sum of the first `length` rows, in chunks of `CH` rows.
#[tile::kernel]
pub fn prefix_sum_rows<const R: usize, const C: usize, const CH: usize>(
    input: View<f32, R, C>,
    length: Position<R>,
    mut output: Partition<f32, 1, C>,
) {
    let length = length.get();
    let mut sum = Tile::<f32, 1, C>::zeros();
    for start in tile::range(0, length, CH) {
        let limits = Limits::rows(length - start);
        sum += input.block_limited::<CH, C>(start, 0, limits).col_sum();
    }
    output.store(sum);
}

/// `output = A^power · input` for a square matrix and a column, with the matrix read in `BK`-wide panels.
#[tile::kernel]
pub fn matrix_power<const N: usize, const BK: usize>(
    matrix: View<f32, N, N>,
    input: View<f32, N, 1>,
    power: u32,
    mut output: Partition<f32, N, 1>,
) {
    output.store(input.load());
    for _ in 0..power {
        let mut next = Tile::<f32, N, 1>::zeros();
        for k in tile::range(0, N, BK) {
            next = matrix.block::<N, BK>(0, k).dot_acc(output.load_part(k, 0), next);
        }
        output.store(next);
    }
}
