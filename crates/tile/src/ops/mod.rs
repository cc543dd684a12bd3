//! Operations on tiles, one file per family.

mod arith;
mod cast;
mod compare;
mod contract;
mod math;
mod operand;
mod reduce;
mod shape;

pub use operand::Operand;

/// Calls macro `$m` for each tile type: its name, const parameters, and shape in the intrinsics' convention.
macro_rules! for_each_tile {
    ($m:ident) => {
        $m!(Tile [R, C] (0, R, C));
        $m!(Tile3 [B, R, C] (B, R, C));
    };
}

use for_each_tile;
