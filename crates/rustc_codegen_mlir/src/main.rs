//! x
fn main() {
    println!(
        "{}",
        rustc_codegen_mlir::dump(&std::fs::read(std::env::args().nth(1).unwrap()).unwrap())
    );
}
