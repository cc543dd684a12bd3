//! Medians and percentiles.

use std::time::Duration;

use serde::Serialize;

/// Times per token, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// Half of the tokens took no longer.
    pub median: f64,
    /// A tenth of the tokens took no longer.
    pub p10: f64,
    /// Nine tenths of the tokens took no longer.
    pub p90: f64,
}

impl Times {
    /// Of the times of single tokens; zeros if there are none.
    pub(super) fn of(times: &[Duration]) -> Times {
        let mut ordered: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        ordered.sort_unstable_by(f64::total_cmp);
        Times { median: median(&ordered), p10: nearest(&ordered, 0.1), p90: nearest(&ordered, 0.9) }
    }
}

/// The middle of ordered values, or the mean of the two in the middle.
pub(super) fn median(ordered: &[f64]) -> f64 {
    match ordered.len() {
        0 => 0.0,
        count => (ordered[(count - 1) / 2] + ordered[count / 2]) / 2.0,
    }
}

/// The value of the nearest rank.
fn nearest(ordered: &[f64], share: f64) -> f64 {
    let last = ordered.len().saturating_sub(1);
    ordered.get((share * last as f64 + 0.5).floor() as usize).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let times: Vec<Duration> = [5, 1, 4, 2, 3].map(Duration::from_millis).to_vec();
        assert_eq!(Times::of(&times), Times { median: 3.0, p10: 1.0, p90: 5.0 });
        let times: Vec<Duration> = (0..100).rev().map(Duration::from_millis).collect();
        assert_eq!(Times::of(&times), Times { median: 49.5, p10: 10.0, p90: 89.0 });
        assert_eq!(Times::of(&[]), Times { median: 0.0, p10: 0.0, p90: 0.0 });
    }
}
