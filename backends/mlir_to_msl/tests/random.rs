//! Random kernels, lowered and printed.

use tile_ir::Module;
use tile_ir::testing::kernel_from_seed;

/// Whatever the kernel, the lowering's program is one that the printer accepts, and two runs give the same bytes.
#[test]
#[ignore = "the lowering of some random kernels takes minutes"]
fn random_kernels_are_printed() {
    let mut printed = 0;
    for seed in 0..200 {
        let module = Module { name: "random".to_owned(), kernels: vec![kernel_from_seed(seed)] };
        let options = mlir_to_msl::Options::default();
        let sources = match mlir_to_msl::emit(&module, &options) {
            Ok(sources) => sources,
            Err(errors) => {
                let refused = errors.iter().all(|error| {
                    matches!(error, lower_simt::Error::Unsupported { .. } | lower_simt::Error::Limit { .. })
                });
                assert!(refused, "seed {seed}: {errors:?}");
                continue;
            }
        };
        assert_eq!(Ok(&sources), mlir_to_msl::emit(&module, &options).as_ref(), "seed {seed}");
        assert_eq!(sources.len(), 1);
        printed += 1;
    }
    assert!(printed > 100, "{printed} of 200 kernels were printed");
}
