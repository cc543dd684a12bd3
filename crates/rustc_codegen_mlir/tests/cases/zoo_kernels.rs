//! The functions of `zoo.rs` as kernels: each stores its result.
#![no_std]

use tile::range;

macro_rules! zoo {
    ($(fn $name:ident($a:ident, $b:ident) $body:block)*) => {
        $(mod $name {
            use super::*;
            use tile::prelude::*;

            #[tile::kernel]
            pub(super) fn kernel(a: u32, b: u32, mut output: Partition<u32, 1, 1>) {
                fn function($a: u32, $b: u32) -> u32 $body
                output.store(Tile::splat(function(a, b)));
            }
        })*

        tile::instances! {
            group "zoo";
            $($name = $name::kernel;)*
        }
    };
}

include!("zoo.rs");
