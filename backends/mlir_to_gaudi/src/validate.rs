//! The vendor's compiler as a judge of the printed text: `tpc-clang` where it is installed.

use emit::Source;
use vendor::{Absent, Outcome, Tool, Tools, Verdict};

/// The judges of this target.
#[derive(Clone, Debug)]
pub struct Judges {
    /// `tpc-clang`.
    pub tpc_clang: Result<Tool, Absent>,
}

impl Judges {
    /// Looks for `tpc-clang`.
    pub fn find(tools: &Tools) -> Judges {
        Judges { tpc_clang: tools.find("tpc-clang") }
    }

    /// What it says of a text.
    pub fn judge(&self, source: &Source) -> Vec<Verdict> {
        let outcome = by_tpc_clang(self.tpc_clang.as_ref(), source);
        vec![Verdict { judge: "tpc-clang", kernel: source.kernel.name.clone(), outcome }]
    }
}

/// What `tpc-clang` says: it makes an object and never links (source: Habana_Custom_Kernel, `src/CMakeLists.txt`).
pub fn by_tpc_clang(tpc_clang: Result<&Tool, &Absent>, source: &Source) -> Outcome {
    let tool = match tpc_clang {
        Ok(tool) => tool,
        Err(absent) => return Outcome::Skipped(absent.clone()),
    };
    let file = source.file.rsplit('/').next().unwrap_or(&source.file);
    tool.judge(source, &["-Wall", "-Werror", "-march=gaudi2", "-O2", "-c", file, "-o", "out.o"])
}
