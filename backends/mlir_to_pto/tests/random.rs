//! Random kernels.

mod backend;

use backend::BACKEND;

/// Kernels of the usual run and of the long one, and of which one in how many the text is executed.
#[test]
fn random_kernels() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let first = number("TENFOLD_SEED", 0);
    let stride = if dma_testing::full() { 1 } else { number("TENFOLD_STRIDE", 10) };
    dma_testing::random::sweep(first..first + number("TENFOLD_KERNELS", 300), stride, &BACKEND);
}
