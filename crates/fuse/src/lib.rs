//! Several launches as one.
//!
//! A kernel author declares which kernels belong together ([`Declaration`]): kernels that stand *side by side*, and a
//! *producer* of one program whose output they read. [`inline_producer`] puts the producer into a consumer, as tile
//! programs: every program of the consumer computes the producer's output for itself. Side by side is for whoever
//! knows what a program becomes on a target; [`Group`] says what is to be put there. [`rule`] is the rewrite that a
//! runtime applies to its list of launches.

mod declare;
mod error;
mod group;
mod inline;
mod merge;
mod replace;
mod rule;

pub use declare::{Consumer, Declaration};
pub use error::Error;
pub use group::{Group, Part, group};
pub use inline::{Inlined, Origin, inline_producer};
pub use rule::{Span, own_spans, rule};
