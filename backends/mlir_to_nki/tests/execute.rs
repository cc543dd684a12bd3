//! Printed texts on the emulator against the tile interpreter.

mod backend;

use kernel_testing::random::ARGS;

/// Seeds of random kernels.
const SEEDS: std::ops::Range<u64> = 0..300;

/// Each sixth is executed, since each starts Python; all with `TENFOLD_FULL=1`. All are lowered and printed.
#[test]
fn random_kernels_compute_what_the_tile_program_says() {
    let stride = if kernel_testing::full() { 1 } else { 6 };
    kernel_testing::random::sweep(SEEDS, &[], |kernel, seed| {
        let Some(source) = backend::text(kernel)? else { return Ok(false) };
        if seed.is_multiple_of(stride) {
            for args in ARGS {
                backend::check(kernel, &source, &kernel_testing::random_case(kernel, args))?;
            }
        }
        Ok(true)
    });
}
