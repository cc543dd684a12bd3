//! Every damaged core program is noticed: by the proof, or by running it.

use lower_dma::testing::{ASCEND, BANG, BANG_ASYNC, GAUDI};

#[test]
fn damaged_programs_are_noticed() {
    for target in [ASCEND, BANG, BANG_ASYNC, GAUDI] {
        println!("{}: {}", target.name, dma_testing::mutations::interpreted(&target));
    }
}
