//! Damaged core programs: each is noticed by the proof, or by running it.

mod backend;

#[test]
fn damaged_programs_are_noticed() {
    println!("{}", dma_testing::mutations::sweep(&backend::BACKEND));
}
