//! A typed buffer as it lies in memory: little-endian, row-major.

use half::{bf16, f16};
use view_types::{Elem, Shape};

/// Contents of a view. The bytes are what a device gets and gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Element type in memory.
    pub elem: Elem,
    /// Extents, outermost first.
    pub shape: Shape,
    /// `shape.count() * elem.bytes()` bytes.
    pub bytes: Vec<u8>,
}

/// Bits that mark an element nobody has written: a NaN with a payload that arithmetic does not produce, or for integers
/// a number no kernel of ours computes. `i1` has no spare value: its poison byte is neither 0 nor 1.
pub const fn poison_bits(elem: Elem) -> u64 {
    match elem {
        Elem::F32 => 0x7fd0_dead,
        Elem::F16 => 0x7f5d,
        Elem::Bf16 => 0x7fdd,
        Elem::I1 | Elem::I8 => 0xa5,
        Elem::I32 => 0xdead_beef,
        Elem::I64 | Elem::Index => 0xdead_beef_dead_beef,
    }
}

/// `value` as f32, rounded toward zero with the last bit set if inexact: rounding that again to a 16-bit float is as good
/// as rounding once (`half`'s own conversion from f64 drops the low bits).
fn to_odd(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) == value || value.is_nan() {
        return nearest;
    }
    let too_far = f64::from(nearest).abs() > value.abs();
    f32::from_bits((nearest.to_bits() - u32::from(too_far)) | 1)
}

impl Buffer {
    /// A buffer of unwritten elements.
    pub fn poisoned(elem: Elem, shape: Shape) -> Buffer {
        let mut buffer = Buffer::zeroed(elem, shape);
        for index in 0..buffer.len() {
            buffer.set_bits(index, poison_bits(elem));
        }
        buffer
    }

    /// A buffer of zeros.
    pub fn zeroed(elem: Elem, shape: Shape) -> Buffer {
        Buffer { elem, shape, bytes: vec![0; shape.count() as usize * elem.bytes() as usize] }
    }

    /// A buffer holding `values`, rounded to the element type (nearest even; integers saturate).
    ///
    /// # Panics
    /// If there are not `shape.count()` values.
    pub fn from_values(elem: Elem, shape: Shape, values: &[f64]) -> Buffer {
        assert_eq!(values.len() as u64, shape.count(), "as many values as the shape has elements");
        let mut buffer = Buffer::zeroed(elem, shape);
        for (index, &value) in values.iter().enumerate() {
            buffer.set(index, value);
        }
        buffer
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.elem.bytes() as usize
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether the bytes fit the shape and type.
    pub fn is_consistent(&self) -> bool {
        self.shape.count().checked_mul(self.elem.bytes()) == Some(self.bytes.len() as u64)
    }

    /// Bits of one element, zero-extended.
    pub fn bits(&self, index: usize) -> u64 {
        let size = self.elem.bytes() as usize;
        let mut word = [0; 8];
        word[..size].copy_from_slice(&self.bytes[index * size..][..size]);
        u64::from_le_bytes(word)
    }

    /// Sets the bits of one element.
    pub fn set_bits(&mut self, index: usize, bits: u64) {
        let size = self.elem.bytes() as usize;
        self.bytes[index * size..][..size].copy_from_slice(&bits.to_le_bytes()[..size]);
    }

    /// Value of one element; integers as signed (`i1` as 0 or 1; 32-bit ones are exact).
    pub fn get(&self, index: usize) -> f64 {
        let bits = self.bits(index);
        match self.elem {
            Elem::F32 => f64::from(f32::from_bits(bits as u32)),
            Elem::F16 => f16::from_bits(bits as u16).to_f64(),
            Elem::Bf16 => bf16::from_bits(bits as u16).to_f64(),
            Elem::I1 => f64::from(bits as u8),
            Elem::I8 => f64::from(bits as i8),
            Elem::I32 => f64::from(bits as i32),
            Elem::I64 | Elem::Index => bits as i64 as f64,
        }
    }

    /// Sets one element, rounded to nearest even (integers saturate and drop the fraction).
    pub fn set(&mut self, index: usize, value: f64) {
        let bits = match self.elem {
            Elem::F32 => u64::from((value as f32).to_bits()),
            Elem::F16 => u64::from(f16::from_f32(to_odd(value)).to_bits()),
            Elem::Bf16 => u64::from(bf16::from_f32(to_odd(value)).to_bits()),
            Elem::I1 => u64::from(value != 0.0),
            Elem::I8 => value as i8 as u8 as u64,
            Elem::I32 => value as i32 as u32 as u64,
            Elem::I64 | Elem::Index => value as i64 as u64,
        };
        self.set_bits(index, bits);
    }

    /// Rows and columns: the last dimension is columns, all others rows. A rank-0 buffer is 1 x 1.
    pub fn rows_cols(&self) -> (usize, usize) {
        let cols = self.shape.dims().last().copied().unwrap_or(1) as usize;
        (self.len().checked_div(cols).unwrap_or(0), cols)
    }

    /// Value at a row and column.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.get(row * self.rows_cols().1 + col)
    }

    /// One row's values.
    pub fn row(&self, row: usize) -> Vec<f64> {
        let cols = self.rows_cols().1;
        (row * cols..(row + 1) * cols).map(|index| self.get(index)).collect()
    }

    /// Sets every element to `f(index)`, rounded to the element type.
    pub fn fill(&mut self, f: impl Fn(usize) -> f32) {
        // The types that large matrices have, without a branch per element.
        match self.elem {
            Elem::F32 => {
                let words = self.bytes.chunks_exact_mut(4).enumerate();
                words.for_each(|(index, word)| word.copy_from_slice(&f(index).to_le_bytes()));
            }
            Elem::Bf16 => {
                let words = self.bytes.chunks_exact_mut(2).enumerate();
                words.for_each(|(index, word)| word.copy_from_slice(&bf16::from_f32(f(index)).to_le_bytes()));
            }
            Elem::F16 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
                for index in 0..self.len() {
                    self.set(index, f64::from(f(index)));
                }
            }
        }
    }

    /// Sum of products of row `row` with `x`.
    pub fn dot(&self, row: usize, x: &[f64]) -> f64 {
        let start = row * x.len();
        let bytes = |size: usize| &self.bytes[start * size..(start + x.len()) * size];
        match self.elem {
            Elem::F32 => {
                let words = bytes(4).chunks_exact(4).map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]]));
                words.zip(x).map(|(w, x)| f64::from(w) * x).sum()
            }
            Elem::Bf16 => {
                let words = bytes(2).chunks_exact(2).map(|w| f32::from_bits(u32::from_le_bytes([0, 0, w[0], w[1]])));
                words.zip(x).map(|(w, x)| f64::from(w) * x).sum()
            }
            Elem::F16 | Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => {
                x.iter().enumerate().map(|(k, x)| self.get(start + k) * x).sum()
            }
        }
    }

    /// All values.
    pub fn values(&self) -> Vec<f64> {
        (0..self.len()).map(|index| self.get(index)).collect()
    }

    /// Whether an element still holds [`poison_bits`].
    pub fn is_poison(&self, index: usize) -> bool {
        self.bits(index) == poison_bits(self.elem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(dims: &[u64]) -> Shape {
        Shape::new(dims).expect("rank")
    }

    #[test]
    fn values_survive_their_type() {
        for (elem, values) in [
            (Elem::F32, [1.5, -0.25, 2f64.powi(127), 0.0]),
            (Elem::F16, [1.5, -0.25, 65504.0, 0.0]),
            (Elem::Bf16, [1.5, -0.25, 256.0, 0.0]),
            (Elem::I8, [1.0, -128.0, 127.0, 0.0]),
            (Elem::I32, [1.0, -2_147_483_648.0, 2_147_483_647.0, 0.0]),
            (Elem::I1, [1.0, 0.0, 1.0, 0.0]),
        ] {
            assert_eq!(Buffer::from_values(elem, shape(&[2, 2]), &values).values(), values, "{elem}");
        }
    }

    #[test]
    fn bf16_rounds_once_from_f64() {
        // Just above the midpoint of 1 and 1 + 2^-7: rounding through f32 first would tie to 1.
        let value = 1.0 + 2f64.powi(-8) + 2f64.powi(-40);
        let buffer = Buffer::from_values(Elem::Bf16, shape(&[1]), &[value]);
        assert_eq!(buffer.get(0), 1.0 + 2f64.powi(-7));
        let around = |values: &[f64]| Buffer::from_values(Elem::Bf16, shape(&[values.len() as u64]), values).values();
        let half = 2f64.powi(-8);
        assert_eq!(around(&[1.0 + half, 1.0 + 3.0 * half, -1.0 - half]), [1.0, 1.0 + 4.0 * half, -1.0]);
        assert_eq!(around(&[1e300, -1e300, 1e-300]), [f64::INFINITY, f64::NEG_INFINITY, 0.0]);
    }

    #[test]
    fn every_element_of_a_poisoned_buffer_is_poison() {
        for &elem in Elem::ALL {
            let buffer = Buffer::poisoned(elem, shape(&[3]));
            assert!((0..3).all(|index| buffer.is_poison(index)), "{elem}");
            assert_eq!(elem.is_float(), buffer.get(0).is_nan(), "{elem}");
        }
    }
}
