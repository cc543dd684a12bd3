//! Why the decode engine refused.

use std::path::{Path, PathBuf};

use diagnostics::{Kind, Report};

use crate::gguf;

/// Why something could not be loaded, planned or run. Messages name the file, tensor, kernel or argument.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `read`, `write`, `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A bad GGUF file.
    #[error("{path}: {source}", path = path.display())]
    Gguf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: gguf::Error,
    },
    /// Another bad file of a model.
    #[error("{path}: {message}", path = path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A tensor that does not fit.
    #[error("{path}: tensor `{tensor}` {problem}", path = path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// Its name in the file.
        tensor: String,
        /// What does not fit.
        problem: TensorProblem,
    },
    /// A right file of a model that this engine cannot run.
    #[error("{path}: {message}", path = path.display())]
    UnsupportedModel {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        message: String,
    },
    /// No model is called so, and there is no such file.
    #[error("no model is called `{name}`, and there is no such file or folder")]
    UnknownModel {
        /// The name.
        name: String,
        /// A model whose name is close.
        nearest: Option<&'static str>,
    },
    /// No device is called so.
    #[error("no device is called `{name}`")]
    UnknownDevice {
        /// The name.
        name: String,
        /// A device whose name is close.
        nearest: Option<&'static str>,
    },
    /// Model and bundle do not belong together.
    #[error("the bundle does not fit the model: {message}")]
    Plan {
        /// What does not fit, with kernel and argument.
        message: String,
    },
    /// The user asked for something impossible.
    #[error("{message}")]
    Input {
        /// What.
        message: String,
    },
    /// The context is longer than the cache.
    #[error("the context would have {needed} tokens, the bundle's cache holds {capacity}")]
    CacheFull {
        /// Tokens asked for.
        needed: u64,
        /// Rows of the cache.
        capacity: u64,
    },
    /// Fetching a model failed.
    #[error("cannot fetch {model}: {message}")]
    Fetch {
        /// The model.
        model: &'static str,
        /// Why not.
        message: String,
        /// What to do instead.
        help: String,
    },
    /// A result that is not a number.
    #[error("the model computed a logit that is not finite at position {position}")]
    NotFinite {
        /// Position in the context.
        position: u64,
    },
    /// The device refused.
    #[error(transparent)]
    Device(#[from] device::Error),
    /// The bundle was refused.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// A file of recorded cases was refused.
    #[error(transparent)]
    Cases(#[from] cases::RecordingError),
}

/// What does not fit about a tensor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TensorProblem {
    /// Not in the file.
    #[error("is missing")]
    Missing,
    /// In the file, but the model has no such tensor.
    #[error("is not one this model has")]
    Unexpected,
    /// Another shape.
    #[error("has shape {found:?}, the model needs {expected:?}")]
    Shape {
        /// What the model needs, outermost first.
        expected: Vec<u64>,
        /// What the file has.
        found: Vec<u64>,
    },
    /// Another element type.
    #[error("has element type {found}; {expected} are read")]
    Type {
        /// Types that are read.
        expected: &'static str,
        /// What the file has.
        found: String,
    },
    /// NaN or infinite, in the file or after conversion.
    #[error("is not finite at element {index} as {dtype}")]
    NotFinite {
        /// Element, row-major.
        index: usize,
        /// The type it was converted to.
        dtype: &'static str,
    },
    /// Too large for this machine's memory.
    #[error("has {elements} elements, more than memory can hold")]
    Memory {
        /// Elements.
        elements: u64,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn file(path: &Path, message: impl Into<String>) -> Error {
        Error::ModelFile { path: path.to_owned(), message: message.into() }
    }

    pub(crate) fn unsupported(path: &Path, message: impl Into<String>) -> Error {
        Error::UnsupportedModel { path: path.to_owned(), message: message.into() }
    }

    pub(crate) fn tensor(path: &Path, tensor: impl Into<String>, problem: TensorProblem) -> Error {
        Error::Tensor { path: path.to_owned(), tensor: tensor.into(), problem }
    }

    pub(crate) fn plan(message: impl Into<String>) -> Error {
        Error::Plan { message: message.into() }
    }

    pub(crate) fn input(message: impl Into<String>) -> Error {
        Error::Input { message: message.into() }
    }

    /// What to do about it, where there is more to say than the message does.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::UnknownModel { nearest: Some(near), .. } | Error::UnknownDevice { nearest: Some(near), .. } => {
                Some(format!("did you mean `{near}`?"))
            }
            Error::UnknownModel { nearest: None, .. } => Some(format!(
                "give a .gguf file, a folder with config.json and safetensors, or one of: {}",
                crate::MODELS.join(", ")
            )),
            Error::UnknownDevice { nearest: None, .. } => Some(format!("there are: {}", device::NAMES.join(", "))),
            Error::Plan { .. } => Some("compile a bundle for this model".to_owned()),
            Error::CacheFull { .. } => Some("ask for fewer tokens, or compile a bundle with a larger cache".to_owned()),
            Error::Fetch { help, .. } => Some(help.clone()),
            Error::Device(device::Error::OutOfDeviceMemory { .. }) => Some(
                "free memory that other programs hold, or compile a bundle with a smaller cache or for a smaller model"
                    .to_owned(),
            ),
            Error::Io { .. }
            | Error::Gguf { .. }
            | Error::ModelFile { .. }
            | Error::Tensor { .. }
            | Error::UnsupportedModel { .. }
            | Error::Input { .. }
            | Error::NotFinite { .. }
            | Error::Device(_)
            | Error::Bundle(_)
            | Error::Cases(_) => None,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Error::Io { .. }
            | Error::Gguf { .. }
            | Error::ModelFile { .. }
            | Error::Tensor { .. }
            | Error::UnknownModel { .. }
            | Error::UnknownDevice { .. }
            | Error::Plan { .. }
            | Error::Input { .. }
            | Error::Fetch { .. }
            | Error::NotFinite { .. }
            | Error::Bundle(_)
            | Error::Cases(_) => Kind::Invalid,
            Error::Device(device::Error::OutOfDeviceMemory { .. }) => Kind::Limit,
            Error::Device(_) => Kind::Invalid,
            Error::UnsupportedModel { .. } => Kind::Unsupported,
            Error::CacheFull { .. } => Kind::Limit,
        }
    }
}

/// A kernel's text that its compiler refuses: at the user's line, with the text's own in a note. The kernel was compiled
/// by us, so the text is at fault.
fn refused_text(error: &device::Error) -> Option<Report> {
    let device::Error::Compile { kernel, file, line, origin, message } = error else { return None };
    let report =
        Report::new(Kind::Bug, format!("the device's compiler refuses the text printed for kernel `{kernel}`"))
            .note(format!("{file}:{line}: {message}"));
    Some(match origin {
        Some(origin) => report.at(&origin.file, origin.line, 0),
        None => report,
    })
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Report {
        if let Error::Device(device) = error
            && let Some(report) = refused_text(device)
        {
            return report;
        }
        let report = Report::new(error.kind(), error.to_string());
        match error.help() {
            Some(help) => report.help(help),
            None => report,
        }
    }
}

#[cfg(test)]
mod tests {
    use bundle::manifest::LineOrigin;

    use super::*;

    #[test]
    fn too_little_device_memory_says_how_much_and_what_to_do() {
        let error = Error::Device(device::Error::OutOfDeviceMemory { bytes: 3000, free: 1000 });
        let report = Report::from(&error);
        assert_eq!(report.kind, Kind::Limit);
        assert!(report.message.contains("3000 bytes are asked for, 1000 are free"), "{report}");
        assert!(report.help.is_some_and(|help| help.contains("a smaller cache")));
    }

    #[test]
    fn refused_text_is_reported_at_the_users_line() {
        let error = |origin| {
            Error::Device(device::Error::Compile {
                kernel: "k".to_owned(),
                file: "k.metal".to_owned(),
                line: 7,
                origin,
                message: "unknown type name".to_owned(),
            })
        };
        let known = Report::from(&error(Some(LineOrigin { emitted: 7, file: "user.rs".to_owned(), line: 12 })));
        let text = known.to_string();
        assert!(text.contains("user.rs:12") && text.contains("k.metal:7: unknown type name"), "{text}");
        let text = Report::from(&error(None)).to_string();
        assert!(text.contains("k.metal:7: unknown type name") && text.contains("`k`"), "{text}");
    }
}
