//! How the arguments of a launch are made.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use view_types::{Access, Elem, Shape};

use crate::buffer::{Buffer, poison_bits};
use crate::case::{ArgValue, Case, CaseArg};
use crate::fill::{Fill, fill};
use crate::rng::Stream;

/// Most bytes all buffers of a case may take.
pub const MAX_CASE_BYTES: u64 = 2 << 30;

/// Everything that a case is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The kernel's family: what it computes, whatever the tile sizes.
    pub family: String,
    /// What the numbers are made from.
    pub seed: u64,
    /// In the kernel's parameter order.
    pub args: Vec<RecipeArg>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeArg {
    /// The parameter's name.
    pub name: String,
    /// What it is.
    pub value: Value,
}

/// How an argument is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    /// A buffer.
    View {
        /// Element type.
        #[serde(with = "crate::spelled::elem")]
        elem: Elem,
        /// Extents.
        #[serde(with = "crate::spelled::shape")]
        shape: Shape,
        /// What the kernel may do with it.
        #[serde(with = "crate::spelled::access")]
        access: Access,
        /// Name of the stream of random numbers.
        stream: String,
        /// Its numbers; unwritten elements if there are none.
        fill: Option<Fill>,
        /// Elements from this one on are unwritten.
        filled: u64,
    },
    /// A float.
    Float(f32),
    /// An integer.
    Int {
        /// Its type.
        #[serde(with = "crate::spelled::elem")]
        elem: Elem,
        /// Its value; 32-bit ones are unsigned.
        value: u64,
    },
}

/// Why no case could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// The views are too large.
    #[error("the arguments of kernel `{family}` take more than {MAX_CASE_BYTES} bytes")]
    TooLarge {
        /// The kernel's family.
        family: String,
    },
}

impl Recipe {
    /// Makes the arguments.
    ///
    /// # Errors
    /// If the buffers exceed [`MAX_CASE_BYTES`].
    pub fn make(&self) -> Result<Case, RecipeError> {
        let bytes = self.args.iter().try_fold(0u64, |sum, arg| match &arg.value {
            Value::View { elem, shape, .. } => sum.checked_add(shape.count().checked_mul(elem.bytes())?),
            Value::Float(_) | Value::Int { .. } => Some(sum),
        });
        if bytes.is_none_or(|bytes| bytes > MAX_CASE_BYTES) {
            return Err(RecipeError::TooLarge { family: self.family.clone() });
        }
        let args = self.args.iter().map(|arg| CaseArg { name: arg.name.clone(), value: arg.value.make(self.seed) });
        Ok(Case { family: self.family.clone(), seed: self.seed, args: args.collect() })
    }
}

impl Value {
    /// The argument; of a view, the caller has looked at the size.
    pub fn make(&self, seed: u64) -> ArgValue {
        match self {
            Value::View { elem, shape, access, stream, fill: numbers, filled } => {
                let buffer = match numbers {
                    None => Buffer::poisoned(*elem, *shape),
                    Some(numbers) => {
                        let mut buffer = fill(*numbers, *elem, *shape, Stream::new(seed, stream), seed);
                        let filled = usize::try_from(*filled).unwrap_or(usize::MAX);
                        for element in filled..buffer.len() {
                            buffer.set_bits(element, poison_bits(*elem));
                        }
                        buffer
                    }
                };
                ArgValue::View { buffer, access: *access }
            }
            Value::Float(value) => ArgValue::Float(*value),
            Value::Int { elem, value } => ArgValue::Int { elem: *elem, value: *value },
        }
    }
}

impl Case {
    /// SHA-256 of all arguments in lower-case hex: buffers and numbers, little-endian, in order.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for arg in &self.args {
            match &arg.value {
                ArgValue::View { buffer, .. } => hasher.update(&buffer.bytes),
                ArgValue::Float(value) => hasher.update(value.to_le_bytes()),
                ArgValue::Int { value, .. } => hasher.update(value.to_le_bytes()),
            }
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
