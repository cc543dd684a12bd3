#[test]
fn tmp_print() {
    let name = std::env::var("NAME").unwrap();
    for hand in dma_testing::programs::all(&mlir_to_gaudi::limits::TARGET) {
        if hand.core.name == name {
            println!("{}", mlir_to_gaudi::print(&hand.core).unwrap().text);
        }
    }
}
