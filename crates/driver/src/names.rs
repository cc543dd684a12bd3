//! Names the user may type, and the nearest one to a wrong one.

use diagnostics::{Kind, Report, nearest};

use crate::targets::Target;

/// Every target, in the order of the documentation, and what this version compiles it with.
pub const TARGETS: &[(&str, Option<Target>)] = &[
    ("msl", Some(Target::Msl)),
    ("cuda", Some(Target::Cuda)),
    ("musa", Some(Target::Musa)),
    ("spirv", Some(Target::Spirv)),
    ("ascendc", Some(Target::Ascendc)),
    ("pto", Some(Target::Pto)),
    ("bang", Some(Target::Bang)),
    ("gaudi", Some(Target::Gaudi)),
    ("nki", Some(Target::Nki)),
    ("aie", Some(Target::Aie)),
    ("cpu", Some(Target::Cpu)),
];

/// Stands for every target that this version compiles for.
pub const ALL: &str = "all";

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

/// The targets that `name` stands for: one, or all available ones.
///
/// # Errors
/// The name is unknown, or known but without a backend in this version.
pub fn targets(name: &str) -> Result<Vec<Target>, Report> {
    let available = || TARGETS.iter().filter_map(|row| row.1);
    if name == ALL {
        return Ok(available().collect());
    }
    match TARGETS.iter().find(|row| row.0 == name) {
        Some((_, Some(target))) => Ok(vec![*target]),
        Some((_, None)) => {
            let available: Vec<&str> = available().map(Target::name).collect();
            Err(Report::new(Kind::Unsupported, format!("target `{name}` has no backend in this version"))
                .help(format!("available: {}", available.join(", "))))
        }
        None => Err(unknown("target", name, TARGETS.iter().map(|row| row.0).chain([ALL]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_names() {
        assert_eq!(targets("cpu").unwrap(), [Target::Cpu]);
        assert_eq!(targets("cpuu").unwrap_err().help.as_deref(), Some("did you mean `cpu`?"));
        assert_eq!(targets("aie").unwrap_err().kind, Kind::Unsupported);
        assert_eq!(targets("all").unwrap(), Target::ALL, "the order of the documentation");
        for (name, target) in TARGETS {
            assert!(target.is_none_or(|target| target.name() == *name), "{name}");
        }
    }
}
