//! Which arguments of the intrinsics must be constants.
//!
//! Mirrors the declarations in `tile::intrinsics`, where these arguments are marked `const`.

/// Positions of the constant arguments of an intrinsic; empty for other functions.
pub(crate) fn constant_arguments(name: &str) -> &'static [usize] {
    match name {
        "__tile_bind_view" => &[1, 2, 3, 4, 5, 6],
        "__tile_bind_partition" => &[1, 2, 3, 4, 5, 6, 7],
        "__tile_bind_row" => &[1, 2, 3, 4, 5, 6],
        "__tile_bind_matrix" => &[1, 2, 3, 4, 5, 6, 7, 8],
        "__tile_bind_u32" => &[1, 2, 3],
        "__tile_bind_f32" => &[1, 2],
        "__tile_program_id" | "__tile_num_programs" => &[0],
        "__tile_load" => &[1, 2, 3, 6, 7, 8],
        "__tile_store" => &[1, 2, 3, 7, 8],
        "__tile_load_matrix" => &[1, 2, 3, 4, 8, 9, 10],
        "__tile_store_matrix" => &[1, 2, 3, 4, 9, 10],
        "__tile_gather" => &[1, 2, 3, 5, 6, 7],
        "__tile_splat_f32" | "__tile_splat_u32" => &[1, 2, 3, 4],
        "__tile_iota" => &[0, 1, 2, 3],
        "__tile_unary" => &[0, 2, 3, 4, 5],
        "__tile_binary" => &[0, 3, 4, 5, 6],
        "__tile_fma" => &[3, 4, 5, 6],
        "__tile_compare" => &[0, 3, 4, 5, 6],
        "__tile_select" => &[3, 4, 5, 6],
        "__tile_cast" => &[1, 2, 3, 4, 5],
        "__tile_scalar_unary" => &[0],
        "__tile_broadcast" | "__tile_reshape" => &[1, 2, 3, 4, 5, 6, 7],
        "__tile_transpose" => &[1, 2, 3, 4],
        "__tile_slice" => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        "__tile_insert" => &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        "__tile_extract_f32" | "__tile_extract_u32" => &[1, 2],
        "__tile_reduce" => &[0, 2, 3, 4, 5, 6],
        "__tile_contract" => &[3, 4, 5, 6, 7, 8],
        _ => &[],
    }
}
