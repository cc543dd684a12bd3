//! Memory in bytes, with what is defined.

use half::{bf16, f16};
use tile_ir::Elem;

use crate::target::Mask;

/// A number in memory or in a variable. Integers are sign-extended, booleans 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Num {
    F(f32),
    I(i64),
}

impl Num {
    pub(crate) const fn float(self) -> f32 {
        match self {
            Num::F(x) => x,
            Num::I(x) => x as f32,
        }
    }

    pub(crate) const fn int(self) -> i64 {
        match self {
            Num::F(_) => 0,
            Num::I(x) => x,
        }
    }
}

/// Number of element type `elem` from its bytes.
pub(super) fn decode(elem: Elem, bytes: &[u8]) -> Num {
    let mut wide = [0u8; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    match elem {
        Elem::F32 => Num::F(f32::from_bits(bits as u32)),
        Elem::F16 => Num::F(f16::from_bits(bits as u16).to_f32()),
        Elem::Bf16 => Num::F(bf16::from_bits(bits as u16).to_f32()),
        Elem::I1 => Num::I(i64::from(bits & 1 != 0)),
        Elem::I8 => Num::I(i64::from(bits as u8 as i8)),
        Elem::I32 => Num::I(i64::from(bits as u32 as i32)),
        Elem::I64 | Elem::Index => Num::I(bits as i64),
    }
}

/// Bytes of a number of element type `elem`.
pub(super) fn encode(elem: Elem, value: Num) -> ([u8; 8], usize) {
    let bits = match elem {
        Elem::F32 => u64::from(value.float().to_bits()),
        Elem::F16 => u64::from(f16::from_f32(value.float()).to_bits()),
        Elem::Bf16 => u64::from(bf16::from_f32(value.float()).to_bits()),
        Elem::I1 => u64::from(value.int() & 1 != 0),
        Elem::I8 => u64::from(value.int() as u8),
        Elem::I32 => u64::from(value.int() as u32),
        Elem::I64 | Elem::Index => value.int() as u64,
    };
    (bits.to_le_bytes(), elem.bytes() as usize)
}

/// Local memory of a core.
pub(super) struct Local {
    bytes: Vec<u8>,
    defined: Vec<bool>,
    mask: Mask,
}

impl Local {
    pub(super) fn new(bytes: u64, mask: Mask) -> Local {
        Local { bytes: vec![0xa5; bytes as usize], defined: vec![false; bytes as usize], mask }
    }

    /// Where element `index` from byte `base` on lies, and its bytes; bits count as the byte they are in.
    fn range(&self, elem: Elem, base: u64, index: u64) -> std::ops::Range<usize> {
        let (start, len) = match (elem, self.mask) {
            (Elem::I1, Mask::Bits) => (base + index / 8, 1),
            (Elem::I1, Mask::Floats) => (base + index * 4, 4),
            (_, _) => (base + index * elem.bytes(), elem.bytes()),
        };
        start as usize..(start + len) as usize
    }

    /// An element, or `None` if it is undefined.
    pub(super) fn get(&self, elem: Elem, base: u64, index: u64) -> Option<Num> {
        let range = self.range(elem, base, index);
        if !self.defined.get(range.clone())?.iter().all(|&defined| defined) {
            return None;
        }
        let bytes = &self.bytes[range];
        Some(match (elem, self.mask) {
            (Elem::I1, Mask::Bits) => Num::I(i64::from(bytes[0] >> (index % 8) & 1)),
            (Elem::I1, Mask::Floats) => Num::I(i64::from(decode(Elem::F32, bytes).float() != 0.0)),
            (_, _) => decode(elem, bytes),
        })
    }

    /// Sets an element; `None` makes it undefined.
    pub(super) fn set(&mut self, elem: Elem, base: u64, index: u64, value: Option<Num>) {
        let range = self.range(elem, base, index);
        let Some(defined) = self.defined.get_mut(range.clone()) else { return };
        let was = defined[0];
        // A byte of bits that starts with defined ones stays so.
        let shared = elem == Elem::I1 && self.mask == Mask::Bits && !index.is_multiple_of(8);
        if value.is_some() || !shared {
            defined.fill(value.is_some());
        }
        let Some(value) = value else { return };
        let bytes = &mut self.bytes[range];
        match (elem, self.mask) {
            (Elem::I1, Mask::Bits) => {
                let old = if was { bytes[0] } else { 0 };
                let bit = 1 << (index % 8);
                bytes[0] = if value.int() != 0 { old | bit } else { old & !bit };
            }
            (Elem::I1, Mask::Floats) => {
                bytes.copy_from_slice(&(if value.int() != 0 { 1.0f32 } else { 0.0 }).to_le_bytes());
            }
            (_, _) => {
                let (encoded, len) = encode(elem, value);
                bytes.copy_from_slice(&encoded[..len]);
            }
        }
    }
}
