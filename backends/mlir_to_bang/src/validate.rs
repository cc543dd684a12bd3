//! The vendor's compiler as a judge of the printed text: `cncc` where it is installed, for each arch.

use emit::Source;
use vendor::{Absent, Finding, Outcome, Tool, Tools, Verdict};

/// The archs that a text is for.
pub const ARCHS: [&str; 2] = ["mtp_372", "mtp_592"];

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `cncc`.
    pub cncc: Result<Tool, Absent>,
}

impl Judges {
    /// Looks for `cncc`.
    pub fn find(tools: &Tools) -> Judges {
        Judges { cncc: tools.find("cncc") }
    }

    /// What it says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let outcome = by_cncc(self.cncc.as_ref(), source);
        vec![Verdict { judge: "cncc", kernel: source.kernel.entry.clone(), outcome }]
    }
}

/// What `cncc` says: it makes device assembly for one arch after the other (source: BANG C Developer Guide 4.7.2, compiler options).
pub fn by_cncc(cncc: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    let tool = match cncc {
        Ok(tool) => tool,
        Err(absent) => return Outcome::Skipped(absent.clone()),
    };
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    let (mut findings, mut resources): (Vec<Finding>, _) = (Vec::new(), Vec::new());
    for arch in ARCHS {
        let arch = format!("--bang-mlu-arch={arch}");
        let args = ["--bang-device-only", "-S", "-O3", "-std=c++17", "-Wall", &arch, "-o", "out.mlisa", file];
        match tool.judge(source, &args) {
            Outcome::Passed(more) => resources.extend(more),
            Outcome::Findings(more) => findings.extend(more),
            skipped @ Outcome::Skipped(_) => return skipped,
        }
    }
    Outcome::of(findings, resources)
}
