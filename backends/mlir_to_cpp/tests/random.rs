//! Random kernels, lowered, printed and executed.

mod backend;

use backend::BACKEND;

#[test]
fn random_kernels_compute_what_they_should() {
    let (seeds, stride) = if dma_testing::full() { (0..2000, 10) } else { (0..300, 20) };
    dma_testing::random::sweep(seeds, stride, &BACKEND);
}
