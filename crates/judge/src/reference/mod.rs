//! What each kernel family computes, in f64, from the arguments as they are stored.
//!
//! Found by the family's name, arguments by theirs. Sums are plain f64 sums in index order; inputs are
//! decoded (bf16 weights, int8 weights with their scale), nothing in between is rounded, and outputs are not rounded to
//! the type they are stored in: tolerances allow for that.

mod argmax;
mod attention;
mod elementwise;
mod linear;
mod matmul;
mod matvec;
mod moves;
mod norm;
mod rope;

use diagnostics::{Kind, Report};

use cases::Buffer;
use cases::Expected;
use cases::{ArgValue, Case};

/// Why there is no reference result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nobody has written down what this family computes.
    #[error("there is no reference for kernels named `{family}`")]
    NoReference {
        /// The family.
        family: String,
    },
    /// An argument that the family must have is not there, or is of another kind.
    #[error("the reference of `{family}` needs a {kind} named `{name}`")]
    Missing {
        /// The family.
        family: String,
        /// The argument.
        name: String,
        /// `buffer`, `integer` or `float`.
        kind: &'static str,
    },
    /// An argument has a shape or value that does not fit the others.
    #[error("the reference of `{family}` cannot use `{name}`: {reason}")]
    Misfit {
        /// The family.
        family: String,
        /// The argument.
        name: String,
        /// Why.
        reason: String,
    },
}

impl From<&ReferenceError> for Report {
    fn from(error: &ReferenceError) -> Report {
        let kind = match error {
            ReferenceError::NoReference { .. } => Kind::Unsupported,
            ReferenceError::Missing { .. } | ReferenceError::Misfit { .. } => Kind::Invalid,
        };
        Report::new(kind, error.to_string())
    }
}

type Outcome = Result<Vec<Expected>, ReferenceError>;
type Family = fn(&Args<'_>) -> Outcome;

/// Families by their name, or its part before some `_`; the longest fitting one counts. A number here is a constant of the gallery's
/// instance that no argument tells.
const FAMILIES: &[(&str, Family)] = &[
    // The decode suite.
    ("argmax_greedy", argmax::argmax),
    ("attention_decode_gqa", attention::decode_gqa),
    ("attention_merge", attention::merge),
    ("attention_parts", attention::parts),
    ("down_proj_residual", matvec::matvec_residual),
    ("embedding_lookup", matvec::embedding),
    ("kv_proj_matvec", matvec::kv_proj),
    ("lm_head_matvec", matvec::matvec),
    ("mlp_gate_up_silu", matvec::gate_up_silu),
    ("o_proj_residual", matvec::matvec_residual),
    ("q_proj_matvec", matvec::matvec),
    ("residual_add", elementwise::add),
    ("rms_norm", norm::rms_norm),
    ("rope_k_decode", rope::rope_k),
    ("rope_q_decode", rope::rope_q),
    ("silu_mul_fused", elementwise::silu_mul),
    // The gallery.
    ("activation", elementwise::activation),
    ("axpy_f16", elementwise::axpy),
    ("batched_matmul", matmul::batched_matmul),
    ("distance", elementwise::distance),
    ("embedding_bag", moves::embedding_bag),
    ("functions", elementwise::functions),
    ("gelu_down", linear::plain),
    ("gelu_up", linear::gelu),
    ("gram", matmul::gram),
    ("hash", elementwise::hash),
    ("interleave", moves::interleave),
    ("layer_norm", norm::layer_norm),
    ("lookup", moves::lookup),
    ("matmul", matmul::matmul),
    ("matrix_power", matmul::matrix_power),
    ("matvec_int8", linear::matvec_int8),
    ("newton_sqrt", elementwise::sqrt),
    ("prefix_sum_rows", moves::prefix_sum_rows),
    ("quantize_rows", linear::quantize_rows),
    ("row_argmax", argmax::row_argmax),
    ("shared_scores", matmul::shared_scores),
    ("signed", elementwise::signed),
    ("sliding_window_attention", |args| attention::sliding_window(args, 20)),
    ("softmax", norm::softmax_rows),
    ("top_k_mask", |args| argmax::top_k_mask(args, 5)),
    ("transpose", moves::transpose),
];

fn find(family: &str) -> Option<Family> {
    let fits = |start: &str| family.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let fitting = FAMILIES.iter().filter(|(start, _)| fits(start));
    fitting.max_by_key(|(start, _)| start.len()).map(|&(_, function)| function)
}

/// Whether [`reference()`] knows this family.
pub fn has_reference(family: &str) -> bool {
    find(family).is_some()
}

/// What the outputs should hold after launching `case`.
///
/// # Errors
/// If the family is unknown, or the arguments are not those that the family should have.
pub fn reference(case: &Case) -> Result<Vec<Expected>, ReferenceError> {
    let function = find(&case.family).ok_or_else(|| ReferenceError::NoReference { family: case.family.clone() })?;
    function(&Args(case))
}

/// A case's arguments, by name and kind.
struct Args<'a>(&'a Case);

impl<'a> Args<'a> {
    fn missing(&self, name: &str, kind: &'static str) -> ReferenceError {
        ReferenceError::Missing { family: self.0.family.clone(), name: name.to_string(), kind }
    }

    fn misfit(&self, name: &str, reason: impl Into<String>) -> ReferenceError {
        ReferenceError::Misfit { family: self.0.family.clone(), name: name.to_string(), reason: reason.into() }
    }

    fn buffer(&self, name: &str) -> Result<&'a Buffer, ReferenceError> {
        self.0.buffer(name).ok_or_else(|| self.missing(name, "buffer"))
    }

    fn optional(&self, name: &str) -> Option<&'a Buffer> {
        self.0.buffer(name)
    }

    /// The buffer, which must have `count` elements.
    fn sized(&self, name: &str, count: usize) -> Result<&'a Buffer, ReferenceError> {
        let buffer = self.buffer(name)?;
        if buffer.len() == count {
            Ok(buffer)
        } else {
            Err(self.misfit(name, format!("it has {} elements instead of {count}", buffer.len())))
        }
    }

    /// An integer scalar, or the only element of an integer buffer.
    fn int(&self, name: &str) -> Result<u64, ReferenceError> {
        match self.0.get(name) {
            Some(ArgValue::Int { value, .. }) => Ok(*value),
            Some(ArgValue::View { buffer, .. }) if buffer.elem.is_int() && buffer.len() == 1 => Ok(buffer.bits(0)),
            Some(ArgValue::View { .. } | ArgValue::Float(_)) | None => Err(self.missing(name, "integer")),
        }
    }

    /// An integer below `bound`.
    fn index(&self, name: &str, bound: usize) -> Result<usize, ReferenceError> {
        let value = self.int(name)?;
        if value < bound as u64 {
            Ok(value as usize)
        } else {
            Err(self.misfit(name, format!("{value} is not below {bound}")))
        }
    }

    fn float(&self, name: &str) -> Result<f64, ReferenceError> {
        match self.0.get(name) {
            Some(ArgValue::Float(value)) => Ok(f64::from(*value)),
            Some(ArgValue::View { .. } | ArgValue::Int { .. }) | None => Err(self.missing(name, "float")),
        }
    }

    /// A float scalar, or `default` if the kernel has none of this name.
    fn float_or(&self, name: &str, default: f64) -> Result<f64, ReferenceError> {
        if self.0.get(name).is_some() { self.float(name) } else { Ok(default) }
    }
}

/// `x * sigmoid(x)`.
fn silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}
