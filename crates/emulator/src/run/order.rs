//! Orders that a seed chooses.

/// A permutation of `0..count`: `index * factor + offset`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    count: u64,
    factor: u64,
    offset: u64,
}

/// Scrambles bits, so that neighbouring seeds give unlike orders.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let value = (value ^ (value >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ (value >> 33)
}

fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Order {
    /// The order of `seed`; for seed 0 the natural one.
    pub(crate) fn new(count: u64, seed: u64) -> Order {
        if seed == 0 || count < 2 {
            return Order { count: count.max(1), factor: 1, offset: 0 };
        }
        let random = mix(seed);
        let mut factor = random % count;
        while divisor(factor, count) != 1 {
            factor = (factor + 1) % count;
        }
        Order { count, factor, offset: mix(random) % count }
    }

    /// Element `index`.
    pub(crate) fn at(&self, index: u64) -> u64 {
        let product = u128::from(index) * u128::from(self.factor) + u128::from(self.offset);
        (product % u128::from(self.count)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn every_order_is_a_permutation() {
        for count in [1, 2, 3, 8, 32, 97, 1000] {
            for seed in 0..20 {
                let order = Order::new(count, seed);
                let mut seen: Vec<_> = (0..count).map(|index| order.at(index)).collect();
                seen.sort_unstable();
                assert_eq!(seen, (0..count).collect::<Vec<_>>());
            }
        }
        assert_ne!(Order::new(32, 1).at(1), Order::new(32, 0).at(1));
    }
}
