//! What the numbers of a view look like.

use tile_ir::{Access, Elem, Kernel, Param, ParamKind, View};

use crate::buffer::Buffer;
use crate::rng::Stream;

/// Base of the rotary angles in generated tables.
const ROPE_THETA: f64 = 10_000.0;

/// What a view's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
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
    /// Whole numbers from minus this to this.
    Within(u64),
    /// Any bits.
    Bits,
    /// Rows whose elements, cut into 127 steps of the largest, are never halfway between two steps. Odd seeds have a
    /// row of zeros.
    Steps,
}

/// The view that a parameter is, unless it is a scalar.
pub(crate) fn as_view(param: &Param) -> Option<&View> {
    match &param.kind {
        ParamKind::View(view) => Some(view),
        ParamKind::Scalar(_) => None,
    }
}

/// A number below `bound`: the edges for seeds 1 and 2.
pub(crate) fn chosen(stream: Stream, seed: u64, bound: u64) -> u64 {
    match seed {
        1 => 0,
        2 => bound.saturating_sub(1),
        _ => stream.below(0, bound),
    }
}

/// What the numbers of view `name` of `kernel` mean.
pub(crate) fn role(kernel: &Kernel, name: &str, view: &View) -> Role {
    let dims = view.shape.dims();
    let cols = dims.last().copied().unwrap_or(1).max(1) as f32;
    let by_name = match name {
        // What some kernels of the gallery ask of their inputs.
        "input" if kernel.family.starts_with("newton_sqrt") => Some(Role::Positive { scale: 4.0 }),
        "input" if kernel.family.starts_with("quantize_rows") => Some(Role::Steps),
        "input" if kernel.family.starts_with("top_k_mask") => Some(Role::Scores),
        "input" if kernel.family.starts_with("row_argmax") => Some(Role::Scores),
        "matrix" => Some(Role::Normal { mean: 0.0, deviation: cols.sqrt().recip() }),
        "cos" => Some(Role::Angle { cosine: true }),
        "sin" => Some(Role::Angle { cosine: false }),
        "gamma" => Some(Role::Normal { mean: 1.0, deviation: 0.1 }),
        "logits" => Some(Role::Scores),
        "scale" | "scales" => {
            // One scale per row of an int8 matrix: the products then come out around 1.
            let quantised = kernel.params.iter().filter_map(as_view).find(|view| view.elem == Elem::I8);
            let k = quantised.and_then(|view| view.shape.dims().last().copied()).unwrap_or(1) as f32;
            Some(Role::Positive { scale: 1.0 / (73.0 * k.sqrt()) })
        }
        _ if name == "beta" || name.ends_with("bias") => Some(Role::Normal { mean: 0.0, deviation: 0.5 }),
        _ => None,
    };
    match view.elem {
        Elem::F32 | Elem::F16 | Elem::Bf16 => by_name.unwrap_or_else(|| {
            let matrix = view.access == Access::Weights && dims.len() >= 2 && dims[dims.len() - 2] > 1;
            let deviation = if matrix && name != "table" { cols.sqrt().recip() } else { 1.0 };
            Role::Normal { mean: 0.0, deviation }
        }),
        Elem::I8 => Role::Within(127),
        Elem::I1 => Role::Below(2),
        Elem::I32 | Elem::I64 | Elem::Index if name == "index" => {
            // Into a table, and an eighth past its end: that is defined to read zeros.
            let table = kernel.params.iter().find(|param| param.name == "table").and_then(as_view);
            let dims = table.map_or(&[16][..], |table| table.shape.dims());
            let entries = dims.iter().copied().find(|&size| size > 1).unwrap_or(1);
            Role::Below(entries.saturating_add(entries / 8))
        }
        Elem::I32 | Elem::I64 | Elem::Index if kernel.family.starts_with("hash") => Role::Bits,
        Elem::I32 | Elem::I64 | Elem::Index if kernel.family.starts_with("signed") => Role::Within(60),
        Elem::I32 | Elem::I64 | Elem::Index => {
            // Indices into whatever else is read: below the fewest rows of a matrix among the inputs.
            let rows = kernel.params.iter().filter(|param| param.name != name).filter_map(as_view);
            let matrices = rows.filter(|view| view.access != Access::Write && view.shape.rank() >= 2);
            Role::Below(matrices.map(|view| view.shape.dims()[0]).filter(|&rows| rows > 1).min().unwrap_or(16))
        }
    }
}

/// A buffer of such numbers.
pub(crate) fn fill(role: Role, view: &View, stream: Stream, seed: u64) -> Buffer {
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
                    buffer.set(row * cols + col, if cosine { angle.cos() } else { angle.sin() });
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
        Role::Within(limit) => {
            let value = |index| stream.below(index, 2 * limit + 1) as f32 - limit as f32;
            buffer.fill(|index| value(index as u64));
        }
        Role::Bits => (0..count).for_each(|index| buffer.set_bits(index, stream.bits(index as u64))),
        Role::Steps => {
            let cols = buffer.rows_cols().1;
            buffer.fill(|index| {
                let (row, col) = (index / cols, index % cols);
                let step = 2f32.powi(row as i32 % 8 - 9);
                let whole = stream.below(index as u64, 253) as f32 - 126.0;
                let part = stream.normal(index as u64).clamp(-3.0, 3.0) / 8.0;
                match (row == 1 && seed % 2 == 1, col) {
                    (true, _) => 0.0,
                    (false, 0) => 127.0 * step,
                    (false, _) => (whole + part) * step,
                }
            });
        }
    }
    buffer
}

/// Normal numbers; odd seeds have few distinct values and the largest (4) twice, seed 2 has it last.
fn scores(buffer: &mut Buffer, stream: Stream, seed: u64) {
    let count = buffer.len();
    for index in 0..count {
        let value = stream.normal(index as u64);
        let value = if seed % 2 == 1 { (value * 8.0).round() / 8.0 } else { value };
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
