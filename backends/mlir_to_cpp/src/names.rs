//! File names and reserved words.

/// Extension of the files: what CMake and the compiler take for AscendC.
pub const EXTENSION: &str = "asc";

/// Words beyond those of C++: what the API declares, as far as variables could have these names.
pub const WORDS: &[&str] = &[
    "Abs", "Add", "Adds", "AscendC", "Brcb", "Cast", "Compare", "CompareScalar", "Copy", "DataCopy", "DataCopyPad", "Div", "Duplicate", "Exp",
    "GetBlockIdx", "GetBlockNum", "GlobalTensor", "HardEvent", "InitSocState", "Ln", "LocalTensor", "Max", "Maxs", "Min", "Mins", "Mul", "MulAddDst",
    "Muls", "PIPE_ALL", "PIPE_MTE2", "PIPE_MTE3", "PIPE_S", "PIPE_V", "PipeBarrier", "SCRATCH", "Select", "SetFlag", "Sqrt", "Sub", "TPosition", "WaitFlag",
    "WholeReduceMax", "WholeReduceMin", "WholeReduceSum", "bfloat16_t", "block_idx", "block_num", "blocks", "half", "int16_t", "int32_t", "int64_t",
    "int8_t", "stream", "sub_block_idx", "uint16_t", "uint32_t", "uint64_t", "uint8_t",
];
