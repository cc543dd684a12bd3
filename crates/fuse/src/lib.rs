//! Several launches as one.
//!
//! A kernel author declares which kernels belong together ([`Declaration`]): kernels that stand *side by side*, and
//! *producers* whose output they read. [`inline_producer`] puts a producer of one program into a consumer, as tile
//! programs: every program of the consumer computes the producer's output for itself. [`inline_blocks`] does it with a
//! producer of many programs, each of which runs once, inside of the program that needs its piece: which one that is, is
//! found by evaluating the places of loads and stores for every program. Side by side is for whoever
//! knows what a program becomes on a target; [`Group`] says what is to be put there. [`rule`] is the rewrite that a
//! runtime applies to its list of launches.

mod blocks;
mod declare;
mod error;
mod group;
mod inline;
mod merge;
mod pieces;
mod place;
mod replace;
mod rule;

pub use blocks::inline_blocks;
pub use declare::{Chain, Declaration, Link};
pub use error::Error;
pub use group::{Group, Part, group};
pub use inline::{Inlined, Origin, inline_producer};
pub use rule::{Span, own_spans, rule};
