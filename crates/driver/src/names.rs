//! Names the user may type, and the nearest one to a wrong one.

use diagnostics::{Kind, Report, nearest};

use crate::targets::Target;

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

/// The targets that `name` stands for: one, or all of them.
///
/// # Errors
/// The name is unknown.
pub fn targets(name: &str) -> Result<Vec<Target>, Report> {
    if name == ALL {
        return Ok(Target::ALL.to_vec());
    }
    match Target::ALL.into_iter().find(|target| target.name() == name) {
        Some(target) => Ok(vec![target]),
        None => Err(unknown("target", name, Target::ALL.iter().map(|target| target.name()).chain([ALL]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_names() {
        assert_eq!(targets("cpu").unwrap(), [Target::Cpu]);
        assert_eq!(targets("cpuu").unwrap_err().help.as_deref(), Some("did you mean `cpu`?"));
        assert_eq!(targets("aie").unwrap(), [Target::Aie]);
        assert_eq!(targets("all").unwrap(), Target::ALL, "the order of the documentation");
    }
}
