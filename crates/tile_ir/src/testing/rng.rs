//! Random numbers and buffers.

use crate::interp::Buffer;
use crate::types::Elem;

/// A small generator of reproducible numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if the limit is.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.number() % limit }
    }

    /// A float in `[-1, 1)`.
    pub fn float(&mut self) -> f32 {
        (self.number() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// One of the items.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// A buffer of random elements: floats in `[-1, 1)` (rounded to the type), integers of their whole range.
///
/// # Panics
/// If there is no such buffer.
pub fn random_buffer(rng: &mut Rng, elem: Elem, dims: &[u64]) -> Buffer {
    let count: u64 = dims.iter().product();
    let buffer = if elem.is_float() {
        let values: Vec<f32> = (0..count).map(|_| rng.float()).collect();
        Buffer::from_floats(elem, dims, &values)
    } else {
        let values: Vec<i64> = (0..count).map(|_| rng.number() as i64).collect();
        Buffer::from_ints(elem, dims, &values)
    };
    buffer.expect("a type that memory can hold, at most four dimensions")
}
