//! What the numbers of a view look like.

use serde::{Deserialize, Serialize};
use view_types::{Elem, Shape};

use crate::buffer::Buffer;
use crate::rng::{Stream, chosen};

/// Base of the rotary angles in generated tables.
const ROPE_THETA: f64 = 10_000.0;

/// What a view's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fill {
    /// Around 0, deviation as given.
    Normal {
        /// Mean.
        mean: f32,
        /// Deviation.
        deviation: f32,
    },
    /// Positive, between 1/2 and 3/2 of this.
    Positive {
        /// This.
        scale: f32,
    },
    /// Cosine or sine of `row * theta^(-col/cols)`.
    Angle {
        /// Cosine or sine.
        cosine: bool,
    },
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

/// A buffer of such numbers, to the bit the same on every machine: what is not exact comes from `libm`, not from the system.
pub(crate) fn fill(fill: Fill, elem: Elem, shape: Shape, stream: Stream, seed: u64) -> Buffer {
    let mut buffer = Buffer::zeroed(elem, shape);
    let count = buffer.len();
    match fill {
        Fill::Normal { mean, deviation } => {
            buffer.fill(|index| mean + deviation * stream.normal(index as u64));
        }
        Fill::Positive { scale } => {
            let unit = |index| stream.below(index, 1 << 16) as f32 / 65_536.0;
            buffer.fill(|index| scale * (0.5 + unit(index as u64)));
        }
        Fill::Angle { cosine } => {
            let (rows, cols) = buffer.rows_cols();
            let turns: Vec<f64> = (0..cols).map(|col| libm::pow(ROPE_THETA, -(col as f64) / cols as f64)).collect();
            for row in 0..rows {
                for (col, turn) in turns.iter().enumerate() {
                    let angle = row as f64 * turn;
                    buffer.set(row * cols + col, if cosine { libm::cos(angle) } else { libm::sin(angle) });
                }
            }
        }
        Fill::Scores => scores(&mut buffer, stream, seed),
        Fill::Below(bound) if count == 1 => buffer.set(0, chosen(stream, seed, bound) as f64),
        Fill::Below(bound) => {
            for index in 0..count {
                buffer.set(index, stream.below(index as u64, bound) as f64);
            }
        }
        Fill::Within(limit) => {
            let value = |index| stream.below(index, 2 * limit + 1) as f32 - limit as f32;
            buffer.fill(|index| value(index as u64));
        }
        Fill::Bits => (0..count).for_each(|index| buffer.set_bits(index, stream.bits(index as u64))),
        Fill::Steps => {
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
