//! Choosing a token on the host.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::generate::Step;

/// Makes tokens that the context already has less likely.
pub(crate) struct Penalty {
    factor: f32,
    seen: BTreeSet<u32>,
}

impl Penalty {
    pub(crate) fn new(factor: f32) -> Result<Penalty, Error> {
        if factor.is_finite() && factor > 0.0 {
            Ok(Penalty { factor, seen: BTreeSet::new() })
        } else {
            Err(Error::input(format!("a repetition penalty of {factor} is impossible; it must be above 0")))
        }
    }

    pub(crate) fn saw(&mut self, token: u32) {
        self.seen.insert(token);
    }

    /// Divides positive logits of seen tokens by the factor, and multiplies negative ones.
    pub(crate) fn apply(&self, logits: &mut [f32]) {
        for &token in &self.seen {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = if *logit > 0.0 { *logit / self.factor } else { *logit * self.factor };
            }
        }
    }
}

/// The `count` largest logits, largest first, the lowest token on ties.
pub(crate) fn largest(logits: &[f32], count: usize) -> Step {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    let by_logit = |a: &u32, b: &u32| {
        let (x, y) = (logits[*a as usize], logits[*b as usize]);
        // Adding 0 makes both zeros equal, as comparing floats does.
        (y + 0.0).total_cmp(&(x + 0.0)).then(a.cmp(b))
    };
    let count = count.min(order.len());
    if count < order.len() {
        order.select_nth_unstable_by(count, by_logit);
        order.truncate(count);
    }
    order.sort_unstable_by(by_logit);
    let logits = order.iter().map(|&token| logits[token as usize]).collect();
    Step { top: order, logits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn largest_takes_the_lowest_token_on_ties() {
        let logits = [1.0, 3.0, -0.0, 3.0, 0.0, 2.0];
        assert_eq!(largest(&logits, 3).top, [1, 3, 5]);
        assert_eq!(largest(&logits, 3).logits, [3.0, 3.0, 2.0]);
        assert_eq!(largest(&logits, 99).top, [1, 3, 5, 0, 2, 4]);
        assert!(largest(&logits, 0).top.is_empty());
    }

    #[test]
    fn penalty_moves_both_signs_down() {
        let mut penalty = Penalty::new(2.0).unwrap();
        for token in [0, 1, 1, 99] {
            penalty.saw(token);
        }
        let mut logits = [4.0, -4.0, 4.0];
        penalty.apply(&mut logits);
        assert_eq!(logits, [2.0, -8.0, 4.0]);
        for factor in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(Penalty::new(factor).is_err());
        }
    }
}
