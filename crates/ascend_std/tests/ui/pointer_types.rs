use ascend_std::{GmDeviceCtx, tile_load_view_f32, tile_store_view_f32};

#[ascend_std::aiv_kernel]
pub unsafe fn other_element(input: *const u32, output: *mut f32) {
    let ctx = unsafe { GmDeviceCtx::new() };
    let in_v = unsafe { ctx.view::<1, 8, f32>(input) };
    let out_v = unsafe { ctx.view_mut::<1, 8, f32>(output) };
    tile_store_view_f32(&out_v, tile_load_view_f32(&in_v));
}

#[ascend_std::aiv_kernel]
pub unsafe fn writes_its_input(input: *const f32, output: *mut f32) {
    let ctx = unsafe { GmDeviceCtx::new() };
    let in_v = unsafe { ctx.view_mut::<1, 8, f32>(input) };
    let out_v = unsafe { ctx.view_mut::<1, 8, f32>(output) };
    tile_store_view_f32(&out_v, tile_load_view_f32(&in_v));
}

fn main() {}
