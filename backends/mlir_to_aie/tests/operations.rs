//! Core programs by hand: what their texts compute on the emulator is what the interpreter of core programs says.

mod backend;

#[test]
fn texts_compute_what_the_interpreter_says() {
    dma_testing::programs::hand(&backend::BACKEND);
}
