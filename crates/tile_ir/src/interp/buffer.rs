//! Memory that kernels read and write.

use half::{bf16, f16};

use super::value::Data;
use crate::types::{Elem, Shape};

/// A row-major array in memory: little-endian, one byte per `i1` (0 or 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// Element type; not `index`.
    pub elem: Elem,
    /// Extents.
    pub shape: Shape,
    /// `shape.count() * elem.bytes()` bytes.
    pub bytes: Vec<u8>,
}

impl Buffer {
    /// A buffer of zeros, or `None` if there is no such shape or type, or it has 2^40 bytes or more.
    pub fn zeros(elem: Elem, dims: &[u64]) -> Option<Buffer> {
        let shape = Shape::new(dims)?;
        let bytes = shape.count().checked_mul(elem.bytes()).filter(|&bytes| bytes < 1 << 40)?;
        (elem != Elem::Index).then(|| Buffer { elem, shape, bytes: vec![0; bytes as usize] })
    }

    /// A float buffer from values, each rounded to nearest even; `None` if the number of values is not the shape's, or
    /// `elem` is no float type.
    pub fn from_floats(elem: Elem, dims: &[u64], values: &[f32]) -> Option<Buffer> {
        let mut buffer = Buffer::zeros(elem, dims).filter(|buffer| buffer.shape.count() == values.len() as u64)?;
        for (i, &value) in values.iter().enumerate() {
            buffer.write_float(i, value)?;
        }
        Some(buffer)
    }

    /// An integer buffer from values, each cut to its width; `None` if the number of values is not the shape's, or
    /// `elem` is no integer type.
    pub fn from_ints(elem: Elem, dims: &[u64], values: &[i64]) -> Option<Buffer> {
        let mut buffer = Buffer::zeros(elem, dims).filter(|buffer| buffer.shape.count() == values.len() as u64)?;
        for (i, &value) in values.iter().enumerate() {
            buffer.write_int(i, value)?;
        }
        Some(buffer)
    }

    /// All elements; `None` for an integer buffer.
    pub fn to_floats(&self) -> Option<Vec<f32>> {
        match self.decode(0, self.shape.count() as usize) {
            Data::Floats(values) => Some(values),
            Data::Ints(_) => None,
        }
    }

    /// All elements, sign-extended (`i1`: 0 or 1); `None` for a float buffer.
    pub fn to_ints(&self) -> Option<Vec<i64>> {
        match self.decode(0, self.shape.count() as usize) {
            Data::Floats(_) => None,
            Data::Ints(values) => Some(values),
        }
    }

    /// Whether the bytes are as many as type and shape say.
    pub(super) fn is_consistent(&self) -> bool {
        self.shape.count().checked_mul(self.elem.bytes()) == Some(self.bytes.len() as u64)
    }

    /// `len` elements from element `start` on, which must exist.
    pub(super) fn decode(&self, start: usize, len: usize) -> Data {
        let size = self.elem.bytes() as usize;
        let bytes = &self.bytes[start * size..(start + len) * size];
        match self.elem {
            Elem::F32 => Data::Floats(bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()),
            Elem::F16 => Data::Floats(bytes.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect()),
            Elem::Bf16 => Data::Floats(bytes.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect()),
            Elem::I1 => Data::Ints(bytes.iter().map(|&b| i64::from(b != 0)).collect()),
            Elem::I8 => Data::Ints(bytes.iter().map(|&b| i64::from(b as i8)).collect()),
            Elem::I32 => Data::Ints(bytes.as_chunks().0.iter().map(|&b| i64::from(i32::from_le_bytes(b))).collect()),
            Elem::I64 | Elem::Index => Data::Ints(bytes.as_chunks().0.iter().map(|&b| i64::from_le_bytes(b)).collect()),
        }
    }

    /// Writes element `i` of a float buffer; `None` if there is none.
    pub(super) fn write_float(&mut self, i: usize, value: f32) -> Option<()> {
        match self.elem {
            Elem::F32 => self.put(i, &value.to_le_bytes()),
            Elem::F16 => self.put(i, &f16::from_f32(value).to_le_bytes()),
            Elem::Bf16 => self.put(i, &bf16::from_f32(value).to_le_bytes()),
            Elem::I1 | Elem::I8 | Elem::I32 | Elem::I64 | Elem::Index => None,
        }
    }

    /// Writes element `i` of an integer buffer; `None` if there is none.
    pub(super) fn write_int(&mut self, i: usize, value: i64) -> Option<()> {
        match self.elem {
            Elem::I1 => self.put(i, &[(value & 1) as u8]),
            Elem::I8 => self.put(i, &[value as u8]),
            Elem::I32 => self.put(i, &(value as i32).to_le_bytes()),
            Elem::I64 => self.put(i, &value.to_le_bytes()),
            Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::Index => None,
        }
    }

    fn put(&mut self, i: usize, bytes: &[u8]) -> Option<()> {
        let start = i.checked_mul(bytes.len())?;
        self.bytes.get_mut(start..start.checked_add(bytes.len())?)?.copy_from_slice(bytes);
        Some(())
    }
}

/// An argument of a launch.
#[derive(Debug)]
pub enum Arg<'a> {
    /// Buffer of a read or weights view.
    In(&'a Buffer),
    /// Buffer of a written view, poisoned at the start.
    Out(&'a mut Buffer),
    /// Buffer of a written view whose contents count.
    InOut(&'a mut Buffer),
    /// Number of an `f32` parameter.
    F32(f32),
    /// Number of an `i32` parameter.
    I32(i32),
    /// Number of an `i64` parameter.
    I64(i64),
}
