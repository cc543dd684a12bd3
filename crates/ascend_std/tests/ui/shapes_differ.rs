use ascend_std::{GmDeviceCtx, safe, tile_load_view_f32, tile_store_view_f32};

#[ascend_std::aiv_kernel]
pub unsafe fn shapes_differ(a: *const f32, b: *const f32, output: *mut f32) {
    let ctx = unsafe { GmDeviceCtx::new() };
    let a = tile_load_view_f32(&unsafe { ctx.view::<1, 8, f32>(a) });
    let b = tile_load_view_f32(&unsafe { ctx.view::<1, 16, f32>(b) });
    let out_v = unsafe { ctx.view_mut::<1, 8, f32>(output) };
    tile_store_view_f32(&out_v, safe::tile_add_f32::<1, 8>(a, b));
}

fn main() {}
