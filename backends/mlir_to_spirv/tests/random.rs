//! Random kernels, lowered, printed and executed.

mod backend;

use backend::BACKEND;

#[test]
fn random_kernels_compute_what_they_should() {
    if let Err(why) = simt_testing::available("vulkan") {
        println!("skipped: {why}");
        return;
    }
    let (seeds, stride) = if simt_testing::full() { (0..4000, 10) } else { (0..300, 15) };
    simt_testing::random::sweep(seeds, stride, &BACKEND);
}
