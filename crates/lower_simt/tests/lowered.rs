//! What the lowering makes of small tile programs keeps every rule and computes the same.

mod common;

use common::{TARGET, check, gallery};
use lower_simt::verify::{redundant_barriers, verify};
use tile_ir::Module;

#[test]
fn lowered_programs_are_sound_and_right() {
    for (tile, _) in gallery() {
        let module = Module { name: "test".into(), kernels: vec![tile.clone()] };
        let lowered = lower_simt::lower(&module, &TARGET).expect("supported");
        for lane in &lowered.kernels {
            let text = lower_simt::text::print(lane);
            assert_eq!(verify(lane, &TARGET), Ok(()), "{text}");
            assert_eq!(redundant_barriers(lane, &TARGET), [], "{text}");
            check(&tile, lane, &TARGET, &[1, 2, 3]).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
        }
    }
}
