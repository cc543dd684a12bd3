//! Judges of the printed text: rules that no compiler at hand checks, and Apple's compiler where it is installed.

mod rules;

use emit::Source;
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

pub use rules::check;

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `xcrun`, which starts `metal`.
    pub xcrun: Result<Tool, Absent>,
}

impl Judges {
    /// Looks for Apple's compiler. `xcrun` alone is not enough: the compiler is installed apart from it.
    pub fn find(tools: &Tools) -> Judges {
        let xcrun = tools.find("xcrun");
        Judges { xcrun: xcrun.and_then(|tool| tool.probe(&["-sdk", "macosx", "metal", "--version"])) }
    }

    /// What each says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let verdict = |judge, outcome| Verdict { judge, kernel: source.kernel.entry.clone(), outcome };
        vec![
            verdict("rules", Outcome::of(check(source), Vec::new())),
            verdict("xcrun metal", by_metal(self.xcrun.as_ref(), source)),
        ]
    }
}

/// What Apple's compiler says.
pub fn by_metal(xcrun: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    match xcrun {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(tool) => {
            let file = source.file.rsplit('/').next().unwrap_or(&source.file);
            let options = ["-sdk", "macosx", "metal", "-std=metal3.1", "-O2", "-fno-fast-math", "-Wall", "-Wextra"];
            tool.judge(source, &[&options[..], &["-c", file, "-o", "out.air"]].concat())
        }
    }
}
