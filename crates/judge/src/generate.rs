//! Random inputs for any kernel, from its parameters.
//!
//! What a number should look like follows from the parameter's name (`gamma`, `position`, `cos`, ...), type and
//! access; a name without a rule gets numbers around 1. No value is subnormal: targets may flush those.

use cases::{Case, MAX_CASE_BYTES, Recipe, RecipeArg, Stream, Value, chosen};
use diagnostics::{Kind, Report};
use tile_ir::{Access, Elem, Kernel, Loc, Own, ParamKind, Scalar, View, ViewId};

use crate::reads::reads;
use crate::roles::{as_view, role};

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
    let made = recipe(kernel, seed).make();
    made.map_err(|_| CaseError::TooLarge { kernel: kernel.name.clone(), loc: kernel.loc.clone() })
}

/// How the case of [`generate`] is made.
pub fn recipe(kernel: &Kernel, seed: u64) -> Recipe {
    let scalars = scalars(kernel, seed);
    let args = kernel.params.iter().enumerate();
    let args = args.map(|(index, param)| RecipeArg {
        name: param.name.clone(),
        value: value(kernel, index, &param.name, &scalars, seed),
    });
    Recipe { family: kernel.family.clone(), seed, args: args.collect() }
}

/// Seeds that reach every edge of the kernel's inputs, `count` at least.
pub fn seeds(kernel: &Kernel, count: u64) -> u64 {
    let position = kernel.params.iter().any(|param| param.name == "position");
    if position { count.max(2 + CONTEXTS.len() as u64) } else { count }
}

/// Values of the integer scalars, by parameter.
pub(crate) fn scalars(kernel: &Kernel, seed: u64) -> Vec<Option<u64>> {
    let value = |param: &tile_ir::Param| match &param.kind {
        ParamKind::Scalar(scalar) => Some(integer(kernel, &param.name, scalar, seed)),
        ParamKind::View(_) => None,
    };
    kernel.params.iter().map(value).collect()
}

/// How argument number `index` is made from the stream `stream`, when the integer scalars are these.
pub(crate) fn value(kernel: &Kernel, index: usize, stream: &str, scalars: &[Option<u64>], seed: u64) -> Value {
    let param = &kernel.params[index];
    match &param.kind {
        ParamKind::Scalar(Scalar { elem: Elem::F32, .. }) => Value::Float(float(&param.name, seed)),
        ParamKind::Scalar(scalar) => Value::Int { elem: scalar.elem, value: scalars[index].unwrap_or(0) },
        ParamKind::View(view) => contents(kernel, index, view, stream, scalars),
    }
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

fn contents(kernel: &Kernel, index: usize, view: &View, stream: &str, scalars: &[Option<u64>]) -> Value {
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
    let fill = (position.is_some() || read).then(|| role(kernel, name, view));
    let count = view.shape.count();
    let filled = position.map_or(count, |position| {
        let rows = view.shape.dims().first().copied().unwrap_or(1).max(1);
        (position + u64::from(read)).saturating_mul(count / rows)
    });
    Value::View { elem: view.elem, shape: view.shape, access: view.access, stream: stream.to_owned(), fill, filled }
}
