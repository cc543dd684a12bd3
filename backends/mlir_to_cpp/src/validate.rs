//! The vendor's compiler as a judge of the printed text, where it is installed: `bisheng` of CANN.

use emit::Source;
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `bisheng`.
    pub bisheng: Result<Tool, Absent>,
}

impl Judges {
    /// Looks for `bisheng`.
    #[must_use]
    pub fn find(tools: &Tools) -> Judges {
        Judges { bisheng: tools.find("bisheng") }
    }

    /// What it says of a text.
    #[must_use]
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        vec![Verdict {
            judge: "bisheng",
            kernel: source.kernel.entry.clone(),
            outcome: by_bisheng(self.bisheng.as_ref(), source),
        }]
    }
}

/// What `bisheng` says: an object for the device and the host.
#[must_use]
pub fn by_bisheng(bisheng: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    match bisheng {
        Err(absent) => Outcome::Skipped(absent.clone()),
        Ok(tool) => {
            let options = ["-x", "asc", "--npu-arch=dav-2201", "--cce-auto-sync=off", "-std=c++17", "-O2"];
            let name = source.file.rsplit('/').next().unwrap_or(&source.file);
            let output = ["-c", name, "-o", "out.o"];
            tool.judge(source, &[&options[..], &output].concat())
        }
    }
}
