//! What every printer needs: names, indentation, precedence of expressions, the map from lines to the user's Rust.
//!
//! Nothing here knows a target or a language. A printer makes names with [`Namer`], lines with [`Writer`], expressions with
//! [`Text`], the first line with [`Header`] and the manifest's entry with [`describe`].

mod describe;
mod float;
mod header;
mod helpers;
mod names;
mod text;
pub mod words;
mod writer;

use bundle::manifest;

pub use describe::{Described, describe, dtype};
pub use float::{FloatClass, float_literal};
pub use header::Header;
pub use helpers::Helpers;
pub use names::Namer;
pub use text::{Prec, Text};
pub use writer::Writer;

/// One kernel as printed for a target that takes source text.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// File name in the bundle, such as `rms_norm_1536.metal`.
    pub file: String,
    /// The text.
    pub text: String,
    /// What the text says in the form that a device loads; `None` where that is the text.
    pub binary: Option<Binary>,
    /// Further texts that belong to the kernel; `kernel.parts` names them.
    pub parts: Vec<Part>,
    /// The manifest's entry; `kernel.file` is `file`, or the binary's.
    pub kernel: manifest::Kernel,
}

/// A text beside a kernel's first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// File name in the bundle.
    pub file: String,
    /// The text.
    pub text: String,
}

/// A kernel as a device loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// File name in the bundle, such as `rms_norm_1536.spv`.
    pub file: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// A file that belongs to the kernels of a bundle: what starts them, or what builds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// File name in the bundle.
    pub file: String,
    /// The text.
    pub text: String,
}

/// Prints `kernels` in order.
///
/// # Errors
/// All that their printer refuses, in order.
pub fn all<K, E>(kernels: &[K], print: impl Fn(&K) -> Result<Source, E>) -> Result<Vec<Source>, Vec<E>> {
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for kernel in kernels {
        match print(kernel) {
            Ok(source) => sources.push(source),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(errors) }
}
