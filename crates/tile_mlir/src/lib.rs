//! The waist: MLIR text to the typed tile IR, and stock MLIR as an independent judge.
//!
//! [`import`] parses and verifies a text with MLIR 19, runs upstream passes, and reads every operation of the subset in
//! `docs/ir.md` into a [`tile_ir::Module`]; anything else is an [`ImportError`] at the user's line. [`stock`] lowers one
//! kernel with MLIR's own tools and runs it, as a judge that shares no code with the rest.
//!
//! MLIR is C++ and can crash on inputs nobody foresaw. [`import`] checks everything known beforehand; files written by
//! people go through [`isolated::import`], which lets a child process try first.
//!
//! This is the only crate that links MLIR.

mod check;
mod context;
mod errors;
mod import;
pub mod isolated;
mod location;
mod parse;
mod passes;
mod raw;
mod scan;
pub mod stock;
mod subset;
mod types;

pub use errors::{ImportError, Problem, TypeProblem};
pub use import::{Options, import, import_with};
pub use scan::{MAX_ALIAS_TOKENS, MAX_BYTES, MAX_DEPTH, MAX_MAP_BYTES};
pub use types::MAX_TILE_ELEMENTS;
