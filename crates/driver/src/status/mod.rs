//! What is known of every target: the page `docs/status.md`.
//!
//! [`gather`] runs every kernel of every suite through every judge of every target and decodes with each device; [`Page`] is what came
//! out, as text and back. The `suite` test compares each cell with what it measures itself, so that the page cannot grow old.

mod cell;
mod gather;
mod hardware;
mod page;

pub use cell::Cell;
pub use gather::gather;
pub use page::{Page, Suite, TargetRow, VendorRow};

/// The page, relative to the repository.
pub const FILE: &str = "docs/status.md";
