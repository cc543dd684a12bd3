//! File names and reserved words.

/// Extension of the files.
pub const EXTENSION: &str = "cpp";

/// Words of the library, of the device compiler and of the text's own declarations, beyond those of C++.
pub const WORDS: &[&str] = &[
    "AICORE", "BLayout", "CmpMode", "Column", "EVENT_ID0", "EVENT_ID1", "EVENT_ID2", "EVENT_ID3", "EVENT_ID4", "EVENT_ID5",
    "EVENT_ID6", "EVENT_ID7", "Global", "GlobalTensor", "INFINITY", "Layout", "NAN", "NULL", "PIPE_ALL", "PIPE_FIX", "PIPE_M",
    "PIPE_MTE1", "PIPE_MTE2", "PIPE_MTE3", "PIPE_S", "PIPE_V", "PTO_INST", "PTO_INTERNAL", "PadValue", "PadValueCustom", "Part",
    "RoundMode", "Rows", "SLayout", "Shape", "Stride", "Tile", "TileType", "bfloat16_t", "block_idx", "block_num", "blocks",
    "float16_t", "float32_t", "get_block_idx", "half", "int16_t", "int32_t", "int64_t", "int8_t", "pipe_barrier", "pto",
    "set_flag", "set_mask_norm", "set_vector_mask", "size_t", "std", "stream", "uint16_t", "uint32_t", "uint64_t", "uint8_t",
    "uintptr_t", "wait_flag",
];

/// Name of the function that starts the kernel `entry` on a stream.
#[must_use]
pub fn launcher(entry: &str) -> String {
    format!("call_{entry}")
}
