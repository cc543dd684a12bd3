//! The vendor's package as a judge of the printed text: `nki`, where a Python of the path can import it.

use emit::Source;
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// A Python that has the package.
    pub nki: Result<Tool, Absent>,
}

/// Whether the package is the vendor's: packages of this name elsewhere have no `jit`.
const IMPORTS: &str = "import nki.isa, nki.language; nki.jit, nki.simulate";

/// Loads the text, which makes the package look at what is outside of kernels, and its kernel's signature.
const LOADS: &str = "import importlib.util, sys; \
    spec = importlib.util.spec_from_file_location('kernel', sys.argv[1]); \
    module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module); \
    nki = importlib.import_module('nki'); nki.simulate(getattr(module, sys.argv[2]))";

impl Judges {
    /// Looks for a Python with the package.
    pub fn find(tools: &Tools) -> Judges {
        let found = tools.find("python3").and_then(|tool| tool.probe(&["-c", IMPORTS]));
        Judges { nki: found }
    }

    /// What it says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let outcome = by_nki(self.nki.as_ref(), source);
        vec![Verdict { judge: "nki", kernel: source.kernel.entry.clone(), outcome }]
    }
}

/// What the package says when it loads the text and makes its kernel ready for the simulator.
pub fn by_nki(nki: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    let tool = match nki {
        Ok(tool) => tool,
        Err(absent) => return Outcome::Skipped(absent.clone()),
    };
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    tool.judge(source, &["-c", LOADS, file, &source.kernel.entry])
}
