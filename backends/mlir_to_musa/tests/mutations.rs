//! Lowered kernels with one operation damaged.

mod backend;

#[test]
fn damaged_programs_are_noticed() {
    println!("{}", simt_testing::mutations::sweep(&backend::BACKEND));
}
