//! dbg
fn main() {
    for f in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&f).unwrap();
        match tile_mlir::import(&text, &f) {
            Ok(_) => println!("ok"),
            Err(e) => {
                for e in e {
                    println!("{}", e.report())
                }
            }
        }
    }
}
