//! Random kernels.

mod backend;

use backend::BACKEND;

/// All are lowered, proven and run by the interpreter; the text of one in ten, or of all in the long run, is executed.
#[test]
fn random_kernels_compute_what_they_should() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let first = number("TENFOLD_SEED", 0);
    let stride = if dma_testing::full() { 1 } else { number("TENFOLD_STRIDE", 10) };
    dma_testing::random::sweep(first..first + number("TENFOLD_KERNELS", 300), stride, &BACKEND);
}
