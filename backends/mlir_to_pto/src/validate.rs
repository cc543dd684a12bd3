//! Judges of the printed text.
use emit::Source;
use vendor::Verdict;
/// x
pub fn judge(_: &Source) -> Vec<Verdict> { Vec::new() }
