//! Tables of rotary angles.

/// Cosines and sines, row-major `[capacity, head_dim / 2]`: element (p, i) is for the angle `p * theta^(-2i / head_dim)`,
/// computed in f64 and rounded once.
pub fn tables(capacity: u64, head_dim: u64, theta: f64) -> (Vec<f32>, Vec<f32>) {
    let half = head_dim / 2;
    let frequencies: Vec<f64> = (0..half).map(|i| theta.powf(-(2.0 * i as f64) / head_dim as f64)).collect();
    (0..capacity)
        .flat_map(|position| frequencies.iter().map(move |frequency| position as f64 * frequency))
        .map(|angle| (angle.cos() as f32, angle.sin() as f32))
        .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_angles() {
        let (cos, sin) = tables(3, 4, 100.0);
        assert_eq!((cos.len(), sin.len()), (6, 6));
        assert_eq!((cos[0], sin[0]), (1.0, 0.0));
        // Position 2: angles 2 and 2 / 10.
        assert_eq!((cos[4], sin[4]), (2f64.cos() as f32, 2f64.sin() as f32));
        assert_eq!((cos[5], sin[5]), (0.2f64.cos() as f32, 0.2f64.sin() as f32));
    }
}
