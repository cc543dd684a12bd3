//! Lowered kernels with one operation damaged.

mod backend;

#[test]
fn damaged_programs_are_noticed() {
    println!("{}", dma_testing::mutations::sweep(&backend::BACKEND));
}
