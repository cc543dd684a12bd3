#[ascend_std::aiv_kernel]
pub unsafe fn generic<const D: usize>(output: *mut f32) {
    let _ = output;
}

#[ascend_std::aiv_kernel]
pub unsafe fn returns(output: *mut f32) -> f32 {
    let _ = output;
    0.0
}

#[ascend_std::aiv_kernel]
pub unsafe fn takes_a_double(output: *mut f32, eps: f64) {
    let _ = (output, eps);
}

#[ascend_std::aiv_kernel(fast)]
pub unsafe fn option(output: *mut f32) {
    let _ = output;
}

fn main() {}
