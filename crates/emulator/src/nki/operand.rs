//! Arguments and outputs of launches.

use super::fault::Fault;
use super::shared;
use crate::Arg;

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `nl.float32`.
    F32,
    /// `nl.bfloat16`.
    Bf16,
    /// `nl.float16`.
    F16,
    /// `nl.int32`.
    I32,
    /// `nl.uint32`.
    U32,
    /// `nl.int16`.
    I16,
    /// `nl.uint16`.
    U16,
    /// `nl.int8`.
    I8,
    /// `nl.uint8`.
    U8,
}

impl Dtype {
    /// Name in `nki.language`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "float32",
            Dtype::Bf16 => "bfloat16",
            Dtype::F16 => "float16",
            Dtype::I32 => "int32",
            Dtype::U32 => "uint32",
            Dtype::I16 => "int16",
            Dtype::U16 => "uint16",
            Dtype::I8 => "int8",
            Dtype::U8 => "uint8",
        }
    }

    /// Bytes of an element.
    pub fn bytes(self) -> u64 {
        match self {
            Dtype::F32 | Dtype::I32 | Dtype::U32 => 4,
            Dtype::Bf16 | Dtype::F16 | Dtype::I16 | Dtype::U16 => 2,
            Dtype::I8 | Dtype::U8 => 1,
        }
    }
}

/// What a parameter gets, or where an output is put.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// A tensor in HBM. The text does not say sizes and dtypes: frameworks pass them with the tensor.
    Tensor {
        /// [`Arg::Buffer`] of as many bytes as the tensor has.
        buffer: Arg,
        /// Element type.
        dtype: Dtype,
        /// Sizes, the slowest first; none is 0.
        shape: &'a [u64],
    },
    /// A number of the compiler: [`Arg::U32`], [`Arg::F32`], or [`Arg::U64`] of at most 31 bits.
    Scalar(Arg),
}

/// Memory of a tensor operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) address: *mut u8,
    pub(super) bytes: usize,
    pub(super) writable: bool,
    /// The process has it too.
    pub(super) shared: bool,
}

impl Operand<'_> {
    /// Words that describe the operand to the process, and its memory if it is a tensor.
    pub(super) fn describe(&self, what: &str) -> Result<(String, Option<Memory>), Fault> {
        match self {
            Operand::Tensor { buffer: Arg::Buffer { address, bytes, writable }, dtype, shape } => {
                let count = shape.iter().try_fold(1_u64, |count, size| count.checked_mul(*size));
                let wanted = count.and_then(|count| count.checked_mul(dtype.bytes()));
                if shape.is_empty() || wanted == Some(0) || wanted != Some(*bytes) {
                    return Err(Fault::launch(format!("{what} has {bytes} bytes; it is {} {shape:?}", dtype.name())));
                }
                let sizes: Vec<String> = shape.iter().map(u64::to_string).collect();
                let place = shared::find(*address, *bytes as usize);
                let shared = place.is_some();
                // Words have no blanks.
                let place = place.map_or_else(
                    || "- 0".to_owned(),
                    |(path, offset)| {
                        let path = path.to_string_lossy().replace('%', "%25").replace(' ', "%20");
                        format!("{path} {offset}")
                    },
                );
                let (writable, name) = (*writable, dtype.name());
                let words = format!("tensor {name} {} {bytes} {place} {}", u8::from(writable), sizes.join(" "));
                Ok((words, Some(Memory { address: *address, bytes: *bytes as usize, writable, shared })))
            }
            Operand::Tensor { buffer: Arg::U32(_) | Arg::U64(_) | Arg::F32(_), .. } => {
                Err(Fault::launch(format!("{what} is a tensor without memory")))
            }
            Operand::Scalar(Arg::Buffer { .. }) => Err(Fault::launch(format!("{what} is memory without sizes"))),
            Operand::Scalar(Arg::U32(value)) => integer(what, u64::from(*value)),
            Operand::Scalar(Arg::U64(value)) => integer(what, *value),
            Operand::Scalar(Arg::F32(value)) => Ok((format!("float {:e}", f64::from(*value)), None)),
        }
    }
}

/// Integers of the compiler have 32 bits and a sign (source: aws-neuron-sdk, nki/get-started/nki-language-guide.rst).
fn integer(what: &str, value: u64) -> Result<(String, Option<Memory>), Fault> {
    match i32::try_from(value) {
        Ok(value) => Ok((format!("int {value}"), None)),
        Err(_) => Err(Fault::launch(format!("{what} is {value}, no 32-bit integer"))),
    }
}
