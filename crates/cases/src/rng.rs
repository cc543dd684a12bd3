//! Counter-based random numbers: element `index` of stream `key` is a hash of both, so any element can be made alone,
//! in any order, on any machine.

/// A stream of random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Stream(u64);

/// Finaliser of SplitMix64 (Steele, Lea, Flood 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of `seed` and `name`.
    pub fn new(seed: u64, name: &str) -> Stream {
        let mut state = mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        for byte in name.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Stream(state)
    }

    /// 64 random bits.
    pub const fn bits(self, index: u64) -> u64 {
        mix(self.0.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Uniform in `[0, bound)`; 0 if `bound` is 0.
    pub const fn below(self, index: u64, bound: u64) -> u64 {
        ((self.bits(index) as u128 * bound as u128) >> 64) as u64
    }

    /// Nearly normal, mean 0, variance 1, within +-3.5: a sum of four uniforms. Never subnormal: a multiple of 2^-17.
    pub fn normal(self, index: u64) -> f32 {
        let bits = self.bits(index);
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        // Four uniforms on [0, 65536): mean 131070, deviation 65536 / sqrt(3).
        (sum as f32 - 131_070.0) * (1.732_050_8 / 65_536.0)
    }
}

/// A number below `bound`: the edges for seeds 1 and 2.
pub fn chosen(stream: Stream, seed: u64, bound: u64) -> u64 {
    match seed {
        1 => 0,
        2 => bound.saturating_sub(1),
        _ => stream.below(0, bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let stream = Stream::new(7, "x");
        let n = 100_000u64;
        let mean = (0..n).map(|i| f64::from(stream.normal(i))).sum::<f64>() / n as f64;
        let variance = (0..n).map(|i| f64::from(stream.normal(i)).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn streams_differ_by_seed_and_name_and_stay_in_bounds() {
        let a = Stream::new(1, "weight");
        assert_ne!(a.bits(0), Stream::new(2, "weight").bits(0));
        assert_ne!(a.bits(0), Stream::new(1, "weighs").bits(0));
        assert_eq!(a.bits(9), Stream::new(1, "weight").bits(9));
        assert!((0..1000).all(|i| a.below(i, 7) < 7));
        assert_eq!(a.below(3, 0), 0);
    }
}
