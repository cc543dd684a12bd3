//! Kernels by hand: what their texts compute on the emulator is what the tile interpreter says.

mod backend;

#[test]
fn texts_compute_what_the_interpreter_says() {
    let kernels = backend::hand();
    assert!(kernels.len() >= 13, "only {} kernels are lowered", kernels.len());
    for kernel in kernels {
        let source = backend::text(&kernel).unwrap_or_else(|error| panic!("{error}")).expect("lowered before");
        for case in kernel_testing::judged_cases(&kernel, &[1, 2, 3]) {
            backend::check(&kernel, &source, &case).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
