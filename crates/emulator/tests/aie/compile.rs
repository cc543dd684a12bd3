//! What the compiler refuses.

use emulator::aie::{Error, Texts, check};

use crate::harness::copies;

/// Whether a text with this body passes; `None` where a tool is missing.
fn passes(body: &str) -> Option<bool> {
    let kernels =
        format!("#include <aie_api/aie.hpp>\nextern \"C\" void copy(const float *x, float *y) {{\n{body}\n}}\n");
    match check(Texts { design: &copies(2, &[]), kernels: &kernels }) {
        Ok(()) => Some(true),
        Err(Error::Compile { diagnostics }) => {
            assert!(diagnostics.iter().all(|one| one.line == 3), "{diagnostics:?}");
            Some(false)
        }
        Err(error) if error.is_skip() => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn vectors_and_operations_that_exist() {
    for (right, wrong) in [
        ("aie::vector<float, 32> v;", "aie::vector<float, 64> v;"),
        ("aie::vector<bfloat16, 8> v;", "aie::vector<bfloat16, 4> v;"),
        ("aie::accum<accfloat, 32> v;", "aie::accum<accfloat, 4> v;"),
        ("aie::load_v<16>(x);", "aie::load_v<12>(x);"),
        ("aie::exp2<bfloat16>(aie::load_v<16>(x));", "aie::exp2<bfloat16>(aie::load_v<32>(x));"),
        ("aie::exp2<bfloat16>(aie::load_v<16>(x));", "aie::exp2<float>(aie::load_v<16>(x));"),
        (
            "aie::mul(aie::load_v<16>(x), aie::zeros<float, 16>());",
            "aie::mul(aie::load_v<16>(x), aie::zeros<bfloat16, 16>());",
        ),
        ("aie::add(aie::load_v<16>(x), aie::load_v<16>(x));", "aie::add(aie::load_v<16>(x), aie::load_v<8>(x));"),
        ("aie::store_v(y, aie::load_v<16>(x));", "aie::store_v(x, aie::load_v<16>(x));"),
    ] {
        let Some(passed) = passes(right) else { return };
        assert!(passed, "{right}");
        assert_eq!(passes(wrong), Some(false), "{wrong}");
    }
}
