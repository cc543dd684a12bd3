//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod gguf_file;
pub(crate) mod reference;
pub(crate) mod suite;
pub(crate) mod tiny;
