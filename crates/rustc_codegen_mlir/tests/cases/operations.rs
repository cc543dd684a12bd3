//! Every intrinsic, with every operation code and element type it takes.
#![no_std]
use tile::abi::NO_LIMIT;
use tile::intrinsics::*;

const F32: u32 = 0;
const BF16: u32 = 1;
const F16: u32 = 2;
const I8: u32 = 3;
const U32: u32 = 4;
const I32: u32 = 5;
const BOOL: u32 = 6;

/// Stores an `f32` tile of `4 x 8` so that it counts.
unsafe fn keep(output: *mut (), x: Raw) {
    unsafe { __tile_store(output, F32, 4, 8, 0, 0, x, 4, 8, NO_LIMIT, NO_LIMIT) }
}

unsafe fn bind(output: *mut ()) {
    unsafe { __tile_bind_partition(output, "output".as_ptr(), 6, F32, 4, 8, 4, 8) }
}

unsafe fn as_float(x: Raw, elem: u32) -> Raw {
    unsafe { __tile_cast(x, elem, F32, 0, 4, 8) }
}

macro_rules! list {
    ($output:ident, $($x:expr),* $(,)?) => { unsafe { $(keep($output, $x);)* } };
}

extern "C" fn floats(output: *mut (), x: f32, y: f32) {
    unsafe {
        bind(output);
        __tile_bind_f32(x, "x".as_ptr(), 1);
        __tile_bind_f32(y, "y".as_ptr(), 1);
        let (a, b) = (__tile_splat_f32(x, F32, 0, 4, 8), __tile_splat_f32(y, F32, 0, 4, 8));
        macro_rules! unary { ($($op:literal)*) => { list!(output, $(__tile_unary($op, a, F32, 0, 4, 8)),*) } }
        macro_rules! binary { ($($op:literal)*) => { list!(output, $(__tile_binary($op, a, b, F32, 0, 4, 8)),*) } }
        macro_rules! compare {
            ($($op:literal)*) => { list!(output, $(__tile_select(__tile_compare($op, a, b, F32, 0, 4, 8), a, b, F32, 0, 4, 8)),*) };
        }
        macro_rules! scalar {
            ($($op:literal)*) => { list!(output, $(__tile_splat_f32(__tile_scalar_unary($op, x), F32, 0, 4, 8)),*) };
        }
        unary!(0 1 2 3 4 5 6 7 8 9 10);
        scalar!(0 1 2 3 4 5 6 7 8 9 10);
        binary!(0 1 2 3 5 6);
        compare!(0 1 2 3 4 5);
        keep(output, __tile_fma(a, b, a, F32, 0, 4, 8));
        for elem in [BF16, F16] {
            let narrow = __tile_cast(a, F32, elem, 0, 4, 8);
            keep(output, as_float(__tile_unary(2, narrow, elem, 0, 4, 8), elem));
            keep(output, as_float(__tile_splat_f32(x, elem, 0, 4, 8), elem));
        }
        keep(output, as_float(__tile_cast(__tile_splat_f32(0.1, BF16, 0, 4, 8), BF16, F16, 0, 4, 8), F16));
    }
}

extern "C" fn integers(output: *mut (), n: u32) {
    unsafe {
        bind(output);
        __tile_bind_u32(n, "n".as_ptr(), 1, 100);
        for elem in [U32, I32, I8] {
            let a = __tile_splat_u32(n, elem, 0, 4, 8);
            let b = __tile_splat_u32(0xFFFF_FF83, elem, 0, 4, 8);
            macro_rules! binary { ($($op:literal)*) => { list!(output, $(as_float(__tile_binary($op, a, b, elem, 0, 4, 8), elem)),*) } }
            macro_rules! unary { ($($op:literal)*) => { list!(output, $(as_float(__tile_unary($op, a, elem, 0, 4, 8), elem)),*) } }
            macro_rules! reduce {
                ($($op:literal)*) => {
                    list!(output, $(as_float(__tile_broadcast(__tile_reduce($op, b, elem, 2, 0, 4, 8), elem, 0, 4, 1, 0, 4, 8), elem)),*)
                };
            }
            binary!(0 1 2 3 4 5 6 7 8 9 10 11);
            unary!(0 1 11);
            reduce!(0 1 2);
            keep(output, as_float(__tile_compare(2, a, b, elem, 0, 4, 8), BOOL));
            keep(output, as_float(__tile_cast(a, elem, BOOL, 0, 4, 8), BOOL));
            keep(output, as_float(__tile_cast(__tile_cast(a, elem, I8, 0, 4, 8), I8, U32, 0, 4, 8), U32));
            let float = as_float(a, elem);
            keep(output, as_float(__tile_cast(float, F32, elem, 0, 4, 8), elem));
        }
        let (p, q) = (__tile_splat_u32(n, BOOL, 0, 4, 8), __tile_splat_u32(1, BOOL, 0, 4, 8));
        macro_rules! logic { ($($op:literal)*) => { list!(output, $(as_float(__tile_binary($op, p, q, BOOL, 0, 4, 8), BOOL)),*) } }
        logic!(7 8 9);
        keep(output, as_float(__tile_unary(11, p, BOOL, 0, 4, 8), BOOL));
    }
}

extern "C" fn shapes(output: *mut (), table: *const (), n: u32) {
    unsafe {
        bind(output);
        __tile_bind_view(table, "table".as_ptr(), 5, 1, BF16, 16, 8);
        __tile_bind_u32(n, "n".as_ptr(), 1, 0);
        let a = __tile_load(table, BF16, 16, 8, n as usize, 0, 4, 8, -1.5, n as usize, NO_LIMIT);
        let a = as_float(a, BF16);
        keep(output, __tile_load(output, F32, 4, 8, 0, 0, 4, 8, 0.0, 3, 5));
        let flat = __tile_reshape(a, F32, 0, 4, 8, 2, 4, 4);
        let flipped = __tile_transpose(flat, F32, 2, 4, 4);
        keep(output, __tile_reshape(flipped, F32, 2, 4, 4, 0, 4, 8));
        keep(output, __tile_transpose(__tile_reshape(a, F32, 0, 4, 8, 0, 8, 4), F32, 0, 8, 4));
        let part = __tile_slice(flat, F32, 2, 4, 4, 1, 2, 0, 0, 2, 4);
        keep(output, __tile_reshape(__tile_insert(part, flat, F32, 0, 2, 4, 0, 1, 0, 2, 4, 4), F32, 2, 4, 4, 0, 4, 8));
        let corner = __tile_slice(a, F32, 0, 4, 8, 0, 1, 3, 0, 2, 5);
        keep(output, __tile_insert(corner, a, F32, 0, 2, 5, 0, 2, 0, 0, 4, 8));
        let column = __tile_reduce(1, a, F32, 2, 0, 4, 8);
        keep(output, __tile_broadcast(column, F32, 0, 4, 1, 0, 4, 8));
        let layers = __tile_broadcast(a, F32, 0, 4, 8, 2, 4, 8);
        let one = __tile_reduce(2, layers, F32, 0, 2, 4, 8);
        keep(output, __tile_reshape(one, F32, 1, 4, 8, 0, 4, 8));
        keep(output, __tile_broadcast(__tile_reduce(0, a, F32, 1, 0, 4, 8), F32, 0, 1, 8, 0, 4, 8));
        let iota = __tile_iota(2, 0, 4, 8);
        keep(output, as_float(iota, U32));
        keep(output, as_float(__tile_reshape(__tile_iota(0, 2, 4, 4), U32, 2, 4, 4, 0, 4, 8), U32));
        keep(output, as_float(__tile_gather(table, BF16, 16, 8, iota, 4, 8, 2.0), BF16));
        let (i, j) = (n as usize % 4, n as usize % 8);
        keep(output, __tile_splat_f32(__tile_extract_f32(a, 4, 8, i, j) + __tile_extract_f32(a, 4, 8, 1, 2), F32, 0, 4, 8));
        keep(output, as_float(__tile_splat_u32(__tile_extract_u32(iota, 4, 8, i, j), U32, 0, 4, 8), U32));
    }
}

extern "C" fn products(output: *mut ()) {
    unsafe {
        bind(output);
        let acc = __tile_splat_f32(1.0, F32, 0, 4, 8);
        let tile = |r, c| __tile_splat_f32(0.5, F32, 0, r, c);
        keep(output, __tile_contract(tile(4, 6), tile(6, 8), acc, 0, 4, 8, 6, 0, 0));
        keep(output, __tile_contract(tile(6, 4), tile(6, 8), acc, 0, 4, 8, 6, 1, 0));
        keep(output, __tile_contract(tile(4, 6), tile(8, 6), acc, 0, 4, 8, 6, 0, 1));
        keep(output, __tile_contract(tile(6, 4), tile(8, 6), acc, 0, 4, 8, 6, 1, 1));
        let batch = |r, c| __tile_splat_f32(0.5, F32, 2, r, c);
        let product = __tile_contract(batch(4, 3), batch(4, 3), batch(4, 4), 2, 4, 4, 3, 0, 1);
        keep(output, __tile_reshape(product, F32, 2, 4, 4, 0, 4, 8));
        let programs = __tile_program_id(0) + __tile_num_programs(1);
        keep(output, as_float(__tile_splat_u32(programs, U32, 0, 4, 8), U32));
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

entries!(floats integers shapes products);
