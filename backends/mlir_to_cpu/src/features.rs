//! The machine to compile for.

use std::str::FromStr;
use std::sync::Arc;

use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};

use crate::error::Error;

/// Processor features that change the code, as `std::is_x86_feature_detected` spells them, with Cranelift's setting.
/// Wider vectors are not listed: the code generator has 128-bit vectors only.
pub const X86_FEATURES: &[(&str, &str)] = &[
    ("sse3", "has_sse3"),
    ("ssse3", "has_ssse3"),
    ("sse4.1", "has_sse41"),
    ("sse4.2", "has_sse42"),
    ("popcnt", "has_popcnt"),
    ("avx", "has_avx"),
    ("avx2", "has_avx2"),
    ("fma", "has_fma"),
    ("bmi1", "has_bmi1"),
    ("bmi2", "has_bmi2"),
    ("lzcnt", "has_lzcnt"),
];

/// A processor: architecture and features, by name. The first name is the architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    names: Vec<String>,
}

impl Features {
    /// The processor this runs on.
    ///
    /// # Errors
    /// [`Error::Machine`] where the architecture is not one we compile for.
    pub fn host() -> Result<Features, Error> {
        let builder = cranelift_native::builder().map_err(|message| Error::Machine { message: message.to_owned() })?;
        let flags = settings::Flags::new(settings::builder());
        let isa = builder.finish(flags).map_err(|error| Error::Machine { message: error.to_string() })?;
        let mut names = vec![isa.triple().architecture.to_string()];
        let enabled: Vec<String> = isa
            .isa_flags()
            .iter()
            .filter(|flag| flag.as_bool() == Some(true))
            .map(|flag| flag.name.to_owned())
            .collect();
        for (name, setting) in X86_FEATURES {
            if enabled.iter().any(|flag| flag == setting) {
                names.push((*name).to_owned());
            }
        }
        Ok(Features { names })
    }

    /// An x86-64 processor with the named features ([`X86_FEATURES`]).
    ///
    /// # Errors
    /// [`Error::Machine`] for an unknown name.
    pub fn x86_64(features: &[&str]) -> Result<Features, Error> {
        for feature in features {
            if !X86_FEATURES.iter().any(|(name, _)| name == feature) {
                return Err(Error::Machine { message: format!("unknown processor feature `{feature}`") });
            }
        }
        let names = std::iter::once("x86_64").chain(features.iter().copied()).map(str::to_owned).collect();
        Ok(Features { names })
    }

    /// The names, architecture first, as the manifest lists them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|feature| feature == name)
    }

    /// Whether a fused multiply-add is one instruction.
    pub(crate) fn fma(&self) -> bool {
        self.names.first().is_some_and(|arch| arch != "x86_64") || (self.has("fma") && self.has("avx"))
    }

    /// Whether rounding to an integral value is one instruction.
    pub(crate) fn rounding(&self) -> bool {
        self.names.first().is_some_and(|arch| arch != "x86_64") || self.has("sse4.1")
    }

    /// The code generator for this processor.
    pub(crate) fn isa(&self) -> Result<OwnedTargetIsa, Error> {
        let failed = |message: String| Error::Machine { message };
        let arch = self.names.first().map_or("x86_64", String::as_str);
        let host = target_lexicon::Triple::host();
        let triple = if host.architecture.to_string() == arch {
            host
        } else {
            target_lexicon::Triple::from_str(&format!("{arch}-unknown-linux-gnu"))
                .map_err(|error| failed(error.to_string()))?
        };
        let mut builder = isa::lookup(triple).map_err(|error| failed(error.to_string()))?;
        for (name, setting) in X86_FEATURES {
            if self.has(name) {
                builder.enable(setting).map_err(|error| failed(error.to_string()))?;
            }
        }
        let mut shared = settings::builder();
        for (name, value) in [("opt_level", "speed"), ("is_pic", "true"), ("enable_verifier", "true")] {
            shared.set(name, value).map_err(|error| failed(error.to_string()))?;
        }
        let isa: Arc<dyn TargetIsa> =
            builder.finish(settings::Flags::new(shared)).map_err(|error| failed(error.to_string()))?;
        Ok(isa)
    }
}
