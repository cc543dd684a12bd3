//! Kernels in the style of ascend-rs: `#[aiv_kernel]` functions over raw pointers, of which the body makes views of
//! whole buffers. A thin layer over [`tile`]; new kernels are better written with [`tile::kernel`](macro@tile::kernel), which
//! divides outputs over programs and needs no `unsafe`.
//!
//! Such a kernel runs as one program. It is compiled as a kernel of the group named like its package.
#![no_std]

mod context;
pub mod safe;

pub use context::{GmDeviceCtx, GmPointer, GmPointerMut, GmView, GmViewMut};
pub use tile::Tile;
pub use tile_macros::aiv_kernel;

macro_rules! loads_and_stores {
    ($($T:ident $load:ident $store:ident,)*) => { $(
        /// The whole buffer as a tile.
        #[inline(always)]
        pub fn $load<const R: usize, const C: usize>(view: &GmView<R, C, $T>) -> Tile<$T, R, C> {
            view.load()
        }

        /// Writes the whole buffer.
        #[inline(always)]
        pub fn $store<const R: usize, const C: usize>(view: &GmViewMut<R, C, $T>, tile: Tile<$T, R, C>) {
            view.store(tile);
        }
    )* };
}

use tile::{bf16, f16};

loads_and_stores! {
    f32 tile_load_view_f32 tile_store_view_f32,
    bf16 tile_load_view_bf16 tile_store_view_bf16,
    f16 tile_load_view_f16 tile_store_view_f16,
    u32 tile_load_view_u32 tile_store_view_u32,
}

/// What the attribute's output calls.
#[doc(hidden)]
pub mod private {
    pub use crate::context::named;
    pub use tile::private::{KernelEntry, bind};
}
