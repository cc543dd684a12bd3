//! Matrix product in tiles.

use tile::prelude::*;

/// `c = a · b` with bf16 operands and f32 sums: a `BM x BN` block per program, `BK` deep steps.
#[tile::kernel]
pub fn matmul<const M: usize, const N: usize, const K: usize, const BM: usize, const BN: usize, const BK: usize>(
    a: View<bf16, M, K>,
    b: View<bf16, K, N>,
    mut c: Partition<f32, M, N, BM, BN>,
) {
    let (row, col) = (c.row(), c.col());
    let mut acc = Tile::<f32, BM, BN>::zeros();
    for k in tile::range(0, K, BK) {
        let a = a.block::<BM, BK>(row, k).to_f32();
        let b = b.block::<BK, BN>(k, col).to_f32();
        acc = a.dot_acc(b, acc);
    }
    c.store(acc);
}

/// `gram = aᵀ · a` for a tall matrix, `BK` rows at a time; bf16 result.
#[tile::kernel]
pub fn gram<const K: usize, const N: usize, const BK: usize>(a: View<f32, K, N>, mut output: Partition<bf16, N, N>) {
    let mut acc = Tile::<f32, N, N>::zeros();
    for k in tile::range(0, K, BK) {
        let rows = a.block::<BK, N>(k, 0);
        acc = rows.t_dot_acc(rows, acc);
    }
    output.store(acc.to_bf16());
}
