//! The bundle: the contract between compiler and runtime. No MLIR here.
//!
//! A bundle is a folder with `manifest.json` and the files that the manifest lists by relative path and SHA-256.
//! [`BundleWriter`] makes one, [`Bundle::open`] reads one back. Nothing read from disk is trusted: [`check`] holds the
//! rules a manifest obeys, [`Bundle::open`] applies them and checks every hash. Hashes find damage, not malice: a
//! bundle holds code that a device runs, so open only what you would run.
mod check;
mod check_fusion;
mod error;
pub mod manifest;
pub mod members;
mod need;
mod read;
mod write;

pub use check::{check, limits, view_bytes};
pub use error::Error;
pub use read::Bundle;
pub use write::BundleWriter;

/// File name of the manifest inside a bundle.
pub const MANIFEST_FILE: &str = "manifest.json";
