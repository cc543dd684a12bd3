//! Random inputs for any kernel, from its parameters.
//!
//! What a number should look like follows from the parameter's name (`gamma`, `position`, `cos`, ...), type and
//! access; a name without a rule gets numbers around 1. No value is subnormal: targets may flush those.

use diagnostics::{Kind, Report};
use tile_ir::{Access, Elem, Kernel, Loc, Own, ParamKind, Scalar, View, ViewId};

use crate::buffer::Buffer;
use crate::case::{ArgValue, Case, CaseArg};
use crate::reads::reads;
use crate::rng::Stream;
use crate::roles::{as_view, chosen, fill, role};

/// Most bytes all buffers of a case may take.
pub const MAX_CASE_BYTES: u64 = 2 << 30;

/// Rows of context that seeds 3, 4, ... reach, as far as the cache has them: few, and around a power of two.
pub const CONTEXTS: [u64; 4] = [2, 63, 64, 65];

/// Why no case could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The views are too large.
    #[error("the arguments of kernel `{kernel}` take more than {MAX_CASE_BYTES} bytes")]
    TooLarge {
        /// The kernel.
        kernel: String,
        /// Where it is declared.
        loc: Loc,
    },
}

impl From<&CaseError> for Report {
    fn from(error: &CaseError) -> Report {
        match error {
            CaseError::TooLarge { loc, .. } => loc.locate(Report::new(Kind::Limit, error.to_string())),
        }
    }
}

/// Inputs for `kernel` made from `seed`; the same on every machine.
///
/// - Integer scalars and one-element views lie below their bound (seed 1 takes 0, seed 2 the largest); `eps` is 1e-5.
/// - `position` takes the edges of a context: 1 row, the full cache, then [`CONTEXTS`], then any.
/// - Caches (`*_cache`, or written at a scalar's row): rows before `position` hold data, later rows are NaN, and row
///   `position` holds data if the kernel reads it.
/// - Other written views are unwritten (see [`crate::poison_bits`]) unless the kernel also reads them.
///
/// # Errors
/// If the buffers exceed [`MAX_CASE_BYTES`].
pub fn generate(kernel: &Kernel, seed: u64) -> Result<Case, CaseError> {
    let bytes = kernel.params.iter().filter_map(as_view).try_fold(0u64, |sum, view| {
        sum.checked_add(view.shape.count().checked_mul(view.elem.bytes())?).filter(|&sum| sum <= MAX_CASE_BYTES)
    });
    if bytes.is_none() {
        return Err(CaseError::TooLarge { kernel: kernel.name.clone(), loc: kernel.loc.clone() });
    }
    let scalars: Vec<Option<u64>> = kernel
        .params
        .iter()
        .map(|param| match &param.kind {
            ParamKind::Scalar(scalar) => Some(integer(kernel, &param.name, scalar, seed)),
            ParamKind::View(_) => None,
        })
        .collect();
    let args = kernel.params.iter().enumerate().map(|(index, param)| CaseArg {
        name: param.name.clone(),
        value: match &param.kind {
            ParamKind::Scalar(Scalar { elem: Elem::F32, .. }) => ArgValue::Float(float(&param.name, seed)),
            ParamKind::Scalar(scalar) => ArgValue::Int { elem: scalar.elem, value: scalars[index].unwrap_or(0) },
            ParamKind::View(view) => ArgValue::View {
                buffer: contents(kernel, index, view, &scalars, seed),
                access: view.access,
                own: view.own.clone(),
            },
        },
    });
    Ok(Case { family: kernel.family.clone(), seed, args: args.collect() })
}

fn float(name: &str, seed: u64) -> f32 {
    let stream = Stream::new(seed, name);
    match name {
        "eps" => 1e-5,
        "tolerance" => 1e-6,
        "scale" if seed == 1 => 0.0,
        _ => 0.5 + stream.below(0, 1 << 16) as f32 / 65_536.0,
    }
}

/// Rows of the view with this name.
fn rows_of(kernel: &Kernel, name: &str) -> Option<u64> {
    kernel.params.iter().filter(|param| param.name == name).find_map(as_view)?.shape.dims().first().copied()
}

/// Value of an integer scalar: below its promised bound, else below the rows of what it indexes.
fn integer(kernel: &Kernel, name: &str, scalar: &Scalar, seed: u64) -> u64 {
    let indexed = match name {
        "token" => rows_of(kernel, "table"),
        "kind" => Some(4),
        "power" => Some(8),
        "modulus" => Some(1 << 32),
        "position" => ["k_cache", "v_cache", "cos"].iter().find_map(|view| rows_of(kernel, view)),
        _ => None,
    };
    let bound = match (scalar.bound, indexed) {
        (Some(a), Some(b)) => a.min(b),
        (Some(bound), None) | (None, Some(bound)) => bound,
        (None, None) => 16,
    };
    let context = seed.checked_sub(3).and_then(|index| CONTEXTS.get(usize::try_from(index).ok()?));
    match context {
        Some(&rows) if name == "position" => (rows - 1).min(bound.saturating_sub(1)),
        Some(_) | None => chosen(Stream::new(seed, name), seed, bound),
    }
}

fn contents(kernel: &Kernel, index: usize, view: &View, scalars: &[Option<u64>], seed: u64) -> Buffer {
    let name = &kernel.params[index].name;
    let read = match view.access {
        Access::Read | Access::Weights => true,
        Access::Write => reads(kernel, ViewId(index as u32)),
    };
    let at_row = match view.own.first() {
        Some(Own::At { param }) => scalars.get(*param).copied().flatten(),
        Some(Own::Whole | Own::Block { .. }) | None => None,
    };
    let position = at_row.or_else(|| {
        let position = kernel.params.iter().position(|param| param.name == "position")?;
        if name.ends_with("_cache") { scalars[position] } else { None }
    });
    if position.is_none() && !read {
        return Buffer::poisoned(view.elem, view.shape);
    }
    let mut buffer = fill(role(kernel, name, view), view, Stream::new(seed, name), seed);
    if let Some(position) = position {
        let rows = view.shape.dims().first().copied().unwrap_or(1).max(1);
        let row = buffer.len() / rows as usize;
        let valid = position + u64::from(read);
        for element in (valid as usize).saturating_mul(row)..buffer.len() {
            buffer.set_bits(element, crate::poison_bits(view.elem));
        }
    }
    buffer
}
