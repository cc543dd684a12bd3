//! What NKI supports: operation by element type.

pub use lower_nki::caps::check;
