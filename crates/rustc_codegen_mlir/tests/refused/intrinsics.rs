//! The intrinsics used wrongly, by hand.
#![no_std]
use tile::abi::NO_LIMIT;
use tile::intrinsics::*;

/// The view is declared with one shape and read with another.
extern "C" fn mismatch(input: *const (), output: *mut ()) {
    unsafe {
        __tile_bind_view(input, "input".as_ptr(), 5, 0, 0, 4, 16);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_load(input, 0, 16, 4, 0, 0, 4, 16, 0.0, NO_LIMIT, NO_LIMIT);
        __tile_store(output, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// A read-only view is written.
extern "C" fn read_only(input: *mut (), output: *mut ()) {
    unsafe {
        __tile_bind_view(input, "input".as_ptr(), 5, 0, 0, 4, 16);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(1.0, 0, 0, 4, 16);
        __tile_store(input, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
        __tile_store(output, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// A shape known only at run time.
extern "C" fn runtime_shape(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(1.0, 0, 0, 4, n as usize);
        __tile_store(output, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// A parameter that is never declared.
extern "C" fn undeclared(_input: *const (), output: *mut ()) {
    unsafe {
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(1.0, 0, 0, 4, 16);
        __tile_store(output, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// The row is no parameter.
extern "C" fn computed_row(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        __tile_bind_row(output, "output".as_ptr(), 6, 0, 4, 16, 16, n + 1);
    }
}

/// The matrix is no parameter.
extern "C" fn computed_matrix(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        __tile_bind_matrix(output, "output".as_ptr(), 6, 0, 4, 2, 16, 2, 16, n + 1);
    }
}

/// A view of matrices is read as one matrix.
extern "C" fn flattened(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 4);
        __tile_bind_matrix(output, "output".as_ptr(), 6, 0, 4, 2, 16, 2, 16, n);
        let x = __tile_load(output, 0, 8, 16, 0, 0, 2, 16, 0.0, NO_LIMIT, NO_LIMIT);
        __tile_store_matrix(output, 0, 4, 2, 16, n as usize, 0, 0, x, 2, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// A tile's handle is looked at.
extern "C" fn handle(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(n as f32, 0, 0, 4, 16);
        let y = __tile_splat_f32(x.0 as usize as f32, 0, 0, 4, 16);
        __tile_store(output, 0, 4, 16, 0, 0, y, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// Memory is read through a parameter.
extern "C" fn raw_pointer(input: *const f32, output: *mut ()) {
    unsafe {
        __tile_bind_view(input.cast(), "input".as_ptr(), 5, 0, 0, 4, 16);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(*input, 0, 0, 4, 16);
        __tile_store(output, 0, 4, 16, 0, 0, x, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// Two tiles of different shapes are one value.
extern "C" fn mixture(output: *mut (), n: u32) {
    unsafe {
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let (x, y) = (__tile_splat_f32(1.0, 0, 0, 4, 16), __tile_splat_f32(1.0, 0, 0, 16, 4));
        let z = if n > 3 { x } else { y };
        __tile_store(output, 0, 4, 16, 0, 0, z, 4, 16, NO_LIMIT, NO_LIMIT);
    }
}

/// Codes that do not exist, and a tile without elements.
extern "C" fn bad_codes(output: *mut ()) {
    unsafe {
        __tile_bind_partition(output, "output".as_ptr(), 6, 0, 4, 16, 4, 16);
        let x = __tile_splat_f32(1.0, 77, 0, 4, 16);
        let y = __tile_unary(99, x, 0, 0, 4, 16);
        let z = __tile_splat_f32(1.0, 0, 0, 4, 0);
        __tile_store(output, 0, 4, 16, 0, 0, y, 4, 16, NO_LIMIT, NO_LIMIT);
        __tile_store(output, 0, 4, 16, 0, 0, z, 4, 0, NO_LIMIT, NO_LIMIT);
    }
}

macro_rules! entries {
    ($($name:ident)*) => {
        $(const _: () = {
            #[used]
            #[unsafe(export_name = concat!("__tile_kernel_entry$test$", stringify!($name), "$"))]
            static ENTRY: tile::KernelEntry = tile::KernelEntry($name as *const ());
        };)*
    };
}

entries!(
    mismatch read_only runtime_shape undeclared computed_row computed_matrix flattened handle raw_pointer mixture bad_codes
);
