//! Which known name a wrong one was meant to be.

/// The candidate nearest to `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (candidate.len() / 3).max(1) || (name.len() >= 3 && candidate.contains(name))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest() {
        let names = ["rms_norm_1536", "rope_q_decode", "rope_k_decode", "argmax_greedy"];
        assert_eq!(nearest("rms_norm_1563", names), Some("rms_norm_1536"));
        assert_eq!(nearest("argmax", names), Some("argmax_greedy"));
        assert_eq!(nearest("softmax_lm", names), None);
    }
}
