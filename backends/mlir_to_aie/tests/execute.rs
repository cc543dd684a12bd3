//! Printed texts on the emulator with every access checked, against the tile interpreter.

mod backend;

/// Seeds of random kernels.
const SEEDS: std::ops::Range<u64> = 0..300;

/// Each tenth is executed as text, since each takes several runs of the compiler; all with `TENFOLD_FULL=1`.
#[test]
fn random_kernels_compute_what_the_tile_program_says() {
    dma_testing::random::sweep(SEEDS, if dma_testing::full() { 1 } else { 10 }, &backend::BACKEND);
}
