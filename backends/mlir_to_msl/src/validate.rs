//! The vendor's compiler as a judge of the printed text.
