//! Names the user may type, and the nearest one to a wrong one.

use diagnostics::{Kind, Report, nearest};

/// Every target, in the order of the documentation; `true` if this version compiles for it.
pub const TARGETS: &[(&str, bool)] = &[
    ("msl", false),
    ("cuda", false),
    ("musa", false),
    ("spirv", false),
    ("ascendc", false),
    ("pto", false),
    ("bang", false),
    ("gaudi", false),
    ("nki", false),
    ("aie", false),
    ("cpu", true),
];

/// Kernel suites in the repository: name and package.
pub const SUITES: &[(&str, &str)] = &[
    ("deepseek-r1-distill-qwen-1.5b", "kernels_deepseek"),
    ("smollm2-135m", "kernels_deepseek"),
    ("qwen2-reduced", "kernels_deepseek"),
    ("gallery", "kernels_gallery"),
];

/// The report for an unknown `what` (such as "kernel") called `name`.
pub fn unknown<'a>(what: &str, name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Report {
    let report = Report::new(Kind::Invalid, format!("no {what} is called `{name}`"));
    match nearest(name, candidates.clone()) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => {
            let all: Vec<&str> = candidates.into_iter().collect();
            report.help(format!("there are: {}", all.join(", ")))
        }
    }
}

/// Checks a target name.
///
/// # Errors
/// The name is unknown, or known but without a backend in this version.
pub fn check_target(name: &str) -> Result<(), Report> {
    match TARGETS.iter().find(|row| row.0 == name) {
        Some((_, true)) => Ok(()),
        Some((_, false)) => {
            let available: Vec<&str> = TARGETS.iter().filter(|row| row.1).map(|row| row.0).collect();
            Err(Report::new(Kind::Unsupported, format!("target `{name}` has no backend in this version"))
                .help(format!("available: {}", available.join(", "))))
        }
        None => Err(unknown("target", name, TARGETS.iter().map(|row| row.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert!(check_target("cpu").is_ok());
        assert_eq!(check_target("cpuu").unwrap_err().help.as_deref(), Some("did you mean `cpu`?"));
        assert_eq!(check_target("msl").unwrap_err().kind, Kind::Unsupported);
    }
}
