//! Lowered kernels with one operation damaged.

mod backend;

#[test]
fn damaged_programs_are_noticed() {
    if backend::available() {
        println!("{}", simt_testing::mutations::sweep(&backend::BACKEND));
    }
}
