//! Random kernels: lowered, proven, and run under several schedules against the tile interpreter.

use lower_dma::testing::TARGETS;

#[test]
fn random_kernels_compute_what_the_tile_program_says() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count) = (number("TENFOLD_SEED", 0), number("TENFOLD_KERNELS", 150));
    for target in &TARGETS {
        dma_testing::random::interpreted(first..first + count, target);
    }
}
