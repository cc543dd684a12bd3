//! What every printer needs: names, indentation, precedence of expressions, the map from lines to the user's Rust.

use bundle::manifest;

/// One kernel as printed for a target that takes source text.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// File name in the bundle, such as `rms_norm_1536.metal`.
    pub file: String,
    /// The text.
    pub text: String,
    /// The manifest's entry; `kernel.file` is `file`.
    pub kernel: manifest::Kernel,
}
