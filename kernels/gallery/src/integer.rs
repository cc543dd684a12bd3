//! Integer tiles.

use tile::prelude::*;

/// One round of a xorshift hash of each element, then the remainder modulo `modulus` (0 counts as 1).
#[tile::kernel]
pub fn hash<const N: usize, const BN: usize>(
    input: View<u32, 1, N>,
    modulus: u32,
    mut output: Partition<u32, 1, N, 1, BN>,
) {
    let mut x = input.block::<1, BN>(0, output.col());
    x = x ^ (x << 13);
    x = x ^ (x >> 17);
    x = x ^ (x << 5);
    let modulus = if modulus == 0 { 1 } else { modulus };
    output.store(x % modulus);
}

/// Signed arithmetic: `output = clamp(7 - a / 3 - (-a) * b, -1000, 1000)`, division toward zero.
#[tile::kernel]
pub fn signed<const N: usize, const BN: usize>(
    a: View<i32, 1, N>,
    b: View<i32, 1, N>,
    mut output: Partition<i32, 1, N, 1, BN>,
) {
    let at = output.col();
    let a = a.block::<1, BN>(0, at);
    output.store((7 - a / 3 - -a * b.block(0, at)).clamp(-1000, 1000));
}
