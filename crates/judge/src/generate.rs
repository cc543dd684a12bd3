//! Random inputs for any kernel, from its parameters.
//!
//! What a number should look like follows from the parameter's name (`gamma`, `position`, `cos`, ...: [`Role`]), type and
//! access; a name without a rule gets numbers around 1. No value is subnormal: targets may flush those.

use tile_ir::{Access, Elem, Kernel, Own, Param, ParamKind, Scalar, View, ViewId};

use crate::buffer::Buffer;
use crate::case::{ArgValue, Case, CaseArg};
use crate::reads::reads;
use crate::rng::Stream;

/// Most bytes all buffers of a case may take.
pub const MAX_CASE_BYTES: u64 = 2 << 30;

/// Base of the rotary angles in generated tables.
const ROPE_THETA: f64 = 10_000.0;

/// Why no case could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The views are too large.
    #[error("the arguments of kernel `{kernel}` take more than {MAX_CASE_BYTES} bytes")]
    TooLarge {
        /// The kernel.
        kernel: String,
    },
}

/// What a view's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    /// Around 0, deviation as given.
    Normal { mean: f32, deviation: f32 },
    /// Positive, between 1/2 and 3/2 of this.
    Positive { scale: f32 },
    /// Cosine or sine of `row * theta^(-col/cols)`.
    Angle { cosine: bool },
    /// Scores of which the largest counts: some seeds have ties, one has the largest at the end.
    Scores,
    /// Whole numbers below this.
    Below(u64),
    /// Quantised weights, -127 to 127.
    Quantised,
}

/// Inputs for `kernel` made from `seed`; the same on every machine.
///
/// - Integer scalars and one-element views lie below their bound (seed 1 takes 0, seed 2 the largest); `eps` is 1e-5.
/// - Caches (`*_cache`, or written at a scalar's row): rows before `position` hold data, later rows are NaN, and row
///   `position` holds data if the kernel reads it.
/// - Other written views are unwritten (see [`crate::poison_bits`]) unless the kernel also reads them.
///
/// # Errors
/// If the buffers exceed [`MAX_CASE_BYTES`].
pub fn generate(kernel: &Kernel, seed: u64) -> Result<Case, CaseError> {
    let bytes = kernel
        .params
        .iter()
        .filter_map(as_view)
        .try_fold(0u64, |sum, view| {
            sum.checked_add(view.shape.count().checked_mul(view.elem.bytes())?)
                .filter(|&sum| sum <= MAX_CASE_BYTES)
        });
    if bytes.is_none() {
        return Err(CaseError::TooLarge {
            kernel: kernel.name.clone(),
        });
    }
    let scalars: Vec<Option<u64>> = kernel
        .params
        .iter()
        .map(|param| match &param.kind {
            ParamKind::Scalar(scalar) => Some(integer(kernel, &param.name, scalar, seed)),
            ParamKind::View(_) => None,
        })
        .collect();
    let args = kernel
        .params
        .iter()
        .enumerate()
        .map(|(index, param)| CaseArg {
            name: param.name.clone(),
            value: match &param.kind {
                ParamKind::Scalar(Scalar {
                    elem: Elem::F32, ..
                }) => ArgValue::Float(float(&param.name, Stream::new(seed, &param.name))),
                ParamKind::Scalar(scalar) => ArgValue::Int {
                    elem: scalar.elem,
                    value: scalars[index].unwrap_or(0),
                },
                ParamKind::View(view) => ArgValue::View {
                    buffer: contents(kernel, index, view, &scalars, seed),
                    access: view.access,
                    own: view.own.clone(),
                },
            },
        });
    Ok(Case {
        family: kernel.family.clone(),
        seed,
        args: args.collect(),
    })
}

fn as_view(param: &Param) -> Option<&View> {
    match &param.kind {
        ParamKind::View(view) => Some(view),
        ParamKind::Scalar(_) => None,
    }
}

fn float(name: &str, stream: Stream) -> f32 {
    match name {
        "eps" => 1e-5,
        _ => 0.5 + stream.below(0, 1 << 16) as f32 / 65_536.0,
    }
}

/// Rows of the view with this name.
fn rows_of(kernel: &Kernel, name: &str) -> Option<u64> {
    kernel
        .params
        .iter()
        .filter(|param| param.name == name)
        .find_map(as_view)?
        .shape
        .dims()
        .first()
        .copied()
}

/// Value of an integer scalar: below its promised bound, else below the rows of what it indexes.
fn integer(kernel: &Kernel, name: &str, scalar: &Scalar, seed: u64) -> u64 {
    let indexed = match name {
        "token" => rows_of(kernel, "table"),
        "position" => ["k_cache", "v_cache", "cos"]
            .iter()
            .find_map(|view| rows_of(kernel, view)),
        _ => None,
    };
    let bound = match (scalar.bound, indexed) {
        (Some(a), Some(b)) => a.min(b),
        (Some(bound), None) | (None, Some(bound)) => bound,
        (None, None) => 16,
    };
    chosen(Stream::new(seed, name), seed, bound)
}

/// A number below `bound`: the edges for seeds 1 and 2.
fn chosen(stream: Stream, seed: u64, bound: u64) -> u64 {
    match seed {
        1 => 0,
        2 => bound.saturating_sub(1),
        _ => stream.below(0, bound),
    }
}

fn role(kernel: &Kernel, name: &str, view: &View) -> Role {
    let dims = view.shape.dims();
    let cols = dims.last().copied().unwrap_or(1).max(1) as f32;
    let by_name = match name {
        "cos" => Some(Role::Angle { cosine: true }),
        "sin" => Some(Role::Angle { cosine: false }),
        "gamma" => Some(Role::Normal {
            mean: 1.0,
            deviation: 0.1,
        }),
        "logits" => Some(Role::Scores),
        "scale" | "scales" => {
            // One scale per row of an int8 matrix: the products then come out around 1.
            let quantised = kernel
                .params
                .iter()
                .filter_map(as_view)
                .find(|view| view.elem == Elem::I8);
            let k = quantised
                .and_then(|view| view.shape.dims().last().copied())
                .unwrap_or(1) as f32;
            Some(Role::Positive {
                scale: 1.0 / (73.0 * k.sqrt()),
            })
        }
        _ if name == "beta" || name.ends_with("bias") => Some(Role::Normal {
            mean: 0.0,
            deviation: 0.5,
        }),
        _ => None,
    };
    match view.elem {
        Elem::F32 | Elem::F16 | Elem::Bf16 => by_name.unwrap_or_else(|| {
            let matrix =
                view.access == Access::Weights && dims.len() >= 2 && dims[dims.len() - 2] > 1;
            let deviation = if matrix && name != "table" {
                cols.sqrt().recip()
            } else {
                1.0
            };
            Role::Normal {
                mean: 0.0,
                deviation,
            }
        }),
        Elem::I8 => Role::Quantised,
        Elem::I1 => Role::Below(2),
        Elem::I32 | Elem::I64 | Elem::Index => {
            // Indices into whatever else is read: below the fewest rows of a matrix among the inputs.
            let rows = kernel
                .params
                .iter()
                .filter(|param| param.name != name)
                .filter_map(as_view);
            let matrices =
                rows.filter(|view| view.access != Access::Write && view.shape.rank() >= 2);
            Role::Below(
                matrices
                    .map(|view| view.shape.dims()[0])
                    .filter(|&rows| rows > 1)
                    .min()
                    .unwrap_or(16),
            )
        }
    }
}

fn contents(
    kernel: &Kernel,
    index: usize,
    view: &View,
    scalars: &[Option<u64>],
    seed: u64,
) -> Buffer {
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
        let position = kernel
            .params
            .iter()
            .position(|param| param.name == "position")?;
        if name.ends_with("_cache") {
            scalars[position]
        } else {
            None
        }
    });
    if position.is_none() && !read {
        return Buffer::poisoned(view.elem, view.shape);
    }
    let mut buffer = fill(
        role(kernel, name, view),
        view,
        Stream::new(seed, name),
        seed,
    );
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

fn fill(role: Role, view: &View, stream: Stream, seed: u64) -> Buffer {
    let mut buffer = Buffer::zeroed(view.elem, view.shape);
    let count = buffer.len();
    match role {
        Role::Normal { mean, deviation } => {
            buffer.fill(|index| mean + deviation * stream.normal(index as u64));
        }
        Role::Positive { scale } => {
            let unit = |index| stream.below(index, 1 << 16) as f32 / 65_536.0;
            buffer.fill(|index| scale * (0.5 + unit(index as u64)));
        }
        Role::Angle { cosine } => {
            let (rows, cols) = buffer.rows_cols();
            for row in 0..rows {
                for col in 0..cols {
                    let angle = row as f64 * ROPE_THETA.powf(-(col as f64) / cols as f64);
                    buffer.set(
                        row * cols + col,
                        if cosine { angle.cos() } else { angle.sin() },
                    );
                }
            }
        }
        Role::Scores => scores(&mut buffer, stream, seed),
        Role::Below(bound) if count == 1 => buffer.set(0, chosen(stream, seed, bound) as f64),
        Role::Below(bound) => {
            for index in 0..count {
                buffer.set(index, stream.below(index as u64, bound) as f64);
            }
        }
        Role::Quantised => buffer.fill(|index| stream.below(index as u64, 255) as f32 - 127.0),
    }
    buffer
}

/// Normal numbers; odd seeds have few distinct values and the largest (4) twice, seed 2 has it last.
fn scores(buffer: &mut Buffer, stream: Stream, seed: u64) {
    let count = buffer.len();
    for index in 0..count {
        let value = stream.normal(index as u64);
        let value = if seed % 2 == 1 {
            (value * 8.0).round() / 8.0
        } else {
            value
        };
        buffer.set(index, f64::from(value));
    }
    if count == 0 {
        return;
    }
    if seed % 2 == 1 {
        let random = Stream::new(seed, "ties");
        for tie in 0..2 {
            buffer.set(random.below(tie, count as u64) as usize, 4.0);
        }
    } else if seed == 2 {
        buffer.set(count - 1, 4.0);
    }
}
