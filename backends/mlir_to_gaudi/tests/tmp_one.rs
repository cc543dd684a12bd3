mod backend;
#[test]
fn one() {
    let seed: u64 = std::env::var("SEED").unwrap().parse().unwrap();
    dma_testing::random::sweep(seed..seed + 1, 1, &backend::BACKEND);
}
