//! Tensor types and how their blocks become numbers.
//!
//! Quantised rows are cut in blocks of 32. `Q8_0`: an f16 scale d, then 32 signed bytes q; x = d·q. `Q4_0`: d, then 16
//! bytes whose low nibbles are elements 0 to 15 and high nibbles 16 to 31; x = d·(q - 8). `Q4_1`: d, an f16 minimum m,
//! nibbles; x = d·q + m.

use half::{bf16, f16};

/// Element types of a tensor that this reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorType {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// Blocks of 32 in 18 bytes.
    Q4_0,
    /// Blocks of 32 in 20 bytes.
    Q4_1,
    /// Blocks of 32 in 34 bytes.
    Q8_0,
}

/// Elements of a quantised block.
const BLOCK: usize = 32;

impl TensorType {
    /// All types, for messages.
    pub const NAMES: &'static str = "F32, F16, BF16, Q4_0, Q4_1 and Q8_0";

    /// The type with this number in the file.
    pub fn from_code(code: u32) -> Option<TensorType> {
        Some(match code {
            0 => TensorType::F32,
            1 => TensorType::F16,
            2 => TensorType::Q4_0,
            3 => TensorType::Q4_1,
            8 => TensorType::Q8_0,
            30 => TensorType::Bf16,
            _ => return None,
        })
    }

    /// What to call a type that is not read.
    pub(super) fn describe(code: u32) -> String {
        let known = [
            (6, "Q5_0"),
            (7, "Q5_1"),
            (9, "Q8_1"),
            (10, "Q2_K"),
            (11, "Q3_K"),
            (12, "Q4_K"),
            (13, "Q5_K"),
            (14, "Q6_K"),
            (15, "Q8_K"),
        ];
        match known.iter().find(|row| row.0 == code) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("number {code}"),
        }
    }

    /// Elements and bytes of one block.
    pub fn block(self) -> (u64, u64) {
        match self {
            TensorType::F32 => (1, 4),
            TensorType::F16 | TensorType::Bf16 => (1, 2),
            TensorType::Q4_0 => (BLOCK as u64, 18),
            TensorType::Q4_1 => (BLOCK as u64, 20),
            TensorType::Q8_0 => (BLOCK as u64, 34),
        }
    }
}

/// Appends the numbers in `bytes` (whole blocks) to `out`.
pub fn dequantise(kind: TensorType, bytes: &[u8], out: &mut Vec<f32>) {
    match kind {
        TensorType::F32 => {
            out.extend(bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)));
        }
        TensorType::F16 => out.extend(bytes.as_chunks().0.iter().map(|chunk| half(*chunk))),
        TensorType::Bf16 => {
            out.extend(bytes.as_chunks().0.iter().map(|chunk| bf16::from_le_bytes(*chunk).to_f32()));
        }
        TensorType::Q4_0 => {
            for block in bytes.as_chunks::<18>().0 {
                let [d0, d1, nibbles @ ..] = block;
                let scale = half([*d0, *d1]);
                out.extend(nibbles.iter().map(|byte| scale * (f32::from(byte & 15) - 8.0)));
                out.extend(nibbles.iter().map(|byte| scale * (f32::from(byte >> 4) - 8.0)));
            }
        }
        TensorType::Q4_1 => {
            for block in bytes.as_chunks::<20>().0 {
                let [d0, d1, m0, m1, nibbles @ ..] = block;
                let (scale, minimum) = (half([*d0, *d1]), half([*m0, *m1]));
                out.extend(nibbles.iter().map(|byte| scale * f32::from(byte & 15) + minimum));
                out.extend(nibbles.iter().map(|byte| scale * f32::from(byte >> 4) + minimum));
            }
        }
        TensorType::Q8_0 => {
            for block in bytes.as_chunks::<34>().0 {
                let [d0, d1, quants @ ..] = block;
                let scale = half([*d0, *d1]);
                out.extend(quants.iter().map(|byte| scale * f32::from(byte.cast_signed())));
            }
        }
    }
}

fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(kind: TensorType, bytes: &[u8]) -> Vec<f32> {
        let mut out = Vec::new();
        dequantise(kind, bytes, &mut out);
        out
    }

    #[test]
    fn plain_types() {
        assert_eq!(run(TensorType::F32, &1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(run(TensorType::F16, &f16::from_f32(-0.25).to_le_bytes()), [-0.25]);
        assert_eq!(run(TensorType::Bf16, &bf16::from_f32(3.0).to_le_bytes()), [3.0]);
    }

    #[test]
    fn blocks() {
        let scale = f16::from_f32(0.5).to_le_bytes();
        let nibbles: Vec<u8> = (0..16u8).map(|i| i | (15 - i) << 4).collect();
        let low = |offset: f32, minimum: f32| (0..16).map(move |i| 0.5 * (i as f32 - offset) + minimum);
        let high = |offset: f32, minimum: f32| (0..16).map(move |i| 0.5 * (15.0 - i as f32 - offset) + minimum);

        let block = [&scale[..], &nibbles].concat();
        assert_eq!(run(TensorType::Q4_0, &block), low(8.0, 0.0).chain(high(8.0, 0.0)).collect::<Vec<_>>());

        let minimum = f16::from_f32(-2.0).to_le_bytes();
        let block = [&scale[..], &minimum, &nibbles].concat();
        assert_eq!(run(TensorType::Q4_1, &block), low(0.0, -2.0).chain(high(0.0, -2.0)).collect::<Vec<_>>());

        let quants: Vec<u8> = (0..32).map(|i| (i * 8 - 128i32) as i8 as u8).collect();
        let block = [&scale[..], &quants].concat();
        assert_eq!(run(TensorType::Q8_0, &block), (0..32).map(|i| 0.5 * (i * 8 - 128) as f32).collect::<Vec<_>>());
    }
}
