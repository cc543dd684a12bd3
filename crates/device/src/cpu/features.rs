//! Processor features that a bundle may need.

use std::env::consts::ARCH;

use crate::error::Error;

/// Makes the list of features from their names, as the standard library's detection wants them literally.
macro_rules! detected {
    ($detect:ident: $($name:tt)*) => { vec![$(($name, std::arch::$detect!($name)),)*] };
}

/// Features this program can look for, and whether the processor has them.
#[cfg(target_arch = "x86_64")]
fn known() -> Vec<(&'static str, bool)> {
    detected!(is_x86_feature_detected:
        "sse2" "sse3" "ssse3" "sse4.1" "sse4.2" "popcnt" "lzcnt" "bmi1" "bmi2" "avx" "avx2" "fma" "f16c"
        "avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl" "avx512vbmi" "avx512bitalg" "avx512bf16" "avx512fp16"
        "cmpxchg16b"
    )
}

/// Features this program can look for, and whether the processor has them.
#[cfg(target_arch = "aarch64")]
fn known() -> Vec<(&'static str, bool)> {
    detected!(is_aarch64_feature_detected: "neon" "fp16" "bf16" "dotprod" "lse" "sve" "sve2")
}

/// Features this program can look for, and whether the processor has them.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn known() -> Vec<(&'static str, bool)> {
    Vec::new()
}

/// The architecture and the features that this processor has, in the words a manifest uses.
pub fn host_features() -> Vec<&'static str> {
    let present = known().into_iter().filter(|feature| feature.1).map(|feature| feature.0);
    std::iter::once(ARCH).chain(present).collect()
}

/// Checks that this processor has everything that a manifest lists.
pub(crate) fn check(needed: &[String]) -> Result<(), Error> {
    let host = host_features();
    match needed.iter().find(|feature| !host.contains(&feature.as_str())) {
        Some(feature) => Err(Error::MissingFeature { feature: feature.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_passes_and_unknown_fails() {
        let mut features: Vec<String> = host_features().iter().map(|&name| name.to_owned()).collect();
        check(&features).unwrap();
        features.push("avx9000".to_owned());
        let error = check(&features).unwrap_err().to_string();
        assert!(error.contains("avx9000"), "{error}");
    }
}
